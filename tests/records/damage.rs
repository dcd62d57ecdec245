//! Bytes that stand for a spoilt journal: a real one, and changes of it.

use super::real::journals;
use serde_json::{Value, json};
use typed_saga::engine::{State, Time, for_logs::record::RecordKind, for_stores::Commit};

/// How many bytes say which journal, which state its row has, its times, and where it was cut off.
pub(crate) const HEAD: usize = 4;
/// How many say a change.
pub(crate) const CHANGE: usize = 4;
/// How many kinds of change there are.
pub(crate) const KINDS: u8 = 22;
/// The first byte of a journal that is written as it is: a line is a commit.
pub(crate) const RAW: u8 = 0xff;

/// A saga as a store has it.
#[derive(Clone, Debug)]
pub(crate) struct Spoilt {
    pub(crate) state: State,
    pub(crate) texts: Vec<String>,
    /// When its first commit was written, and how long after each other the others were.
    at: (i64, i64),
}

impl Spoilt {
    /// As they are in a store.
    pub(crate) fn commits(&self) -> Vec<Commit> {
        let (first, step) = self.at;
        let commits = (0_u32..).zip(&self.texts);
        let commit = |(seq, records): (u32, &String)| Commit {
            seq: seq.into(),
            at: Time(first.saturating_add(step.saturating_mul(seq.into()))),
            records: records.clone(),
        };
        commits.map(commit).collect()
    }
}

/// 2026, a moment before the sagas of the tests run.
const THEN: i64 = 1_767_225_600_000;
const TIMES: [(i64, i64); 6] = [
    (THEN, 10),
    (THEN, 0),
    (THEN, -10),
    (i64::MAX, 1),
    (i64::MIN, 1),
    (0, i64::MAX),
];

/// What a step is called, or is not.
const PATHS: &[&str] = &[
    "rates",
    "a",
    "wrapped",
    "night",
    "b",
    "packed",
    "paid",
    "sent",
    "c",
    "d",
    "wrapped/paper",
    "wrapped/ribbon",
    "packed[0]",
    "packed[1]",
    "packed[2]",
    "packed[3]",
    "packed[0]/paper",
    "packed[1]/ribbon",
    "packed[2]/paper",
    "packed[4294967295]/paper",
    "packed[4294967296]",
    "packed[]",
    "packed[-1]",
    "packed[0][1]",
    "packed/paper",
    "sent[0]",
    "sent[1]",
    "sent[2]",
    "sent[0]/paper",
    "sent[9]",
    "wrapped/",
    "/paper",
    "",
    "wrapped/paper/paper",
    "a[0]",
    "emit",
];

/// What is written where something else should be.
fn values() -> Vec<Value> {
    let long: Vec<_> = (0..300).collect();
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!([deep]);
    }
    vec![
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(1),
        json!(-1),
        json!(1.5),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(THEN),
        json!(THEN + 3_600_000),
        json!(""),
        json!("x"),
        json!("\u{0}\u{202e}é"),
        json!("refused"),
        json!("unknown"),
        json!("partial"),
        json!("applied"),
        json!("undone"),
        json!("completed"),
        json!("compensated"),
        json!("parked"),
        json!("attempt"),
        json!("resolve"),
        json!("turn"),
        json!("00000000000000ff"),
        json!([]),
        json!([1]),
        json!([1, 2, 3, 4]),
        json!(["a", "nobody", "a"]),
        json!([null]),
        json!(long),
        json!({}),
        json!({"on": 1}),
        json!({"on": "x"}),
        deep,
    ]
}

const FIELDS: &[&str] = &[
    "what",
    "step",
    "value",
    "error",
    "verdict",
    "abort",
    "again",
    "late_passed",
    "awaits_late",
    "uncounted",
    "happened",
    "taken",
    "settlement",
    "until",
    "before",
    "deadline",
    "definition",
    "by",
    "why",
    "end",
    "standing",
    "in_doubt",
    "unfinished",
    "left",
    "nobody_knows",
];

const SWITCHES: &[&str] = &[
    "happened",
    "taken",
    "abort",
    "again",
    "late_passed",
    "awaits_late",
    "uncounted",
];
const MOMENTS: &[&str] = &["until", "deadline"];
const VERDICTS: &[&str] = &["refused", "transient", "unknown", "partial"];
const SETTLEMENTS: &[&str] = &["applied", "not_applied", "undone"];

/// What is no list of records.
const TEXTS: &[&str] = &[
    "",
    "[",
    "null",
    "{}",
    "[]",
    "[1]",
    "[{}]",
    "[null]",
    "[[]]",
    "[{\"what\":\"exploded\"}]",
    "[{\"what\":\"applied\",\"what\":\"lost\"}]",
    "\u{feff}[]",
];

/// A record, or the end of a commit.
#[derive(Clone)]
enum Part {
    Record(Value),
    /// Something else where a commit should be.
    Text(&'static str),
    End,
}

fn kind(byte: u8) -> Value {
    let all = RecordKind::ALL;
    json!(all[usize::from(byte) % all.len()].as_str())
}

/// The element that a byte says.
fn of<T>(all: &[T], byte: u8) -> &T {
    &all[usize::from(byte) % all.len()]
}

/// The journal that these bytes stand for.
pub(crate) fn spoilt(data: &[u8]) -> Spoilt {
    let (head, changes) = data.split_at(data.len().min(HEAD));
    let [which, state, times, cut] =
        [0, 1, 2, 3].map(|at| head.get(at).copied().unwrap_or_default());
    let state = match state {
        0..128 => State::Running,
        state => *of(&State::ALL, state),
    };
    let at = match times {
        0..192 => TIMES[0],
        times => *of(&TIMES, times),
    };
    if which == RAW {
        let text = String::from_utf8_lossy(changes);
        let texts = text.split('\n').map(str::to_owned).collect();
        return Spoilt { state, texts, at };
    }
    let journal = of(journals(), which);
    let end = match cut {
        0..64 => journal.len(),
        cut => 1 + usize::from(cut - 64) * journal.len() / 192,
    };
    let mut parts = parts(&journal[..end]);
    for change in changes.chunks_exact(CHANGE) {
        let &[what, at, one, other] = change else {
            unreachable!("they are of this length");
        };
        spoil(&mut parts, [what, at, one, other]);
    }
    let mut texts = texts(parts);
    if texts.is_empty() {
        // A saga without a commit was ordered, and begins.
        texts.push("[]".to_owned());
    }
    Spoilt { state, texts, at }
}

fn parts(journal: &[Vec<Value>]) -> Vec<Part> {
    let mut parts = Vec::new();
    for commit in journal {
        parts.extend(commit.iter().cloned().map(Part::Record));
        parts.push(Part::End);
    }
    parts
}

fn texts(parts: Vec<Part>) -> Vec<String> {
    let (mut texts, mut records) = (Vec::new(), Vec::new());
    let mut text = None;
    for part in parts {
        match part {
            Part::Record(record) => records.push(record),
            Part::Text(instead) => text = Some(instead),
            Part::End => {
                let records = std::mem::take(&mut records);
                let instead = text.take().map(str::to_owned);
                texts.push(instead.unwrap_or_else(|| json!(records).to_string()));
            }
        }
    }
    texts
}

fn spoil(parts: &mut Vec<Part>, [what, at, one, other]: [u8; 4]) {
    let Some(last) = parts.len().checked_sub(1) else {
        return;
    };
    let place = |byte: u8| usize::from(byte) * last / 255;
    let (at, to) = (place(at), place(one));
    match what % KINDS {
        0 => parts.truncate(at + 1),
        1 => drop(parts.remove(at)),
        2 => parts.insert(to, parts[at].clone()),
        3 => parts.swap(at, to),
        4 => {
            let part = parts.remove(at);
            parts.insert(to.min(parts.len()), part);
        }
        5 => parts.insert(at, Part::End),
        6 => parts.insert(at, Part::Text(of::<&str>(TEXTS, one))),
        7 => {
            let foreign = of(journals(), one).iter().flatten().collect::<Vec<_>>();
            let foreign = foreign[usize::from(other) * (foreign.len() - 1) / 255];
            parts.insert(at, Part::Record(foreign.clone()));
        }
        8 => drop(parts.drain(at.min(to)..at.max(to))),
        // Nothing of a step, or of what is in it, is on record.
        9 => parts.retain(|part| step(part).is_none_or(|step| !step.starts_with(of(PATHS, one)))),
        what => {
            let all: Vec<_> = parts.iter().flat_map(fields).cloned().collect();
            // The next record from there on.
            let records = parts[at..].iter_mut();
            let mut records = records.filter_map(|part| match part {
                Part::Record(Value::Object(record)) => Some(record),
                _ => None,
            });
            let Some(record) = records.next() else {
                return;
            };
            let (field, value) = match what {
                10 => ("what", Some(kind(one))),
                11 => ("step", Some(json!(of(PATHS, one)))),
                12 => ("step", all.get(usize::from(other)).cloned()),
                13 => (*of(FIELDS, one), None),
                14 => (*of(FIELDS, one), Some(of(&values(), other).clone())),
                15 | 16 => ("value", Some(of(&values(), other).clone())),
                // What another record says.
                17 => ("value", all.get(usize::from(other)).cloned()),
                18 => (*of(SWITCHES, one), Some(json!(other % 2 == 0))),
                19 => (*of(MOMENTS, one), Some(json!(of(&TIMES, other).0))),
                20 => ("verdict", Some(json!(of(VERDICTS, one)))),
                _ => ("settlement", Some(json!(of(SETTLEMENTS, one)))),
            };
            match value {
                Some(value) => drop(record.insert(field.to_owned(), value)),
                None => drop(record.remove(field)),
            }
        }
    }
}

/// Of which step a record is.
fn step(part: &Part) -> Option<&str> {
    match part {
        Part::Record(record) => record["step"].as_str(),
        _ => None,
    }
}

/// What a record says beside what happened.
fn fields(part: &Part) -> impl Iterator<Item = &Value> {
    let record = match part {
        Part::Record(Value::Object(record)) => Some(record),
        _ => None,
    };
    let fields = record.into_iter().flatten();
    fields
        .filter(|(name, _)| *name != "what")
        .map(|(_, value)| value)
}
