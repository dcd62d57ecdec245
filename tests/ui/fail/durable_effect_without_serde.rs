// What a durable saga keeps is serde: its effects.

use saga::saga;

struct Ticket;
struct Failed;

saga! {
    #[classify(saga::transient)]
    #[timeout(1s)]
    durable saga Print() -> Result<(), Failed> {
        #[idempotent]
        step ticket() -> Ticket { Ok(Ticket) }
        compensate(ticket) { let _ = ticket; Ok(()) }
    }
}

fn main() {
    drop(Print {}.run());
}
