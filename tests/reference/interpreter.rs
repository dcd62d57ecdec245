//! What should happen: the decision tables as plain code, one step after the other, with nothing
//! clever in it.

mod arms;
mod back;
mod doubt;
mod lane;
mod list;
mod parts;
mod remains;
mod version;
mod waits;

use std::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    ops::Range,
    pin::Pin,
    rc::Rc,
    task::Poll,
    time::Duration,
};

use tokio::{
    select,
    sync::Notify,
    time::{Instant, sleep_until},
};
use typed_saga::Verdict;

use super::{
    Told,
    answer::Answer,
    step::{Place, Step},
    trouble::Trouble,
    vendor::Vendor,
};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Waiting,
    Applied,
    Skipped,
    FellBack,
    Failed,
    Undone,
    Stands,
    Kept,
    Unsettled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    Error(Trouble),
    TimedOut,
    Panicked,
    TooManyItems,
    Deadline,
    ParentRolledBack,
    Cancelled,
    Recorded,
}

/// Who failed, by name, and why.
type Failed = (Option<&'static str>, Why);

/// What is known of one step.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
struct One {
    phase: Phase,
    /// As `Debug` writes it.
    effect: Option<String>,
    last: Option<Failed>,
    /// Its last attempt aborts the saga; in doubt, any of them.
    aborts: bool,
    doubt: bool,
    /// In doubt, and some of it happened for certain.
    half: bool,
    /// When the attempt that brought the doubt ended.
    since: Option<Instant>,
    /// When the last attempt ended that was lost, if its compensation waits for it.
    lost: Option<Instant>,
    /// The last attempt was refused too early.
    early: bool,
    started: bool,
    /// Of the first step of a `when` block: the decision on it is there.
    decided: bool,
    /// The block that it is in was not taken.
    omitted: bool,
    round: u32,
    next_round: bool,
    tries: u32,
    asked: u32,
    undos: u32,
    panics: u32,
    /// An earlier pass left it, or left it perhaps.
    left: bool,
    perhaps: bool,
    /// Nothing of it can arrive any more.
    late: bool,
    /// What came of it when it was asked for in vain.
    unanswered: Option<Failed>,
    /// Of a signal: what counts, and is not taken.
    said: Option<u32>,
    /// Its way back has begun.
    undoing: bool,
    /// Its fallback has begun.
    replaced: bool,
    /// The `if` of its savepoint said no.
    declined: bool,
    /// Its action, its `resolve`, its compensation are called once more, whatever the version that
    /// goes on says of how often.
    once_more: [bool; 3],
}

/// A saga, or a loop, whose steps are its items.
pub(crate) struct Run<'a> {
    steps: &'static [Step],
    /// The same by the version that began it, until another one goes on.
    before: Cell<Option<&'static [Step]>>,
    vendor: &'a Vendor,
    all: RefCell<Vec<One>>,
    /// What keys begin with.
    path: String,
    /// What a loop is.
    items: Option<Items>,
    /// What is in the steps that are loops or sagas.
    parts: RefCell<Vec<Option<Rc<Run<'a>>>>>,
    /// The first step of the unit at hand.
    at: Cell<usize>,
    back: Cell<bool>,
    aborted: Cell<bool>,
    acting: Cell<bool>,
    request: Cell<Request>,
    /// What the request is.
    asked: Cell<Why>,
    turns: Cell<u32>,
    first: Cell<Option<Failed>>,
    end: Cell<Option<&'static str>>,
    news: Notify,
}

/// Of a loop.
struct Items {
    count: Cell<usize>,
    /// They are made, and a turn has not forgotten them.
    made: Cell<bool>,
    width: usize,
    /// What each of them reads beside the item.
    reads: RefCell<String>,
    /// How many are under way, and which one is next.
    busy: Cell<usize>,
    next: Cell<usize>,
}

#[derive(Clone, Copy, PartialEq)]
enum Request {
    None,
    Pending,
    Accepted,
}

impl<'a> Run<'a> {
    pub(crate) fn new(steps: &'static [Step], vendor: &'a Vendor) -> Self {
        Self {
            steps,
            before: Cell::new(None),
            vendor,
            all: RefCell::new(vec![One::default(); steps.len()]),
            path: String::new(),
            items: None,
            parts: RefCell::new(steps.iter().map(|_| None).collect()),
            at: Cell::new(0),
            back: Cell::new(false),
            aborted: Cell::new(false),
            acting: Cell::new(false),
            request: Cell::new(Request::None),
            asked: Cell::new(Why::Deadline),
            turns: Cell::new(0),
            first: Cell::new(None),
            end: Cell::new(None),
            news: Notify::new(),
        }
    }

    async fn to_its_end(&self, deadline: Option<Duration>) -> &'static str {
        select! {
            end = self.drive() => end,
            () = self.interrupt(deadline) => unreachable!(),
        }
    }

    async fn drive(&self) -> &'static str {
        while self.at.get() < self.len() {
            let unit = self.at.get()..self.steps[self.at.get()].unit_end;
            if self.decide(unit.start).await {
                self.run(unit.clone()).await;
            }
            if self.back.get() {
                match self.way_back(unit.end).await {
                    Some(turned) => self.at.set(self.steps[turned].unit_start),
                    None => return self.end_of_way_back(),
                }
            } else if unit.clone().all(|s| self.one(s).is_committed()) {
                self.at.set(unit.end);
            } else {
                return "parked";
            }
        }
        "completed"
    }

    fn end_of_way_back(&self) -> &'static str {
        if self.any(One::resists) {
            "parked"
        } else {
            "compensated"
        }
    }

    async fn run(&self, unit: Range<usize>) {
        let lanes = unit.map(|s| Box::pin(self.lane(s)) as Lane<'_>);
        join(lanes.collect()).await;
    }

    /// The decision on the `when` block that begins with the step, if one does: whether the step is
    /// to be looked at.
    async fn decide(&self, s: usize) -> bool {
        let step = &self.steps[s];
        let Some((_, end)) = step.block.filter(|&(first, _)| first == s) else {
            return true;
        };
        while !self.one(s).decided {
            match self.vendor.is_wanted(step.name) {
                Answer::Panic => {
                    self.failed(s, Why::Panicked);
                    let panics = self.one(s).panics;
                    if step.place != Place::After || panics >= 3 {
                        self.fail(s);
                        return false;
                    }
                    self.wait(backoff(step, 2, 8, panics)).await;
                }
                Answer::Err(_) => self.decided(s..end, s..end),
                _ => {
                    let (_, last) = step.arms.expect("a block is an arm");
                    self.decided(s..end, end..last);
                }
            }
        }
        true
    }

    fn fail(&self, s: usize) {
        if !self.back.get() {
            self.blame(s);
        }
        self.set(s, Phase::Failed);
        if self.steps[s].place != Place::After {
            self.go_back();
        }
    }

    fn blame(&self, s: usize) {
        let one = self.one(s);
        let failure = one.last.or(one.unanswered).expect("it failed");
        self.first.set(self.first.get().or(Some(failure)));
    }

    fn go_back(&self) {
        self.back.set(true);
        if self.request.get() == Request::Pending {
            self.request.set(Request::Accepted);
        }
        self.news.notify_waiters();
    }

    /// The effect of a step as one of this `when` block reads it.
    fn value(&self, s: usize, block: Option<(usize, usize)>) -> String {
        let step = &self.steps[s];
        match (
            self.one(s).effect,
            step.is_an_option() || step.block != block,
        ) {
            (effect, true) if step.is_an_option() || step.block.is_some() => option(effect),
            (effect, _) => effect.expect("it is read when it is there"),
        }
    }

    fn key(&self, s: usize) -> String {
        let (name, path) = (self.steps[s].name, &self.path);
        format!("{path}/{name}/{}", self.one(s).round)
    }

    fn one(&self, s: usize) -> One {
        self.all.borrow()[s].clone()
    }

    fn any(&self, holds: impl Fn(&One) -> bool) -> bool {
        self.all.borrow().iter().any(holds)
    }

    fn change(&self, s: usize, change: impl FnOnce(&mut One)) {
        change(&mut self.all.borrow_mut()[s]);
    }

    fn set(&self, s: usize, phase: Phase) {
        self.change(s, |one| one.phase = phase);
        self.news.notify_waiters();
    }

    /// Waits this long, or until the saga goes back; returns whether it waited to the end.
    async fn wait(&self, long: Duration) -> bool {
        let over = Instant::now() + long;
        if self.back.get() {
            sleep_until(over).await;
            return true;
        }
        select! {
            () = sleep_until(over) => true,
            () = self.until(|| self.back.get()) => false,
        }
    }

    async fn until(&self, is_so: impl Fn() -> bool) {
        loop {
            let news = self.news.notified();
            if is_so() {
                return;
            }
            news.await;
        }
    }
}

impl One {
    fn is_committed(&self) -> bool {
        matches!(
            self.phase,
            Phase::Applied | Phase::Skipped | Phase::FellBack
        )
    }

    fn resists(&self) -> bool {
        matches!(self.phase, Phase::Stands | Phase::Kept | Phase::Unsettled)
    }
}

/// Without `#[classify]` every error is transient.
fn verdict(step: &Step, trouble: Trouble) -> Verdict {
    if step.classified {
        trouble.verdict().happened()
    } else {
        Verdict::Transient
    }
}

/// `min(cap, base * 2^k)` in units of the step, after so many failures.
fn backoff(step: &Step, base: u32, cap: u32, failures: u32) -> Duration {
    step.unit() * (base << (failures - 1)).min(cap)
}

/// As `Debug` of an `Option`.
fn option(effect: Option<String>) -> String {
    effect.map_or_else(|| "None".to_owned(), |effect| format!("Some({effect})"))
}

/// As `Debug` of a tuple.
fn tuple(values: &[String]) -> String {
    match values {
        [one] => format!("({one},)"),
        _ => format!("({})", values.join(", ")),
    }
}

pub(crate) type Lane<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Polls all futures until all have ended.
pub(crate) async fn join(mut lanes: Vec<Lane<'_>>) {
    poll_fn(|cx| {
        lanes.retain_mut(|lane| lane.as_mut().poll(cx).is_pending());
        if lanes.is_empty() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}
