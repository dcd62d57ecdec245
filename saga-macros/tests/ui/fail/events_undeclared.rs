// A saga says what it emits.
#[path = "../events.rs"]
mod events;
use events::*;

typed_saga::saga! {
    saga Send(order: u32) -> Result<(), Error> {
        read parcel(order) -> u32 { Ok(*order) }
        emit(parcel => [OrderEvent::Sent(*parcel)]);
        emit(parcel => [OrderEvent::Sent(*parcel)]);
    }
}

fn main() {}
