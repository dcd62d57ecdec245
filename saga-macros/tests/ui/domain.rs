//! What the failing sagas talk about: a site that books trips, and the services behind it.
#![allow(dead_code)]

use serde::{Deserialize, Serialize};
use typed_saga::{Key, Verdict};

pub type Result<T> = std::result::Result<T, BookingError>;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BookingError;

impl BookingError {
    pub fn verdict(&self) -> Verdict {
        Verdict::Unknown
    }
    pub fn is_busy(&self) -> bool {
        true
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Trip {
    pub wants_car: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rates;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Hold;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Charge;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Booking;

/// Takes money.
pub struct Billing;

impl Billing {
    pub async fn rates(&self, _: &Trip) -> Result<Rates> {
        Ok(Rates)
    }
    /// Sets money aside, to be captured or released.
    pub async fn hold(&self, _: &Trip, _: &Key) -> Result<Hold> {
        Ok(Hold)
    }
    pub async fn release(&self, _: &Hold) -> Result<()> {
        Ok(())
    }
    pub async fn capture(&self, _: &Hold, _: &Key) -> Result<Charge> {
        Ok(Charge)
    }
}

pub struct Hotels;

impl Hotels {
    pub async fn book(&self, _: &Trip, _: &Key) -> Result<Booking> {
        Ok(Booking)
    }
    pub async fn find(&self, _: &Key) -> Result<Option<Booking>> {
        Ok(None)
    }
    pub async fn cancel(&self, _: &Booking) -> Result<()> {
        Ok(())
    }
    pub async fn cancel_all(&self, _: &Trip) -> Result<()> {
        Ok(())
    }
    /// Right whether or not there is such a booking, and refuses it if it arrives later.
    pub async fn annul(&self, _: &Key) -> Result<()> {
        Ok(())
    }
}

pub struct Cars;

impl Cars {
    pub async fn book(&self, _: &Trip, _: &Key) -> Result<Booking> {
        Ok(Booking)
    }
    pub async fn cancel(&self, _: &Booking) -> Result<()> {
        Ok(())
    }
}

pub struct Mailer;

impl Mailer {
    pub async fn confirm(&self, _: &Trip, _: &Key) -> Result<()> {
        Ok(())
    }
}
