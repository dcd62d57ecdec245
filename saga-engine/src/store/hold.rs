//! Sagas as their claims have them.

use super::{Epoch, Row, SagaId, Turn};

/// A saga, as one claim has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The saga.
    pub saga: SagaId,
    /// The claim.
    pub turn: Turn,
}

impl Hold {
    /// This saga, as this claim has it.
    #[must_use]
    pub fn new(saga: SagaId, turn: Turn) -> Self {
        Self { saga, turn }
    }
}

/// The result of [`Store::create`](super::Store::create).
#[derive(Clone, Debug)]
pub enum Created {
    /// The saga was created.
    New,
    /// The saga existed already.
    Exists(Box<Row>),
}

impl Created {
    /// What an existing row means to who creates it: if the row is claimed `by` that turn, it has
    /// created the saga before.
    #[must_use]
    pub fn of(row: Row, by: Option<(Epoch, Turn)>) -> Self {
        if by.is_some() && by == row.claimed.zip(row.turn) {
            return Self::New;
        }
        Self::Exists(Box::new(row))
    }
}

/// The owner of a saga after [`Store::claim_one`](super::Store::claim_one).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Take {
    /// It is claimed, with the turn that was given.
    Mine,
    /// It is not: another living worker has it, or this one does by another claim.
    Theirs,
    /// There is no such saga.
    Missing,
}
