//! What the code of a step must guarantee, although no compiler can check it.

use std::fmt;

/// A contract that was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Contract {
    /// A call whose error `#[classify]` judges as refused or transient had no effect.
    Classify,
    /// The same operation is requested under the same key, and another one under another key.
    Key,
    /// A call that may have taken effect is made again only where a declaration allows that. No
    /// code of yours breaks this: it is a mistake of the declaration, or of this library.
    Again,
    /// An `#[idempotent]` action takes effect once under one key.
    Idempotent,
    /// A `resolve` that returns `None` is right: the call had no effect, and no longer can.
    Resolve,
    /// A `#[by_key]` compensation is right whether or not the action happened, and stops a late
    /// request.
    ByKey,
    /// The compensation of a step that covers others (`compensate with`) is right whether or not
    /// they happened, and stops late requests of theirs.
    Covers,
    /// No request takes effect later than `#[late]` says.
    Late,
    /// A compensation that runs again has no further effect.
    Repeatable,
    /// A compensation that returns `Ok` has undone the effect of its step, and nothing else.
    Compensation,
    /// A call that is retried eventually succeeds.
    Ends,
    /// The inputs of a durable saga, the results of its steps, its events and its output can be
    /// recorded, and are read back as the same values.
    Recorded,
    /// The outcome names every step that remains applied.
    Named,
    /// An event for which `publish` returns `Ok` has been delivered, under its key and in order; no
    /// other event arrives.
    Published,
    /// A saga that was compensated can run again, under a new id, with the same inputs. It cannot
    /// where a key is an input (`by = …`) by which the service knows what was undone.
    NewId,
    /// The invariant of the test.
    Invariant,
}

impl fmt::Display for Contract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Classify => "a call that `#[classify]` calls `Refused` or `Transient` had no effect",
            Self::Key => {
                "the same operation is requested under the same `key`, and another one under another"
            }
            Self::Again => {
                "no code of yours: the saga has made a call again that may have taken effect, and \
                 its declaration does not allow that"
            }
            Self::Idempotent => "an `#[idempotent]` action takes effect once per key",
            Self::Resolve => "`None` of a `resolve` means that it did not happen and no longer can",
            Self::ByKey => {
                "a `#[by_key]` compensation is right whether or not the action happened, and \
                 stops one that is late"
            }
            Self::Covers => {
                "a compensation that covers another step is right whether or not that happened, \
                 and stops it if it is late"
            }
            Self::Late => "`#[late]` is as long as an operation may still arrive after its attempt",
            Self::Repeatable => "running a compensation again has no further effect",
            Self::Compensation => {
                "a compensation that returns `Ok` has undone the effect of its step, and nothing else"
            }
            Self::Ends => "whatever is retried ends eventually",
            Self::Recorded => "what a durable saga records can be read back, as the same value",
            Self::Named => "whatever remains applied is named in the outcome",
            Self::Published => {
                "an event is delivered when `publish` returns `Ok`, under its `key`, and in order"
            }
            Self::NewId => "a saga that was compensated can run again, under a new id",
            Self::Invariant => "the invariant of the test",
        })
    }
}
