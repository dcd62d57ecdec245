//! Virtual time for the kernel: the longest run from a given moment.

use std::{
    collections::{HashMap, HashSet},
    hash::BuildHasherDefault,
};

use super::{Measure, millis};
use crate::{
    definition::{Backoff, Definition, Timing},
    kernel::{
        Cancellation, Command, Direction, Event, Lane, Phase,
        tests::{
            answers::answers,
            build::{Saga, saga},
            situation::{Fnv, Situation},
            world::{World, declared},
        },
    },
    values::call::CallKind,
};

/// The calls that run and the waits of steps, each with its remaining time.
type Timers = Vec<(u16, Command, u64)>;

/// A moment of a run: the state of the saga, the facts outside, and the timers.
#[derive(Clone)]
struct Moment {
    saga: Saga,
    world: World,
    timers: Timers,
    /// For a hold: whether it has begun.
    held: bool,
}

/// The longest run from a moment on; without a time if no run from there on counts.
#[derive(Clone, Copy, Default)]
struct Longest {
    time: Option<u64>,
    /// Whether some run goes forward again.
    turns: bool,
}

impl Longest {
    fn or(self, other: Self, cost: u64) -> Self {
        let time = other.time.map(|time| time + cost);
        Self {
            time: self.time.max(time),
            turns: self.turns || other.turns,
        }
    }
}

type Key = (Situation, World, Vec<(u16, String, u64)>, bool);

struct Clock {
    measure: Measure,
    durable: bool,
    known: HashMap<Key, Longest, BuildHasherDefault<Fnv>>,
    met: HashSet<Key, BuildHasherDefault<Fnv>>,
}

fn limit(timing: Option<&Timing>) -> u64 {
    timing.map_or(0, |timing| millis(timing.get()))
}

fn wait(backoff: &Backoff, failure: u32) -> u64 {
    let longest = Backoff {
        jitter: false,
        ..backoff.clone()
    };
    millis(longest.wait(failure, 0))
}

impl Clock {
    fn longest(&mut self, moment: &Moment) -> Longest {
        let timers = moment.timers.iter();
        let timers = timers.map(|(step, command, left)| (*step, format!("{command:?}"), *left));
        let key = (
            Situation::of(&moment.saga),
            moment.world.clone(),
            timers.collect(),
            moment.held,
        );
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        assert!(self.met.insert(key.clone()), "it does not end");
        let mut longest = match self.is_over(moment) {
            Some(over) => over,
            None => self.go_on(moment),
        };
        let back = moment.saga.direction() == Direction::Compensating;
        if self.measure == Measure::Decided && back && !longest.turns {
            longest.time = Some(0);
        }
        self.known.insert(key, longest);
        longest
    }

    fn is_over(&self, moment: &Moment) -> Option<Longest> {
        let Moment { saga, world, .. } = moment;
        let over = |time| Some(Longest { time, turns: false });
        let is_committed = |step: u16| {
            let phase = saga.phase(step);
            matches!(phase, Phase::Applied | Phase::Skipped | Phase::FellBack)
        };
        match self.measure {
            Measure::Decided if saga.definition().pivot.is_some_and(is_committed) => over(Some(0)),
            Measure::Hold(from, until) if moment.held => {
                if !world.is_open(saga, from) {
                    over(None)
                } else if world.stands(from) && is_committed(until) {
                    over(Some(0))
                } else {
                    matches!(saga.next(), Command::End(_)).then(Longest::default)
                }
            }
            Measure::Hold(..) => matches!(saga.next(), Command::End(_)).then(Longest::default),
            _ if matches!(saga.next(), Command::End(_)) => over(Some(0)),
            _ => None,
        }
    }

    fn go_on(&mut self, moment: &Moment) -> Longest {
        let saga = &moment.saga;
        let all: Vec<_> = answers(saga).into_iter().map(|(event, _)| event).collect();
        let mut longest = Longest::default();
        let at_once: Vec<_> = all
            .iter()
            .copied()
            .filter(|&event| is_at_once(saga, event))
            .collect();
        if let Some(first) = at_once.first() {
            for &event in at_once.iter().filter(|event| event.step() == first.step()) {
                longest = longest.or(self.hear(moment, event), self.cost(saga, event));
            }
            if !matches!(saga.next(), Command::Turn { .. }) {
                return longest;
            }
        }
        if saga.cancellation() == Cancellation::None {
            longest = longest.or(self.hear(moment, Event::CancelRequested), 0);
        }
        let mut moment = moment.clone();
        let doing = doing(saga);
        moment
            .timers
            .retain(|(step, command, _)| doing.contains(&(*step, *command)));
        let new = doing.iter().find(|(step, command)| {
            let mut timers = moment.timers.iter();
            !timers.any(|(of, what, _)| of == step && what == command)
        });
        if let Some(&(step, command)) = new {
            let takes = takes(saga, step, command);
            let alone = doing.len() == 1;
            let shorter = matches!(command, Command::Call { .. }) && !alone && takes > 0;
            let lengths = if shorter { vec![0, takes] } else { vec![takes] };
            for takes in lengths {
                let mut then = moment.clone();
                then.timers.push((step, command, takes));
                then.timers.sort_by_key(|(step, ..)| *step);
                longest = longest.or(self.longest(&then), 0);
            }
            return longest;
        }
        let least = moment.timers.iter().map(|(.., left)| *left).min();
        let least = least.expect("it waits for something");
        for (.., left) in &mut moment.timers {
            *left -= least;
        }
        let time = if matches!(self.measure, Measure::Hold(..)) && !moment.held
            || matches!(self.measure, Measure::Calls(..))
        {
            0
        } else {
            least
        };
        let timers = moment.timers.clone();
        for (step, command, _) in timers.iter().filter(|(.., left)| *left == 0) {
            let mut then = moment.clone();
            then.timers.retain(|(other, ..)| other != step);
            for &event in &all {
                if ends(*command, event)
                    && event.step() == Some(*step)
                    && self.is_heard(&then, event)
                {
                    longest = longest.or(self.hear(&then, event), time);
                }
            }
        }
        longest
    }

    fn is_heard(&self, moment: &Moment, event: Event) -> bool {
        let recorded = self.durable || !matches!(event, Event::Unrecordable { .. });
        recorded && moment.world.allows(&moment.saga, event)
    }

    fn cost(&self, _: &Saga, event: Event) -> u64 {
        let Measure::Calls(of, kind) = self.measure else {
            return 0;
        };
        u64::from(
            [
                CallKind::Action,
                CallKind::Resolve,
                CallKind::Compensate,
                CallKind::Fallback,
            ]
            .into_iter()
            .any(|call| call == kind && Event::start(of, call) == Some(event)),
        )
    }

    fn hear(&mut self, moment: &Moment, event: Event) -> Longest {
        let mut then = moment.clone();
        then.saga.hear(event);
        then.world.hear(&moment.saga, event, &then.saga);
        let turned = matches!(event, Event::Turned { .. });
        let mut begun = Longest::default();
        if let Measure::Hold(from, _) = self.measure {
            let attempts = event == Event::Attempting { step: from };
            if attempts && !moment.held && !moment.world.is_open(&moment.saga, from) {
                // The hold begins with this attempt, or with a later one.
                begun = self.longest(&then);
                then.held = true;
            }
        }
        let longest = self.longest(&then).or(begun, 0);
        Longest {
            turns: longest.turns || turned,
            ..longest
        }
    }
}

/// Whether the event takes no time.
fn is_at_once(saga: &Saga, event: Event) -> bool {
    match event {
        Event::Attempting { .. }
        | Event::Awaiting { .. }
        | Event::WhenPanicked { .. }
        | Event::Decided { .. }
        | Event::Resolving { .. }
        | Event::Compensating { .. }
        | Event::FallingBack { .. }
        | Event::Received { .. }
        | Event::Kept { .. } => true,
        Event::Skipped { step } => declared(saga, step).when.is_some(),
        Event::TurnDeclined { step } => {
            let savepoint = &declared(saga, step).savepoint;
            savepoint.as_ref().is_some_and(|it| it.conditional)
        }
        _ => false,
    }
}

/// The calls and waits that take time now.
fn doing(saga: &Saga) -> Vec<(u16, Command)> {
    let mut doing: Vec<_> = saga
        .running()
        .map(|(step, call)| (step, Command::call(step, call)))
        .collect();
    let mut add = |command: Command| match command {
        Command::AwaitLate { step }
        | Command::Backoff { step, .. }
        | Command::Listen { step }
        | Command::Sleep { step }
        | Command::Acquire { step }
        | Command::Turn { step, .. } => doing.push((step, command)),
        _ => {}
    };
    match saga.next() {
        Command::Group { first, len } => {
            for step in first..first + len {
                if let Lane::Run(command) = saga.lane(step) {
                    add(command);
                }
            }
        }
        command => add(command),
    }
    doing
}

fn takes(saga: &Saga, step: u16, command: Command) -> u64 {
    let declared = declared(saga, step);
    match command {
        Command::Call { call, .. } => limit(call.limit(declared)),
        Command::AwaitLate { .. } => limit(declared.late.as_ref()),
        Command::Backoff { call, failure, .. } => wait(saga.policy(step, call).1, failure),
        Command::Turn { failure, .. } => {
            let savepoint = declared.savepoint.as_ref().unwrap();
            wait(&savepoint.backoff, failure)
        }
        Command::Listen { .. } | Command::Sleep { .. } | Command::Acquire { .. } => {
            limit(declared.timeout.as_ref())
        }
        _ => unreachable!("{command:?} takes no time"),
    }
}

/// Whether the event ends this call or wait.
fn ends(command: Command, event: Event) -> bool {
    match command {
        Command::Call { .. } => matches!(
            event,
            Event::Applied { .. }
                | Event::Unrecordable { .. }
                | Event::Rejected { .. }
                | Event::TimedOut { .. }
                | Event::Panicked { .. }
                | Event::Resolved { .. }
                | Event::ResolveFailed { .. }
                | Event::Compensated { .. }
                | Event::CompensationFailed { .. }
                | Event::FellBack { .. }
                | Event::FallbackDeclined { .. }
        ),
        Command::AwaitLate { .. } => matches!(event, Event::LatePassed { .. }),
        Command::Backoff { .. } => matches!(event, Event::Waited { .. }),
        Command::Listen { .. } => {
            matches!(event, Event::TimedOut { .. } | Event::Signalled { .. })
        }
        Command::Sleep { .. } => matches!(event, Event::Woken { .. }),
        Command::Acquire { .. } => {
            matches!(event, Event::TimedOut { .. } | Event::Woken { .. })
        }
        Command::Turn { .. } => matches!(event, Event::Turned { .. }),
        _ => false,
    }
}

/// The time of the saga's longest run; `None` if no run counts.
pub(super) fn measured(definition: &Definition, durable: bool, measure: Measure) -> Option<u64> {
    let mut clock = Clock {
        measure,
        durable,
        known: HashMap::default(),
        met: HashSet::default(),
    };
    let saga = saga(definition.clone(), durable);
    let world = World::new(saga.states.len());
    let start = Moment {
        saga,
        world,
        timers: Vec::new(),
        held: false,
    };
    clock.longest(&start).time
}
