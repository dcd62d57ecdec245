use quote::ToTokens;

use super::{checked, good, mistakes};
use crate::model::Code;

#[test]
fn steps() {
    mistakes("saga S() -> Result<(), E> {}", &[("S", "`S` has no steps")]);
    mistakes(
        "saga S() -> Result<(), E> { concurrent {} read a() = f; }",
        &[("concurrent", "`concurrent` has no steps")],
    );
    mistakes(
        "saga S() -> Result<(), E> { concurrent { read a() = f; } }",
        &[("concurrent", "`concurrent` has only one step")],
    );
    mistakes(
        "saga S() -> Result<(), E> { concurrent { read a() = f; concurrent { read b() = f; read \
            c(a) = f; } } read d(b) = f; }",
        &[(
            "concurrent",
            "`concurrent` cannot be nested: each step of a block starts as soon as the siblings \
                that it reads are done",
        )],
    );
    mistakes(
        "saga S() -> Result<(), E> { concurrent { read a() = f; finally() {} read b() = f; } }",
        &[("finally", "`finally` cannot be in a `concurrent` block")],
    );
    mistakes(
        "saga S() -> Result<(), E> { concurrent { read a() = f; read b() = f; hello } read c(b) = \
            f; }",
        &[("hello", "expected a step")],
    );
}

#[test]
fn output() {
    mistakes(
        "saga S() -> Result<Vec<u8>, E> { read a() = f; }",
        &[(
            "Vec<u8>",
            "the saga ends without an expression of type `Vec<u8>`",
        )],
    );
    mistakes(
        "saga S() -> Result<_, E> { read a() = f; a }",
        &[(
            "_",
            "the type of the saga's output must be written out: `_` means the struct of all \
                effects, but an expression ends this saga",
        )],
    );
    mistakes(
        "saga S() -> Result<(), _> { read a() = f; }",
        &[("_", "the type of the saga's error must be written out")],
    );
    for output in ["()", "_", "(())"] {
        good(&format!(
            "saga S() -> Result<{output}, E> {{ read a() = f; }}"
        ));
    }
    good("saga S() -> Result<(), E> { read a() = f; drop(a) }");
}

#[test]
fn head() {
    let result = "a saga must return a `Result` of its output and its error";
    let alias =
        format!("{result}: an alias with one parameter hides the error, which a saga must know");
    mistakes("saga S() -> Result<u8> {}", &[("Result<u8>", &alias)]);
    mistakes("saga S() -> u8 {}", &[("u8", result)]);
    mistakes("saga S() {}", &[("{", "expected `-> Result<…, …>`")]);
    mistakes(
        "saga S -> Result<(), E> {}",
        &[("-", "expected the inputs of the saga")],
    );
    mistakes(
        "saga S() with -> Result<(), E> {}",
        &[("-", "expected the services of the saga")],
    );
    mistakes(
        "saga S() -> Result<(), E>;",
        &[(";", "expected `{ … }` with the steps of the saga")],
    );
    mistakes("fn f() {}", &[("fn", "expected `saga`")]);
    mistakes(
        "pub durable sga S() -> Result<(), E> {}",
        &[("sga", "unknown keyword `sga`")],
    );
}

#[test]
fn generics() {
    mistakes(
        "saga S<'a, T, U, const N: usize>(t: &'a T) -> Result<(), E> where U: Into<T> { read a(t) \
            = f; }",
        &[
            (
                "'a",
                "a saga cannot have lifetime parameters: it owns its inputs, because it may \
                    outlive its caller",
            ),
            ("U", "`U` is not used by any input or service"),
            ("N", "`N` is not used by any input or service"),
        ],
    );
    good(
        "saga S<T, B: Billing<T>, const N: usize>(t: [(T,); N]) with (b: Arc<B>) -> Result<(), E> \
            { read a(t, b) = f; }",
    );
}

#[test]
fn a_lifetime_that_nothing_declares() {
    let what = "a saga owns its inputs: a saga may outlive its caller";
    for (ty, borrowed) in [
        ("&'a str", "&'a str"),
        ("Vec<&'a [u8]>", "&'a [u8]"),
        ("Cow<'a, str>", "'a"),
        ("Box<dyn Of<u8> + 'a>", "'a"),
    ] {
        let saga = format!("saga S(t: {ty}) -> Result<(), E> {{ read a(t) = f; }}");
        mistakes(&saga, &[(borrowed, what)]);
    }
    good(
        "saga S(t: Arc<dyn for<'a> Of<&'a str, Cow<'a, str>>>, f: for<'a> fn(&'a str), s: &'static str)
            -> Result<(), E> { read a(t, f, s) = f; }",
    );
}

#[test]
fn a_mistake_is_healed_for_the_expansion() {
    let (sagas, errors) = checked(
        "saga S<T, U>(t: T) -> Result<_, E> where U: Into<T>, T: Clone { read a(nobody) = f; read \
            b(t) = g; a }",
    );
    assert_eq!(errors.found().len(), 3);
    let [saga] = sagas.as_slice() else {
        panic!("one saga")
    };
    assert_eq!(saga.generics.params.to_token_stream().to_string(), "T");
    assert_eq!(
        saga.generics.where_clause.to_token_stream().to_string(),
        "where T : Clone"
    );
    assert!(saga.tail.is_none());
    let mut steps = saga.steps();
    assert!(matches!(
        steps.next().map(|step| &step.code),
        Some(Code::Block(_))
    ));
    assert!(matches!(
        steps.next().map(|step| &step.code),
        Some(Code::Path(_))
    ));
}
