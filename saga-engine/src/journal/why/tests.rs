mod ended;
mod in_flight;
mod words;

use std::fmt::Display;

use typed_saga_core::{Before, Definition, Verdict, kernel::Event};

use super::Runner;
use crate::{
    journal::fold::Folded,
    journal::record::{Record, RecordKind},
    journal::sample::{journal, record, rich, walk},
    store::{Row, SagaId, State, Time},
};

/// 2026-11-20T10:00:00Z, when the first commit after `started` is written, minus one second.
const START: i64 = 1_795_168_799_000;

fn row(state: State) -> Row {
    Row {
        saga: SagaId::new("BookTrip", "42"),
        input: "{}".to_owned(),
        fingerprint: 1,
        state,
        due: None,
        claimed: None,
        turn: None,
        life: None,
        created: Time(START),
        updated: Time(START),
        commits: 1,
        takeovers: 0,
        unreadable: None,
    }
}

fn folded(definition: &'static Definition, records: Vec<Record>) -> Folded {
    let mut commits = journal([records]);
    for commit in &mut commits {
        commit.at = Time(commit.at.0 + START);
    }
    Folded::of(definition, &commits).unwrap()
}

/// Three seconds after the records were written.
fn now() -> Time {
    Time(START + 4_000)
}

fn at(seconds: i64) -> Time {
    Time(now().0 + seconds * 1_000)
}

/// The sentence about a saga that has been granted no keys.
fn why(row: &Row, folded: Result<&Folded, &dyn Display>, now: Time, runner: Runner) -> String {
    super::why(row, folded, now, runner, false)
}

/// The sentence about a saga that an engine has at hand.
fn running(definition: &'static Definition, records: Vec<Record>) -> String {
    why(
        &row(State::Running),
        Ok(&folded(definition, records)),
        now(),
        Runner::AtHand,
    )
}

fn ended(state: State, definition: &'static Definition, records: Vec<Record>) -> String {
    why(
        &row(state),
        Ok(&folded(definition, records)),
        now(),
        Runner::Alive,
    )
}

/// Events as records; an error has the script's text.
struct Script {
    definition: &'static Definition,
    records: Vec<Record>,
}

impl Script {
    fn of(definition: &'static Definition) -> Self {
        let records = Vec::new();
        Self {
            definition,
            records,
        }
    }

    fn hear(mut self, event: Event) -> Self {
        self.records.push(Record::of(event, self.definition));
        self
    }

    fn fail(mut self, event: Event, error: &str) -> Self {
        self.records
            .push(Record::of(event, self.definition).error(error));
        self
    }

    fn attempt(self, step: u16) -> Self {
        self.hear(Event::Attempting { step })
    }

    fn done(self, step: u16) -> Self {
        self.attempt(step).hear(Event::Applied { step })
    }

    fn reject(self, step: u16, verdict: Verdict, error: &str) -> Self {
        let rejected = Event::Rejected {
            step,
            verdict,
            abort: false,
            again: true,
            late_passed: true,
        };
        self.attempt(step).fail(rejected, error)
    }

    fn time_out(self, step: u16) -> Self {
        self.attempt(step)
            .fail(Event::TimedOut { step }, "timed out")
    }

    fn undo_fails(self, step: u16, error: &str) -> Self {
        self.hear(Event::Compensating { step }).fail(
            Event::CompensationFailed {
                step,
                refused: false,
            },
            error,
        )
    }

    fn wait(mut self, step: &'static str, until: Time, before: Before) -> Self {
        self.records.push(Record {
            step: Some(step.into()),
            until: Some(until),
            before: Some(before),
            ..Record::new(RecordKind::Waiting)
        });
        self
    }

    fn record(mut self, record: Record) -> Self {
        self.records.push(record);
        self
    }

    fn running(self) -> String {
        running(self.definition, self.records)
    }

    fn ended(self, state: State) -> String {
        ended(state, self.definition, self.records)
    }
}

/// For every possible state there is a sentence, on one line.
#[test]
fn every_saga_has_a_reason() {
    let definition = rich();
    for seed in saga_tests::seeds(1..60) {
        let run = walk(definition, seed, 60);
        let records: Vec<_> = run.iter().map(|event| record(*event, definition)).collect();
        for length in 0..=records.len() {
            let folded = folded(definition, records[..length].to_vec());
            for state in State::ALL {
                for runs in [Runner::AtHand, Runner::Alive, Runner::Nobody] {
                    for has_keys in [false, true] {
                        let sentence = super::why(&row(state), Ok(&folded), now(), runs, has_keys);
                        assert!(!sentence.is_empty() && !sentence.contains('\n'));
                        assert!(!sentence.ends_with([' ', '.', ':', ';', ',']), "{sentence}");
                    }
                }
            }
        }
    }
}
