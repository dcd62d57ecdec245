//! The value of `ctx`: what a step can read about its run.

use crate::{
    report::place::{self, Place},
    values::{
        call::CallSite,
        id::{Id, Key, Level, Purpose},
    },
};
use std::borrow::Cow;

/// The saga, the step and the attempt that a call belongs to: the value of `ctx` in a body.
#[derive(Clone, Debug)]
pub struct Context<'a> {
    pub(crate) saga: &'static str,
    pub(crate) id: &'a Id,
    pub(crate) step: &'static str,
    pub(crate) attempt: u32,
    pub(crate) round: u32,
    /// For observers: the path of the run that contains the step, if that run is part of another.
    pub(crate) within: Option<&'a str>,
    /// The index of the item of a loop, if nothing else determines it.
    pub(crate) item: Option<u32>,
    /// The place of the run, if it is part of another saga.
    pub(crate) place: Option<&'a Place<'a>>,
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
            within: None,
            item: None,
            place: None,
        }
    }

    /// The context of a call of a run, for the run's journal. `root` is the name and the id of the
    /// saga, `place` that of the run if it is part of another.
    #[doc(hidden)]
    #[must_use]
    pub fn of_call(
        root: (&'static str, &'a Id),
        place: Option<&'a Place<'a>>,
        (step, at): (&'static str, CallSite),
    ) -> Self {
        let (saga, id) = root;
        Self {
            attempt: at.attempt,
            round: at.round,
            place,
            ..Self::new(saga, id, step)
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

    /// The step's path: its name, after the names of the parent's steps that it is part of, as in
    /// `wrapped/paper`.
    #[must_use]
    pub fn path(&self) -> Cow<'static, str> {
        let name = self.step;
        let step = match self.item {
            Some(item) => Cow::Owned(format!("{name}[{item}]")),
            None => Cow::Borrowed(name),
        };
        match self.within {
            Some(within) => Cow::Owned(format!("{within}/{step}")),
            None if self.item.is_some() => step,
            None => place::path(self.place, name),
        }
    }

    /// The index of the item, from 0, if the step is one of a loop.
    #[must_use]
    pub fn item(&self) -> Option<usize> {
        let item = self.item.or_else(|| self.place?.index())?;
        usize::try_from(item).ok()
    }

    /// The context of an item of a loop that is called by hand, outside of a run.
    #[must_use]
    pub fn of_item(mut self, index: usize) -> Self {
        self.item = u32::try_from(index).ok();
        self
    }

    /// The number of this attempt of the action, from 1, since the start or the last rollback to a
    /// savepoint. In a clause, the number of the action's latest attempt.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The step's round, from 0: it advances when the action starts again after a compensation or a
    /// rollback to a savepoint.
    #[must_use]
    pub fn round(&self) -> u32 {
        self.round
    }

    /// The operation's key, the same as `key`.
    #[must_use]
    pub fn key(&self) -> Key {
        self.key_as(&Purpose::Action)
    }

    /// A key for one of several calls of a body: each `label` has its own.
    #[must_use]
    pub fn key_for(&self, label: &str) -> Key {
        self.key_as(&Purpose::Label(label))
    }

    /// A key for one of several calls of a compensation: each `label` has its own, which no call of
    /// the action has.
    #[must_use]
    pub fn undo_key_for(&self, label: &str) -> Key {
        self.key_as(&Purpose::UndoLabel(label))
    }

    fn key_as(&self, purpose: &Purpose<'_>) -> Key {
        if let Some(item) = self.item {
            let (step, round, item) = (self.step, self.round, Some(item));
            return Key::nested(
                (self.saga, self.id),
                &[Level { step, item, round }],
                purpose,
            );
        }
        if let Some(place) = self.place {
            let levels = place.levels(self.step, self.round);
            return Key::nested(place.root(), &levels, purpose);
        }
        Key::new(self.saga, self.id, self.step, self.round, purpose)
    }
}

impl Key {
    /// The value of `undo_key`, in the compensation of the step that `context` is about.
    #[doc(hidden)]
    #[must_use]
    pub fn of_undo(context: &Context<'_>) -> Self {
        context.key_as(&Purpose::Undo)
    }
}
