//! What has to go wrong before a saga parks because of a step: one rule for each cause. A cause that
//! nothing leads to is no way to park.

use typed_saga_definition::{CallKind, Compensation, Kind, Limit, Side, Step};

use super::park::{Cause, Enough, Park, Wrong};
use crate::Analysis;

impl Analysis<'_> {
    /// Everything that is enough to park the saga for this cause, each by itself.
    pub(super) fn enough(&self, step: u16, cause: Cause) -> Vec<Enough> {
        let all = match cause {
            Cause::CannotBeUndone => self.cannot_be_undone(step),
            Cause::StaysUnknown => self.stays_unknown(step),
            Cause::GivenUp => self.given_up(step),
            Cause::NotEvaluated => self.not_evaluated(step),
            Cause::NotRecorded => self.not_recorded(step),
            Cause::Lost => self.lost(step),
            // It belongs to no step.
            Cause::Unsaid => Vec::new(),
        };
        let possible = |enough: &Enough| enough.iter().all(|ways| !ways.is_empty());
        all.into_iter().filter(possible).collect()
    }

    /// How the tries of a call are used up.
    fn used_up(&self, step: u16, call: CallKind) -> Vec<Wrong> {
        let tries = match self.saga.policy(step, call, self.durable).0 {
            Limit::Times(times) => Some(Wrong::Tries(call, times)),
            Limit::Forever => None,
        };
        let counts = match call {
            // An action that is lost so often parks the saga at once, unless it rolls back.
            CallKind::Action | CallKind::When => self.saga.side(step) == Side::BeforePivot,
            CallKind::Resolve | CallKind::Compensate | CallKind::Fallback => true,
        };
        let lost = (self.durable && counts).then_some(Wrong::Losses(call));
        let judged = self.is_judged_itself(step, call);
        let given_up = judged.then_some(Wrong::GivenUp(call));
        tries.into_iter().chain(lost).chain(given_up).collect()
    }

    /// Whether the call has a `#[classify]` of its own, which may give it up.
    fn is_judged_itself(&self, step: u16, call: CallKind) -> bool {
        let declared = self.step(step);
        let undo = declared.compensation.declared().map(|(_, undo)| undo);
        let clause = match call {
            CallKind::Resolve => declared.resolve.as_deref(),
            CallKind::Compensate => undo,
            CallKind::When | CallKind::Action | CallKind::Fallback => None,
        };
        clause.is_some_and(|clause| clause.classified)
    }

    fn cannot_be_undone(&self, step: u16) -> Vec<Enough> {
        let declared = self.step(step);
        let undone = declared.undoing().is_some() && declared.saga().is_none();
        if self.saga.side(step) != Side::BeforePivot || !undone {
            return Vec::new();
        }
        vec![vec![self.used_up(step, CallKind::Compensate)]]
    }

    fn stays_unknown(&self, step: u16) -> Vec<Enough> {
        let declared = self.step(step);
        let doubts = matches!(declared.kind, Kind::Step | Kind::Pivot) && !declared.is_nested();
        if !doubts || declared.compensation.is_passed() {
            return Vec::new();
        }
        let ways = |ways: &[(bool, CallKind)]| -> Enough {
            let ways = ways.iter().filter(|(is_there, _)| *is_there);
            ways.map(|(_, call)| self.used_up(step, *call)).collect()
        };
        let asked = declared.resolve.is_some();
        let by_key = (declared.is_by_key(), CallKind::Compensate);
        let mut all = Vec::new();
        if declared.can_be_settled() {
            let repeated = (declared.idempotent, CallKind::Action);
            all.push(ways(&[repeated, (asked, CallKind::Resolve), by_key]));
        }
        // `resolve` has no answer for a step that happened in part.
        if self.classified && (asked || !declared.can_be_settled()) {
            // The attempt that happened in part is one of its attempts.
            let is_last = self.counts(step).repetitions == Limit::Times(1);
            let repeated = (declared.idempotent && !is_last, CallKind::Action);
            all.push([vec![vec![Wrong::Partial]], ways(&[repeated, by_key])].concat());
        }
        all
    }

    fn given_up(&self, step: u16) -> Vec<Enough> {
        let declared = self.step(step);
        if self.saga.side(step) != Side::AfterPivot {
            return Vec::new();
        }
        let times_out = declared.timeout.is_some();
        let ways = match declared.kind {
            Kind::Sleep => Vec::new(),
            Kind::Signal | Kind::Lock => times_out.then_some(Wrong::TimeOut).into_iter().collect(),
            Kind::Read | Kind::Step | Kind::Pivot => self.fails(step),
        };
        vec![self.and_fallback(step, ways)]
    }

    /// How the attempts of a step after the pivot end without success, and without doubt.
    fn fails(&self, step: u16) -> Vec<Wrong> {
        let declared = self.step(step);
        let tries = match self.saga.attempts_allowed(step, self.durable) {
            Limit::Times(times) => Some(Wrong::Tries(CallKind::Action, times)),
            Limit::Forever => None,
        };
        let some = |is_there: bool, wrong| is_there.then_some(wrong);
        let ways = [
            some(self.may_be_final(declared), Wrong::Final),
            tries,
            some(self.panics_do_nothing(step), Wrong::Panics),
            some(self.may_not_begin_again(declared), Wrong::Remains),
            some(
                self.durable && declared.kind == Kind::Read,
                Wrong::Unrecordable,
            ),
        ];
        ways.into_iter().flatten().collect()
    }

    /// Whether no other attempt may follow an error of the step, because of what it means: to the saga
    /// itself, or, of a child saga, to the child.
    fn may_be_final(&self, declared: &Step) -> bool {
        // The macro knows only the name of a child saga.
        let of_child = |child| self.child(child).is_none_or(|it| it.may_end_for_good());
        self.classified || declared.child.as_ref().is_some_and(of_child)
    }

    /// Whether what remains of a child saga that has rolled back may forbid that it begins again.
    fn may_not_begin_again(&self, declared: &Step) -> bool {
        let child = declared.child.as_ref();
        child.is_some_and(|child| {
            let inside = self.child(child);
            inside.is_none_or(|it| it.steps().any(|step| it.may_forbid_another_run(step)))
        })
    }

    /// Whether what remains of the step may forbid another run of its saga, a child that has rolled
    /// back. The kernel's rule is in its module `rerun`.
    fn may_forbid_another_run(&self, step: u16) -> bool {
        let declared = self.step(step);
        match self.parts(step) {
            _ if declared.kind != Kind::Step => false,
            Some(parts) => {
                let child = declared.child.is_some();
                // One that has completed is left as a whole, and one that cannot undo itself as it is.
                let whole = child && declared.is_left();
                let stuck = child && declared.may_stay() && parts.may_not_undo_itself();
                let steps = || parts.steps().any(|step| parts.may_forbid_another_run(step));
                whole || stuck || !declared.is_again() && steps()
            }
            None if declared.is_nested() => true,
            None => match declared.compensation {
                Compensation::With(_) => false,
                // A panic, which nothing settles.
                Compensation::Absent | Compensation::Declared { .. } => !declared.can_be_settled(),
                Compensation::None { again } => !again,
            },
        }
    }

    /// Whether the saga, a child, may park while it rolls back.
    fn may_not_undo_itself(&self) -> bool {
        let back = |park: Park| matches!(park.cause, Cause::CannotBeUndone | Cause::StaysUnknown);
        self.parks().into_iter().any(back)
    }

    /// The child saga of the step, or what each item of it is.
    fn parts(&self, step: u16) -> Option<Analysis<'_>> {
        let child = || self.child(self.step(step).child.as_ref()?);
        self.item(step).or_else(child)
    }

    /// Whether an error of a step may say that the saga, a child, is not to be run again.
    fn may_end_for_good(&self) -> bool {
        let mut steps = self.saga.steps.iter();
        steps.any(|step| match &step.items {
            Some(_) => self.classified,
            None => step.kind.acts() && self.may_be_final(step),
        })
    }

    /// A fallback takes the place of a step that has failed, unless it fails, too.
    fn and_fallback(&self, step: u16, ways: Vec<Wrong>) -> Enough {
        let mut all = vec![ways];
        if self.step(step).fallback.is_some() {
            all.push(self.used_up(step, CallKind::Fallback));
        }
        all
    }

    fn not_evaluated(&self, step: u16) -> Vec<Enough> {
        let declared = self.step(step);
        if self.saga.side(step) != Side::AfterPivot {
            return Vec::new();
        }
        let mut all = Vec::new();
        if declared.when.is_some() || declared.items.is_some() || !declared.kind.acts() {
            let mut ways = vec![Wrong::Panics];
            if let Some(items) = &declared.items {
                ways.push(Wrong::TooManyItems);
                let keyed_by = declared.acting().keyed_by.as_ref();
                let is_own_key = keyed_by == Some(&items.item);
                ways.extend(is_own_key.then_some(Wrong::EqualItems));
                ways.extend(self.durable.then_some(Wrong::UnrecordableItems));
            }
            if declared.kind == Kind::Lock {
                ways.push(Wrong::TooManyKeys);
            }
            all.push(self.and_fallback(step, ways));
        }
        // A fallback cannot decide whether the block is taken.
        if self.is_first_of_block(step) {
            all.push(vec![vec![Wrong::Panics]]);
        }
        all
    }

    fn not_recorded(&self, step: u16) -> Vec<Enough> {
        let declared = self.step(step);
        let acts = declared.kind != Kind::Read && declared.kind.acts();
        if self.saga.side(step) == Side::BeforePivot || !acts || declared.items.is_some() {
            return Vec::new();
        }
        let panics = declared.child.is_some().then_some(Wrong::OutputPanicked);
        let recorded = self.durable.then_some(Wrong::Unrecordable);
        vec![vec![panics.into_iter().chain(recorded).collect()]]
    }

    fn lost(&self, step: u16) -> Vec<Enough> {
        let declared = self.step(step);
        // If nothing can settle the doubt of a step, its first loss is its last.
        let asked = declared.kind == Kind::Read || declared.can_be_settled();
        if !(self.durable && declared.kind.acts() && asked && declared.saga().is_none()) {
            return Vec::new();
        }
        vec![vec![vec![Wrong::Losses(CallKind::Action)]]]
    }

    /// What is enough to park the saga when it makes its events: those of one that has failed, or of
    /// one that has completed.
    pub(super) fn unsaid(&self, failed: bool) -> Vec<Enough> {
        if self.saga.emits.is_none() || !self.has_events(failed) {
            return Vec::new();
        }
        let recorded = self.durable.then_some(Wrong::UnrecordableEvent);
        let ways = [Some(Wrong::EmitPanicked), recorded].into_iter().flatten();
        vec![vec![ways.collect()]]
    }

    /// The events of a child saga are made with those of the run; those of its failure do not count.
    fn has_events(&self, failed: bool) -> bool {
        let own = self.saga.events.iter().any(|event| event.failed == failed);
        let inside = |step| {
            self.parts(step)
                .is_some_and(|parts| parts.has_events(failed))
        };
        own || !failed && self.steps().any(inside)
    }
}
