// `event` is read by `publish`.
#[path = "../events.rs"]
mod events;
use events::*;

typed_saga::saga! {
    saga Send(order: u32) with (event: Bus) -> Result<(), Error> emit OrderEvent {
        read parcel(order) -> u32 { Ok(*order) }
        emit(parcel => [OrderEvent::Sent(*parcel)]);
        publish(event, key) { let _ = (event, key); Ok(()) }
    }
}

fn main() {}
