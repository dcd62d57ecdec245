// What the booking site calls, in one process: each service acts once per key, and prints what it
// receives. In your project these are HTTP clients.

#![allow(dead_code, reason = "each chapter uses a part of it")]

use typed_saga::{Key, Verdict};
use serde::{Deserialize, Serialize};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard},
};

/// What a service answers when it has acted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    pub number: u32,
    pub price: u32,
}

pub type Booking = Receipt;
pub type Payment = Receipt;
pub type Letter = Receipt;

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum TripError {
    /// The service says no: nothing happened.
    Refused,
    /// The service is busy: it did not look at the request.
    Busy,
    /// The connection broke after the request was sent.
    AnswerLost,
    /// The customer will not pay so much.
    TooExpensive,
}

impl TripError {
    /// What each error says about the attempt.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Refused | Self::TooExpensive => Verdict::Refused,
            Self::Busy => Verdict::Transient,
            Self::AnswerLost => Verdict::Unknown,
        }
    }
}

impl fmt::Display for TripError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "refused",
            Self::Busy => "busy",
            Self::AnswerLost => "the answer is lost",
            Self::TooExpensive => "too expensive",
        })
    }
}

impl std::error::Error for TripError {}

/// Acts once per key, however often a request is repeated. Clones share one service.
#[derive(Clone, Default)]
pub struct Service(Arc<Mutex<Books>>);

pub type Hotels = Service;
pub type Cars = Service;
pub type Bank = Service;
pub type Mailer = Service;

#[derive(Default)]
struct Books {
    receipts: HashMap<String, Receipt>,
    cancelled: HashSet<String>,
    trouble: VecDeque<TripError>,
    made: u32,
}

impl Books {
    fn answer(&mut self, price: u32, key: &Key) -> Result<Receipt, TripError> {
        let trouble = self.trouble.pop_front();
        // `AnswerLost` loses the answer: the request arrives, and is acted on below.
        if let Some(error) = trouble.filter(|error| *error != TripError::AnswerLost) {
            return Err(error);
        }
        if self.cancelled.contains(key.as_str()) {
            return Err(TripError::Refused);
        }
        let receipt = match self.receipts.get(key.as_str()) {
            Some(known) => known.clone(),
            None => {
                self.made += 1;
                let new = Receipt { number: self.made, price };
                self.receipts.insert(key.to_string(), new.clone());
                new
            }
        };
        trouble.map_or(Ok(receipt), Err)
    }
}

impl Service {
    /// Books a room or a car, at ten for each letter of the city's name.
    pub async fn book(&self, city: &str, key: &Key) -> Result<Booking, TripError> {
        self.request(&format!("book in {city}"), 10 * city.len() as u32, key)
    }

    /// Charges an amount.
    pub async fn charge(&self, amount: u32, key: &Key) -> Result<Payment, TripError> {
        self.request(&format!("charge {amount}"), amount, key)
    }

    /// Sends a letter.
    pub async fn send(&self, text: &str, key: &Key) -> Result<Letter, TripError> {
        self.request(&format!("send \"{text}\""), 0, key)
    }

    fn request(&self, what: &str, price: u32, key: &Key) -> Result<Receipt, TripError> {
        let answer = self.books().answer(price, key);
        match &answer {
            Ok(receipt) => println!("{what}: number {}", receipt.number),
            Err(error) => println!("{what}: {error}"),
        }
        answer
    }

    /// The booking under this key, if there is one.
    pub async fn find(&self, key: &Key) -> Result<Option<Booking>, TripError> {
        println!("find by key");
        Ok(self.books().receipts.get(key.as_str()).cloned())
    }

    /// Cancelling twice is harmless.
    pub async fn cancel(&self, booking: &Booking) -> Result<(), TripError> {
        println!("cancel number {}", booking.number);
        let mut books = self.books();
        books.receipts.retain(|_, known| known != booking);
        Ok(())
    }

    /// Correct whether or not this key has a booking; a request that arrives later is refused.
    pub async fn cancel_by_key(&self, key: &Key) -> Result<(), TripError> {
        println!("cancel by key");
        let mut books = self.books();
        books.receipts.remove(key.as_str());
        books.cancelled.insert(key.to_string());
        Ok(())
    }

    /// Makes the next request fail.
    pub fn trouble(&self, error: TripError) {
        self.books().trouble.push_back(error);
    }

    /// The number of bookings, payments or letters that are not cancelled.
    pub fn active(&self) -> usize {
        self.books().receipts.len()
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().expect("no request panics")
    }
}
