//! Child sagas: what is asked of them finds what would be found if their steps were written out.

use super::build::{
    AGAIN, NONE, ONCE, UNDONE, asks, idempotent, keyed, looped, nested, read, saga, savepoint,
    step, times, turning, when,
};
use super::{Ask, Begin, Why, pairs};
use crate::definition::{Definition, Kind, Step};

/// The obstacles in child sagas of a saga, at any depth, by the names of their steps.
fn below(parent: &Definition, asked: Vec<(u16, Ask)>) -> Vec<(String, Why)> {
    let mut found: Vec<(String, Why)> = Vec::new();
    for (place, ask) in asked {
        let child = parent.steps[usize::from(place)].acting().child.as_ref();
        let child = &*child.expect("only children are asked").definition;
        for (step, why) in pairs(child.obstacles_to(&ask)) {
            let name = child.steps[usize::from(step)].name.to_string();
            if !found.iter().any(|(known, _)| *known == name) {
                found.push((name, why));
            }
        }
        found.extend(below(child, child.asks_for(&ask)));
    }
    found
}

fn of_children(parent: &Definition) -> Vec<(String, Why)> {
    below(parent, parent.asks())
}

/// The steps of a child that may be in the way.
fn choices(reads: &[&str], name: &str) -> Vec<Step> {
    let remains = |how| step(name, reads, how);
    vec![
        read(name, reads),
        remains(UNDONE),
        remains(NONE),
        idempotent(remains(NONE)),
        asks(remains(NONE)),
        remains(ONCE),
        remains(AGAIN),
    ]
}

/// Two steps in a child with the inputs `x` and `y`.
fn children() -> Vec<Definition> {
    let first = [&[][..], &["x"], &["y"], &["x", "y"]];
    let second = [&[][..], &["x"], &["a"], &["y", "a"], &["x", "a"]];
    let first = first.iter().flat_map(|reads| choices(reads, "a"));
    let both = first.flat_map(|one| {
        let second = second.iter().flat_map(|reads| choices(reads, "b"));
        second.map(move |two| saga(&["x", "y"], vec![one.clone(), two]))
    });
    both.collect()
}

/// The steps with `x` and `y` in the place of other names. Another run of the child knows nothing of
/// what was kept, or could be asked for.
fn written_out(child: &Definition, x: &str, y: &str) -> Vec<Step> {
    let steps = child.steps.iter().map(|step| {
        let reads = step.reads.iter().map(|read| match &**read {
            "x" => x.to_owned().into(),
            "y" => y.to_owned().into(),
            _ => read.clone(),
        });
        let forgotten = matches!(step.compensation, ONCE);
        Step {
            reads: reads.collect(),
            compensation: if forgotten {
                NONE
            } else {
                step.compensation.clone()
            },
            resolve: None,
            ..step.clone()
        }
    });
    steps.collect()
}

#[test]
fn a_child_after_a_savepoint_is_like_its_steps_written_out() {
    for child in children() {
        for (x, y) in [
            ("before", "quote"),
            ("quote", "before"),
            ("input", "before"),
            ("quote", "quote"),
        ] {
            let parent = turning(vec![nested(
                "c",
                &[("x", &[x]), ("y", &[y])],
                &child,
                UNDONE,
            )]);
            let flat = turning(written_out(&child, x, y));
            // What is said of a step may be about `x` here and about `quote` there.
            let found: Vec<_> = of_children(&parent)
                .into_iter()
                .map(|(name, _)| name)
                .collect();
            let mut found: Vec<_> = found;
            found.sort();
            let expected = flat.obstacles().into_iter();
            let expected: Vec<_> = expected
                .map(|obstacle| flat.steps[usize::from(obstacle.step)].name.to_string())
                .collect();
            assert_eq!(found, expected, "{x} {y} {child:#?}");
            assert_eq!(parent.obstacles(), []);
        }
    }
}

#[test]
fn one_that_is_retried_reads_the_same_and_another_key() {
    for child in children() {
        let retried = |y: &[&str]| {
            let step = nested("c", &[("x", &["before"]), ("y", y)], &child, UNDONE);
            let retry = Some(times(3));
            saga(&[], vec![read("before", &[]), Step { retry, ..step }])
        };
        let flat = turning(written_out(&child, "before", "before"));
        assert_eq!(
            of_children(&retried(&["before"])).len(),
            flat.obstacles().len()
        );
        let flat = turning(written_out(&child, "before", "quote"));
        assert_eq!(
            of_children(&retried(&["key"])).len(),
            flat.obstacles().len()
        );
    }
}

#[test]
fn nothing_is_asked_where_it_runs_once() {
    let child = saga(&["x"], vec![step("a", &["x"], NONE), read("b", &[])]);
    let step = |how| nested("c", &[("x", &["before"])], &child, how);
    let once = saga(
        &[],
        vec![
            read("before", &[]),
            step(UNDONE),
            savepoint(read("s", &[])),
            read("e", &[]),
        ],
    );
    assert_eq!(once.asks(), []);
    let attempted = Step {
        retry: Some(times(1)),
        ..step(UNDONE)
    };
    assert_eq!(saga(&[], vec![attempted]).asks(), []);
    let pivot = Step {
        kind: Kind::Pivot,
        ..read("p", &[])
    };
    let behind = vec![savepoint(read("before", &[])), pivot, step(UNDONE)];
    // It is tried again after it has failed; the savepoint does not count.
    assert_eq!(saga(&[], behind).asks(), [(2, Ask::Again)]);
}

/// Nothing makes one operation of its calls, so it is kept, or runs anew.
#[test]
fn one_that_is_left_says_what_a_rerun_does_about_it() {
    let undone = saga(&["x"], vec![step("room", &["x"], UNDONE)]);
    let repeated = saga(&["x"], vec![idempotent(step("room", &["x"], UNDONE))]);
    let outer = |child: &Definition, how| nested("c", &[("x", &["before"])], child, how);
    for child in [&undone, &repeated] {
        let parent = turning(vec![outer(child, NONE)]);
        assert_eq!(pairs(parent.obstacles()), [(2, Why::Unsaid)]);
        for how in [ONCE, AGAIN, UNDONE] {
            let parent = turning(vec![outer(child, how)]);
            assert_eq!((parent.obstacles(), of_children(&parent)), (vec![], vec![]));
        }
        // One in a child saga that begins again.
        let in_a_child = |how| {
            let inner = nested("d", &[("x", &["x"])], child, how);
            turning(vec![outer(&saga(&["x"], vec![inner]), UNDONE)])
        };
        for (how, why) in [(NONE, Why::Unsaid), (ONCE, Why::Forgotten)] {
            assert_eq!(of_children(&in_a_child(how)), [("d".to_owned(), why)]);
        }
        assert_eq!(of_children(&in_a_child(AGAIN)), []);
    }
    // The last step of a saga is not applied when a rerun begins.
    let last = vec![savepoint(read("s", &[])), nested("c", &[], &undone, NONE)];
    assert_eq!(saga(&[], last).obstacles(), []);
}

/// The value of what is skipped is `None` in each round.
#[test]
fn an_effect_that_may_be_skipped_is_the_same_key_in_each_round() {
    let by = |q: Step| {
        let mount = keyed("q", step("mount", &["q"], UNDONE));
        let child = saga(&["x"], vec![q, mount]);
        of_children(&turning(vec![nested(
            "c",
            &[("x", &["before"])],
            &child,
            UNDONE,
        )]))
    };
    let same = Why::SameKey { by: "q".into() };
    assert_eq!(by(read("q", &[])), []);
    assert_eq!(by(looped(&["x"], read("q", &["item"]))), []);
    assert_eq!(
        by(when(&["x"], read("q", &[]))),
        [("mount".to_owned(), same)]
    );
}

/// What failed and remained is there, whatever the parent says of a child that has completed.
#[test]
fn what_remains_of_one_that_failed_is_asked_about() {
    let child = saga(&[], vec![step("mail", &[], NONE), read("b", &[])]);
    for how in [UNDONE, NONE, ONCE, AGAIN] {
        let found = of_children(&turning(vec![nested("c", &[], &child, how)]));
        assert_eq!(found, [("mail".to_owned(), Why::Unsaid)]);
    }
}

#[test]
fn a_loop_of_children_with_other_items_has_nothing_under_an_old_key() {
    let child = |mail: Step| {
        let booked = step("booked", &["x"], UNDONE);
        saga(&["x"], vec![booked, mail])
    };
    let mail = |how| step("mail", &[], how);
    let seats = |list: &[&str], mail| {
        let each = nested("c", &[("x", &["item"])], &child(mail), UNDONE);
        turning(vec![looped(list, each)])
    };
    let found = |list: &[&str], mail| {
        let parent = seats(list, mail);
        assert_eq!(parent.obstacles(), []);
        let found = of_children(&parent).into_iter();
        found.map(|(name, _)| name).collect::<Vec<_>>()
    };
    let idempotent_mail = idempotent(mail(NONE));
    for wrong in [mail(NONE), idempotent_mail, asks(mail(NONE)), mail(ONCE)] {
        assert_eq!(found(&["quote"], wrong), ["mail"]);
    }
    for right in [mail(UNDONE), mail(AGAIN)] {
        assert_eq!(found(&["quote"], right), Vec::<String>::new());
    }
    assert_eq!(found(&["before"], mail(NONE)), ["mail"]);
    assert_eq!(
        found(&["before"], idempotent(mail(NONE))),
        Vec::<String>::new()
    );
    // At any depth.
    let inner = child(idempotent(mail(NONE)));
    let outer = saga(&["x"], vec![nested("d", &[("x", &["x"])], &inner, UNDONE)]);
    let each = nested("c", &[("x", &["item"])], &outer, UNDONE);
    let found = of_children(&turning(vec![looped(&["quote"], each)]));
    assert_eq!(found, [("mail".to_owned(), Why::Item)]);
}

#[test]
fn a_key_that_is_an_input_serves_one_round() {
    let by = |name: &str, how| keyed(name, step("a", &[name], how));
    let child = |step: Step| saga(&["x"], vec![read("number", &[]), step]);
    for (step, wrong) in [
        (by("x", UNDONE), true),
        (by("number", UNDONE), false),
        (by("x", AGAIN), true),
        (by("number", AGAIN), false),
        (by("x", NONE), false),
        (by("number", NONE), true),
        (by("number", ONCE), true),
    ] {
        let found = child(step.clone()).obstacles_to(&Ask::Again);
        assert_eq!(!found.is_empty(), wrong, "{step:?}");
    }
    // Another input is another key.
    let remains = child(by("x", NONE));
    assert_eq!(remains.obstacles_to(&Ask::Input("x".into())).len(), 1);
}

#[test]
fn an_input_without_an_expression_may_be_made_of_all_that_the_rest_reads() {
    let child = saga(&["x"], vec![idempotent(step("a", &["x"], NONE))]);
    let same = |parent: &Definition| {
        let begin = Begin::Savepoint(1);
        parent.renewal(begin, &|_| false).gives_same(2, "x")
    };
    // Written as `..value`, which may be any input.
    let rest = turning(vec![nested(
        "c",
        &[("y", &["before"]), ("..", &["quote"])],
        &child,
        UNDONE,
    )]);
    assert!(!same(&rest));
    assert_eq!(of_children(&rest).len(), 1);
}

#[test]
fn a_saga_that_begins_again_has_the_items_of_a_set_in_another_order() {
    let keyed = idempotent(step("a", &["item"], NONE));
    let over = |ty: &str| {
        let mut child = saga(&["x"], vec![looped(&["x"], keyed.clone())]);
        child.inputs.to_mut()[0].ty = ty.to_owned().into();
        child
    };
    let list = || Why::List { read: "x".into() };
    for ty in [
        "HashSet < Line >",
        "std :: collections :: HashMap<K, V>",
        "Wrapped<HashSet<u8>>",
    ] {
        let found = pairs(over(ty).obstacles_to(&Ask::Again));
        assert_eq!(found, [(0, list())], "{ty}");
        // A rerun from a savepoint has the list of the first run.
        let mut child = over(ty);
        child
            .steps
            .to_mut()
            .insert(0, savepoint(read("quote", &[])));
        assert_eq!(pairs(child.obstacles()), [], "{ty}");
    }
    for ty in ["Vec<Line>", "BTreeSet<Line>", "MyHashSetting"] {
        assert_eq!(pairs(over(ty).obstacles_to(&Ask::Again)), [], "{ty}");
    }
}
