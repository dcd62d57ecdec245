//! Prices of trips.

use reqwest::Method;

use super::Endpoint;
use crate::domain::{Rates, Trip};
use crate::error::BookingError;
use crate::tariff;
use crate::wire::RatesQuery;

#[derive(Clone)]
pub(crate) struct Quotes(Endpoint);

impl Quotes {
    pub(crate) fn new(endpoint: Endpoint) -> Self {
        Self(endpoint)
    }

    /// Today's rates.
    pub(crate) async fn fetch(&self, trip: &Trip) -> Result<Rates, BookingError> {
        let query = RatesQuery {
            trip: trip.id.clone(),
            city: trip.city.clone(),
            currency: trip.currency,
        };
        self.0
            .ask(self.0.request(Method::GET, "/rates").query(&query))
            .await
    }

    /// The rates that the site last saw. Calls nobody; it is `async` so that it can stand in for
    /// `fetch`.
    #[expect(clippy::unused_async, reason = "the code of a step is async")]
    pub(crate) async fn last_known(&self, trip: &Trip) -> Result<Rates, BookingError> {
        tariff::last_known(&trip.city, trip.currency).ok_or_else(|| BookingError::NoRates {
            city: trip.city.clone(),
        })
    }
}
