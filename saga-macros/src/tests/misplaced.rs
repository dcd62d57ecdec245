use super::placed;

/// Each saga has an attribute at a wrong place, and would break another rule without it.
#[test]
fn a_misplaced_attribute_is_not_a_missing_one() {
    let head = "saga S() -> Result<(), E>";
    let timed = format!("#[timeout(1s)] {head}");
    let durable = format!("#[classify(f)] #[timeout(1s)] durable {head}");
    let limited = format!("#[classify(f)] durable {head}");
    for (wrong, at, head, body) in [
        (
            "idempotent",
            "idempotent",
            &timed,
            "step a(key) = f WRONG compensate none",
        ),
        (
            "idempotant",
            "idempotant",
            &timed,
            "step a(key) = f WRONG compensate(a) = g;",
        ),
        (
            "idempotent",
            "idempotent",
            &timed,
            "WRONG concurrent { read a() = f; step b(key) = f compensate none }",
        ),
        (
            "by_key",
            "by_key",
            &timed,
            "WRONG step a(key) = f compensate(key) = g;",
        ),
        (
            "cfg_attr(any(), idempotent)",
            "cfg_attr",
            &timed,
            "WRONG step a(key) = f compensate none",
        ),
        (
            "classify(f)",
            "classify",
            &format!("#[timeout(1s)] durable {head}"),
            "WRONG concurrent { read a() = f; read b() = f; }",
        ),
        (
            "classify(f)",
            "classify",
            &format!("#[retry(2)] {head}"),
            "WRONG concurrent { read a() = f; step b(key) = f compensate none }",
        ),
        (
            "timeout(1s)",
            "timeout",
            &limited,
            "WRONG concurrent { read a() = f; read b() = f; }",
        ),
        (
            "timeout(1s)",
            "timeout",
            &limited,
            "read a() = f WRONG fallback() = g;",
        ),
        (
            "cfg_attr(any(), timeout(1s))",
            "cfg_attr",
            &timed,
            "WRONG signal go -> u8;",
        ),
        (
            "late(1s)",
            "late",
            &durable,
            "step a() = f WRONG resolve(key) = g; compensate none",
        ),
    ] {
        let source = format!(
            "{head} {{ {} }}",
            body.replace("WRONG", &format!("#[{wrong}]"))
        );
        let found = placed(&source).1.found();
        assert!(
            matches!(&*found, [(span, _)] if span == at),
            "{found:?} in {source}"
        );
        let without = format!("{head} {{ {} }}", body.replace("WRONG", ""));
        assert!(!placed(&without).1.is_empty(), "{without}");
    }
    // Another step has to be settled nevertheless.
    let other = format!(
        "{timed} {{ step a(key) = f #[idempotent] compensate none step b() = f compensate none }}"
    );
    assert_eq!(placed(&other).1.len(), 2);
}

/// An attribute of the language is never left to rustc to decide, wherever it is.
#[test]
fn conditional_attributes_of_the_language() {
    for (wrong, is_ours) in [
        ("cfg_attr(a, timeout(1s))", true),
        ("cfg_attr(any(), doc = \"b\", classify(f))", true),
        ("cfg_attr(a, cfg_attr(b, name = \"c\"))", true),
        ("cfg_attr(timeout, derive(Clone))", false),
        ("cfg_attr(a, serde(rename = \"b\", name = \"c\"))", false),
    ] {
        let saga = format!("#[{wrong}] saga S(n: u8) -> Result<(), E> {{ read a(n) = f; }}");
        let input = format!("saga S(#[{wrong}] n: u8) -> Result<(), E> {{ read a(n) = f; }}");
        for source in [saga, input] {
            let found = placed(&source).1.found();
            let is_reported = found.iter().any(|(at, _)| at == "cfg_attr");
            assert_eq!(
                (is_reported, found.len()),
                (is_ours, usize::from(is_ours)),
                "{source}"
            );
        }
    }
}
