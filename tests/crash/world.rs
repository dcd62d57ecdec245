//! The other side: vendors that outlive every process, with a ledger by key and calls that may
//! arrive late.

use crate::crash::{
    ledger::{Act, Answer, Ledger},
    queue::at_once,
};
use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    future::pending,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant as Real},
};
use tokio::{
    sync::watch,
    time::{Instant, advance, sleep},
};
use typed_saga::{
    Context, Summary, Verdict,
    definition::Definition,
    engine::{Filter, Memory, ReadStore, SagaId},
    runtime::{Cancel, Signalled},
};

/// A call reaches its vendor after half of this, and is answered after all of it.
pub(crate) const ROUND_TRIP: Duration = Duration::from_millis(10);
/// How long nothing runs after a crash.
pub(crate) const DOWN: Duration = Duration::from_millis(100);
/// How late a call may arrive if its step does not say `#[late]`: such calls have keys.
pub(crate) const LATE: Duration = Duration::from_secs(3);

/// What a call failed with.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct No(pub(crate) Verdict);

impl No {
    pub(crate) fn verdict(&self) -> Verdict {
        self.0
    }
}

impl fmt::Display for No {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// What goes wrong with one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Oops {
    /// The vendor says no.
    Refused,
    /// It does nothing this time.
    Transient,
    /// It answers with an error that leaves the outcome unknown.
    Unknown(Arrival),
    /// It does not answer.
    Silent(Arrival),
    /// The caller does not live to hear the answer.
    Panic(Arrival),
}

/// When a call arrives whose answer nobody hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    Never,
    /// Before its caller gives it up.
    Before,
    /// Just after its caller has ended, or its successor has begun to settle it.
    Soon,
    /// As late as it may arrive.
    Late,
}

/// One call, as it was made.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// By which process, from 0.
    pub(crate) process: usize,
    /// What was called, as in [`Act::mark`].
    pub(crate) mark: char,
    pub(crate) step: &'static str,
    pub(crate) key: String,
    /// How many commits the journal had.
    pub(crate) commits: usize,
    /// When, by the world's clock.
    pub(crate) at: Duration,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key: String = self.key.chars().rev().take(4).collect();
        let Self {
            process,
            mark,
            step,
            commits,
            at,
            ..
        } = self;
        write!(
            f,
            "{process}: {mark}{step} …{key} at {at:?}, {commits} commits"
        )
    }
}

/// A handle of the world, as one process has it.
#[derive(Clone)]
pub(crate) struct World {
    process: usize,
    core: Arc<Mutex<Core>>,
}

pub(crate) struct Core {
    pub(crate) definition: &'static Definition,
    pub(crate) ledger: Ledger,
    pub(crate) calls: Vec<Call>,
    /// What is to go wrong, by mark and step, in order.
    pub(crate) script: BTreeMap<(char, &'static str), VecDeque<Oops>>,
    /// The process ends with the call of this number.
    pub(crate) ends_at: Option<usize>,
    /// Somebody is told of the call of this number.
    pub(crate) tells_at: Option<usize>,
    /// The answer to a cancel.
    pub(crate) cancelled: Option<Cancel>,
    /// The answers to signals.
    pub(crate) answers: Vec<Signalled>,
    told: Arc<watch::Sender<bool>>,
    ended: Arc<watch::Sender<bool>>,
    pub(crate) memory: Memory,
    pub(crate) saga: SagaId,
    began: Real,
    clock: Option<(Duration, Instant)>,
    /// Processes below this one are dead.
    alive: usize,
    /// Processes below this one have lost their store, and may not know.
    robbed: usize,
    processes: usize,
}

/// A call until its answer is due.
enum Next {
    Answer { flight: Option<u64>, no: Option<No> },
    Silence,
    Panic,
}

impl World {
    pub(crate) fn new(definition: &'static Definition, memory: Memory, saga: SagaId) -> Self {
        let core = Core {
            definition,
            ledger: Ledger::new(definition),
            calls: Vec::new(),
            script: BTreeMap::new(),
            ends_at: None,
            tells_at: None,
            cancelled: None,
            answers: Vec::new(),
            told: Arc::new(watch::Sender::new(false)),
            ended: Arc::new(watch::Sender::new(false)),
            memory,
            saga,
            began: Real::now(),
            clock: None,
            alive: 0,
            robbed: 0,
            processes: 0,
        };
        Self {
            process: 0,
            core: Arc::new(Mutex::new(core)),
        }
    }

    /// No method of [`Core`] panics half-way.
    pub(crate) fn core(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A handle for one more process, beside those that live.
    pub(crate) fn process(&self) -> Self {
        let mut core = self.core();
        core.processes += 1;
        Self {
            process: core.processes - 1,
            core: Arc::clone(&self.core),
        }
    }

    /// The clock of a new runtime is the world's from now on.
    pub(crate) fn wind(&self) {
        let mut core = self.core();
        core.clock = Some((core.began.elapsed(), Instant::now()));
    }

    /// Moves the clock to `moment`, unless that has passed.
    pub(crate) async fn pass_until(&self, moment: Duration) {
        let wait = moment.saturating_sub(self.core().now());
        if !wait.is_zero() {
            advance(wait).await;
        }
    }

    /// All processes are dead from now on. Their calls under way arrive when `arrival` says. Says
    /// when, and how many calls those are.
    pub(crate) fn crash(&self, arrival: Arrival) -> (Duration, usize) {
        let mut core = self.core();
        let now = core.now();
        core.ledger.land(now);
        core.alive = core.processes;
        core.ends_at = None;
        core.ended = Arc::new(watch::Sender::new(false));
        let under_way = core.ledger.cut_off(now, |late| match arrival {
            Arrival::Never => None,
            Arrival::Before => Some(now),
            Arrival::Soon => Some(now + DOWN + Duration::from_millis(3)),
            Arrival::Late => Some(now + late),
        });
        (now, under_way)
    }

    /// Waits for the call that the process ends with.
    pub(crate) async fn ended(&self) {
        let ended = Arc::clone(&self.core().ended);
        let _ = ended.subscribe().wait_for(|ended| *ended).await;
    }

    /// Waits for the call that somebody is told of.
    pub(crate) async fn told(&self) {
        let told = Arc::clone(&self.core().told);
        let _ = told.subscribe().wait_for(|told| *told).await;
    }

    /// Asks whether a step is wanted.
    pub(crate) fn wants(&self, step: &'static str, wanted: bool) -> bool {
        self.core().note(self.process, 'w', step, String::new());
        wanted
    }

    pub(crate) async fn act(&self, ctx: &Context<'_>) -> Result<u64, No> {
        let number = self.call(Act::Do, ctx).await?;
        Ok(number.unwrap_or_default())
    }

    /// Acts on what an earlier step did.
    pub(crate) async fn act_on(&self, ctx: &Context<'_>, on: &u64) -> Result<u64, No> {
        self.core().ledger.check_stands(&ctx.path(), *on);
        self.act(ctx).await
    }

    pub(crate) async fn find(&self, ctx: &Context<'_>) -> Result<Option<u64>, No> {
        self.call(Act::Find, ctx).await
    }

    /// Undoes what the vendor did under this number.
    pub(crate) async fn undo(&self, ctx: &Context<'_>, number: &u64) -> Result<(), No> {
        let key = ctx.key().to_string();
        self.core().ledger.check_done(&ctx.path(), &key, *number);
        self.call(Act::Undo, ctx).await.map(drop)
    }

    /// Makes sure that nothing stands under this key, now or later.
    pub(crate) async fn stop(&self, ctx: &Context<'_>) -> Result<(), No> {
        self.call(Act::Stop, ctx).await.map(drop)
    }

    pub(crate) async fn finally(&self, _: &Summary, ctx: &Context<'_>) {
        // Its errors are not reported.
        drop(self.call(Act::Finally, ctx).await);
    }

    async fn call(&self, act: Act, ctx: &Context<'_>) -> Result<Option<u64>, No> {
        let next = self.core().begin(self.process, act, ctx);
        match next {
            Next::Silence => pending().await,
            Next::Panic => {
                sleep(ROUND_TRIP).await;
                self.unless_dead().await;
                panic!("on purpose")
            }
            Next::Answer { flight, no } => {
                sleep(ROUND_TRIP).await;
                self.unless_dead().await;
                let answer = {
                    let mut core = self.core();
                    let now = core.now();
                    core.ledger.land(now);
                    let has_store = self.process >= core.robbed;
                    flight.map(|flight| core.ledger.answer(flight, has_store))
                };
                match (no, answer) {
                    (Some(no), _) => Err(no),
                    (None, Some(Answer::Refused | Answer::Stopped)) => Err(No(Verdict::Refused)),
                    (None, Some(Answer::Number(number))) => Ok(Some(number)),
                    (None, Some(Answer::Nothing) | None) => Ok(None),
                }
            }
        }
    }

    async fn unless_dead(&self) {
        if self.process < self.core().alive {
            pending::<()>().await;
        }
    }
}

impl Core {
    pub(crate) fn now(&self) -> Duration {
        match self.clock {
            Some((before, since)) => before + since.elapsed(),
            None => self.began.elapsed(),
        }
    }

    /// Another process takes over from `from`. What `#[late]` says counts from here, as from a
    /// crash. Says how many calls were made before.
    pub(crate) fn taken_over(&mut self, from: &World) -> usize {
        let now = self.now();
        self.robbed = from.process + 1;
        self.ledger.hasten(now);
        self.calls.len()
    }

    /// A process that has lost its store makes no more calls.
    pub(crate) fn check_silent_since(&mut self, calls: usize, world: &World) {
        let since = self.calls.iter().skip(calls);
        // A `when` is no call: it is asked before the process hears that it has lost the store.
        let made = since.filter(|call| call.process == world.process && call.mark != 'w');
        let made: Vec<_> = made.map(ToString::to_string).collect();
        if !made.is_empty() {
            let made = made.join("; ");
            let wrong = format!("called after it had lost its store: {made}");
            self.ledger.wrong.push(wrong);
        }
    }

    fn note(&mut self, process: usize, mark: char, step: &'static str, key: String) {
        let call = Call {
            process,
            mark,
            step,
            key,
            commits: self.commits(),
            at: self.now(),
        };
        self.calls.push(call);
        self.check_keys();
    }

    fn begin(&mut self, process: usize, act: Act, ctx: &Context<'_>) -> Next {
        if process < self.alive || *self.ended.borrow() {
            return Next::Silence;
        }
        let step = self.ledger.path(&ctx.path());
        let (now, key) = (self.now(), ctx.key().to_string());
        self.ledger.land(now);
        let number = self.calls.len();
        self.note(process, act.mark(), step, key.clone());
        if self.tells_at == Some(number) {
            self.told.send_replace(true);
        }
        let script = self.script.get_mut(&(act.mark(), step));
        let oops = script.and_then(VecDeque::pop_front);
        if self.ends_at == Some(number) {
            self.ended.send_replace(true);
            self.ledger.send(act, step, key, now + ROUND_TRIP / 2);
            return Next::Silence;
        }
        let gone = match oops {
            Some(Oops::Silent(_)) => now + self.ledger.timeout(act, step),
            _ => now + ROUND_TRIP,
        };
        let arrives = now + ROUND_TRIP / 2;
        let no = |verdict| Next::Answer {
            flight: None,
            no: Some(No(verdict)),
        };
        match oops {
            Some(Oops::Refused) if self.ledger.refuses(step, &key) => no(Verdict::Refused),
            None | Some(Oops::Refused) => Next::Answer {
                flight: Some(self.ledger.send(act, step, key, arrives)),
                no: None,
            },
            Some(Oops::Transient) => no(Verdict::Transient),
            Some(Oops::Unknown(arrival) | Oops::Silent(arrival) | Oops::Panic(arrival)) => {
                let due = match arrival {
                    Arrival::Never => None,
                    Arrival::Before => Some(arrives),
                    Arrival::Soon => Some(gone + Duration::from_millis(1)),
                    Arrival::Late => Some(gone + self.ledger.nearly_late(step)),
                };
                if let Some(due) = due {
                    let flight = self.ledger.send(act, step, key, due);
                    self.ledger.unheard(flight);
                }
                match oops {
                    Some(Oops::Silent(_)) => Next::Silence,
                    Some(Oops::Panic(_)) => Next::Panic,
                    _ => no(Verdict::Unknown),
                }
            }
        }
    }

    /// How many commits are on record.
    fn commits(&self) -> usize {
        let rows = at_once(self.memory.list(Filter::of(self.saga.clone())));
        let commits = rows.first().map_or(0, |row| row.commits);
        usize::try_from(commits).unwrap_or(usize::MAX)
    }
}

/// As late as something may arrive: a little less, as the clocks of two processes differ a little.
pub(crate) fn nearly(late: Duration) -> Duration {
    late.saturating_sub(Duration::from_millis(200))
}
