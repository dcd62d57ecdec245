//! The findings of a test of two sagas, and the schedules that it played.

use super::{
    compare::{Deviation, Outcome, Serial},
    gate::Side,
    lines::Two,
    schedule::{Casts, Schedule},
};
use std::{
    collections::BTreeSet,
    fmt::{self, Debug},
};

/// The findings of a test of two sagas, and the schedules that it played. `Display` writes both.
#[derive(Clone, Debug)]
#[must_use = "`assert` says what was found"]
pub struct Interplay {
    pub(super) two: Two,
    /// The numbers of schedules that were played without a refusal, and with one.
    played: [usize; 2],
    refusals: usize,
    extent: Extent,
    findings: Vec<Interference>,
    /// The calls of the first schedule.
    calls: Vec<String>,
    notes: BTreeSet<String>,
    /// The steps that the test has no error to refuse with.
    never_refused: BTreeSet<String>,
}

/// The extent of the schedules that were played.
#[derive(Clone, Copy, Debug)]
enum Extent {
    /// A single one.
    Only,
    All,
    /// Up to the limit: all schedules with fewer than `all` switches, and all schedules without a
    /// refusal with fewer than `calm` switches (`None`: any number).
    Cut {
        all: usize,
        calm: Option<usize>,
    },
}

/// Two sagas interfered: the schedule with the fewest switches that shows it.
#[derive(Clone, Debug)]
pub struct Interference {
    sagas: String,
    what: String,
    schedule: String,
    switches: usize,
    calls: Vec<String>,
    /// The resulting state, and those that would be right.
    states: Vec<String>,
    /// Distinguishes it from other findings: the first call whose answer differs.
    first: Option<String>,
}

impl Interference {
    /// A description of what is wrong.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }

    /// The schedule, in the format of [`Beside::only`](super::Beside::only).
    #[must_use]
    pub fn schedule(&self) -> &str {
        &self.schedule
    }

    /// How often the schedule switches from a saga that has a call to make to the other saga.
    #[must_use]
    pub fn switches(&self) -> usize {
        self.switches
    }

    /// The calls of the schedule, in order: one line for each call.
    #[must_use]
    pub fn calls(&self) -> &[String] {
        &self.calls
    }
}

impl Interplay {
    pub(super) fn of(casts: Casts) -> Self {
        Self {
            two: Two::of(casts),
            played: [0; 2],
            refusals: 0,
            extent: Extent::All,
            findings: Vec::new(),
            calls: Vec::new(),
            notes: BTreeSet::new(),
            never_refused: BTreeSet::new(),
        }
    }

    /// The number of schedules that were played without a refusal.
    #[must_use]
    pub fn played(&self) -> usize {
        self.played[0]
    }

    /// The number of schedules that were played with a refusal.
    #[must_use]
    pub fn played_with_refusal(&self) -> usize {
        self.played[1]
    }

    /// The findings: each kind of interference once, in the schedule with the fewest switches that
    /// shows it. Findings differ in what is wrong, or in the first call whose answer is different
    /// from that in both serial orders.
    #[must_use]
    pub fn findings(&self) -> &[Interference] {
        &self.findings
    }

    /// The calls of the first schedule, in order: one line for each call. That schedule is the one
    /// without a switch, or that of [`only`](super::Beside::only).
    #[must_use]
    pub fn calls(&self) -> &[String] {
        &self.calls
    }

    /// Asserts that nothing was found.
    ///
    /// # Panics
    /// If there are findings; the message has all of them.
    #[track_caller]
    pub fn assert(&self) {
        assert!(self.findings.is_empty(), "{self}");
    }

    /// The number of schedules that were played.
    pub(super) fn all_played(&self) -> usize {
        self.played.iter().sum()
    }

    pub(super) fn note(&mut self, note: String) {
        self.notes.insert(note);
    }

    /// One schedule alone is played.
    pub(super) fn of_one(&mut self) {
        self.extent = Extent::Only;
    }

    /// The limit was reached. For the schedules without a refusal, and then for those with each
    /// refusal, `complete` has the number of switches below which all were played.
    pub(super) fn cut_short(&mut self, complete: impl Iterator<Item = Option<usize>>) {
        let complete: Vec<_> = complete.collect();
        self.extent = Extent::Cut {
            all: complete.iter().flatten().copied().min().unwrap_or_default(),
            calm: complete.first().copied().flatten(),
        };
    }

    /// One more call is refused.
    pub(super) fn refuses(&mut self) {
        self.refusals += 1;
    }

    /// The test has no error to refuse this step with.
    pub(super) fn never_refuses(&mut self, side: Side, step: &str) {
        let saga = self.two.name(side);
        self.never_refused.insert(format!("`{step}` of {saga}"));
    }

    /// A schedule was played.
    pub(super) fn plays<S: PartialEq + Debug>(
        &mut self,
        schedule: &Schedule,
        here: &Outcome<S>,
        serial: &Serial<S>,
    ) {
        if self.all_played() == 0 {
            self.calls = self.two.lines(here, serial).0;
        }
        self.played[usize::from(schedule.refusal.is_some())] += 1;
        let Some(deviation) = serial.deviation(here) else {
            return;
        };
        let what = self.what(&deviation, here);
        let (calls, first) = self.two.lines(here, serial);
        let is_known = |known: &Interference| (&known.what, &known.first) == (&what, &first);
        if !self.findings.iter().any(is_known) {
            self.findings.push(Interference {
                sagas: self.two.both(),
                what,
                schedule: schedule.write(&self.two.casts),
                switches: here.played.switches(),
                calls,
                states: self.states(here, serial),
                first,
            });
        }
    }

    /// Notes sagas that park or do not end even in the serial orders.
    pub(super) fn serially<S>(&mut self, serial: &Serial<S>) {
        for (order, first) in serial.orders.iter().zip(Side::BOTH) {
            for side in Side::BOTH {
                if let Some(stops) = self.two.stops(order, side) {
                    let first = self.two.name(first);
                    self.note(format!("{stops} when {first} runs first"));
                }
            }
        }
    }

    fn what<S>(&self, deviation: &Deviation, here: &Outcome<S>) -> String {
        match deviation {
            Deviation::State => "the result matches neither serial order".to_owned(),
            Deviation::Stops(sides) => {
                let stops = sides.iter().filter_map(|side| self.two.stops(here, *side));
                let stops = stops.collect::<Vec<_>>().join(", and ");
                format!("{stops}, though in neither serial order")
            }
        }
    }

    /// The state that results from a schedule, and those with which it is compared.
    fn states<S: Debug>(&self, here: &Outcome<S>, serial: &Serial<S>) -> Vec<String> {
        let shown = serial.shown(here).map(|(sides, state)| {
            let what = match sides {
                [first, _] => format!("{} first", self.two.name(*first)),
                [alone] => format!("{} alone", self.two.name(*alone)),
                _ => "neither".to_owned(),
            };
            (what, state)
        });
        let states = std::iter::once(("here".to_owned(), &here.state)).chain(shown);
        let states: Vec<_> = states.collect();
        let width = states.iter().map(|(what, _)| what.chars().count()).max();
        let width = width.unwrap_or_default();
        let lines = states.iter();
        let lines = lines.map(|(what, state)| format!("{what:width$}  {state:?}"));
        lines.collect()
    }
}

impl fmt::Display for Interference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} interfere: {}", self.sagas, self.what)?;
        for (number, call) in self.calls.iter().enumerate() {
            writeln!(f, "  {:3}. {call}", number + 1)?;
        }
        for state in &self.states {
            writeln!(f, "  state {state}")?;
        }
        let switches = counted(self.switches, "switch", "switches");
        let schedule = &self.schedule;
        writeln!(f, "  found with {switches}; again: .only({schedule:?})")
    }
}

impl fmt::Display for Interplay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.findings.is_empty() {
            writeln!(f, "{}: no interference found", self.two.both())?;
        }
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        let [calm, refused] = self.played;
        let schedules = counted(calm, "schedule", "schedules");
        let refusals = counted(self.refusals, "refusal", "refusals");
        let with = format!("{refused} with one of {refusals}");
        match self.extent {
            Extent::Only => writeln!(f, "played: one schedule alone")?,
            Extent::All if refused == 0 => writeln!(f, "played: all {schedules}")?,
            Extent::All => writeln!(f, "played: all {schedules}, and {with}")?,
            Extent::Cut { all, calm } => {
                writeln!(f, "played: {schedules}, and {with}; cut short: see `limit`")?;
                writeln!(f, "  complete: {}", up_to(Some(all)))?;
                if calm != Some(all) {
                    writeln!(f, "  complete without a refusal: {}", up_to(calm))?;
                }
            }
        }
        if self.refusals > 0 {
            for step in &self.never_refused {
                writeln!(f, "never refused: {step}; see `error_of`")?;
            }
        } else if !self.never_refused.is_empty() {
            writeln!(f, "no call is refused: see `error`")?;
        }
        for note in &self.notes {
            writeln!(f, "{note}")?;
        }
        Ok(())
    }
}

fn counted(number: usize, one: &str, more: &str) -> String {
    let noun = if number == 1 { one } else { more };
    format!("{number} {noun}")
}

/// Describes the schedules with fewer switches than this; `None`: all of them.
fn up_to(levels: Option<usize>) -> String {
    match levels {
        None => "all".to_owned(),
        Some(0) => "not even those without a switch".to_owned(),
        Some(1) => "those without a switch".to_owned(),
        Some(more) => format!(
            "those with up to {}",
            counted(more - 1, "switch", "switches")
        ),
    }
}
