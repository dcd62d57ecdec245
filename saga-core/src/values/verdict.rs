//! What an error means for the saga.

use std::fmt;

/// What an `Err` of a step's call means: what happened, and what follows.
///
/// What happened is one of the four constants. What follows is, as a rule, another attempt, if
/// `#[retry]` allows one; [`once`](Self::once) and [`abort`](Self::abort) say otherwise. Both count
/// only once it is settled that the attempt had no effect; if it had one, the step has succeeded, and
/// the saga goes on. If several attempts are in doubt until then, the last one's `once` counts, and
/// any one's `abort`:
///
/// ```
/// # use typed_saga_core::Verdict;
/// enum CardError {
///     Declined,
///     Stolen,
///     TimedOut,
///     Duplicate,
/// }
///
/// impl CardError {
///     fn verdict(&self) -> Verdict {
///         match self {
///             Self::Declined => Verdict::Refused,
///             // Nothing else that the saga could do would be right.
///             Self::Stolen => Verdict::Refused.abort(),
///             Self::TimedOut => Verdict::Unknown,
///             // The card may have been charged, and another attempt will not help.
///             Self::Duplicate => Verdict::Unknown.once(),
///         }
///     }
/// }
///
/// assert_eq!(CardError::Declined.verdict(), Verdict::Refused);
/// assert!(CardError::Stolen.verdict().aborts());
/// assert!(!CardError::TimedOut.verdict().is_once());
/// assert_eq!(CardError::Duplicate.verdict().happened(), Verdict::Unknown);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Verdict {
    happened: Happened,
    follows: Then,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Happened {
    Refused,
    Transient,
    Unknown,
    Partial,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Then {
    /// What the step declares.
    Declared,
    Once,
    Abort,
}

#[expect(
    non_upper_case_globals,
    reason = "a verdict reads as the variant of an enum"
)]
impl Verdict {
    /// The service refused: nothing was applied, and another request will not help. So no further
    /// attempt follows, as after [`once`](Self::once).
    pub const Refused: Self = Self::of(Happened::Refused);
    /// This attempt had no effect (an open circuit breaker, 429, no connection).
    pub const Transient: Self = Self::of(Happened::Transient);
    /// The call may have taken effect.
    pub const Unknown: Self = Self::of(Happened::Unknown);
    /// Part of the operation happened, and this attempt will not finish it: for example, the step
    /// makes several calls, and a later one was refused. Another attempt finishes it
    /// (`#[idempotent]`), or a `#[by_key]` compensation undoes it.
    pub const Partial: Self = Self::of(Happened::Partial);
}

impl Verdict {
    /// All that may have happened.
    pub const ALL: [Self; 4] = [Self::Refused, Self::Transient, Self::Unknown, Self::Partial];

    const fn of(happened: Happened) -> Self {
        Self {
            happened,
            follows: Then::Declared,
        }
    }

    /// The same, and no further attempt follows, once it is settled whether this one had an effect.
    /// The step fails: its fallback runs, or the saga rolls back, and may rerun from a savepoint.
    ///
    /// [`Refused`](Self::Refused) says so by itself, and stays as it is; so does a verdict that
    /// aborts the saga.
    #[must_use]
    pub const fn once(self) -> Self {
        match (self.happened, self.follows) {
            (Happened::Refused, _) | (_, Then::Once | Then::Abort) => self,
            (happened, Then::Declared) => Self {
                happened,
                follows: Then::Once,
            },
        }
    }

    /// The same, and the saga is aborted, once it is settled whether the attempt had an effect: no
    /// attempt, fallback, or rerun follows.
    #[must_use]
    pub const fn abort(self) -> Self {
        Self {
            happened: self.happened,
            follows: Then::Abort,
        }
    }

    /// What happened, without what follows: one of [`ALL`](Self::ALL).
    #[must_use]
    pub const fn happened(self) -> Self {
        Self::of(self.happened)
    }

    /// Whether no further attempt follows: it is [`Refused`](Self::Refused), or made by
    /// [`once`](Self::once) or [`abort`](Self::abort).
    #[must_use]
    pub const fn is_once(self) -> bool {
        matches!(self.happened, Happened::Refused) || !matches!(self.follows, Then::Declared)
    }

    /// Whether the saga is aborted: it is made by [`abort`](Self::abort).
    #[must_use]
    pub const fn aborts(self) -> bool {
        matches!(self.follows, Then::Abort)
    }

    /// Whether something of the attempt happened, or may have happened.
    #[must_use]
    pub const fn brings_doubt(self) -> bool {
        match self.happened {
            Happened::Refused | Happened::Transient => false,
            Happened::Unknown | Happened::Partial => true,
        }
    }

    /// What the event of the attempt says besides what happened: whether the saga is aborted, and
    /// whether the error leaves room for another attempt. (A refusal does not need to say so.)
    pub(crate) const fn follows(self) -> (bool, bool) {
        match self.follows {
            Then::Declared => (false, true),
            Then::Once => (false, false),
            Then::Abort => (true, false),
        }
    }
}

/// As the verdict is written in code: `Unknown`, `Unknown.once()`.
impl fmt::Debug for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.happened, f)?;
        f.write_str(match self.follows {
            Then::Declared => "",
            Then::Once => ".once()",
            Then::Abort => ".abort()",
        })
    }
}

/// As in the records of a journal, which have what follows in other fields.
#[cfg(feature = "durable")]
const WORDS: [&str; 4] = ["refused", "transient", "unknown", "partial"];

#[cfg(feature = "durable")]
impl serde::Serialize for Verdict {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(WORDS[self.happened as usize])
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

#[cfg(test)]
mod tests {
    use super::Verdict;

    #[test]
    fn a_verdict_has_two_parts() {
        for verdict in Verdict::ALL {
            let is_refusal = verdict == Verdict::Refused;
            assert_eq!(verdict.is_once(), is_refusal);
            assert_eq!(verdict.follows(), (false, true));
            assert_eq!(verdict.once() == verdict, is_refusal);
            assert_eq!(verdict.once().follows(), (false, is_refusal));
            assert!(verdict.once().is_once() && !verdict.once().aborts());
            let aborting = verdict.abort();
            assert!(aborting.aborts() && aborting.is_once());
            assert_eq!(aborting.follows(), (true, false));
            assert_eq!(verdict.once().abort(), aborting);
            assert_eq!(aborting.once(), aborting);
            for other in [verdict.once(), aborting] {
                assert_eq!(other.happened(), verdict);
                assert_eq!(other.brings_doubt(), verdict.brings_doubt());
            }
        }
    }

    #[test]
    fn it_is_shown_as_it_is_written() {
        assert_eq!(format!("{:?}", Verdict::Unknown), "Unknown");
        assert_eq!(format!("{:?}", Verdict::Unknown.once()), "Unknown.once()");
        assert_eq!(format!("{:?}", Verdict::Refused.once()), "Refused");
        assert_eq!(format!("{:?}", Verdict::Refused.abort()), "Refused.abort()");
    }
}
