//! The lanes of a `concurrent` block, all polled on the saga's own task: no spawn, no allocation.

use super::{
    Core,
    track::{self, Track},
};
use crate::{
    attempt::caught,
    journal::{At, CallKind, Journal},
    kernel::{Command, Lane as Next},
    machine::{Call, Machine, Report, Scope},
};
use pin_project_lite::pin_project;
use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};
use tokio::time::{Instant, Sleep};

pin_project! {
    /// One sibling: makes the future of a call and holds it while it runs.
    pub struct Lane<E, Make, Fut> {
        make: Make,
        // What `call` is, while it runs.
        at: Option<At>,
        #[pin]
        call: Option<Fut>,
        track: Track<E>,
    }
}

/// The lane of `step`, whose calls `make` performs.
pub fn lane<'a, E: 'a, Make, Fut>(step: u16, make: Make) -> Lane<E, Make, Fut>
where
    Make: Fn(Call<'a, E>) -> Fut + Send,
    Fut: Future<Output = Report<E>> + Send,
{
    Lane {
        make,
        at: None,
        call: None,
        track: Track::of(step),
    }
}

/// A pinned lane of whatever step.
type AnyLane<'a, 'c, E> = Pin<&'a mut (dyn LaneFuture<'c, E> + 'a)>;

/// A [`Lane`] without its types.
pub trait LaneFuture<'a, E>: Send {
    /// The call that runs.
    fn running(&self) -> Option<At>;
    /// What is remembered of it.
    fn track(self: Pin<&mut Self>) -> &mut Track<E>;
    /// Starts a call.
    fn start(self: Pin<&mut Self>, call: Call<'a, E>);
    /// Polls the call, if one runs, and drops it when it has ended: says which one it was, and how it went.
    fn poll_call(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<(CallKind, Report<E>)>;
}

impl<'a, E, Make, Fut> LaneFuture<'a, E> for Lane<E, Make, Fut>
where
    E: Send + Sync + 'a,
    Make: Fn(Call<'a, E>) -> Fut + Send,
    Fut: Future<Output = Report<E>> + Send,
{
    fn running(&self) -> Option<At> {
        self.at
    }

    fn track(self: Pin<&mut Self>) -> &mut Track<E> {
        self.project().track
    }

    fn start(self: Pin<&mut Self>, call: Call<'a, E>) {
        let mut this = self.project();
        *this.at = Some(call.at);
        let future = (this.make)(call);
        this.call.set(Some(future));
    }

    fn poll_call(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<(CallKind, Report<E>)> {
        let mut this = self.project();
        let (Some(call), Some(at)) = (this.call.as_mut().as_pin_mut(), *this.at) else {
            return Poll::Pending;
        };
        let report = ready!(caught(|| call.poll(cx), Report::Panicked));
        this.call.set(None);
        *this.at = None;
        Poll::Ready((at.call, report))
    }
}

/// What the lanes of a block share: the run.
pub struct Lanes<'a, M: Machine> {
    core: &'a mut Core<M>,
    /// The first step of the block.
    first: u16,
}

/// What one pass over the lanes found.
enum Pass {
    Ended,
    /// A call ended or a wait was over: what other lanes wait for may have changed.
    Moved,
    /// All that is left to do is to wait, for calls and until the next wait is over.
    Idle(Option<Instant>),
}

impl<'a, M: Machine> Lanes<'a, M> {
    pub(super) fn new(core: &'a mut Core<M>, first: u16) -> Self {
        Self { core, first }
    }

    /// Runs the lanes until all have ended.
    pub async fn run<'c, J: Journal>(
        self,
        scope: &Scope<'_, J>,
        lanes: &mut [AnyLane<'_, 'c, M::Error>],
    ) where
        M::Error: 'c,
    {
        let Self { core, first } = self;
        for track in core
            .siblings
            .take()
            .into_iter()
            .flat_map(|siblings| siblings.0)
        {
            let lane = track.step.checked_sub(first).map(usize::from);
            if let Some(lane) = lane.and_then(|lane| lanes.get_mut(lane)) {
                *lane.as_mut().track() = track;
            }
        }
        let mut timer = pin!(None::<Sleep>);
        poll_fn(|cx| {
            let mut polls_running = true;
            loop {
                core.listen(scope, cx);
                let polls = std::mem::take(&mut polls_running);
                match pass(core, scope, (first, &mut *lanes), cx, polls) {
                    Pass::Ended => return Poll::Ready(()),
                    Pass::Moved => {}
                    Pass::Idle(due) => {
                        let Some(wake) = due.into_iter().chain(core.deadline()).min() else {
                            return Poll::Pending;
                        };
                        timer.set(track::timer(wake));
                        if let Some(timer) = timer.as_mut().as_pin_mut() {
                            ready!(timer.poll(cx));
                        }
                    }
                }
            }
        })
        .await;
        for lane in lanes {
            core.flush(lane.as_mut().track());
        }
    }
}

/// Advances every lane as far as it goes. `polls_running`: also those whose call was running before; once for each wake is enough.
fn pass<M: Machine, J: Journal>(
    core: &mut Core<M>,
    scope: &Scope<'_, J>,
    (first, lanes): (u16, &mut [AnyLane<'_, '_, M::Error>]),
    cx: &mut Context<'_>,
    polls_running: bool,
) -> Pass {
    let (mut ended, mut moved, mut due) = (0, false, None::<Instant>);
    for (step, lane) in (first..).zip(lanes.iter_mut()) {
        let mut lane = lane.as_mut();
        let mut polls = polls_running;
        loop {
            match core.kernel.lane(step) {
                Next::Run(command) => {
                    let call = match command {
                        Command::Decide { .. } => CallKind::When,
                        Command::Attempt { .. } => CallKind::Action,
                        Command::Resolve { .. } => CallKind::Resolve,
                        Command::Compensate { .. } => CallKind::Compensate,
                        Command::Fallback { .. } => CallKind::Fallback,
                        wait => {
                            let until = core.due(scope, lane.as_mut().track(), wait);
                            if Instant::now() < until {
                                due = due.into_iter().chain([until]).min();
                                break;
                            }
                            moved = true;
                            core.waited(scope, lane.as_mut().track(), wait);
                            continue;
                        }
                    };
                    start(core, scope, step, lane.as_mut(), call);
                    polls = true;
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
            let Poll::Ready((call, report)) = poll_call(core, lane.as_mut(), cx) else {
                break;
            };
            moved = true;
            if let Report::Decided(true) = report {
                start(core, scope, step, lane.as_mut(), CallKind::Action);
            } else {
                core.ended(scope, lane.as_mut().track(), call, report);
            }
        }
    }
    match (ended == lanes.len(), moved) {
        (true, _) => Pass::Ended,
        (false, true) => Pass::Moved,
        (false, false) => Pass::Idle(due),
    }
}

/// Polls the call of a lane, within the run's observers.
fn poll_call<M: Machine>(
    core: &Core<M>,
    mut lane: AnyLane<'_, '_, M::Error>,
    cx: &mut Context<'_>,
) -> Poll<(CallKind, Report<M::Error>)> {
    match lane.running().filter(|_| core.audience().is_some()) {
        Some(at) => core.polled(at, || lane.as_mut().poll_call(cx)),
        None => lane.poll_call(cx),
    }
}

fn start<M: Machine, J: Journal>(
    core: &mut Core<M>,
    scope: &Scope<'_, J>,
    step: u16,
    mut lane: AnyLane<'_, '_, M::Error>,
    call: CallKind,
) {
    let at = core.begin(scope, step, call);
    let own = match call {
        CallKind::Fallback => Core::<M>::lend_own(lane.as_mut().track()),
        _ => None,
    };
    // No compensation that reads `failure` runs in a lane: only those on the way back do.
    let failure = None;
    lane.start(Call { at, failure, own });
}
