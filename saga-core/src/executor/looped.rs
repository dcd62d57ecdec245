//! Runs the items of a loop, each with a kernel of its own: forward, up to the declared number at a
//! time, and back, in reverse order.
//!
//! ```text
//! Forward ──an item fails, or the saga goes back──▶ Stopping ──all lanes are over──▶ Back
//! ```

pub(crate) mod driven;
mod ended;
mod goes_on;
mod lanes;
mod reason;

use super::{items::item_place, run_state::RunState, wait};
pub(crate) use lanes::ItemLane;
use lanes::{Lanes, Running, link};

use crate::{
    calls::{journal::Journal, lane::LaneFuture, loops::LoopState, perform::Scope, report::Report},
    definition::{Definition, Items},
    kernel::{Command, Direction, LoopKernel, PartFailed},
    report::{
        progress::StepProgress,
        raised::{AnyFailure, Lent, Raised},
    },
    values::call::CallKind,
};
use std::{
    collections::BTreeMap,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tokio::time::{Instant, Sleep};

/// The stage of the loop.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Forward,
    /// No attempt starts except to settle doubt; running calls are awaited.
    Stopping,
    /// Applied items are undone.
    Back,
}

struct LoopRun<'a, J> {
    /// The run whose kernel is that of the current item.
    run: RunState,
    state: LoopState,
    scope: &'a Scope<'a, J>,
    step: u16,
    definition: &'static Definition,
    stage: Stage,
    /// Forward, the next item to begin. Back, the items below this index are still to be undone.
    next: usize,
    at_a_time: usize,
    /// The value of `failure` in a compensation, while the saga rolls back.
    failure: Option<&'a dyn AnyFailure>,
    /// The value of `failure` in a compensation, when the loop rolls back on its own account.
    reason: Option<Arc<Lent>>,
    /// The loop's own kernel.
    kernel: LoopKernel,
    /// The progress of items that began before this process.
    at_hand: BTreeMap<usize, StepProgress>,
}

/// The result of a pass for one lane.
enum Advance {
    /// There is nothing more to do in this lane for now.
    Over,
    Stays {
        moved: bool,
    },
}

impl<'a, J: Journal> LoopRun<'a, J> {
    fn poll(
        &mut self,
        lanes: &mut Lanes<'a, '_>,
        mut timer: Pin<&mut Option<Sleep>>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        // Calls that were started before this wake are polled once, in the first pass.
        let mut polls_running = true;
        loop {
            if self.scope.link.is_some_and(|link| link.way.is_back()) && self.kernel.recalled() {
                self.stop();
            }
            let stage = self.stage;
            self.admit(lanes);
            if lanes.running.is_empty() {
                if self.stage != Stage::Stopping {
                    return Poll::Ready(());
                }
                (self.stage, self.next) = (Stage::Back, self.state.count);
                self.give_reason();
                continue;
            }
            let (moved, due) = self.pass(lanes, cx, mem::take(&mut polls_running));
            // The child sagas of items notice the stop when they are polled.
            polls_running |= self.run.rules.nests && stage != self.stage;
            if moved {
                continue;
            }
            let Some(wake) = due else {
                return Poll::Pending;
            };
            timer.set(wait::timer(wake));
            if let Some(timer) = timer.as_mut().as_pin_mut() {
                ready!(timer.poll(cx));
            }
        }
    }

    /// No item begins any more. If the reason is the failure of an item, the loop has failed.
    fn stop(&mut self) {
        self.stage = Stage::Stopping;
        self.note_why();
        if let Some((link, refused)) = self.scope.link.zip(self.kernel.failed()) {
            let part = PartFailed::of_items(refused);
            link.way.fail(part, || self.run.why());
        }
    }

    /// Starts lanes for further items, or for their rollback, as far as there is room.
    fn admit(&mut self, lanes: &mut Lanes<'a, '_>) {
        while lanes.running.len() < self.at_a_time {
            let index = match self.stage {
                Stage::Forward if self.next < self.state.count && self.kernel.may_begin() => {
                    self.next += 1;
                    self.next - 1
                }
                // A child saga of an item that began in an earlier process runs to its end first,
                // as it would have without the crash.
                Stage::Stopping if self.next < self.state.count => {
                    self.next += 1;
                    if self.state.kernels[self.next - 1].running().next().is_none() {
                        continue;
                    }
                    self.next - 1
                }
                Stage::Back if self.next > 0 => {
                    self.next -= 1;
                    self.state.kernels[self.next].recall();
                    self.next
                }
                _ => return,
            };
            // In a loop that continues, some items have already ended.
            if self.state.kernels[index].end().is_none() {
                let link = if self.run.rules.nests {
                    link(&mut self.run, &self.state.kernels[index])
                } else {
                    None
                };
                let mut lane = (lanes.make)(index, link.clone());
                if let Some(progress) = self.at_hand.remove(&index) {
                    *lane.as_mut().progress() = progress;
                }
                lanes.running.push(Running { index, lane, link });
            }
        }
    }

    /// Advances every lane as far as it goes. `polls_running` includes the lanes whose call was
    /// running before. Returns whether that may have changed what other lanes do, and the time
    /// until which all lanes wait.
    fn pass(
        &mut self,
        lanes: &mut Lanes<'a, '_>,
        cx: &mut Context<'_>,
        polls_running: bool,
    ) -> (bool, Option<Instant>) {
        let (mut any_moved, mut due) = (false, None);
        // Lanes that are not over move up, in order, past those that are.
        let mut stay = 0;
        for at in 0..lanes.running.len() {
            let running = &mut lanes.running[at];
            let index = running.index;
            // If an item has failed in this pass, the others roll back before they continue.
            if self.stage == Stage::Stopping {
                self.state.kernels[index].recall();
            }
            self.enter(index);
            let advance = self.advance(running, cx, polls_running, &mut due);
            self.leave(index);
            match advance {
                Advance::Stays { moved } => {
                    any_moved |= moved;
                    lanes.running.swap(stay, at);
                    stay += 1;
                }
                Advance::Over => any_moved = true,
            }
        }
        lanes.running.truncate(stay);
        (any_moved, due)
    }

    /// Makes the kernel of an item the current one.
    fn enter(&mut self, index: usize) {
        mem::swap(&mut self.run.kernel, &mut self.state.kernels[index]);
        if let Some(item) = self
            .run
            .watch
            .as_mut()
            .and_then(|watch| watch.item.as_mut())
        {
            item.index = u32::try_from(index).unwrap_or(u32::MAX);
        }
    }

    /// Puts the kernel of the item back. If the item has failed before the pivot, the loop stops.
    fn leave(&mut self, index: usize) {
        let stops = self.kernel.moved(&self.run.kernel);
        mem::swap(&mut self.run.kernel, &mut self.state.kernels[index]);
        if stops {
            self.stop();
        }
    }

    fn advance(
        &mut self,
        Running { index, lane, link }: &mut Running<'a>,
        cx: &mut Context<'_>,
        mut polls: bool,
        due: &mut Option<Instant>,
    ) -> Advance {
        let number = u32::try_from(*index).unwrap_or(u32::MAX);
        let place = item_place(self.run.rules, self.step, *index, self.scope);
        let link = link.as_deref();
        let scope = self.scope.within(&place, link);
        let mut moved = false;
        let advance = loop {
            if lane.running().is_none() {
                let command = self.run.kernel.next();
                if matches!(command, Command::End(_))
                    || self.stage != Stage::Back && self.run.kernel.undoes_item(command)
                {
                    break Advance::Over;
                }
                if let Command::Call { call, .. } = command {
                    self.start(&scope, lane.as_mut(), call);
                    polls = true;
                } else if let Command::Refuse { step } = command {
                    moved = true;
                    self.run.refuse(&scope, step);
                    continue;
                } else {
                    let until = self.run.due(&scope, lane.as_mut().progress(), command);
                    if !wait::is_over(until) {
                        *due = Some(due.map_or(until, |due| due.min(until)));
                        break Advance::Stays { moved };
                    }
                    moved = true;
                    self.run.waited(&scope, lane.as_mut().progress(), command);
                    continue;
                }
            }
            if !polls {
                break Advance::Stays { moved };
            }
            if let Some(link) = link {
                link.tell(self.run.kernel.direction());
                link.way.because(|| self.state.why.as_deref().cloned());
            }
            let polled = self.poll_call(lane.as_mut(), cx);
            let pending = polled.is_pending();
            moved |= self.run.hear_part(&scope, Items::STEP, pending);
            let Poll::Ready((call, report)) = polled else {
                break Advance::Stays { moved };
            };
            moved = true;
            if let Report::Decided(true) = report {
                self.start(&scope, lane.as_mut(), CallKind::Action);
            } else {
                self.run
                    .ended_in_lane(&scope, lane.as_mut(), Items::STEP, call, report);
            }
            // The item has failed: from now on it advances together with the others.
            if self.stage == Stage::Forward
                && self.run.kernel.direction() == Direction::Compensating
            {
                break Advance::Stays { moved: true };
            }
        };
        if let Advance::Over = advance {
            if let Some(progress) = lane.as_mut().remembered() {
                self.run.failures.flush(self.definition, progress);
            }
        }
        self.name_failures(number);
        advance
    }

    fn start(
        &mut self,
        scope: &Scope<'_, J>,
        mut lane: Pin<&mut (dyn LaneFuture<'a> + 'a)>,
        call: CallKind,
    ) {
        let mut call = self
            .run
            .call_in_lane(scope, lane.as_mut(), Items::STEP, call);
        if call.at.call == CallKind::Compensate {
            call.failure = self.failure;
            call.own.clone_from(&self.reason);
        }
        lane.begin(call);
    }

    fn poll_call(
        &self,
        mut lane: Pin<&mut (dyn LaneFuture<'a> + 'a)>,
        cx: &mut Context<'_>,
    ) -> Poll<(CallKind, Report<Raised>)> {
        match lane.running() {
            Some(_) => self.run.polled(Items::STEP, || lane.as_mut().poll_call(cx)),
            None => lane.poll_call(cx),
        }
    }
}
