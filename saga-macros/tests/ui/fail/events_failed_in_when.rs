// `emit failed` is of the whole saga.
#[path = "../events.rs"]
mod events;
use events::*;

typed_saga::saga! {
    saga Send(order: u32) with (bus: Bus) -> Result<(), Error> emit OrderEvent {
        when (order => *order > 1) {
            read parcel(order) -> u32 { Ok(*order) }
            emit(parcel => [OrderEvent::Sent(*parcel)]);
            emit failed(order => [OrderEvent::Sent(*order)]);
        }
        publish(bus, event, key) = Bus::publish;
    }
}

fn main() {}
