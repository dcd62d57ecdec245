//! The word after `compensate none`, and where a rerun is judged.

use super::{around, good, help, in_body, mistakes};
use crate::model::Compensate;

#[test]
fn a_word_may_follow_compensate_none() {
    for (words, expected) in [
        ("none", false),
        ("none;", false),
        ("none again", true),
        ("none again;", true),
        ("none again step b() = f compensate none", true),
        ("none again #[idempotent] pivot p(key) = f;", true),
        ("none again { let () = a; }", true),
        // The final expression.
        ("none again.len()", false),
        ("none again::<u8>()", false),
        ("none again!()", false),
        ("none; again", false),
        ("none once", false),
    ] {
        let saga = good(&around(&format!("step a() = f compensate {words}")));
        let step = saga.steps().next().unwrap();
        let Compensate::None(_, again) = step.compensate else {
            panic!("{words}")
        };
        assert_eq!(again, expected, "{words}");
    }
}

#[test]
fn a_misspelt_word_is_one_mistake() {
    for words in [
        "agian;",
        "agian step b() = f compensate none",
        "agian #[idempotent] pivot p(key) = f;",
        "agian",
    ] {
        let source = format!("step a() = f compensate none {words}");
        in_body(
            &source,
            &[("agian", "`agian` cannot follow `compensate none`")],
        );
        assert_eq!(help(&around(&source)), "did you mean `again`?");
    }
    let source = "step a() = f compensate none twice step b() = f compensate none";
    in_body(
        source,
        &[("twice", "`twice` cannot follow `compensate none`")],
    );
    assert_eq!(help(&around(source)), "write nothing, or `again`");
    // What is called again has another effect in each round, which may be a key.
    let keyed = |word: &str| {
        format!(
            "#[savepoint(2)] read s() -> A = f; step a(s) -> A = f compensate none {word} \
             #[idempotent(by = a)] step b(a) = f compensate(a) = f;"
        )
    };
    good(&around(&keyed("again")));
    let agian = [("agian", "`agian` cannot follow `compensate none`")];
    in_body(&keyed("agian"), &agian);
    // A value that is returned.
    good(&around("step agains() -> u8 = f compensate none agains"));
    good(&around("step agains() -> u8 = f compensate none; agains"));
}

#[test]
fn a_savepoint_is_on_what_is_undone() {
    for word in ["none", "none again"] {
        let source = format!("#[savepoint(2)] step a() = f compensate {word}");
        in_body(
            &source,
            &[(
                "savepoint",
                "`#[savepoint]` cannot be used with `compensate none`: a savepoint runs its step \
                 again, and `a` would not be undone before that",
            )],
        );
    }
}

/// The child saga is judged where it may run again, whichever of the two is declared first.
#[test]
fn a_child_of_the_same_call_is_judged_at_its_step() {
    let child =
        "saga Child(n: u8) -> Result<(), E> { step sent(n) = f compensate none read r() = f; }";
    let parent = |how: &str| {
        format!(
            "saga Parent(n: u8) -> Result<(), E> {{ {how} step c(n) = saga Child {{ n: *n }}; read last() = f; }}"
        )
    };
    let said = "`c/sent` may be applied when `c` runs again";
    for (how, reason) in [
        (
            "#[retry(2)]",
            "`#[retry]` runs `c` again after it has failed",
        ),
        (
            "#[savepoint(2)] read s() = f;",
            "`c` runs again after a rollback to the savepoint `s`",
        ),
        (
            "#[idempotent] pivot p(key) = f;",
            "after the pivot `p`, `c` runs again until it succeeds",
        ),
    ] {
        let why =
            format!("{said}: {reason}; that would call `sent` again, and nothing has undone it");
        let parent = parent(how);
        let cycle = "saga Other() -> Result<(), E> { step d() = saga Parent { n: 1 }; }".to_owned();
        for source in [
            format!("{child} {parent}"),
            format!("{parent} {child}"),
            format!("{cycle} {parent} {child}"),
        ] {
            mistakes(&source, &[("Child", &why)]);
        }
    }
    good(&parent("#[retry(1)]"));
    mistakes(&format!("{child} {}", parent("")), &[]);
    // Of a saga that is declared elsewhere, nothing is known here.
    good(&parent("#[retry(2)]"));
}

/// The word on a child's step covers what the child leaves.
#[test]
fn the_word_covers_a_child() {
    let child =
        "saga Child(n: u8) -> Result<(), E> { step sent(n) = f compensate none read r() = f; }";
    let parent = |word: &str| {
        format!(
            "{child} saga Parent(n: u8) -> Result<(), E> {{ #[savepoint(2)] read s() = f; \
             step c(n, s) = saga Child {{ n: *n }} {word} read last() = f; }}"
        )
    };
    mistakes(&parent("compensate none again"), &[]);
    let (_, errors) = super::checked(&parent("compensate none"));
    assert_eq!(errors.len(), 2, "the child as a whole, and its step");
}
