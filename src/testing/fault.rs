//! The faults of one call.

use std::{fmt, str::FromStr, time::Duration};
use typed_saga_core::{
    CallKind, Timing, Verdict,
    definition::{Definition, Kind, Step},
};

/// A fault that is injected into one call of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// It returns an error and has no effect.
    Fails(Verdict),
    /// It returns an error and has no effect, this time and each time from then on. After ten
    /// failures, the call succeeds, because a saga may retry forever.
    FailsForGood(Verdict),
    /// It panics and has no effect.
    Panics,
    /// It times out and has no effect.
    TimesOut,
    /// It takes effect, but its answer is lost: it times out.
    LostInTime,
    /// It takes effect, but returns an error after which the outcome is unknown.
    LostUnknown,
    /// It takes effect, but returns an error that means that only part of it happened.
    HalfDone,
    /// It takes effect, then panics.
    LostInPanic,
    /// It times out, and takes effect as late as a request of the step may arrive.
    ArrivesLate,
    /// It times out, and takes effect right after its outcome was settled.
    ArrivesSettled,
    /// Every service is down while it runs.
    Outage,
    /// The process ends after the call is recorded as started, before it does anything.
    CrashBefore,
    /// The process ends after the call took effect, before its outcome is recorded.
    CrashUnrecorded,
    /// The process ends as soon as the call's outcome is recorded.
    CrashRecorded,
    /// For a signal: it is sent before the saga begins.
    SentEarly,
    /// For a signal: it is sent twice.
    SentTwice,
    /// For a signal: it is sent when the wait times out.
    SentLate,
    /// For a signal: it is never sent.
    NeverSent,
}

use Fault::{
    ArrivesLate, ArrivesSettled, CrashBefore, CrashRecorded, CrashUnrecorded, Fails, FailsForGood,
    HalfDone, LostInPanic, LostInTime, LostUnknown, NeverSent, Outage, Panics, SentEarly, SentLate,
    SentTwice, TimesOut,
};

/// Each fault, its name in a path, and its predicate.
const WORDS: [(Fault, &str, &str); 22] = [
    (Fails(Verdict::Refused), "refused", "is refused"),
    (
        Fails(Verdict::Transient),
        "transient",
        "fails, nothing done",
    ),
    (
        Fails(Verdict::Unknown),
        "unknown",
        "is not done, and its outcome is unknown",
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
        "fails each time, and its outcome is unknown",
    ),
    (Panics, "panics", "panics, nothing done"),
    (TimesOut, "times-out", "is not done, and times out"),
    (LostInTime, "lost", "is done, its answer lost: it times out"),
    (
        LostUnknown,
        "lost-unknown",
        "is done, but its answer is lost",
    ),
    (
        HalfDone,
        "half-done",
        "is done, and says that half of it is",
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
        "is recorded as started when the process ends",
    ),
    (
        CrashUnrecorded,
        "crash-unrecorded",
        "is done, but not recorded, when the process ends",
    ),
    (
        CrashRecorded,
        "crash-recorded",
        "is done and recorded when the process ends",
    ),
    (SentEarly, "early", "is sent before the saga begins"),
    (SentTwice, "twice", "is sent twice"),
    (SentLate, "too-late", "is sent when its time is out"),
    (NeverSent, "never", "is never sent"),
];

impl Fault {
    fn words(self) -> (&'static str, &'static str) {
        let words = WORDS.iter().find(|(fault, ..)| *fault == self);
        words.map_or(("", ""), |(_, name, predicate)| (*name, *predicate))
    }

    /// The fault as a predicate: "is refused".
    #[must_use]
    pub fn predicate(self) -> &'static str {
        self.words().1
    }

    /// The fault of a signal, a sleep or a lock as a predicate.
    pub(super) fn predicate_of_wait(self) -> &'static str {
        match self {
            CrashBefore => "is waited for when the process ends",
            CrashUnrecorded => "is accepted and not taken when the process ends",
            CrashRecorded => "is over and recorded when the process ends",
            TimesOut => "is not free in time",
            _ => self.predicate(),
        }
    }

    /// Whether the call takes effect, but its caller does not learn of it.
    #[must_use]
    pub fn loses_answer(self) -> bool {
        matches!(
            self,
            LostInTime | LostUnknown | HalfDone | LostInPanic | CrashUnrecorded
        )
    }

    /// Whether the call runs, and its answer decides.
    pub(super) fn runs_the_call(self) -> bool {
        matches!(self, Outage | CrashRecorded)
    }

    /// Whether only a signal can have the fault.
    pub(super) fn is_of_signal(self) -> bool {
        matches!(self, SentEarly | SentTwice | SentLate | NeverSent)
    }

    /// Whether the call takes effect after its caller has given up.
    pub(super) fn arrives(self) -> bool {
        matches!(self, ArrivesLate | ArrivesSettled)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.words().0)
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = WORDS.iter().find(|(_, name, _)| *name == text);
        known
            .map(|(fault, ..)| *fault)
            .ok_or_else(|| format!("no fault is called `{text}`"))
    }
}

/// What the fakes can do, which decides the possible faults.
pub(super) struct Means<'a> {
    /// Whether the saga is durable.
    pub(super) durable: bool,
    /// The verdicts for which the test has an error.
    pub(super) verdicts: &'a [Verdict],
    pub(super) outage: bool,
    /// How long after its attempt a request of the step may arrive.
    pub(super) lateness: Duration,
    /// Whether the test has a value for the step, if it is a signal.
    pub(super) sent: bool,
}

impl Means<'_> {
    /// All faults that a call can have. `done`: an earlier attempt of an action may have taken
    /// effect, so no service would refuse now.
    pub(super) fn faults(&self, declared: &Step, call: CallKind, done: bool) -> Vec<Fault> {
        if call == CallKind::Action && !declared.kind.acts() {
            return self.of_wait(declared);
        }
        let timed = limit(declared, call).is_some();
        let mut all = vec![Panics];
        if timed {
            all.push(TimesOut);
        }
        if self.outage {
            all.push(Outage);
        }
        if self.durable {
            all.extend([CrashBefore, CrashUnrecorded, CrashRecorded]);
        }
        if call == CallKind::Action {
            let refused = |verdict| verdict == Verdict::Refused;
            // `Partial` means that part of the call happened, so it is not a failure without
            // effect: see `HalfDone`.
            let verdicts = self.verdicts.iter().copied();
            let verdicts = verdicts.filter(|&verdict| verdict != Verdict::Partial);
            for verdict in verdicts.filter(|&verdict| !done || !refused(verdict)) {
                all.push(Fails(verdict));
                // An unknown outcome is settled, not retried.
                all.extend((verdict != Verdict::Unknown).then_some(FailsForGood(verdict)));
            }
            if declared.kind != Kind::Read {
                all.extend(self.losses(call, timed));
                all.extend(self.arrivals(declared, timed));
            }
            return all;
        }
        all.extend(self.mild().map(Fails));
        if matches!(call, CallKind::Resolve | CallKind::Compensate) {
            all.extend(self.mild().map(FailsForGood));
        }
        if call == CallKind::Compensate {
            all.extend(self.losses(call, timed));
        }
        all
    }

    /// All faults of a signal, a sleep or a lock, once its wait has begun.
    fn of_wait(&self, declared: &Step) -> Vec<Fault> {
        // The duration may be computed from inputs, which are not known here.
        let timed = declared.timeout.is_some();
        let (sent, durable) = (self.sent, self.durable);
        let all = [
            (sent, SentTwice),
            (sent && timed, SentLate),
            (sent && timed, NeverSent),
            (durable, CrashBefore),
            (declared.kind == Kind::Lock && timed, TimesOut),
            (durable && sent, CrashUnrecorded),
            (
                durable && (sent || declared.kind != Kind::Signal),
                CrashRecorded,
            ),
        ];
        let all = all.into_iter().filter(|(possible, _)| *possible);
        all.map(|(_, fault)| fault).collect()
    }

    fn losses(&self, call: CallKind, timed: bool) -> impl Iterator<Item = Fault> + use<> {
        let of_action = call == CallKind::Action;
        let unknown = self.verdicts.contains(&Verdict::Unknown);
        let partial = of_action && self.verdicts.contains(&Verdict::Partial);
        [
            timed.then_some(LostInTime),
            unknown.then_some(LostUnknown),
            partial.then_some(HalfDone),
            Some(LostInPanic),
        ]
        .into_iter()
        .flatten()
    }

    /// How the request of an action may arrive after its attempt. The request outlives its attempt,
    /// and with it the effects that the attempt borrows, so the saga has to continue from its
    /// records, which only a durable saga can.
    fn arrivals(&self, declared: &Step, timed: bool) -> impl Iterator<Item = Fault> + use<> {
        let possible = timed && self.durable;
        let late = possible && self.lateness > Duration::ZERO;
        let settled = possible && (declared.idempotent || declared.is_by_key());
        [
            late.then_some(ArrivesLate),
            settled.then_some(ArrivesSettled),
        ]
        .into_iter()
        .flatten()
    }

    /// The verdict on the error with which a clause fails.
    fn mild(&self) -> Option<Verdict> {
        [Verdict::Transient, Verdict::Unknown, Verdict::Refused]
            .into_iter()
            .find(|verdict| self.verdicts.contains(verdict))
    }
}

/// The verdicts that errors of this saga can have: without `#[classify]` there is only one.
pub(super) fn verdicts(definition: &Definition) -> &'static [Verdict] {
    if definition.classified {
        &Verdict::ALL
    } else {
        &[Verdict::Transient]
    }
}

/// How long after its attempt the request of a step arrives, if the test does not set it: well
/// within `#[late]`.
pub(super) fn lateness(step: &Step) -> Duration {
    let late = step.late.as_ref();
    late.map_or(Duration::ZERO, Timing::get) * 3 / 4
}

/// The timeout of one call.
pub(super) fn limit(step: &Step, call: CallKind) -> Option<Duration> {
    call.limit(step).map(Timing::get)
}
