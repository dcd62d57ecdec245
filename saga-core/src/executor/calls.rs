//! The start of calls: those of the current step, and those in a lane, which allocates the progress
//! of its step only when there is something to remember.

use super::run_state::RunState;
use crate::{
    calls::{
        attached::Attached,
        journal::Journal,
        lane::AnyLane,
        perform::{AnyCall, Scope},
        report::Report,
    },
    kernel::{Direction, Event, Phase},
    report::{
        error::Failure,
        progress::StepProgress,
        raised::{Lent, Raised},
    },
    values::call::{CallKind, CallSite},
};
use std::sync::Arc;

impl RunState {
    /// Records the start of a call, and returns which call it is.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "the caller knows which call it is, so one event is left of it"
    )]
    pub(crate) fn begin<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        step: u16,
        call: CallKind,
    ) -> CallSite {
        match call {
            // The part continues: its start is already recorded.
            _ if self.rules.have_parts() && self.runs_part(step, call) => {}
            CallKind::When => {}
            CallKind::Action if J::DURABLE && self.rules.have_parts() => {
                self.attempts(scope, step);
            }
            CallKind::Action => self.apply(scope, Event::Attempting { step }),
            CallKind::Resolve => self.apply_caused(scope, Event::Resolving { step }, None),
            CallKind::Compensate => self.apply(scope, Event::Compensating { step }),
            CallKind::Fallback => self.apply_caused(scope, Event::FallingBack { step }, None),
        }
        CallSite {
            step,
            call,
            attempt: self.kernel.attempt(step),
            round: self.kernel.round(step),
        }
    }

    /// Records the start of an attempt in a run that may have parts. If the items of a loop were just
    /// created, they are recorded with it; that of a child saga is recorded with its inputs, when its
    /// call begins.
    #[inline(never)]
    fn attempts<J: Journal>(&mut self, scope: &Scope<'_, J>, step: u16) {
        let event = Event::Attempting { step };
        let declared = self.declared(step);
        let is_child = declared.child.is_some() && declared.items.is_none();
        if let Some(tray) = scope.tray.filter(|_| is_child) {
            tray.hold(event, Attached::default());
        } else {
            let with = Attached {
                items: self.take_listed(step),
                ..Attached::default()
            };
            scope.note(event, with);
        }
        self.apply_observed(event, None);
        self.tell_parts(scope);
    }

    /// Whether this call of a child saga or a loop is recorded as started, but not as ended.
    pub(super) fn runs_part(&self, step: u16, call: CallKind) -> bool {
        let running = matches!(
            (self.kernel.phase(step), call),
            (Phase::Running(CallKind::Action), CallKind::Action)
                | (Phase::Running(CallKind::Compensate), CallKind::Compensate)
        );
        running && self.declared(step).is_nested()
    }

    /// Starts a call, and passes it the step's own failure if its code reads that.
    #[inline]
    pub(super) fn call<'f, J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress,
        call: CallKind,
    ) -> AnyCall<'f> {
        let call = self.call_alone(scope, progress.step, call);
        match call.at.call {
            CallKind::Fallback => AnyCall {
                own: self.lend_own(progress),
                ..call
            },
            CallKind::When | CallKind::Action | CallKind::Resolve | CallKind::Compensate => call,
        }
    }

    /// Starts a call that does not read the step's own failure.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "the caller knows which call it is, so one event is left of it"
    )]
    pub(super) fn call_alone<'f, J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        step: u16,
        call: CallKind,
    ) -> AnyCall<'f> {
        let at = self.begin(scope, step, call);
        AnyCall {
            looped: self.looped(step, call),
            ..AnyCall::plain(at)
        }
    }

    /// Lends the failure because of which the saga rolls back to a call, if it does.
    pub(super) fn lend_failure(&mut self) -> Option<Lent> {
        match self.kernel.direction() {
            Direction::Compensating => self.failures.lend(self.rules.plain),
            Direction::Forward => None,
        }
    }

    /// Lends the step's failure to a fallback that starts.
    fn lend_own(&self, progress: &mut StepProgress) -> Option<Arc<Lent>> {
        let failed = progress.failed.take()?;
        let own = if let Some(within) = progress.within() {
            within.failure(failed.cause)
        } else {
            let mut own = Failure::of_step(self.declared(progress.step), failed);
            if let Some(item) = self.item() {
                own.name_item(item.index);
            }
            own
        };
        let own = Arc::new(own.lend(self.rules.plain));
        progress.doubt().lent = Some(Arc::clone(&own));
        Some(own)
    }

    /// Starts a call in a lane.
    #[inline]
    pub(super) fn call_in_lane<'f, J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        lane: AnyLane<'_, '_>,
        step: u16,
        call: CallKind,
    ) -> AnyCall<'f> {
        match call {
            CallKind::Fallback => self.call(scope, lane.progress(), call),
            // The most common call. Since it is known here, the kernel can apply it with one
            // comparison.
            CallKind::Action => self.call_alone(scope, step, CallKind::Action),
            call => self.call_alone(scope, step, call),
        }
    }

    /// Applies the report of a call in a lane.
    #[inline]
    pub(super) fn ended_in_lane<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        mut lane: AnyLane<'_, '_>,
        step: u16,
        call: CallKind,
        report: Report<Raised>,
    ) {
        let mut new = StepProgress::of(step);
        match lane.as_mut().remembered() {
            Some(progress) => self.ended(scope, progress, call, report),
            None => self.ended(scope, &mut new, call, report),
        }
        if new.used {
            *lane.progress() = new;
        }
    }
}
