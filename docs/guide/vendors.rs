// The vendors that the booking site calls, in one process: each books once per key, and prints what it
// receives. In your project these are HTTP clients.

#![allow(dead_code, reason = "each chapter uses a part of it")]

use saga::{Key, Verdict};
use serde::{Deserialize, Serialize};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard},
};

/// A vendor's answer to a booking request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Booking {
    pub number: u32,
    pub price: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum BookingError {
    /// Nothing is free.
    Full,
    /// The vendor is busy: it did not look at the request.
    Busy,
    /// The connection broke after the request was sent.
    Lost,
}

impl BookingError {
    /// What each error says about the attempt.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Full => Verdict::Refused,
            Self::Busy => Verdict::Transient,
            Self::Lost => Verdict::Unknown,
        }
    }
}

impl fmt::Display for BookingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "nothing is free",
            Self::Busy => "the vendor is busy",
            Self::Lost => "the connection is lost",
        })
    }
}

impl std::error::Error for BookingError {}

/// Books once per key, however often a request is repeated. Clones share one vendor.
#[derive(Clone, Default)]
pub struct Vendor(Arc<Mutex<Books>>);

#[derive(Default)]
struct Books {
    bookings: HashMap<String, Booking>,
    cancelled: HashSet<String>,
    trouble: VecDeque<BookingError>,
    made: u32,
}

impl Books {
    fn answer(&mut self, what: &str, key: &Key) -> Result<Booking, BookingError> {
        let trouble = self.trouble.pop_front();
        // `Lost` loses the answer: the request arrives, and is booked below.
        if let Some(error) = trouble.filter(|error| *error != BookingError::Lost) {
            return Err(error);
        }
        if self.cancelled.contains(key.as_str()) {
            return Err(BookingError::Full);
        }
        let booking = match self.bookings.get(key.as_str()) {
            Some(known) => known.clone(),
            None => {
                self.made += 1;
                let price = 10 * what.len() as u32;
                let new = Booking { number: self.made, price };
                self.bookings.insert(key.to_string(), new.clone());
                new
            }
        };
        trouble.map_or(Ok(booking), Err)
    }
}

impl Vendor {
    /// Books once per key.
    pub async fn book(&self, what: &str, key: &Key) -> Result<Booking, BookingError> {
        self.request("book", what, key)
    }

    /// Charges once per key. A payment is recorded like a booking.
    pub async fn charge(&self, what: &str, key: &Key) -> Result<Booking, BookingError> {
        self.request("charge", what, key)
    }

    /// Sends a letter once per key, which is recorded like a booking, too.
    pub async fn send(&self, what: &str, key: &Key) -> Result<Booking, BookingError> {
        self.request("send", what, key)
    }

    fn request(&self, call: &str, what: &str, key: &Key) -> Result<Booking, BookingError> {
        let answer = self.books().answer(what, key);
        match &answer {
            Ok(booking) => println!("{call} {what} → number {}", booking.number),
            Err(error) => println!("{call} {what} → {error}"),
        }
        answer
    }

    /// The booking under this key, if there is one.
    pub async fn find(&self, key: &Key) -> Result<Option<Booking>, BookingError> {
        println!("find by key");
        Ok(self.books().bookings.get(key.as_str()).cloned())
    }

    /// Cancelling twice is harmless.
    pub async fn cancel(&self, booking: &Booking) -> Result<(), BookingError> {
        println!("cancel number {}", booking.number);
        let mut books = self.books();
        books.bookings.retain(|_, known| known != booking);
        Ok(())
    }

    /// Correct whether or not this key has a booking; a request that arrives later is refused.
    pub async fn cancel_by_key(&self, key: &Key) -> Result<(), BookingError> {
        println!("cancel by key");
        let mut books = self.books();
        books.bookings.remove(key.as_str());
        books.cancelled.insert(key.to_string());
        Ok(())
    }

    /// Makes the next request fail.
    pub fn trouble(&self, error: BookingError) {
        self.books().trouble.push_back(error);
    }

    /// The number of bookings that are not cancelled.
    pub fn active(&self) -> usize {
        self.books().bookings.len()
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().expect("no booking panics")
    }
}
