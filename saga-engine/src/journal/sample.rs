//! Small sagas and their journals, in few words, for tests.

use std::{mem, time::Duration};
use typed_saga_core::{
    Verdict,
    definition::{
        Backoff, Call, Compensation, Condition, Definition, DefinitionRef, Field, Group, Kind,
        Limit, List, Retry, Savepoint, Step, Text, Timing,
    },
    kernel::{Event, Kernel, Settlement},
};

use crate::{
    journal::record::{Record, RecordKind, encode},
    store::{Commit, Time},
};

pub(crate) fn call() -> Call {
    Call {
        reads: texts(&["key"]),
        timeout: Some(Timing::Fixed(Duration::from_secs(1))),
        ..Call::PLAIN
    }
}

pub(crate) fn texts(texts: &[&'static str]) -> List<Text> {
    texts.iter().map(|&text| Text::Borrowed(text)).collect()
}

pub(crate) fn times(n: u32) -> Retry {
    Retry {
        limit: Limit::Times(n),
        backoff: Backoff {
            base: Timing::Fixed(Duration::from_millis(100)),
            cap: Timing::Fixed(Duration::from_secs(2)),
            jitter: true,
        }
        .into(),
    }
}

fn of_kind(name: &'static str, kind: Kind, compensation: Compensation) -> Step {
    Step {
        name: name.into(),
        kind,
        effect: "u8".into(),
        reads: texts(&["trip"]),
        compensation,
        timeout: Some(Timing::Fixed(Duration::from_secs(2))),
        line: 1,
        ..Step::PLAIN
    }
}

/// A step with a plain compensation.
pub(crate) fn step(name: &'static str) -> Step {
    let by_key = false;
    of_kind(
        name,
        Kind::Step,
        Compensation::Declared {
            by_key,
            call: call(),
        },
    )
}

/// A step with `compensate none`.
pub(crate) fn lasting(name: &'static str) -> Step {
    of_kind(name, Kind::Step, Compensation::None { again: false })
}

pub(crate) fn read(name: &'static str) -> Step {
    of_kind(name, Kind::Read, Compensation::Absent)
}

/// An idempotent pivot.
pub(crate) fn pivot(name: &'static str) -> Step {
    let mut pivot = of_kind(name, Kind::Pivot, Compensation::Absent);
    pivot.idempotent = true;
    pivot
}

/// An idempotent step after the pivot.
pub(crate) fn last(name: &'static str) -> Step {
    let mut last = of_kind(name, Kind::Step, Compensation::Absent);
    last.idempotent = true;
    last
}

pub(crate) fn signal(name: &'static str) -> Step {
    of_kind(name, Kind::Signal, Compensation::Absent)
}

/// Shortens the declaration of a step.
pub(crate) trait Declare {
    /// The step with a change.
    fn with(self, change: impl FnOnce(&mut Step)) -> Self;
    fn by_key(self) -> Self;
    fn resolve(self) -> Self;
    fn late(self) -> Self;
    /// `#[late]` on the step itself.
    fn own_late(self) -> Self;
    fn retry(self, n: u32) -> Self;
    fn fallback(self) -> Self;
    fn when(self) -> Self;
    fn savepoint(self, n: u32) -> Self;
    /// Sets the number of attempts of the compensation.
    fn undo(self, n: u32) -> Self;
    fn on(self, steps: &'static [u16]) -> Self;
}

impl Declare for Step {
    fn with(mut self, change: impl FnOnce(&mut Step)) -> Self {
        change(&mut self);
        self
    }

    fn by_key(self) -> Self {
        let by_key = true;
        self.with(|step| {
            step.compensation = Compensation::Declared {
                by_key,
                call: call(),
            }
        })
    }

    fn resolve(self) -> Self {
        self.with(|step| step.resolve = Some(call().into()))
    }

    fn late(self) -> Self {
        self.with(|step| step.late = Some(Timing::Fixed(Duration::from_secs(30))))
    }

    fn own_late(self) -> Self {
        self.late().with(|step| step.late_undo = true)
    }

    fn retry(self, n: u32) -> Self {
        self.with(|step| step.retry = Some(times(n)))
    }

    fn fallback(self) -> Self {
        self.with(|step| step.fallback = Some(call().into()))
    }

    fn when(self) -> Self {
        self.with(|step| step.when = Some(texts(&["trip"])))
    }

    fn savepoint(self, n: u32) -> Self {
        self.with(|step| step.savepoint = Some(Savepoint::of(times(n))))
    }

    fn undo(self, n: u32) -> Self {
        self.with(|step| {
            if let Compensation::Declared { call, .. } = &mut step.compensation {
                call.retry = Some(times(n));
            }
        })
    }

    fn on(self, steps: &'static [u16]) -> Self {
        self.with(|step| step.stands_on = steps.into())
    }
}

/// The steps from index `first` on, as one block.
pub(crate) fn block<const N: usize>(first: u16, mut steps: [Step; N]) -> [Step; N] {
    let len = u16::try_from(N).unwrap();
    for step in &mut steps {
        step.group = Some(Group { first, len });
    }
    steps
}

pub(crate) fn saga(steps: impl IntoIterator<Item = Step>) -> &'static Definition {
    let steps: Vec<_> = steps.into_iter().collect();
    let pivot = steps.iter().position(|step| step.kind == Kind::Pivot);
    let mut conditions: Vec<Condition> = Vec::new();
    for (index, step) in (0..).zip(&steps) {
        let Some(block) = step.condition else {
            continue;
        };
        match conditions.get_mut(usize::from(block)) {
            Some(condition) => condition.len = index + 1 - condition.first,
            None => conditions.push(Condition {
                first: index,
                len: 1,
                reads: texts(&["trip"]),
                line: 3,
                ..Condition::PLAIN
            }),
        }
    }
    let field = |name: &'static str, ty: &'static str| Field {
        name: name.into(),
        ty: ty.into(),
    };
    Box::leak(Box::new(Definition {
        name: "BookTrip".into(),
        durable: true,
        classified: true,
        inputs: vec![field("trip", "Trip")].into(),
        services: vec![field("vendors", "Vendors<'static>")].into(),
        output: "_".into(),
        error: "Failed".into(),
        steps: steps.into(),
        conditions: conditions.into(),
        pivot: pivot.map(|at| u16::try_from(at).unwrap()),
        file: "src/trip.rs".into(),
        line: 7,
        ..Definition::EMPTY
    }))
}

/// A saga that has some of everything.
pub(crate) fn rich() -> &'static Definition {
    let mut steps = vec![
        read("rates").savepoint(2).fallback(),
        step("hold").on(&[0]).by_key().retry(3).undo(2),
    ];
    let awaits = |step: &mut Step| {
        (step.awaits, step.stands_on) = ([2][..].into(), [0, 2][..].into());
    };
    steps.extend(block(
        2,
        [
            step("hotel")
                .on(&[0, 1])
                .resolve()
                .late()
                .undo(2)
                .savepoint(1),
            lasting("car").when().with(awaits).resolve(),
        ],
    ));
    steps.push(lasting("note").fallback());
    steps.push(of_kind("night", Kind::Sleep, Compensation::Absent));
    steps.push(signal("vote").fallback());
    steps.push(pivot("charge").resolve().retry(2));
    steps.push(last("mail").retry(2));
    saga(steps)
}

/// Every event that the steps `0..steps` can have.
pub(crate) fn every_event(steps: u16) -> Vec<Event> {
    let mut events = vec![
        Event::CancelRequested,
        Event::DeadlinePassed,
        Event::Recalled,
        Event::Resumed,
        Event::EmitFailed,
    ];
    for step in 0..steps {
        events.extend([
            Event::Skipped { step },
            Event::WhenPanicked { step },
            Event::Attempting { step },
            Event::Applied { step },
            Event::Unrecordable { step },
            Event::TimedOut { step },
            Event::Panicked { step },
            Event::Failing {
                step,
                refused: true,
            },
            Event::Failing {
                step,
                refused: false,
            },
            Event::Lost { step },
            Event::LatePassed { step },
            Event::Resolving { step },
            Event::ResolveFailed {
                step,
                refused: false,
            },
            Event::Compensating { step },
            Event::Compensated { step },
            Event::CompensationFailed {
                step,
                refused: false,
            },
            Event::FallingBack { step },
            Event::FellBack { step },
            Event::FallbackDeclined { step },
            Event::Waited { step },
            Event::Kept { step },
            Event::Awaiting { step },
            Event::Woken { step },
            Event::Signalled { step },
            Event::Received { step },
            Event::Turned { step },
            Event::TurnDeclined { step },
            Event::RerunRefused { step },
        ]);
        for settlement in [
            Settlement::Applied,
            Settlement::NotApplied,
            Settlement::Undone,
        ] {
            events.push(Event::Settled { step, settlement });
        }
        for happened in [true, false] {
            events.push(Event::Resolved { step, happened });
        }
        for verdict in Verdict::ALL {
            for bits in 0..8 {
                let [abort, again, late_passed] = [1, 2, 4].map(|bit| bits & bit != 0);
                events.push(Event::Rejected {
                    step,
                    verdict,
                    abort,
                    again,
                    late_passed,
                });
            }
        }
    }
    events
}

/// Marsaglia's xorshift (*Xorshift RNGs*, 2003): the same sequence from the same seed.
pub(crate) struct Random(u64);

impl Random {
    /// By the number of the draw.
    pub(crate) fn drawn(number: u64) -> Self {
        Self(saga_tests::seed_of(number))
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n as u64).unwrap()
    }
}

pub(crate) fn kernel(definition: impl Into<DefinitionRef>) -> Kernel {
    Kernel::new(definition, true)
}

/// A run of random events that fit. Half of the calls succeed; the other kinds of events are
/// equally likely.
pub(crate) fn walk(definition: &'static Definition, seed: u64, length: usize) -> Vec<Event> {
    let every = every_event(u16::try_from(definition.steps.len()).unwrap());
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut kernel = kernel(definition);
    let mut run = Vec::new();
    while run.len() < length {
        let fits = |event: &Event| kernel.clone().apply(*event).is_ok();
        let mut events: Vec<_> = every.iter().copied().filter(fits).collect();
        // A cancel and a deadline always fit, so they are chosen rarely, or there would be nothing
        // else.
        let request = |event: &Event| event.step().is_none() && *event != Event::Resumed;
        if random.below(20) > 0 {
            events.retain(|event| !request(event));
        }
        let success =
            |event: &&Event| matches!(event, Event::Applied { .. } | Event::Compensated { .. });
        let event = match events.iter().find(success) {
            Some(success) if random.below(2) == 0 => *success,
            _ if events.is_empty() => break,
            _ => {
                let mut kinds: Vec<_> = events.iter().map(mem::discriminant).collect();
                kinds.dedup();
                let kind = kinds[random.below(kinds.len())];
                events.retain(|event| mem::discriminant(event) == kind);
                events[random.below(events.len())]
            }
        };
        kernel.apply(event).unwrap();
        run.push(event);
    }
    run
}

/// A journal: `started`, and then these commits, one second apart.
pub(crate) fn journal(commits: impl IntoIterator<Item = Vec<Record>>) -> Vec<Commit> {
    let started = vec![Record::new(RecordKind::Started)];
    let commits = std::iter::once(started).chain(commits);
    (0..)
        .zip(commits)
        .map(|(seq, records)| Commit {
            seq,
            at: Time(1_000 * i64::try_from(seq).unwrap()),
            records: encode(&records),
        })
        .collect()
}

/// The record of an event, with a value if it needs one.
pub(crate) fn record(event: Event, definition: &Definition) -> Record {
    let record = Record::of(event, definition);
    match event {
        Event::Signalled { .. } => record.value("7".to_owned()).unwrap(),
        _ => record,
    }
}

/// Events as a journal, one in each commit.
pub(crate) fn journal_of(definition: &Definition, events: &[Event]) -> Vec<Commit> {
    journal(events.iter().map(|event| vec![record(*event, definition)]))
}
