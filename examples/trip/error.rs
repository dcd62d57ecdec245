//! Why a step of a booking failed, and what that says about the vendor.

use std::fmt;

use serde::{Deserialize, Serialize};
use typed_saga::{Cause, Failure, Verdict};
use typed_saga_classify::http::Http;

use crate::money::Money;

/// The vendor that was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Vendor {
    Rates,
    Billing,
    Hotel,
    Car,
    Flight,
    Mail,
    Listener,
}

impl fmt::Display for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rates => "rates",
            Self::Billing => "billing",
            Self::Hotel => "hotel",
            Self::Car => "car",
            Self::Flight => "flight",
            Self::Mail => "mail",
            Self::Listener => "listener",
        })
    }
}

/// The error of every step.
///
/// Its texts contain nothing that changes from run to run, such as addresses; those are in the
/// source.
#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
pub(crate) enum BookingError {
    /// The vendor understood the request, and refused it.
    #[error("{vendor}: {reason}")]
    Refused { vendor: Vendor, reason: String },
    #[error("the trip costs {total}, which is more than {budget}")]
    OverBudget { total: Money, budget: Money },
    #[error("rates: none known for {city}")]
    NoRates { city: String },
    /// The vendor, or something in front of it, turned the request away.
    #[error("{vendor}: busy ({status})")]
    Busy { vendor: Vendor, status: u16 },
    /// The vendor failed, before or after it acted.
    #[error("{vendor}: failed ({status})")]
    Failed { vendor: Vendor, status: u16 },
    /// The vendor began to answer, and did not go on.
    #[error("{vendor}: stalled")]
    Stalled { vendor: Vendor },
    /// There was no connection, or it broke, or the answer makes no sense.
    #[error("{vendor}: no proper answer")]
    NoAnswer { vendor: Vendor, source: Http },
}

impl BookingError {
    pub(crate) fn verdict(&self) -> Verdict {
        match self {
            Self::Refused { .. } | Self::OverBudget { .. } | Self::NoRates { .. } => {
                Verdict::Refused
            }
            Self::Busy { .. } => Verdict::Transient,
            Self::Failed { .. } | Self::Stalled { .. } => Verdict::Unknown,
            Self::NoAnswer { source, .. } => source.verdict(),
        }
    }
}

/// Whether another round may succeed.
pub(crate) fn may_pass(failure: &Failure<BookingError>) -> bool {
    let error = failure.error();
    error.is_none_or(|error| error.verdict() != Verdict::Refused)
}

/// The vendor's own reason, if there is one.
pub(crate) fn cause(failure: &Failure<BookingError>) -> String {
    match failure.cause() {
        Cause::Failed(error) => error.to_string(),
        Cause::Recorded { text } => text.clone(),
        _ => failure.to_string(),
    }
}
