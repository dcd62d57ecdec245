use std::{ptr, time::Duration};

use typed_saga_core::definition::{Definition, DefinitionRef, Step, Timing};

use crate::{
    journal::sample::{Declare, last, rich, saga, step, times},
    journal::schema::{Touched, difference, tests::derived},
};

fn read_again(definition: &Definition) -> Definition {
    Definition::from_json(&definition.to_json()).unwrap()
}

#[test]
fn counts_are_those_of_now() {
    let old = saga([step("hotel").retry(2), step("car").retry(2)]);
    let new = saga([step("hotel").retry(5), step("car").retry(5)]);
    let definition = derived(old, new, &|at| at == [0]).unwrap();
    assert!(matches!(definition, DefinitionRef::Static(it) if ptr::eq(it, new)));
}

#[test]
fn what_keeps_a_saga_from_going_on_is_told() {
    let old = saga([step("hotel").retry(2)]);
    let new = saga([step("lodge").retry(3)]);
    let all: Touched<'_> = &|_| true;
    let expected = difference(old, new, all).unwrap();
    assert_eq!(derived(old, new, all).unwrap_err(), expected);
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
