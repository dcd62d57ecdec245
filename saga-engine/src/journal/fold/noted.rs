//! What is on record of one step, beside what the kernel knows.

use saga_core::{
    Before, CallKind,
    kernel::{Command, Event, Kernel, Lane, Running, Settlement, StepState, Verdict},
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
        if let Some(call) = failed_call(event, running) {
            return self.fail(call, record, at);
        }
        match event {
            Event::Skipped { .. } | Event::Applied { .. } | Event::FellBack { .. } => {
                self.failed = None;
            }
            Event::Resolved { happened: true, .. } => (self.failed, self.unsettled) = (None, None),
            Event::Resolved { .. } | Event::Compensated { .. } => self.unsettled = None,
            Event::Settled { settlement, .. } => {
                self.unsettled = None;
                if settlement == Settlement::Applied {
                    self.failed = None;
                }
            }
            _ => return,
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
        } else if self.doubt_since.is_none() || brings_doubt(event) {
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
            .filter(|wait| awaited(command(kernel, step)) == Some(wait.before));
    }
}

/// Which code failed, if the event says that one did.
fn failed_call(event: Event, running: Option<Running>) -> Option<CallKind> {
    Some(match event {
        Event::WhenPanicked { .. } => CallKind::When,
        Event::Rejected { .. }
        | Event::TimedOut { .. }
        | Event::Panicked { .. }
        | Event::Unrecordable { .. } => CallKind::Action,
        Event::ResolveFailed { .. } => CallKind::Resolve,
        Event::CompensationFailed { .. } => CallKind::Compensate,
        Event::FallbackDeclined { .. } => CallKind::Fallback,
        Event::Lost { .. } => match running {
            Some(Running::Resolve) => CallKind::Resolve,
            Some(Running::Compensation) => CallKind::Compensate,
            Some(Running::Fallback) => CallKind::Fallback,
            Some(Running::Action) | None => CallKind::Action,
        },
        _ => return None,
    })
}

/// Whether what the event tells of may arrive late.
fn brings_doubt(event: Event) -> bool {
    matches!(
        event,
        Event::TimedOut { .. }
            | Event::Panicked { .. }
            | Event::Lost { .. }
            | Event::Rejected {
                verdict: Verdict::Unknown,
                ..
            }
    )
}

/// What the kernel asks for at this step.
fn command(kernel: &Kernel<Box<[StepState]>>, step: u16) -> Option<Command> {
    match kernel.next() {
        Command::Group { .. } => match kernel.lane(step) {
            Lane::Run(command) => Some(command),
            Lane::Blocked | Lane::Ended => None,
        },
        command => Some(command).filter(|command| of_step(*command) == Some(step)),
    }
}

fn of_step(command: Command) -> Option<u16> {
    match command {
        Command::Decide { step }
        | Command::Attempt { step }
        | Command::AwaitLate { step }
        | Command::Resolve { step }
        | Command::Compensate { step }
        | Command::Fallback { step }
        | Command::Backoff { step, .. }
        | Command::Keep { step }
        | Command::Turn { step, .. } => Some(step),
        _ => None,
    }
}

/// What the command waits for, if it asks to wait.
fn awaited(command: Option<Command>) -> Option<Before> {
    match command? {
        Command::Backoff { what, .. } => Some(what.into()),
        Command::AwaitLate { .. } => Some(Before::Resolve),
        Command::Turn { .. } => Some(Before::Turn),
        _ => None,
    }
}
