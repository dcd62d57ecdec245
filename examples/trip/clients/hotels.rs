//! Rooms. A booking is cancelled by its key, whether or not it was made.

use typed_saga::Key;

use reqwest::Method;

use super::{Endpoint, reservation};
use crate::domain::{Booking, Trip};
use crate::error::BookingError;
use crate::wire::Reserved;

#[derive(Clone)]
pub(crate) struct Hotels(Endpoint);

impl Hotels {
    pub(crate) fn new(endpoint: Endpoint) -> Self {
        Self(endpoint)
    }

    /// Books a room for all nights of `trip`, once per key.
    ///
    /// # Panics
    ///
    /// If the price overflows.
    pub(crate) async fn book(&self, trip: &Trip, key: &Key) -> Result<Booking, BookingError> {
        let body = reservation(trip, &trip.hotel, trip.nights);
        let request = self.0.post_once("/reservations", key.as_ref());
        let reserved: Reserved = self.0.ask(request.json(&body)).await?;
        Ok(reserved.into())
    }

    /// Cancels what was booked under `key`, and prevents later bookings under it.
    pub(crate) async fn cancel(&self, key: &Key) -> Result<(), BookingError> {
        let path = format!("/keys/{}", key.as_ref());
        self.0.ask(self.0.request(Method::DELETE, &path)).await
    }
}
