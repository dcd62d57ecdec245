// errors: 2. Events that an old run has left are delivered by the new version.
#[path = "../events.rs"]
mod events;
use events::*;

typed_saga::saga! {
    #[classify(Error::verdict)] #[timeout(1s)]
    durable saga Invoice(order: u32) with (bus: Bus) -> Result<(), Error> {
        read page(bus, order) -> u32 { let _ = bus; Ok(*order) }

        let _ = page;
    }

    #[classify(Error::verdict)] #[timeout(1s)]
    durable saga Remind(order: u32) with (bus: Bus) -> Result<(), Error> emit OrderEvent {
        read page(order) -> u32 { Ok(*order) }

        emit(page => [OrderEvent::Sent(*page)]);
        publish(bus, event, key) = Bus::publish;
    }
}

fn main() {}
