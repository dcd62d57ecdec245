//! Runs of ordinary steps, there and back, with nobody asked in between: what most sagas are.

use super::{
    Begin, Core,
    drive::undo,
    execute,
    finish::{completed, outcome, output, summary},
    prepared::run_beside,
    track::Track,
};
use crate::{
    context::LazyId,
    definition::Definition,
    journal::{At, CallKind, Journal, Volatile},
    kernel::{Command, End},
    machine::{Machine, Report, Scope},
    observe::is_observed,
    outcome::Outcome,
};
use std::{
    future::{Future, poll_fn},
    pin::pin,
};

/// Whether a saga may start with a run of ordinary steps: where nobody interrupts or observes it.
#[inline]
pub(crate) fn goes_straight(definition: &Definition) -> bool {
    let first = definition.steps.first();
    first.is_some_and(|first| first.when.is_none() && first.group.is_none()) && !is_observed()
}

/// What a run that went straight needs once it does not any more.
pub(super) struct Late<M: Machine> {
    core: Core<M>,
    track: Track<M::Error>,
}

/// Runs a saga that may [go straight](goes_straight), and gives its outcome to `finish`.
///
/// Most sagas end here, so this is all that they make room for: what decides is made when there is something to decide, and what else may happen to
/// a run gets a box of its own when it does.
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` stores its arguments twice"
)]
#[inline]
pub(crate) fn straight<M: Machine, T: Send + 'static>(
    machine: M,
    id: LazyId,
    finish: impl FnOnce(Outcome<M>) -> T + Send + 'static,
) -> impl Future<Output = T> + Send + 'static {
    async move {
        let mut slots = M::Slots::default();
        let late = {
            let scope = Scope::new(&Volatile, &id);
            let (last, report) = {
                let mut run = pin!(machine.run(&mut slots, At::first(), u16::MAX, &scope));
                poll_fn(|cx| scope.caught(|| run.as_mut().poll(cx))).await
            };
            if matches!(report, Report::Done) && usize::from(last) + 1 == M::DEFINITION.steps.len()
            {
                // Nothing was left to decide: the kernel need not even be made.
                None
            } else {
                let mut late = Late::<M>::after(&scope, last, report);
                if let Command::Compensate { step } = late.core.kernel.next() {
                    if M::is_sequential(step) {
                        let (core, track) = (&mut late.core, &mut late.track);
                        undo(&machine, &mut slots, core, &scope, track, step).await;
                    }
                }
                let Some(end) = late.ended() else {
                    let Late { core, track } = *late;
                    let begin = Begin::GoesOn(track);
                    return Box::pin(execute(machine, id, slots, core, begin, finish)).await;
                };
                Some((late, end))
            }
        };
        let finally = machine.finally(&|| match &late {
            None => completed::<M>(&id),
            Some((late, end)) => summary(&late.core, &id, *end),
        });
        if let Some(finally) = finally {
            run_beside(finally, None).await;
        }
        finish(match late {
            None => output(machine, slots),
            Some((late, end)) => outcome(machine, slots, late.core, &id, end),
        })
    }
}

impl<M: Machine> Late<M> {
    /// Out of line, so that what decides is not copied.
    #[inline(never)]
    fn after(scope: &Scope<'_, Volatile>, last: u16, report: Report<M::Error>) -> Box<Self> {
        let mut late = Box::new(Self {
            core: Core::new(M::DEFINITION, Volatile::DURABLE, None),
            track: Track::of(0),
        });
        let Self { core, track } = &mut *late;
        core.begin(scope, track.step, CallKind::Action);
        core.went(scope, track, last, report);
        late
    }

    /// How it ended, if it has.
    fn ended(&mut self) -> Option<End> {
        let Command::End(end) = self.core.kernel.next() else {
            return None;
        };
        self.core.flush(&mut self.track);
        Some(end)
    }
}

impl<M: Machine> Core<M> {
    /// Whether a run of ordinary steps may go on by itself: nobody can interrupt it, and what it did needs no record while it goes on.
    #[inline]
    pub(super) fn goes_straight<J: Journal>(&self) -> bool {
        !J::DURABLE && self.watch.is_none() && self.kernel.is_fresh()
    }

    /// The step at hand and those behind it, all but `last`, were applied by themselves; `last` was attempted, and it went so.
    #[inline]
    pub(super) fn went<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        track: &mut Track<M::Error>,
        last: u16,
        report: Report<M::Error>,
    ) {
        if track.step != last {
            self.kernel.went_straight(last);
            self.turn_to(track, last);
        }
        self.ended(scope, track, CallKind::Action, report);
    }

    /// Down to which step a run of compensations may go on by itself, if so: nobody can interrupt it, and what it did needs no record while it goes on.
    #[inline]
    pub(super) fn goes_straight_back<J: Journal>(&self) -> Option<u16> {
        if J::DURABLE || self.watch.is_some() {
            return None;
        }
        self.kernel.goes_back_to()
    }

    /// The step at hand and those before it were undone by themselves, but for `last`, whose compensation was called, and went so.
    #[inline]
    pub(super) fn came_back<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        track: &mut Track<M::Error>,
        last: u16,
        report: Report<M::Error>,
    ) {
        if track.step != last {
            self.kernel.went_back(last);
            self.turn_to(track, last);
        }
        self.ended(scope, track, CallKind::Compensate, report);
    }
}
