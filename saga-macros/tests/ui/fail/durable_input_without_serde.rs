// What a durable saga keeps is serde: its inputs.

use saga::saga;

struct Ticket;
struct Failed;

saga! {
    #[classify(saga::transient)]
    #[timeout(1s)]
    durable saga Print(ticket: Ticket) -> Result<(), Failed> {
        read print(ticket) { let _ = ticket; Ok(()) }
    }
}

fn main() {
    drop(Print { ticket: Ticket }.run());
}
