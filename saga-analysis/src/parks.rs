//! Every way in which a saga can park.

use saga_definition::{
    CRASH_LOOP, CallKind, Items, Kind, Limit, PANICS, Place, Step, Text, reached,
};

use crate::Analysis;

/// One way to park: a step, and what happens to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Park {
    /// The step, by index, after the child sagas that contain it; empty if it belongs to no step.
    pub path: Vec<u16>,
    /// The same path in words, as `hotel/room`.
    pub step: Text,
    /// The reason.
    pub cause: Cause,
    /// The other steps that remain applied because the step depends on them. Empty if the saga
    /// undoes nothing.
    pub kept: Vec<Text>,
    /// Whether the saga parks while it runs forward: at once, and all other steps remain as they
    /// are.
    pub undoes_nothing: bool,
    /// What has to go wrong, in words: any of these, but for doubt all of them.
    pub after: Vec<String>,
    /// What an operator may record about the step then. Resuming the saga is always possible.
    pub settled: Vec<Settled>,
}

/// What an operator records about a step that its saga could not settle or undo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Settled {
    /// It happened.
    Applied,
    /// It did not happen.
    NotApplied,
    /// It was undone.
    Undone,
}

/// Why a saga parks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Its compensation was tried as often as allowed, or was lost ten times in a row.
    CannotBeUndone,
    /// There is no way left to settle its doubt.
    StaysUnknown,
    /// It has failed after the pivot.
    GivenUp,
    /// The code that is evaluated before it panicked three times after the pivot, or its loop has
    /// too many items there.
    NotEvaluated,
    /// Its result cannot be recorded, at the pivot or after it.
    NotRecorded,
    /// Its call was lost with its process ten times in a row.
    Lost,
    /// The code of an `emit` panicked. It belongs to no step: the path is empty.
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
    /// Every way to park, in order of declaration. Several may occur in one run.
    #[must_use]
    pub fn parks(&self) -> Vec<Park> {
        let mut parks = Vec::new();
        for step in self.steps() {
            let below = self.kept(step);
            // A call is lost while the saga runs forward, when all steps before it remain applied.
            let kept = |cause| match cause {
                Cause::Lost => Vec::new(),
                _ => below.clone(),
            };
            for cause in Cause::ALL {
                // An item parks as a step does; the loop adds the code that is evaluated before the
                // items.
                let item = self.item(step).filter(|_| cause != Cause::NotEvaluated);
                let (of, at) = match &item {
                    Some(item) => (item, Items::STEP),
                    None => (self, step),
                };
                if of.can_park(at, cause) {
                    parks.push(Park {
                        path: vec![step],
                        // The list of items is evaluated for the loop, not for one item.
                        step: self.path(step, cause != Cause::NotEvaluated),
                        cause,
                        kept: kept(cause),
                        undoes_nothing: self.undoes_nothing(step, cause),
                        after: of.after(at, cause),
                        settled: of.may_be_settled(at, cause),
                    });
                }
            }
            let inside = self.step(step).saga().and_then(|child| self.child(child));
            let own = self.path(step, true);
            for park in inside.iter().flat_map(Analysis::parks) {
                let whole = park.path.is_empty();
                parks.push(Park {
                    path: [&[step], &park.path[..]].concat(),
                    step: if whole {
                        own.clone()
                    } else {
                        format!("{own}/{}", park.step).into()
                    },
                    kept: kept(park.cause),
                    ..park
                });
            }
        }
        if self.saga.emits.is_some() && !self.saga.events.is_empty() {
            parks.push(Park {
                path: Vec::new(),
                step: "".into(),
                cause: Cause::Unsaid,
                kept: Vec::new(),
                undoes_nothing: false,
                after: Vec::new(),
                settled: Vec::new(),
            });
        }
        parks
    }

    /// The steps on which this step depends, and which are therefore not compensated when it cannot
    /// be.
    fn kept(&self, step: u16) -> Vec<Text> {
        if self.saga.place(step) != Place::BeforePivot {
            return Vec::new();
        }
        let kept = reached(step, |step| self.step(step).stands_on.iter().copied());
        let undone = |below: &u16| self.step(*below).undoing().is_some();
        let kept = kept.into_iter().filter(undone);
        kept.map(|below| self.step(below).name.clone()).collect()
    }

    /// Whether the saga runs forward when it parks because of this step. A child saga, or a loop, may
    /// have rolled back by then.
    fn undoes_nothing(&self, step: u16, cause: Cause) -> bool {
        let forward = self.saga.place(step) != Place::BeforePivot && !self.step(step).is_nested();
        cause == Cause::Lost || forward
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
            // If nothing can settle the doubt of a step, its first loss is its last.
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
        // `resolve` cannot settle a step that happened in part.
        let ends_partly = ends(declared.idempotent, CallKind::Action)
            && ends(declared.is_by_key(), CallKind::Compensate);
        let partly = self.classified && ends_partly;
        let ends_all = ends_partly && ends(declared.resolve.is_some(), CallKind::Resolve);
        partly || declared.can_be_settled() && ends_all
    }

    /// Whether a step after the pivot may fail for good, even if it has a fallback.
    fn is_given_up(&self, step: u16) -> bool {
        let declared = self.step(step);
        match declared.kind {
            Kind::Sleep => return false,
            Kind::Signal | Kind::Lock => return declared.timeout.is_some(),
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
            || self.classified
            || declared.abort
            || conditional(declared)
            || panics
    }

    /// Whether code is evaluated before the step is attempted.
    fn is_evaluated(&self, step: u16) -> bool {
        let declared = self.step(step);
        let is_first = |block: u16| self.saga.conditions[usize::from(block)].first == step;
        declared.when.is_some()
            || declared.items.is_some()
            || !declared.kind.acts()
            || declared.condition.is_some_and(is_first)
    }

    /// What has to go wrong, in words. Any one of these is enough; only doubt requires all of them.
    fn after(&self, step: u16, cause: Cause) -> Vec<String> {
        let declared = self.step(step);
        let failures = |limit, what: &str| match limit {
            Limit::Times(1) => Some(format!("1 {what}")),
            Limit::Times(times) => Some(format!("{times} {what}s")),
            Limit::Forever => None,
        };
        let tries = |call, what: &str| failures(self.saga.policy(step, call, self.durable).0, what);
        let lost = || {
            let times = format!("{CRASH_LOOP} losses in a row");
            self.durable.then_some(times)
        };
        let way = |is_there: bool, call, what: &str| {
            let fails = || tries(call, what).or_else(lost);
            is_there.then(fails).flatten()
        };
        let panics = || Some(format!("{PANICS} panics"));
        let one = |what: &str| Some(what.to_owned());
        let undo = "failed compensation";
        let all = match cause {
            Cause::CannotBeUndone => vec![tries(CallKind::Compensate, undo), lost()],
            Cause::StaysUnknown if !declared.can_be_settled() => {
                vec![one("an error that means `Partial`")]
            }
            Cause::StaysUnknown => vec![
                way(declared.idempotent, CallKind::Action, "attempt"),
                way(
                    declared.resolve.is_some(),
                    CallKind::Resolve,
                    "failed `resolve`",
                ),
                way(declared.is_by_key(), CallKind::Compensate, undo),
            ],
            Cause::GivenUp if !declared.kind.acts() => vec![one("the end of its wait")],
            Cause::GivenUp => {
                let refused = self.classified.then(|| "a refusal".to_owned());
                let attempts = self.saga.attempts_allowed(step, self.durable);
                vec![refused, failures(attempts, "failed attempt"), panics()]
            }
            Cause::NotEvaluated if declared.items.is_some() => {
                vec![panics(), one("too many items")]
            }
            Cause::NotEvaluated => vec![panics()],
            Cause::NotRecorded | Cause::Lost | Cause::Unsaid => Vec::new(),
        };
        all.into_iter().flatten().collect()
    }

    /// What an operator may record about the step then.
    fn may_be_settled(&self, step: u16, cause: Cause) -> Vec<Settled> {
        use Settled::{Applied, NotApplied, Undone};
        let declared = self.step(step);
        let after = self.saga.place(step) == Place::AfterPivot;
        match cause {
            // Only the steps of a child saga are settled.
            _ if declared.is_nested() => Vec::new(),
            Cause::CannotBeUndone => vec![Undone],
            Cause::StaysUnknown if declared.can_be_settled() => vec![Applied, NotApplied, Undone],
            Cause::StaysUnknown | Cause::NotRecorded => vec![Applied, Undone],
            Cause::Lost if declared.kind != Kind::Read => vec![Applied, NotApplied, Undone],
            Cause::Lost if after => vec![Applied],
            Cause::GivenUp => vec![Applied],
            Cause::Lost | Cause::NotEvaluated | Cause::Unsaid => Vec::new(),
        }
    }
}
