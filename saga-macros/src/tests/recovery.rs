use super::{help, in_body, mistakes};

#[test]
fn seven_mistakes_in_seven_steps() {
    in_body(
        "stpe one(trip) -> A = f;
         read two(trip) -> B f;
         three(trip) -> C = f;
         read four trip = f;
         read five(trip) -> _ = f;
         read six(trip) = |x| x;
         read seven(trip) = f(trip);
         read eight(one, two, three, four, five, six, seven) = f;",
        &[
            ("stpe", "`stpe` is not a kind of step"),
            ("f", "expected the code of `two`: `{ … }` or `= path`"),
            ("three", "expected `read`, `step` or `pivot` before `three`"),
            ("trip", "expected `(…)` with what `four` reads"),
            ("_", "the type of an effect must be written out"),
            ("|", "expected a path"),
            (
                "(",
                "expected a path, not a call: the parentheses of `seven` list what is passed",
            ),
        ],
    );
}

#[test]
fn what_a_broken_step_was_is_not_held_against_the_others() {
    in_body(
        "pivot a() -> _ = f; step b() = f; step c() = f compensate none",
        &[("_", "the type of an effect must be written out")],
    );
    mistakes(
        "saga S() -> Result<u8, E> { read a() -> u8 }",
        &[("a", "expected the code of `a`: `{ … }` or `= path`")],
    );
    in_body(
        "concurrent { read a() = f; read b = g; }",
        &[("=", "expected `(…)` with what `b` reads")],
    );
    in_body(
        "#[idempotent] pivot a(key) = f; step b = saga Y { trip: *trip };",
        &[("=", "expected `(…)` with what `b` reads")],
    );
    in_body(
        "step a() = f undo(a) = g;",
        &[("undo", "unknown clause `undo`")],
    );
}

#[test]
fn a_step_survives_its_code() {
    in_body(
        "#[idempotent] pivot a(key) -> A f; step b() -> B = g(x)? #[by_key] compensate(trip) = h; \
            read c(a, b) = f;",
        &[
            ("f", "expected the code of `a`: `{ … }` or `= path`"),
            (
                "(",
                "expected a path, not a call: the parentheses of `b` list what is passed",
            ),
            (
                "compensate",
                "`compensate` cannot be used after the pivot: `b` comes after the pivot, where \
                    nothing is undone",
            ),
            (
                "b",
                "if the answer to `b` is lost, the saga cannot tell whether it happened: after the pivot `a`, `b` must succeed \
                    eventually, so it is attempted again",
            ),
        ],
    );
    in_body(
        "#[idempotent] pivot a -> A = f; step b trip f; read c(a) = f compensate { g() }",
        &[
            ("-", "expected `(…)` with what `a` reads"),
            ("trip", "expected `(…)` with what `b` reads"),
            ("{", "expected `(…)` with what `compensate` reads"),
            (
                "b",
                "if the answer to `b` is lost, the saga cannot tell whether it happened: after the pivot `a`, `b` must succeed \
                    eventually, so it is attempted again",
            ),
            (
                "compensate",
                "`compensate` cannot be used on the `read` `c`: a `read` changes nothing outside \
                    the saga, so there is nothing to undo",
            ),
        ],
    );
    in_body(
        "read a() = |x| x concurrent { read b() = (f) read c() = ; } finally() = 3",
        &[
            ("|", "expected a path"),
            ("(f)", "expected a path"),
            (";", "expected a path"),
            ("3", "expected a path"),
        ],
    );
    in_body(
        "stpe a() -> A = f; concurrent { raed b() = f; read c() = f; }",
        &[
            ("stpe", "`stpe` is not a kind of step"),
            ("raed", "`raed` is not a kind of step"),
        ],
    );
}

#[test]
fn fields() {
    mistakes(
        "saga S(a u8, b: HashMap<A, B> c, d: u8, 3: u8, e: u8) with (f:) -> Result<(), E> { read \
            r(a, b, d, e, f) = f; }",
        &[
            ("u8", "expected the type of `a`"),
            ("c", "expected `,`"),
            ("3", "expected identifier"),
            (")", "expected the type of `f`"),
        ],
    );
}

#[test]
fn code_and_separators() {
    in_body(
        "read a() = f read b() = g;",
        &[("f", "expected `;` after the path")],
    );
    in_body(
        "read a() = f; finally() = g",
        &[("g", "expected `;` after the path")],
    );
    in_body(
        "read a() = f::<A>(trip)? read b(a) = g;",
        &[(
            "(",
            "expected a path, not a call: the parentheses of `a` list what is passed",
        )],
    );
    in_body("read a() = ; read b(a) = g;", &[(";", "expected a path")]);
    in_body(
        "step a() = f compensate { g() } read b(a) = g;",
        &[("{", "expected `(…)` with what `compensate` reads")],
    );
    in_body(
        "step a() = f compensate(a) g; read b(a) = g;",
        &[(
            "g",
            "expected the code of `compensate`: `{ … }` or `= path`",
        )],
    );
    in_body(
        "step a() = f compensate nothing; read b(a) = g;",
        &[("nothing", "expected `none`, `with` or `(…)`")],
    );
    in_body(
        "step a() = f compensat(a) = g;",
        &[("compensat", "unknown clause `compensat`")],
    );
    in_body(
        "step a() = f compensate none compensate(a) = g resolve(key) = h resolve(key) = i;",
        &[
            ("compensate", "`a` has a second `compensate`"),
            ("resolve", "`a` has a second `resolve`"),
        ],
    );
}

#[test]
fn a_call_is_written_in_a_block() {
    for (call, rest) in [
        (
            "H::f(hotels, trip.id)",
            "write `H::f` alone; to pass something else, write a block: `{ H::f(hotels, trip.id).await }`",
        ),
        (
            "H::f(trip).await",
            "write `H::f` alone; to pass something else, write a block: `{ H::f(trip).await }`",
        ),
        (
            "H::f(trip).await?",
            "write `H::f` alone; to pass something else, write a block: `{ Ok(H::f(trip).await?) }`",
        ),
        (
            "hotels.f(trip)",
            "write a block: `{ hotels.f(trip).await }`",
        ),
        (
            "hotels.f(trip)?",
            "write a block: `{ Ok(hotels.f(trip).await?) }`",
        ),
    ] {
        let said = help(&super::around(&format!("read a(hotels) = {call};")));
        let why = "note: the parentheses of `a` list what is passed";
        assert_eq!(said, format!("{why}\nhelp: {rest}"), "{call}");
    }
    for future in ["H::f.await", "H::f.await?"] {
        let said = help(&super::around(&format!("read a(hotels) = {future};")));
        let why = "note: what `H::f` returns is awaited by the saga";
        assert_eq!(said, format!("{why}\nhelp: write `H::f` alone"), "{future}");
    }
}

#[test]
fn nodes_out_of_place() {
    in_body(
        "compensate(trip) = f; read a() = f;",
        &[("compensate", "`compensate` does not follow a step")],
    );
    in_body(
        "read a() = f; finally() {} read b(a) = f;",
        &[("finally", "`finally` must come after all steps")],
    );
    in_body(
        "read a() = f; finally() {} finally() {}",
        &[("finally", "a second `finally`")],
    );
    in_body(
        "read a() = f; #[allow(unused)] a",
        &[("allow", "expected a step after this attribute")],
    );
    in_body(
        "read a() = f; async step b() = f compensate none",
        &[(
            "async",
            "unexpected `async` before a step: the code of every step is async",
        )],
    );
    in_body(
        "read(trip) = f; step(trip) -> A {}",
        &[
            ("read", "this `read` has no name"),
            ("step", "this `step` has no name"),
        ],
    );
    in_body(
        "finaly(ctx) {} read a() = f;",
        &[("finaly", "unknown clause `finaly`")],
    );
    in_body(
        "concurent { read a() = f; read b() = f; } read c(a, b) = f;",
        &[("concurent", "`concurent` is not a block of steps")],
    );
}

#[test]
fn words_of_the_head() {
    for (source, near) in [
        (
            "durabel saga S() -> Result<(), E> { read a() = f; }",
            "durable",
        ),
        ("sga S() -> R {}", "saga"),
    ] {
        assert_eq!(help(source), format!("did you mean `{near}`?"));
    }
}

#[test]
fn forms_of_elsewhere_and_of_a_later_version() {
    const OF_THE_SAGA: &str = "`emit` and a type belong to the saga, not to a step: it is the type of all \
        events of the saga";
    for word in ["emit", "emits"] {
        for step in [
            format!("read a() -> T {word} X = f;"),
            format!("read a() {word} X = f;"),
            format!("read a() -> T {word} own::Told<X> {{ Ok(1) }}"),
            format!("read a() -> T {word} X;"),
        ] {
            in_body(&format!("{step} read b(a) = f;"), &[(word, OF_THE_SAGA)]);
        }
    }
    in_body(
        "await approval() -> Approval within 3d else {} read b(approval) = f;",
        &[(
            "await",
            "`await` is not possible between the steps of a saga",
        )],
    );
}

#[test]
fn every_saga_of_a_call_is_heard() {
    mistakes(
        "saga A {} saga A() -> Result<(), E> { read a() = f; } #[cold] pub fn f() {} saga B() -> \
            Result<(), E> { read a(x) = f; } pub(crate) durable saga 3() {} saga C() -> Result<(), \
            E> {}",
        &[
            ("{", "expected the inputs of the saga"),
            ("fn", "expected `saga`"),
            ("x", "no input, service or earlier effect is called `x`"),
            ("3", "expected identifier"),
            ("C", "`C` has no steps"),
        ],
    );
}

/// The code after a slip is checked as if the slip had been written correctly.
#[test]
fn what_was_meant_is_read() {
    in_body(
        "async fn step a(&billing, &trip): A = f compensate(none) read b(a, self) => B = g;",
        &[
            (
                "async",
                "unexpected `async` before a step: the code of every step is async",
            ),
            ("&", "expected a name without `&`"),
            (":", "expected `->`, not `:`, before the type of an effect"),
            ("none", "`compensate none` takes no parentheses"),
            ("self", "a step has no `self`"),
            ("=", "expected `->`, not `=>`, before the type of an effect"),
        ],
    );
    in_body(
        "step #[idempotent] a(key) #[retry(3)] = f compensate nothing; read b(a) = g;",
        &[
            ("idempotent", "`#[idempotent]` comes before `step`"),
            ("retry", "`#[retry]` comes before `step`"),
            ("nothing", "expected `none`, `with` or `(…)`"),
        ],
    );
    mistakes(
        "durable pub saga S() (a: A) -> Result<(), E> { #[timeout = 1s] read b(a) = f; }",
        &[
            ("pub", "`pub` comes before `durable`"),
            ("(", "expected `with`"),
            ("=", "`#[timeout]` takes its argument in parentheses"),
            (
                "durable",
                "a `durable` saga needs `#[classify]`: an `Err` alone does not say whether the \
                    attempt may have taken effect",
            ),
        ],
    );
}

#[test]
fn a_half_typed_step_is_one_mistake() {
    for half in [
        "step a",
        "step a(trip)",
        "step a(trip) ->",
        "step a(trip) -> A =",
        "step a(trip) -> A = Hotels::",
        "read a(trip) -> A = Hotels::;",
        "step a(trip) -> A = Hotels:: compensate none",
        "step a(trip) -> A = Hotels:: compensate(a) = Hotels::cancel;",
        "step a(trip) -> A = Hotels::book",
        "step a(trip) -> A = Hotels::book compensate",
        "step a(trip) -> A = Hotels::book compensate(a)",
        "step a(trip) -> A = Hotels::book compensate(a) =",
    ] {
        for after in ["", "read b(trip) -> B { f(trip).await }"] {
            let (_, errors) = super::checked(&super::around(&format!("{half} {after}")));
            assert_eq!(
                errors.found().len(),
                1,
                "{half} {after}: {:?}",
                errors.found()
            );
        }
    }
}

#[test]
fn a_name_that_is_taken_is_not_held_against_its_readers() {
    mistakes(
        "saga S(key: A, ctx: B) -> Result<(), E> { step ctx(key) = f compensate(key, ctx) = g; \
            #[after(ctx)] read b(key, ctx) = f; read b(b) = g; }",
        &[
            (
                "key",
                "`key` is a reserved name: in the parentheses of a step or a clause, `key` is the idempotency key of the \
                    operation",
            ),
            (
                "ctx",
                "`ctx` is a reserved name: in the parentheses of a step or a clause, `ctx` has the id of the \
                    saga, the step and the attempt",
            ),
            (
                "ctx",
                "`ctx` is a reserved name: in the parentheses of a step or a clause, `ctx` has the id of the \
                    saga, the step and the attempt",
            ),
            (
                "b",
                "`b` is already the name of a step: inputs, services and steps share one scope",
            ),
        ],
    );
}
