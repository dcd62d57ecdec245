//! What a step may know of the run that it is part of: `ctx`.

use crate::id::{Id, Key, Purpose};
use std::sync::OnceLock;

/// The saga, the step and the attempt that a call belongs to: what `ctx` is in a body.
#[derive(Clone, Debug)]
pub struct Context<'a> {
    pub(crate) saga: &'static str,
    pub(crate) id: &'a Id,
    pub(crate) step: &'static str,
    pub(crate) attempt: u32,
    pub(crate) round: u32,
}

impl<'a> Context<'a> {
    /// The context of a step that is called by hand, outside of a run: the first attempt of the
    /// first round.
    #[must_use]
    pub fn new(saga: &'static str, id: &'a Id, step: &'static str) -> Self {
        Self {
            saga,
            id,
            step,
            attempt: 1,
            round: 0,
        }
    }

    /// The saga's name, as in keys.
    #[must_use]
    pub fn saga(&self) -> &'static str {
        self.saga
    }

    /// The saga's id.
    #[must_use]
    pub fn id(&self) -> &'a Id {
        self.id
    }

    /// The step's name, as in keys; `finally` in `finally`.
    #[must_use]
    pub fn step(&self) -> &'static str {
        self.step
    }

    /// Which attempt of the action this is, from 1, since the start or the last turn at a
    /// savepoint. In a clause: the action's latest one.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The step's round, from 0: it advances when the action is started again after a compensation
    /// or a turn.
    #[must_use]
    pub fn round(&self) -> u32 {
        self.round
    }

    /// The operation's key: what `key` is.
    #[must_use]
    pub fn key(&self) -> Key {
        self.key_as(&Purpose::Action)
    }

    /// The key of the compensation itself, for a service that wants one for the undoing call, too.
    #[must_use]
    pub fn undo_key(&self) -> Key {
        self.key_as(&Purpose::Undo)
    }

    /// A key of its own for each `label`, for a body that makes several calls.
    #[must_use]
    pub fn key_for(&self, label: &str) -> Key {
        self.key_as(&Purpose::Label(label))
    }

    fn key_as(&self, purpose: &Purpose<'_>) -> Key {
        Key::new(self.saga, self.id.as_str(), self.step, self.round, purpose)
    }
}

/// A run's id, drawn when somebody first asks for it: a saga that reads neither `key` nor `ctx`
/// never does.
#[derive(Debug, Default)]
pub(crate) struct LazyId(OnceLock<Id>);

impl LazyId {
    pub(crate) fn get(&self) -> &Id {
        self.0.get_or_init(Id::random)
    }

    pub(crate) fn set(&mut self, id: Id) {
        self.0 = OnceLock::from(id);
    }
}
