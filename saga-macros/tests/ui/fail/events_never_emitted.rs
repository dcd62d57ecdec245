// A saga that says it emits does.
#[path = "../events.rs"]
mod events;
use events::*;

typed_saga::saga! {
    saga Send(order: u32) with (bus: Bus) -> Result<(), Error> emit OrderEvent {
        read _parcel(order) -> u32 { Ok(*order) }
        publish(bus, event, key) = Bus::publish;
    }
}

fn main() {}
