// A durable saga hands them over until that succeeds.
#[path = "../events.rs"]
mod events;
use events::*;

typed_saga::saga! {
    #[classify(Error::verdict)]
    #[timeout(1s)]
    durable saga Send(order: u32) with (bus: Bus) -> Result<(), Error> emit OrderEvent {
        read parcel(order) -> u32 { Ok(*order) }
        emit(parcel => [OrderEvent::Sent(*parcel)]);
        #[retry(3)]
        publish(bus, event, key) = Bus::publish;
    }
}

fn main() {}
