//! The lanes of a `concurrent` block, all polled on the saga's own task: no spawn, one
//! allocation.

use super::{run_state::RunState, wait};
use crate::{
    calls::{
        journal::Journal,
        lane::{AnyLane, RunLanes},
        perform::Scope,
        report::Report,
    },
    kernel::{Command, Event, Lane as Next},
    report::raised::Raised,
    values::call::{CallKind, CallSite},
};
use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::time::{Instant, Sleep};

/// The current block, and the run that it is part of.
pub(super) struct Block<'a, 's, J> {
    pub(super) run: &'a mut RunState,
    pub(super) scope: &'a Scope<'s, J>,
    /// The first step of the block.
    pub(super) first: u16,
}

impl<'a, 's, J: Journal> Block<'a, 's, J> {
    pub(super) fn new(run: &'a mut RunState, scope: &'a Scope<'s, J>, first: u16) -> Self {
        Self { run, scope, first }
    }

    /// Gives each lane the progress of its step that a recovered run has from its records.
    fn hand_over(&mut self, lanes: &mut [AnyLane<'_, '_>]) {
        let aside = self.run.aside.as_mut();
        let siblings = aside.map(|aside| std::mem::take(&mut aside.siblings));
        for progress in siblings.into_iter().flatten() {
            let lane = progress.step.checked_sub(self.first).map(usize::from);
            if let Some(lane) = lane.and_then(|lane| lanes.get_mut(lane)) {
                *lane.as_mut().progress() = progress;
            }
        }
    }
}

impl<J: Journal> RunLanes for Block<'_, '_, J> {
    fn poll(
        &mut self,
        lanes: &mut [AnyLane<'_, '_>],
        timer: &mut Option<Pin<Box<Sleep>>>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        self.hand_over(lanes);
        let (run, scope) = (&mut *self.run, self.scope);
        let attempted = goes_straight::<J>(run) && run.kernel.attempts_group();
        if attempted && attempt_all(run, scope, (self.first, &mut *lanes), cx) {
            return Poll::Ready(());
        }
        // Calls that were started before this wake are polled once, in the first pass.
        let mut polls_running = !attempted;
        loop {
            run.listen(scope, cx);
            let polls = std::mem::take(&mut polls_running);
            let went = run.kernel.direction();
            let passed = pass(run, scope, (self.first, &mut *lanes), cx, polls);
            // A loop or child saga that runs notices the change of direction when it is polled.
            polls_running |= run.rules.have_parts() && went != run.kernel.direction();
            match passed {
                Pass::Ended => break,
                Pass::Moved => {}
                Pass::Idle(due) => {
                    let Some(wake) = due.into_iter().chain(run.deadline()).min() else {
                        return Poll::Pending;
                    };
                    *timer = wait::timer(wake).map(Box::pin);
                    if let Some(timer) = timer {
                        ready!(timer.as_mut().poll(cx));
                    }
                }
            }
        }
        for lane in lanes {
            if let Some(progress) = lane.as_mut().remembered() {
                run.flush(progress);
            }
        }
        Poll::Ready(())
    }
}

/// Whether the steps of a block may run without reporting each event as it happens.
fn goes_straight<J: Journal>(run: &RunState) -> bool {
    !J::DURABLE && !run.rules.have_parts() && run.watch.is_none() && run.aside.is_none()
}

/// Attempts the steps of a block in which nothing has happened yet, one after the other, and polls
/// each once. Returns `true` if all steps are applied. If not, the events so far have been applied
/// to the kernel.
fn attempt_all<J: Journal>(
    run: &mut RunState,
    scope: &Scope<'_, J>,
    (first, lanes): (u16, &mut [AnyLane<'_, '_>]),
    cx: &mut Context<'_>,
) -> bool {
    let (mut waiting, mut failed) = (false, None);
    for (step, lane) in (first..).zip(lanes.iter_mut()) {
        match lane.as_mut().attempt(CallSite::attempting(step), cx) {
            Ok(polled) => waiting |= polled.is_pending(),
            Err(report) => {
                failed = Some((step, report));
                break;
            }
        }
    }
    if let Some((step, report)) = failed {
        let (before, rest) = lanes.split_at_mut(usize::from(step - first));
        attempted(run, scope, (first, before));
        run.apply(scope, Event::Attempting { step });
        run.ended_in_lane(scope, rest[0].as_mut(), step, CallKind::Action, report);
        return false;
    }
    if waiting {
        attempted(run, scope, (first, lanes));
    } else {
        run.kernel.apply_group();
    }
    !waiting
}

/// Applies the events of lanes whose first attempt has started and, if it has ended, was applied.
fn attempted<J: Journal>(
    run: &mut RunState,
    scope: &Scope<'_, J>,
    (first, lanes): (u16, &[AnyLane<'_, '_>]),
) {
    for (step, lane) in (first..).zip(lanes) {
        run.apply(scope, Event::Attempting { step });
        if lane.running().is_none() {
            run.apply(scope, Event::Applied { step });
        }
    }
}

/// The result of one pass over the lanes.
enum Pass {
    Ended,
    /// A call has ended or a wait is over, so other lanes may be able to continue.
    Moved,
    /// All that is left to do is to wait, for calls and until the next wait is over.
    Idle(Option<Instant>),
}

/// Advances every lane as far as it goes. `polls_running` includes the lanes whose call was running
/// before; polling those once for each wake is enough.
fn pass<J: Journal>(
    run: &mut RunState,
    scope: &Scope<'_, J>,
    (first, lanes): (u16, &mut [AnyLane<'_, '_>]),
    cx: &mut Context<'_>,
    polls_running: bool,
) -> Pass {
    let (mut ended, mut moved, mut due) = (0, false, None::<Instant>);
    for (step, lane) in (first..).zip(lanes.iter_mut()) {
        let mut lane = lane.as_mut();
        let mut polls = polls_running;
        loop {
            match run.kernel.lane(step) {
                Next::Run(command) => {
                    if let Command::Call { call, .. } = command {
                        let call = run.call_in_lane(scope, lane.as_mut(), step, call);
                        lane.as_mut().begin(call);
                        polls = true;
                    } else if let Command::Receive { step } = command {
                        lane.as_mut().begin(run.receive(step));
                        polls = true;
                    } else if let Command::Refuse { step } = command {
                        moved = true;
                        run.refuse(scope, step);
                        continue;
                    } else {
                        let until = run.due(scope, lane.as_mut().progress(), command);
                        if !wait::is_over(until) {
                            due = due.into_iter().chain([until]).min();
                            break;
                        }
                        moved = true;
                        run.waited(scope, lane.as_mut().progress(), command);
                        continue;
                    }
                }
                Next::Blocked if run.rules.have_parts() && lane.running().is_none() => {
                    let calls = [CallKind::Action, CallKind::Compensate];
                    let call = calls.into_iter().find(|call| run.runs_part(step, *call));
                    if let Some(call) = call {
                        let call = run.call_in_lane(scope, lane.as_mut(), step, call);
                        lane.as_mut().begin(call);
                        polls = true;
                    }
                }
                Next::Blocked => {}
                Next::Ended => {
                    ended += 1;
                    break;
                }
            }
            if !polls {
                break;
            }
            let polled = poll_call(run, step, lane.as_mut(), cx);
            moved |= run.hear_part(scope, step, polled.is_pending());
            let Poll::Ready((call, report)) = polled else {
                break;
            };
            moved = true;
            let report = run.plain(step, call, report);
            if let Report::Decided(true) = report {
                let call = run.call_in_lane(scope, lane.as_mut(), step, CallKind::Action);
                lane.as_mut().begin(call);
            } else {
                run.ended_in_lane(scope, lane.as_mut(), step, call, report);
            }
        }
    }
    match (ended == lanes.len(), moved) {
        (true, _) => Pass::Ended,
        (false, true) => Pass::Moved,
        (false, false) => Pass::Idle(due),
    }
}

/// Polls the call of a lane inside the run's observers.
fn poll_call(
    run: &RunState,
    step: u16,
    mut lane: AnyLane<'_, '_>,
    cx: &mut Context<'_>,
) -> Poll<(CallKind, Report<Raised>)> {
    // Checked first, since most runs have no observers, and the lane is behind a pointer.
    if run.audience().is_none() || lane.running().is_none() {
        return lane.poll_call(cx);
    }
    run.polled(step, || lane.as_mut().poll_call(cx))
}
