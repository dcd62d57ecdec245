//! The rule of reruns: what may have happened does not happen again without a word.
//!
//! A saga goes forward again from a savepoint, a loop begins anew, and a child saga is run again,
//! only over effects that were undone, or whose declaration says what calling the step again means
//! ([`Rerun`], `#[idempotent]`, `resolve`). The declaration is part of the definition, so the rule
//! holds at any depth, and for child sagas of other crates.
//!
//! Whether a rerun may repeat an effect that remains is decided twice: here, by what has happened;
//! and in the macro (`reruns`), which refuses a declaration whose reruns this rule would refuse.
//! Both ask `typed-saga-definition` (`again`) which values a rerun retains.

use super::{
    api::Kernel,
    event::Event,
    follows::Follows,
    forbids::{Again, Forbids},
    phase::Direction,
    state::{Flag, LastFailure, StepPhase, StepState},
    transition::Transition,
    view::View,
};
use crate::{
    definition::{Begin, Compensation, Definition, Kind, Rerun, Step},
    values::call::CallKind,
};

/// What a rerun does with a step whose effect may remain.
fn rerun(step: &Step) -> Option<Rerun> {
    match step.compensation {
        Compensation::None(rerun) => Some(rerun),
        Compensation::Absent | Compensation::Declared { .. } | Compensation::With(_) => None,
    }
}

/// The ways to begin again that a step forbids which calls a service itself.
fn call_forbids(declared: &Step, state: &StepState, rerun: Option<Rerun>) -> Forbids {
    let perhaps = state.has(Flag::Doubt) || state.has(Flag::PerhapsLeft);
    let certain = state.is_applied() || state.has(Flag::LeftByTurn) || state.resists();
    // `resolve` has no answer for a step that happened in part.
    let asked = declared.resolve.is_some() && !state.has(Flag::Partial);
    let all = Forbids::ALL;
    // That its content stays the same is checked where the step is called again in any case.
    let checked = rerun == Some(Rerun::Undeclared) && declared.resolve.is_none();
    let same = Forbids::way(Again::Changed).when(!checked);
    let called_again = all.without(Forbids::way(Again::Other).and(same));
    let called_again = called_again.when(declared.idempotent);
    let called_again = called_again.and(Forbids::HERE.when(asked));
    let left = all.without(called_again).when(certain || perhaps);
    let remains = match rerun {
        Some(Rerun::Undeclared | Rerun::Once) => return left,
        // Each round is settled before the next begins.
        Some(Rerun::Again) => perhaps,
        // What is undone with another step is undone with it for certain.
        None if declared.compensation.with().is_some() => false,
        None => state.has(Flag::PerhapsLeft) || state.resists(),
    };
    all.when(remains)
}

impl View<'_> {
    /// Whether a step from this one on forbids that the run begins again here: the effect of the
    /// step remains by declaration, and is applied, or may be, and the declaration does not say
    /// that the step may be called again. Or the step panicked, and nothing can settle whether it
    /// happened.
    pub(super) fn forbids_turn(self, from: u16) -> bool {
        let mut steps = from..self.steps().end;
        steps.any(|step| self.forbids_rerun(step, from))
    }

    /// Whether this step does.
    fn forbids_rerun(self, step: u16, from: u16) -> bool {
        let forbids = self.forbids(step);
        // A loop that is kept is kept whatever its list would be now.
        let kept = self.outlasts_turn(step) && self.step(step).said.is_none();
        if forbids == Forbids::NONE || kept {
            return false;
        }
        let begin = Begin::Savepoint(from);
        let renewal = self.definition().renewal(begin, &|_| false);
        forbids.has(if !renewal.keeps_list(step) {
            Again::Other
        } else if !renewal.has_same_content(step) {
            Again::Changed
        } else {
            Again::Here
        })
    }

    /// Whether the saga, which compensates, will not go forward again from this savepoint, because
    /// of an effect that remains whatever is settled and undone until then.
    pub(super) fn never_turns(self, from: u16) -> bool {
        (from..self.steps().end).any(|step| {
            let settles = self.state(step).has(Flag::Doubt) && self.settles_before_turn(step);
            let runs = self.state(step).running().is_some();
            let nested = self.step(step).is_nested();
            // What cannot be undone may be undone before the saga is resumed.
            let resists = self.state(step).resists();
            let is_open = settles || runs || nested || resists;
            !is_open && self.forbids_rerun(step, from)
        })
    }

    /// The ways in which the step forbids that its run begins again.
    fn forbids(self, step: u16) -> Forbids {
        let (declared, state) = (self.step(step), self.state(step));
        if declared.kind != Kind::Step {
            return Forbids::NONE;
        }
        if declared.said.is_some() && self.may_remain(step) {
            return Forbids::ALL;
        }
        let rerun = rerun(declared);
        let all = if declared.items.is_some() {
            // Each item says for itself what it means to begin it again.
            state.forbids()
        } else if declared.child.is_some() {
            match rerun {
                // Nothing makes one operation of its calls.
                Some(Rerun::Undeclared | Rerun::Once) if self.may_remain(step) => Forbids::ALL,
                // One that has failed has undone itself, and begins again under new keys.
                Some(_) | None => state.forbids(),
            }
        } else {
            call_forbids(declared, state, rerun)
        };
        all.without(Forbids::HERE.when(self.outlasts_turn(step)))
    }

    /// Whether an effect of the step is applied, or may be, in this round or an earlier one.
    pub(super) fn may_remain(self, step: u16) -> bool {
        let state = self.state(step);
        state.may_be_left() || state.resists()
    }

    /// Whether a rerun keeps the step as it is: `compensate none once`, and its `Ok` is recorded.
    pub(super) fn outlasts_turn(self, step: u16) -> bool {
        let once = rerun(self.step(step)) == Some(Rerun::Once);
        once && self.state(step).at == StepPhase::Applied
    }

    /// Whether a rerun keeps a step of this arm of a `when` with several arms. The arm then stays the
    /// one that is taken: no condition of the `when` is evaluated again.
    pub(super) fn keeps_arm(self, block: u16) -> bool {
        let several = self.saga.definition.arms(block).len() > 1;
        several && self.block(block).any(|step| self.outlasts_turn(step))
    }

    /// Whether a turn to the savepoint `from` leaves the step as it is: it keeps its effect; or the
    /// step is in an arm of a `when` that stays skipped, because another arm stays taken.
    pub(super) fn stays_over_turn(self, step: u16, from: u16) -> bool {
        if self.outlasts_turn(step) {
            return true;
        }
        let omitted = self.state(step).at == StepPhase::Omitted;
        let block = self.step(step).condition.filter(|_| omitted);
        block.is_some_and(|block| {
            let definition = &self.saga.definition;
            let mut arms = definition.arms(block);
            // The savepoint is in the arm that is taken.
            let inside = arms.len() > 1 && definition.steps_of_arms(block).contains(&from);
            inside || arms.any(|arm| arm != block && self.keeps_arm(arm))
        })
    }

    /// Whether the doubt of the step has to be settled before the saga goes forward again, which it
    /// may do: the step is declared `compensate none again`.
    pub(super) fn settles_before_turn(self, step: u16) -> bool {
        rerun(self.step(step)) == Some(Rerun::Again)
            && (0..=step).any(|savepoint| self.may_turn_once_resumed(savepoint))
    }

    /// Whether `resolve` is called before the step, which is about to start: it has `resolve`, and
    /// remains applied, or may, since before the saga went forward again.
    #[inline]
    pub(super) fn asks_first(self, step: u16) -> bool {
        let state = self.state(step);
        state.has(Flag::Asks)
            && state.at == StepPhase::Pending
            && self.saga.direction == Direction::Forward
    }

    /// Whether the step, which is about to begin again, must not: that would repeat what remains. A
    /// child saga is then not attempted again. (Any other step was decided on before the rerun: only a
    /// version under which the saga continues may forbid it now.)
    pub(super) fn refuses_attempt(self, step: u16) -> bool {
        let (declared, state) = (self.step(step), self.state(step));
        let waits = matches!(
            state.at,
            StepPhase::Ready | StepPhase::Waiting(CallKind::Action)
        );
        if declared.child.is_some() {
            let begins = waits || state.at == StepPhase::Pending;
            begins && state.has(Flag::NewRound) && state.forbids().has(Again::New)
        } else {
            // What another version decided stays decided.
            declared.said.is_none()
                && state.at == StepPhase::Pending
                && state.may_be_left()
                && self.forbids(step).has(Again::Here)
        }
    }
}

impl StepState {
    /// Whether the step is to be asked for, although it was certainly applied before the turn: it is
    /// listed as left, and not as in doubt.
    pub(super) const fn is_asked_though_certain(&self) -> bool {
        self.has(Flag::Asks) && self.has(Flag::LeftByTurn)
    }

    /// The saga goes past the step, whose doubt nothing settles meanwhile.
    pub(super) const fn leave_in_doubt(&mut self) {
        let part = self.has(Flag::Partial);
        self.clear_doubt();
        self.set(Flag::PerhapsLeft);
        if part {
            self.set(Flag::Partial);
            self.set(Flag::LeftByTurn);
        }
    }

    /// The saga may reach the step again.
    pub(super) const fn doubt_again(&mut self) {
        if self.has(Flag::PerhapsLeft) {
            self.clear(Flag::PerhapsLeft);
            self.set(Flag::Doubt);
        }
    }

    /// Before a turn: the step, which remains or may, is asked for when the saga reaches it again.
    /// What is certain to be applied can no longer arrive late.
    pub(super) const fn ask_first(&mut self) {
        if !self.has(Flag::Doubt) {
            self.set(Flag::LatePassed);
        }
        self.set(Flag::Doubt);
        self.set(Flag::Asks);
    }
}

impl Transition<'_> {
    /// The attempts of the step are used up; what remains of its earlier rounds is listed.
    pub(super) fn rerun_refused(&mut self, step: u16) {
        if self.state(step).cause == LastFailure::None {
            self.state(step).fails(LastFailure::Error, Follows::Once);
        }
        self.not_applied_for_good(step);
    }
}

impl Kernel {
    /// What remains of this run, which is a part of another, forbids.
    pub(super) fn forbids(&self) -> Forbids {
        let view = self.view();
        let forbids = view.steps().map(|step| view.forbids(step));
        forbids.fold(Forbids::NONE, Forbids::and)
    }

    /// Whether the saga may go forward again from a savepoint at or before the step.
    pub(crate) fn lies_in_rerun(&self, step: u16) -> bool {
        let savepoint = self.definition().first_savepoint();
        savepoint.is_some_and(|savepoint| savepoint <= step)
    }

    /// Records what remains of the child saga or the loop at `step`, whose call ends.
    pub(super) fn set_forbids(&mut self, step: u16, forbids: Forbids) {
        self.states[usize::from(step)].set_forbids(forbids);
        self.due = self.view().due();
    }

    /// The answer to [`Command::Refuse`](super::Command::Refuse).
    #[must_use]
    pub fn refusal(&self, step: u16) -> Event {
        match self.direction() {
            Direction::Compensating => Event::TurnDeclined { step },
            Direction::Forward => Event::RerunRefused { step },
        }
    }

    /// Whether `resolve` is called before the step is attempted: the step may remain applied since
    /// before the saga went forward again.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn asks_first(&self, step: u16) -> bool {
        self.view().asks_first(step)
    }

    /// Whether a rerun keeps the step and its effect.
    pub(crate) fn outlasts_turn(&self, step: u16) -> bool {
        self.view().outlasts_turn(step)
    }

    /// Whether a turn to the savepoint `from` leaves the step as it is: kept, or skipped.
    pub(crate) fn stays_over_turn(&self, step: u16, from: u16) -> bool {
        self.view().stays_over_turn(step, from)
    }
}

/// Whether a turn to the savepoint `from` keeps the list of the loop at `step`, so that the items
/// are those of before. It does not depend on the inputs, which a turn does not change.
pub(crate) fn keeps_list(definition: &Definition, step: u16, from: u16) -> bool {
    let renewal = definition.renewal(Begin::Savepoint(from), &|_| false);
    renewal.keeps_list(step)
}
