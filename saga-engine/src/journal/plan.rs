//! What would run next if every call succeeded: what a person sees before doing something to a saga.

mod refused;
#[cfg(test)]
mod tests;

use std::fmt;

use saga_core::{
    definition::{Step, Text},
    kernel::{
        Cancellation, Command, End, Event, Kernel, Lane, Phase, Running, Settlement, StepState,
        Waiting,
    },
};

use crate::journal::fold::Folded;
pub use refused::Refused;

/// What would run, in order, and what it would come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What would run.
    pub calls: Vec<Planned>,
    /// What it would come to.
    pub end: Outlook,
}

/// One thing that would be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Of which step.
    pub step: Text,
    /// What.
    pub what: Act,
    /// Whether it would be done only if a condition agrees that is not known now: the step's `when`, or its savepoint's `if`.
    pub conditional: bool,
    /// Whether it has been started, on record.
    pub started: bool,
}

/// What is done with a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// Its action is called.
    Action,
    /// Its `resolve` is asked.
    Resolve,
    /// Its compensation is called.
    Compensation,
    /// Its fallback is called.
    Fallback,
    /// The saga turns forward again there.
    Turn,
    /// It sleeps.
    Sleep,
    /// It takes its signal.
    Signal,
}

/// What a plan comes to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Outlook {
    /// The saga would end so.
    Ends(End),
    /// What follows depends on the answer of this step's `resolve`.
    Answer(Text),
    /// It would listen for this signal.
    Listens(Text),
}

/// What would run if these things were heard now, and then every call succeeded and every wait were over at once.
///
/// With no events it is what the saga does by itself; with [`Event::Resumed`], [`Event::Settled`], [`Event::CancelRequested`] it is what follows
/// from a person's action. The siblings of a block stand in order of declaration.
///
/// # Errors
/// [`Refused`] if one of the events does not fit: nothing would be done then.
///
/// # Panics
/// If an event is of a step that the saga does not have.
pub fn plan(folded: &Folded, first: &[Event]) -> Result<Plan, Refused> {
    let mut run = Simulation {
        kernel: folded.run.kernel.clone(),
        calls: Vec::new(),
        block: None,
    };
    for &event in first {
        run.person(event)?;
    }
    let end = run.run_on();
    let calls = run.calls;
    Ok(Plan { calls, end })
}

/// What would follow if a person took the saga into their own hands for good: nothing would run any
/// more. That may be done while it is parked, or waits, however long.
///
/// # Errors
/// [`Refused`] if a call of it runs, or may begin at any moment; or if it has ended.
pub fn abandoned(folded: &Folded) -> Result<Plan, Refused> {
    let kernel = &folded.run.kernel;
    let parked = kernel.next() == Command::End(End::Parked);
    if let Some((step, _)) = kernel.running().next() {
        let step = kernel.definition().steps[usize::from(step)].name.clone();
        return Err(Refused::Runs { step });
    }
    if !parked && folded.waits().next().is_none() {
        return Err(Refused::NotAtRest);
    }
    Ok(Plan {
        calls: Vec::new(),
        end: Outlook::Ends(End::Parked),
    })
}

struct Simulation {
    kernel: Kernel<Box<[StepState]>>,
    calls: Vec<Planned>,
    /// The `when` block that it takes for granted.
    block: Option<u16>,
}

impl Simulation {
    fn person(&mut self, event: Event) -> Result<(), Refused> {
        self.kernel
            .apply(event)
            .map_err(|_| refused(&self.kernel, event))?;
        if event == Event::CancelRequested && self.kernel.cancellation() == Cancellation::TooLate {
            return Err(Refused::TooLate);
        }
        Ok(())
    }

    fn run_on(&mut self) -> Outlook {
        loop {
            let running = self.kernel.running().next();
            let outlook = match running {
                Some((step, call)) => self.succeed(step, call, true),
                None => match self.kernel.next() {
                    Command::End(end) => Some(Outlook::Ends(end)),
                    Command::Group { first, len } => self.obey(self.lane(first, len)),
                    command => self.obey(command),
                },
            };
            if let Some(outlook) = outlook {
                return outlook;
            }
        }
    }

    /// What the first sibling does that has something to do, or else one that listens.
    fn lane(&self, first: u16, len: u16) -> Command {
        let lanes = (first..first + len).map(|step| self.kernel.lane(step));
        let commands = lanes.filter_map(|lane| match lane {
            Lane::Run(command) => Some(command),
            Lane::Blocked | Lane::Ended => None,
        });
        // The others go on while one listens.
        let commands = commands.min_by_key(|command| matches!(command, Command::Listen { .. }));
        commands.expect("siblings wait only for siblings that have something to do")
    }

    fn obey(&mut self, command: Command) -> Option<Outlook> {
        match command {
            Command::Decide { step } if !self.declared(step).kind.acts() => {
                self.hear(Event::Awaiting { step });
            }
            Command::Sleep { step } => {
                let conditional = self.declared(step).when.is_some();
                self.list(step, Act::Sleep, conditional, false);
                self.hear(Event::Woken { step });
            }
            Command::Receive { step } => {
                let conditional = self.declared(step).when.is_some();
                self.list(step, Act::Signal, conditional, false);
                self.hear(Event::Received { step });
            }
            Command::Listen { step } => return Some(Outlook::Listens(self.name(step))),
            Command::Decide { step } | Command::Attempt { step } => {
                let granted = self.block.is_some() && self.declared(step).condition == self.block;
                let conditional = granted || matches!(command, Command::Decide { .. });
                self.hear(Event::Attempting { step });
                self.list(step, Act::Action, conditional, false);
                self.hear(Event::Applied { step });
            }
            Command::DecideBlock { block } => {
                self.block = Some(block);
                self.hear(Event::Decided { block, taken: true });
            }
            Command::Resolve { step } => {
                self.hear(Event::Resolving { step });
                return self.succeed(step, Running::Resolve, false);
            }
            Command::Compensate { step } => {
                self.hear(Event::Compensating { step });
                return self.succeed(step, Running::Compensation, false);
            }
            Command::Fallback { step } => {
                self.hear(Event::FallingBack { step });
                return self.succeed(step, Running::Fallback, false);
            }
            Command::Turn { step, .. } => {
                let savepoint = self.declared(step).savepoint.as_ref();
                let conditional = savepoint.is_some_and(|savepoint| savepoint.conditional);
                self.list(step, Act::Turn, conditional, false);
                self.hear(Event::Turned { step });
            }
            Command::Backoff { step, .. } | Command::AfterLoss { step, .. } => {
                self.hear(Event::Waited { step });
            }
            Command::AwaitLate { step } => self.hear(Event::LatePassed { step }),
            Command::Keep { step } => self.hear(Event::Kept { step }),
            Command::Group { .. } | Command::End(_) => {
                unreachable!("{command:?} is no command for a step")
            }
        }
        None
    }

    /// A call that has been started ends well.
    fn succeed(&mut self, step: u16, call: Running, started: bool) -> Option<Outlook> {
        let (what, event) = match call {
            Running::Action => (Act::Action, Event::Applied { step }),
            Running::Compensation => (Act::Compensation, Event::Compensated { step }),
            Running::Fallback => (Act::Fallback, Event::FellBack { step }),
            Running::Resolve => {
                self.list(step, Act::Resolve, false, started);
                return Some(Outlook::Answer(self.name(step)));
            }
        };
        self.list(step, what, false, started);
        self.hear(event);
        None
    }

    fn list(&mut self, step: u16, what: Act, conditional: bool, started: bool) {
        let step = self.name(step);
        self.calls.push(Planned {
            step,
            what,
            conditional,
            started,
        });
    }

    fn hear(&mut self, event: Event) {
        self.kernel
            .apply(event)
            .expect("the kernel asked for what is heard");
    }

    fn declared(&self, step: u16) -> &Step {
        &self.kernel.definition().steps[usize::from(step)]
    }

    fn name(&self, step: u16) -> Text {
        self.declared(step).name.clone()
    }
}

fn refused(kernel: &Kernel<Box<[StepState]>>, event: Event) -> Refused {
    let name = |step: u16| kernel.definition().steps[usize::from(step)].name.clone();
    match event {
        Event::Resumed => Refused::NotParked,
        Event::Settled { step, settlement } => {
            let (index, step) = (step, name(step));
            let doubt = kernel.is_in_doubt(index);
            let stands = matches!(
                kernel.phase(index),
                Phase::Applied
                    | Phase::Standing
                    | Phase::Kept
                    | Phase::Waiting(Waiting::Compensate)
            );
            if kernel.running().any(|(running, _)| running == index) {
                Refused::Runs { step }
            } else if kernel.left().any(|(left, _)| left == index) {
                Refused::Left { step }
            } else if doubt || stands && settlement == Settlement::Undone {
                match kernel.next() {
                    Command::End(End::Parked) => Refused::NotGoingBack { step },
                    Command::End(_) => Refused::TooLate,
                    _ => Refused::AtWork { step },
                }
            } else if settlement == Settlement::Undone {
                Refused::NotStanding { step }
            } else {
                Refused::NotInDoubt { step }
            }
        }
        event => Refused::Unfit { event },
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for call in &self.calls {
            writeln!(f, "{call}")?;
        }
        self.end.fmt(f)
    }
}

impl fmt::Display for Planned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.step, self.what)?;
        if self.started {
            f.write_str(", which has been started")?;
        }
        match (self.conditional, self.what) {
            (false, _) => Ok(()),
            (true, Act::Turn) => f.write_str(", unless its `if` says no"),
            (true, _) => f.write_str(", unless its `when` says no"),
        }
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Action => "action",
            Self::Resolve => "resolve",
            Self::Compensation => "compensation",
            Self::Fallback => "fallback",
            Self::Turn => "turn forward again",
            Self::Sleep => "sleep",
            Self::Signal => "signal",
        })
    }
}

impl fmt::Display for Outlook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ends(End::Completed) => f.write_str("then it is completed"),
            Self::Ends(End::Compensated) => f.write_str("then it is compensated"),
            Self::Ends(End::Parked) => f.write_str("then it is parked"),
            Self::Listens(step) => write!(f, "then it listens for `{step}`"),
            Self::Answer(step) => {
                write!(
                    f,
                    "what follows depends on the answer of `resolve` of `{step}`"
                )
            }
        }
    }
}
