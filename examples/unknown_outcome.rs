//! An answer is lost: three vendors, and the way in which the saga settles each doubt.

#![allow(clippy::unused_async, reason = "these services answer at once")]

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use typed_saga::{Key, Verdict, saga};

/// Books, and loses its first answer.
#[derive(Clone, Default)]
struct Vendor(Arc<Mutex<Books>>);

#[derive(Default)]
struct Books {
    booked: HashMap<String, usize>,
    closed: HashSet<String>,
    requests: usize,
}

#[derive(Debug)]
struct NoAnswer;

fn unknown(_: &NoAnswer) -> Verdict {
    Verdict::Unknown
}

impl Vendor {
    async fn book(&self, key: &Key) -> Result<usize, NoAnswer> {
        let mut books = self.books();
        books.requests += 1;
        if books.closed.contains(key.as_str()) {
            return Err(NoAnswer);
        }
        let next = books.booked.len() + 1;
        let number = *books.booked.entry(key.to_string()).or_insert(next);
        if books.requests == 1 {
            Err(NoAnswer)
        } else {
            Ok(number)
        }
    }

    async fn find(&self, key: &Key) -> Result<Option<usize>, NoAnswer> {
        Ok(self.books().booked.get(key.as_str()).copied())
    }

    async fn cancel(&self, number: &usize) -> Result<(), NoAnswer> {
        self.books().booked.retain(|_, booked| booked != number);
        Ok(())
    }

    async fn cancel_by_key(&self, key: &Key) -> Result<(), NoAnswer> {
        self.books().booked.remove(key.as_str());
        self.books().closed.insert(key.to_string());
        Ok(())
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().expect("nobody panics")
    }

    /// How many requests it received, and how many bookings stand.
    fn seen(&self) -> (usize, usize) {
        let books = self.books();
        (books.requests, books.booked.len())
    }
}

saga! {
    #[classify(unknown)]
    saga BookTrip() with (flights: Vendor, cars: Vendor, hotels: Vendor) -> Result<_, NoAnswer> {
        // Honours keys: asked again, it returns the existing booking.
        #[idempotent]
        step flight(flights, key) -> usize = Vendor::book
            compensate(flights, flight) = Vendor::cancel;

        // Can be asked, once no request can still arrive.
        #[late(30s)]
        step car(cars, key) -> usize = Vendor::book
            resolve(cars, key) = Vendor::find
            compensate(cars, car) = Vendor::cancel;

        // Cancels by key, booked or not: the step is then not applied, and the saga compensates.
        step hotel(hotels, key) -> usize = Vendor::book
            #[by_key]
            compensate(hotels, key) = Vendor::cancel_by_key;
    }
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let (flights, cars, hotels) = (Vendor::default(), Vendor::default(), Vendor::default());
    let trip = BookTrip {}.with(flights.clone(), cars.clone(), hotels.clone());

    let error = trip.await.expect_err("the hotel is given up");
    assert_eq!(error.step(), Some("hotel"));
    assert!(error.is_clean());
    assert_eq!(flights.seen(), (2, 0), "asked again, then cancelled");
    assert_eq!(cars.seen(), (1, 0), "found, then cancelled");
    assert_eq!(hotels.seen(), (1, 0), "cancelled under its key");
    typed_saga::drain(std::time::Duration::from_secs(5)).await;
}
