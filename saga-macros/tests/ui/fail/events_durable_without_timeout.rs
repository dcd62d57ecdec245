// A call of a durable saga has a limit.
#[path = "../events.rs"]
mod events;
use events::*;

typed_saga::saga! {
    #[classify(Error::verdict)]
    durable saga Send(order: u32) with (bus: Bus) -> Result<(), Error> emit OrderEvent {
        #[timeout(1s)]
        read parcel(order) -> u32 { Ok(*order) }
        emit(parcel => [OrderEvent::Sent(*parcel)]);
        publish(bus, event, key) = Bus::publish;
    }
}

fn main() {}
