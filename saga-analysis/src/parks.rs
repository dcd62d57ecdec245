//! Every way in which a saga can park.

use saga_definition::{CallKind, Kind, Limit, Place, Step};

use crate::{Analysis, reached};

/// One way to park: a step, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Park {
    /// The steps that are sagas on the way to it, and the step itself, by index.
    pub path: Vec<u16>,
    /// Why.
    pub cause: Cause,
    /// What is kept with it, by index: what it stands on. Empty if all before it remains.
    pub kept: Vec<u16>,
}

/// Why a saga parks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Its compensation was tried as often as it may be, or was lost ten times in a row.
    CannotBeUndone,
    /// No way to settle its doubt is left.
    StaysUnknown,
    /// It has failed after the pivot.
    GivenUp,
    /// What is evaluated before it panicked three times after the pivot, or its loop has too many
    /// items there.
    NotEvaluated,
    /// Its result cannot be recorded, at the pivot or after it.
    NotRecorded,
    /// Its call was lost with its process ten times in a row.
    Lost,
    /// What the saga emits panicked. It is of no step: the path is empty.
    Unsaid,
}

impl Cause {
    /// All causes.
    pub const ALL: [Self; 7] = [
        Self::CannotBeUndone,
        Self::StaysUnknown,
        Self::GivenUp,
        Self::NotEvaluated,
        Self::NotRecorded,
        Self::Lost,
        Self::Unsaid,
    ];
}

fn is_finite(limit: Limit) -> bool {
    matches!(limit, Limit::Times(_))
}

impl Analysis<'_> {
    /// Every way to park, in order of declaration. Several may hold at once.
    #[must_use]
    pub fn parks(&self) -> Vec<Park> {
        let mut parks = Vec::new();
        for step in self.steps() {
            for cause in Cause::ALL {
                if self.can_park(step, cause) {
                    parks.push(Park {
                        path: vec![step],
                        cause,
                        kept: self.kept(step, cause),
                    });
                }
            }
            self.parks_inside(step, &mut parks);
        }
        if self.saga.emits.is_some() && !self.saga.events.is_empty() {
            parks.push(Park {
                path: Vec::new(),
                cause: Cause::Unsaid,
                kept: Vec::new(),
            });
        }
        parks
    }

    /// Those of the saga that the step is, or of one item of the loop.
    fn parks_inside(&self, step: u16, parks: &mut Vec<Park>) {
        let inside = self.step(step).saga().and_then(|child| self.child(child));
        for park in inside.iter().flat_map(Analysis::parks) {
            parks.push(Park {
                path: [&[step], &park.path[..]].concat(),
                kept: self.kept(step, park.cause),
                cause: park.cause,
            });
        }
    }

    /// What stands on nothing else is kept with the step, while the saga goes back.
    fn kept(&self, step: u16, cause: Cause) -> Vec<u16> {
        if cause == Cause::Lost || self.saga.place(step) != Place::BeforePivot {
            return Vec::new();
        }
        let kept = reached(step, |step| self.step(step).stands_on.iter().copied());
        let undone = |below: &u16| self.step(*below).undoing().is_some();
        kept.into_iter().filter(undone).collect()
    }

    fn can_park(&self, step: u16, cause: Cause) -> bool {
        let declared = self.step(step);
        let place = self.saga.place(step);
        let after = place == Place::AfterPivot;
        let acts = declared.kind.acts();
        match cause {
            Cause::CannotBeUndone => {
                let finite = || is_finite(self.counts(step).undos) || self.durable;
                let undone = declared.undoing().is_some() && declared.saga().is_none();
                place == Place::BeforePivot && undone && finite()
            }
            Cause::StaysUnknown => self.stays_unknown(step),
            Cause::GivenUp => after && self.is_given_up(step),
            Cause::NotEvaluated => after && self.is_evaluated(step),
            Cause::NotRecorded => {
                let lasts = declared.kind != Kind::Read && acts;
                let fails = self.durable && !declared.is_nested() || declared.child.is_some();
                place != Place::BeforePivot && lasts && fails
            }
            // If nothing can settle the doubt of a step, its first loss is the last.
            Cause::Lost => {
                let asked = declared.kind == Kind::Read || declared.can_be_settled();
                self.durable && acts && asked && declared.saga().is_none()
            }
            Cause::Unsaid => false,
        }
    }

    fn stays_unknown(&self, step: u16) -> bool {
        let declared = self.step(step);
        let doubts = matches!(declared.kind, Kind::Step | Kind::Pivot) && !declared.is_nested();
        if !doubts || declared.compensation.is_passed() {
            return false;
        }
        let tries = |call| self.saga.policy(step, call, self.durable).0;
        let ends = |is_there: bool, call| !is_there || is_finite(tries(call)) || self.durable;
        // What happened in part is not resolved.
        let ends_partly = ends(declared.idempotent, CallKind::Action)
            && ends(declared.is_by_key(), CallKind::Compensate);
        let partly = self.saga.classified && ends_partly;
        let ends_all = ends_partly && ends(declared.resolve.is_some(), CallKind::Resolve);
        partly || declared.can_be_settled() && ends_all
    }

    /// Whether a step after the pivot may be given up, in spite of its fallback.
    fn is_given_up(&self, step: u16) -> bool {
        let declared = self.step(step);
        match declared.kind {
            Kind::Sleep => return false,
            Kind::Signal => return declared.timeout.is_some(),
            Kind::Read | Kind::Step | Kind::Pivot => {}
        }
        let conditional = |step: &Step| {
            let retry = step.retry.as_ref();
            retry.is_some_and(|retry| retry.conditional)
        };
        let panics = declared.kind == Kind::Read
            || declared.resolve.is_some()
            || !declared.can_be_settled()
            || declared.is_nested();
        is_finite(self.saga.attempts_allowed(step, self.durable))
            || self.saga.classified
            || declared.abort
            || conditional(declared)
            || panics
    }

    /// Whether something is evaluated before the step is attempted.
    fn is_evaluated(&self, step: u16) -> bool {
        let declared = self.step(step);
        let is_first = |block: u16| self.saga.conditions[usize::from(block)].first == step;
        declared.when.is_some()
            || declared.items.is_some()
            || !declared.kind.acts()
            || declared.condition.is_some_and(is_first)
    }
}
