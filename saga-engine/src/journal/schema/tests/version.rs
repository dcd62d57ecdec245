use std::{ptr, time::Duration};

use saga_core::definition::{
    Backoff, Child, Compensation, Definition, DefinitionRef, Items, Limit, Retry, Savepoint, Step,
    Timing,
};

use crate::{
    journal::fold::Folded,
    journal::sample::{Declare, journal_of, last, pivot, rich, saga, step, times, walk},
    journal::schema::{Applies, Touched, continued, difference, tests::derived},
};

fn read_again(definition: &Definition) -> Definition {
    Definition::from_json(&definition.to_json()).unwrap()
}

/// The definition, with different counts everywhere.
fn tried_otherwise(old: &Definition) -> &'static Definition {
    let mut steps = old.steps.to_vec();
    for step in &mut steps {
        step.retry = match step.retry {
            None => Some(times(4)),
            Some(_) => None,
        };
        step.savepoint = match step.savepoint {
            None => Some(Savepoint::of(times(4))),
            Some(_) => None,
        };
        if let Some(resolve) = &mut step.resolve {
            resolve.retry = Some(times(1));
        }
        if let Compensation::Declared { call, .. } = &mut step.compensation {
            call.retry = Some(times(7));
        }
    }
    saga(steps)
}

/// At every length of many runs.
#[test]
fn a_journal_is_read_alike_though_counts_have_changed() {
    let old = rich();
    let new = tried_otherwise(old);
    let mut unread = 0;
    for seed in saga_tests::seeds(1..60) {
        let run = walk(old, seed, 60);
        for length in 0..=run.len() {
            let commits = journal_of(old, &run[..length]);
            let folded = Folded::of(old, &commits).unwrap();
            let definition = continued(&folded, new, Applies::Throughout).unwrap();
            let again = Folded::of(definition, &commits).unwrap();
            for step in 0..u16::try_from(old.steps.len()).unwrap() {
                assert_eq!(again.run.kernel.phase(step), folded.run.kernel.phase(step));
            }
            assert_eq!(again.run.kernel.direction(), folded.run.kernel.direction());
            unread += usize::from(Folded::of(new, &commits).is_err());
        }
    }
    assert!(unread > 100, "by the new counts only {unread} are not read");
}

#[test]
fn what_a_saga_has_not_come_to_is_as_it_is_now() {
    let old = saga([step("hotel").retry(2), step("car").retry(2)]);
    let new = saga([step("hotel").retry(5), step("car").retry(5)]);
    let definition = derived(old, new, &|at| at == [0]).unwrap();
    let limits = |of: &Definition| {
        let steps = of.steps.iter();
        steps
            .map(|step| step.retry.as_ref().unwrap().limit)
            .collect::<Vec<_>>()
    };
    assert_eq!(limits(&definition), [Limit::Times(2), Limit::Times(5)]);
    let again = derived(old, new, &|at| at == [0]).unwrap();
    assert_eq!(limits(&again), limits(&definition));
    let untouched = derived(old, new, &|_| false).unwrap();
    assert!(matches!(untouched, DefinitionRef::Static(it) if ptr::eq(it, new)));
}

/// The steps that a savepoint is for led to what is recorded, as the counts did; they are the same steps
/// at other places.
#[test]
fn a_savepoint_that_was_reached_is_for_the_failures_that_it_was_for() {
    let on = |steps: &'static [u16]| {
        move |step: &mut Step| step.savepoint.as_mut().unwrap().on = Some(steps.into())
    };
    let hotel = || step("hotel").savepoint(2);
    let old = saga([hotel().with(on(&[1])), step("car"), step("bus")]);
    let later =
        step("boat").with(|step| (step.introduced, step.when) = (true, Some([][..].into())));
    for (new, expected) in [
        (vec![hotel(), step("car"), step("bus")], 1),
        (vec![hotel().with(on(&[2])), step("car"), step("bus")], 1),
        (vec![hotel(), later, step("car"), step("bus")], 2),
    ] {
        let definition = derived(old, saga(new), &|at| at == [0]).unwrap();
        let savepoint = definition.steps[0].savepoint.as_ref().unwrap();
        assert_eq!(savepoint.on.as_deref(), Some(&[expected][..]));
    }
    let gone = saga([hotel(), step("van"), step("bus")]);
    let definition = derived(old, gone, &|at| at == [0]).unwrap();
    let savepoint = definition.steps[0].savepoint.as_ref().unwrap();
    assert_eq!(savepoint.on.as_deref(), Some(&[][..]));
}

/// This also holds for a definition that was stored as JSON, whose waits are not known.
#[test]
fn waits_are_those_of_now() {
    let slow = Retry {
        limit: Limit::Forever,
        backoff: Backoff {
            base: Timing::Fixed(Duration::from_secs(9)),
            ..(*times(1).backoff).clone()
        }
        .into(),
    };
    let old = read_again(saga([step("hotel").retry(2), step("car").retry(3)]));
    let new = saga([
        step("hotel").with(|step| step.retry = Some(slow)),
        step("car"),
    ]);
    let definition = derived(&old, new, &|_| true).unwrap();
    let [hotel, car] = &*definition.steps else {
        panic!("two steps are declared");
    };
    let hotel = hotel.retry.as_ref().unwrap();
    assert_eq!(hotel.limit, Limit::Times(2));
    assert_eq!(hotel.backoff.base.get().as_secs(), 9);
    let car = car.retry.as_ref().unwrap();
    assert_eq!(car.limit, Limit::Times(3));
    assert_eq!(car.backoff.base.get().as_millis(), 50);
}

#[test]
fn what_keeps_a_saga_from_going_on_is_told() {
    let old = saga([step("hotel").retry(2)]);
    let new = saga([step("lodge").retry(3)]);
    let all: Touched<'_> = &|_| true;
    let expected = difference(old, new, all).unwrap();
    assert_eq!(derived(old, new, all).unwrap_err(), expected);
}

/// A saga retains the counts with which it has continued, however often its definition changes.
#[test]
fn counts_are_kept_from_version_to_version() {
    let of = |n| saga([step("hotel"), step("car").retry(n), pivot("charge")]);
    let touched = |at: &[u16]| at[0] < 2;
    let second = derived(of(2), of(5), &touched).unwrap();
    let third = derived(&read_again(&second), of(9), &touched).unwrap();
    assert_eq!(
        third.steps[1].retry.as_ref().unwrap().limit,
        Limit::Times(2)
    );
    assert_eq!(second.fingerprint(), third.fingerprint());
    assert_ne!(second.fingerprint(), of(5).fingerprint());
}

/// A step that has waited for late requests before its compensation may be recorded to have waited.
#[test]
fn a_wait_for_late_requests_is_kept_and_a_new_one_begins() {
    let again = || step("hotel").with(|step| step.idempotent = true);
    let [without, with] = [saga([again().late()]), saga([again().own_late()])];
    let touched = |_: &[u16]| true;
    for (old, new) in [(without, with), (with, without), (with, saga([again()]))] {
        let derived = derived(old, new, &touched).unwrap();
        assert!(derived.steps[0].late_undo);
        assert_eq!(derived.steps[0].late, new.steps[0].late);
    }
    assert!(!derived(with, without, &|_| false).unwrap().steps[0].late_undo);
}

#[test]
fn a_fingerprint_is_of_what_is_decided_by() {
    let of = |change: fn(&mut Step)| {
        saga([step("hotel").retry(2).with(change), last("mail")]).fingerprint()
    };
    let same = of(|_| {});
    for other in [
        of(|step| step.line = 99),
        of(|step| step.timeout = Some(Timing::Fixed(Duration::from_secs(77)))),
    ] {
        assert_eq!(other, same);
    }
    for other in [
        of(|step| step.retry = Some(times(3))),
        of(|step| step.idempotent = true),
        of(|step| step.late = step.timeout.clone()),
        of(|step| step.late_undo = true),
        of(|step| step.timeout = None),
        of(|step| step.name = "lodge".into()),
        of(|step| step.when = Some([][..].into())),
    ] {
        assert_ne!(other, same);
    }
    let definition = rich();
    assert_eq!(
        read_again(definition).fingerprint(),
        definition.fingerprint()
    );
}

/// In child sagas and items, too; and whether or not it has come to the step.
#[test]
fn a_saga_of_an_earlier_version_of_this_library_keeps_the_names_in_its_keys() {
    let wrap = saga([step("paper")]);
    let gift = step("gift").with(|gift| {
        gift.compensation = Compensation::Absent;
        gift.child = Some(Child {
            definition: wrap.into(),
            ..Child::PLAIN
        });
    });
    let sent = step("sent").with(|sent| {
        let each = Items::each_of(sent.clone(), true, true, false);
        sent.items = Some(Items {
            each: each.into(),
            ..Items::PLAIN
        });
    });
    let new = saga([step("hotel"), gift.clone(), sent.clone()]);
    let underscored = |definition: &Definition| {
        let steps = ["hotel", "gift", "paper", "sent"];
        let json = steps.iter().fold(definition.to_json(), |json, name| {
            json.replace(
                &format!(r#""name":"{name}""#),
                &format!(r#""name":"_{name}""#),
            )
        });
        Definition::from_json(&json).unwrap()
    };
    let old = underscored(new);
    for reached in 0..=3 {
        let touched = move |at: &[u16]| at[0] < reached;
        let longer = saga([step("hotel"), gift.clone(), sent.clone(), last("mail")]);
        let kept = derived(&old, longer, &touched).unwrap();
        let names = |definition: &Definition| {
            let names = definition.steps.iter().map(|step| step.underscored);
            names.collect::<Vec<_>>()
        };
        assert_eq!(names(&kept), [true, true, true, false]);
        let [gift, sent] = [1, 2].map(|step| kept.steps[step].clone());
        assert_eq!(names(&gift.child.as_ref().unwrap().definition), [true]);
        let each = &sent.items.as_ref().unwrap().each;
        assert!(each.steps[usize::from(Items::STEP)].underscored);
        // It goes on so from its own record.
        let again = derived(&read_again(&kept), longer, &touched).unwrap();
        assert_eq!(again.fingerprint(), kept.fingerprint());
        // What begins now has its names.
        assert!(ptr::eq(
            &raw const *derived(new, new, &touched).unwrap(),
            new
        ));
    }
}
