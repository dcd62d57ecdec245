// Each run of a durable saga has a clone of its services.

use typed_saga::{saga, runtime::{Durable, Services}};

struct Hotels;

#[derive(Clone)]
struct Mailer;

#[derive(serde::Serialize, serde::Deserialize)]
struct Failed;

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(1s)]
    durable saga Book(nights: u8) with (hotels: Hotels, mailer: Mailer) -> Result<(), Failed> {
        read free(hotels, mailer, nights) { let _ = (hotels, mailer, nights); Ok(()) }
    }
}

fn register<S: Durable>(_: impl Services<S>) {}

fn main() {
    let services = BookServices {
        hotels: Hotels,
        mailer: Mailer,
    };
    register::<Book>(services.clone());
    drop(Book { nights: 1 }.with(services.hotels, services.mailer));
}
