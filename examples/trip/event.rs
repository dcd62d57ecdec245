//! What the site tells others of a trip that has ended.

use std::fmt;

use serde::{Deserialize, Serialize};
use typed_saga::Failure;

use crate::domain::{Charge, Trip, TripId};
use crate::error::{BookingError, cause};
use crate::money::Money;

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum TripEvent {
    TripBooked {
        trip: TripId,
        city: String,
        charged: Money,
    },
    /// Nothing stands.
    TripFailed {
        trip: TripId,
        city: String,
        why: String,
    },
}

impl TripEvent {
    pub(crate) fn booked(trip: &Trip, charge: &Charge) -> Self {
        Self::TripBooked {
            trip: trip.id.clone(),
            city: trip.city.clone(),
            charged: charge.amount,
        }
    }

    pub(crate) fn failed(trip: &Trip, failure: &Failure<BookingError>) -> Self {
        Self::TripFailed {
            trip: trip.id.clone(),
            city: trip.city.clone(),
            why: cause(failure),
        }
    }

    pub(crate) const fn trip(&self) -> &TripId {
        match self {
            Self::TripBooked { trip, .. } | Self::TripFailed { trip, .. } => trip,
        }
    }

    pub(crate) fn city(&self) -> &str {
        match self {
            Self::TripBooked { city, .. } | Self::TripFailed { city, .. } => city,
        }
    }
}

impl fmt::Display for TripEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TripBooked { charged, .. } => write!(f, "booked for {charged}"),
            Self::TripFailed { why, .. } => write!(f, "failed, {why}"),
        }
    }
}
