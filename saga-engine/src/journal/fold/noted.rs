//! What is on record of one step, beside what the kernel knows.

use saga_core::{
    Before, CallKind,
    kernel::{CallChange, Command, EffectChange, Event, Kernel, Lane, Running, StepState},
};

use crate::{
    journal::record::{Kind, Record},
    store::Time,
};

/// What is on record of one step.
#[derive(Clone, Debug, Default)]
pub struct Noted {
    /// When something was recorded of it last; `None` if nothing was.
    pub updated: Option<Time>,
    /// Its effect as JSON, if it is there and was recorded: of its action, its `resolve`, its fallback, or given by somebody who settled it.
    pub value: Option<String>,
    /// How its `when`, its action or its fallback failed last, since it went well last.
    pub failed: Option<Failed>,
    /// How its `resolve` or its compensation failed last, since it went well last.
    pub unsettled: Option<Failed>,
    /// What it waits for.
    pub wait: Option<Wait>,
    /// If it is in doubt: when the attempt that brought the doubt ended.
    pub doubt_since: Option<Time>,
}

/// How a call of a step failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// Which code.
    pub call: CallKind,
    /// How.
    pub what: Kind,
    /// The error in words.
    pub error: Option<String>,
    /// When.
    pub at: Time,
    /// How many times in a row by then.
    pub in_a_row: u32,
}

/// A wait on record that is not over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Until when.
    pub until: Time,
    /// Before what.
    pub before: Before,
}

impl Noted {
    /// The later one of its failures.
    #[must_use]
    pub fn last_failure(&self) -> Option<&Failed> {
        let failures = [&self.failed, &self.unsettled].into_iter().flatten();
        failures.max_by_key(|failed| failed.at)
    }

    /// `running`: the call of the step that was on record as started before.
    pub(super) fn hear(
        &mut self,
        event: Event,
        record: &Record,
        at: Time,
        running: Option<Running>,
    ) {
        self.updated = Some(at);
        self.wait = None;
        match event.call() {
            CallChange::None | CallChange::Starts(_) => return,
            CallChange::Fails(call) => return self.fail(call, record, at),
            CallChange::Lost => {
                let call = running.map_or(CallKind::Action, call_kind);
                return self.fail(call, record, at);
            }
            CallChange::Succeeds(CallKind::When | CallKind::Action | CallKind::Fallback) => {
                self.failed = None;
            }
            CallChange::Succeeds(CallKind::Resolve | CallKind::Compensate)
            | CallChange::Settled => {
                self.unsettled = None;
                if event.effect() == EffectChange::Filled {
                    self.failed = None;
                }
            }
        }
        self.value = record.json().map(str::to_owned);
    }

    fn fail(&mut self, call: CallKind, record: &Record, at: Time) {
        let place = match call {
            CallKind::When | CallKind::Action | CallKind::Fallback => &mut self.failed,
            CallKind::Resolve | CallKind::Compensate => &mut self.unsettled,
        };
        let before = place.as_ref().filter(|before| before.call == call);
        *place = Some(Failed {
            call,
            what: record.what,
            error: record.error.clone(),
            at,
            in_a_row: before.map_or(0, |before| before.in_a_row) + 1,
        });
    }

    /// `doubt`: whether it is in doubt after `event`.
    pub(super) fn doubt(&mut self, event: Event, doubt: bool, at: Time) {
        if !doubt {
            self.doubt_since = None;
        } else if self.doubt_since.is_none() || event.brings_doubt() {
            self.doubt_since = Some(at);
        }
    }

    /// The journal ends here: what is no longer so is dropped.
    pub(super) fn close(&mut self, kernel: &Kernel<Box<[StepState]>>, step: u16) {
        // Another step's event may have brought or ended its doubt.
        self.doubt_since = kernel
            .is_in_doubt(step)
            .then(|| self.doubt_since.or(self.updated))
            .flatten();
        self.wait = self
            .wait
            .filter(|wait| awaited(kernel, step) == Some(wait.before));
    }
}

fn call_kind(running: Running) -> CallKind {
    match running {
        Running::Action => CallKind::Action,
        Running::Resolve => CallKind::Resolve,
        Running::Compensation => CallKind::Compensate,
        Running::Fallback => CallKind::Fallback,
    }
}

/// What the step waits for, if the kernel asks for a wait of it.
fn awaited(kernel: &Kernel<Box<[StepState]>>, step: u16) -> Option<Before> {
    let command = match kernel.next() {
        Command::Group { .. } => match kernel.lane(step) {
            Lane::Run(command) => command,
            Lane::Blocked | Lane::Ended => return None,
        },
        command => command,
    };
    let (waits, before) = Before::of(command)?;
    (waits == step).then_some(before)
}
