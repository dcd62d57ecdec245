// An `emit` names what it reads.
#[path = "../events.rs"]
mod events;
use events::*;

typed_saga::saga! {
    saga Send(order: u32) with (bus: Bus) -> Result<(), Error> emit OrderEvent {
        read parcel(order) -> u32 { Ok(*order) }
        emit(OrderEvent::Sent(1));
        publish(bus, event, key) = Bus::publish;
    }
}

fn main() {}
