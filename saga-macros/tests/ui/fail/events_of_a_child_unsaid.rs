// The events of a saga that is a step are those of its parent.
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

    saga Send(order: u32) with (bus: Bus) -> Result<(), Error> {
        step wrapped(order) = saga Wrap { colour: *order } with (bus);
    }
}

fn main() {}
