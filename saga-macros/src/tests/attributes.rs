use typed_saga_definition::Kind;
use typed_saga_definition::language::{Attribute, Clause, Place};

use super::{around, good, help, in_body, mistakes, placed};

/// A read with one attribute, and the mistakes in it.
#[track_caller]
fn on_read(attribute: &str, expected: &[(&str, &str)]) {
    in_body(&format!("{attribute} read a(trip) = f;"), expected);
}

/// A compensation with one attribute.
#[track_caller]
fn on_compensate(attribute: &str, expected: &[(&str, &str)]) {
    in_body(
        &format!("step a(key) = f {attribute} compensate(key) = g;"),
        expected,
    );
}

#[test]
fn durations() {
    on_read("#[timeout(10)]", &[("10", "`10` has no unit")]);
    on_read(
        "#[timeout(10sec)]",
        &[("10sec", "`sec` is not a unit of time")],
    );
    on_read("#[timeout(1ns)]", &[("1ns", "`ns` is not a unit of time")]);
    on_read(
        "#[timeout(1e3s)]",
        &[("1e3s", "a duration must be a plain decimal number")],
    );
    on_read(
        "#[timeout(0.0001us)]",
        &[("0.0001us", "this duration is finer than a nanosecond")],
    );
    on_read(
        "#[timeout(5124095576030432h)]",
        &[("5124095576030432h", "this duration is too long")],
    );
    on_read(
        "#[timeout(999999999999999999999999999999999999999999h)]",
        &[(
            "999999999999999999999999999999999999999999h",
            "this duration is too long",
        )],
    );
    on_read(
        "#[timeout(0.00000000000000000000000000000000000000001h)]",
        &[(
            "0.00000000000000000000000000000000000000001h",
            "this duration is finer than a nanosecond",
        )],
    );
    on_read("#[timeout(\"10s\")]", &[("\"10s\"", "expected a duration")]);
    on_read(
        "#[timeout(-1s)]",
        &[("-1s", "a duration cannot be negative")],
    );
    on_read(
        "#[timeout(1s..2s)]",
        &[("1s..2s", "expected one duration, not a range")],
    );
    on_read(
        "#[timeout(2 * 3s)]",
        &[(
            "3s",
            "a number with the unit `s` cannot be part of an expression",
        )],
    );
    on_read(
        "#[timeout(0s)]",
        &[("0s", "a timeout of zero leaves no time to answer")],
    );
    let units = help(&around("#[timeout(1y)] read a() = f;"));
    assert!(
        ["`us`", "`ms`", "`s`", "`m`", "`h`", "`d`"]
            .iter()
            .all(|unit| units.contains(unit)),
        "{units}"
    );
}

#[test]
fn retries() {
    on_read("#[retry]", &[("retry", "`#[retry]` needs an argument")]);
    on_read("#[retry()]", &[("retry", "`#[retry]` needs an argument")]);
    on_read(
        "#[retry(0)]",
        &[(
            "0",
            "`#[retry(0)]` does nothing: the first attempt counts, too",
        )],
    );
    on_read(
        "#[retry(1s..2s)]",
        &[("retry", "`#[retry]` does not say how often")],
    );
    on_read(
        "#[retry(3, 100ms)]",
        &[("100ms", "a backoff needs a base and a cap")],
    );
    on_read(
        "#[retry(3, 100ms..)]",
        &[("..", "a backoff needs a base and a cap")],
    );
    on_read(
        "#[retry(3, 2s..1s)]",
        &[("2s", "the base of the backoff is above its cap")],
    );
    on_read("#[retry(3, 2..1s)]", &[("2", "`2` has no unit")]);
    on_read("#[retry(3, 4)]", &[("4", "a second number in `#[retry]`")]);
    on_read(
        "#[retry(3, 1s..2s, 1s..2s)]",
        &[("1s..2s", "a second backoff")],
    );
    on_read(
        "#[retry(3, jitter = false, jitter = true)]",
        &[("jitter", "a second `jitter`")],
    );
    on_read(
        "#[retry(3, jitter = 1)]",
        &[("1", "expected `true` or `false`")],
    );
    on_read(
        "#[retry(3, jiter = true)]",
        &[("jiter", "unknown argument `jiter`")],
    );
    on_read(
        "#[retry(3, if = E::busy)]",
        &[(
            "if",
            "`#[retry]` takes no `if`: only the function of `#[classify]` says what an error means",
        )],
    );
    on_read(
        "#[savepoint(3, if = 1 + 1)]",
        &[("1 + 1", "expected a predicate")],
    );
    on_read(
        "#[retry(often)]",
        &[("often", "`#[retry]` does not take this argument")],
    );
    on_read(
        "#[retry(99999999999)]",
        &[("99999999999", "number too large to fit in target type")],
    );
    assert!(
        help(&around("#[retry(3, jiter = true)] read a() = f;"))
            .starts_with("did you mean `jitter`?")
    );
}

#[test]
fn savepoints() {
    on_read(
        "#[savepoint(forever)]",
        &[("savepoint", "a savepoint cannot rerun its steps forever")],
    );
    on_read(
        "#[savepoint(0)]",
        &[("0", "`#[savepoint(0)]` does nothing")],
    );
    on_read(
        "#[savepoint]",
        &[("savepoint", "`#[savepoint]` needs an argument")],
    );
}

#[test]
fn conditions_order_and_names() {
    on_read("#[when(trip.car)]", &[(".", "expected `=>`")]);
    on_read("#[when(trip =>)]", &[(")", "expected a condition")]);
    on_read("#[when]", &[("when", "`#[when]` needs an argument")]);
    on_read("#[after()]", &[("after", "`#[after]` needs an argument")]);
    on_read(
        "#[abort(E::fraud)]",
        &[(
            "abort",
            "there is no attribute `#[abort]`: only the function of `#[classify]` says what an error means",
        )],
    );
    on_read("#[name(\"x\")]", &[("name", "expected a name")]);
    on_read(
        "#[name = 3]",
        &[("name", "a name must be a string literal")],
    );
    on_read(
        "#[name = \"\"]",
        &[(
            "\"\"",
            "a name cannot be empty: it becomes part of keys and journals",
        )],
    );
    on_read(
        "#[name = \"a b\"]",
        &[(
            "\"a b\"",
            "a name cannot contain ` `: it becomes part of keys and journals",
        )],
    );
    on_read(
        "#[name = \"a\\n\"]",
        &[(
            "\"a\\n\"",
            "a name cannot contain `\\n`: it becomes part of keys and journals",
        )],
    );
    good(&around(
        "#[name = \"old-name.2_é\"] #[when(=> true)] read a() = f;",
    ));
}

#[test]
fn unknown_and_misplaced() {
    on_read(
        "#[timeuot(1s)]",
        &[("timeuot", "unknown attribute `#[timeuot]` on a step")],
    );
    on_read(
        "#[rustfmt::skip]",
        &[("rustfmt", "unknown attribute `#[rustfmt::skip]` on a step")],
    );
    on_read(
        "#[by_key]",
        &[("by_key", "`#[by_key]` cannot be used on a step")],
    );
    on_read(
        "#[within(1m)]",
        &[("within", "`#[within]` cannot be used on a step")],
    );
    on_read(
        "#[cfg_attr(a, b)]",
        &[("cfg_attr", "`#[cfg_attr]` cannot be used on a step")],
    );
    on_read(
        "#[transactional]",
        &[(
            "transactional",
            "`#[transactional]` is reserved for a later version",
        )],
    );
    on_read(
        "#[since(2)]",
        &[("since", "`#[since]` is reserved for a later version")],
    );
    on_read(
        "#[timeout(1s)] #[timeout(2s)]",
        &[("timeout", "a second `#[timeout]`")],
    );
    on_compensate(
        "#[idempotent]",
        &[(
            "idempotent",
            "`#[idempotent]` cannot be used on `compensate`",
        )],
    );
    on_compensate("#[by_key] #[by_key]", &[("by_key", "a second `#[by_key]`")]);
    on_compensate(
        "#[by_key(key)]",
        &[("key", "`#[by_key]` takes no argument except `by = name`")],
    );
    in_body(
        "read a() = f #[timeout(1s)] fallback() = g;",
        &[("timeout", "`#[timeout]` cannot be used on `fallback`")],
    );
    in_body(
        "step a() = f #[by_key] compensate none",
        &[("by_key", "`#[by_key]` cannot be used on `compensate none`")],
    );
    in_body(
        "read a() = f; #[timeout(1s)] finally() {}",
        &[("timeout", "`#[timeout]` cannot be used on `finally`")],
    );
    in_body(
        "#[late(1s)] step a() = f compensate none #[late(1s)] resolve(key) = g;",
        &[("late", "`#[late]` cannot be used on `resolve`")],
    );
    in_body(
        "#[allow(unused)] concurrent { read a() = f; read b() = f; }",
        &[("allow", "unknown attribute `#[allow]` on `concurrent`")],
    );
    assert_eq!(
        help(&around("#[idempotant] read a() = f;")),
        "did you mean `#[idempotent]`?"
    );
    assert_eq!(
        help(&around("#[within(1m)] read a() = f;")),
        "move `#[within]` to the saga, or remove it"
    );
    let known = help(&around("#[rustfmt::skip] read a() = f;"));
    assert!(
        known.starts_with("a step takes `#[timeout]`, `#[retry]`"),
        "{known}"
    );
}

#[test]
fn on_a_saga_its_inputs_and_services() {
    mistakes(
        "#[idempotent] #[timeout(1x)] #[classify(|e| e)] #[since(1)]
         saga S(#[timeout(1s)] a: u8) with (#[serde(skip)] b: u8) -> Result<(), E> { read r(a, b) = f; }",
        &[
            ("idempotent", "`#[idempotent]` cannot be used on a saga"),
            ("1x", "`x` is not a unit of time"),
            ("|", "expected the path of a function that says what an `Err` means"),
            ("since", "`#[since]` is reserved for a later version"),
            ("timeout", "`#[timeout]` cannot be used on an input"),
            ("serde", "unknown attribute `#[serde]` on a service"),
        ],
    );
}

#[test]
fn a_broken_argument_is_not_a_missing_attribute() {
    mistakes(
        "#[classify(3)] #[timeout(3)] durable saga S() -> Result<(), E> {
            #[idempotent(now)] step a(key) = f compensate none
            #[late(3)] step b() = f resolve(key) = g; compensate none
        }",
        &[
            (
                "3",
                "expected the path of a function that says what an `Err` means",
            ),
            ("3", "`3` has no unit"),
            (
                "now",
                "`#[idempotent]` takes no argument except `by = name`",
            ),
            ("3", "`3` has no unit"),
        ],
    );
}

/// A saga with `attribute` at this place, on a step of this kind, and without other mistakes.
fn with(attribute: &str, place: Place, kind: Kind) -> String {
    let on = |this: Place| if this == place { attribute } else { "" };
    let clause = |this: Clause| on(Place::Clause(this));
    let (saga, input, service) = (on(Place::Saga), on(Place::Input), on(Place::Service));
    let (block, step, none) = (
        on(Place::Concurrent),
        on(Place::Step),
        on(Place::CompensateNone),
    );
    let (compensate, resolve) = (clause(Clause::Compensate), clause(Clause::Resolve));
    let (fallback, finally) = (clause(Clause::Fallback), clause(Clause::Finally));
    let limit = |on: &str| ["#[timeout(1s)]", ""][usize::from(on.contains("timeout"))];
    let steps = match kind {
        Kind::Read => format!("{step} read a(trip) -> u8 = f {fallback} fallback() = g;"),
        Kind::Step => format!(
            "{step} step a(trip, key) -> u8 = f {resolve} resolve(key) = g {compensate} compensate(key) = g; \
             step b() = f resolve(key) = g {none} compensate none"
        ),
        Kind::Pivot => format!("{step} pivot a(trip, key) -> u8 = f {resolve} resolve(key) = g;"),
        Kind::Signal => {
            let on = on(Place::Signal);
            format!("{} {on} signal a -> u8;", limit(on))
        }
        Kind::Lock => {
            let on = on(Place::Lock);
            format!("{} {on} lock a(trip => trip.lock()) -> L;", limit(on))
        }
        Kind::Sleep => format!("{} sleep a(trip => trip.nap);", on(Place::Sleep)),
    };
    format!(
        "{saga} saga S({input} trip: Trip) with ({service} hotels: Hotels) -> Result<(), E> {{
            #[name = \"first\"] read hotel(trip) = f;
            {block} concurrent {{ read c() = f; read d() = f; }}
            {steps}
            {finally} finally() {{}}
        }}"
    )
}

#[test]
fn the_table_says_where_each_attribute_stands_and_gives_a_sample_that_is_right() {
    for &attribute in Attribute::ALL {
        let entry = attribute.entry();
        for (place, kind) in Place::ALL.into_iter().flat_map(|place| {
            let kinds = Kind::ALL.into_iter();
            kinds.map(move |kind| (place, kind))
        }) {
            let source = with(entry.sample, place, kind);
            if !source.contains(entry.sample) {
                continue;
            }
            let refused =
                place == Place::Step && entry.refusals.iter().any(|refusal| refusal.kind == kind);
            let stands = entry.places.contains(&place) && !refused;
            let found = placed(&source).1.found();
            assert_eq!(found.is_empty(), stands, "{found:?} in {source}");
            if stands {
                let twice = with(&entry.sample.repeat(2), place, kind);
                let message = format!("a second `#[{}]`", entry.name);
                let found = placed(&twice).1.found();
                assert!(
                    found.iter().any(|(_, said)| said.starts_with(&message)),
                    "{found:?} in {twice}"
                );
            }
        }
    }
}

#[test]
fn forms_and_samples_have_the_names_of_their_attributes() {
    for attribute in Attribute::ALL {
        let entry = attribute.entry();
        for written in [entry.form, entry.sample] {
            let name = written
                .trim_start_matches("#[")
                .split(['(', ']', ' '])
                .next();
            assert_eq!(name, Some(entry.name));
        }
    }
}
