// The event of a saga that is a step becomes that of its parent, which may be any.
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

    saga Send<T: Clone>(order: u32, told: T) with (bus: Bus) -> Result<(), Error> emit T {
        step wrapped(order) = saga Wrap { colour: *order } with (bus);
        emit(told => [told.clone()]);
        publish(bus, event) { let _ = (bus, event); Ok(()) }
    }
}

fn main() {}
