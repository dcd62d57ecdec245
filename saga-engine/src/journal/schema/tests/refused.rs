//! Differences in what a saga has reached, though nothing of it was removed: an engine refuses what
//! `sagas.released` refuses.

use typed_saga_core::{
    Verdict,
    definition::{Definition, Step, differences},
    kernel::Event,
};

use crate::{
    journal::fold::Folded,
    journal::sample::{Declare, block, journal_of, last, pivot, saga, step},
    journal::schema::{continued, tests::derived},
};

fn attempting(step: u16) -> Event {
    Event::Attempting { step }
}

fn applied(step: u16) -> Event {
    Event::Applied { step }
}

fn failed(step: u16) -> Event {
    Event::Rejected {
        step,
        verdict: Verdict::Transient,
        abort: false,
        again: false,
        late_passed: true,
    }
}

/// The hotel is booked, and then the car is tried.
fn hotel_and_car(events: impl IntoIterator<Item = Event>) -> Vec<Event> {
    let hotel = [attempting(0), applied(0), attempting(1)];
    hotel.into_iter().chain(events).collect()
}

/// Whether a saga with this journal continues under the other version.
fn continues(old: &'static Definition, new: &'static Definition, events: &[Event]) -> bool {
    let folded = Folded::of(old, &journal_of(old, events)).unwrap();
    let definition = continued(&folded, new);
    definition.is_ok_and(|definition| folded.under(definition).unasked().is_none())
}

/// The difference between two sagas, with which neither of the journals continues.
fn refused(
    old: &'static Definition,
    new: &'static Definition,
    some: &[Event],
    others: &[Event],
) -> String {
    assert!(!continues(old, new, some) && !continues(old, new, others));
    assert!(
        derived(old, new, &|_| false).is_ok(),
        "it has not come there"
    );
    let differences = differences(old, new);
    let [difference] = &*differences else {
        panic!("it is one difference, not {differences:?}");
    };
    difference.to_string()
}

/// The difference between two sagas with different cars.
fn car(was: Step, is: Step, some: &[Event], others: &[Event]) -> String {
    let of = |car| saga([step("hotel").undo(1), car, pivot("charge")]);
    refused(of(was), of(is), some, others)
}

#[test]
fn a_when_that_is_gone() {
    let skipped = [attempting(0), applied(0), Event::Skipped { step: 1 }];
    let tried = hotel_and_car([applied(1)]);
    let of = |car| saga([step("hotel").undo(1), car, pivot("charge")]);
    let (old, new) = (of(step("car").when()), of(step("car")));
    let differences = differences(old, new);
    assert_eq!(differences.len(), 1);
    assert_eq!(
        differences[0].to_string(),
        "`car` had a `when`, and has none"
    );
    // It is known whether the saga has skipped the car.
    assert!(!continues(old, new, &skipped) && continues(old, new, &tried));
    for events in [&skipped[..2], &tried] {
        assert!(continues(
            saga([step("hotel"), step("car")]),
            saga([step("hotel"), step("car").when()]),
            events
        ));
    }
}

#[test]
fn a_fallback() {
    let fallback = || step("car").fallback();
    let fallen = hotel_and_car([failed(1), Event::FallingBack { step: 1 }]);
    let back = hotel_and_car([failed(1), Event::Compensating { step: 0 }]);
    let applied = hotel_and_car([applied(1)]);
    assert_eq!(
        car(fallback(), step("car"), &fallen, &applied),
        "`car` had a `fallback`, and has none"
    );
    assert_eq!(
        car(step("car"), fallback(), &back, &applied),
        "`car` had no `fallback`, and has one"
    );
}

#[test]
fn doubt_that_is_settled_in_another_way() {
    let by_key = || step("car").by_key();
    let idempotent = || by_key().with(|step| step.idempotent = true);
    let timed_out = Event::TimedOut { step: 1 };
    let again = hotel_and_car([timed_out, Event::Waited { step: 1 }, attempting(1)]);
    let undone = hotel_and_car([timed_out, Event::Compensating { step: 1 }]);
    let applied = hotel_and_car([applied(1)]);
    assert_eq!(
        car(idempotent(), by_key(), &again, &applied),
        "`car` was `#[idempotent]`, and is not any more"
    );
    assert_eq!(
        car(by_key(), idempotent(), &undone, &applied),
        "`car` was not `#[idempotent]`, and is now"
    );
}

#[test]
fn a_wait_for_what_is_late() {
    let (early, late) = (|| step("car").resolve(), || step("car").resolve().late());
    let timed_out = Event::TimedOut { step: 1 };
    let passed = hotel_and_car([timed_out, Event::LatePassed { step: 1 }]);
    let asked = hotel_and_car([timed_out, Event::Resolving { step: 1 }]);
    let applied = hotel_and_car([applied(1)]);
    assert_eq!(
        car(late(), early(), &passed, &applied),
        "`car` had a `#[late]`, and has none"
    );
    assert_eq!(
        car(early(), late(), &asked, &applied),
        "`car` had no `#[late]`, and has one"
    );
}

/// The car cannot be cancelled.
#[test]
fn what_a_step_depends_on() {
    let (alone, on) = (|| step("car").undo(1), || step("car").undo(1).on(&[0]));
    let stuck = [
        applied(1),
        attempting(2),
        failed(2),
        Event::Compensating { step: 1 },
        Event::CompensationFailed {
            step: 1,
            refused: false,
        },
    ];
    let then = |event| hotel_and_car(stuck.into_iter().chain([event]));
    let (kept, undone) = (
        then(Event::Kept { step: 0 }),
        then(Event::Compensating { step: 0 }),
    );
    assert_eq!(
        car(on(), alone(), &kept, &kept[..4]),
        "`car` depended on `hotel`, and depends on nothing"
    );
    assert_eq!(
        car(alone(), on(), &undone, &undone[..4]),
        "`car` depended on nothing, and depends on `hotel`"
    );
}

#[test]
fn which_siblings_a_step_waits_for() {
    let of = |awaits: &'static [u16]| {
        let second = last("receipt").with(|step| step.awaits = awaits.into());
        let [first, second] = block(1, [last("mail").retry(1), second]);
        saga([pivot("charge"), first, second])
    };
    let charged = |events: &[Event]| [&[attempting(0), applied(0)], events].concat();
    let both = charged(&[attempting(1), attempting(2)]);
    let parked = charged(&[attempting(1), failed(1), Event::Resumed]);
    assert_eq!(
        refused(of(&[]), of(&[1]), &both, &both[..3]),
        "`receipt` waited for nothing, and waits for `mail`"
    );
    assert_eq!(
        refused(of(&[1]), of(&[]), &parked, &parked[..3]),
        "`receipt` waited for `mail`, and waits for nothing"
    );
}

/// The car is gone, which the saga has not come to: it is compensated or completes without it.
#[test]
fn a_saga_with_nothing_left_to_do() {
    let (old, new) = (saga([step("hotel"), step("car")]), saga([step("hotel")]));
    let cancelled = [
        attempting(0),
        applied(0),
        Event::CancelRequested,
        Event::Compensating { step: 0 },
    ];
    for length in 1..=cancelled.len() {
        assert!(continues(old, new, &cancelled[..length]), "{length}");
    }
}
