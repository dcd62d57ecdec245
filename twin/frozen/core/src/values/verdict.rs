//! What an error means for the saga.

/// What an `Err` of a step's call means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The service refused: nothing was applied, and another request will not help.
    Refused,
    /// This attempt had no effect (an open circuit breaker, 429, no connection).
    Transient,
    /// The call may have taken effect.
    Unknown,
    /// Part of the operation happened, and this attempt will not finish it: for example, the step
    /// makes several calls, and a later one was refused. Another attempt finishes it
    /// (`#[idempotent]`), or a `#[by_key]` compensation undoes it.
    Partial,
}

impl Verdict {
    /// All verdicts.
    pub const ALL: [Self; 4] = [Self::Refused, Self::Transient, Self::Unknown, Self::Partial];

    /// Whether something of the attempt happened, or may have happened.
    #[must_use]
    pub const fn brings_doubt(self) -> bool {
        match self {
            Self::Refused | Self::Transient => false,
            Self::Unknown | Self::Partial => true,
        }
    }
}

/// As in the records of a journal.
#[cfg(feature = "durable")]
const WORDS: [&str; 4] = ["refused", "transient", "unknown", "partial"];

#[cfg(feature = "durable")]
impl serde::Serialize for Verdict {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let place = Self::ALL.iter().position(|verdict| verdict == self);
        to.serialize_str(place.map_or("", |place| WORDS[place]))
    }
}

#[cfg(feature = "durable")]
impl<'de> serde::Deserialize<'de> for Verdict {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let word = String::deserialize(from)?;
        let place = WORDS.iter().position(|known| *known == word);
        let verdict = place.map(|place| Self::ALL[place]);
        verdict.ok_or_else(|| {
            serde::de::Error::custom(format!("`{word}` is none of {}", WORDS.join(", ")))
        })
    }
}
