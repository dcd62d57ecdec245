// errors: 2. What may stand on them.
#[path = "../events.rs"]
mod events;
use events::*;

typed_saga::saga! {
    saga Send(order: u32) with (bus: Bus) -> Result<(), Error> emit OrderEvent {
        read parcel(order) -> u32 { Ok(*order) }
        #[retry(3)]
        emit(parcel => [OrderEvent::Sent(*parcel)]);
        #[idempotent]
        publish(bus, event, key) = Bus::publish;
    }
}

fn main() {}
