//! Words that are not those of the language: nothing is compiled under a guess.

use super::{around, checked, good, help, in_body, mistakes};

/// A body with such a word, the word, and the word that is suggested.
const GUESSED: [(&str, &str, &str); 14] = [
    ("#[retries(3)] read a() = f;", "retries", "#[retry]"),
    (
        "#[attempts(3)] step a() = f compensate(a) = g;",
        "attempts",
        "#[retry]",
    ),
    (
        "step a(hotels) = f rollback(hotels, a) = g;",
        "rollback",
        "compensate",
    ),
    (
        "step a(hotels) = f undo(hotels, a) = g;",
        "undo",
        "compensate",
    ),
    (
        "step a(hotels) = f check(hotels, key) = g compensate none",
        "check",
        "resolve",
    ),
    (
        "step a(hotels) = f callback(hotels, a) = g;",
        "callback",
        "fallback",
    ),
    (
        "step a() = f undo(a) = g; step b() = f compensate with a",
        "undo",
        "compensate",
    ),
    (
        "#[idempotent] pivot p(key) = f; #[timeout(1h)] signal s -> A; falback() = g;",
        "falback",
        "fallback",
    ),
    (
        "concurrent { step a() = f compensate(a) = g; #[aftr(a)] step b() = f compensate(a) = g; }",
        "aftr",
        "#[after]",
    ),
    (
        "whn (trip => trip.car) { read a() = f; } read b(a) = f;",
        "whn",
        "when",
    ),
    (
        "read a() = f; whn (trip => trip.car) { read b() = f; } read c(b) = f;",
        "whn",
        "when",
    ),
    (
        "when (trip => trip.car) { read a() = f; } els { read b() = f; } read c(b) = f;",
        "els",
        "else",
    ),
    (
        "lokc a(trip => trip.lock()) -> L; read b(a) = f;",
        "lokc",
        "lock",
    ),
    ("setp a(hotels) = f;", "setp", "step"),
];

/// What is missing, or of another type, because of a guess is no mistake of the author.
#[test]
fn nothing_is_compiled_under_a_guessed_word() {
    for (body, word, meant) in GUESSED {
        let source = around(body);
        assert_eq!(help(&source), format!("did you mean `{meant}`?"), "{body}");
        let (_, errors) = checked(&source);
        assert_eq!(errors.found()[0].0, word, "{body}");
    }
    mistakes(
        "#[classify(v)] durable saga S(trip: T) with (bus: B) -> Result<(), E> emit V {
            #[timeout(1s)] read a(trip) = f; emit(trip => [trip.clone()]);
            #[timeuot(1s)] publish(bus, event) = g;
        }",
        &[("timeuot", "unknown attribute `#[timeuot]` on `publish`")],
    );
}

/// From a saga and its inputs, attributes of other macros are passed on.
#[test]
fn a_misspelt_attribute_is_not_passed_on() {
    let saga = |attribute: &str, on_input: &str| {
        format!(
            "{attribute} saga S({on_input} trip: Trip) -> Result<(), E> {{ read a(trip) = f; }}"
        )
    };
    for (attribute, meant) in [
        ("#[clasify(E::verdict)]", "#[classify]"),
        ("#[witin(1h)]", "#[within]"),
        ("#[retries(3)]", "#[retry]"),
        ("#[timout(1s)]", "#[timeout]"),
    ] {
        let meant = format!("did you mean `{meant}`?");
        assert_eq!(help(&saga(attribute, "")), meant, "{attribute}");
    }
    for (attribute, meant) in [
        ("#[savepiont(2)]", "`#[savepoint]`, which belongs on a step"),
        (
            "#[concurent(2)]",
            "`#[concurrent]`, which belongs on a loop",
        ),
        ("#[bykey]", "`#[by_key]`, which belongs on `compensate`"),
    ] {
        let meant = format!("did you mean {meant}?");
        assert_eq!(help(&saga(attribute, "")), meant, "{attribute}");
        assert_eq!(help(&saga("", attribute)), meant, "{attribute}");
    }
    for attribute in ["#[clasify(E::verdict)]", "#[witin(1h)]"] {
        let elsewhere = help(&saga("", attribute));
        assert!(
            elsewhere.contains("which belongs on the saga"),
            "{elsewhere}"
        );
    }
    let abort = help(&saga("#[abort(E::is_over)]", ""));
    assert!(abort.contains("`Verdict::Refused.abort()`"), "{abort}");
    for attribute in [
        "#[derive(Clone)]",
        "#[serde(skip)]",
        "#[date]",
        "#[repr(C)]",
        "#[rename]",
    ] {
        good(&saga(attribute, ""));
        good(&saga("", attribute));
    }
}

/// One word says that a saga has events, and which.
#[test]
fn the_plural_of_emit_is_one_mistake() {
    const PLURAL: (&str, &str) = ("emits", "expected `emit`, not `emits`");
    const BODY: &str = "{ read a() -> A = f; emit(a => [a.told()]); publish(event) = g; }";
    let saga = |head: &str| format!("saga S() {head} {BODY}");
    let plural = saga("-> Result<(), E> emits V");
    mistakes(&plural, &[PLURAL]);
    assert_eq!(help(&plural), "write `emit V`");
    for (head, what) in [
        ("emits V -> Result<(), E>", "`emit` comes after the result"),
        (
            "-> Result<(), E> where E: Clone emits V",
            "`emit` comes before `where`",
        ),
        ("-> Result<(), E> emits", "expected the type of the events"),
        ("emits -> Result<(), E>", "expected the type of the events"),
    ] {
        mistakes(&saga(head), &[("emits", what)]);
        mistakes(&saga(&head.replace("emits", "emit")), &[("emit", what)]);
    }
    for node in [
        "emits(a => [a.told()]);",
        "emits failed(failure => [failure.told()]);",
    ] {
        let body = format!("{{ read a() -> A = f; {node} publish(event) = g; }}");
        mistakes(
            &format!("saga S() -> Result<(), E> emit V {body}"),
            &[PLURAL],
        );
    }
}

#[test]
fn what_waits_has_a_name_wherever_it_is() {
    for word in ["sleep(8h);", "sleep 1.5s;", "sleep(trip => trip.nap);"] {
        let nameless = [("sleep", "this `sleep` has no name")];
        in_body(&format!("read a() = f; {word}"), &nameless);
        in_body(&format!("{word} read a() = f;"), &nameless);
        in_body(
            &format!("when (=> true) {{ {word} read a() = f; }}"),
            &nameless,
        );
    }
    in_body(
        "#[timeout(1h)] signal -> A; read a() = f; #[timeout(1h)] lock(trip => L) -> L;",
        &[
            ("signal", "this `signal` has no name"),
            ("lock", "this `lock` has no name"),
        ],
    );
    for (body, form) in [
        ("sleep(8h); read a() = f;", "sleep name(8h);"),
        (
            "sleep(trip => trip.nap); read a() = f;",
            "sleep name(trip => trip.nap);",
        ),
        ("sleep 1.5s; read a() = f;", "sleep name(duration);"),
        (
            "#[timeout(1h)] signal -> Answer; read a() = f;",
            "signal name -> Answer;",
        ),
        ("signal(72h); read a() = f;", "signal name -> Type;"),
        (
            "#[timeout(1h)] lock(trip => L) -> L; read a() = f;",
            "lock name(trip => L) -> L;",
        ),
    ] {
        assert_eq!(
            help(&around(body)),
            format!("write one: `{form}`"),
            "{body}"
        );
    }
    good(&around("read a() = f; sleep(trip)"));
    good(&around("read a() = f; lock(0xd).sleep(5)"));
}

/// The words of nodes are names, too: what follows tells which of both they are.
#[test]
fn a_bare_kind_above_a_node_is_one_mistake() {
    let nameless = [("step", "this `step` has no name")];
    for node in [
        "when (trip => trip.car) { read a() = f; }",
        "concurrent { read a() = f; read b() = f; }",
        "for n: N in (trip => trip.all()) read a(n) = f;",
        "sleep night(8h); read a() = f;",
        "#[idempotent] step a(key) = f compensate none",
    ] {
        in_body(&format!("step {node} read z(a) = f;"), &nameless);
    }
    mistakes(
        "saga S(trip: T) -> Result<(), E> emit V {
            read a(trip) = f; step emit(trip => [trip.news()]);
            publish(event) = g;
        }",
        &nameless,
    );
    for clause in [
        "publish(event, key) = g;",
        "#[retry(3)] publish(hotels, event) { Ok(()) }",
        "publish(event, key) = g; finally(outcome) {}",
        "finally(outcome) = g;",
        "finally(hotels) {}",
        "finally() {}",
    ] {
        let source = format!(
            "saga S(trip: T) with (hotels: H) -> Result<(), E> emit V {{
                read a(trip, hotels) = f; emit(trip => [trip.news()]); step {clause}
            }}"
        );
        mistakes(&source, &nameless);
    }
    good(&around(
        "step when(trip) { Ok(()) } compensate none
         step concurrent(when) = f compensate none
         read emit(concurrent) { Ok(()) }
         read r#for(emit) = f;",
    ));
    // A type or a clause of its own is that of a step, and after a pivot a step needs neither.
    for step in [
        "step publish(trip) = f compensate none",
        "step finally(trip) { Ok(()) } compensate none",
        "step finally(trip) -> A { Ok(1) } compensate none",
        "read finally(trip) { Ok(()) }",
        "#[idempotent] pivot publish(trip, key) = f;",
        "#[idempotent] pivot p(key) = f; #[idempotent] step publish(hotels, trip, key) = f;",
    ] {
        good(&around(step));
    }
    good(
        "saga S(event: V) -> Result<(), E> {
            #[idempotent] pivot p(key) = f;
            #[idempotent] step publish(event, key) = f;
        }",
    );
    good(&around("read a() = f; sleep emit(trip => trip.nap);"));
    good(&around(
        "#[timeout(1h)] lock emit(trip => trip.lock()) -> L; read a() = f;",
    ));
}

#[test]
fn help_is_in_the_words_of_the_user() {
    let listed = "name what it reads before a `=>`: ";
    for (body, list) in [
        ("when (trip.car) { read a() = f; }", "`(trip => trip.car)`"),
        (
            "#[when(trip.car && hotels.open(trip))] read a() = f;",
            "`(trip, hotels => trip.car && hotels.open(trip))`",
        ),
        // Names are references.
        (
            "#[when(trip && !hotels)] read a() = f;",
            "`(trip, hotels => *trip && !hotels)`",
        ),
        (
            "when ((trip || hotels) && trip.car) { read a() = f; }",
            "`(trip, hotels => (*trip || *hotels) && trip.car)`",
        ),
        ("#[when(trip > 5)] read a() = f;", "`(trip => *trip > 5)`"),
        (
            "#[when(trip == hotels)] read a() = f;",
            "`(trip, hotels => trip == hotels)`",
        ),
    ] {
        assert_eq!(help(&around(body)), format!("{listed}{list}"), "{body}");
    }
    let then = "name what it reads, then";
    for (body, list) in [
        (
            "when (trip) { read a() = f; }",
            "a condition of it: `(trip => *trip)`, if `trip` is a `bool`",
        ),
        (
            "#[when(trip)] read a() = f;",
            "a condition of it: `(trip => *trip)`, if `trip` is a `bool`",
        ),
        (
            "for n: N in (trip) read a(n) = f;",
            "the items: `(trip => …)`",
        ),
        (
            "#[timeout(1h)] lock a(trip) -> L; read b() = f;",
            "an expression: `(trip => …)`",
        ),
    ] {
        assert_eq!(help(&around(body)), format!("{then} {list}"), "{body}");
    }
    let value = help(&around("if trip { read a() = f; }"));
    assert!(value.contains("`when (trip => *trip) { … }`"), "{value}");
    let branch = help(&around("if trip.car { read a() = f; }"));
    assert!(
        branch.contains("`when (trip => trip.car) { … }`"),
        "{branch}"
    );
    let arm = |condition: &str| {
        let body = format!(
            "when (trip => trip.car) {{ read a() = f; }} else if {condition} {{ read b() = f; }}"
        );
        help(&around(&body))
    };
    assert!(arm("trip.bus").contains("`else when (trip => trip.bus) { … }`"));
    assert!(arm("let Some(bus) = trip").contains("`else when (reads => condition) { … }`"));
    let result = help("saga S() -> A { read a() = f; }");
    assert!(result.starts_with("write `-> Result<A, …>`"), "{result}");
    let output = help("saga S() -> Result<A, E> { read a() = f; }");
    assert!(output.contains("`Result<_, E>`"), "{output}");
}
