mod failed;
mod whole;

use typed_saga_core::CallKind;
use typed_saga_core::{
    Before, Definition, Verdict,
    kernel::{Command, Event, Phase, Settlement},
};

use super::{Folded, Wait};
use crate::{
    journal::record::{Record, RecordKind},
    journal::sample::{
        Declare, block, journal, journal_of, kernel, lasting, pivot, read, rich, saga, step, walk,
    },
    store::{Commit, Time},
};

fn fold(definition: &'static Definition, events: &[Event]) -> Folded {
    Folded::of(definition, &journal_of(definition, events)).unwrap()
}

fn attempting(step: u16) -> Event {
    Event::Attempting { step }
}

fn applied(step: u16) -> Event {
    Event::Applied { step }
}

fn rejected(step: u16, verdict: Verdict) -> Event {
    Event::Rejected {
        step,
        verdict,
        abort: false,
        again: true,
        late_passed: true,
    }
}

fn waiting(step: &'static str, until: i64, before: Before) -> Record {
    Record {
        step: Some(step.into()),
        until: Some(Time(until)),
        before: Some(before),
        ..Record::new(RecordKind::Waiting)
    }
}

fn value(event: Event, definition: &Definition, json: &str) -> Record {
    Record::of(event, definition)
        .value(json.to_owned())
        .unwrap()
}

/// At every length of many runs.
#[test]
fn the_kernel_is_what_its_events_make_of_it() {
    let definition = rich();
    for seed in saga_tests::seeds(1..60) {
        let mut direct = kernel(definition);
        let run = walk(definition, seed, 60);
        for length in 0..=run.len() {
            if let Some(last) = length.checked_sub(1) {
                direct.apply(run[last]).unwrap();
            }
            let folded = fold(definition, &run[..length]);
            assert_eq!(folded.run.kernel.next(), direct.next());
            for (step, noted) in (0..).zip(&folded.run.steps) {
                assert_eq!(folded.run.kernel.phase(step), direct.phase(step));
                let touched = run[..length].iter().any(|event| event.step() == Some(step));
                assert_eq!(folded.touched(&[step]), touched);
                assert_eq!(noted.doubt_since.is_some(), direct.is_in_doubt(step));
            }
        }
    }
}

#[test]
fn records_of_one_commit_are_heard_in_order() {
    let definition = saga([step("hotel"), step("car")]);
    let commits = journal([
        vec![Record::of(attempting(0), definition)],
        vec![
            Record::of(applied(0), definition),
            Record::of(attempting(1), definition),
        ],
    ]);
    let folded = Folded::of(definition, &commits).unwrap();
    assert_eq!(folded.run.kernel.next(), Command::call(1, CallKind::Action));
    assert_eq!((folded.commits, folded.updated), (3, Time(2_000)));
    assert_eq!(folded.run.steps[0].updated, Some(Time(2_000)));
}

#[test]
fn a_wait_lasts_until_the_kernel_asks_for_something_else() {
    let definition = saga([step("hotel").retry(3).by_key()]);
    let transient = Record::of(rejected(0, Verdict::Transient), definition);
    let wait = waiting("hotel", 42_000, Before::Attempt);
    let mut commits = journal([
        vec![Record::of(attempting(0), definition)],
        vec![transient, wait],
    ]);
    let folded = Folded::of(definition, &commits).unwrap();
    let expected = Wait {
        until: Time(42_000),
        before: Before::Attempt,
    };
    let waits = folded.whole().waits().into_iter();
    let waits: Vec<_> = waits.map(|(spot, wait)| (spot.step, wait)).collect();
    assert_eq!(waits, [(0, expected)]);
    assert_eq!(folded.until(), Some(Time(42_000)));
    for over in [Event::Waited { step: 0 }, Event::CancelRequested] {
        let records = crate::journal::record::encode(&[Record::of(over, definition)]);
        let (seq, at) = (3, Time(3_000));
        commits.truncate(3);
        commits.push(Commit { seq, at, records });
        let folded = Folded::of(definition, &commits).unwrap();
        assert_eq!(folded.until(), None, "{over:?}");
    }
}

#[test]
fn no_cancel_ends_the_wait_for_what_is_late() {
    let definition = saga([step("hotel").resolve().late()]);
    let commits = journal([
        vec![Record::of(attempting(0), definition)],
        vec![
            Record::of(Event::TimedOut { step: 0 }, definition),
            waiting("hotel", 31_000, Before::Resolve),
        ],
        vec![Record::of(Event::CancelRequested, definition)],
    ]);
    let folded = Folded::of(definition, &commits).unwrap();
    assert_eq!(folded.until(), Some(Time(31_000)));
    assert_eq!(folded.in_doubt().collect::<Vec<_>>(), [(0, Time(2_000))]);
}

#[test]
fn waits_of_siblings_are_kept_side_by_side() {
    let definition = saga(block(
        0,
        [
            step("hotel").by_key().retry(2),
            step("car").by_key().retry(2),
        ],
    ));
    let failed = |step| Record::of(rejected(step, Verdict::Transient), definition);
    let commits = journal([vec![
        Record::of(attempting(0), definition),
        Record::of(attempting(1), definition),
        failed(0),
        waiting("hotel", 7_000, Before::Attempt),
        failed(1),
        waiting("car", 6_000, Before::Attempt),
    ]]);
    let folded = Folded::of(definition, &commits).unwrap();
    assert_eq!(folded.whole().waits().len(), 2);
    assert_eq!(folded.until(), Some(Time(6_000)));
}

#[test]
fn effects_are_kept_while_they_are_there() {
    let definition = saga([
        step("hotel"),
        step("car").resolve(),
        read("rates").fallback(),
        step("train"),
    ]);
    let value = |event, json| value(event, definition, json);
    let record = |event| Record::of(event, definition);
    let happened = Event::Resolved {
        step: 1,
        happened: true,
    };
    let mut commits = vec![vec![
        record(attempting(0)),
        value(applied(0), "1"),
        record(attempting(1)),
        record(Event::TimedOut { step: 1 }),
        record(Event::Resolving { step: 1 }),
        value(happened, "2"),
        record(attempting(2)),
        record(rejected(2, Verdict::Refused)),
        record(Event::FallingBack { step: 2 }),
        value(Event::FellBack { step: 2 }, "3"),
        record(attempting(3)),
    ]];
    let values = |commits: &[Vec<Record>]| {
        let folded = Folded::of(definition, &journal(commits.iter().cloned())).unwrap();
        let steps = folded.run.steps.into_iter();
        steps
            .map(|noted| noted.value.unwrap_or_default())
            .collect::<Vec<_>>()
    };
    assert_eq!(values(&commits), ["1", "2", "3", ""]);
    let folded = Folded::of(definition, &journal(commits.iter().cloned())).unwrap();
    assert!(folded.run.steps.iter().all(|noted| noted.failed.is_none()));
    commits.push(vec![
        record(rejected(3, Verdict::Refused)),
        record(Event::Compensating { step: 1 }),
    ]);
    assert_eq!(values(&commits), ["1", "2", "3", ""]);
    commits.push(vec![record(Event::Compensated { step: 1 })]);
    assert_eq!(values(&commits), ["1", "", "3", ""]);
}

#[test]
fn a_settled_step_has_the_effect_that_was_given() {
    let definition = saga([pivot("charge").retry(1)]);
    let settlement = Settlement::Applied;
    let settled = Record::of(
        Event::Settled {
            step: 0,
            settlement,
        },
        definition,
    )
    .value("7".to_owned())
    .unwrap()
    .asked(Some("ada".to_owned()), None);
    let commits = journal([
        vec![
            Record::of(attempting(0), definition),
            Record::of(Event::TimedOut { step: 0 }, definition),
        ],
        vec![settled],
    ]);
    let folded = Folded::of(definition, &commits).unwrap();
    assert_eq!(folded.run.kernel.phase(0), Phase::Applied);
    assert_eq!(folded.run.steps[0].value.as_deref(), Some("7"));
    assert_eq!(folded.run.steps[0].last_failure(), None);
    let asked = folded.asked.unwrap();
    assert_eq!(
        (asked.record.what, asked.at),
        (RecordKind::Settled, Time(2_000))
    );
    assert_eq!(asked.record.by.as_deref(), Some("ada"));
}

#[test]
fn a_turn_forgets_effects_and_failures_from_there_on() {
    let again = lasting("car").with(|step| {
        step.compensation = typed_saga_core::definition::Compensation::None { again: true }
    });
    let definition = saga([step("hotel").savepoint(1), again, step("train")]);
    let record = |event| Record::of(event, definition);
    let commits = journal([vec![
        record(attempting(0)),
        value(applied(0), definition, "1"),
        record(attempting(1)),
        value(applied(1), definition, "2"),
        record(attempting(2)),
        record(rejected(2, Verdict::Refused)),
        record(Event::Compensating { step: 0 }),
        record(Event::Compensated { step: 0 }),
        record(Event::Turned { step: 0 }),
    ]]);
    let folded = Folded::of(definition, &commits).unwrap();
    for noted in &folded.run.steps {
        assert_eq!((&noted.value, noted.last_failure()), (&None, None));
        assert!(noted.updated.is_some());
    }
}
