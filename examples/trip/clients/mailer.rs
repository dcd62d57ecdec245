//! Mail to the traveller.

use std::iter;

use typed_saga::Key;

use super::Endpoint;
use crate::domain::{Booking, Charge, MessageId, Trip};
use crate::error::BookingError;
use crate::wire::MailRequest;

#[derive(Clone)]
pub(crate) struct Mailer(Endpoint);

impl Mailer {
    pub(crate) fn new(endpoint: Endpoint) -> Self {
        Self(endpoint)
    }

    /// Tells the traveller what was booked and charged, once per key.
    pub(crate) async fn send_confirmation(
        &self,
        trip: &Trip,
        charge: &Charge,
        hotel: &Booking,
        car: Option<&Booking>,
        seats: &[Booking],
        key: &Key,
    ) -> Result<MessageId, BookingError> {
        let booked: Vec<&str> = iter::once(hotel)
            .chain(car)
            .chain(seats)
            .map(|booking| booking.reference.as_str())
            .collect();
        let body = MailRequest {
            trip: trip.id.clone(),
            to: trip.email.clone(),
            text: format!(
                "Dear {}, {} from {} is booked ({}). We charged {}.",
                trip.traveller,
                trip.city,
                trip.from,
                booked.join(", "),
                charge.amount
            ),
        };
        let request = self.0.post_once("/messages", key.as_ref());
        self.0.ask(request.json(&body)).await
    }
}
