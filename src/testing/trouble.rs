//! What can go wrong with one call.

use saga_core::{
    CallKind, Timing, Verdict,
    definition::{Compensation, Definition, Kind, Step},
};
use std::{collections::HashMap, fmt, str::FromStr, time::Duration};

/// What is made to happen to one call of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Trouble {
    /// It gives an error and does nothing.
    Fails(Verdict),
    /// The same, this time and each time from then on. A saga that would try for ever is let through after ten failures.
    FailsForGood(Verdict),
    /// It panics and does nothing.
    Panics,
    /// It does nothing, and times out.
    TimesOut,
    /// It is done, but its answer is lost: it times out.
    LostInTime,
    /// It is done, but gives an error that leaves that open.
    LostUnknown,
    /// It is done, and panics then.
    LostInPanic,
    /// It times out, and is done as late as it may be.
    ArrivesLate,
    /// It times out, and is done right after its outcome was settled.
    ArrivesSettled,
    /// Every service is down while it runs.
    Outage,
    /// The process ends when the call is on record as started, before it does anything.
    CrashBefore,
    /// The process ends when it is done, before that is on record.
    CrashUnrecorded,
    /// The process ends as soon as its outcome is on record.
    CrashRecorded,
}

use Trouble::{
    ArrivesLate, ArrivesSettled, CrashBefore, CrashRecorded, CrashUnrecorded, Fails, FailsForGood,
    LostInPanic, LostInTime, LostUnknown, Outage, Panics, TimesOut,
};

/// Each trouble with its name in a path and as a predicate.
const WORDS: [(Trouble, &str, &str); 17] = [
    (Fails(Verdict::Refused), "refused", "is refused"),
    (
        Fails(Verdict::Transient),
        "transient",
        "fails, nothing done",
    ),
    (
        Fails(Verdict::Unknown),
        "unknown",
        "is not done, and nobody knows",
    ),
    (
        FailsForGood(Verdict::Refused),
        "refused-for-good",
        "is refused each time",
    ),
    (
        FailsForGood(Verdict::Transient),
        "transient-for-good",
        "fails each time",
    ),
    (
        FailsForGood(Verdict::Unknown),
        "unknown-for-good",
        "fails each time, and nobody knows",
    ),
    (Panics, "panics", "panics, nothing done"),
    (TimesOut, "times-out", "is not done, and times out"),
    (LostInTime, "lost", "is done, its answer lost: it times out"),
    (
        LostUnknown,
        "lost-unknown",
        "is done, its answer lost: nobody knows",
    ),
    (
        LostInPanic,
        "lost-panic",
        "is done, its answer lost: it panics",
    ),
    (
        ArrivesLate,
        "late",
        "times out, to be done as late as may be",
    ),
    (
        ArrivesSettled,
        "late-settled",
        "times out, to be done when that is settled",
    ),
    (Outage, "outage", "finds all services down"),
    (
        CrashBefore,
        "crash-before",
        "is on record as started when the process ends",
    ),
    (
        CrashUnrecorded,
        "crash-unrecorded",
        "is done when the process ends, and not on record",
    ),
    (
        CrashRecorded,
        "crash-recorded",
        "is done and on record when the process ends",
    ),
];

impl Trouble {
    fn words(self) -> (&'static str, &'static str) {
        let words = WORDS.iter().find(|(trouble, ..)| *trouble == self);
        words.map_or(("", ""), |(_, name, predicate)| (*name, *predicate))
    }

    /// What it is as a predicate: "is refused".
    #[must_use]
    pub fn predicate(self) -> &'static str {
        self.words().1
    }

    /// Whether the call does what it is to do, and its caller does not hear of it.
    #[must_use]
    pub fn loses_answer(self) -> bool {
        matches!(
            self,
            LostInTime | LostUnknown | LostInPanic | CrashUnrecorded
        )
    }

    /// Whether the call does what it is to do, but behind its caller's back.
    pub(super) fn arrives(self) -> bool {
        matches!(self, ArrivesLate | ArrivesSettled)
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.words().0)
    }
}

impl FromStr for Trouble {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = WORDS.iter().find(|(_, name, _)| *name == text);
        known
            .map(|(trouble, ..)| *trouble)
            .ok_or_else(|| format!("no trouble is called `{text}`"))
    }
}

/// What is known of a saga's surroundings, and so which troubles there are.
pub(super) struct Means<'a> {
    pub(super) definition: &'static Definition,
    /// The verdicts of which there is an error to give.
    pub(super) verdicts: &'a [Verdict],
    pub(super) outage: bool,
    /// How late a step's operation may arrive, if somebody said so.
    pub(super) lateness: &'a HashMap<&'static str, Duration>,
}

impl Means<'_> {
    /// All that can go wrong with a call. `done`: an earlier attempt of an action may have been done, so that a refusal now would be a lie of
    /// the service's.
    pub(super) fn troubles(&self, step: u16, call: CallKind, done: bool) -> Vec<Trouble> {
        let declared = &self.definition.steps[usize::from(step)];
        let timed = limit(declared, call).is_some();
        let mut all = vec![Panics];
        if timed {
            all.push(TimesOut);
        }
        if self.outage {
            all.push(Outage);
        }
        if self.definition.durable {
            all.extend([CrashBefore, CrashUnrecorded, CrashRecorded]);
        }
        if call == CallKind::Action {
            let verdicts = self.verdicts.iter().copied();
            for verdict in verdicts.filter(|verdict| !done || *verdict != Verdict::Refused) {
                all.push(Fails(verdict));
                // What nobody knows is settled, not tried again.
                all.extend((verdict != Verdict::Unknown).then_some(FailsForGood(verdict)));
            }
            if declared.kind != Kind::Read {
                all.extend(self.losses(timed));
                all.extend(self.arrivals(declared, step, timed));
            }
            return all;
        }
        all.extend(self.mild().map(Fails));
        if matches!(call, CallKind::Resolve | CallKind::Compensate) {
            all.extend(self.mild().map(FailsForGood));
        }
        if call == CallKind::Compensate {
            all.extend(self.losses(timed));
        }
        all
    }

    fn losses(&self, timed: bool) -> impl Iterator<Item = Trouble> + use<> {
        let unknown = self.verdicts.contains(&Verdict::Unknown);
        [
            timed.then_some(LostInTime),
            unknown.then_some(LostUnknown),
            Some(LostInPanic),
        ]
        .into_iter()
        .flatten()
    }

    /// How the operation of an action may arrive behind its attempt. The request outlives the attempt that sent it, and with it the effects that it
    /// borrows, so the saga goes on from its records: only a durable one can.
    fn arrivals(
        &self,
        declared: &Step,
        step: u16,
        timed: bool,
    ) -> impl Iterator<Item = Trouble> + use<> {
        let possible = timed && self.definition.durable;
        let late = possible && self.lateness(step) > Duration::ZERO;
        let settled = possible && (declared.idempotent || is_by_key(declared));
        [
            late.then_some(ArrivesLate),
            settled.then_some(ArrivesSettled),
        ]
        .into_iter()
        .flatten()
    }

    /// How long after its attempt the request of a step arrives: as somebody said, or late, but with time enough left to be done within `#[late]`.
    pub(super) fn lateness(&self, step: u16) -> Duration {
        let declared = &self.definition.steps[usize::from(step)];
        let believed = || declared.late.map_or(Duration::ZERO, Timing::get) * 3 / 4;
        let known = self.lateness.get(declared.name);
        known.copied().unwrap_or_else(believed)
    }

    /// The error that a clause fails with.
    fn mild(&self) -> Option<Verdict> {
        [Verdict::Transient, Verdict::Unknown, Verdict::Refused]
            .into_iter()
            .find(|verdict| self.verdicts.contains(verdict))
    }
}

/// What an error of this saga can mean: without `#[classify]` there is but one verdict.
pub(super) fn verdicts(definition: &Definition) -> &'static [Verdict] {
    if definition.classified {
        &[Verdict::Refused, Verdict::Transient, Verdict::Unknown]
    } else {
        &[Verdict::Transient]
    }
}

/// How long one call may take.
pub(super) fn limit(step: &Step, call: CallKind) -> Option<Duration> {
    let timing = match call {
        CallKind::When => None,
        CallKind::Action => step.timeout,
        CallKind::Resolve => step.resolve.and_then(|call| call.timeout),
        CallKind::Fallback => step.fallback.and_then(|call| call.timeout),
        CallKind::Compensate => match step.compensation {
            Compensation::Declared { call, .. } => call.timeout,
            Compensation::Absent | Compensation::None => None,
        },
    };
    timing.map(Timing::get)
}

/// Whether its compensation settles doubt.
pub(super) fn is_by_key(step: &Step) -> bool {
    matches!(
        step.compensation,
        Compensation::Declared { by_key: true, .. }
    )
}
