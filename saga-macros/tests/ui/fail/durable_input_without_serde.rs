// What a durable saga keeps is serde: its inputs.

use typed_saga::saga;

struct Ticket;
#[derive(serde::Serialize, serde::Deserialize)]
struct Failed;

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(1s)]
    durable saga Print(ticket: Ticket) -> Result<(), Failed> {
        read print(ticket) { let _ = ticket; Ok(()) }
    }
}

fn main() {
    drop(Print { ticket: Ticket }.run());
}
