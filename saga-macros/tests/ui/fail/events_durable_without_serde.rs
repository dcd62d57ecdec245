// A durable saga keeps its events.
#[path = "../events.rs"]
mod events;
use events::*;

typed_saga::saga! {
    #[classify(Error::verdict)]
    #[timeout(1s)]
    durable saga Send(order: u32) -> Result<(), Error> emit Private {
        read parcel(order) -> u32 { Ok(*order) }
        emit(parcel => [Private(*parcel)]);
    }
}

fn main() {}

pub struct Private(pub u32);
