//! The program of the README: the bank's answer is lost, and the customer is charged once all the
//! same; a flight is sold out, and what was done is undone; the process may die, with `durable`.

#![allow(clippy::unused_async, reason = "these services answer at once")]

use serde::{Deserialize, Serialize};
use std::{collections::HashMap, error, fmt, io, sync::Arc, sync::Mutex};
use typed_saga::{Key, Outcome, Verdict, classify::Io, saga};

saga! {
    /// Books a room, charges for the trip, then books a seat.
    #[classify(Error::verdict)] // which errors mean "it may have happened"
    saga BookTrip(city: String)
    with (hotels: Hotels, bank: Bank, airline: Airline)
    -> Result<Trip, Error>
    {
        #[idempotent]
        step room(hotels, city, key) -> Room = Hotels::book
            compensate(hotels, room) = Hotels::cancel;

        #[idempotent] // the bank charges once per key
        step payment(bank, room, key) -> Payment = Bank::charge
            compensate(bank, payment, undo_key) = Bank::refund;

        #[idempotent]
        step seat(airline, city, key) -> Seat = Airline::book
            compensate(airline, seat) = Airline::cancel;

        Trip { room, payment, seat }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn error::Error>> {
    let (hotels, bank, airline) = (Hotels, Bank::default(), Airline);
    let ledger = bank.clone();

    // The connection resets after the bank has charged: the saga charges again, under the same key.
    // The flight is sold out: the saga refunds the payment, and cancels the room.
    let city = "Lisbon".to_owned();
    let trip = BookTrip { city }.with(hotels, bank, airline);
    match trip.id("order-42").outcome().await {
        Outcome::Completed(trip) => println!("booked: {trip}"),
        Outcome::Compensated(error) => println!("failed: {error}"),
        Outcome::Parked(saga) => println!("{}", saga.unsettled()),
        Outcome::OutputLost(panic) => println!("booked; then {panic:?}"),
    }
    assert_eq!(ledger.balances(), [0], "one charge, which was refunded");

    let folder = std::env::temp_dir().join(format!("saga-readme-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let trip = durable::book(&folder.join("trips.db"), hotels, ledger, airline).await?;
    println!("booked: {trip}");
    Ok(std::fs::remove_dir_all(&folder)?)
}

mod durable {
    use super::{Airline, Bank, Error, Hotels, Payment, Room, Seat, Trip};
    use std::{error, path::Path, time::Duration};
    use typed_saga::{engine::Engine, saga, sqlite::Sqlite};

    saga! {
        /// The same saga, which outlives its process.
        #[classify(Error::verdict)]
        #[timeout(5s)]
        durable saga BookTrip(city: String)
        with (hotels: Hotels, bank: Bank, airline: Airline)
        -> Result<Trip, Error>
        {
            #[idempotent]
            step room(hotels, city, key) -> Room = Hotels::book
                compensate(hotels, room) = Hotels::cancel;

            #[idempotent]
            step payment(bank, room, key) -> Payment = Bank::charge
                compensate(bank, payment, undo_key) = Bank::refund;

            #[idempotent]
            step seat(airline, city, key) -> Seat = Airline::book
                compensate(airline, seat) = Airline::cancel;

            Trip { room, payment, seat }
        }
    }

    pub(crate) async fn book(
        path: &Path,
        hotels: Hotels,
        bank: Bank,
        airline: Airline,
    ) -> Result<Trip, Box<dyn error::Error>> {
        let store = Sqlite::open(path)?;
        let services = BookTripServices {
            hotels,
            bank,
            airline,
        };
        let engine = Engine::builder(store)
            .register::<BookTrip>(services)
            .start()
            .await?;

        let city = "Oslo".to_owned();

        // Submitting this id again, even after a restart, joins this saga.
        let trip = engine.submit("order-43", BookTrip { city }).await?;
        let trip = trip.outcome().await?.into_result()?;

        engine.shutdown(Duration::from_secs(5)).await;
        Ok(trip)
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Room(u32);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Payment(usize);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Seat(String);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Trip {
    room: Room,
    payment: Payment,
    seat: Seat,
}

impl fmt::Display for Trip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Room(room), Payment(payment), Seat(seat)) = (&self.room, &self.payment, &self.seat);
        write!(f, "room {room}, payment {payment}, seat {seat}")
    }
}

#[derive(Debug, Serialize, Deserialize)]
enum Error {
    /// The flight is full: nothing happened.
    SoldOut,
    /// No answer: the request may have been acted on.
    Io(Io),
}

impl Error {
    fn verdict(&self) -> Verdict {
        match self {
            Self::SoldOut => Verdict::Refused,
            Self::Io(error) => error.verdict(), // a reset: `Verdict::Unknown`
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SoldOut => f.write_str("the flight is sold out"),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl error::Error for Error {}

/// Prints a call as its service sees it: of the key, the first digits.
fn log(service: &str, call: &str, key: Option<&Key>, answer: &str) {
    let key = key.map(|key| format!("key={:.6}", key.as_str()));
    let key = key.unwrap_or_default();
    println!("{service:<8} {call:<17} {key:<10} {answer}");
}

#[derive(Clone, Copy)]
struct Hotels;

impl Hotels {
    async fn book(&self, city: &str, key: &Key) -> Result<Room, Error> {
        log("hotel", &format!("book in {city}"), Some(key), "room 7");
        Ok(Room(7))
    }

    async fn cancel(&self, Room(room): &Room) -> Result<(), Error> {
        log("hotel", &format!("cancel room {room}"), None, "cancelled");
        Ok(())
    }
}

#[derive(Clone, Copy)]
struct Airline;

impl Airline {
    async fn book(&self, city: &str, key: &Key) -> Result<Seat, Error> {
        let call = format!("book to {city}");
        if city == "Lisbon" {
            log("airline", &call, Some(key), "sold out");
            return Err(Error::SoldOut);
        }
        log("airline", &call, Some(key), "seat 12A");
        Ok(Seat("12A".to_owned()))
    }

    async fn cancel(&self, Seat(seat): &Seat) -> Result<(), Error> {
        log("airline", &format!("cancel seat {seat}"), None, "cancelled");
        Ok(())
    }
}

/// Remembers what it has done under each key. The answer to its first charge gets lost.
#[derive(Clone, Default)]
struct Bank {
    books: Arc<Mutex<Books>>,
}

#[derive(Default)]
struct Books {
    /// What is left of each payment, by its number less one.
    balances: Vec<u32>,
    charges: HashMap<String, Payment>,
    refunds: HashMap<String, Payment>,
}

impl Bank {
    async fn charge(&self, _: &Room, key: &Key) -> Result<Payment, Error> {
        let mut books = self.books.lock().expect("nobody panics");
        if let Some(Payment(number)) = books.charges.get(key.as_str()).cloned() {
            let answer = format!("payment {number}, as before");
            log("bank", "charge", Some(key), &answer);
            return Ok(Payment(number));
        }
        books.balances.push(90);
        let number = books.balances.len();
        books.charges.insert(key.to_string(), Payment(number));
        if number == 1 {
            log("bank", "charge", Some(key), "charged; the answer is lost");
            return Err(Error::Io(io::ErrorKind::ConnectionReset.into()));
        }
        log("bank", "charge", Some(key), &format!("payment {number}"));
        Ok(Payment(number))
    }

    async fn refund(&self, payment: &Payment, key: &Key) -> Result<(), Error> {
        let mut books = self.books.lock().expect("nobody panics");
        let Payment(number) = *payment;
        let known = books.refunds.insert(key.to_string(), payment.clone());
        if known.is_none() {
            books.balances[number - 1] -= 90;
        }
        let call = format!("refund payment {number}");
        log("bank", &call, Some(key), "refunded");
        Ok(())
    }

    fn balances(&self) -> Vec<u32> {
        let books = self.books.lock().expect("nobody panics");
        books.balances.clone()
    }
}
