//! Declarations and the obstacles in them.

mod build;
mod child;
mod decided;
mod played;

use self::build::{
    AGAIN, NONE, ONCE, UNDONE, asks, idempotent, keyed, looped, names, nested, read, saga,
    savepoint, step, turning, when,
};
use super::{Again, Ask, Begin, Obstacle, Stale, Why};
use crate::definition::{Call, Compensation, Group, Kind, Step};

fn obstacles(steps: Vec<Step>) -> Vec<(u16, Why)> {
    pairs(turning(steps).obstacles())
}

fn pairs(found: Vec<Obstacle>) -> Vec<(u16, Why)> {
    let found = found.into_iter();
    found.map(|Obstacle { step, why }| (step, why)).collect()
}

fn content(read: &str) -> Why {
    let read = read.to_owned().into();
    Why::Content { read }
}

fn mixed(kept: u16, read: &str, with: &str) -> Why {
    let (read, with) = (read.to_owned().into(), with.to_owned().into());
    Why::Mixed { kept, read, with }
}

/// The steps after `before` and the savepoint have the indices from 2 on.
#[test]
fn what_remains_says_what_a_rerun_does_about_it() {
    assert_eq!(obstacles(vec![step("a", &[], NONE)]), [(2, Why::Unsaid)]);
    for right in [
        step("a", &["quote"], ONCE),
        step("a", &["quote"], AGAIN),
        asks(step("a", &["quote"], NONE)),
        idempotent(step("a", &["before", "input", "key"], NONE)),
        idempotent(asks(step("a", &["quote"], NONE))),
        step("a", &["quote"], UNDONE),
        read("a", &["quote"]),
    ] {
        assert_eq!(obstacles(vec![right.clone()]), [], "{right:?}");
    }
    for (anew, of) in [("quote", "quote"), ("ctx", "ctx")] {
        let step = idempotent(step("a", &["before", anew], NONE));
        assert_eq!(obstacles(vec![step]), [(2, content(of))]);
    }
}

#[test]
fn nothing_is_refused_where_no_rerun_can_begin() {
    let bare = || step("a", &["before"], NONE);
    let before = saga(
        &[],
        vec![read("before", &[]), bare(), savepoint(read("s", &[]))],
    );
    assert_eq!(before.obstacles(), []);
    let without = saga(&[], vec![read("before", &[]), bare(), read("end", &[])]);
    assert_eq!(without.obstacles(), []);
    // Nothing after it fails, so no rerun finds it applied.
    let last = |step: Step| {
        saga(
            &[],
            vec![read("before", &[]), savepoint(read("s", &[])), step],
        )
    };
    assert_eq!(last(bare()).obstacles(), []);
    assert_eq!(last(looped(&["before"], bare())).obstacles().len(), 1);
    // But it may be in doubt.
    let doubt = idempotent(step("a", &["s"], NONE));
    assert_eq!(pairs(last(doubt).obstacles()), [(2, content("s"))]);
    let sleep = Step {
        kind: Kind::Sleep,
        ..step("sleep", &[], Compensation::Absent)
    };
    let mut then_sleeps = last(bare());
    then_sleeps.steps.to_mut().push(sleep);
    assert_eq!(then_sleeps.obstacles(), []);
    let pivot = Step {
        kind: Kind::Pivot,
        ..read("p", &[])
    };
    let steps = vec![savepoint(read("s", &[])), bare(), pivot.clone()];
    assert_eq!(saga(&[], steps).obstacles().len(), 1);
    let behind = vec![savepoint(read("s", &[])), pivot, bare()];
    assert_eq!(saga(&[], behind).obstacles(), []);
}

#[test]
fn siblings_that_do_not_wait_may_fail_later() {
    let group = Some(Group { first: 1, len: 2 });
    let of = |step: Step| Step { group, ..step };
    let steps = |awaits: &'static [u16]| {
        let sibling = of(read("b", &[]));
        let mut bare = of(step("a", &[], NONE));
        bare.awaits = awaits.into();
        vec![savepoint(read("s", &[])), sibling, bare]
    };
    assert_eq!(saga(&[], steps(&[])).obstacles().len(), 1);
    assert_eq!(saga(&[], steps(&[1])).obstacles(), []);
}

#[test]
fn a_key_that_remains_does_not_change_and_one_of_a_round_does() {
    let key = |by: &str| Why::Key {
        by: by.to_owned().into(),
    };
    for how in [NONE, ONCE] {
        for right in ["before", "input"] {
            let step = keyed(right, step("a", &[right], how.clone()));
            assert_eq!(obstacles(vec![step]), []);
        }
        let wrong = keyed("quote", step("a", &["quote"], how.clone()));
        assert_eq!(obstacles(vec![wrong.clone()]), [(2, key("quote"))]);
        assert_eq!(obstacles(vec![asks(wrong)]), [(2, key("quote"))]);
    }
    let again = |by| keyed(by, step("a", &[by], AGAIN));
    let child = |step| saga(&["input"], vec![read("quote", &[]), step]);
    let found = child(again("input")).obstacles_to(&Ask::Again);
    assert!(matches!(
        found[..],
        [Obstacle {
            step: 1,
            why: Why::SameKey { .. }
        }]
    ));
    assert_eq!(child(again("quote")).obstacles_to(&Ask::Again), []);
}

/// If it is skipped, or each item of it is, its value is the same in each round.
#[test]
fn what_may_be_skipped_makes_no_key_of_a_round() {
    let key = || keyed("a", step("b", &["a"], UNDONE));
    let same = Why::SameKey { by: "a".into() };
    let of_a_run = |first: &Step| turning(vec![first.clone(), key()]).stale(3, "a", false);
    let of_runs = |first: Step| {
        let child = saga(&["input"], vec![first, key()]);
        pairs(child.obstacles_to(&Ask::Again))
    };
    for right in [
        read("a", &[]),
        looped(&["input"], read("a", &["item"])),
        step("a", &["input"], AGAIN),
    ] {
        assert_eq!(of_a_run(&right), None, "{right:?}");
        assert_eq!(of_runs(right), []);
    }
    let skipped_each = when(&["item"], read("a", &["item"]));
    let mut replaced = read("a", &[]);
    replaced.fallback = Some(Call::PLAIN.into());
    let unit = Step {
        effect: "()".into(),
        ..read("a", &[])
    };
    for wrong in [
        replaced,
        looped(&["input"], unit.clone()),
        unit,
        when(&["input"], read("a", &[])),
        looped(&["input"], skipped_each),
    ] {
        assert_eq!(of_a_run(&wrong), Some(Stale::Savepoint(1)), "{wrong:?}");
        assert_eq!(of_runs(wrong), [(1, same.clone())]);
    }
}

#[test]
fn the_content_is_followed_through_steps_that_remain() {
    let chain = |first: Step| {
        let second = idempotent(step("b", &["a"], NONE));
        obstacles(vec![first, second])
    };
    assert_eq!(chain(idempotent(step("a", &["before"], NONE))), []);
    assert_eq!(chain(step("a", &["quote"], ONCE)), []);
    let mut replaced = step("a", &["before"], ONCE);
    replaced.fallback = Some(Call::PLAIN.into());
    for anew in [
        step("a", &["before"], AGAIN),
        asks(step("a", &["before"], NONE)),
        step("a", &["before"], UNDONE),
        read("a", &["before"]),
        replaced,
    ] {
        assert_eq!(chain(anew), [(3, content("a"))]);
    }
    // Nothing about `()` can differ, unless the step may be skipped.
    let unit = |step: Step| Step {
        effect: "()".into(),
        ..step
    };
    assert_eq!(chain(unit(step("a", &["quote"], UNDONE))), []);
    let skipped = when(&["quote"], unit(step("a", &[], UNDONE)));
    assert_eq!(chain(skipped), [(3, content("a"))]);
}

#[test]
fn what_is_kept_is_not_read_with_what_is_anew() {
    let kept = || step("a", &["quote"], ONCE);
    for (reader, expected) in [
        (read("b", &["a", "quote"]), Some(mixed(2, "a", "quote"))),
        (read("b", &["a", "before", "input", "ctx"]), None),
        (read("b", &["quote"]), None),
        (asks(step("b", &["a"], UNDONE)), None),
        (step("b", &["a"], Compensation::simple(&[])), None),
    ] {
        let found = obstacles(vec![kept(), reader.clone()]);
        let expected: Vec<_> = expected.map(|why| (3, why)).into_iter().collect();
        assert_eq!(found, expected, "{reader:?}");
    }
    // Its own effect is of the round in which it read the other.
    let undone = Call {
        reads: names(&["a", "b"]),
        ..Call::PLAIN
    };
    let undone = Compensation::Declared {
        by_key: false,
        call: undone,
    };
    assert_eq!(obstacles(vec![kept(), step("b", &["a"], undone)]), []);
    // Through another step, and in the list of a loop.
    let through = vec![kept(), read("b", &["a"]), read("c", &["b", "quote"])];
    assert_eq!(obstacles(through), [(4, mixed(2, "b", "quote"))]);
    let both = vec![
        kept(),
        read("b", &["a"]),
        read("d", &["a"]),
        read("c", &["b", "d"]),
    ];
    assert_eq!(obstacles(both), []);
    let list = looped(&["a"], read("b", &["item", "quote"]));
    assert_eq!(
        obstacles(vec![kept(), list]),
        [(3, mixed(2, "item", "quote"))]
    );
    let decided = when(&["a", "quote"], read("b", &[]));
    assert_eq!(
        obstacles(vec![kept(), decided]),
        [(3, mixed(2, "a", "quote"))]
    );
    // Whether a step without a value was skipped.
    let unit = |step: Step| Step {
        effect: "()".into(),
        ..step
    };
    for (gift, expected) in [
        (when(&["quote"], unit(step("g", &[], UNDONE))), true),
        (when(&["before"], unit(step("g", &[], UNDONE))), false),
        (unit(step("g", &["quote"], UNDONE)), false),
    ] {
        let expected = expected.then(|| (4, mixed(2, "a", "g")));
        let expected: Vec<_> = expected.into_iter().collect();
        let reads = read("b", &["a", "g"]);
        assert_eq!(obstacles(vec![kept(), gift, reads]), expected);
    }
    // Two that may be of two rounds.
    let two = vec![kept(), step("b", &["quote"], ONCE), read("c", &["a", "b"])];
    assert_eq!(obstacles(two), [(4, mixed(2, "a", "b"))]);
    let same = vec![
        step("a", &["before"], ONCE),
        step("b", &["a"], ONCE),
        read("c", &["a", "b"]),
    ];
    assert_eq!(obstacles(same), []);
}

#[test]
fn a_loop_whose_items_are_anew_has_nothing_under_an_old_key() {
    let list = Why::List {
        read: "quote".into(),
    };
    for remains in [
        step("a", &[], NONE),
        idempotent(step("a", &["before"], NONE)),
        asks(step("a", &["item"], NONE)),
    ] {
        let found = obstacles(vec![looped(&["quote"], remains.clone())]);
        assert_eq!(found, [(2, list.clone())], "{remains:?}");
    }
    for right in [ONCE, AGAIN, UNDONE] {
        let found = obstacles(vec![looped(&["quote"], step("a", &["item"], right))]);
        assert_eq!(found, []);
    }
    let retained = looped(&["before", "input"], idempotent(step("a", &["item"], NONE)));
    assert_eq!(obstacles(vec![retained]), []);
    let renewal = turning(vec![
        looped(&["quote"], read("a", &[])),
        looped(&["input"], read("b", &[])),
    ]);
    let same = renewal.renewal(Begin::Savepoint(1), &|_| false);
    assert_eq!([2, 3].map(|step| same.keeps_list(step)), [false, true]);
    assert_eq!([2, 3].map(|step| same.again(step)), [None, None]);
    let changed = renewal.renewal(Begin::Undone, &|input| input == "input");
    assert_eq!([2, 3].map(|step| changed.keeps_list(step)), [false, false]);
}

#[test]
fn a_rerun_does_with_each_step_as_it_says() {
    let child = |step| nested("c", &[], &saga(&[], vec![step]), NONE);
    for (step, again) in [
        (step("a", &[], UNDONE), None),
        (step("a", &[], NONE), Some(Again::Forbidden)),
        (idempotent(step("a", &[], NONE)), Some(Again::Repeated)),
        (idempotent(asks(step("a", &[], NONE))), Some(Again::Asked)),
        (asks(step("a", &[], ONCE)), Some(Again::Kept)),
        (idempotent(step("a", &[], AGAIN)), Some(Again::Anew)),
        (
            child(idempotent(step("a", &[], UNDONE))),
            Some(Again::Forbidden),
        ),
        (child(asks(step("a", &[], NONE))), Some(Again::Forbidden)),
        (child(child(step("a", &[], ONCE))), Some(Again::Forbidden)),
    ] {
        assert_eq!(step.again(), again, "{step:?}");
        assert_eq!(looped(&[], step.clone()).again(), again, "{step:?}");
    }
}

#[test]
fn nothing_is_called_under_the_key_of_another_item() {
    let each = || asks(step("a", &[], NONE));
    let once = || step("b", &[], ONCE);
    let all = turning(vec![
        looped(&["quote"], each()),
        looped(&["before"], each()),
        each(),
        once(),
    ]);
    let of = |renewal: &super::Renewal<'_>| [2, 3, 4, 5].map(|step| renewal.again(step).unwrap());
    let (asked, kept, forbidden) = (Again::Asked, Again::Kept, Again::Forbidden);
    let renewal = all.renewal(Begin::Savepoint(1), &|_| false);
    assert_eq!(of(&renewal), [forbidden, asked, asked, kept]);
    let renewal = renewal.of_other_items();
    assert_eq!(of(&renewal), [forbidden, forbidden, forbidden, kept]);
}

/// An effect is read by the identifier of its step, which may not be its name.
#[test]
fn a_step_is_read_by_its_identifier() {
    let mut renamed = idempotent(step("stored", &["before"], NONE));
    renamed.ident = Some("a".into());
    let reader = idempotent(step("b", &["a"], NONE));
    assert_eq!(obstacles(vec![renamed, reader]), []);
}

/// Then its effect is `None`, and what was made of it is another content, or another key.
#[test]
fn a_rerun_skips_what_is_retired_unless_it_is_kept() {
    let retired = |step: Step| Step {
        retired: true,
        ..when(&[], step)
    };
    let q = |how| retired(idempotent(step("q", &["before"], how)));
    let content = Why::Content { read: "q".into() };
    let key = Why::Key { by: "q".into() };
    let mail = || idempotent(step("mail", &["q"], NONE));
    let by = || keyed("q", step("mail", &["q"], NONE));
    for (mail, why) in [(mail(), content), (by(), key)] {
        let reads = |q| obstacles(vec![q, mail.clone()]);
        assert_eq!(reads(q(NONE)), [(3, why)]);
        assert_eq!(reads(q(ONCE)), []);
    }
}
