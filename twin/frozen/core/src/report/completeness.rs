//! How far a failed saga was compensated.

use crate::{
    kernel::Left,
    report::standing::{LeftStep, Unsettled},
};
use std::fmt;

/// How far a failed saga was compensated.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Completeness {
    /// Nothing remains applied except what is listed.
    Compensated {
        /// Steps that declare `compensate none`, and panicked steps whose effect is unknown.
        left: Vec<LeftStep>,
    },
    /// Something could not be undone, finished or settled.
    Parked(Unsettled),
    /// Every step is applied, but the expression of the output panicked.
    OutputLost,
}

impl fmt::Display for Completeness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compensated { left } if left.is_empty() => f.write_str("everything was undone"),
            Self::Compensated { left } => {
                f.write_str("everything was undone but")?;
                for (index, LeftStep { step, how }) in left.iter().enumerate() {
                    f.write_str(if index == 0 { " " } else { ", " })?;
                    match how {
                        Left::Certain => write!(f, "`{step}`")?,
                        Left::Perhaps => write!(f, "perhaps `{step}`")?,
                    }
                }
                Ok(())
            }
            Self::Parked(unsettled) => unsettled.fmt(f),
            Self::OutputLost => f.write_str("every step is applied, but the output is lost"),
        }
    }
}
