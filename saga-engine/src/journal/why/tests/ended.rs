use std::fmt::Display;

use typed_saga_core::{
    Verdict,
    kernel::{Event, Settlement},
};

use super::{Script, folded, now, row, why};
use crate::{
    journal::record::{Record, RecordKind},
    journal::sample::{Declare, last, lasting, pivot, saga, step, times},
    journal::why::Runner,
    store::{Row, State},
};

#[test]
fn unreadable() {
    let reason: &dyn Display = &"step `hotel` is not there any more";
    assert_eq!(
        why(&row(State::Waiting), Err(reason), now(), Runner::Alive),
        "unreadable: step `hotel` is not there any more"
    );
    assert_eq!(
        why(&row(State::Parked), Err(reason), now(), Runner::Alive),
        "unreadable: step `hotel` is not there any more"
    );
    assert_eq!(
        why(&row(State::Completed), Err(reason), now(), Runner::Alive),
        "completed; unreadable: step `hotel` is not there any more"
    );
}

#[test]
fn quarantined() {
    let reason: &dyn Display = &"10 workers have died with it, one after the other";
    let row = Row {
        takeovers: 10,
        unreadable: Some("10 workers".into()),
        ..row(State::Running)
    };
    assert_eq!(
        why(&row, Err(reason), now(), Runner::Alive),
        "quarantined: 10 workers have died with it, one after the other"
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
        why(&row, Ok(&folded), now(), Runner::AtHand),
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
            step.resolve = step.resolve.take().map(|mut call| {
                call.retry = Some(times(1));
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
            .fail(
                Event::ResolveFailed {
                    step: 2,
                    refused: false,
                },
                "who asks?",
            )
            .undo_fails(1, "no line")
            .hear(Event::Waited { step: 1 })
            .undo_fails(1, "no line")
            .hear(Event::Kept { step: 0 })
    };
    assert_eq!(
        parked().ended(State::Parked),
        "parked: failed first: `car`: it timed out; `hold` is still applied, because its compensation was skipped, `hotel` is not compensated (its compensation failed twice, last: no line), \
         `car` is in doubt (`resolve` failed once, last: who asks?)"
    );
    let step = 2;
    let settlement = Settlement::NotApplied;
    assert_eq!(
        parked()
            .hear(Event::Settled { step, settlement })
            .ended(State::Parked),
        "parked: failed first: `car`: it timed out; `hold` is still applied, because its compensation was skipped, `hotel` is not compensated (its compensation failed twice, last: no line)"
    );
    let abandoned = Record::new(RecordKind::Abandoned)
        .asked(Some("ada".to_owned()), Some("all paid".to_owned()));
    assert_eq!(
        parked().record(abandoned).ended(State::Abandoned),
        "abandoned by ada: all paid"
    );
    let nobody = Record::new(RecordKind::Abandoned);
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
        "parked: failed first: `mail`: no such address; `charge` is applied, `mail` is unfinished, `note` is unfinished"
    );
}
