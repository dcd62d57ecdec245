//! The findings of an exploration, and its coverage.

use super::{
    audit::Broken,
    cast::{Cast, Part},
    contract::Contract,
    fault::{Fault, verdicts},
    known::{Known, never_sent},
    ledger::Effect,
    path::{Code, Path, name},
    run::Ran,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Write as _},
    sync::Arc,
};
use typed_saga_core::{CallKind, Verdict, definition::Compensation, kernel::End};

/// The findings of an exploration, and its coverage. `Display` writes both.
#[derive(Clone, Debug)]
#[must_use = "`assert` says what was found"]
pub struct Report {
    cast: Arc<Cast>,
    /// The numbers of paths that were walked with no fault, with one, with two, and so on.
    walked: Vec<usize>,
    /// The numbers of paths that completed, were compensated, and parked.
    ends: [usize; 3],
    /// The same for the runs under a new id, each after a run that was compensated.
    anew: [usize; 3],
    /// The faults of each code of each step, with the number of calls.
    reached: BTreeMap<(u16, &'static str), BTreeMap<String, usize>>,
    /// The number of paths on which a step had two effects under one key.
    doubled: BTreeMap<String, usize>,
    findings: Vec<Finding>,
    /// The calls of the first path.
    calls: Vec<String>,
    notes: Vec<String>,
    /// The steps with an error type for which the test makes no errors.
    without_error: BTreeSet<u16>,
    /// The results of each condition of a step, or of a block that begins with the step.
    decisions: BTreeMap<(u16, bool), BTreeSet<bool>>,
}

/// A contract that was broken, and the shortest path that shows it.
#[derive(Clone, Debug)]
pub struct Finding {
    step: Option<String>,
    contract: Contract,
    what: String,
    path: String,
    calls: Vec<String>,
    repeated: Vec<String>,
}

impl Finding {
    pub(super) fn of(broken: Broken, path: &Path, ran: &Ran, cast: &Cast) -> Self {
        Self {
            step: broken.step,
            contract: broken.contract,
            what: broken.what,
            path: path.write(cast),
            calls: ran.story.lines(cast),
            repeated: broken.repeated,
        }
    }

    pub(super) fn invariant(
        (what, repeated): (String, Vec<String>),
        path: &Path,
        ran: &Ran,
        cast: &Cast,
    ) -> Self {
        let broken = Broken {
            step: None,
            contract: Contract::Invariant,
            what,
            repeated,
        };
        Self::of(broken, path, ran, cast)
    }

    /// Adds the calls of the run under a new id that followed.
    pub(super) fn anew(mut self, again: &Ran, cast: &Cast) -> Self {
        let follows = "the saga was compensated, and runs again under a new id";
        self.calls.push(follows.to_owned());
        self.calls.extend(again.story.lines(cast));
        self
    }

    /// Of findings that agree in this, one is reported.
    fn sort(&self) -> (Option<&str>, Contract, Option<&str>) {
        let what = match self.contract {
            Contract::Invariant | Contract::NewId if self.step.is_none() => Some(&*self.what),
            // Up to the values, which may be others on each path.
            Contract::Recorded => self.what.split('`').next(),
            _ => None,
        };
        (self.step(), self.contract, what)
    }

    /// The step whose code broke the contract, by path: `seat`, `wrapped/paper`, `packed[1]`;
    /// `None` if that is not known, as for an invariant of the test.
    #[must_use]
    pub fn step(&self) -> Option<&str> {
        self.step.as_deref()
    }

    /// The broken contract.
    #[must_use]
    pub fn contract(&self) -> Contract {
        self.contract
    }

    /// A description of the violation.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }

    /// The calls that were made more than once, of the step or, if no step is named, of all steps:
    /// for each its round, its key, and what allowed the saga to make it again.
    #[must_use]
    pub fn repeated(&self) -> &[String] {
        &self.repeated
    }

    /// The path, in the format of [`Explorer::only`](super::Explorer::only).
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The calls of the path, in order: one line for each call.
    #[must_use]
    pub fn calls(&self) -> &[String] {
        &self.calls
    }
}

impl Report {
    pub(super) fn of(cast: Arc<Cast>) -> Self {
        Self {
            cast,
            walked: Vec::new(),
            ends: [0; 3],
            anew: [0; 3],
            reached: BTreeMap::new(),
            doubled: BTreeMap::new(),
            findings: Vec::new(),
            calls: Vec::new(),
            notes: Vec::new(),
            without_error: BTreeSet::new(),
            decisions: BTreeMap::new(),
        }
    }

    /// The number of paths that were walked.
    #[must_use]
    pub fn paths(&self) -> usize {
        self.walked.iter().sum()
    }

    /// The findings: each broken contract of each step once, on the shortest path that shows it.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The calls of the first path, in order: one line for each call. That path is the one without
    /// a fault, or that of [`only`](super::Explorer::only).
    #[must_use]
    pub fn calls(&self) -> &[String] {
        &self.calls
    }

    /// The number of calls of this code of this step into which this fault was injected. Name a
    /// step of a child saga, or an item, by its path: `wrapped/paper`, `packed[1]`.
    #[must_use]
    pub fn reached(&self, step: &str, call: CallKind, fault: Fault) -> usize {
        let mut codes = self.reached.iter();
        let code = codes.find(|((of, code), _)| self.name(*of) == step && *code == name(call));
        let faults = code.and_then(|(_, faults)| faults.get(&fault.to_string()));
        faults.copied().unwrap_or_default()
    }

    /// Asserts that nothing was found.
    ///
    /// # Panics
    /// If there are findings; the message has all of them.
    #[track_caller]
    pub fn assert(&self) {
        assert!(self.findings.is_empty(), "{}", self.list());
    }

    fn name(&self, step: u16) -> String {
        self.cast.part(step).path.clone()
    }

    fn list(&self) -> String {
        let mut list = format!("{} breaks its contracts\n", self.cast.root.name);
        for finding in &self.findings {
            let _ = write!(list, "\n{finding}");
        }
        list
    }

    pub(super) fn walked(&mut self, path: &Path, ran: &Ran, effects: &[Effect], known: &Known) {
        if self.paths() == 0 {
            self.calls = ran.story.lines(&self.cast);
        }
        let faults = path.0.len();
        if self.walked.len() <= faults {
            self.walked.resize(faults + 1, 0);
        }
        self.walked[faults] += 1;
        count(&mut self.ends, ran);
        for decision in &ran.decisions {
            let of = (decision.step, decision.of_block);
            self.decisions.entry(of).or_default().insert(decision.yes);
        }
        for called in ran.story.calls() {
            if called.error.is_some_and(|error| !known.makes(error)) {
                let within = !self.cast.part(called.site.step).nodes.is_empty();
                self.without_error
                    .extend(within.then_some(called.site.step));
            }
            let code = (called.site.step, name(called.site.call));
            let faults = self.reached.entry(code).or_default();
            if let Some(fault) = called.fault {
                *faults.entry(fault.to_string()).or_default() += 1;
            }
        }
        let doubled = effects.iter().filter(|e| e.key.is_some() && e.made > 1);
        for effect in doubled {
            *self.doubled.entry(effect.step.clone()).or_default() += 1;
        }
    }

    /// The saga has run again under a new id, if it has.
    pub(super) fn ran_anew(&mut self, again: Option<&Ran>) {
        if let Some(ran) = again {
            count(&mut self.anew, ran);
        }
    }

    pub(super) fn found(&mut self, finding: Finding) {
        let same = |known: &Finding| known.sort() == finding.sort();
        if !self.findings.iter().any(same) {
            self.findings.push(finding);
        }
    }

    pub(super) fn misjudged(&mut self, meant: Verdict, judged: Verdict) {
        self.findings.push(Finding {
            step: None,
            contract: Contract::Classify,
            what: format!("an error that means `{meant:?}` is judged `{judged:?}`"),
            path: String::new(),
            calls: Vec::new(),
            repeated: Vec::new(),
        });
    }

    pub(super) fn cut_short(&mut self) {
        let paths = self.paths();
        self.notes
            .push(format!("cut short after {paths} paths: see `limit`"));
    }

    /// `calm` has the steps whose calls cannot have a fault.
    pub(super) fn finish(&mut self, known: &Known, outage: bool, calm: &[u16]) {
        for code in self.never_called() {
            self.notes.push(format!("never called: {code}"));
        }
        for code in self.never_in_trouble(calm) {
            let note = format!("never given a fault: {code}; see `depth`");
            self.notes.push(note);
        }
        let root = self.cast.root;
        let all = verdicts(root).iter();
        for verdict in all.filter(|verdict| !known.verdicts.contains(verdict)) {
            self.notes
                .push(format!("no error means `{verdict:?}`: see `error`"));
        }
        for ((step, of_block), said) in &self.decisions {
            let step = self.name(*step);
            let block = if *of_block { " block" } else { "" };
            if let (Some(said), true) = (said.first(), said.len() == 1) {
                let said = if *said { "yes" } else { "no" };
                self.notes.push(format!(
                    "the `when`{block} of `{step}` always says {said}: other inputs have other paths"
                ));
            }
        }
        for step in &self.without_error {
            let step = self.name(*step);
            self.notes
                .push(format!("no error of `{step}` is known: see `error_of`"));
        }
        if !outage {
            self.notes.push("no outage: see `outage`".to_owned());
        }
        self.notes
            .extend(never_sent(root, |step| known.signals.contains(&step)));
    }

    /// The code that was called, but never had a fault, although it may have one.
    fn never_in_trouble(&self, calm: &[u16]) -> Vec<String> {
        let untroubled = self.reached.iter().filter(|(_, faults)| faults.is_empty());
        untroubled
            .filter(|((step, _), _)| !calm.contains(step))
            .map(|((step, code), _)| format!("{code} of `{}`", self.name(*step)))
            .collect()
    }

    /// The code that is declared, but was never called.
    fn never_called(&self) -> Vec<Code> {
        let mut never = Vec::new();
        let all = self.cast.all();
        for (_, part) in &all {
            // Items are known only once they are called.
            let nested = part.declared.saga().is_some();
            if nested || part.path != part.plain {
                continue;
            }
            let step = part.declared;
            let of = |(of, _): &&(u16, Arc<Part>)| self.cast.part(*of).plain == part.plain;
            let all: Vec<_> = all.iter().filter(of).map(|(of, _)| *of).collect();
            let called = |call: &CallKind| {
                let of = |of: &u16| self.reached.contains_key(&(*of, name(*call)));
                all.iter().any(of)
            };
            let compensates = matches!(step.compensation, Compensation::Declared { .. });
            let declared = [
                (CallKind::Action, true),
                (CallKind::Resolve, step.resolve.is_some()),
                (CallKind::Compensate, compensates),
                (CallKind::Fallback, step.fallback.is_some()),
            ];
            let missing = declared
                .into_iter()
                .filter(|(call, is)| *is && !called(call));
            never.extend(missing.map(|(call, _)| Code::of(part, call)));
        }
        never
    }
}

/// Counts how a run has ended.
fn count(ends: &mut [usize; 3], ran: &Ran) {
    if let Ok(summary) = &ran.end {
        ends[match summary.end() {
            End::Completed => 0,
            End::Compensated => 1,
            End::Parked => 2,
        }] += 1;
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.step {
            Some(step) => writeln!(f, "`{step}`: {}", self.what)?,
            None => writeln!(f, "{}", self.what)?,
        }
        for call in &self.repeated {
            writeln!(f, "  {call}")?;
        }
        writeln!(f, "  broken: {}", self.contract)?;
        for (number, call) in self.calls.iter().enumerate() {
            writeln!(f, "  {:3}. {call}", number + 1)?;
        }
        if !self.calls.is_empty() {
            writeln!(f, "  again: .only({:?})", self.path)?;
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [completed, compensated, parked] = self.ends;
        let (saga, paths) = (&self.cast.root.name, self.paths());
        write!(f, "{saga}: {paths} paths (by faults: {:?})", self.walked)?;
        writeln!(
            f,
            "; {completed} completed, {compensated} compensated, {parked} parked"
        )?;
        let [completed, compensated, parked] = self.anew;
        if self.anew != [0; 3] {
            writeln!(
                f,
                "compensated, and run again under a new id: {completed} completed, \
                 {compensated} compensated, {parked} parked"
            )?;
        }
        for ((step, code), faults) in &self.reached {
            let faults: Vec<_> = faults
                .iter()
                .map(|(name, n)| format!("{name} {n}"))
                .collect();
            writeln!(f, "  {} {code}: {}", self.name(*step), faults.join(", "))?;
        }
        for (step, paths) in &self.doubled {
            writeln!(f, "two effects under one key: `{step}`, on {paths} paths")?;
        }
        for note in &self.notes {
            writeln!(f, "{note}")?;
        }
        for finding in &self.findings {
            write!(f, "\n{finding}")?;
        }
        Ok(())
    }
}
