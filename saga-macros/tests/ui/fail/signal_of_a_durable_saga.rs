// The value of a signal is kept by a durable saga.

use typed_saga::{saga, transient};

struct Ballot;

saga! {
    #[classify(transient)]
    durable saga Vote() -> Result<(), ()> {
        #[timeout(1h)]
        signal vote -> Ballot;

        { let _ = vote; }
    }
}

fn main() {}
