//! One path, run to its end in virtual time.
//!
//! ```text
//!  run ──────────── ends ▶
//!   │ crash: rebuilt from the records
//!   │ a request has not arrived: also rebuilt; the run that sent it waits until it arrives
//! ```

use super::{
    cast::Decision,
    fault::Fault,
    journal::{Journal, ready_if},
    stage::Stage,
    standing::Standing,
    state::{Changed, Leak, Signal},
    story::{CallEnd, Called, Scene, Story},
};
use std::{
    collections::BTreeMap,
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    runtime::Builder,
    time::{Instant, sleep, timeout},
};
use typed_saga_core::{
    CallKind, Id, Key, Machine, Prepared, Sender, Signalled, Signals as _, Summary, Words,
    kernel::Phase,
    run::{Ended, Finished, HandOver, Recovery, RunHistory, RunOptions, Said, discard},
};

/// The longest that a path may take, in virtual time.
const PATIENCE: Duration = Duration::from_secs(366 * 24 * 60 * 60);
/// The time it takes to restart a process.
const RESTART: Duration = Duration::from_secs(1);
const SEED: u64 = 1;

/// Makes the signals that a test sends, by step.
pub(super) type Signals<M> = BTreeMap<u16, Box<dyn Fn() -> <M as Machine>::Signal>>;
type Run<M> = Pin<Box<dyn Future<Output = Ended<M>> + Send>>;

/// The result of walking a path.
pub(super) struct Ran {
    pub(super) story: Story,
    /// How the saga ended, or why it did not end.
    pub(super) end: Result<Summary, Stopped>,
    /// The effects that remain applied according to the records.
    pub(super) standing: Standing,
    /// The first step whose value could not be recorded, and why.
    pub(super) unrecordable: Option<(u16, String)>,
    /// The values that were read back as others.
    pub(super) changed: Vec<Changed>,
    /// The attempts whose error means that nothing happened, and the effects that they left.
    pub(super) leaks: Vec<Leak>,
    pub(super) decisions: Vec<Decision>,
    pub(super) published: Published,
}

/// How the events of a saga that has ended were delivered.
#[derive(Default)]
pub(super) struct Published {
    /// The events' keys, in order.
    pub(super) keys: Vec<Key>,
    /// A description of the mistake in `publish`.
    pub(super) broken: Option<String>,
}

impl Published {
    /// Delivers each event twice, as if the first answer had been lost, which may happen to any
    /// event; and before that once while no service answers.
    async fn of(
        hand_overs: Vec<(Key, HandOver)>,
        outage: Option<&(dyn Fn(bool) + Send + Sync)>,
    ) -> Self {
        let mut published = Self::default();
        for (key, attempt) in hand_overs {
            published.keys.push(key);
            if let Some(outage) = outage {
                outage(true);
                let answer = attempt().await;
                outage(false);
                if answer.is_ok() {
                    let what = "`publish` gives `Ok` while the services are off: an event is lost";
                    published.broken.get_or_insert_with(|| what.to_owned());
                }
            }
            for _answer in ["lost", "heard"] {
                if let Err(why) = attempt().await {
                    let what = format!("`publish` fails though nothing is wrong: {why}");
                    published.broken.get_or_insert(what);
                }
            }
        }
        published
    }
}

/// The reason why a path has no end.
pub(super) enum Stopped {
    /// A code of a step was called again and again.
    Endless(u16, CallKind),
    /// Nothing happened for a year.
    Idle,
    /// The records could not be read back.
    Unreadable(String),
}

/// How a saga ended, or why it did not, and its events.
pub(super) type RunEnd = (Result<Summary, Stopped>, Published);

/// Runs a path on a clock of its own.
///
/// # Panics
/// Inside of a tokio runtime.
pub(super) fn run<M: Machine>(
    prepare: impl Fn() -> Prepared<M>,
    signals: &Signals<M>,
    stage: &Arc<Stage>,
) -> Ran {
    let end = on_own_clock(to_end(prepare, signals, stage));
    Ran::of(stage, end)
}

/// Runs a future in virtual time.
///
/// # Panics
/// Inside of a tokio runtime.
pub(super) fn on_own_clock<T>(future: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without I/O needs nothing of the system");
    runtime.block_on(future)
}

/// Runs a saga to its end, or until nothing happens any more.
pub(super) async fn to_end<M: Machine>(
    prepare: impl Fn() -> Prepared<M>,
    signals: &Signals<M>,
    stage: &Arc<Stage>,
) -> RunEnd {
    match timeout(PATIENCE, follow(prepare, signals, stage)).await {
        Ok(Ok((summary, published))) => (Ok(summary), published),
        Ok(Err(stopped)) => (Err(stopped), Published::default()),
        Err(_) => (Err(Stopped::Idle), Published::default()),
    }
}

async fn follow<M: Machine>(
    prepare: impl Fn() -> Prepared<M>,
    signals: &Signals<M>,
    stage: &Arc<Stage>,
) -> Result<(Summary, Published), Stopped> {
    let prepared = prepare();
    let [before, after] = prepared.inputs();
    stage.compare(None, "the saga's input", before, after);
    let (machine, id, options) = prepared.into_parts();
    stage.state().id = Some(id.clone());
    let began = Instant::now();
    let deadline = options.deadline;
    let mut outbox = Outbox::of(&machine, signals);
    stage.send_early();
    let mut run = fresh(machine, id.clone(), options, stage);
    // Runs with a request that has not arrived yet.
    let mut behind: Vec<Run<M>> = Vec::new();
    loop {
        match step(&mut run, &mut behind, &mut outbox, stage).await {
            Step::Ended(mut ended) => {
                let summary = ended.summary();
                stage.unlock(summary.end());
                if let Some(finally) = ended.finally() {
                    finally.await;
                }
                arrive(&mut behind, stage).await;
                let published = Published::of(ended.hand_overs(), stage.outage.as_deref()).await;
                if let Finished::Completed(output) = ended.finish() {
                    let codec = M::output_codec();
                    discard(stage.read_back(None, "the saga's output", &codec, output));
                }
                return Ok((summary, published));
            }
            Step::Signal(Signal::Endless { site }) => {
                return Err(Stopped::Endless(site.step, site.call));
            }
            Step::Signal(Signal::Leave) => behind.push(run),
            Step::Signal(Signal::Crash) => {
                drop(run);
                stage.state().story.0.push(Scene::Restarted);
                sleep(RESTART).await;
            }
        }
        let (machine, _, mut options) = prepare().into_parts();
        options.deadline = deadline.map(|deadline| deadline.saturating_sub(began.elapsed()));
        outbox = Outbox::of(&machine, signals);
        run = again(machine, id.clone(), options, stage).map_err(Stopped::Unreadable)?;
    }
}

enum Step<M: Machine> {
    Ended(Box<Ended<M>>),
    Signal(Signal),
}

/// Polls the current run, then those that were left behind, until the current one ends or the stage
/// has a signal.
async fn step<M: Machine>(
    run: &mut Run<M>,
    behind: &mut [Run<M>],
    outbox: &mut Outbox<'_, M>,
    stage: &Stage,
) -> Step<M> {
    poll_fn(|cx| {
        // Before the run: a signal that is sent early is there before the run begins.
        outbox.send(stage, cx);
        let polled = run.as_mut().poll(cx);
        // After the run: a signal is sent as soon as the saga waits for it, and wakes the saga.
        outbox.send(stage, cx);
        // After the run: the runs that were left behind may wait for what it has just recorded.
        let never = behind
            .iter_mut()
            .any(|run| run.as_mut().poll(cx).is_ready());
        debug_assert!(!never, "a run that was left behind does not end");
        match (stage.signal(), polled) {
            (Some(signal), _) => Poll::Ready(Step::Signal(signal)),
            (None, Poll::Ready(ended)) => Poll::Ready(Step::Ended(Box::new(ended))),
            (None, Poll::Pending) => Poll::Pending,
        }
    })
    .await
}

/// Sends signals to a run.
struct Outbox<'a, M: Machine> {
    signals: &'a Signals<M>,
    sender: Sender<M::Signal>,
    /// The signals that have not been answered.
    sending: Vec<Pin<Box<dyn Future<Output = Signalled> + Send>>>,
}

impl<'a, M: Machine> Outbox<'a, M> {
    fn of(machine: &M, signals: &'a Signals<M>) -> Self {
        Self {
            signals,
            sender: Recovery::sender(machine),
            sending: Vec::new(),
        }
    }

    /// Sends the signals that are to be sent now.
    fn send(&mut self, stage: &Stage, cx: &mut Context<'_>) {
        for step in stage.to_send() {
            let Some(signal) = self.signals.get(&step) else {
                continue;
            };
            let signal = signal();
            stage.sends(step, signal.write().1);
            let sender = self.sender.clone();
            self.sending
                .push(Box::pin(async move { sender.signal(signal).await }));
        }
        self.sending
            .retain_mut(|sending| sending.as_mut().poll(cx).is_pending());
    }
}

/// Waits until all requests that must arrive have arrived.
async fn arrive<M: Machine>(behind: &mut [Run<M>], stage: &Stage) {
    poll_fn(|cx| {
        for run in behind.iter_mut() {
            // A run that was left behind never ends.
            let _: Poll<Ended<M>> = run.as_mut().poll(cx);
        }
        ready_if(!stage.expects_arrivals())
    })
    .await;
}

fn journal(stage: &Arc<Stage>) -> Journal {
    Journal {
        stage: Arc::clone(stage),
        generation: stage.state().generation,
    }
}

fn fresh<M: Machine>(machine: M, id: Id, options: RunOptions, stage: &Arc<Stage>) -> Run<M> {
    let history = RunHistory::<Instant>::new(M::DEFINITION, M::DEFINITION.durable);
    let recovery = Recovery::<M>::of(&history, id, seeded(options));
    let recovery = recovery.expect("nothing is recorded yet");
    Box::pin(recovery.run(machine, journal(stage), usize::MAX))
}

/// The options with a fixed seed, so that the waits are the same in every run.
fn seeded(options: RunOptions) -> RunOptions {
    RunOptions {
        seed: Some(SEED),
        ..options
    }
}

/// A run that continues from the recorded state, as in an engine.
fn again<M: Machine>(
    machine: M,
    id: Id,
    options: RunOptions,
    stage: &Arc<Stage>,
) -> Result<Run<M>, String> {
    let journal = journal(stage);
    let mut history = RunHistory::new(M::DEFINITION, M::DEFINITION.durable);
    {
        let before = stage.state();
        for noted in &before.records {
            let words = noted.words.as_ref().map(Words::said);
            let said = words.unwrap_or_else(|| Said {
                value: noted.json.as_deref(),
                ..Said::default()
            });
            history
                .apply_at(&noted.nodes, noted.event, noted.at, said)
                .map_err(|illegal| illegal.to_string())?;
            if let (Some(step), Some(deadline)) = (noted.event.step(), noted.deadline) {
                history.set_deadline(&noted.nodes, step, deadline);
            }
        }
        for (step, wait) in &before.waits {
            let part = stage.cast.part(*step);
            if let Some(run) = history.at_mut(&part.nodes) {
                run.wait(part.step, wait.until, Some(*wait));
            }
        }
    }
    history.close();
    let recovery = Recovery::<M>::of(&history, id, seeded(options));
    let recovery = recovery.map_err(|misfit| misfit.why)?;
    let given = recovery.give(&machine);
    given.map_err(|panic| panic.message().to_owned())?;
    stage.awaits_again(|step| {
        let part = stage.cast.part(step);
        history.at(&part.nodes).is_some_and(|run| {
            let own = &run.steps[usize::from(part.step)];
            let phase = run.kernel.phase(part.step);
            let waits = matches!(phase, Phase::Listening | Phase::Sleeping | Phase::Queued);
            waits && own.signal.is_none()
        })
    });
    // The events of a saga are recorded together with its end. They are not recorded here, so the
    // run makes them again.
    if recovery.end().is_some() && M::DEFINITION.emits.is_none() {
        let ended = recovery.ended(machine);
        return Ok(Box::pin(async move {
            ended.expect("a saga whose end is recorded has ended")
        }));
    }
    Ok(Box::pin(recovery.run(machine, journal, usize::MAX)))
}

impl Ran {
    pub(super) fn of(stage: &Stage, (end, published): RunEnd) -> Self {
        let after = stage.state();
        Self {
            story: after.story.clone(),
            standing: Standing::of(&after.records, &stage.cast),
            unrecordable: after.unrecordable.clone(),
            changed: after.changed.clone(),
            leaks: after.leaks.clone(),
            decisions: after.decisions.clone(),
            published,
            end,
        }
    }

    /// The calls after the last fault of the path: the next fault may be in any of them.
    pub(super) fn open_calls(&self) -> impl Iterator<Item = &Called> {
        let calls: Vec<_> = self.story.calls().collect();
        // A signal that is sent early is sent before all calls.
        let early = |called: &Called| called.fault == Some(Fault::SentEarly);
        let last = calls
            .iter()
            .rposition(|called| called.fault.is_some() && !early(called));
        let first = last.map_or(0, |last| last + 1);
        calls
            .into_iter()
            .skip(first)
            .filter(move |called| !early(called))
    }

    /// Whether a call failed by itself, without any fault.
    pub(super) fn failed_by_itself(&self, step: u16, call: CallKind) -> bool {
        let own = |end: &CallEnd| matches!(end, CallEnd::Failed { own: true, .. });
        self.story
            .calls_of(step, call)
            .any(|called| own(&called.end))
    }
}
