//! Cars. The rental can be asked what it booked under a key; sometimes it acts on a request long
//! after it was sent.

use typed_saga::Key;

use reqwest::Method;

use super::{Endpoint, reservation};
use crate::domain::{Booking, Trip};
use crate::error::BookingError;
use crate::wire::{FindQuery, Reserved};

#[derive(Clone)]
pub(crate) struct Cars(Endpoint);

impl Cars {
    pub(crate) fn new(endpoint: Endpoint) -> Self {
        Self(endpoint)
    }

    /// Books the car that `trip` wants, once per key.
    ///
    /// # Panics
    ///
    /// If the price overflows.
    pub(crate) async fn book(&self, trip: &Trip, key: &Key) -> Result<Booking, BookingError> {
        let class = self.0.wanted(trip.car.as_ref())?;
        let body = reservation(trip, class, trip.nights);
        let request = self.0.post_once("/reservations", key.as_ref());
        let reserved: Reserved = self.0.ask(request.json(&body)).await?;
        Ok(reserved.into())
    }

    /// What is booked under `key` so far. `None` is final once no request can still be on its way.
    pub(crate) async fn find(&self, key: &Key) -> Result<Option<Booking>, BookingError> {
        let query = FindQuery {
            key: key.as_ref().to_owned(),
        };
        let request = self.0.request(Method::GET, "/reservations").query(&query);
        let found: Option<Reserved> = self.0.ask(request).await?;
        Ok(found.map(Booking::from))
    }

    /// Cancels the car. Cancelling again is harmless.
    pub(crate) async fn cancel(&self, booking: &Booking) -> Result<(), BookingError> {
        let path = format!("/reservations/{}", booking.reference);
        self.0.ask(self.0.request(Method::DELETE, &path)).await
    }
}
