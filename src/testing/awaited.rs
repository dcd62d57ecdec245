//! Signals and sleeps: the waits for them, and when signals are sent.

use super::{
    fault::Fault,
    identity::Identity,
    path::Site,
    stage::Stage,
    state::{Signal, State},
    story::{CallEnd, Called, Scene},
};
use typed_saga_core::{CallKind, Encoded, definition::Kind, kernel::Event};

impl Stage {
    /// Notes the signals that are to be sent before the saga begins.
    pub(super) fn send_early(&self) {
        let early = self
            .path
            .0
            .iter()
            .filter(|(_, fault)| *fault == Fault::SentEarly);
        self.state()
            .to_send
            .extend(early.map(|(site, _)| site.step));
    }

    /// Takes the signals that are to be sent now.
    pub(super) fn to_send(&self) -> Vec<u16> {
        std::mem::take(&mut self.state().to_send)
    }

    /// Notes the value of a signal that is sent now.
    pub(super) fn sends(&self, step: u16, json: Encoded) {
        let mut state = self.state();
        match json {
            Some(Ok(json)) => {
                state.sent.retain(|(of, _)| *of != step);
                state.sent.push((step, json));
            }
            Some(Err(why)) => {
                state.unrecordable.get_or_insert((step, why));
            }
            None => {}
        }
    }

    /// A new run resumes the waits of an earlier one, as far as they still apply.
    pub(super) fn awaits_again(&self, waits: impl Fn(u16) -> bool) {
        let mut state = self.state();
        for (step, _) in std::mem::take(&mut state.awaited) {
            if waits(step) {
                self.awaits(&mut state, step);
                state.crash_before(step);
            }
        }
    }

    /// Applies an event to the waits for signals, sleeps and locks.
    pub(super) fn follow_wait(&self, state: &mut State, step: Option<u16>, event: Event) {
        let Some(step) = step else { return };
        if self.cast.part(step).declared.kind.acts() {
            return;
        }
        if let Event::Awaiting { .. } = event {
            return self.awaits(state, step);
        }
        let position = state.awaited.iter().position(|(of, _)| *of == step);
        let end = match event {
            Event::Signalled { .. } => None,
            Event::Received { .. } | Event::Woken { .. } => Some(CallEnd::Ok),
            Event::TimedOut { .. } => Some(CallEnd::TimedOut),
            _ => return,
        };
        let index = match (position, &end) {
            (Some(position), None) => state.awaited[position].1,
            (Some(position), Some(_)) => state.awaited.swap_remove(position).1,
            (None, None) => return,
            // The signal was there before the saga waited for it.
            (None, Some(_)) => self.begin_wait(state, step).0,
        };
        let called = state.called(index);
        let (over, fault) = (end == Some(CallEnd::Ok), called.fault);
        called.end = end.unwrap_or(CallEnd::Open);
        match fault {
            Some(Fault::CrashUnrecorded) if !over => state.end_run(Signal::Crash),
            Some(Fault::CrashRecorded) if over => state.end_run(Signal::Crash),
            Some(Fault::SentLate) if !over => state.to_send.push(step),
            _ => {}
        }
    }

    /// A wait for a signal, a sleep or a lock begins.
    fn awaits(&self, state: &mut State, step: u16) {
        let (index, fault) = self.begin_wait(state, step);
        state.awaited.push((step, index));
        let signal = self.cast.part(step).declared.kind == Kind::Signal;
        let times = match fault {
            Some(Fault::NeverSent | Fault::SentLate | Fault::TimesOut) => 0,
            Some(Fault::SentTwice) => 2,
            _ => 1,
        };
        let times = if signal { times } else { 0 };
        state.to_send.extend((0..times).map(|_| step));
    }

    fn begin_wait(&self, state: &mut State, step: u16) -> (usize, Option<Fault>) {
        let nth = state.story.calls_of(step, CallKind::Action).count();
        let site = Site {
            step,
            call: CallKind::Action,
            nth: u32::try_from(nth).unwrap_or(u32::MAX),
        };
        let fault = self.path.at(site);
        let index = state.story.0.len();
        state.story.0.push(Scene::Call(Called {
            site,
            round: (Vec::new(), 0),
            identity: Identity::default(),
            error: None,
            fault,
            end: CallEnd::Open,
        }));
        (index, fault)
    }
}

impl State {
    /// The end of a wait has been recorded. Ends the process if that is the fault of this wait.
    pub(super) fn crash_before(&mut self, step: u16) {
        let awaited = self.awaited.iter().find(|(of, _)| *of == step);
        let index = awaited.map(|(_, index)| *index);
        if index.is_some_and(|at| self.called(at).fault == Some(Fault::CrashBefore)) {
            self.end_run(Signal::Crash);
        }
    }
}
