// errors: 3. An `emit` is a list of reads, and events of them; `publish` by a path reads the event.
#[path = "../events.rs"]
mod events;
use events::*;

typed_saga::saga! {
    saga Bare(order: u32) with (bus: Bus) -> Result<(), Error> emit OrderEvent {
        read parcel(order) -> u32 { Ok(*order) }
        emit parcel => [OrderEvent::Sent(*parcel)];
        publish(bus, event, key) = Bus::publish;
    }
}

typed_saga::saga! {
    saga Block(order: u32) with (bus: Bus) -> Result<(), Error> emit OrderEvent {
        read parcel(order) -> u32 { Ok(*order) }
        emit(parcel) { [OrderEvent::Sent(*parcel)] }
        publish(bus, event, key) = Bus::publish;
    }
}

typed_saga::saga! {
    saga Unread(order: u32) with (bus: Bus) -> Result<(), Error> emit OrderEvent {
        read parcel(order) -> u32 { Ok(*order) }
        emit(parcel => [OrderEvent::Sent(*parcel)]);
        publish(bus, key) = Bus::publish;
    }
}

fn main() {}
