//! The judgement of an error by its verdict and the declaration of the current step or item.

use super::run_state::RunState;
use crate::{
    basics::discard::quietly,
    calls::watch::Item,
    definition::{Items, Step},
    kernel::{Event, Verdict},
    report::{progress::StepProgress, raised::Raised},
    values::{call::CallKind, cause::Cause},
};
use std::time::Duration;
use tokio::time::Instant;

impl RunState {
    /// Converts an `Err` of an action to its event.
    pub(super) fn judge(&self, progress: &mut StepProgress, error: &Raised) -> Event {
        let step = progress.step;
        let (verdict, abort, again) = self.judged(step, error);
        let late_passed = self.late_passed(progress);
        Event::Rejected {
            step,
            verdict,
            abort,
            again,
            late_passed,
        }
    }

    /// What happened, by the verdict on the error of a step, whether the saga is aborted, and whether
    /// another attempt may help. If the user's function panics, the verdict is `Unknown`.
    pub(super) fn judged(&self, step: u16, error: &Raised) -> (Verdict, bool, bool) {
        let verdict = if self.rules.definition.classified {
            // A loop's items are judged as the loop is.
            let step = self.item().map_or(step, |item| item.step);
            quietly(|| (self.rules.classify)(step, error)).unwrap_or(Verdict::Unknown)
        } else {
            Verdict::Transient
        };
        let (abort, again) = verdict.follows();
        (verdict.happened(), abort, again)
    }

    /// Whether `resolve` or a compensation is given up after it failed so: the function of its own
    /// `#[classify]` says of the error that no other call follows. If that panics, it does not.
    pub(super) fn gives_up(&self, step: u16, call: CallKind, cause: &Cause<Raised>) -> bool {
        let Cause::Failed(error) = cause else {
            return false;
        };
        let step = self.item().map_or(step, |item| item.step);
        quietly(|| (self.rules.gives_up)(step, call, error)).unwrap_or(false)
    }

    /// Whether `#[late]` has passed for the attempt that caused the step's doubt. A resumed saga
    /// does not know since when the step is in doubt, and counts from its first answer.
    fn late_passed(&self, progress: &mut StepProgress) -> bool {
        let step = progress.step;
        if self.declared(step).late.is_none() || self.kernel.has_awaited_late(step) {
            return true;
        }
        if progress.doubt_since().is_none() && self.kernel.is_in_doubt(step) {
            progress.doubt().doubt_since = Some(Instant::now());
        }
        progress
            .doubt_since()
            .is_none_or(|since| since.elapsed() >= self.late(step))
    }

    /// The value of `#[late]`. Forever, if the user's expression panics: asking too early could get
    /// a wrong answer.
    pub(super) fn late(&self, step: u16) -> Duration {
        let declared = self.declared(step);
        let items = declared.items.as_ref();
        let declared = items.map_or(declared, |items| {
            &items.each.steps[usize::from(Items::STEP)]
        });
        declared.late.as_ref().map_or(Duration::ZERO, |late| {
            quietly(|| late.get()).unwrap_or(Duration::MAX)
        })
    }

    /// Notes when the attempt ends that is lost by this event, which is applied next.
    pub(crate) fn note_lost(&mut self, event: Event) {
        if let Some(step) = event.step().filter(|_| self.kernel.loses_attempt(event)) {
            let of = self.item().map_or(step.into(), |item| item.index);
            let lost = &mut self.aside.get_or_insert_default().lost;
            lost.insert(of, Instant::now());
        }
    }

    /// When the last unconfirmed attempt ended for which a compensation waits: of the step, of the
    /// current item, or of any item of a loop.
    pub(super) fn lost_since(&self, step: u16) -> Option<Instant> {
        let aside = self.aside.as_ref()?;
        let items = aside.loops.iter().find(|looping| looping.step == step);
        match (self.item(), items) {
            (Some(item), _) => aside.lost.get(&item.index).copied(),
            (None, Some(items)) => items.state.lost.values().max().copied(),
            (None, None) => aside.lost.get(&step.into()).copied(),
        }
    }

    /// The current item, if this is the run of a loop's items.
    pub(crate) fn item(&self) -> Option<Item> {
        if !self.rules.loops {
            return None;
        }
        self.watch.as_ref()?.item
    }

    /// The program's declaration of a step.
    pub(crate) fn declared(&self, step: u16) -> &'static Step {
        let steps = match self.item() {
            None => &self.rules.definition.steps,
            Some(item) => &self.rules.each(item.step).steps,
        };
        &steps[usize::from(step)]
    }
}
