// An `emit` reads what is there in its place.
#[path = "../events.rs"]
mod events;
use events::*;

typed_saga::saga! {
    saga Send(order: u32) with (bus: Bus) -> Result<(), Error> emit OrderEvent {
        emit(parcel => [OrderEvent::Sent(*parcel)]);
        read parcel(order) -> u32 { Ok(*order) }
        publish(bus, event, key) = Bus::publish;
    }
}

fn main() {}
