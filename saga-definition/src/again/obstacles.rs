//! What in a declaration stands in the way of its reruns.

use super::{
    asks::Ask,
    renewal::{Begin, Renewal},
};
use crate::{
    definition::{Call, Compensation, Definition, Kind, Rerun, Step},
    order::Side,
    policy::Limit,
    text::Text,
};

/// A step because of which a rerun would be refused, or do harm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// The index of the step.
    pub step: u16,
    /// What is wrong with it.
    pub why: Why,
}

/// What is wrong with a step that a rerun may meet. Reads are identifiers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It remains, and does not say what a rerun does about it: the rerun is refused.
    Unsaid,
    /// It is called again under its old key with another content: it reads this, which the rerun
    /// makes anew.
    Content {
        /// What is made anew.
        read: Text,
    },
    /// It remains under the key that this value is, and the rerun makes the value anew: a service
    /// would take the next request for another operation.
    Key {
        /// What serves as the key.
        by: Text,
    },
    /// It is called in a new round, under the key that this value is, and the value is the same in
    /// each round: a service would take the request for one of an earlier round.
    SameKey {
        /// What serves as the key.
        by: Text,
    },
    /// It remains, or is kept (`compensate none once`), but whether it happens is decided by this,
    /// which the rerun makes anew: if the rerun decides otherwise, the effect is there, and no step
    /// has it.
    Decided {
        /// What is made anew.
        read: Text,
    },
    /// `resolve` asks whether it happened, not by its old key, but by this, which the rerun makes
    /// anew: it does not find what an earlier round did.
    Question {
        /// What is made anew.
        read: Text,
    },
    /// It reads an effect that may be of an earlier round, or what is made of it, together with
    /// something that is not of the same round.
    Mixed {
        /// The step that is kept, or whose effect `resolve` returns.
        kept: u16,
        /// The read that is that effect, or is made of it.
        read: Text,
        /// The read that is of another round.
        with: Text,
    },
    /// It remains under its old key, as the items of a loop do, and the rerun makes other items: the
    /// list reads this, which is made anew.
    List {
        /// What is made anew.
        read: Text,
    },
    /// It remains in a child saga, and is kept or asked for in one run of the child: another run of
    /// it knows nothing of this one, and is refused.
    Forgotten,
    /// It remains under its old key in a child saga of a loop that may have other items.
    Item,
}

impl Definition {
    /// What stands in the way of the reruns of this saga from its own savepoints.
    #[must_use]
    pub fn obstacles(&self) -> Vec<Obstacle> {
        let found = self.savepoints().flat_map(|savepoint| {
            let renewal = self.renewal(Begin::Savepoint(savepoint), &|_| false);
            let mut found = renewal.obstacles();
            found.retain(|obstacle| self.savepoint_of(obstacle.step) == Some(savepoint));
            found
        });
        let mut found: Vec<_> = found.collect();
        found.sort_by_key(|obstacle| obstacle.step);
        found
    }

    /// [`obstacles_to`](Self::obstacles_to), without the steps that are in the way of [`Ask::Again`]
    /// anyway: a parent that asks for other inputs or other items asks for that, too.
    #[must_use]
    pub fn obstacles_beyond(&self, ask: &Ask) -> Vec<Obstacle> {
        let found = self.obstacles_to(ask);
        match ask {
            Ask::Items => self.beyond_again(found),
            // Those of an input are without them already.
            Ask::Again | Ask::Input(_) => found,
        }
    }

    fn beyond_again(&self, mut found: Vec<Obstacle>) -> Vec<Obstacle> {
        let anyway = self.obstacles_to(&Ask::Again);
        found.retain(|obstacle| anyway.iter().all(|known| known.step != obstacle.step));
        found
    }

    /// What in this saga, a child, stands in the way of what its parent asks of it.
    #[must_use]
    pub fn obstacles_to(&self, ask: &Ask) -> Vec<Obstacle> {
        match ask {
            Ask::Again => self.renewal(Begin::Undone, &|_| false).obstacles(),
            Ask::Items => {
                let steps = (0..).zip(self.steps.iter());
                let under_old_keys = steps.filter(|(_, step)| step.is_under_old_key());
                let obstacle = |(step, _)| Obstacle {
                    step,
                    why: Why::Item,
                };
                under_old_keys.map(obstacle).collect()
            }
            Ask::Input(input) => {
                let changed = |other: &str| Ask::changes(input, other);
                self.beyond_again(self.renewal(Begin::Undone, &changed).obstacles())
            }
        }
    }
}

impl Step {
    /// Whether the step remains under its old key: a rerun calls it again, asks for it, or keeps it.
    const fn is_under_old_key(&self) -> bool {
        matches!(
            self.compensation,
            Compensation::None(Rerun::Undeclared | Rerun::Once)
        )
    }

    /// Whether the step may fail, so that the saga rolls back.
    const fn may_fail(&self) -> bool {
        match self.kind {
            Kind::Read | Kind::Step | Kind::Pivot => true,
            Kind::Signal | Kind::Lock => self.timeout.is_some(),
            Kind::Sleep => false,
        }
    }

    /// The names of what serves as a key in place of `key`, in its action and its compensation.
    fn named_keys(&self) -> impl Iterator<Item = &Text> {
        let undone = self.compensation.declared().map(|(_, call)| call);
        let undone = undone.and_then(|call: &Call| call.keyed_by.as_ref());
        self.keyed_by.iter().chain(undone)
    }
}

impl Renewal<'_> {
    /// What stands in the way of this rerun, at most one for each step.
    #[must_use]
    pub fn obstacles(&self) -> Vec<Obstacle> {
        let end = self.renewed().end;
        let found = (self.from()..self.steps().end).filter_map(|step| {
            let why = match self.begin {
                // No rerun calls it again, but it reads what reruns have made.
                Begin::Savepoint(_) if step >= end => self.mixed(step),
                _ if step >= end => None,
                Begin::Savepoint(_) | Begin::Undone => self.obstacle(step),
            };
            Some(Obstacle { step, why: why? })
        });
        found.collect()
    }

    fn obstacle(&self, step: u16) -> Option<Why> {
        let own = match self.rerun_of(step) {
            Some(Rerun::Undeclared) => self.under_old_key(step),
            Some(Rerun::Once) => self.kept(step),
            Some(Rerun::Again) | None => None,
        };
        own.or_else(|| self.same_key(step))
            .or_else(|| self.mixed(step))
    }

    /// A step that remains and does not say more.
    fn under_old_key(&self, step: u16) -> Option<Why> {
        let declared = self.step(step);
        let acting = declared.acting();
        if let Some(read) = self.anew_in_list(step) {
            let read = text(read);
            return Some(Why::List { read });
        }
        if let Some(key) = self.key_of_another_round(step) {
            return Some(key);
        }
        let is_asked = acting.resolve.is_some() && self.begin != Begin::Undone;
        if !is_asked && !acting.idempotent {
            let says = acting.resolve.is_some()
                || declared.compensation == Compensation::None(Rerun::Once);
            let why = if says { Why::Forgotten } else { Why::Unsaid };
            return self.may_be_applied(step).then_some(why);
        }
        let content = || {
            let read = text(self.anew_in_content(step)?);
            Some(Why::Content { read })
        };
        let asked = self.question(step);
        let own = asked.or_else(|| if is_asked { None } else { content() });
        own.or_else(|| self.decided(step))
    }

    /// A step that is kept once it is applied.
    fn kept(&self, step: u16) -> Option<Why> {
        let decided = self.decided(step);
        decided
            .or_else(|| self.key_of_another_round(step))
            .or_else(|| self.question(step))
    }

    fn decided(&self, step: u16) -> Option<Why> {
        let read = text(self.anew_in_conditions(step)?);
        Some(Why::Decided { read })
    }

    /// A step that is asked for. Another run of a child saga knows nothing of this one, and asks for
    /// nothing.
    fn question(&self, step: u16) -> Option<Why> {
        if self.begin == Begin::Undone {
            return None;
        }
        let read = text(self.anew_in_question(step)?);
        Some(Why::Question { read })
    }

    fn key_of_another_round(&self, step: u16) -> Option<Why> {
        let by = self.step(step).acting().keyed_by.as_ref()?;
        let by = Some(by).filter(|by| !self.is_same(step, by))?.clone();
        Some(Why::Key { by })
    }

    /// A step whose rounds have the same key, where the saga begins again. (Those of one run are
    /// [`Definition::stale`].)
    fn same_key(&self, step: u16) -> Option<Why> {
        let declared = self.step(step);
        let remains = !declared.changes_with_the_round();
        if self.begin != Begin::Undone || declared.kind != Kind::Step || remains {
            return None;
        }
        let mut keys = declared.acting().named_keys();
        let same = keys.find(|by| !self.saga.is_of_the_round(step, by, self.from()));
        same.cloned().map(|by| Why::SameKey { by })
    }

    /// Whether the step may be applied when the rerun begins: something after it may fail, or
    /// another item of it; or the saga is a child, which may have completed.
    pub(super) fn may_be_applied(&self, step: u16) -> bool {
        let mut others = self.renewed().filter(|other| *other != step);
        let unit = self.saga.unit_of(step);
        let fails_later = |other: u16| {
            let is_later = if unit.contains(&other) {
                !self.saga.awaits(step, other)
            } else {
                other > step
            };
            is_later && self.step(other).may_fail()
        };
        !matches!(self.begin, Begin::Savepoint(_))
            || self.step(step).items.is_some()
            || others.any(fails_later)
    }
}

impl Step {
    /// Whether the step has another effect, or another key, in each round: it is undone before the
    /// next round begins, or changes nothing, or says `compensate none again`. Otherwise, its effect
    /// may remain, under its key.
    #[must_use]
    pub fn changes_with_the_round(&self) -> bool {
        self.keyed_as().is_none_or(|says| says == Rerun::Again)
    }

    /// Whether `resolve` is called before the step is attempted again in another round: the effect of
    /// the round before may remain.
    #[must_use]
    pub fn is_resolved_first(&self) -> bool {
        !self.changes_with_the_round() && self.resolve.is_some()
    }
}

impl Definition {
    /// Whether the step is attempted more than once, apart from repetitions that settle doubt: a
    /// child saga then begins again after it has failed. After the pivot, a parked saga that is
    /// resumed attempts it again, whatever its `#[retry]`.
    pub(super) fn is_attempted_again(&self, step: u16) -> bool {
        let retry = self.steps[usize::from(step)].acting().retry.as_ref();
        let is_behind = self.side(step) == Side::AfterPivot;
        is_behind || retry.is_some_and(|retry| retry.limit != Limit::Times(1))
    }
}

fn text(read: &str) -> Text {
    read.to_owned().into()
}
