// errors: 2. A kind that is being typed above `publish` or `finally` is one mistake: the clause is read.
#[path = "../events.rs"]
mod events;
use events::*;

typed_saga::saga! {
    saga Send(order: u32) with (bus: Bus) -> Result<(), Error> emit OrderEvent {
        read parcel(order) -> u32 { Ok(*order) }
        emit(parcel => [OrderEvent::Sent(*parcel)]);

        step

        publish(bus, event, key) = Bus::publish;
    }
}

typed_saga::saga! {
    saga Count(order: u32) -> Result<u32, Error> {
        read parcel(order) -> u32 { Ok(*order) }

        step

        finally(outcome) {
            println!("{outcome}");
        }

        parcel
    }
}

fn main() {}
