//! Child sagas and loops.

use typed_saga_definition::{CallKind, Child, Definition, Limit, Side};

use crate::{
    Analysis,
    bound::{Bound, Of, Why, of},
    course::Course,
    lanes::{Lane, Lanes},
    times::Times,
};

/// The times of one round of a child saga.
struct Round {
    /// Until it has completed, or has failed for good.
    decided: Bound,
    /// Until it has failed and has undone itself.
    failed: Bound,
    /// Until it has ended in any way.
    ended: Bound,
    /// Until it has rolled back, if its parent does so while it runs.
    back: Bound,
    /// The same after it has completed.
    undone: Bound,
}

impl Round {
    /// The times if an expression says when its deadline passes: at any moment until it is decided.
    fn cut_at_any_time(self) -> Self {
        let cut = self.decided + self.back;
        Self {
            failed: self.failed.max(cut),
            ended: self.ended.max(cut),
            ..self
        }
    }
}

impl Analysis<'_> {
    /// The analysis of the child saga, as a part of this saga.
    pub(crate) fn child<'c>(&self, child: &'c Child) -> Option<Analysis<'c>> {
        let saga: &Definition = &child.definition;
        // The macro knows only the name of a child saga.
        let is_known = !saga.steps.is_empty();
        is_known.then(|| Analysis::with_journal(saga, self.durable))
    }

    /// The analysis of the step's child saga, with its deadline: the earlier one of its own
    /// `#[within]` and of the timeout of the step.
    pub(crate) fn child_of(&self, step: u16) -> Option<Analysis<'_>> {
        let declared = self.step(step);
        let inside = self.child(declared.child.as_ref()?)?;
        let timeout = of(step, CallKind::Action).timing(declared.timeout.as_ref());
        let promised = inside.saga.deadline.into_iter();
        Some(Analysis {
            deadline: promised.chain(timeout.within()).min(),
            ..inside
        })
    }

    /// The analysis of one item of a loop, whose step is [`Items::STEP`].
    pub(crate) fn item(&self, step: u16) -> Option<Analysis<'_>> {
        let items = self.step(step).items.as_ref()?;
        Some(Analysis {
            saga: &items.each,
            ..*self
        })
    }

    /// The times of the step, if it is a child saga or a loop.
    pub(crate) fn nested(&self, step: u16) -> Option<Times> {
        let declared = self.step(step);
        let action = of(step, CallKind::Action);
        if declared.items.is_some() {
            return Some(Times::endless(action, Why::Items));
        }
        declared.child.as_ref()?;
        let Some(inside) = self.child_of(step) else {
            return Some(Times::endless(action, Why::UnknownSaga));
        };
        let at = |bound: Bound| match bound {
            Bound::Endless(endless) => action.endless(endless.why),
            within @ Bound::Within(_) => within,
        };
        let round = Round {
            decided: at(inside.decided_within()),
            failed: at(inside.course(Course::Failed)),
            ended: at(inside.ends_within()),
            back: at(inside.back_within()),
            undone: at(inside.undone_within()),
        };
        let timeout = declared.timeout.as_ref();
        let is_computed = timeout.is_some_and(|it| action.timing(Some(it)).within().is_none());
        let round = if is_computed {
            round.cut_at_any_time()
        } else {
            round
        };
        Some(self.rounds(step, &round))
    }

    fn rounds(&self, step: u16, round: &Round) -> Times {
        let declared = self.step(step);
        let action = of(step, CallKind::Action);
        let rounds = self.counts(step).attempts;
        let failed = |left_out: u32| match rounds {
            Limit::Times(rounds) => round.failed.times(rounds.saturating_sub(left_out)),
            Limit::Forever => action.endless(Why::Forever),
        };
        let waits = action.waits(self.backoff(step, CallKind::Action), rounds);
        let waits = waits + self.evaluated(step).time;
        let (before, all) = (waits + failed(1), waits + failed(0));
        let before_pivot = self.saga.side(step) == Side::BeforePivot;
        let undone = if before_pivot && !declared.may_stay() {
            round.undone
        } else {
            Bound::ZERO
        };
        let completes = before + round.decided;
        let fallback = self.fallback(step).time;
        // Its parent rolls back as soon as the last round has failed, before it has undone itself;
        // but a fallback waits for that, and so does a saga that does not roll back.
        let given_up = match &declared.fallback {
            None if before_pivot => completes,
            _ => all + fallback,
        };
        let applied = match &declared.fallback {
            None => completes,
            Some(_) => completes.max(given_up),
        };
        let happened = Lane::new(completes, undone);
        Times {
            settled: round.decided,
            applied,
            given_up,
            undone,
            cut: Lanes {
                happened,
                failed: Lane::new(before + round.ended, Bound::ZERO),
                fell_back: Lane::new(given_up, Bound::ZERO),
            },
            failed: Lanes {
                // Its output panicked, or cannot be recorded.
                happened,
                failed: Lane::new(all + fallback, Bound::ZERO),
                fell_back: Lane::NONE,
            },
            halted: Lanes {
                happened: Lane::new(Bound::ZERO, undone),
                failed: Lane::new(round.back, Bound::ZERO),
                fell_back: Lane::new(fallback, Bound::ZERO),
            },
        }
    }
}

impl Times {
    /// The times if nothing is known of their length.
    fn endless(of: Of, why: Why) -> Self {
        let endless = of.endless(why);
        let lane = Lane::new(endless, endless);
        let lanes = Lanes {
            happened: lane,
            failed: lane,
            fell_back: lane,
        };
        Self {
            settled: endless,
            applied: endless,
            given_up: endless,
            undone: endless,
            cut: lanes,
            failed: lanes,
            halted: lanes,
        }
    }
}
