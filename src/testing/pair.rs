//! Two sagas that run concurrently to their ends, on one clock.
//!
//! Both are polled on one task. Once neither can do anything without making a call, the schedule
//! decides whose next call is admitted. Time passes only when neither has a call to make.

use super::{
    gate::{Gate, Made, Side},
    run::{Ran, RunEnd, on_own_clock},
    stage::Stage,
};
use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};
use tokio::time::Instant;

/// The order in which the calls of two sagas are made.
#[derive(Clone, Copy, Debug)]
pub(super) enum Order<'a> {
    /// One call of each of these sagas, one after the other; then the calls of the last one for as
    /// long as it has a call to make.
    Turns(&'a [Side]),
    /// The sagas one after the other, each to its end. A saga that is not named does not run.
    Serial(&'a [Side]),
}

/// A saga that is about to run.
pub(super) struct Player<'a> {
    pub(super) stage: Arc<Stage>,
    pub(super) run: Pin<Box<dyn Future<Output = RunEnd> + 'a>>,
}

/// The choice of the saga that makes the next call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) side: Side,
    /// Whether the other saga had a call to make, too.
    pub(super) is_free: bool,
    /// Whether it is a switch: the saga that made the previous call has another one to make.
    pub(super) is_switch: bool,
}

/// The result of running two sagas.
pub(super) struct Played {
    pub(super) began: Instant,
    pub(super) choices: Vec<Choice>,
    pub(super) made: Vec<Made>,
    /// `None` for a saga that did not run.
    pub(super) rans: [Option<Ran>; 2],
    /// The index of the first turn in which the saga had no call to make.
    pub(super) astray: Option<usize>,
}

impl Played {
    pub(super) fn switches(&self) -> usize {
        self.choices.iter().filter(|it| it.is_switch).count()
    }
}

/// Runs two sagas to their ends.
///
/// # Panics
/// Inside of a tokio runtime.
pub(super) fn play<'a>(
    order: Order<'_>,
    gate: &Gate,
    players: impl FnOnce() -> [Player<'a>; 2],
) -> Played {
    let (began, stages, pair) = on_own_clock(async {
        let players = players();
        let stages = players.each_ref().map(|player| Arc::clone(&player.stage));
        let mut pair = Pair::of(order, gate, players);
        let began = Instant::now();
        poll_fn(|cx| pair.poll(cx)).await;
        (began, stages, pair)
    });
    let Pair {
        choices,
        ends,
        astray,
        ..
    } = pair;
    let left = match order {
        Order::Turns(turns) => (turns.len() > choices.len()).then_some(choices.len()),
        Order::Serial(_) => None,
    };
    let mut rans = [None, None];
    for ((ran, end), stage) in rans.iter_mut().zip(ends).zip(stages) {
        *ran = end.map(|end| Ran::of(&stage, end));
    }
    Played {
        began,
        choices,
        made: gate.made(),
        rans,
        astray: astray.or(left),
    }
}

struct Pair<'a, 'o> {
    order: Order<'o>,
    gate: &'o Gate,
    /// `None` for a saga that has ended, or does not run.
    runs: [Option<Pin<Box<dyn Future<Output = RunEnd> + 'a>>>; 2],
    ends: [Option<RunEnd>; 2],
    choices: Vec<Choice>,
    astray: Option<usize>,
    bell: Arc<Bell>,
}

impl<'a, 'o> Pair<'a, 'o> {
    fn of(order: Order<'o>, gate: &'o Gate, players: [Player<'a>; 2]) -> Self {
        let mut runs = players.map(|player| Some(player.run));
        if let Order::Serial(sides) = order {
            for side in Side::BOTH {
                if !sides.contains(&side) {
                    runs[side.index()] = None;
                }
            }
        }
        Self {
            order,
            gate,
            runs,
            ends: [None, None],
            choices: Vec::new(),
            astray: None,
            bell: Arc::default(),
        }
    }

    fn poll(&mut self, cx: &Context<'_>) -> Poll<()> {
        self.bell.is_of(cx.waker());
        let waker = Waker::from(Arc::clone(&self.bell));
        loop {
            self.bell.rung.store(false, Ordering::SeqCst);
            let has_ended = self.poll_runs(&mut Context::from_waker(&waker));
            if self.runs.iter().all(Option::is_none) {
                return Poll::Ready(());
            }
            // A saga that has woken itself has more to do. Only the runtime may poll it again,
            // because the runtime limits how much is done without a pause.
            if self.bell.rung.load(Ordering::SeqCst) {
                return Poll::Pending;
            }
            if has_ended {
                continue;
            }
            // A call that has been admitted may wait for time to pass.
            let next = if self.gate.is_busy() {
                None
            } else {
                self.next(self.gate.ready())
            };
            match next {
                Some(side) => self.gate.admit(side),
                None => return Poll::Pending,
            }
        }
    }

    /// Polls the sagas that run now. Returns whether one of them has ended.
    fn poll_runs(&mut self, cx: &mut Context<'_>) -> bool {
        let runs = &mut self.runs;
        let now: &[Side] = match self.order {
            Order::Turns(_) => &Side::BOTH,
            Order::Serial(sides) => {
                let first = sides.iter().position(|side| runs[side.index()].is_some());
                first.map_or(&[], |first| &sides[first..=first])
            }
        };
        let mut has_ended = false;
        for side in now {
            let run = &mut runs[side.index()];
            let polled = run.as_mut().map(|run| run.as_mut().poll(cx));
            if let Some(Poll::Ready(end)) = polled {
                *run = None;
                self.ends[side.index()] = Some(end);
                has_ended = true;
            }
        }
        has_ended
    }

    /// The saga whose call is admitted next, if either has one.
    fn next(&mut self, ready: [bool; 2]) -> Option<Side> {
        let ready = |side: Side| ready[side.index()];
        let last = self.choices.last().map(|choice| choice.side);
        let turn = match self.order {
            Order::Turns(turns) => turns.get(self.choices.len()).copied(),
            Order::Serial(_) => None,
        };
        let wanted = turn.or(last).unwrap_or(Side::A);
        let side = [wanted, wanted.other()].into_iter().find(|it| ready(*it))?;
        if turn.is_some_and(|turn| turn != side) {
            self.astray.get_or_insert(self.choices.len());
        }
        self.choices.push(Choice {
            side,
            is_free: ready(side.other()),
            is_switch: last.is_some_and(|last| last != side && ready(last)),
        });
        Some(side)
    }
}

/// Wakes the task of both sagas, and notes that it was woken.
#[derive(Default)]
struct Bell {
    rung: AtomicBool,
    task: Mutex<Option<Waker>>,
}

impl Bell {
    fn is_of(&self, task: &Waker) {
        *self.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task.clone());
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::SeqCst);
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = &*task {
            task.wake_by_ref();
        }
    }
}
