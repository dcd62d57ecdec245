//! What must hold once everything has come to rest, whatever went wrong before.

use crate::crash::{
    parts::{Part, earlier_arms, first_of_block, index, is_concurrent, is_within, part, parts},
    process::{Fate, Known},
    queue::{at_once, check_keys},
    trouble::Trouble,
    world::{Call, World},
};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    fmt,
};
use typed_saga::{
    definition::Definition,
    engine::{
        Memory, ReadStore, SagaId, State,
        for_logs::record::{self, Record, RecordKind},
        for_stores::LockFilter,
    },
    runtime::{Cancel, End, Signalled},
};

/// What became of a run.
pub(crate) struct Run {
    definition: &'static Definition,
    trouble: Trouble,
    pub(crate) fates: Vec<Fate>,
    pub(crate) known: Known,
    pub(crate) state: State,
    /// All calls, in order.
    pub(crate) calls: Vec<Call>,
    /// As in [`Ledger::effects`](crate::crash::ledger::Ledger::effects).
    pub(crate) effects: Vec<(&'static str, u32, bool)>,
    standing: Vec<&'static str>,
    journal: Journal,
    /// The violations that were found.
    pub(crate) wrong: Vec<String>,
}

impl Run {
    /// How many calls are on record as lost with a process.
    pub(crate) fn lost(&self) -> usize {
        let lost = |(_, record): &&(usize, Record)| record.what == RecordKind::Lost;
        self.journal.iter().filter(lost).count()
    }

    /// What became of a lock: the last record of it.
    pub(crate) fn of_lock(&self, lock: &str) -> Option<RecordKind> {
        let of_lock = |record: &&Record| {
            record.step.as_deref() == Some(lock) && record.what != RecordKind::Waiting
        };
        let mut records = self.journal.iter().rev().map(|(_, record)| record);
        records.find(of_lock).map(|record| record.what)
    }

    /// The calls by key; those of siblings are in no particular order. A `when` is no call: it runs
    /// again if its answer is not recorded yet.
    pub(crate) fn made(&self) -> Vec<String> {
        let acts = self.calls.iter().filter(|call| call.mark != 'w');
        let by_key = |call: &Call| format!("{}{} {}", call.mark, call.step, call.key);
        let mut made: Vec<_> = acts.map(by_key).collect();
        if is_concurrent(self.definition) {
            made.sort_unstable();
        }
        made
    }
}

/// The journal, record by record, each with the number of commits up to and with its own.
type Journal = Vec<(usize, Record)>;

pub(crate) fn audit(
    definition: &'static Definition,
    memory: &Memory,
    saga: &SagaId,
    world: &World,
    trouble: &Trouble,
    fates: &[Fate],
    known: Known,
) -> Run {
    let (state, journal) = journal(memory, saga);
    let mut core = world.core();
    let standing = core.ledger.standing();
    let mut wrong = core.ledger.wrong.clone();
    check_end(definition, state, &journal, &standing, &mut wrong);
    check_calls(definition, &journal, &core.calls, &mut wrong);
    check_waits(definition, &journal, &mut wrong);
    let accepted = |answer: &&Signalled| **answer == Signalled::Accepted;
    let accepted = core.answers.iter().filter(accepted).count();
    let on_record = |(_, record): &&(usize, Record)| record.what == RecordKind::Signalled;
    if journal.iter().filter(on_record).count() < accepted {
        wrong.push("a signal was accepted, and is not on record".to_owned());
    }
    let kept = at_once(memory.locks(LockFilter::default()));
    wrong.extend(check_keys(definition, memory));
    let ended = matches!(state, State::Completed | State::Compensated);
    if ended && !kept.is_empty() {
        wrong.push(format!("all have ended, and there is {kept:?}"));
    }
    if known.heard != Some(state) {
        let heard = known.heard;
        wrong.push(format!("it is {state}, and was told to be {heard:?}"));
    }
    if core.cancelled == Some(Cancel::Accepted) && state == State::Completed {
        wrong.push("a cancel was accepted, and it completed".to_owned());
    }
    Run {
        definition,
        trouble: trouble.clone(),
        fates: fates.to_vec(),
        known,
        state,
        calls: core.calls.clone(),
        effects: core.ledger.effects(),
        standing,
        journal,
        wrong,
    }
}

fn journal(memory: &Memory, saga: &SagaId) -> (State, Journal) {
    let Some(stored) = at_once(memory.load(saga.clone())) else {
        return (State::Running, Journal::new());
    };
    let mut journal = Journal::new();
    for (number, commit) in (1..).zip(&stored.commits) {
        let records = record::decode(&commit.records).expect("what the engine wrote");
        journal.extend(records.into_iter().map(|record| (number, record)));
    }
    (stored.row.state, journal)
}

/// The guarantee: it has ended in one of three ways, and what stands is what it says.
fn check_end(
    definition: &'static Definition,
    state: State,
    journal: &Journal,
    standing: &[&'static str],
    wrong: &mut Vec<String>,
) {
    let ended = journal
        .iter()
        .rev()
        .find(|(_, record)| record.what == RecordKind::Ended);
    let Some((_, ended)) = ended else {
        return wrong.push(format!("its end is not on record: it is {state}"));
    };
    let says = match ended.end {
        Some(End::Completed) => State::Completed,
        Some(End::Compensated) => State::Compensated,
        Some(End::Parked) => State::Parked,
        None => State::Running,
    };
    if says != state {
        wrong.push(format!("its row says {state}, its journal {says}"));
    }
    let last = last(definition, journal);
    let names = |names: &[Cow<'static, str>]| -> BTreeSet<String> {
        names.iter().map(ToString::to_string).collect()
    };
    let (certain, perhaps) = match state {
        State::Completed => {
            let acts = |path: &str| part(definition, path).is_some_and(Part::changes);
            let applied = |record: &Record| {
                record.what == RecordKind::Applied
                    || record.what == RecordKind::Resolved && record.happened == Some(true)
            };
            let ends = |record: &Record| {
                applied(record)
                    || matches!(
                        record.what,
                        RecordKind::FellBack | RecordKind::Woken | RecordKind::Received
                    )
            };
            let skipped = |part: &Part| {
                let of = |path: &str| last.get(path).map(|record| (record.what, record.taken));
                let first = first_of_block(definition, part);
                let not_taken = Some((RecordKind::Decided, Some(false)));
                let mut earlier = earlier_arms(definition, part).map(|first| of(first.path));
                of(part.path) == Some((RecordKind::Skipped, None))
                    || first.and_then(|first| of(first.path)) == not_taken
                    || earlier.any(|first| first.is_some() && first != not_taken)
            };
            for part in parts(definition) {
                let without = |whole: &Part| {
                    (whole.path == part.path || is_within(part.path, whole.path)) && skipped(whole)
                };
                let needed = !parts(definition).iter().any(without);
                if needed && !last.get(part.path).is_some_and(|record| ends(record)) {
                    wrong.push(format!("it completed without `{}`", part.path));
                }
            }
            let applied = last
                .iter()
                .filter(|(name, record)| acts(name) && applied(record));
            let certain = applied.map(|(name, _)| (*name).to_owned()).collect();
            (certain, BTreeSet::new())
        }
        State::Compensated => (names(&ended.left), names(&ended.perhaps_left)),
        _ => {
            if ended.standing.is_empty() && ended.in_doubt.is_empty() && ended.unfinished.is_empty()
            {
                wrong.push("it is parked for nothing".to_owned());
            }
            // A compensation whose call failed may have taken effect all the same.
            let failed = |name: &String| {
                let record = last.get(name.as_str()).map(|record| record.what);
                matches!(
                    record,
                    Some(RecordKind::CompensationFailed | RecordKind::Lost)
                )
            };
            let (perhaps, certain) = names(&ended.standing).into_iter().partition(failed);
            (certain, &names(&ended.in_doubt) | &perhaps)
        }
    };
    let stands: BTreeSet<_> = standing.iter().map(|&name| name.to_owned()).collect();
    if stands.len() != standing.len() {
        wrong.push(format!("a step stands more than once: {standing:?}"));
    }
    let changes = |name: &&String| part(definition, name).is_none_or(Part::changes);
    for missing in certain.difference(&stands).filter(changes) {
        wrong.push(format!("{state}, and `{missing}` does not stand"));
    }
    for extra in stands
        .iter()
        .filter(|name| !certain.contains(*name) && !perhaps.contains(*name))
    {
        wrong.push(format!("{state}, and `{extra}` stands"));
    }
}

/// The last record of each step that tells its state.
fn last<'a>(
    definition: &'static Definition,
    journal: &'a Journal,
) -> BTreeMap<&'a str, &'a Record> {
    let mut last: BTreeMap<&str, &Record> = BTreeMap::new();
    for (_, record) in journal {
        let Some(step) = record.step.as_deref() else {
            continue;
        };
        match record.what {
            RecordKind::Waiting | RecordKind::Waited | RecordKind::Kept => {}
            RecordKind::Turned => {
                last.retain(|name, _| index(definition, name) < index(definition, step));
            }
            // A saga begins anew, if it is one.
            RecordKind::Attempting => {
                last.retain(|name, _| !is_within(name, step));
                last.insert(step, record);
            }
            _ => drop(last.insert(step, record)),
        }
    }
    last
}

/// Every call was recorded before it was made, each only once, and nothing that is on record was
/// called again.
fn check_calls(
    definition: &'static Definition,
    journal: &Journal,
    calls: &[Call],
    wrong: &mut Vec<String>,
) {
    let mut made: BTreeMap<(char, &str), usize> = BTreeMap::new();
    for call in calls {
        let known: Vec<_> = journal
            .iter()
            .take_while(|(number, _)| *number <= call.commits)
            .collect();
        let made = made.entry((call.mark, call.step)).or_default();
        *made += 1;
        let starts = match call.mark {
            '+' => RecordKind::Attempting,
            '-' => RecordKind::Compensating,
            '?' => RecordKind::Resolving,
            'w' => {
                // A turn at which it is asked again is written together with its answer.
                let next = journal[known.len()..].iter();
                let turns = next
                    .take_while(|(number, _)| *number == call.commits + 1)
                    .filter(|(_, record)| record.what == RecordKind::Turned);
                let known: Vec<_> = known.iter().copied().chain(turns).collect();
                if decided(definition, &known, call.step) {
                    wrong.push(format!("decided before: {call}"));
                }
                continue;
            }
            _ => {
                let last = known.iter().rev().find(|(_, record)| {
                    matches!(
                        record.what,
                        RecordKind::Ended | RecordKind::Finished | RecordKind::Resumed
                    )
                });
                if last.is_none_or(|(_, record)| record.what != RecordKind::Ended) {
                    wrong.push(format!("not its moment: {call}"));
                }
                continue;
            }
        };
        let of_step = |record: &Record| record.step.as_deref() == Some(call.step);
        let mut records = known
            .iter()
            .map(|(_, record)| record)
            .filter(|record| of_step(record));
        let written = records
            .clone()
            .filter(|record| record.what == starts)
            .count();
        if written < *made {
            wrong.push(format!("made more often than written ahead: {call}"));
        }
        if records
            .next_back()
            .is_none_or(|record| record.what != starts)
        {
            wrong.push(format!(
                "not written ahead, or its end is on record: {call}"
            ));
        }
    }
}

/// What waits begins to wait once, and ends once, unless the saga turns; a signal that was accepted
/// is not too late.
fn check_waits(definition: &'static Definition, journal: &Journal, wrong: &mut Vec<String>) {
    let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (_, record) in journal {
        let Some(step) = record.step.as_deref() else {
            continue;
        };
        if record.what == RecordKind::Turned {
            seen.retain(|(other, _)| index(definition, other) < index(definition, step));
        }
        seen.retain(|(other, _)| record.what != RecordKind::Attempting || !is_within(other, step));
        if part(definition, step).is_none_or(|part| part.step.kind.acts()) {
            continue;
        }
        let what = record.what;
        if what == RecordKind::Received {
            // On the way back another one is accepted, for the turn.
            seen.remove(&(step, RecordKind::Signalled.as_str()));
        }
        if !seen.insert((step, what.as_str())) {
            wrong.push(format!("`{step}`: {what} twice"));
        }
        if what == RecordKind::TimedOut && seen.contains(&(step, RecordKind::Signalled.as_str())) {
            wrong.push(format!("`{step}` was accepted, and is too late"));
        }
    }
}

/// Whether the answer of a step's `when` is on record since the last turn.
fn decided(definition: &'static Definition, known: &[&(usize, Record)], step: &str) -> bool {
    let mut decided = false;
    for (_, record) in known {
        let of = record.step.as_deref();
        match record.what {
            RecordKind::Turned => {
                decided &= of.and_then(|of| index(definition, of)) > index(definition, step);
            }
            RecordKind::Skipped
            | RecordKind::Attempting
            | RecordKind::Awaiting
            | RecordKind::Decided
                if of == Some(step) =>
            {
                decided = true;
            }
            RecordKind::Attempting if of.is_some_and(|of| is_within(step, of)) => decided = false,
            _ => {}
        }
    }
    decided
}

/// The journal, with the calls at the points where they were made.
impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.definition.name;
        writeln!(f, "{name}: {}; {:?}", self.trouble, self.fates)?;
        let mut calls = self.calls.iter().peekable();
        for (number, record) in &self.journal {
            while let Some(call) = calls.next_if(|call| call.commits < *number) {
                writeln!(f, "    {call}")?;
            }
            let record = serde_json::to_string(record).unwrap_or_default();
            writeln!(f, "  {number} {record}")?;
        }
        for call in calls {
            writeln!(f, "    {call}")?;
        }
        writeln!(f, "  standing: {:?}", self.standing)
    }
}
