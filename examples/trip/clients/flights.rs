//! Seats. Booking again under the same key returns the original booking.

use typed_saga::Key;

use reqwest::Method;

use super::{Endpoint, reservation};
use crate::domain::{Booking, Leg, Trip};
use crate::error::BookingError;
use crate::wire::Reserved;

#[derive(Clone)]
pub(crate) struct Flights(Endpoint);

impl Flights {
    pub(crate) fn new(endpoint: Endpoint) -> Self {
        Self(endpoint)
    }

    /// Books a seat on one leg of `trip`, once per key.
    ///
    /// # Panics
    ///
    /// If the price overflows.
    pub(crate) async fn book(
        &self,
        trip: &Trip,
        Leg(number): &Leg,
        key: &Key,
    ) -> Result<Booking, BookingError> {
        let body = reservation(trip, number, 1);
        let request = self.0.post_once("/reservations", key.as_ref());
        let reserved: Reserved = self.0.ask(request.json(&body)).await?;
        Ok(reserved.into())
    }

    /// Cancels the seat. Cancelling again is harmless.
    pub(crate) async fn cancel(&self, booking: &Booking) -> Result<(), BookingError> {
        let path = format!("/reservations/{}", booking.reference);
        self.0.ask(self.0.request(Method::DELETE, &path)).await
    }
}
