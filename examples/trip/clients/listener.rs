//! News of trips, for whoever wants to hear them.

use typed_saga::Key;

use super::Endpoint;
use crate::error::BookingError;
use crate::event::TripEvent;

#[derive(Clone)]
pub(crate) struct Listener(Endpoint);

impl Listener {
    pub(crate) fn new(endpoint: Endpoint) -> Self {
        Self(endpoint)
    }

    /// Tells it of `event`, which it may hear again under the same key.
    pub(crate) async fn tell(&self, event: &TripEvent, key: &Key) -> Result<(), BookingError> {
        let request = self.0.post_once("/events", key.as_ref());
        self.0.ask(request.json(event)).await
    }
}
