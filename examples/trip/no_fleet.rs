//! In place of `fleet` where the example is built without the feature `postgres`: there is no fleet.

use axum::http::StatusCode;

use crate::arguments::Plan;
use crate::domain::Trip;
use crate::outcome::Outcome;
use crate::site::SiteError;
use crate::vendors::Vendors;
use crate::wire::Agreed;

pub(crate) enum Fleet {}

#[allow(
    clippy::unused_async,
    reason = "the functions are those of a real fleet"
)]
impl Fleet {
    pub(crate) async fn start(_: &Plan, _: usize, _: &Vendors) -> Result<Self, SiteError> {
        Err(SiteError::NoPostgres)
    }

    pub(crate) async fn book(&self, _: &Trip) -> Result<Outcome, SiteError> {
        match *self {}
    }

    pub(crate) async fn agreed(&self, _: &Agreed) -> Result<StatusCode, SiteError> {
        match *self {}
    }

    pub(crate) async fn close(&self) {
        match *self {}
    }
}

#[allow(clippy::unused_async, reason = "as above")]
pub(crate) async fn work() -> Result<(), SiteError> {
    Err(SiteError::NoPostgres)
}
