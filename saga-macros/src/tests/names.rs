use super::{good, help, mistakes};

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

#[test]
fn names_of_generated_items() {
    mistakes(
        "saga Trip() -> Result<(), E> { read a_b() = f; read a__b() = f; read _a_b() = f; read \
            undo_x() = f; read fall_back_x() = f; read x() = f fallback() = g; }",
        &[
            ("a__b", "`a__b` and `a_b` both need the type `TripBeforeAB`"),
            ("_a_b", "`_a_b` and `a_b` both need the type `TripBeforeAB`"),
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
