use std::{fmt::Display, time::Duration};

use saga_core::{
    Before, Definition, Verdict,
    kernel::{Event, Settlement},
};

use super::{
    why,
    words::{ordinal, span},
};
use crate::{
    fold::Folded,
    record::{Kind, Record},
    sample::{Declare, block, journal, last, lasting, pivot, rich, saga, step, walk},
    store::{Epoch, Row, SagaId, State, Time},
};

/// 2026-11-20T10:00:00Z, when the first commit behind `started` is written, less a second.
const START: i64 = 1_795_168_799_000;

fn row(state: State) -> Row {
    Row {
        saga: SagaId::new("BookTrip", "42"),
        input: "{}".to_owned(),
        fingerprint: 1,
        state,
        due: None,
        claimed: None,
        created: Time(START),
        updated: Time(START),
        commits: 1,
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

/// Of a saga that an engine has at hand.
fn running(definition: &'static Definition, records: Vec<Record>) -> String {
    why(
        &row(State::Running),
        Ok(&folded(definition, records)),
        now(),
        true,
    )
}

fn ended(state: State, definition: &'static Definition, records: Vec<Record>) -> String {
    why(&row(state), Ok(&folded(definition, records)), now(), false)
}

/// Events as records; an error is one of the text.
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
        self.hear(Event::Compensating { step })
            .fail(Event::CompensationFailed { step }, error)
    }

    fn wait(mut self, step: &'static str, until: Time, before: Before) -> Self {
        self.records.push(Record {
            step: Some(step.into()),
            until: Some(until),
            before: Some(before),
            ..Record::new(Kind::Waiting)
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

#[test]
fn a_call_that_runs() {
    let definition = saga([step("hotel").retry(3).by_key(), step("car").fallback()]);
    assert_eq!(
        Script::of(definition).attempt(0).running(),
        "runs `hotel`, attempt 1, for 3s"
    );
    let again = Script::of(definition)
        .reject(0, Verdict::Transient, "no line")
        .hear(Event::Waited { step: 0 })
        .attempt(0);
    assert_eq!(
        again.running(),
        "runs `hotel`, attempt 2, for 3s, after: no line"
    );
    let fallback = Script::of(definition)
        .done(0)
        .reject(1, Verdict::Refused, "sold out")
        .hear(Event::FallingBack { step: 1 });
    assert_eq!(
        fallback.running(),
        "runs the fallback of `car`, for 3s, after: sold out"
    );
}

#[test]
fn siblings_that_run() {
    let definition = saga(block(0, [step("hotel"), step("car")]));
    assert_eq!(
        Script::of(definition).attempt(0).attempt(1).running(),
        "runs `hotel`, attempt 1, for 3s, and runs `car`, attempt 1, for 3s"
    );
}

#[test]
fn the_way_back() {
    let definition = saga([step("hotel"), step("car")]);
    let back = || {
        Script::of(definition)
            .done(0)
            .reject(1, Verdict::Refused, "sold out")
    };
    assert_eq!(
        back().hear(Event::Compensating { step: 0 }).running(),
        "undoes `hotel`, for 3s"
    );
    let waits = back()
        .undo_fails(0, "no line")
        .wait("hotel", at(42), Before::Compensation);
    assert_eq!(
        waits.running(),
        "waits until 2026-11-20T10:00:45Z (in 42s) before undoing `hotel` again, after: no line"
    );
    let again = back()
        .undo_fails(0, "no line")
        .hear(Event::Waited { step: 0 })
        .hear(Event::Compensating { step: 0 });
    assert_eq!(
        again.running(),
        "undoes `hotel`, for the 2nd time, for 3s, after: no line"
    );
}

#[test]
fn a_wait() {
    let definition = saga([step("hotel").retry(3).by_key().savepoint(1)]);
    let waits = |until| {
        Script::of(definition)
            .reject(0, Verdict::Transient, "no line\n  at all")
            .wait("hotel", until, Before::Attempt)
    };
    assert_eq!(
        waits(at(42)).running(),
        "waits until 2026-11-20T10:00:45Z (in 42s) before the next attempt of `hotel`, after: no line at all"
    );
    assert_eq!(
        waits(at(0)).running(),
        "waited until 2026-11-20T10:00:03Z before the next attempt of `hotel`, after: no line at all"
    );
    let folded = folded(definition, waits(at(-2)).records);
    assert_eq!(
        why(&row(State::Waiting), Ok(&folded), now(), false),
        "waits for a slot, for 2s, before the next attempt of `hotel`, after: no line at all"
    );
    let turns = Script::of(definition)
        .reject(0, Verdict::Refused, "sold out")
        .wait("hotel", at(42), Before::Turn);
    assert_eq!(
        turns.running(),
        "waits until 2026-11-20T10:00:45Z (in 42s) before turning forward again at `hotel`, after: sold out"
    );
}

#[test]
fn siblings_that_wait() {
    let definition = saga(block(0, [step("hotel").retry(3), step("car").retry(3)]));
    let waits = Script::of(definition)
        .attempt(1)
        .reject(0, Verdict::Transient, "no line")
        .wait("hotel", at(42), Before::Attempt);
    assert_eq!(
        waits.running(),
        "runs `car`, attempt 1, for 3s, and waits until 2026-11-20T10:00:45Z (in 42s) before the next attempt of `hotel`, after: no line"
    );
}

#[test]
fn doubt() {
    let definition = saga([step("car").resolve().late().by_key()]);
    let doubt = || Script::of(definition).time_out(0);
    assert_eq!(
        doubt().wait("car", at(30), Before::Resolve).running(),
        "`car` is in doubt; waits until 2026-11-20T10:00:33Z (in 30s), when it can no longer arrive late, after: it timed out"
    );
    let asks = || {
        doubt()
            .hear(Event::LatePassed { step: 0 })
            .hear(Event::Resolving { step: 0 })
    };
    assert_eq!(
        asks().running(),
        "`car` is in doubt; asks `resolve`, for 3s"
    );
    let failed = || asks().fail(Event::ResolveFailed { step: 0 }, "no line");
    assert_eq!(
        failed().wait("car", at(1), Before::Resolve).running(),
        "`car` is in doubt; waits until 2026-11-20T10:00:04Z (in 1s) before asking `resolve` again, after: no line"
    );
    let again = failed()
        .hear(Event::Waited { step: 0 })
        .hear(Event::Resolving { step: 0 });
    assert_eq!(
        again.running(),
        "`car` is in doubt; asks `resolve`, for the 2nd time, for 3s, after: no line"
    );
    let by_key = saga([step("car").by_key()]);
    let undoes = Script::of(by_key)
        .time_out(0)
        .hear(Event::Compensating { step: 0 });
    assert_eq!(
        undoes.running(),
        "`car` is in doubt; runs its compensation, for 3s"
    );
}

#[test]
fn stuck() {
    let definition = saga([step("hotel"), step("car")]);
    let mut back = Script::of(definition)
        .done(0)
        .reject(1, Verdict::Refused, "sold out");
    for _ in 0..11 {
        back = back
            .undo_fails(0, "no line")
            .hear(Event::Waited { step: 0 });
    }
    let waits = back
        .undo_fails(0, "no line")
        .wait("hotel", at(300), Before::Compensation);
    assert_eq!(
        waits.running(),
        "stuck: the compensation of `hotel` has failed 12 times in a row, last: no line; \
         waits until 2026-11-20T10:05:03Z (in 5m) before undoing `hotel` again, after: no line"
    );
}

#[test]
fn a_cancel_that_waits() {
    let definition = saga([pivot("charge")]);
    assert_eq!(
        Script::of(definition)
            .attempt(0)
            .hear(Event::CancelRequested)
            .running(),
        "runs `charge`, attempt 1, for 3s; a cancel waits for the outcome"
    );
}

#[test]
fn nobody_has_it_at_hand() {
    let definition = saga([step("hotel")]);
    let script =
        |script: fn(Script) -> Script| folded(definition, script(Script::of(definition)).records);
    let (fresh, started) = (script(|it| it), script(|it| it.attempt(0)));
    let row = |due, claimed| Row {
        due,
        claimed,
        ..row(State::Running)
    };
    for (row, folded, sentence) in [
        (row(Some(at(-7)), None), &fresh, "waits for a slot, for 7s"),
        (
            row(Some(at(-7)), None),
            &started,
            "waits for a slot, for 7s",
        ),
        (
            row(Some(at(7)), None),
            &fresh,
            "waits until 2026-11-20T10:00:10Z (in 7s)",
        ),
        (
            row(Some(at(-7)), Some(Epoch(1))),
            &started,
            "was started under another engine; waits to be recovered",
        ),
        (
            row(Some(at(-7)), Some(Epoch(1))),
            &fresh,
            "was started under another engine; waits to be recovered",
        ),
    ] {
        assert_eq!(why(&row, Ok(folded), now(), false), sentence);
    }
    assert_eq!(
        why(&row(Some(at(-7)), Some(Epoch(1))), Ok(&fresh), now(), true),
        "is about to go on"
    );
}

#[test]
fn unreadable() {
    let reason: &dyn Display = &"step `hotel` is not there any more";
    assert_eq!(
        why(&row(State::Waiting), Err(reason), now(), false),
        "unreadable: step `hotel` is not there any more"
    );
    assert_eq!(
        why(&row(State::Parked), Err(reason), now(), false),
        "unreadable: step `hotel` is not there any more"
    );
    assert_eq!(
        why(&row(State::Completed), Err(reason), now(), false),
        "completed; unreadable: step `hotel` is not there any more"
    );
}

#[test]
fn completed_and_compensated() {
    let definition = saga([step("hotel"), lasting("note"), step("car")]);
    let done = || Script::of(definition).done(0).done(1);
    assert_eq!(done().done(2).ended(State::Completed), "completed");
    let row = Row {
        due: Some(now()),
        ..row(State::Completed)
    };
    let folded = folded(definition, done().done(2).records);
    assert_eq!(
        why(&row, Ok(&folded), now(), true),
        "completed; `finally` is still to run"
    );
    let undo = |script: Script| {
        script
            .hear(Event::Compensating { step: 0 })
            .hear(Event::Compensated { step: 0 })
            .ended(State::Compensated)
    };
    assert_eq!(
        undo(done().reject(2, Verdict::Refused, "sold out")),
        "compensated: failed first: `car`: sold out; left behind: `note`"
    );
    let by = Record::of(Event::CancelRequested, definition)
        .asked(Some("ada".to_owned()), Some("it rains".to_owned()));
    assert_eq!(
        undo(done().record(by)),
        "compensated: it was cancelled by ada: it rains; left behind: `note`"
    );
    assert_eq!(
        undo(Script::of(definition).done(0).hear(Event::DeadlinePassed)),
        "compensated: its deadline passed"
    );
    assert_eq!(
        undo(Script::of(definition).done(0).time_out(1)),
        "compensated: failed first: `note`: it timed out; left behind: perhaps `note`"
    );
}

#[test]
fn parked_on_the_way_back() {
    let definition = saga([
        step("hold"),
        step("hotel").on(&[0]).undo(2),
        step("car").resolve().with(|step| {
            step.resolve = step.resolve.map(|mut call| {
                call.retry = Some(crate::sample::times(1));
                call
            });
        }),
    ]);
    let parked = || {
        Script::of(definition)
            .done(0)
            .done(1)
            .time_out(2)
            .hear(Event::Resolving { step: 2 })
            .fail(Event::ResolveFailed { step: 2 }, "who asks?")
            .undo_fails(1, "no line")
            .hear(Event::Waited { step: 1 })
            .undo_fails(1, "no line")
            .hear(Event::Kept { step: 0 })
    };
    assert_eq!(
        parked().ended(State::Parked),
        "parked: `hold` is kept, `hotel` stands (its compensation failed twice, last: no line), \
         `car` is in doubt (`resolve` failed once, last: who asks?); failed first: `car`: it timed out"
    );
    let step = 2;
    let settlement = Settlement::NotApplied;
    assert_eq!(
        parked()
            .hear(Event::Settled { step, settlement })
            .ended(State::Parked),
        "parked: `hold` is kept, `hotel` stands (its compensation failed twice, last: no line); failed first: `car`: it timed out"
    );
    let abandoned =
        Record::new(Kind::Abandoned).asked(Some("ada".to_owned()), Some("all paid".to_owned()));
    assert_eq!(
        parked().record(abandoned).ended(State::Abandoned),
        "abandoned by ada: all paid"
    );
    let nobody = Record::new(Kind::Abandoned);
    assert_eq!(parked().record(nobody).ended(State::Abandoned), "abandoned");
}

#[test]
fn parked_on_the_way_forward() {
    let definition = saga([pivot("charge"), last("mail").retry(1), last("note")]);
    assert_eq!(
        Script::of(definition)
            .done(0)
            .reject(1, Verdict::Refused, "no such address")
            .ended(State::Parked),
        "parked: `charge` is applied, `mail` is unfinished, `note` is unfinished; failed first: `mail`: no such address"
    );
}

#[test]
fn failures_in_words() {
    let definition = saga([step("hotel").retry(5).by_key()]);
    let waits = |script: Script| {
        let sentence = script.wait("hotel", at(42), Before::Attempt).running();
        let (_, after) = sentence.split_once("after: ").unwrap();
        after.to_owned()
    };
    let step = 0;
    let script = || Script::of(definition);
    let long = "a b".repeat(200);
    let cut = waits(script().reject(0, Verdict::Transient, &long));
    assert_eq!(cut, format!("{}…", &long[..200]));
    let umlauts = "ä".repeat(201);
    let cut = waits(script().reject(0, Verdict::Transient, &umlauts));
    assert_eq!(cut, format!("{}…", "ä".repeat(200)));
    let textless = Event::Rejected {
        step,
        verdict: Verdict::Transient,
        abort: false,
        again: true,
        late_passed: true,
    };
    let cut = waits(script().attempt(0).hear(textless));
    assert_eq!(cut, "an error that has no text");

    let undoes = |event, error| {
        let script = script().attempt(0).fail(event, error);
        script.hear(Event::Compensating { step }).running()
    };
    for event in [Event::Panicked { step }, Event::Lost { step }] {
        assert_eq!(
            undoes(event, "at the disco"),
            "`hotel` is in doubt; runs its compensation, for 3s"
        );
    }
}

#[test]
fn spans_are_read_at_a_glance() {
    for (millis, text) in [
        (0, "0s"),
        (250, "250ms"),
        (1_000, "1s"),
        (59_999, "59s"),
        (60_000, "1m"),
        (3_599_000, "59m 59s"),
        (3_600_000, "1h"),
        (86_399_000, "23h 59m"),
        (90_000_000, "1d 1h"),
        (86_400_000_000, "1000d"),
    ] {
        assert_eq!(span(Duration::from_millis(millis)), text);
    }
}

#[test]
fn ordinals() {
    let words = [1, 2, 3, 4, 11, 12, 13, 21, 102, 113].map(ordinal);
    let expected = [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "113th",
    ];
    assert_eq!(words, expected);
}

/// Of anything that can be, there is something to say, in one line.
#[test]
fn every_saga_has_a_reason() {
    let definition = rich();
    for seed in 1..60 {
        let run = walk(definition, seed, 60);
        let records: Vec<_> = run
            .iter()
            .map(|event| Record::of(*event, definition))
            .collect();
        for length in 0..=records.len() {
            let folded = folded(definition, records[..length].to_vec());
            for state in State::ALL {
                for runs in [true, false] {
                    let sentence = why(&row(state), Ok(&folded), now(), runs);
                    assert!(!sentence.is_empty() && !sentence.contains('\n'));
                    assert!(!sentence.ends_with([' ', '.', ':', ';', ',']), "{sentence}");
                }
            }
        }
    }
}
