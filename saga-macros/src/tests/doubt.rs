use super::{around, good, help, in_body, mistakes};
use crate::known::declared;

/// A saga with `attributes` around `body`.
fn with(attributes: &str, body: &str) -> String {
    format!("{attributes} {}", around(body))
}

#[test]
fn settled_in_one_of_three_ways() {
    for way in [
        "#[idempotent] step a(key) = f compensate none",
        "step a() = f resolve(key) = g compensate none",
        "step a() = f #[by_key] compensate(key) = g;",
    ] {
        good(&with("#[timeout(1s)] #[classify(v)] #[retry(2)]", way));
        good(&around(&format!("#[timeout(1s)] #[retry(forever)] {way}")));
    }
}

#[test]
fn in_doubt_for_a_cause() {
    let step = "step a() = f compensate(a) = g;";
    good(&around(step));
    let unknown = "if the answer to `a` is lost, the saga cannot tell whether it happened: ";
    let cases = [
        (
            with("", &format!("#[timeout(1s)] {step}")),
            "its `#[timeout]` may expire",
        ),
        (
            with("#[timeout(1s)]", step),
            "the saga's default `#[timeout]` may expire",
        ),
        (
            with("#[classify(v)]", step),
            "`#[classify]` may return `Unknown`",
        ),
        (
            with("#[timeout(1s)] #[classify(v)] durable", step),
            "the saga's default `#[timeout]` may expire, `#[classify]` may return `Unknown`, or \
             the process of a `durable` saga may stop before the answer is recorded",
        ),
    ];
    for (source, cause) in cases {
        mistakes(&source, &[("a", &format!("{unknown}{cause}"))]);
    }
}

/// The verdict is always `Transient`.
#[test]
fn saga_transient_is_not_blamed_for_an_unknown() {
    let step = "step a() = f compensate(a) = g;";
    for path in [
        "transient",
        "typed_saga::transient",
        "::typed_saga::classify::transient",
        "crate::platform::flow::transient",
    ] {
        let classify = format!("#[classify({path})]");
        good(&with(&classify, step));
        good(&with(&classify, &format!("#[retry(3)] {step}")));
        mistakes(
            &with(&format!("{classify} #[timeout(1s)]"), step),
            &[(
                "a",
                "if the answer to `a` is lost, the saga cannot tell whether it happened: the saga's default `#[timeout]` may expire",
            )],
        );
    }
    for own in ["Error::transient", "mine::transient::verdict"] {
        let own = with(&format!("#[classify({own})]"), step);
        assert!(help(&own).contains("`#[classify]` may return `Unknown`"));
    }
}

/// Its own `#[classify]` counts for a step, and the saga's for all others.
#[test]
fn a_step_is_in_doubt_by_its_own_classify() {
    let step = "step a() = f compensate(a) = g;";
    let (own, transient) = (format!("#[classify(v)] {step}"), "#[classify(transient)]");
    good(&with("#[classify(v)]", &format!("{transient} {step}")));
    for source in [with(transient, &own), with("", &own)] {
        mistakes(
            &source,
            &[(
                "a",
                "if the answer to `a` is lost, the saga cannot tell whether it happened: `#[classify]` may return `Unknown`",
            )],
        );
    }
    let timed = with("#[timeout(1s)]", &format!("{transient} {step}"));
    mistakes(
        &timed,
        &[(
            "a",
            "if the answer to `a` is lost, the saga cannot tell whether it happened: the saga's default `#[timeout]` may expire",
        )],
    );
}

#[test]
fn a_compensation_where_nothing_is_undone_settles_nothing() {
    in_body(
        "#[idempotent] pivot p(key) = f; step a(key) = f #[by_key] compensate(key) = g;",
        &[
            (
                "compensate",
                "`compensate` cannot be used after the pivot: `a` comes after the pivot, where nothing is undone",
            ),
            (
                "a",
                "if the answer to `a` is lost, the saga cannot tell whether it happened: after the pivot `p`, `a` must succeed eventually, so it is attempted again",
            ),
        ],
    );
}

/// Rustc checks the type of a `transient` on which a saga relies.
#[test]
fn a_transient_counts_where_a_step_says_nothing() {
    let relies = |classify: &str, body: &str| {
        let saga = good(&with(&format!("#[classify({classify})]"), body));
        saga.relies_on_transient(&declared(&saga).definition)
    };
    assert!(relies(
        "typed_saga::transient",
        "step a() = f compensate(a) = g;"
    ));
    for settled in [
        "#[idempotent] step a(key) = f compensate none",
        "step a() = f resolve(key) = g compensate none",
        "step a() = f #[by_key] compensate(key) = g;",
        "read a() = f;",
        "step a() = saga Inner {};",
    ] {
        assert!(!relies("typed_saga::transient", settled), "{settled}");
    }
    assert!(!relies("v", "read a() = f;"));
    let own = "#[classify(typed_saga::transient)] step a() = f compensate(a) = g;";
    assert!(!relies("typed_saga::transient", own) && !relies("v", own));
    let saga = good(&with("", own));
    let definition = declared(&saga).definition;
    let mut steps = saga.steps().zip(definition.steps.iter());
    assert!(steps.all(|(step, declared)| step.relies_on_transient(declared)));
}

#[test]
fn the_ways_out_fit_the_step() {
    let undone = help(&with(
        "#[timeout(1s)]",
        "step a(trip, hotels) = f compensate(a) = g;",
    ));
    assert!(
        undone.contains("`#[idempotent]`") && undone.contains("`resolve(hotels, key) { … }`"),
        "{undone}"
    );
    assert!(
        undone.contains("`#[by_key] compensate(hotels, key) { … }`"),
        "{undone}"
    );
    let kept = help(&with("#[timeout(1s)]", "step a() = f compensate none"));
    assert!(
        kept.contains("`resolve(key) { … }`") && !kept.contains("by_key"),
        "{kept}"
    );
}

/// A step that gets nobody to call may be a `read`.
#[test]
fn a_step_that_only_looks_may_be_a_read() {
    let timed = |body: &str| help(&with("#[timeout(1s)]", body));
    let read = "`read enough` in place of `step enough`";
    let looks = "for n: N in (trip => trip.all()) read a(n) -> A = f; step enough(a) -> bool { Ok(a.len() > 3) } compensate none";
    assert!(timed(looks).contains(read), "{}", timed(looks));
    for calls in [
        "step enough(hotels) -> bool = f compensate none",
        "pivot enough() -> bool = f;",
    ] {
        assert!(!timed(calls).contains("in place of"), "{}", timed(calls));
    }
}

#[test]
fn pivot_and_later_steps_always() {
    in_body(
        "pivot a() = f; step b() = f;",
        &[
            (
                "a",
                "if the answer to the pivot `a` is lost, the saga cannot tell whether it \
                    happened: until the saga knows whether the pivot happened, it can neither \
                    continue nor roll back",
            ),
            (
                "b",
                "if the answer to `b` is lost, the saga cannot tell whether it happened: after the pivot `a`, `b` must succeed \
                    eventually, so it is attempted again",
            ),
        ],
    );
    assert!(!help(&around("pivot a() = f;")).contains("by_key"));
}

#[test]
fn retries_of_a_step_that_cannot_be_repeated() {
    in_body(
        "#[retry(2)] step a() = f compensate none",
        &[(
            "retry",
            "a retry could apply `a` twice: the step does not declare that it may be repeated",
        )],
    );
    mistakes(
        &with("#[retry(2)]", "step a() = f compensate none read b() = f;"),
        &[(
            "a",
            "the saga's default `#[retry]` could apply `a` twice: the step does not declare that it may be repeated",
        )],
    );
    good(&around("#[retry(2)] read a() = f;"));
    for once in ["", "#[retry(2)]"] {
        good(&with(once, "#[retry(1)] step a() = f compensate none"));
    }
}

#[test]
fn lateness_that_nothing_waits_for() {
    in_body(
        "#[late(1s)] step a() = f #[by_key] compensate(key) = g;",
        &[(
            "late",
            "`#[late]` does nothing on `a`: its `#[by_key]` compensation stops requests that arrive late, and nothing else waits for them",
        )],
    );
    good(&around(
        "#[late(1s)] #[idempotent] step a(key) = f compensate none",
    ));
}

#[test]
fn durable_sagas_say_more() {
    mistakes(
        &with("durable", "read a() = f;"),
        &[
            (
                "durable",
                "a `durable` saga needs `#[classify]`: an `Err` alone does not say whether the \
                    attempt may have taken effect",
            ),
            (
                "durable",
                "a `durable` saga needs `#[timeout]`: without one, an attempt could hold up a `durable` saga forever",
            ),
        ],
    );
    mistakes(
        &with(
            "#[classify(v)] durable",
            "#[timeout(1s)] read a() = f; read b() = f;",
        ),
        &[(
            "b",
            "`b` has no `#[timeout]`: without one, an attempt could hold up a `durable` saga forever",
        )],
    );
    let resolved = "step a(key) = f resolve(key) = g compensate none";
    mistakes(
        &with("#[classify(v)] #[timeout(1s)] durable", resolved),
        &[(
            "resolve",
            "`resolve` could run while a request is still on its way: a request of `a` that timed out may arrive after `resolve` has returned `None`",
        )],
    );
    for head in [
        "#[late(1s)] #[classify(v)] #[timeout(1s)] durable",
        "#[classify(v)] #[timeout(1s)]",
    ] {
        good(&with(head, resolved));
    }
    for attribute in ["#[late(0s)]", "#[idempotent]"] {
        good(&with(
            "#[classify(v)] #[timeout(1s)] durable",
            &format!("{attribute} {resolved}"),
        ));
    }
}
