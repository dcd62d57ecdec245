// A saga owns its inputs: one that is a reference is said once, whoever calls it.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Greet(name: &str) with (billing: Billing) -> Result<usize, BookingError> {
        read greeting(billing, name) -> usize { let _ = billing; Ok(name.len()) }

        greeting
    }
}

async fn call() {
    let name = String::from("Ada");
    drop(Greet { name: &name }.with(Billing).await);
}

fn main() {}
