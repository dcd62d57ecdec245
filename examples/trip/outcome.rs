//! How a trip can end.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::Receipt;

/// How a trip ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Booked,
    /// Nothing stands.
    Failed,
    /// Something could not be undone: an operator has to look.
    Parked,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Booked => "booked",
            Self::Failed => "failed",
            Self::Parked => "parked",
        })
    }
}

impl FromStr for Ending {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "booked" => Ok(Self::Booked),
            "failed" => Ok(Self::Failed),
            "parked" => Ok(Self::Parked),
            _ => Err(format!("`{text}` is none of booked, failed, parked")),
        }
    }
}

/// How a trip ended, with its result.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Outcome {
    Booked(Box<Receipt>),
    /// Nothing stands.
    Failed {
        cause: String,
    },
    /// The steps in `standing` could not be undone.
    Parked {
        cause: String,
        standing: Vec<Cow<'static, str>>,
    },
}

impl Outcome {
    pub(crate) const fn ending(&self) -> Ending {
        match self {
            Self::Booked(_) => Ending::Booked,
            Self::Failed { .. } => Ending::Failed,
            Self::Parked { .. } => Ending::Parked,
        }
    }

    /// In a few words.
    pub(crate) fn details(&self) -> String {
        match self {
            Self::Booked(receipt) => {
                let stale = if receipt.rates.fresh {
                    ""
                } else {
                    ", older rates"
                };
                format!("{}{stale}", receipt.charge.amount)
            }
            Self::Failed { cause } => cause.clone(),
            Self::Parked { cause, standing } => {
                format!("{cause}; still stands: {}", standing.join(", "))
            }
        }
    }
}
