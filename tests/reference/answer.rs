//! What a caller of the vendor hears.

use std::{panic::resume_unwind, str::FromStr};

use super::trouble::Trouble;

/// What a caller hears.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    Yes(u32),
    /// `resolve` only: it did not happen, and no longer can.
    Nothing,
    Err(Trouble),
    Panic,
}

impl Answer {
    /// As the code of a step gives it.
    pub(crate) fn told(self) -> Result<Option<u32>, Trouble> {
        match self {
            Self::Yes(number) => Ok(Some(number)),
            Self::Nothing => Ok(None),
            Self::Err(trouble) => Err(trouble),
            // Not `panic!`, whose message nobody wants to read a thousand times.
            Self::Panic => resume_unwind(Box::new("scripted")),
        }
    }

    /// As an action gives it.
    pub(crate) fn effect(self) -> Result<u32, Trouble> {
        self.told().map(Option::unwrap_or_default)
    }

    /// As a fallback gives it: a number, or the text that a saga would give.
    pub(crate) fn instead<T: FromStr>(self) -> Result<T, Trouble> {
        let number = self.effect()?.to_string();
        Ok(number.parse().ok().expect("a number or a text"))
    }

    /// As a compensation gives it.
    pub(crate) fn done(self) -> Result<(), Trouble> {
        self.told().map(drop)
    }

    /// As a `when` gives it.
    pub(crate) fn wanted(self) -> bool {
        self.told().is_ok()
    }
}
