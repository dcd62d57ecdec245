// Items are shared between threads.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(nights: u32) -> Result<(), BookingError> {
        for night: std::rc::Rc<u32> in (nights => [std::rc::Rc::new(*nights)])
        read each(night) -> u32 { Ok(**night) }
    }
}

fn main() {}
