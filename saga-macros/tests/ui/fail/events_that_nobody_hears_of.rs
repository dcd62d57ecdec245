// In a saga that is not durable somebody hears of the events.
#[path = "../events.rs"]
mod events;
use events::*;

typed_saga::saga! {
    saga Send(order: u32) -> Result<(), Error> emit OrderEvent {
        read parcel(order) -> u32 { Ok(*order) }
        emit(parcel => [OrderEvent::Sent(*parcel)]);
    }
}

fn main() {}
