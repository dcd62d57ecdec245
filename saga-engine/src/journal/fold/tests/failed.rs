use typed_saga_core::{CallKind, Verdict, kernel::Event};

use super::{applied, attempting, fold, rejected};
use crate::{
    journal::fold::Folded,
    journal::record::{Record, RecordKind},
    journal::sample::{Declare, journal, pivot, saga, step},
    store::Time,
};

#[test]
fn failures_are_counted_in_a_row() {
    let definition = saga([step("hotel"), step("car")]);
    let failed = || {
        Record::of(
            Event::CompensationFailed {
                step: 0,
                refused: false,
            },
            definition,
        )
        .error("no line")
    };
    let mut commits = vec![vec![
        Record::of(attempting(0), definition),
        Record::of(applied(0), definition),
        Record::of(attempting(1), definition),
        Record::of(rejected(1, Verdict::Refused), definition).error("sold out"),
    ]];
    for _ in 0..3 {
        commits.push(vec![
            Record::of(Event::Compensating { step: 0 }, definition),
            failed(),
            Record::of(Event::Waited { step: 0 }, definition),
        ]);
    }
    let folded = Folded::of(definition, &journal(commits.clone())).unwrap();
    let last = folded.run.steps[0].last_failure().unwrap();
    assert_eq!(
        (last.call, RecordKind::from(last.event.kind())),
        (CallKind::Compensate, RecordKind::CompensationFailed)
    );
    assert_eq!((last.in_a_row, last.at), (3, Time(4_000)));
    assert_eq!(last.error.as_deref(), Some("no line"));
    let car = folded.run.steps[1].failed.as_ref().unwrap();
    assert_eq!((car.in_a_row, car.error.as_deref()), (1, Some("sold out")));

    commits.push(vec![
        Record::of(Event::Compensating { step: 0 }, definition),
        Record::of(Event::Compensated { step: 0 }, definition),
    ]);
    let folded = Folded::of(definition, &journal(commits)).unwrap();
    assert_eq!(folded.run.steps[0].last_failure(), None);
}

#[test]
fn failures_of_one_call_and_of_another_are_counted_apart() {
    let definition = saga([step("hotel").resolve().by_key()]);
    let resolve_fails = [
        Event::Resolving { step: 0 },
        Event::ResolveFailed {
            step: 0,
            refused: false,
        },
        Event::Waited { step: 0 },
    ];
    let mut events = vec![attempting(0), Event::TimedOut { step: 0 }];
    events.extend(resolve_fails);
    events.extend(resolve_fails);
    let unsettled = |events: &[Event]| {
        fold(definition, events).run.steps[0]
            .unsettled
            .clone()
            .unwrap()
    };
    let asked = unsettled(&events);
    assert_eq!((asked.call, asked.in_a_row), (CallKind::Resolve, 2));
    events.extend([
        Event::CancelRequested,
        Event::Compensating { step: 0 },
        Event::CompensationFailed {
            step: 0,
            refused: false,
        },
    ]);
    let undone = unsettled(&events);
    assert_eq!((undone.call, undone.in_a_row), (CallKind::Compensate, 1));
}

#[test]
fn what_was_lost_is_the_call_that_ran() {
    let lost = |definition, events: &[Event]| {
        let events = [events, &[Event::Lost { step: 0 }]].concat();
        let folded = fold(definition, &events);
        let last = folded.run.steps[0].last_failure().unwrap();
        assert_eq!(RecordKind::from(last.event.kind()), RecordKind::Lost);
        last.call
    };
    let definition = saga([step("hotel").resolve().fallback().by_key()]);
    let doubt = [attempting(0), Event::TimedOut { step: 0 }];
    assert_eq!(lost(definition, &doubt[..1]), CallKind::Action);
    let resolving = [&doubt[..], &[Event::Resolving { step: 0 }]].concat();
    assert_eq!(lost(definition, &resolving), CallKind::Resolve);
    let falling_back = [
        attempting(0),
        rejected(0, Verdict::Refused),
        Event::FallingBack { step: 0 },
    ];
    assert_eq!(lost(definition, &falling_back), CallKind::Fallback);
    let compensating = [
        attempting(0),
        applied(0),
        Event::CancelRequested,
        Event::Compensating { step: 0 },
    ];
    let definition = saga([step("hotel"), pivot("charge")]);
    assert_eq!(lost(definition, &compensating), CallKind::Compensate);
}

#[test]
fn doubt_counts_from_the_last_attempt_that_brought_it() {
    let definition = saga([pivot("charge").retry(5)]);
    let folded = fold(
        definition,
        &[
            attempting(0),
            Event::TimedOut { step: 0 },
            Event::Waited { step: 0 },
            attempting(0),
            rejected(0, Verdict::Transient),
            Event::Waited { step: 0 },
            attempting(0),
        ],
    );
    assert_eq!(folded.run.steps[0].doubt_since, Some(Time(2_000)));
    let folded = fold(
        definition,
        &[
            attempting(0),
            Event::TimedOut { step: 0 },
            Event::Waited { step: 0 },
            attempting(0),
            rejected(0, Verdict::Unknown),
        ],
    );
    assert_eq!(folded.run.steps[0].doubt_since, Some(Time(5_000)));
}
