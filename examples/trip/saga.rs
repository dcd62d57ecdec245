//! The saga: holds the money, books everything, then takes the money.

use saga::saga;

use crate::clients::{Billing, Cars, Clients, Flights, Hotels, Mailer, Quotes};
use crate::domain::{Authorization, Booking, Charge, MessageId, Rates, Receipt, Trip};
use crate::error::BookingError;
use crate::outcome::Outcome;

saga! {
    /// Books a trip, or leaves nothing of it.
    #[classify(BookingError::verdict)]
    #[timeout(1s)]
    pub(crate) saga BookTrip(trip: Trip)
    with (quotes: Quotes, billing: Billing, hotels: Hotels, cars: Cars, flights: Flights, mailer: Mailer)
    -> Result<Receipt, BookingError>
    {
        /// Rates are only read; the last known ones are good enough.
        read rates(quotes, trip) -> Rates = Quotes::fetch
            fallback(quotes, trip) = Quotes::last_known;

        #[retry(5, 20ms..200ms)] #[idempotent]
        step authorization(billing, trip, rates, key) -> Authorization = Billing::authorize
            compensate(billing, authorization) = Billing::release;

        concurrent {
            /// A hotel that is busy is asked once more, with everything before it still standing.
            #[savepoint(1, 10ms..100ms, if = BookingError::may_pass)]
            step hotel(hotels, trip, key) -> Booking = Hotels::book
                #[by_key]
                compensate(hotels, key) = Hotels::cancel;

            /// The firm may book as late as this after we gave up: only then is "nothing booked" an answer.
            #[late(2s)]
            #[when(trip => trip.wants_car())]
            #[retry(3, 10ms..100ms)]
            step car(cars, trip, key) -> Booking = Cars::book
                resolve(cars, key) = Cars::find
                compensate(cars, car) = Cars::cancel;

            #[when(trip => trip.wants_flight())]
            #[retry(3, 10ms..100ms)] #[idempotent]
            step flight(flights, trip, key) -> Booking = Flights::book
                compensate(flights, flight) = Flights::cancel;
        }

        /// The point of no return: nothing from here on is undone.
        #[retry(3, 10ms..100ms)] #[idempotent]
        pivot charge(billing, authorization, key) -> Charge = Billing::capture;

        #[retry(forever, 10ms..500ms)] #[idempotent]
        step confirmation(mailer, trip, charge, hotel, car, flight, key) -> MessageId {
            Ok(mailer.send_confirmation(trip, charge, hotel, car.as_ref(), flight.as_ref(), key).await?)
        }

        Receipt { rates, charge, hotel, car, flight, confirmation }
    }
}

/// Books `trip`, or leaves nothing of it.
pub(crate) async fn book(trip: Trip, clients: Clients) -> Outcome {
    let id = trip.id.to_string();
    let Clients {
        quotes,
        billing,
        hotels,
        cars,
        flights,
        mailer,
    } = clients;
    let booking = BookTrip { trip }
        .with(quotes, billing, hotels, cars, flights, mailer)
        .id(id);
    match booking.outcome().await {
        saga::Outcome::Completed(receipt) => Outcome::Booked(Box::new(receipt)),
        saga::Outcome::Compensated(error) => Outcome::Failed {
            cause: cause(error.failure()),
        },
        saga::Outcome::Parked(parked) => Outcome::Parked {
            cause: cause(parked.failure()),
            standing: parked.unsettled().standing.clone(),
        },
        saga::Outcome::OutputLost(panic) => {
            unreachable!("a receipt is only put together: {}", panic.message())
        }
    }
}

/// The vendor's own words where there are any.
fn cause(failure: &saga::Failure<BookingError>) -> String {
    match failure.error() {
        Some(error) => error.to_string(),
        None => failure.to_string(),
    }
}
