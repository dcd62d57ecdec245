// There is something to publish.
#[path = "../events.rs"]
mod events;
use events::*;

typed_saga::saga! {
    saga Send(order: u32) with (bus: Bus) -> Result<(), Error> {
        read _parcel(order) -> u32 { Ok(*order) }
        publish(bus, event, key) = Bus::publish;
    }
}

fn main() {}
