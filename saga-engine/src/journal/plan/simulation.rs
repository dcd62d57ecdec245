//! The rest of a run if every call succeeds: drives the kernels of a copy of the run to their end.

use super::{
    outlook::{Act, Heard, Outlook, Planned},
    refused::Refused,
};
use crate::{journal::spot::Part, store::Time};
use std::mem;
use typed_saga_core::CallKind;
use typed_saga_core::{
    Verdict,
    definition::{Kind, Step, Text},
    kernel::{
        Cancellation, ChildEnd, ChildFailure, Command, End, Event, FailureKind, Kernel, Lane,
        Phase, Settlement,
    },
    run::{Node, RunHistory, Said},
};

/// A saga that continues as the kernel decides, with every call a success.
pub(super) struct Simulation {
    pub(super) run: RunHistory<Time>,
    pub(super) now: Time,
    pub(super) calls: Vec<Planned>,
    /// The conditions that are assumed to be true: in which run, and which `when` block; or
    /// everything in that run (`None`).
    pub(super) granted: Vec<(Vec<Node>, Option<u16>)>,
    /// The arms among them whose steps are being listed.
    pub(super) entered: Vec<(Vec<Node>, u16)>,
}

impl Simulation {
    /// Applies the event of an operator's action.
    pub(super) fn person(&mut self, heard: &Heard) -> Result<(), Refused> {
        let Heard { nodes, event } = heard;
        let applied = self.run.apply_at(nodes, *event, self.now, Said::default());
        applied.map_err(|_| self.refused(nodes, *event))?;
        let kernel = &self.run.kernel;
        if *event == Event::CancelRequested && kernel.cancellation() == Cancellation::TooLate {
            return Err(Refused::TooLate);
        }
        Ok(())
    }

    /// Continues the run until it ends or stops.
    pub(super) fn run_on(&mut self) -> Outlook {
        loop {
            let outlook = self.go_on(&[]);
            self.list_other_arms(outlook.is_some());
            if let Some(outlook) = outlook {
                return outlook;
            }
        }
    }

    /// After an arm that is assumed to be taken, lists what would happen in one of the later arms instead.
    fn list_other_arms(&mut self, ends: bool) {
        for (nodes, block) in mem::take(&mut self.entered) {
            let kernel = self.kernel(&nodes);
            let definition = kernel.definition();
            let own = definition.steps_of_arm(block);
            let others = definition.skipped_by(block, true);
            if !ends && kernel.at_hand().is_some_and(|step| own.contains(&step)) {
                self.entered.push((nodes, block));
                continue;
            }
            for step in others {
                let call = match self.declared(&nodes, step).kind {
                    Kind::Read | Kind::Step | Kind::Pivot => Act::Action,
                    Kind::Signal => Act::Signal,
                    Kind::Sleep => Act::Sleep,
                    Kind::Lock => Act::Lock,
                };
                self.list(&nodes, step, call, true, false);
            }
        }
    }

    /// The run that these nodes name does the next thing.
    fn go_on(&mut self, nodes: &[Node]) -> Option<Outlook> {
        let running = self.kernel(nodes).running().next();
        if let Some((step, call)) = running {
            let within = [nodes, &[Node::child(step)]].concat();
            return match self.run.at(&within).map(|run| run.kernel.next()) {
                Some(Command::End(end)) => self.ended(nodes, step, call, end),
                Some(_) => self.go_on(&within),
                None => self.succeed(nodes, step, call, true),
            };
        }
        match self.kernel(nodes).next() {
            Command::End(end) => Some(Outlook::Ends(end.into())),
            Command::Group { first, len } => {
                let command = self.lane(nodes, first, len);
                self.obey(nodes, command)
            }
            command => self.obey(nodes, command),
        }
    }

    /// Translates the end of a child saga into an event of its parent.
    fn ended(&mut self, nodes: &[Node], step: u16, call: CallKind, end: End) -> Option<Outlook> {
        let child = self.part(&[nodes, &[Node::child(step)]].concat());
        let first = child.first_failed();
        let failure = first.and_then(|spot| spot.noted().failed.clone()?.event.failure());
        let kernel = child.kernel();
        let failure = match failure {
            Some(FailureKind::Panicked) => ChildFailure::Panic,
            _ if kernel.deadline() == Cancellation::Accepted => ChildFailure::Deadline,
            _ => ChildFailure::Other,
        };
        let event = match (call, end) {
            (CallKind::Compensate, End::Completed | End::Compensated) => {
                Event::Compensated { step }
            }
            (_, End::Completed) => Event::Applied { step },
            _ => {
                let judge = || (kernel.aborted(), true);
                ChildEnd::of(end, kernel, failure).event(step, call, judge)
            }
        };
        self.hear(nodes, event);
        None
    }

    /// The command of the first sibling that has something to do, or else of one that waits for a
    /// signal.
    fn lane(&self, nodes: &[Node], first: u16, len: u16) -> Command {
        let kernel = self.kernel(nodes);
        let lanes = (first..first + len).map(|step| kernel.lane(step));
        let commands = lanes.filter_map(|lane| match lane {
            Lane::Run(command) => Some(command),
            Lane::Blocked | Lane::Ended => None,
        });
        // The other siblings continue while one waits for a signal.
        let commands = commands.min_by_key(|command| matches!(command, Command::Listen { .. }));
        commands.expect("siblings wait only for siblings that have something to do")
    }

    fn obey(&mut self, nodes: &[Node], command: Command) -> Option<Outlook> {
        match command {
            Command::Call {
                step,
                call: CallKind::When,
            } if !self.declared(nodes, step).kind.acts() => {
                self.hear(nodes, Event::Awaiting { step });
            }
            Command::Sleep { step } => {
                let conditional = self.declared(nodes, step).when.is_some();
                self.list(nodes, step, Act::Sleep, conditional, false);
                self.hear(nodes, Event::Woken { step });
            }
            Command::Acquire { step } => {
                let conditional = self.declared(nodes, step).when.is_some();
                self.list(nodes, step, Act::Lock, conditional, false);
                self.hear(nodes, Event::Woken { step });
            }
            Command::Receive { step } => {
                let conditional = self.declared(nodes, step).when.is_some();
                self.list(nodes, step, Act::Signal, conditional, false);
                self.hear(nodes, Event::Received { step });
            }
            Command::Listen { step } => return Some(Outlook::Listens(self.name(nodes, step))),
            Command::Call {
                step,
                call: call @ (CallKind::When | CallKind::Action),
            } => {
                let conditional = call == CallKind::When;
                self.hear(nodes, Event::Attempting { step });
                if self.declared(nodes, step).child.is_some() {
                    if conditional || self.is_granted(nodes, step) {
                        let within = [nodes, &[Node::child(step)]].concat();
                        self.granted.push((within, None));
                    }
                    return None;
                }
                self.list(nodes, step, Act::Action, conditional, false);
                self.hear(nodes, Event::Applied { step });
            }
            Command::DecideBlock { block } => {
                self.granted.push((nodes.to_vec(), Some(block)));
                self.entered.push((nodes.to_vec(), block));
                self.hear(nodes, Event::Decided { block, taken: true });
            }
            Command::Call { step, call } => {
                if let Some(event) = Event::start(step, call) {
                    self.hear(nodes, event);
                }
                if self.declared(nodes, step).child.is_some() && call == CallKind::Compensate {
                    return None;
                }
                return self.succeed(nodes, step, call, false);
            }
            Command::Turn { step, .. } => {
                let savepoint = self.declared(nodes, step).savepoint.as_ref();
                let conditional = savepoint.is_some_and(|savepoint| savepoint.conditional);
                self.list(nodes, step, Act::Turn, conditional, false);
                self.hear(nodes, Event::Turned { step });
            }
            Command::Backoff { step, .. } | Command::AfterLoss { step, .. } => {
                self.hear(nodes, Event::Waited { step });
            }
            Command::AwaitLate { step, .. } => self.hear(nodes, Event::LatePassed { step }),
            Command::Keep { step } => self.hear(nodes, Event::Kept { step }),
            Command::Refuse { step } => {
                self.hear(nodes, self.kernel(nodes).refusal(step));
            }
            Command::Group { .. } | Command::End(_) => {
                unreachable!("{command:?} is no command for a step")
            }
        }
        None
    }

    /// A started call succeeds. If it is the call of a loop that has failed, it ends once the loop
    /// has undone itself.
    fn succeed(
        &mut self,
        nodes: &[Node],
        step: u16,
        call: CallKind,
        started: bool,
    ) -> Option<Outlook> {
        let (what, event) = match call {
            CallKind::Action if self.kernel(nodes).is_failing(step) => {
                (Act::Compensation, rejected(step, Verdict::Transient))
            }
            CallKind::When | CallKind::Action => (Act::Action, Event::Applied { step }),
            CallKind::Compensate => (Act::Compensation, Event::Compensated { step }),
            CallKind::Fallback => (Act::Fallback, Event::FellBack { step }),
            CallKind::Resolve => {
                self.list(nodes, step, Act::Resolve, false, started);
                return Some(Outlook::Answer(self.name(nodes, step)));
            }
        };
        self.list(nodes, step, what, false, started);
        self.hear(nodes, event);
        None
    }

    fn list(&mut self, nodes: &[Node], step: u16, call: Act, asks: bool, started: bool) {
        let forward = !matches!(call, Act::Turn | Act::Compensation | Act::Resolve);
        let granted = forward && !started && self.is_granted(nodes, step);
        let step = self.name(nodes, step);
        self.calls.push(Planned {
            step,
            call,
            conditional: asks || granted,
            started,
        });
    }

    /// Whether it would happen only if a condition around it is true.
    fn is_granted(&self, nodes: &[Node], step: u16) -> bool {
        let block = self.declared(nodes, step).condition;
        let mut granted = self.granted.iter();
        granted.any(|(run, of_it)| match of_it {
            None => nodes.starts_with(run),
            Some(_) => run == nodes && *of_it == block,
        })
    }

    fn hear(&mut self, nodes: &[Node], event: Event) {
        self.run
            .apply_at(nodes, event, self.now, Said::default())
            .expect("the kernel asked for what is heard");
    }

    fn part(&self, nodes: &[Node]) -> Part<'_> {
        Part::of(&self.run).at(nodes).expect("it is there")
    }

    fn kernel(&self, nodes: &[Node]) -> &Kernel {
        self.part(nodes).kernel()
    }

    fn declared(&self, nodes: &[Node], step: u16) -> &Step {
        &self.kernel(nodes).definition().steps[usize::from(step)]
    }

    fn name(&self, nodes: &[Node], step: u16) -> Text {
        self.part(nodes).spot(step).path
    }

    /// The reason why the run that these nodes name does not accept the event.
    fn refused(&self, nodes: &[Node], event: Event) -> Refused {
        let kernel = self.kernel(nodes);
        match event {
            Event::Resumed => Refused::NotParked,
            Event::Settled {
                step: index,
                settlement,
            } => {
                let step = self.name(nodes, index);
                let doubt = kernel.is_in_doubt(index);
                let stands = matches!(
                    kernel.phase(index),
                    Phase::Applied
                        | Phase::Uncompensated
                        | Phase::Kept
                        | Phase::Waiting(CallKind::Compensate)
                );
                if kernel.running().any(|(running, _)| running == index) {
                    Refused::Runs { step }
                } else if kernel.left().any(|(left, _)| left == index) {
                    Refused::Left { step }
                } else if doubt || stands && settlement == Settlement::Undone {
                    // A part of the saga may have ended while the saga has not.
                    match self.run.kernel.next() {
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
}

const fn rejected(step: u16, verdict: Verdict) -> Event {
    Event::Rejected {
        step,
        verdict,
        abort: false,
        again: true,
        late_passed: true,
    }
}
