use typed_saga_core::{
    Definition,
    definition::{Call, Compensation, Field, Step},
};

use crate::{
    journal::fold::Folded,
    journal::sample::{
        Declare, block, call, journal_of, last, lasting, pivot, read, rich, saga, step, texts, walk,
    },
    journal::schema::{difference, differences},
};

/// The first difference, as `sagas.released` has it.
fn words(old: &Definition, new: &Definition) -> Option<String> {
    let differences = differences(old, new);
    differences.first().map(ToString::to_string)
}

/// The difference in `hotel, car, charge` if the middle step is replaced by this one.
fn car(other: &Step) -> Option<String> {
    let old = saga([step("hotel"), step("car"), pivot("charge")]);
    words(old, saga([step("hotel"), other.clone(), pivot("charge")]))
}

#[test]
fn bodies_policies_and_docs_may_differ() {
    assert_eq!(car(&step("car")), None);
    let other = step("car").retry(9).undo(7).late().when();
    assert_eq!(
        car(&other.with(|step| (step.line, step.reads) = (99, texts(&["hotel"])))),
        None
    );
}

#[test]
fn a_step_that_is_gone() {
    let old = saga([step("hotel"), step("car")]);
    let gone = "step `hotel` is not there any more";
    assert_eq!(words(old, saga([step("car")])).unwrap(), gone);
    assert_eq!(words(old, saga([])).unwrap(), gone);
    assert_eq!(
        words(old, saga([step("lodge"), step("car")])).unwrap(),
        gone
    );
    let last = "step `car` is not there any more";
    assert_eq!(words(old, saga([step("hotel")])).unwrap(), last);
}

#[test]
fn a_step_that_is_new() {
    let old = saga([step("hotel"), step("car")]);
    let new = saga([step("hotel"), step("train"), step("car")]);
    assert_eq!(
        words(old, new).unwrap(),
        "step `train` is new before `car`, which the saga has come to"
    );
}

#[test]
fn steps_that_changed_places() {
    let old = saga([step("hotel"), step("car"), step("train")]);
    let new = saga([step("car"), step("train"), step("hotel")]);
    assert_eq!(
        words(old, new).unwrap(),
        "`hotel` was before `car`, and now comes after it"
    );
}

#[test]
fn another_promise() {
    assert_eq!(
        car(&read("car")).unwrap(),
        "`car` was a step, and is a read"
    );
    assert_eq!(
        car(&pivot("car")).unwrap(),
        "`car` was a step, and is a pivot"
    );
    let old = saga([step("hotel"), pivot("car")]);
    let new = saga([step("hotel"), step("car"), pivot("charge")]);
    assert_eq!(words(old, new).unwrap(), "`car` was a pivot, and is a step");
}

#[test]
fn another_block() {
    let two = || block(0, [step("hotel"), step("car")]);
    let (one_by_one, both) = (saga([step("hotel"), step("car")]), saga(two()));
    let three = saga(block(0, [step("hotel"), step("car"), step("train")]));
    assert_eq!(
        words(one_by_one, both).unwrap(),
        "`hotel` was in no block, and is in a block with `car`"
    );
    assert_eq!(
        words(both, one_by_one).unwrap(),
        "`hotel` was in a block with `car`, and is in no block"
    );
    assert_eq!(
        words(both, three).unwrap(),
        "step `train` is new in the block of `hotel`, which the saga has come to"
    );
}

/// A block is reached as a whole.
#[test]
fn siblings_that_have_not_run_count_too() {
    let old = saga(block(0, [step("hotel"), step("car")]));
    let new = saga(block(0, [step("hotel"), step("train")]));
    let first_only = difference(old, new, &|at| at == [0]);
    assert_eq!(
        first_only.unwrap().to_string(),
        "step `car` is not there any more"
    );
    assert_eq!(difference(old, new, &|_| false), None);
}

#[test]
fn another_effect() {
    let other = step("car").with(|step| step.effect = "Option<u8>".into());
    assert_eq!(
        car(&other).unwrap(),
        "the effect of `car` was `u8`, and is `Option<u8>`"
    );
}

#[test]
fn another_way_to_be_undone() {
    let old = saga([step("hotel")]);
    for (new, words_of_it) in [
        (
            lasting("hotel"),
            "`hotel` had a compensation, and has `compensate none`",
        ),
        (
            step("hotel").by_key(),
            "`hotel` had a compensation, and has a compensation `#[by_key]`",
        ),
        (
            last("hotel"),
            "`hotel` had a compensation, and has no compensation",
        ),
    ] {
        assert_eq!(words(old, saga([new])).unwrap(), words_of_it);
    }
}

fn undone_by(name: &'static str, reads: &'static [&'static str]) -> Step {
    let by_key = false;
    let call = Call {
        reads: texts(reads),
        ..call()
    };
    step(name).with(|step| step.compensation = Compensation::Declared { by_key, call })
}

#[test]
fn other_reads_of_a_compensation() {
    let saga_of = |reads| saga([step("hold"), undone_by("hotel", reads)]);
    let old = saga_of(&["trip", "hotel"]);
    for (reads, words_of_it) in [
        (
            &["trip"][..],
            "the compensation of `hotel` read `trip`, `hotel`, and reads `trip`",
        ),
        (
            &[],
            "the compensation of `hotel` read `trip`, `hotel`, and reads nothing",
        ),
        (
            &["trip", "hold"],
            "the compensation of `hotel` read `trip`, `hotel`, and reads `trip`, `hold`",
        ),
        (
            &["trip", "hotel", "hold"],
            "the compensation of `hotel` read `trip`, `hotel`, and reads `trip`, `hotel`, `hold`",
        ),
    ] {
        assert_eq!(words(old, saga_of(reads)).unwrap(), words_of_it);
    }
    for reads in [
        &["hotel", "trip"][..],
        &["hotel"],
        &["vendors", "hotel"],
        &["trip", "hotel", "log", "ctx", "key"],
    ] {
        assert_eq!(words(old, saga_of(reads)), None);
    }
}

#[test]
fn an_input_under_another_name_is_another_input() {
    let mut old = saga([undone_by("hotel", &["trip"])]).clone();
    let new = saga([undone_by("hotel", &["trip"])]);
    old.steps = saga([undone_by("hotel", &["tour"])]).steps.clone();
    old.inputs = vec![Field {
        name: "tour".into(),
        ty: "Trip".into(),
    }]
    .into();
    assert_eq!(
        words(&old, new).unwrap(),
        "the input `tour` is not there any more, and `trip` is new"
    );
}

#[test]
fn a_resolve_more_or_less() {
    assert_eq!(car(&step("car").resolve()), None);
    let old = saga([step("hotel").resolve()]);
    assert_eq!(
        words(old, saga([step("hotel")])).unwrap(),
        "`hotel` had a `resolve`, and has none"
    );
}

/// A change from any place on, in a saga that has reached any place, is a difference if and only if
/// the saga has reached the changed place.
#[test]
fn only_what_a_saga_in_flight_has_come_to_counts() {
    let old = rich();
    // The blocks, as ranges of places.
    let reached = |place: usize| match place {
        2 | 3 => 2..4,
        place => place..place + 1,
    };
    let mut both = [0, 0];
    for seed in saga_tests::seeds(1..40) {
        let run = walk(old, seed, 60);
        for length in 0..=run.len() {
            let folded = Folded::of(old, &journal_of(old, &run[..length])).unwrap();
            let touched = |at: &[u16]| folded.touched(at);
            assert_eq!(difference(old, old, &touched), None);
            for changed in 0..old.steps.len() {
                let mut steps = old.steps.to_vec();
                steps[changed].name = "other".into();
                let new = saga(steps);
                let expected = (0..old.steps.len())
                    .filter(|place| touched(&[u16::try_from(*place).unwrap()]))
                    .any(|place| changed < reached(place).end);
                assert_eq!(difference(old, new, &touched).is_some(), expected);
                both[usize::from(expected)] += 1;
            }
        }
    }
    assert!(both.into_iter().all(|seen| seen > 500), "{both:?}");
}

/// A definition that differs only after the part that a saga has reached reads the journal, and
/// continues the same way.
#[test]
fn without_a_difference_the_journal_is_read_alike() {
    let old = rich();
    let mut read = 0;
    for seed in saga_tests::seeds(1..40) {
        let run = walk(old, seed, 60);
        for length in (0..=run.len()).step_by(3) {
            let commits = journal_of(old, &run[..length]);
            let folded = Folded::of(old, &commits).unwrap();
            for kept in 0..old.steps.len() {
                let mut steps = old.steps[..kept].to_vec();
                steps.push(step("other").retry(7));
                let new = saga(steps);
                if difference(old, new, &|at| folded.touched(at)).is_some() {
                    continue;
                }
                let again = Folded::of(new, &commits).unwrap();
                for step in (0..kept).map(|step| u16::try_from(step).unwrap()) {
                    assert_eq!(again.run.kernel.phase(step), folded.run.kernel.phase(step));
                }
                assert_eq!(again.run.kernel.direction(), folded.run.kernel.direction());
                read += 1;
            }
        }
    }
    assert!(read > 100, "only {read} journals");
}

#[test]
fn a_step_that_is_undone_with_another() {
    let with = |by| step("car").with(|step| step.compensation = Compensation::With(by));
    let three = |by| saga([step("hotel"), step("train"), with(by), pivot("charge")]);
    assert_eq!(words(three(0), three(0)), None);
    assert_eq!(
        words(three(0), three(1)).unwrap(),
        "`car` was undone with `hotel`, and is undone with `train`"
    );
    assert_eq!(
        car(&with(0)).unwrap(),
        "`car` had a compensation, and has `compensate with`"
    );
}

#[test]
fn a_step_under_another_condition() {
    let named = |condition| move |name| step(name).with(move |step| step.condition = condition);
    let (free, governed) = (named(None), named(Some(0)));
    let old = saga([governed("paper"), governed("ribbon"), free("card")]);
    assert_eq!(words(old, old), None);
    let out = saga([governed("paper"), free("ribbon"), free("card")]);
    assert_eq!(
        words(old, out).unwrap(),
        "`ribbon` was in a `when` block with `paper`, and is in no `when` block"
    );
    let none = saga([free("paper"), free("ribbon"), free("card")]);
    assert_eq!(
        words(none, old).unwrap(),
        "`paper` was in no `when` block, and is in a `when` block with `ribbon`"
    );
    // Nothing is recorded for the block yet: a saga that is before it may find a different block.
    let before = saga([free("card"), governed("paper"), governed("ribbon")]);
    let after = saga([free("card"), governed("paper")]);
    let reached = |at: &[u16]| at == [0];
    assert!(difference(before, after, &reached).is_none());
    let inside = |at: &[u16]| at == [1];
    assert!(
        difference(before, after, &inside).is_some(),
        "a block is reached as a whole"
    );
}
