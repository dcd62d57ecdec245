// The other side of the booking site, in one process: vendors that book under a key. In your project these are HTTP clients.

use saga::{Key, Verdict};
use serde::{Deserialize, Serialize};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard},
};

/// What a vendor answers to a booking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Booking {
    pub number: u32,
    pub price: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BookingError {
    /// Nothing is free.
    Full,
    /// The vendor has no time: it has not looked at the request.
    Busy,
    /// The connection broke after the request was sent.
    Lost,
}

impl BookingError {
    /// What each error means for the step that got it.
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

/// Books under a key: once, however often it is asked. Clones are the same vendor.
#[derive(Clone, Default)]
pub struct Vendor(Arc<Mutex<Books>>);

#[derive(Default)]
struct Books {
    bookings: HashMap<String, Booking>,
    cancelled: HashSet<String>,
    trouble: VecDeque<BookingError>,
    made: u32,
}

impl Vendor {
    pub async fn book(&self, what: &str, key: &Key) -> Result<Booking, BookingError> {
        let mut books = self.books();
        let trouble = books.trouble.pop_front();
        // A lost answer is one to a request that arrived.
        if let Some(error) = trouble.filter(|error| *error != BookingError::Lost) {
            return Err(error);
        }
        if books.cancelled.contains(key.as_str()) {
            return Err(BookingError::Full);
        }
        let booking = match books.bookings.get(key.as_str()) {
            Some(known) => known.clone(),
            None => {
                books.made += 1;
                let price = 10 * what.len() as u32;
                let new = Booking { number: books.made, price };
                books.bookings.insert(key.to_string(), new.clone());
                new
            }
        };
        trouble.map_or(Ok(booking), Err)
    }

    /// What was booked under a key, if anything was.
    pub async fn find(&self, key: &Key) -> Result<Option<Booking>, BookingError> {
        Ok(self.books().bookings.get(key.as_str()).cloned())
    }

    /// May be asked twice.
    pub async fn cancel(&self, booking: &Booking) -> Result<(), BookingError> {
        let mut books = self.books();
        books.bookings.retain(|_, known| known != booking);
        Ok(())
    }

    /// Right whether or not there is a booking under this key; a request that comes later is turned away.
    pub async fn cancel_by_key(&self, key: &Key) -> Result<(), BookingError> {
        let mut books = self.books();
        books.bookings.remove(key.as_str());
        books.cancelled.insert(key.to_string());
        Ok(())
    }

    /// Has the next request go wrong.
    pub fn trouble(&self, error: BookingError) {
        self.books().trouble.push_back(error);
    }

    /// How many bookings stand.
    pub fn standing(&self) -> usize {
        self.books().bookings.len()
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().expect("nobody panics while booking")
    }
}
