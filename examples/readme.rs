//! The program of the README: the bank's answer is lost, and the customer is charged once all the
//! same; a card is declined, and the room is cancelled; the process may die, with `durable`.

#![allow(clippy::unused_async, reason = "these services answer at once")]

use saga::{Key, Verdict, classify::Io, saga};
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, error, fmt, io, sync::Arc, sync::Mutex};

saga! {
    /// Books a room, then charges for it.
    #[classify(Error::verdict)] // which errors mean "it may have happened"
    saga BookTrip(city: String) with (hotels: Hotels, bank: Bank) -> Result<Trip, Error> {
        #[idempotent] // the hotel books once per key
        step room(hotels, city, key) -> Room = Hotels::book
            compensate(hotels, room) = Hotels::cancel;

        #[idempotent] // the bank charges once per key
        step payment(bank, room, key) -> Payment = Bank::charge
            compensate(bank, payment, ctx) { bank.refund(payment, &ctx.undo_key()).await }

        Trip { room, payment }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn error::Error>> {
    let (hotels, bank) = (Hotels, Bank::default());
    let ledger = bank.clone();

    // The connection resets after the bank has charged. The saga asks again, under the same key.
    let city = "Lisbon".to_owned();
    let trip = BookTrip { city }.with(hotels, bank).id("order-42").await?;
    println!("booked {} with {:?}", trip.room, trip.payment);
    assert_eq!(ledger.charges(), 1);

    // A declined card undoes the booking, and the error says so.
    let city = "Atlantis".to_owned();
    let bank = ledger.clone();
    let error = BookTrip { city }
        .with(hotels, bank)
        .id("order-43")
        .await
        .unwrap_err();
    println!("failed: {error}");
    assert!(error.is_clean(), "nothing is left behind");

    let folder = std::env::temp_dir().join(format!("saga-readme-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let trip = durable::book(&folder.join("trips.db"), hotels, ledger).await?;
    println!("booked {} with {:?}", trip.room, trip.payment);
    Ok(std::fs::remove_dir_all(&folder)?)
}

mod durable {
    use super::{Bank, Error, Hotels, Payment, Room, Trip};
    use saga::{engine::Engine, saga, sqlite::Sqlite};
    use std::{error, path::Path, time::Duration};

    saga! {
        /// The same saga, which outlives its process.
        #[classify(Error::verdict)]
        #[timeout(5s)]
        durable saga BookTrip(city: String)
        with (hotels: Hotels, bank: Bank)
        -> Result<Trip, Error>
        {
            #[idempotent]
            step room(hotels, city, key) -> Room = Hotels::book
                compensate(hotels, room) = Hotels::cancel;

            #[idempotent]
            step payment(bank, room, key) -> Payment = Bank::charge
                compensate(bank, payment, ctx) { bank.refund(payment, &ctx.undo_key()).await }

            Trip { room, payment }
        }
    }

    pub(crate) async fn book(
        path: &Path,
        hotels: Hotels,
        bank: Bank,
    ) -> Result<Trip, Box<dyn error::Error>> {
        let store = Sqlite::open(path)?;
        let services = BookTripServices { hotels, bank };
        let engine = Engine::builder(store)
            .register::<BookTrip>(services)
            .start()
            .await?;

        let city = "Oslo".to_owned();

        // An id names one saga: submitting it again, even after a restart, joins that saga.
        let booking = engine.submit("order-44", BookTrip { city }).await?;
        let trip = booking.outcome().await?.into_result()?;

        engine.shutdown(Duration::from_secs(5)).await;
        Ok(trip)
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Room {
    number: u32,
    city: String,
}

impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "room {} in {}", self.number, self.city)
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Payment(u32);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Trip {
    room: Room,
    payment: Payment,
}

#[derive(Debug, Serialize, Deserialize)]
enum Error {
    /// The bank declined: nothing happened.
    Declined,
    /// No answer: the request may have been acted on.
    Io(Io),
}

impl Error {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Declined => Verdict::Refused,
            Self::Io(error) => error.verdict(), // a reset: `Verdict::Unknown`
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Declined => f.write_str("the card is declined"),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl error::Error for Error {}

#[derive(Clone, Copy)]
struct Hotels;

impl Hotels {
    async fn book(&self, city: &str, _: &Key) -> Result<Room, Error> {
        let city = city.to_owned();
        Ok(Room { number: 7, city })
    }

    async fn cancel(&self, room: &Room) -> Result<(), Error> {
        println!("cancelled {room}");
        Ok(())
    }
}

/// Remembers what it charged under each key. The answer to its first charge gets lost.
#[derive(Clone, Default)]
struct Bank {
    payments: Arc<Mutex<HashMap<String, Payment>>>,
}

impl Bank {
    async fn charge(&self, room: &Room, key: &Key) -> Result<Payment, Error> {
        if room.city == "Atlantis" {
            return Err(Error::Declined);
        }
        let mut payments = self.payments.lock().expect("nobody panics");
        if let Some(payment) = payments.get(key.as_str()) {
            return Ok(payment.clone()); // charged already
        }
        let payment = Payment(u32::try_from(payments.len()).expect("few") + 1);
        payments.insert(key.to_string(), payment.clone());
        match payment {
            Payment(1) => Err(Error::Io(io::ErrorKind::ConnectionReset.into())),
            payment => Ok(payment),
        }
    }

    async fn refund(&self, payment: &Payment, _undo_key: &Key) -> Result<(), Error> {
        println!("payment {} is refunded", payment.0);
        Ok(())
    }

    fn charges(&self) -> usize {
        self.payments.lock().expect("nobody panics").len()
    }
}
