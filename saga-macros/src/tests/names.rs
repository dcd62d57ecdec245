use super::{around, checked, good, help, in_body, mistakes, tokens};
use crate::names::uses;
use proc_macro2::{Ident, Span};

#[test]
fn one_scope() {
    mistakes(
        "saga S(a: u8, a: u8, b: u8, key: u8) with (b: u8, c: u8) -> Result<(), E> {
            read a() = f; read c() = f; read d() = f; read d() = f; read outcome() = f; read r#failure() = f; concurrent { read d() = f; read ctx() = f; }
        }",
        &[
            ("a", "`a` is already the name of an input: inputs, services and steps share one \
                scope"),
            ("key", "`key` is a reserved name: in the parentheses of a step or a clause, `key` is the idempotency key of \
                the operation"),
            ("b", "`b` is already the name of an input: inputs, services and steps share one \
                scope"),
            ("a", "`a` is already the name of an input: inputs, services and steps share one \
                scope"),
            ("c", "`c` is already the name of a service: inputs, services and steps share one \
                scope"),
            ("d", "`d` is already the name of a step: inputs, services and steps share one scope"),
            ("outcome", "`outcome` is a reserved name: in `finally(…)`, `outcome` is how \
                the saga ended"),
            ("r#failure", "`failure` is a reserved name: in the parentheses of a step or a clause, `failure` is the error that made the saga roll back"),
            ("d", "`d` is already the name of a step: inputs, services and steps share one scope"),
            ("ctx", "`ctx` is a reserved name: in the parentheses of a step or a clause, `ctx` has the id of the saga, the step and the attempt"),
        ],
    );
}

#[test]
fn the_key_of_the_undo_is_reserved() {
    let what = "`undo_key` is a reserved name: in the parentheses of `compensate`, `undo_key` is the \
        idempotency key of the call that undoes the step";
    for source in [
        "saga S(undo_key: u8) -> Result<(), E> { read a() = f; }",
        "saga S() with (undo_key: B) -> Result<(), E> { read a() = f; }",
        "saga S() -> Result<(), E> { read undo_key() = f; }",
        "saga S() -> Result<(), E> { step undo_key() = f compensate(undo_key) = g; }",
        "saga S() -> Result<(), E> { for undo_key: u8 in (=> [1]) read a() = f; }",
    ] {
        mistakes(source, &[("undo_key", what)]);
    }
}

#[test]
fn the_key_of_the_undo_exists_where_something_is_undone() {
    good(&around(
        "step a(hotels) = f compensate(hotels, undo_key) = g;
         step b(hotels) = f compensate(hotels, _undo_key) = g;
         step c(hotels, key) = f #[by_key] compensate(hotels, key, undo_key) = g;
         for night: u8 in (=> [1, 2]) step d(hotels) = f compensate(hotels, night, undo_key) = g;",
    ));
    let why = "`undo_key` identifies the call that undoes the step: it exists in `compensate`";
    for (body, place) in [
        (
            "step a(undo_key) = f compensate none",
            "the action of a step",
        ),
        (
            "step a() = f resolve(undo_key) = g compensate none",
            "`resolve`",
        ),
        ("read a() = f fallback(undo_key) = g;", "`fallback`"),
        ("#[when(undo_key => true)] read a() = f;", "`when`"),
        (
            "for n: u8 in (undo_key => [1]) read a(n) = f;",
            "the items of a loop",
        ),
        ("read a() = f; finally(undo_key) {}", "`finally`"),
    ] {
        let what = format!("`undo_key` is not available in {place}: {why}");
        in_body(body, &[("undo_key", &what)]);
    }
    in_body(
        "#[after(undo_key)] read a() = f;",
        &[("undo_key", "`undo_key` is not a step")],
    );
    in_body(
        "step a() = f compensate(hotels) { hotels.free(1, undo_key).await }",
        &[(
            "undo_key",
            "the `compensate` of `a` uses `undo_key` without listing it: code sees only the names that are listed before it",
        )],
    );
    let action = help(&around("step a(undo_key) = f compensate none"));
    let read = "help: read `key`: it identifies the operation of the step";
    assert!(action.ends_with(read), "{action}");
    let finally = help(&around("read a() = f; finally(undo_key) {}"));
    assert!(
        finally.ends_with("help: remove it from the list"),
        "{finally}"
    );
}

#[test]
fn names_of_generated_code() {
    const WHY: &str = "such names are reserved for generated code";
    let told = |name: &str| format!("`{name}` begins with `__`: {WHY}");
    let names = [
        "__parts_of_x",
        "__s",
        "__T",
        "__N",
        "__i",
        "__S",
        "__a",
        "__x",
    ];
    let told = names.map(|name| (name, told(name)));
    let told = told.each_ref().map(|(name, what)| (*name, &**what));
    mistakes(
        "saga __S<__T, const __N: usize>(__parts_of_x: __T) with (__s: [u8; __N]) -> Result<(), E> {
            for __i: u8 in (__parts_of_x => [1]) read x(__i) = f; step __a(__s) = f compensate none;
            read __x() = f;
        }",
        &told,
    );
    good("saga S(_a: u8, b__: u8) -> Result<(), E> { read _x(_a, b__) = f; }");
}

#[test]
fn names_in_records() {
    mistakes(
        "saga S() -> Result<(), E> { read a() = f; #[name = \"a\"] read b() = f; #[name = \"c\"] \
            read d() = f; read c() = f; }",
        &[
            (
                "\"a\"",
                "`a` is already the name of the step `a` in keys and journals",
            ),
            (
                "c",
                "`c` is already the name of the step `d` in keys and journals",
            ),
        ],
    );
    good(
        "saga S() -> Result<(), E> { #[name = \"b\"] read a() = f; #[name = \"a\"] read b() = f; }",
    );
}

/// One mistake each, at the second name.
#[test]
fn names_that_differ_only_by_an_underscore() {
    const WHY: &str = "a leading `_` is not part of a name";
    let told = |name: &str, what: &str, owner: &str| {
        format!("`{name}` has the same name as {what}, `{owner}`, in keys and journals: {WHY}")
    };
    let alike = [
        ("_a", told("_a", "an input", "a")),
        ("_b", told("_b", "an input", "b")),
        ("c", told("c", "a service", "_c")),
        ("_d", told("_d", "a step", "d")),
        ("r#type", told("r#type", "a step", "_type")),
        (
            "_key",
            "`_key` is recorded as `key`, which is a reserved name: in the parentheses of a step or a clause, \
            `key` is the idempotency key of the operation"
                .to_owned(),
        ),
        ("_d", told("_d", "a step", "d")),
    ];
    let alike = alike.each_ref().map(|(name, what)| (*name, &**what));
    mistakes(
        "saga S(a: u8, _a: u8, b: u8) with (_b: u8, _c: u8) -> Result<(), E> {
            read c() = f; read d() = f; read _d() = f; read _type() = f; read r#type() = f;
            read _key() = f; for _d: u8 in (a => [*a]) read e(_b) = f;
        }",
        &alike,
    );
    let two = |first: &str, second: &str| {
        help(&format!(
            "saga S() -> Result<(), E> {{ read {first}() = f; read {second}() = f; }}"
        ))
    };
    assert_eq!(
        two("a_b", "_a_b"),
        format!("note: {WHY}\nhelp: choose another name")
    );
    assert_eq!(two("_a", "a"), two("a", "_a"));
    good("saga S(_a: u8, _1: u8) -> Result<(), E> { read a_() = f; read _1_(_1) = f; }");
}

/// All that declares a name of the one scope. The inputs come first, then the services.
const DECLARED: [(&str, &str, &str); 10] = [
    ("an input", "(a: bool, ~: u8)", ""),
    ("a service", "(a: bool) with (~: u8)", ""),
    ("a step", "", "read ~() -> u8 = f;"),
    ("a step", "", "step ~() -> u8 = f compensate none;"),
    ("a step", "", "for n: u8 in (=> [1]) read ~(n) -> u8 = f;"),
    ("a step", "", "step ~() -> u8 = saga Wrap {};"),
    ("a step", "", "#[timeout(1h)] signal ~ -> u8;"),
    ("a step", "", "sleep ~(1s);"),
    ("a step", "", "#[timeout(1h)] lock ~(=> [L]) -> L;"),
    (
        "a step",
        "",
        "concurrent { read ~() -> u8 = f; read side() = f; }",
    ),
];

/// The one with `_` and the one without are one name in keys and journals, whatever declares them.
#[test]
fn no_two_declarations_differ_by_an_underscore() {
    let steps = DECLARED.iter().filter(|(_, head, _)| head.is_empty());
    let item = "for ~: u8 in (=> [1]) read each(~) = f;";
    let second = steps.map(|(.., node)| *node).chain([item]);
    let second: Vec<_> = second.collect();
    for (what, head, first) in DECLARED {
        let head = if head.is_empty() { "(a: bool)" } else { head };
        let arms = format!("when (a => *a) {{ {first} }} else {{ read z() = f; @ }}");
        for second in &second {
            for [was, is] in [["paid", "_paid"], ["_paid", "paid"]] {
                let told =
                    format!("`{is}` has the same name as {what}, `{was}`, in keys and journals");
                let [first, second] = [first.replace('~', was), second.replace('~', is)];
                let mut bodies = vec![format!("{first} {second} read last() = f;")];
                if !first.is_empty() && ![&first, &second].iter().any(|node| node.contains("side"))
                {
                    bodies.push(arms.replace('~', was).replace('@', &second));
                }
                for body in bodies {
                    let head = head.replace('~', was);
                    let source = format!("saga S{head} -> Result<(), E> {{ {body} }}");
                    let (_, errors) = checked(&source);
                    let found = errors.found();
                    let of_name =
                        |(at, said): &&(String, String)| *at == is && said.starts_with(&told);
                    assert_eq!(
                        found.iter().filter(of_name).count(),
                        1,
                        "{source}: {found:?}"
                    );
                }
            }
        }
    }
    // What is not of that scope: the fields of a child's inputs, and the item of another loop.
    good(
        "saga S(paid: u8) -> Result<(), E> { step a(paid) = saga Wrap { _paid: *paid };
            for item: u8 in (=> [1]) read b(item) = f; for _item: u8 in (=> [1]) read c(_item) = f; }",
    );
}

/// In an error's help, too.
#[test]
fn the_name_of_a_step_in_another_arm_has_no_underscore() {
    let arms = |attribute: &str, other: &str| {
        format!(
            "saga S(a: bool) -> Result<(), E> {{
                when (a => *a) {{ {attribute} read _paid() = f; }} else {{ {other} read _paid() = f; }}
            }}"
        )
    };
    let advice = "help: write `#[name = \"paid_2\"]` above it: that is its name in keys and journals, and code \
        still reads `_paid`";
    for attribute in ["", "#[name = \"paid\"]"] {
        let help = help(&arms(attribute, ""));
        assert!(help.ends_with(advice), "{help}");
        good(&arms(attribute, "#[name = \"paid_2\"]"));
    }
}

#[test]
fn a_recorded_name_is_written_without_an_underscore() {
    mistakes(
        "saga S() -> Result<(), E> { #[name = \"_a\"] read b() = f; read a() = f; #[name = \"__a\"] read c() = f; }",
        &[(
            "\"_a\"",
            "a name in keys and journals does not begin with `_`: a leading `_` is not part of it",
        )],
    );
    let named = help("saga S() -> Result<(), E> { #[name = \"_a\"] read b() = f; }");
    assert!(
        named.ends_with("\nhelp: write `#[name = \"a\"]`"),
        "{named}"
    );
}

#[test]
fn names_of_generated_items() {
    mistakes(
        "saga Trip() -> Result<(), E> { read a_b() = f; read a__b() = f; read \
            undo_x() = f; read fall_back_x() = f; read x() = f fallback() = g; }",
        &[
            ("a__b", "`a__b` and `a_b` both need the type `TripBeforeAB`"),
            (
                "undo_x",
                "`undo_x` is also the name of the method that undoes `x`",
            ),
            (
                "fall_back_x",
                "`fall_back_x` is also the name of the method that takes the `fallback` of `x`",
            ),
        ],
    );
    good(
        "saga Trip() -> Result<(), E> { read undo_it() = f; read it_() = f; read fall_back_it_() = \
            f; read r#it2() = f; }",
    );
    assert_eq!(
        help("saga S() -> Result<(), E> { read a1() = f; read a_1() = f; }"),
        "choose another name; `#[name = \"…\"]` keeps the old one in keys and journals"
    );
}

/// A format string is read as rustc reads it: with its escapes, and with widths and precisions.
#[test]
fn names_in_format_strings_are_used() {
    let used = |code: &str| uses(&tokens(code), &Ident::new("quote", Span::call_site()));
    for code in [
        "f(quote)",
        r#"format!("{quote}")"#,
        r#"format!("{ quote :?}")"#,
        r#"format!("{\x71uote}")"#,
        r#"format!("{:>0quote$}", 1)"#,
        r#"format!("{x:.quote$}")"#,
        r#"format!("{x:width$.quote$}")"#,
        r##"format!(r#"{"a": {quote}}"#)"##,
    ] {
        assert!(used(code), "{code}");
    }
    for code in [
        "f(quotes)",
        r#"format!("quote")"#,
        r#"format!("{{quote}}")"#,
        r#"format!("{quotes} {x:quote}")"#,
        r##"f(r#"{"quote": 1}"#)"##,
    ] {
        assert!(!used(code), "{code}");
    }
}
