//! Compares what the sagas say with what the vendors did.

use super::{
    report::Report,
    vendors::{Entry, Ledger, Move},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
};

/// The violations.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) problems: Vec<String>,
    pub(crate) completed: usize,
    pub(crate) compensated: usize,
    /// Completed, with a saga as a step.
    pub(crate) with_child: usize,
    /// Things that were done for a process that had ended.
    pub(crate) late: usize,
    /// How often a saga came to a place where it was to be alone.
    pub(crate) came: usize,
    done: usize,
    undone: usize,
    resumed: usize,
}

impl Findings {
    pub(crate) fn of(report: &Report) -> Self {
        let ledger = report.vendors.ledger.lock().expect("no panic");
        let undone = ledger.entries.iter().filter(|entry| !entry.stands);
        let mut findings = Self {
            late: ledger.late,
            done: ledger.entries.len(),
            undone: undone.count(),
            resumed: report.resumed,
            ..Self::default()
        };
        findings.lost(report, &ledger);
        findings.doubled(&ledger);
        findings.standing(report, &ledger);
        findings.alone(&ledger);
        findings
    }

    /// Every saga that began is in the file, every effect belongs to one of them, and an end that
    /// was reported still holds.
    fn lost(&mut self, report: &Report, ledger: &Ledger) {
        let problems = &mut self.problems;
        let there = |saga: &String| report.finals.contains_key(saga);
        let lost = report.begun.iter().filter(|saga| !there(saga));
        problems.extend(lost.map(|saga| format!("{saga} was begun, and is lost")));
        let strange = ledger.entries.iter().filter(|entry| !there(&entry.saga));
        problems.extend(strange.map(|entry| format!("nobody knows of {entry:?}")));
        for (saga, told) in &report.ended {
            if report.finals.get(saga) != Some(told) {
                let now = report.finals.get(saga);
                problems.push(format!("{saga} had ended as `{told}`, and now as {now:?}"));
            }
        }
        problems.extend(
            ledger
                .nonsense
                .iter()
                .map(|asked| format!("nonsense: {asked}")),
        );
    }

    /// Nothing was done twice under one key.
    fn doubled(&mut self, ledger: &Ledger) {
        let mut keys = HashMap::<_, usize>::new();
        for Entry {
            step, key, saga, ..
        } in &ledger.entries
        {
            *keys.entry((saga, step, key)).or_default() += 1;
        }
        let doubled = keys.into_iter().filter(|(_, times)| *times > 1);
        self.problems
            .extend(doubled.map(|((saga, step, key), times)| {
                format!("{saga}: {step} was done {times} times under {key}")
            }));
    }

    /// No two sagas were at one place, and each has left that came.
    fn alone(&mut self, ledger: &Ledger) {
        let mut there = HashMap::<usize, Option<&str>>::new();
        for Move { place, saga, comes } in &ledger.moves {
            let before = there.entry(*place).or_default();
            match (*comes, *before) {
                (true, None) => self.came += 1,
                (false, Some(who)) if who == saga => {}
                (_, who) => self.problems.push(format!(
                    "{saga} came to or left place {place}, where {who:?} was"
                )),
            }
            *before = comes.then_some(saga.as_str());
        }
        for (place, who) in there {
            if let Some(who) = who {
                self.problems
                    .push(format!("{who} never left place {place}"));
            }
        }
    }

    /// What stands is what the saga says.
    fn standing(&mut self, report: &Report, ledger: &Ledger) {
        let mut standing = HashMap::<&str, BTreeMap<&str, Vec<usize>>>::new();
        for (reference, entry) in ledger
            .entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| entry.stands)
        {
            let steps = standing.entry(&entry.saga).or_default();
            steps.entry(&entry.step).or_default().push(reference);
        }
        for (saga, told) in &report.finals {
            let stands = standing.remove(saga.as_str()).unwrap_or_default();
            let mut words = told.split(' ');
            let agrees = match words.next() {
                Some("completed") => {
                    self.completed += 1;
                    self.with_child += usize::from(told.contains("wrapped/card="));
                    let due = words.map(|word| word.split_once('=').expect("step and reference"));
                    let due: BTreeMap<_, _> = due
                        .map(|(step, reference)| (step, vec![reference.parse().expect("a number")]))
                        .collect();
                    is_as_told(due, &stands)
                }
                Some("compensated") => {
                    self.compensated += 1;
                    // `step?`: it was left behind, perhaps.
                    let (perhaps, left): (BTreeSet<_>, BTreeSet<_>) =
                        words.partition(|word| word.ends_with('?'));
                    let perhaps = perhaps.iter().map(|listed| listed.trim_end_matches('?'));
                    let listed: Vec<_> = left.iter().copied().chain(perhaps).collect();
                    let may_stand = |step| listed.iter().any(|listed| is_in(listed, step));
                    let times = |step, there: &[_]| there.len() == 1 || step == AGAIN;
                    left.iter()
                        .all(|listed| stands.keys().any(|step| is_in(listed, step)))
                        && stands
                            .iter()
                            .all(|(step, there)| may_stand(step) && times(*step, there))
                }
                _ => false,
            };
            if !agrees {
                self.problems
                    .push(format!("{saga} is `{told}`, but there stands {stands:?}"));
            }
        }
    }
}

/// Each run of its saga does it once more.
const AGAIN: &str = "wrapped/card";

/// Whether a step is listed by this name: its own, or that of the step whose earlier run did it.
fn is_in(listed: &str, step: &str) -> bool {
    let below = step.strip_prefix(listed);
    below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
}

/// Whether a saga that has completed did what it says, and nothing else stands.
fn is_as_told(mut due: BTreeMap<&str, Vec<usize>>, stands: &BTreeMap<&str, Vec<usize>>) -> bool {
    let again = due.remove(AGAIN).unwrap_or_default();
    let once = stands.iter().filter(|(step, _)| **step != AGAIN);
    let all = stands.get(AGAIN).map(Vec::as_slice).unwrap_or_default();
    once.eq(&due) && again.iter().all(|reference| all.contains(reference))
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            problems,
            completed,
            compensated,
            with_child,
            late,
            came,
            done,
            undone,
            resumed,
        } = self;
        write!(
            f,
            "{completed} sagas completed, {with_child} of them with a saga as a step, {compensated} compensated; {done} things done, {undone} of them undone, {came} times alone at a place, \
             {late} done for a process that had ended; {resumed} resumed"
        )?;
        problems
            .iter()
            .try_for_each(|problem| write!(f, "\n{problem}"))
    }
}

/// What the audit says of a ledger that somebody has changed.
pub(crate) fn is_not_blind(report: &Report) {
    let ledger = || report.vendors.ledger.lock().expect("no panic");
    // Of a saga that completed: one that was compensated may say that it left something perhaps.
    let completed = |saga: &str| {
        let told = report.finals.get(saga);
        told.is_some_and(|told| told.starts_with("completed"))
    };
    let entries = ledger().entries.clone();
    let standing = entries
        .iter()
        .position(|entry| entry.stands && completed(&entry.saga));
    let standing = standing.expect("something stands");
    let entry = ledger().entries[standing].clone();
    let problems = || Findings::of(report).problems.len();
    ledger().entries[standing].stands = false;
    assert!(problems() > 0, "what is missing is not seen");
    ledger().entries[standing].stands = true;
    assert_eq!(problems(), 0);
    ledger().entries.push(entry);
    assert!(problems() > 0, "what was done twice is not seen");
    ledger().entries.pop();
    assert_eq!(problems(), 0);
}

/// What the audit says of a ledger in which two sagas are at one place.
pub(crate) fn sees_two_at_one_place(report: &Report) {
    let ledger = || report.vendors.ledger.lock().expect("no panic");
    let problems = || Findings::of(report).problems.len();
    let moves = ledger().moves.clone();
    let leaves = moves.iter().position(|moved| !moved.comes);
    let leaves = leaves.expect("somebody left");
    let place = moves[leaves].place;
    let next = moves[leaves..]
        .iter()
        .position(|it| it.place == place && it.comes);
    let next = leaves + next.expect("somebody came after that");
    ledger().moves.swap(leaves, next);
    assert!(problems() > 0, "that two are at one place is not seen");
    ledger().moves = moves;
    assert_eq!(problems(), 0);
}
