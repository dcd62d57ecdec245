// errors: 2. The error and the output of a saga are owned, too.
#[path = "../domain.rs"]
mod domain;
use domain::BookingError;

typed_saga::saga! {
    saga Greet(name: String) -> Result<&str, &BookingError> {
        read count(name) -> usize { Ok(name.len()) }

        "hello"
    }
}

async fn call() {
    drop(Greet { name: "Ada".to_owned() }.run().await);
}

fn main() {}
