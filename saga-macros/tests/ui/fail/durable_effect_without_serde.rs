// What a durable saga keeps is serde: its effects, wherever they come from and go to.

use typed_saga::saga;

struct Ticket;
#[derive(serde::Serialize, serde::Deserialize)]
struct Failed;

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(1s)]
    durable saga Print() -> Result<_, Failed> {
        #[idempotent]
        step ticket(_key) -> Ticket { Ok(Ticket) }
        resolve() { Ok(None) }
        compensate(ticket) { let _ = ticket; Ok(()) }
        fallback() { Ok(Ticket) }
    }
}

fn main() {
    drop(Print {}.run());
}
