// An `emit` sees only what its list names.
#[path = "../events.rs"]
mod events;
use events::*;

typed_saga::saga! {
    saga Send(order: u32, number: u32) with (bus: Bus) -> Result<(), Error> emit OrderEvent {
        read parcel(order) -> u32 { Ok(*order) }
        emit(parcel => [OrderEvent::Sent(*parcel + number)]);
        publish(bus, event, key) = Bus::publish;
    }
}

fn main() {}
