// errors: 2. A call of a durable saga has a limit, even if no step of its own makes one.
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

typed_saga::saga! {
    #[classify(Error::verdict)]
    #[timeout(1s)]
    durable saga OneParcel(order: u32) -> Result<u32, Error> {
        read parcel(order) -> u32 { Ok(*order) }
        parcel
    }

    #[classify(Error::verdict)]
    durable saga SendParcel(order: u32) with (bus: Bus) -> Result<(), Error> emit OrderEvent {
        step packed(order) -> u32 = saga OneParcel { order: *order };
        emit(packed => [OrderEvent::Sent(*packed)]);
        publish(bus, event, key) = Bus::publish;
    }
}

fn main() {}
