//! Runs the items of a loop, each with a kernel of its own: forward, up to so many at a time, and
//! back, last first.
//!
//! ```text
//! Forward ──an item fails, or the saga goes back──▶ Stopping ──all lanes are over──▶ Back
//! ```

mod ended;
mod goes_on;
mod lanes;

use super::{items::item_place, rules::rules, run_state::RunState, wait};
pub(super) use lanes::{ItemLane, Lanes, MakeLane};
use lanes::{Running, link};

use crate::{
    calls::{
        journal::Journal,
        lane::LaneFuture,
        loops::{ItemKernel, LoopState, Looped},
        perform::{Call, Scope},
        report::Report,
        watch::{Item, Watch},
    },
    definition::{Definition, Items},
    generated::machine::Machine,
    kernel::{Command, Direction, End, Event, LoopKernel, StepState},
    report::{error::Failure, progress::StepProgress},
    values::{call::CallKind, cause::Cause},
};
use std::{
    collections::BTreeMap,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tokio::time::{Instant, Sleep};

/// Where the loop is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Forward,
    /// No attempt starts but to settle doubt; what runs is awaited.
    Stopping,
    /// What was applied is undone.
    Back,
}

pub(super) struct LoopRun<'a, M: Machine, J> {
    /// Its kernel is that of the item at hand.
    run: RunState<M::Error, [StepState; 2]>,
    state: LoopState,
    scope: &'a Scope<'a, J>,
    step: u16,
    definition: &'static Definition,
    stage: Stage,
    /// Forward: the next item to begin; back: the one below which are those still to be undone.
    next: usize,
    at_a_time: usize,
    /// What a compensation reads as `failure`, on the saga's way back.
    failure: Option<&'a Failure<M::Error>>,
    /// The same where the loop goes back by itself.
    reason: Option<Arc<Failure<M::Error>>>,
    /// What this call remembers of its items.
    kernel: LoopKernel,
    /// What is remembered of items that were worked at before this process.
    at_hand: BTreeMap<usize, StepProgress<M::Error>>,
}

/// What became of a lane in a pass.
enum Advance {
    /// Nothing more is to be done there, for now.
    Over,
    Stays {
        moved: bool,
    },
}

impl<'a, M: Machine, J: Journal> LoopRun<'a, M, J> {
    pub(super) fn new(call: &Call<'a, M::Error>, looped: Looped, scope: &'a Scope<'a, J>) -> Self {
        let step = call.at.step;
        let Looped {
            mut state,
            audience,
            seed,
            limit,
        } = looped;
        let goes_on = state.goes_on.take();
        let resumed = state.kernels[..state.count].iter_mut();
        for kernel in resumed.filter(|_| goes_on.is_none()) {
            if kernel.next() == Command::End(End::Parked) {
                apply(kernel, Event::Resumed);
            }
        }
        let items = M::DEFINITION.steps[usize::from(step)].items.as_ref();
        let at_a_time = items.map_or(1, |items| items.concurrent);
        let watch = Watch {
            audience,
            seed,
            item: Some(Item { step, index: 0 }),
            items_limit: Some(limit),
            ended: true,
            ..Watch::default()
        };
        let stage = match call.at.call {
            CallKind::Compensate => Stage::Back,
            _ => Stage::Forward,
        };
        let rules = rules::<M>();
        let definition = rules.each(step);
        let mut looping = Self {
            run: RunState::of_items(rules, definition, J::DURABLE, Box::new(watch)),
            next: if stage == Stage::Back { state.count } else { 0 },
            state,
            scope,
            step,
            definition,
            stage,
            at_a_time: usize::try_from(at_a_time).unwrap_or(usize::MAX).max(1),
            failure: call.failure,
            reason: None,
            kernel: LoopKernel::of(call.at.call),
            at_hand: BTreeMap::new(),
        };
        if let Some(goes_on) = goes_on {
            looping.go_on(*goes_on);
        }
        looping
    }

    pub(super) fn poll(
        &mut self,
        lanes: &mut Lanes<'a, '_, M::Error>,
        mut timer: Pin<&mut Option<Sleep>>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        // Calls that were begun before this wake are polled once, in the first pass.
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
            // Items that are sagas hear of it when they are polled.
            polls_running |= M::NESTS && stage != self.stage;
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

    /// No item begins any more. If that is because an item failed, so has the loop.
    fn stop(&mut self) {
        self.stage = Stage::Stopping;
        if let Some((link, refused)) = self.scope.link.zip(self.kernel.failed()) {
            link.way.fail(refused);
        }
    }

    /// What was applied is undone from now on, for this reason.
    fn give_reason(&mut self) {
        let own = self.kernel.failed().and(self.run.failures.first.take());
        let reason = own.unwrap_or_else(|| {
            let text = format!("saga `{}` rolls back", M::DEFINITION.name);
            Failure::whole(Cause::ParentRolledBack { text })
        });
        self.reason = Some(Arc::new(reason));
    }

    /// Calls an item back, if it is not yet.
    fn call_back(&mut self, index: usize) {
        let kernel = &mut self.state.kernels[index];
        if !kernel.is_recalled() {
            apply(kernel, Event::Recalled);
        }
    }

    /// Begins items, or their way back, as far as there is room.
    fn admit(&mut self, lanes: &mut Lanes<'a, '_, M::Error>) {
        while lanes.running.len() < self.at_a_time {
            let index = match self.stage {
                Stage::Forward if self.next < self.state.count && self.kernel.may_begin() => {
                    self.next += 1;
                    self.next - 1
                }
                // An item's saga that an earlier process began runs to its end first, as it would have
                // without the crash.
                Stage::Stopping if self.next < self.state.count => {
                    self.next += 1;
                    if self.state.kernels[self.next - 1].running().next().is_none() {
                        continue;
                    }
                    self.next - 1
                }
                Stage::Back if self.next > 0 => {
                    self.next -= 1;
                    self.call_back(self.next);
                    self.next
                }
                _ => return,
            };
            // A loop that is taken up again has some that have ended.
            if !matches!(self.state.kernels[index].next(), Command::End(_)) {
                let link = link(&mut self.run, &self.state.kernels[index]);
                let mut lane = (lanes.make)(index, link.clone());
                if let Some(progress) = self.at_hand.remove(&index) {
                    *lane.as_mut().progress() = progress;
                }
                lanes.running.push(Running { index, lane, link });
            }
        }
    }

    /// Advances every lane as far as it goes. `polls_running`: also those whose call was running
    /// before. Says whether that may have changed what others do, or else until when all wait.
    fn pass(
        &mut self,
        lanes: &mut Lanes<'a, '_, M::Error>,
        cx: &mut Context<'_>,
        polls_running: bool,
    ) -> (bool, Option<Instant>) {
        let (mut any_moved, mut due) = (false, None);
        // Those that stay move up, in their order, past those that are over.
        let mut stay = 0;
        for at in 0..lanes.running.len() {
            let running = &mut lanes.running[at];
            let index = running.index;
            // Also of an item that has failed in this pass the others hear before they go on.
            if self.stage == Stage::Stopping {
                self.call_back(index);
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

    /// Puts the kernel of an item in place.
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

    /// Puts it back. If it has failed before the pivot, so has the loop.
    fn leave(&mut self, index: usize) {
        let stops = self.kernel.moved(&self.run.kernel);
        mem::swap(&mut self.run.kernel, &mut self.state.kernels[index]);
        if stops {
            self.stop();
        }
    }

    fn advance(
        &mut self,
        Running { index, lane, link }: &mut Running<'a, M::Error>,
        cx: &mut Context<'_>,
        mut polls: bool,
        due: &mut Option<Instant>,
    ) -> Advance {
        let number = u32::try_from(*index).unwrap_or(u32::MAX);
        let place = item_place::<M, J>(self.step, *index, self.scope);
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
                } else {
                    let until = self.run.due(&scope, lane.as_mut().progress(), command);
                    if Instant::now() < until {
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
            // It has failed: whatever else it does, it does with the others.
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
        mut lane: Pin<&mut (dyn LaneFuture<'a, M::Error> + 'a)>,
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
        mut lane: Pin<&mut (dyn LaneFuture<'a, M::Error> + 'a)>,
        cx: &mut Context<'_>,
    ) -> Poll<(CallKind, Report<M::Error>)> {
        match lane.running() {
            Some(_) => self.run.polled(Items::STEP, || lane.as_mut().poll_call(cx)),
            None => lane.poll_call(cx),
        }
    }
}

fn apply(kernel: &mut ItemKernel, event: Event) {
    let applied = kernel.apply(event);
    debug_assert!(applied.is_ok(), "an item can be rolled back, and resumed");
}
