// The event of a saga that is a step becomes that of its parent.
#[path = "../events.rs"]
mod events;
use events::*;

typed_saga::saga! {
    saga Wrap(colour: u32) with (bus: Bus) -> Result<(), Error> emit OrderEvent {
        step ribbon(colour) { let _ = colour; Ok(()) }
            compensate none
        emit(colour => [OrderEvent::Sent(*colour)]);
        publish(bus, event, key) = Bus::publish;
    }

    saga Send(order: u32) with (bus: Bus) -> Result<(), Error> emit Told {
        step wrapped(order) = saga Wrap { colour: *order } with (bus);
        publish(bus, event) { let _ = (bus, event); Ok(()) }
    }
}

fn main() {}

pub struct Told;
