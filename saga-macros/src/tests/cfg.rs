use super::{mistakes, tokens};
use crate::parse::{Declaration, declarations};

/// The calls of the macro that replace `source`.
fn split(source: &str) -> String {
    let found = declarations(tokens(source));
    let [Declaration::Split(calls)] = found.as_slice() else {
        panic!("one conditional saga in {source}")
    };
    calls.to_string()
}

#[track_caller]
fn splits(source: &str, with: &str, without: &str) {
    let expected = format!(
        "#[cfg(p)] ::typed_saga::saga! {{ {with} }} #[cfg(not(p))] ::typed_saga::saga! {{ {without} }}"
    );
    assert_eq!(split(source), tokens(&expected).to_string());
}

#[test]
fn each_element() {
    let cases = [
        (
            "saga S(#[cfg(p)] a: u8, b: u8) -> R {}",
            "saga S(a: u8, b: u8) -> R {}",
            "saga S(b: u8) -> R {}",
        ),
        (
            "saga S() with (b: u8, #[cfg(p)] a: u8) -> R {}",
            "saga S() with (b: u8, a: u8) -> R {}",
            "saga S() with (b: u8,) -> R {}",
        ),
    ];
    for (source, with, without) in cases {
        splits(source, with, without);
    }
    let saga = |body: &str| format!("saga S() -> Result<(), E> {{ {body} }}");
    let bodies = [
        (
            "#[cfg(p)] #[retry(2)] read a() = f; read b() = f; c",
            "#[retry(2)] read a() = f; read b() = f; c",
            "read b() = f; c",
        ),
        (
            "step a() = f #[cfg(p)] compensate(a) = g;",
            "step a() = f compensate(a) = g;",
            "step a() = f ; ;",
        ),
        (
            "concurrent { read a() = f; #[cfg(p)] read b() = f; }",
            "concurrent { read a() = f; read b() = f; }",
            "concurrent { read a() = f; .. }",
        ),
        (
            "#[cfg(p)] concurrent { read a() = f; read b() = f; } c",
            "concurrent { read a() = f; read b() = f; } c",
            "c",
        ),
        (
            "read a() = f; #[cfg(p)] finally() {} c",
            "read a() = f; finally() {} c",
            "read a() = f; c",
        ),
    ];
    for (source, with, without) in bodies {
        splits(&saga(source), &saga(with), &saga(without));
    }
}

const NODES: [&str; 9] = [
    "read a() = f;",
    "#[retry(2)] step a() = f #[by_key] compensate(key) = g; resolve(key) { Ok(None) }",
    "for i: u8 in (x => x.clone()) step a(i) = f compensate none",
    "signal a -> u8 fallback() { Ok(1) };",
    "sleep a(x => *x);",
    "lock a(x => *x) -> Name;",
    "concurrent { read a() = f; read b() = f; }",
    "when (x => *x) { read a() = f; } else when (x => *x) { read b() = f; } else { read c() = f; }",
    "emit(a => a);",
];

/// Each node, wherever it may be: it goes as a whole, and nothing else does.
#[test]
fn each_node_at_each_place() {
    let others = ["", "read before() = f;", "/// Docs. \n read before() = f;"];
    let holes: [(&str, &str, &str, &[&str]); 5] = [
        ("", "z", "", &NODES),
        ("when (x => *x) {", "}", "..", &NODES[..6]),
        (
            "when (x => *x) { read y() = f; } else {",
            "}",
            "..",
            &NODES[..6],
        ),
        (
            "when (x => *x) {",
            "} else { read y() = f; }",
            "..",
            &NODES[..6],
        ),
        ("concurrent {", "}", "..", &NODES[..4]),
    ];
    for (open, close, trace, nodes) in holes {
        for node in nodes {
            for before in others {
                for after in ["", "read after() = f;"] {
                    let saga = |node: &str| {
                        format!(
                            "saga S(x: u8) -> Result<(), E> {{ {open} {before} {node} {after} {close} }}"
                        )
                    };
                    splits(
                        &saga(&format!("#[cfg(p)] {node}")),
                        &saga(node),
                        &saga(trace),
                    );
                }
            }
        }
    }
}

/// Each arm but the first goes as a whole, and those around it stay arms of one `when`.
#[test]
fn each_arm() {
    let first = "when (x => *x) { read a() = f; }";
    let arm = "else when (x => *x) { read b() = f; }";
    let other = "else when (x => *x) { read d() = f; }";
    let last = "else { read c() = f; }";
    let saga = |arms: &str| format!("saga S(x: u8) -> Result<(), E> {{ {arms} read z() = f; }}");
    for attributes in ["", "/// Docs. \n"] {
        for (before, cut, after) in [
            (first, arm, ""),
            (first, arm, last),
            (first, last, ""),
            (&*format!("{first} {arm}"), last, ""),
            (&*format!("{first} {other}"), arm, last),
        ] {
            let with = format!("{before} {attributes} {cut} {after}");
            let without = saga(&format!("{before} {after}"));
            let source = format!("{before} {attributes} #[cfg(p)] {cut} {after}");
            splits(&saga(&source), &saga(&with), &without);
            for saga in [saga(&with), without] {
                super::good(&saga);
            }
        }
    }
}

/// Where it ends is a guess.
#[test]
fn what_is_read_as_a_mistake_is_reported_and_not_cut() {
    for (body, at, what) in [
        (
            "#[cfg(p)] read b x;",
            "x",
            "expected `(…)` with what `b` reads",
        ),
        (
            "#[cfg(p)] else when (x => *x) { read b() = f; }",
            "else",
            "`else` without a `when` before it",
        ),
        (
            "#[cfg(p)] rad b() = f;",
            "rad",
            "`rad` is not a kind of step",
        ),
    ] {
        let saga = format!("saga S(x: u8) -> Result<(), E> {{ read a() = f; {body} z }}");
        mistakes(&saga, &[(at, what)]);
    }
}

#[test]
fn a_whole_saga_and_only_that_one() {
    let saga = "saga S() -> Result<(), E> { read a() = f; }";
    let expected = tokens(&format!("#[cfg(p)] ::typed_saga::saga! {{ {saga} }}"));
    assert_eq!(split(&format!("#[cfg(p)] {saga}")), expected.to_string());
    let found = declarations(tokens(
        "saga A() -> Result<(), E> { read a() = f; } saga B() -> Result<(), E> { #[cfg(p)] read \
            a() = f; }",
    ));
    assert!(matches!(
        found.as_slice(),
        [Declaration::Saga { .. }, Declaration::Split(_)]
    ));
}

#[test]
fn one_at_a_time() {
    let once = split("saga S(#[cfg(p)] a: u8) -> Result<(), E> { #[cfg(q)] read a() = f; }");
    assert_eq!(once.matches("cfg (q)").count(), 2);
    assert!(!once.contains("not (q)"));
}

#[test]
fn bodies_are_left_alone() {
    mistakes(
        "saga S() -> Result<(), E> { read a() { #[cfg(p)] f(); Ok(()) } { #[cfg(p)] g() } }",
        &[],
    );
}

#[test]
fn what_is_left_of_a_group() {
    use super::good;
    use crate::model::Node;
    let saga =
        good("saga S() -> Result<(), E> { concurrent { .. read a() = f; } concurrent { .. .. } }");
    assert!(matches!(saga.nodes.as_slice(), [Node::Step(_)]));
}

/// An arm may go as a whole, unless another one follows, which is taken if this one is not.
#[test]
fn what_is_left_of_arms() {
    use super::good;
    let saga = |arms: &str| format!("saga S(a: u8) -> Result<(), E> {{ {arms} read z() = f; }}");
    for (arms, left) in [
        ("when (a => true) { .. }", 0),
        ("when (a => true) { read b() = f; } else { .. }", 1),
        (
            "when (a => true) { read b() = f; } else when (a => true) { .. }",
            1,
        ),
    ] {
        assert_eq!(good(&saga(arms)).conditions.len(), left, "{arms}");
    }
    for (arms, at) in [
        ("when (a => true) { .. } else { read b() = f; }", "when"),
        (
            "when (a => true) { read b() = f; } else when (a => true) { .. } else { read c() = f; }",
            "else when",
        ),
    ] {
        let what = format!("`{at}` has no steps");
        mistakes(&saga(arms), &[("when", &what)]);
    }
}

#[test]
fn a_condition_is_needed() {
    mistakes(
        "saga S() -> Result<(), E> { #[cfg] read a() = f; #[cfg()] read b() = f; }",
        &[
            ("cfg", "`#[cfg]` needs a condition"),
            ("cfg", "`#[cfg]` needs a condition"),
        ],
    );
}
