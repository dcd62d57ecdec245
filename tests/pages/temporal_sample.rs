//! The programs of the page "A Temporal sample, ported".

use saga::{Key, Outcome, Verdict, saga};
use std::{collections::BTreeSet, sync::{Arc, Mutex}};

#[derive(Debug)]
enum BookingError { Full, NoAnswer }

impl BookingError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Full => Verdict::Refused,
            Self::NoAnswer => Verdict::Unknown,
        }
    }
}

saga! {
    #[classify(BookingError::verdict)]
    #[timeout(1s)]
    saga BookTrip(trip: String) with (vendors: Vendors) -> Result<Vec<String>, BookingError> {
        #[idempotent]
        step hotel(vendors, trip, key) -> String { vendors.book("hotel", trip, key).await }
            compensate(vendors, hotel) = Vendors::cancel;

        #[idempotent]
        step flight(vendors, trip, key) -> String { vendors.book("flight", trip, key).await }
            compensate(vendors, flight) = Vendors::cancel;

        #[idempotent]
        step car(vendors, trip, key) -> String { vendors.book("car", trip, key).await }
            compensate(vendors, car) = Vendors::cancel;

        vec![hotel, flight, car]
    }
}

/// Books once per key. The answer about the first hotel is lost; cars are full on some trips.
#[derive(Clone, Default)]
struct Vendors(Arc<Mutex<(BTreeSet<String>, u32)>>);

impl Vendors {
    async fn book(&self, what: &str, trip: &str, _key: &Key) -> Result<String, BookingError> {
        if what == "car" && trip.contains("fail") {
            return Err(BookingError::Full);
        }
        let mut vendors = self.0.lock().unwrap();
        let booking = format!("{what}-{trip}");
        vendors.0.insert(booking.clone());
        vendors.1 += 1;
        if vendors.1 == 1 { Err(BookingError::NoAnswer) } else { Ok(booking) }
    }

    async fn cancel(&self, booking: &String) -> Result<(), BookingError> {
        self.0.lock().unwrap().0.remove(booking);
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
        // The hotel's answer is lost, and asked for again. The car is full: all is cancelled.
        let vendors = Vendors::default();
        let trip = BookTrip { trip: "fail-1".to_owned() }.with(vendors.clone()).id("fail-1");
        let Outcome::Compensated(error) = trip.outcome().await else { panic!("it is compensated") };
        assert_eq!(error.step(), Some("car"));
        assert!(error.is_clean());
        assert!(vendors.0.lock().unwrap().0.is_empty());

        let trip = BookTrip { trip: "2".to_owned() }.with(vendors.clone()).id("2");
        assert_eq!(trip.await.unwrap(), ["hotel-2", "flight-2", "car-2"]);
}

#[test]
fn it_runs() {
    main();
}
