//! Payments by card: authorized, then released or captured.

use typed_saga::Key;

use reqwest::Method;

use super::Endpoint;
use crate::domain::{Authorization, Charge, Consent, Rates, Trip};
use crate::error::BookingError;
use crate::money::Money;
use crate::wire::AuthorizeRequest;

#[derive(Clone)]
pub(crate) struct Billing(Endpoint);

impl Billing {
    pub(crate) fn new(endpoint: Endpoint) -> Self {
        Self(endpoint)
    }

    /// Authorizes the price of `trip`, once per key.
    pub(crate) async fn authorize(
        &self,
        trip: &Trip,
        rates: &Rates,
        key: &Key,
    ) -> Result<Authorization, BookingError> {
        let amount = rates.total(trip);
        within_budget(trip, amount)?;
        let body = AuthorizeRequest {
            trip: trip.id.clone(),
            card: trip.card.clone(),
            amount,
        };
        let request = self.0.post_once("/authorizations", key.as_ref());
        self.0.ask(request.json(&body)).await
    }

    /// Releases the authorization. Releasing again is harmless.
    pub(crate) async fn release(&self, authorization: &Authorization) -> Result<(), BookingError> {
        let path = format!("/authorizations/{}", authorization.id);
        self.0.ask(self.0.request(Method::DELETE, &path)).await
    }

    /// Captures the payment that the owner of the card has agreed to, once per key.
    pub(crate) async fn capture(
        &self,
        consent: &Consent,
        key: &Key,
    ) -> Result<Charge, BookingError> {
        let path = format!("/authorizations/{}/capture", consent.authorization);
        self.0.ask(self.0.post_once(&path, key.as_ref())).await
    }
}

fn within_budget(trip: &Trip, total: Money) -> Result<(), BookingError> {
    match trip.budget {
        Some(minor) if total.minor > minor => Err(BookingError::OverBudget {
            total,
            budget: Money { minor, ..total },
        }),
        _ => Ok(()),
    }
}
