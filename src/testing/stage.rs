//! What the runs of one path share: the troubles, the records, and what happened.

use super::{
    ledger::Effect,
    path::{Path, Site},
    story::{CallEnd, Called, Scene, Story},
    trouble::Trouble,
};
use saga_core::{
    Attempt, Before, CallKind, CallSite, Encode, Verdict,
    definition::{Definition, Kind},
    kernel::{CallChange, EffectChange, Event},
    run::Wait,
};
use std::{
    any::Any,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// After how many calls of one code of a step the path is given up.
const ENDLESS: u32 = 100;

/// Gives an error of the saga's type, if there is one for the verdict.
pub(super) type Errors = Arc<dyn Fn(Verdict) -> Option<Box<dyn Any + Send>> + Send + Sync>;

/// What the runs of one path share.
pub(super) struct Stage {
    pub(super) definition: &'static Definition,
    pub(super) path: Path,
    pub(super) errors: Errors,
    pub(super) outage: Option<Arc<dyn Fn(bool) + Send + Sync>>,
    pub(super) ledger: Box<dyn Fn() -> Vec<Effect> + Send + Sync>,
    /// For each step, how late a late request of it arrives.
    pub(super) lateness: Vec<Duration>,
    pub(super) state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    /// The number of the current run: what an earlier one does is ignored.
    pub(super) generation: u32,
    pub(super) story: Story,
    pub(super) records: Vec<Noted>,
    pub(super) waits: Vec<(u16, Wait<Instant>)>,
    pub(super) signal: Option<Signal>,
    /// Calls of the current run that have begun and not ended.
    running: usize,
    /// Values of calls whose events are not recorded yet.
    values: Vec<(u16, String)>,
    refused: Vec<(u16, String)>,
    /// The first step whose value could not be recorded, and why.
    pub(super) unrecordable: Option<(u16, String)>,
    /// How many effects of a step stood when its action was called.
    stood: Vec<(u16, u32)>,
    /// How many more stood when that failed by itself.
    gained: Vec<(u16, u32)>,
    /// Attempts whose error said that nothing happened, and the effects that they left.
    pub(super) leaks: Vec<Leak>,
    /// The step whose next event is the last one to be recorded.
    last_words: Option<u16>,
    /// Steps of the current run whose attempt has timed out while the request is still out.
    leaving: Vec<u16>,
    /// Steps whose request is still out, and how it arrives.
    out: Vec<(u16, Trouble)>,
    /// Steps whose outcome was settled while their request was out.
    settled: Vec<u16>,
    /// Signals and sleeps that are waited for, and where in the story that begins.
    pub(super) awaited: Vec<(u16, usize)>,
    /// Signals that are to be sent now.
    pub(super) to_send: Vec<u16>,
    /// The values that were sent, as JSON.
    pub(super) sent: Vec<(u16, String)>,
}

/// What an attempt left behind whose error said that nothing happened.
#[derive(Clone, Copy)]
pub(super) struct Leak {
    pub(super) step: u16,
    pub(super) verdict: Verdict,
    pub(super) effects: u32,
}

/// What is on record.
pub(super) struct Noted {
    pub(super) event: Event,
    pub(super) words: Option<String>,
    pub(super) json: Option<String>,
    pub(super) at: Instant,
}

/// What the caller that polls the run must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// The process has ended.
    Crash,
    /// An attempt has timed out, and its request is still out: the run that sent it is left behind.
    Leave,
    /// This call is repeated for ever.
    Endless { site: Site },
}

impl Stage {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call begins: gives its place in the story, and its trouble. `None` if it must not begin.
    pub(super) fn begin(&self, generation: u32, at: CallSite) -> Option<(usize, Option<Trouble>)> {
        let stands = self.stands(at);
        let mut state = self.state();
        if state.generation != generation {
            return None;
        }
        state.stood.retain(|(step, _)| *step != at.step);
        state.stood.extend(stands.map(|stands| (at.step, stands)));
        let nth = state.story.calls_of(at.step, at.call).count();
        let site = Site {
            step: at.step,
            call: at.call,
            nth: u32::try_from(nth).unwrap_or(u32::MAX),
        };
        if site.nth == ENDLESS {
            state.end_run(Signal::Endless { site });
            return None;
        }
        let trouble = self.path.at(site);
        state.running += 1;
        let index = state.story.0.len();
        state.story.0.push(Scene::Call(Called {
            site,
            round: at.round,
            trouble,
            end: CallEnd::Open,
        }));
        Some((index, trouble))
    }

    /// A call has ended; `own` if by itself, and not by its trouble.
    pub(super) fn end<T, E>(
        &self,
        generation: u32,
        index: usize,
        at: CallSite,
        codec: &impl Encode<T>,
        (outcome, own): (Attempt<T, E>, bool),
    ) -> Attempt<T, E> {
        let stands = self.stands(at).filter(|_| own);
        let mut state = self.state();
        if state.generation != generation {
            return outcome;
        }
        if let (Attempt::Err(_), Some(stands)) = (&outcome, stands) {
            state.compare(at.step, stands);
        }
        state.running -= 1;
        let end = match &outcome {
            Attempt::Ok(_) => CallEnd::Ok,
            Attempt::Err(_) | Attempt::Unrecordable(_) => CallEnd::Failed { own, words: None },
            Attempt::TimedOut => CallEnd::TimedOut,
            Attempt::Panicked(_) => CallEnd::Panicked,
        };
        state.called(index).end = end;
        let Attempt::Ok(value) = &outcome else {
            return outcome;
        };
        match codec.encode(value) {
            Some(Ok(json)) => state.values.push((at.step, json)),
            Some(Err(why)) => {
                let unrecordable = (at.step, why.clone());
                state.unrecordable.get_or_insert(unrecordable);
                if at.call != CallKind::Action {
                    return Attempt::Unrecordable(why);
                }
                state.refused.push((at.step, why));
            }
            None => {}
        }
        outcome
    }

    /// How many effects of a step stand whose action is called.
    fn stands(&self, at: CallSite) -> Option<u32> {
        let declared = &self.definition.steps[usize::from(at.step)];
        let changes = matches!(declared.kind, Kind::Step | Kind::Pivot);
        let acts = at.call == CallKind::Action && changes;
        acts.then(|| {
            let effects = (self.ledger)().into_iter();
            let own = effects.filter(|effect| effect.step == declared.name);
            own.map(|effect| effect.stands()).sum()
        })
    }

    pub(super) fn note(
        &self,
        generation: u32,
        event: Event,
        words: impl FnOnce() -> Option<String>,
    ) {
        let mut state = self.state();
        if state.generation == generation {
            state.note(event, words());
            self.follow_wait(&mut state, event);
        }
    }

    pub(super) fn wait(&self, generation: u32, step: u16, before: Before, wait: Duration) {
        let mut state = self.state();
        let until = Instant::now().checked_add(wait);
        if state.generation != generation {
            return;
        }
        if let Some(until) = until {
            state.waits.retain(|(waits, _)| *waits != step);
            state.waits.push((step, Wait { until, before }));
        }
        state.crash_before(step);
    }

    pub(super) fn unrecordable(&self, step: u16) -> Option<String> {
        let mut state = self.state();
        let position = state.refused.iter().position(|(of, _)| *of == step)?;
        Some(state.refused.swap_remove(position).1)
    }

    /// The process ends.
    pub(super) fn crash(&self) {
        self.state().end_run(Signal::Crash);
    }

    /// The process ends once the next event of the step is on record.
    pub(super) fn crash_once_recorded(&self, step: u16) {
        self.state().last_words = Some(step);
    }

    /// The attempt of a step has timed out, and its request is still out.
    pub(super) fn send_off(&self, step: u16, trouble: Trouble) {
        let mut state = self.state();
        state.settled.retain(|settled| *settled != step);
        state.out.push((step, trouble));
        state.leaving.push(step);
    }

    /// Whether the outcome of a step was settled, so that its request may arrive now.
    pub(super) fn is_settled(&self, step: u16) -> bool {
        self.state().settled.contains(&step)
    }

    pub(super) fn arrives(&self, step: u16, after: Duration) {
        self.state().story.0.push(Scene::Arrived { step, after });
    }

    pub(super) fn has_arrived(&self, step: u16) {
        self.state().out.retain(|(of, _)| *of != step);
    }

    /// Whether a request is out that must arrive.
    pub(super) fn expects_arrivals(&self) -> bool {
        let state = self.state();
        let due = |(step, trouble): &(u16, Trouble)| {
            *trouble == Trouble::ArrivesLate || state.settled.contains(step)
        };
        state.out.iter().any(due)
    }

    /// What the caller must do now. A run is left behind once nothing else of it runs.
    pub(super) fn signal(&self) -> Option<Signal> {
        let mut state = self.state();
        if state.signal.is_none() && !state.leaving.is_empty() {
            if state.running != state.leaving.len() {
                return None;
            }
            for step in std::mem::take(&mut state.leaving) {
                state.last_call(step).end = CallEnd::TimedOut;
                state.note(Event::TimedOut { step }, None);
            }
            state.end_run(Signal::Leave);
        }
        state.signal.take()
    }
}

impl State {
    /// Ends the current run: what it does from now on is ignored.
    pub(super) fn end_run(&mut self, signal: Signal) {
        self.generation += 1;
        self.running = 0;
        // Their requests end with the process.
        let lost = std::mem::take(&mut self.leaving);
        self.out.retain(|(step, _)| !lost.contains(step));
        self.values.clear();
        self.refused.clear();
        self.to_send.clear();
        self.last_words = None;
        self.signal = Some(signal);
    }

    pub(super) fn called(&mut self, index: usize) -> &mut Called {
        match &mut self.story.0[index] {
            Scene::Call(called) => called,
            scene => unreachable!("a call stays where it began: {scene:?}"),
        }
    }

    fn last_call(&mut self, step: u16) -> &mut Called {
        let of = |scene: &Scene| matches!(scene, Scene::Call(called) if called.site.step == step);
        let index = self.story.0.iter().rposition(of);
        self.called(index.expect("a step whose call ended was called"))
    }

    /// An action of the step has failed by itself: what it left, unless another of its requests is
    /// still out.
    fn compare(&mut self, step: u16, stands: u32) {
        let before = self.stood.iter().find(|(of, _)| *of == step);
        let more = before.map_or(0, |(_, before)| stands.saturating_sub(*before));
        self.gained.retain(|(of, _)| *of != step);
        if more > 0 && self.out.iter().all(|(of, _)| *of != step) {
            self.gained.push((step, more));
        }
    }

    fn note(&mut self, event: Event, words: Option<String>) {
        let mut json = None;
        if let Event::Signalled { step } = event {
            let sent = self.sent.iter().find(|(of, _)| *of == step);
            json = sent.map(|(_, json)| json.clone());
        }
        if let Event::Rejected { step, verdict, .. } = event {
            let gained = self.gained.iter().position(|(of, _)| *of == step);
            let gained = gained.map(|at| self.gained.swap_remove(at).1);
            let leak = gained.filter(|_| !verdict.brings_doubt());
            self.leaks.extend(leak.map(|effects| Leak {
                step,
                verdict,
                effects,
            }));
        }
        if let Some(step) = event.step() {
            self.waits.retain(|(waits, _)| *waits != step);
            if let Some(position) = self.values.iter().position(|(of, _)| *of == step) {
                json = Some(self.values.swap_remove(position).1);
            }
            self.tell(step, event, words.as_ref());
        }
        self.records.push(Noted {
            event,
            words,
            json,
            at: Instant::now(),
        });
        if event.step().is_some() && event.step() == self.last_words {
            self.end_run(Signal::Crash);
        }
    }

    /// Adds to the story what only the saga knows.
    fn tell(&mut self, step: u16, event: Event, words: Option<&String>) {
        match event.call() {
            CallChange::Succeeds(CallKind::Resolve) => {
                let happened = event.effect() == EffectChange::Filled;
                self.last_call(step).end = CallEnd::Answered(happened);
                self.settled.extend(happened.then_some(step));
            }
            CallChange::Succeeds(CallKind::Action | CallKind::Compensate) => {
                self.settled.push(step);
            }
            CallChange::Settled if event.effect() == EffectChange::None => {}
            CallChange::Settled => self.settled.push(step),
            CallChange::Fails(
                CallKind::Action | CallKind::Resolve | CallKind::Compensate | CallKind::Fallback,
                _,
            ) => {
                if let CallEnd::Failed { words: heard, .. } = &mut self.last_call(step).end {
                    *heard = words.cloned();
                }
            }
            CallChange::Succeeds(CallKind::When | CallKind::Fallback)
            | CallChange::Fails(CallKind::When, _)
            | CallChange::None
            | CallChange::Starts(_)
            | CallChange::Lost => {}
        }
    }
}
