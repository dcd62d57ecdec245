//! The saga: authorizes the payment, waits until the owner of the card agrees, books everything, then
//! captures the payment. Once it has ended, others hear of it.

use typed_saga::saga;

use crate::clients::{Billing, Cars, Flights, Hotels, Listener, Mailer, Quotes};
use crate::domain::{
    Authorization, Booking, Charge, Consent, Leg, MessageId, Rates, Receipt, Trip,
};
use crate::error::{BookingError, may_pass};
use crate::event::TripEvent;
use crate::limits;

saga! {
    /// Books a trip, or leaves no trace of it.
    #[classify(BookingError::verdict)]
    #[timeout(limits::CALL)]
    #[within(15m)] // then the customer knows
    pub(crate) durable saga BookTrip(trip: Trip)
    with (
        quotes: Quotes,
        billing: Billing,
        hotels: Hotels,
        cars: Cars,
        flights: Flights,
        mailer: Mailer,
        listener: Listener,
    )
    -> Result<Receipt, BookingError> emit TripEvent
    {
        /// Rates are only read; the last known rates are good enough.
        read rates(quotes, trip) -> Rates = Quotes::fetch
            fallback(quotes, trip) = Quotes::last_known;

        #[retry(5, 20ms..200ms)] #[idempotent]
        step authorization(billing, trip, rates, key) -> Authorization = Billing::authorize
            #[retry(5, 50ms..2s)] // then the saga parks for an operator
            compensate(billing, authorization) = Billing::release;

        /// The bank asks the owner of the card, and tells our webhook.
        #[timeout(trip => trip.consent_within)]
        signal consent -> Consent;

        concurrent {
            /// A busy hotel is asked once more, while everything before it still stands.
            #[savepoint(1, 10ms..100ms, if = may_pass)] #[retry(1)]
            #[holds(20m)] // a booking without a payment lapses
            step hotel(hotels, trip, key) -> Booking = Hotels::book
                #[by_key]
                compensate(hotels, key) = Hotels::cancel;

            /// The firm may still book this long after we gave up; only then is "nothing booked" an
            /// answer.
            #[late(limits::CAR_LATE)]
            #[when(trip => trip.wants_car())]
            #[retry(3, 10ms..100ms)]
            step car(cars, trip, key) -> Booking = Cars::book
                resolve(cars, key) = Cars::find
                compensate(cars, car) = Cars::cancel;

            /// One seat for each leg: tried, paid for and cancelled by itself. A trip without legs
            /// has none.
            #[retry(3, 10ms..100ms)] #[idempotent]
            for leg: Leg in (trip => trip.legs.clone())
            step seats(flights, trip, leg, key) -> Booking = Flights::book
                compensate(flights, seats) = Flights::cancel;
        }

        /// The point of no return: nothing from here on is undone.
        #[timeout(60s)] #[retry(3, 10ms..100ms)] #[idempotent]
        pivot charge(billing, consent, key) -> Charge = Billing::capture;

        /// The mailer sends one mail per key, however often it is asked, so a slow answer is not
        /// waited for.
        #[timeout(1s)] #[retry(forever, 10ms..500ms)] #[idempotent]
        step confirmation(mailer, trip, charge, hotel, car, seats, key) -> MessageId {
            mailer
                .send_confirmation(trip, charge, hotel, car.as_ref(), seats, key)
                .await
        }

        emit(trip, charge => [TripEvent::booked(trip, charge)]);
        emit failed(failure, trip => [TripEvent::failed(trip, failure)]);

        /// Whoever hears of a trip twice knows it by the key.
        #[retry(forever, 20ms..200ms)]
        publish(listener, event, key) = Listener::tell;

        Receipt { rates, charge, hotel, car, seats, confirmation }
    }
}
