// The events are of the type that the saga says.
#[path = "../events.rs"]
mod events;
use events::*;

typed_saga::saga! {
    saga Send(order: u32) with (bus: Bus) -> Result<(), Error> emit OrderEvent {
        read parcel(order) -> u32 { Ok(*order) }
        emit(parcel => [*parcel]);
        publish(bus, event, key) = Bus::publish;
    }
}

fn main() {}
