//! `on` of a savepoint: the steps after whose failure the saga reruns.

use super::{around, good, help, in_body};
use crate::model::Source;

/// A savepoint `b` for these steps, with other steps at every place around it.
fn body(on: &str) -> String {
    format!(
        "read a() = f; \
         concurrent {{ read x() = f; #[savepoint(2, on({on}))] read b() = f; read c() = f; }} \
         when (trip => trip.is_long) {{ read d() = f; }} \
         for n: u8 in (trip => trip.days()) read e(n) = f; \
         #[idempotent] pivot p(key) = f; #[idempotent] step z(key) = f;"
    )
}

#[test]
fn it_names_the_savepoint_or_later_steps_up_to_the_pivot() {
    let saga = good(&around(&body("e, b, c, d, p")));
    let step = saga.steps().nth(2).expect("`b`");
    let savepoint = step.attrs.savepoint.as_ref().expect("a savepoint");
    let on = savepoint.on.iter().flatten().map(|read| read.source);
    let expected = [5, 2, 3, 4, 6].map(Source::Effect);
    assert_eq!(on.collect::<Vec<_>>(), expected);
    for (on, expected) in [
        (
            "a",
            "`a` is declared before the savepoint `b`: a rerun from `b` does not call `a` again",
        ),
        (
            "x",
            "`x` is declared before the savepoint `b`: a rerun from `b` does not call `x` again",
        ),
        (
            "z",
            "`z` comes after the pivot: a failure there rolls nothing back",
        ),
        ("trip", "`trip` is not a step"),
        ("billing", "`billing` is not a step"),
        ("key", "`key` is not a step"),
        ("n", "`n` is not a step"),
        ("nobody", "no step is called `nobody`"),
    ] {
        in_body(&body(on), &[(on, expected)]);
        in_body(&body(&format!("c, {on}, d")), &[(on, expected)]);
    }
    in_body(&body("c, c"), &[("c", "`c` is named twice in one list")]);
    assert_eq!(
        help(&around(&body("trip"))),
        "name a step that is declared here or later"
    );
    assert_eq!(
        help(&around(&body("nobody"))),
        "these can be read here: `b`, `c`, `d`, `e`, `p`"
    );
}

#[test]
fn its_arguments_are_names_in_parentheses() {
    for (arguments, token, expected) in [
        ("on()", "on", "`on` names no step"),
        ("on(1)", "1", "expected the name of a step"),
        ("on(a b)", "b", "expected `,`"),
        (
            "on = a",
            "on",
            "the steps of `on` are written in parentheses",
        ),
        ("on(a), on(a)", "on", "a second `on`"),
        (
            "only(a)",
            "only(a)",
            "`#[savepoint]` does not take this argument",
        ),
    ] {
        let body = format!("#[savepoint(2, {arguments})] read a(trip) = f;");
        in_body(&body, &[(token, expected)]);
    }
    in_body(
        "#[retry(2, on(a))] read a(trip) = f;",
        &[("on(a)", "`#[retry]` does not take this argument")],
    );
}
