//! What the runs of one path share: the faults, the records, and the story.

use super::{
    cast::{Cast, parents},
    fault::Fault,
    gate::{Seat, Turn},
    identity::Identity,
    ledger::Effect,
    path::{Path, Site},
    state::{Signal, State},
    story::{CallEnd, Called, Scene},
};
use std::{
    any::{Any, TypeId},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;
use typed_saga_core::{
    Attached, Before, CallKind, CallSite, Cause, Encode, LockTable, Place, Tray, Verdict,
    kernel::Event, run::Wait,
};

/// The number of calls of one code of a step after which the path is given up.
const ENDLESS: u32 = 100;

/// Returns an error of a type, if there is one for the verdict.
type Make = Box<dyn Fn(TypeId, Verdict) -> Option<Box<dyn Any + Send>> + Send + Sync>;

/// What the runs of one path share.
pub(super) struct Stage {
    pub(super) cast: Arc<Cast>,
    pub(super) path: Path,
    pub(super) errors: Make,
    pub(super) outage: Option<Arc<dyn Fn(bool) + Send + Sync>>,
    pub(super) ledger: Box<dyn Fn() -> Vec<Effect> + Send + Sync>,
    /// How long after its attempt a late request of a step arrives.
    pub(super) lateness: Box<dyn Fn(u16) -> Duration + Send + Sync>,
    /// Where the saga's calls wait for their turn, if another saga runs concurrently.
    pub(super) seat: Option<Seat>,
    /// The locks that concurrent sagas share.
    pub(super) locks: LockTable,
    pub(super) state: Mutex<State>,
}

impl Stage {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a call may begin.
    pub(super) async fn turn(&self) -> Option<Turn<'_>> {
        match &self.seat {
            Some(seat) => Some(seat.turn().await),
            None => None,
        }
    }

    /// A call begins; `identity` is its round and its key in words. Returns its position in the
    /// story, and its fault; `None` if it must not begin.
    pub(super) fn begin<E: 'static>(
        &self,
        generation: u32,
        at: CallSite,
        identity: Identity,
    ) -> Option<(usize, Option<Fault>)> {
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
        let fault = self.path.at(site);
        let path = &self.cast.part(at.step).path;
        let times = |child: &str| {
            state
                .begun
                .iter()
                .filter(|begun| begun.as_str() == child)
                .count()
        };
        let outer = parents(path).map(times).collect();
        state.running += 1;
        let index = state.story.0.len();
        state.story.0.push(Scene::Call(Called {
            site,
            round: (outer, at.round),
            identity,
            error: Some(TypeId::of::<E>()),
            fault,
            end: CallEnd::Open,
        }));
        Some((index, fault))
    }

    /// A call has ended; `own` if the call itself, not a fault, decided the outcome. Leaves its
    /// value for the note, and returns the value as it is read back.
    pub(super) fn end<T, E>(
        &self,
        generation: u32,
        (index, at, tray): (usize, CallSite, Option<&Tray>),
        codec: &impl Encode<T>,
        (outcome, own): (Result<T, Cause<E>>, bool),
    ) -> Result<T, Cause<E>> {
        let mut json = None;
        let outcome = outcome.map(|value| {
            let (value, written) = self.read_back(Some(at.step), "its effect", codec, value);
            json = written;
            value
        });
        let stands = self.stands(at).filter(|_| own);
        let mut state = self.state();
        if state.generation != generation {
            return outcome;
        }
        if let (Err(Cause::Failed(_)), Some(stands)) = (&outcome, stands) {
            state.compare(at.step, stands);
        }
        state.running -= 1;
        let end = match &outcome {
            Ok(_) => CallEnd::Ok,
            Err(Cause::TimedOut) => CallEnd::TimedOut,
            Err(Cause::Panicked(_)) => CallEnd::Panicked,
            Err(_) => CallEnd::Failed {
                own,
                words: None,
                verdict: None,
            },
        };
        state.called(index).end = end;
        let value = outcome?;
        state.check(at.step, json.as_ref());
        match json {
            Some(Err(text)) if at.call != CallKind::Action => Err(Cause::Unrecordable { text }),
            json => {
                if let Some(tray) = tray {
                    tray.leave(json);
                }
                Ok(value)
            }
        }
    }

    /// The number of effects of a step that remain applied when its action is called.
    fn stands(&self, at: CallSite) -> Option<u32> {
        let part = self.cast.part(at.step);
        let acts = at.call == CallKind::Action && part.changes();
        acts.then(|| {
            let effects = (self.ledger)().into_iter();
            // An effect of the loop as a whole may belong to another item.
            let alone = self.cast.is_alone(&part);
            let own = effects
                .filter(|effect| effect.step == part.path || alone && effect.step == part.plain);
            own.map(|effect| effect.stands()).sum()
        })
    }

    pub(super) fn note(
        &self,
        generation: u32,
        place: Option<&Place<'_>>,
        event: Event,
        mut with: Attached,
    ) {
        let keys = with.keys.take();
        let begins = with.inputs.is_some();
        let step = event.step().map(|step| self.cast.at(place, step));
        let nodes = self.cast.nodes(place);
        let decision = self.cast.decision(place, event);
        let mut state = self.state();
        if state.generation == generation {
            state.decisions.extend(decision);
            let begun = step.filter(|_| begins);
            let begun = begun.map(|step| self.cast.part(step).path.clone());
            state.begun.extend(begun);
            state.note(nodes, step, event, with);
            self.follow_wait(&mut state, step, event);
        }
        drop(state);
        if let (Some(keys), Some(step)) = (keys, step) {
            self.request(generation, step, keys);
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

    /// The process ends.
    pub(super) fn crash(&self) {
        self.state().end_run(Signal::Crash);
    }

    /// The process ends once the next event of the step is recorded.
    pub(super) fn crash_once_recorded(&self, step: u16) {
        self.state().last_words = Some(step);
    }

    /// The attempt of a step has timed out, and its request has not arrived.
    pub(super) fn send_off(&self, step: u16, fault: Fault) {
        let mut state = self.state();
        state.settled.retain(|settled| *settled != step);
        state.out.push((step, fault));
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

    /// Whether there is a request that must still arrive.
    pub(super) fn expects_arrivals(&self) -> bool {
        let state = self.state();
        let due = |(step, fault): &(u16, Fault)| {
            *fault == Fault::ArrivesLate || state.settled.contains(step)
        };
        state.out.iter().any(due)
    }

    /// What the caller must do now. A run is left behind once all its other calls have ended.
    pub(super) fn signal(&self) -> Option<Signal> {
        let mut state = self.state();
        if state.signal.is_none() && !state.leaving.is_empty() {
            if state.running != state.leaving.len() {
                return None;
            }
            for step in std::mem::take(&mut state.leaving) {
                if let Some(called) = state.last_call(step) {
                    called.end = CallEnd::TimedOut;
                }
                let part = self.cast.part(step);
                let event = Event::TimedOut { step: part.step };
                state.note(part.nodes.clone(), Some(step), event, Attached::default());
            }
            state.end_run(Signal::Leave);
        }
        state.signal.take()
    }
}
