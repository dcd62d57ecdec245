// Events have an order, and siblings none.
#[path = "../events.rs"]
mod events;
use events::*;

typed_saga::saga! {
    saga Send(order: u32) with (bus: Bus) -> Result<(), Error> emit OrderEvent {
        concurrent {
            read parcel(order) -> u32 { Ok(*order) }
            emit(order => [OrderEvent::Sent(*order)]);
            read letter(order) -> u32 { Ok(*order) }
        }
        emit(parcel, letter => [OrderEvent::Sent(parcel + letter)]);
        publish(bus, event, key) = Bus::publish;
    }
}

fn main() {}
