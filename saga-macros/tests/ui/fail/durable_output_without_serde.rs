// What a durable saga keeps is serde: its output.

use typed_saga::saga;

struct Ticket;
#[derive(serde::Serialize, serde::Deserialize)]
struct Failed;

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(1s)]
    durable saga Print() -> Result<Ticket, Failed> {
        read print() { Ok(()) }

        Ticket
    }
}

fn main() {
    drop(Print {}.run());
}
