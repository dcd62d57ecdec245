// errors: 2. `publish` reads services.
#[path = "../events.rs"]
mod events;
use events::*;

typed_saga::saga! {
    saga Send(order: u32) with (bus: Bus) -> Result<(), Error> emit OrderEvent {
        read parcel(order) -> u32 { Ok(*order) }
        emit(parcel => [OrderEvent::Sent(*parcel)]);
        publish(bus, event, key, order, parcel) { let _ = (order, parcel); bus.publish(event, key).await }
    }
}

fn main() {}
