//! The words after `compensate none`, and where a rerun is judged.

use super::{around, good, help, in_body, mistakes};
use crate::model::{Compensate, Rerun};

#[test]
fn a_word_may_follow_compensate_none() {
    for (words, expected) in [
        ("none", Rerun::Undeclared),
        ("none;", Rerun::Undeclared),
        ("none once", Rerun::Once),
        ("none once;", Rerun::Once),
        ("none again", Rerun::Again),
        ("none again step b() = f compensate none", Rerun::Again),
        ("none once #[idempotent] pivot p(key) = f;", Rerun::Once),
        ("none again { let () = a; }", Rerun::Again),
        // The final expression.
        ("none once.len()", Rerun::Undeclared),
        ("none again::<u8>()", Rerun::Undeclared),
        ("none again!()", Rerun::Undeclared),
        ("none; again", Rerun::Undeclared),
    ] {
        let saga = good(&around(&format!("step a() = f compensate {words}")));
        let step = saga.steps().next().unwrap();
        let Compensate::None(_, said) = step.compensate else {
            panic!("{words}")
        };
        assert_eq!(said, expected, "{words}");
    }
}

#[test]
fn a_misspelt_word_is_one_mistake() {
    for words in [
        "onec;",
        "onec step b() = f compensate none",
        "onec #[idempotent] pivot p(key) = f;",
        "onec",
    ] {
        let source = format!("step a() = f compensate none {words}");
        in_body(
            &source,
            &[("onec", "`onec` cannot follow `compensate none`")],
        );
        assert_eq!(help(&around(&source)), "did you mean `once`?");
    }
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
    good(&around("step one() -> u8 = f compensate none one"));
    good(&around("step one() -> u8 = f compensate none; ones"));
}

#[test]
fn a_savepoint_is_on_what_is_undone() {
    for word in ["none", "none once", "none again"] {
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
    let said = "`c/sent` remains, and does not say what another run of `c` does about it";
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
        let why = format!(
            "{said}: {reason}; `compensate none` leaves the effect of `sent` in place, so a second call \
             may repeat it"
        );
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

/// What an input is made of: also by a format string, and by `..`.
#[test]
fn all_that_an_input_is_made_of_counts() {
    let child = "#[classify(v)] saga Child(n: String, m: u8) -> Result<(), E> { \
         #[idempotent] step sent(n, key) = f compensate none }";
    for (given, is_wrong) in [
        ("n: quote.clone(), m: 1", true),
        ("n: before.clone(), m: *quote", false),
        ("n: format!(\"{quote}\"), m: 1", true),
        ("n: format!(\"{quote:?} {before}\"), m: 1", true),
        ("n: format!(\"quote {before}\"), m: 1", false),
        ("n: key.to_string(), m: 1", true),
        ("m: 1, ..quote.clone()", true),
        ("m: *quote, ..before.clone()", false),
    ] {
        let parent = format!(
            "#[classify(v)] saga Parent() -> Result<(), E> {{ read before() -> A = f; \
             #[savepoint(2)] read quote() -> A = f; \
             step c(before, quote, key) = saga Child {{ {given} }}; }}"
        );
        let source = format!("{child} {parent}");
        let (_, errors) = super::checked(&source);
        assert_eq!(errors.len(), usize::from(is_wrong), "{given}");
    }
}

#[test]
fn runs_of_earlier_versions_can_be_declared_in_tests() {
    let source = around("#[savepoint(2)] read s() = f; step a() = f compensate none read b() = f;");
    let (_, errors) = super::checked(&source);
    assert_eq!(errors.len(), 1);
    good(&format!("#[saga(unchecked_reruns)] {source}"));
}
