//! The state of one path so far.

use super::{
    cast::Decision,
    fault::Fault,
    identity::Identity,
    path::Site,
    story::{CallEnd, Called, Scene, Story},
};
use tokio::time::Instant;
use typed_saga_core::{
    Attached, CallKind, Id, Keys, LockPlace, Verdict, Words,
    kernel::{CallChange, EffectChange, Event},
    run::{Node, Wait},
};

/// A value that is read back as another.
#[derive(Clone)]
pub(super) struct Changed {
    /// The step that it belongs to, if any.
    pub(super) step: Option<u16>,
    pub(super) what: String,
}

/// What happened, and what is recorded.
#[derive(Default)]
pub(super) struct State {
    /// The number of the current run; whatever an earlier run does is ignored.
    pub(super) generation: u32,
    /// The id of the saga.
    pub(super) id: Option<Id>,
    pub(super) story: Story,
    pub(super) records: Vec<Noted>,
    pub(super) waits: Vec<(u16, Wait<Instant>)>,
    pub(super) signal: Option<Signal>,
    /// The number of calls of the current run that have begun and not ended.
    pub(super) running: usize,
    /// The first step whose value could not be recorded, and why.
    pub(super) unrecordable: Option<(u16, String)>,
    /// The values that were read back as others.
    pub(super) changed: Vec<Changed>,
    /// The number of effects of a step that remained applied when its action was called.
    pub(super) stood: Vec<(u16, u32)>,
    /// The number of effects that this action added when it failed by itself.
    gained: Vec<(u16, u32)>,
    /// The attempts whose error means that nothing happened, and the effects that they left.
    pub(super) leaks: Vec<Leak>,
    /// The step whose next event is the last one to be recorded.
    pub(super) last_words: Option<u16>,
    /// The steps of the current run whose attempt has timed out while the request has not arrived.
    pub(super) leaving: Vec<u16>,
    /// The steps whose request has not arrived, and how it will arrive.
    pub(super) out: Vec<(u16, Fault)>,
    /// The steps whose outcome was settled while their request had not arrived.
    pub(super) settled: Vec<u16>,
    pub(super) decisions: Vec<Decision>,
    /// The paths of child sagas, once for each round that began.
    pub(super) begun: Vec<String>,
    /// The signals, sleeps and locks that are waited for, each with the position in the story at
    /// which its wait begins.
    pub(super) awaited: Vec<(u16, usize)>,
    /// The locks that were requested.
    pub(super) locks: Vec<Requested>,
    /// The signals that are to be sent now.
    pub(super) to_send: Vec<u16>,
    /// The values that were sent, as JSON.
    pub(super) sent: Vec<(u16, String)>,
}

/// The effects that an attempt left although its error means that nothing happened.
#[derive(Clone, Copy)]
pub(super) struct Leak {
    pub(super) step: u16,
    pub(super) verdict: Verdict,
    pub(super) effects: u32,
}

/// A recorded event.
pub(super) struct Noted {
    /// The run of the event.
    pub(super) nodes: Vec<Node>,
    /// The number that the cast gives to the step.
    pub(super) step: Option<u16>,
    pub(super) event: Event,
    /// What identifies the last call of the step's action.
    pub(super) made: Identity,
    pub(super) words: Option<Words>,
    pub(super) json: Option<String>,
    pub(super) at: Instant,
    /// The deadline of the child saga that this event starts.
    pub(super) deadline: Option<Instant>,
}

/// What the caller that polls the run must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// The process has ended.
    Crash,
    /// An attempt has timed out, and its request has not arrived: the run that sent it is left
    /// behind.
    Leave,
    /// This call is repeated forever.
    Endless { site: Site },
}

impl State {
    /// Ends the current run: whatever it does from now on is ignored.
    pub(super) fn end_run(&mut self, signal: Signal) {
        self.generation += 1;
        self.running = 0;
        // The requests that timed out end with the process.
        let lost = std::mem::take(&mut self.leaving);
        self.out.retain(|(step, _)| !lost.contains(step));
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

    /// The last call of a step; `None` for a loop or a child saga, which has no calls of its own.
    pub(super) fn last_call(&mut self, step: u16) -> Option<&mut Called> {
        let of = |scene: &Scene| matches!(scene, Scene::Call(called) if called.site.step == step);
        let index = self.story.0.iter().rposition(of)?;
        Some(self.called(index))
    }

    /// Notes whether the value of a step cannot be recorded.
    pub(super) fn check(&mut self, step: u16, value: Option<&Result<String, String>>) {
        if let Some(Err(why)) = value {
            self.unrecordable.get_or_insert_with(|| (step, why.clone()));
        }
    }

    /// An action of the step has failed by itself. Notes the effects that it left, unless another
    /// request of the step may still arrive.
    pub(super) fn compare(&mut self, step: u16, stands: u32) {
        let before = self.stood.iter().find(|(of, _)| *of == step);
        let more = before.map_or(0, |(_, before)| stands.saturating_sub(*before));
        self.gained.retain(|(of, _)| *of != step);
        if more > 0 && self.out.iter().all(|(of, _)| *of != step) {
            self.gained.push((step, more));
        }
    }

    pub(super) fn note(
        &mut self,
        nodes: Vec<Node>,
        step: Option<u16>,
        event: Event,
        with: Attached,
    ) {
        let Attached {
            value,
            words,
            inputs,
            items,
            ..
        } = with;
        let (input, limit) = inputs.map_or((None, None), |inputs| (inputs.json, inputs.limit));
        if let Some(step) = step {
            // That of a child saga is not checked before.
            self.check(step, value.as_ref());
        }
        let mut json = value.and_then(Result::ok).or(input).or(items);
        if let (Event::Signalled { .. }, Some(step)) = (event, step) {
            let sent = self.sent.iter().find(|(of, _)| *of == step);
            json = sent.map(|(_, json)| json.clone());
        }
        if let (Event::Rejected { verdict, .. }, Some(step)) = (event, step) {
            let gained = self.gained.iter().position(|(of, _)| *of == step);
            let gained = gained.map(|at| self.gained.swap_remove(at).1);
            let leak = gained.filter(|_| !verdict.brings_doubt());
            self.leaks.extend(leak.map(|effects| Leak {
                step,
                verdict,
                effects,
            }));
        }
        if let Some(step) = step {
            if let Event::Turned { .. } = event {
                self.story.0.push(Scene::Turned { step });
            }
            self.waits.retain(|(waits, _)| *waits != step);
            self.tell(step, event, words.as_ref().map(|words| &words.text));
        }
        let action = step.and_then(|step| self.story.calls_of(step, CallKind::Action).next_back());
        let made = action.map(|called| called.identity.clone());
        let at = Instant::now();
        self.records.push(Noted {
            nodes,
            step,
            event,
            made: made.unwrap_or_default(),
            words,
            json,
            at,
            deadline: limit.and_then(|limit| at.checked_add(limit)),
        });
        if step.is_some() && step == self.last_words {
            self.end_run(Signal::Crash);
        }
    }

    /// Adds to the story what only the saga knows.
    fn tell(&mut self, step: u16, event: Event, words: Option<&String>) {
        match event.call() {
            CallChange::Succeeds(CallKind::Resolve) => {
                let happened = event.effect() == EffectChange::Filled;
                if let Some(called) = self.last_call(step) {
                    called.end = CallEnd::Answered(happened);
                }
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
                let end = self.last_call(step).map(|called| &mut called.end);
                if let Some(CallEnd::Failed {
                    words: heard,
                    verdict: judged,
                    ..
                }) = end
                {
                    *heard = words.cloned();
                    *judged = event.fields().verdict;
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

/// A lock that was requested.
pub(super) struct Requested {
    pub(super) step: u16,
    pub(super) at: At,
}

/// The stage that a request for a lock has reached.
pub(super) enum At {
    /// It waits until it may enter the queues.
    Gate {
        ticket: u64,
        keys: Keys,
    },
    Line(LockPlace),
}
