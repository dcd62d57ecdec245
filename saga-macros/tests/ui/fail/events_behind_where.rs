// `emit` comes first.
#[path = "../events.rs"]
mod events;
use events::*;

typed_saga::saga! {
    saga SendOrder<T>(order: T) with (bus: Bus) -> Result<(), Error> where T: Clone + Send + Sync + 'static emit OrderEvent {
        read parcel(order) -> u32 { let _ = order; Ok(1) }
        emit(parcel => [OrderEvent::Sent(*parcel)]);
        publish(bus, event, key) = Bus::publish;
    }
}

fn main() {}
