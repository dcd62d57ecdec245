// An event goes to another thread.
#[path = "../events.rs"]
mod events;
use events::*;

typed_saga::saga! {
    saga Send(order: u32) with (bus: Bus) -> Result<(), Error> emit Local {
        read parcel(order) -> u32 { Ok(*order) }
        emit(parcel => [Local(std::rc::Rc::new(*parcel))]);
        publish(bus, event) { let _ = (bus, event); Ok(()) }
    }
}

fn main() {}

pub struct Local(pub std::rc::Rc<u32>);
