use super::{around, checked, good, help, in_body};
use crate::model::Source;

#[test]
fn what_exists_may_be_read() {
    good(&around(
        "read a(trip, billing, key, ctx) = f fallback(hotels, trip, key, ctx, failure) = g;
         #[when(a, trip, billing => true)] #[after(a)]
         step b(a) = f
            resolve(a, trip, billing, key, ctx) = g
            compensate(a, b, trip, billing, key, ctx, failure) = h
            fallback(a, trip, failure) = i;
         concurrent {
            step c(b) -> u8 = f compensate(c) = g;
            #[when(c => *c)] step d(c) -> u8 = f compensate(c, d) = g resolve(c) = h fallback(c) = i;
            #[after(d)] step e() = f compensate(c, d, e) = g;
         }
         step f(a, b, c, d, e) = f #[by_key] compensate(a, key) = g;
         finally(trip, billing, outcome, ctx) {}",
    ));
}

#[test]
fn unknown_names() {
    in_body(
        "read a(trap) = f;",
        &[(
            "trap",
            "no input, service or earlier effect is called `trap`",
        )],
    );
    in_body(
        "read a(trip) = f; #[after(xyz)] read b() = f;",
        &[("xyz", "no earlier step is called `xyz`")],
    );
    in_body(
        "read a() = f; finally(outcom) {}",
        &[("outcom", "no input or service is called `outcom`")],
    );
    in_body(
        "step a() = f compensate none fallback(xyz) = g;",
        &[("xyz", "no input or earlier effect is called `xyz`")],
    );
    assert_eq!(help(&around("read a(trap) = f;")), "did you mean `trip`?");
    assert_eq!(
        help(&around("read a() = f; finally(outcom) {}")),
        "did you mean `outcome`?"
    );
    assert_eq!(
        help(&around("read a(xyz) = f;")),
        "known here are `trip`, `billing`, `hotels`, `key`, `ctx`"
    );
    assert_eq!(
        help("saga S() -> Result<(), E> { #[when(xyz => true)] read a() = f; }"),
        "nothing can be read here"
    );
}

#[test]
fn only_what_could_be_read_is_suggested() {
    assert_eq!(
        help(&around("read one(hote) = f; read hote1() = f;")),
        "did you mean `hotels`?"
    );
    assert!(
        help(&around("read first(secnd) = f; read second() = f;")).starts_with("known here are ")
    );
}

#[test]
fn later_effects() {
    in_body(
        "#[when(z => true)] #[after(z)] step a(z) = f resolve(z) = g compensate(z) = h fallback(z) = i; read z() = f;",
        &[
            (
                "z",
                "`z` is not available to the `when` of `a`: it is produced by a later step",
            ),
            ("z", "`z` is a later step"),
            (
                "z",
                "`z` is not available to `a`: it is produced by a later step",
            ),
            (
                "z",
                "`z` is not available to the `resolve` of `a`: it is produced by a later step",
            ),
            (
                "z",
                "`z` is already undone, or never happened, when `a` is compensated",
            ),
            (
                "z",
                "`z` is not available to the `fallback` of `a`: it is produced by a later step",
            ),
        ],
    );
}

#[test]
fn its_own_effect() {
    in_body(
        "#[when(a => true)] #[after(a)] step a(a) = f resolve(a) = g compensate(a) = h fallback(a) = i;",
        &[
            ("a", "`a` does not exist yet when its `when` is asked"),
            ("a", "`a` cannot come after itself"),
            ("a", "`a` does not exist yet while `a` is running"),
            ("a", "`a` is not known while `resolve` asks for it"),
            ("a", "`a` does not exist when its `fallback` runs"),
        ],
    );
    assert_eq!(
        help(&around("read hotel(hotel) = f;")),
        "did you mean `hotels`?"
    );
    in_body(
        "step a() = f #[by_key] compensate(a) = h;",
        &[(
            "a",
            "the `#[by_key]` compensation of `a` reads `a`, which may not exist",
        )],
    );
}

#[test]
fn siblings() {
    in_body(
        "concurrent {
            #[after(b)] step a(b) = f compensate(b) = g;
            #[when(a => true)] step b() = f compensate(a) = g resolve(a) = h fallback(a) = i;
         }",
        &[
            ("b", "`b` may not have happened when `a` starts"),
            ("b", "`b` may not have happened when `a` starts"),
            ("b", "`b` may not have happened when `a` is compensated"),
            (
                "a",
                "`a` may not have happened when the `when` of `b` is asked",
            ),
            ("a", "`a` may not have happened when `b` is resolved"),
            ("a", "`a` may not have happened when `b` is compensated"),
            ("a", "`a` may not have happened when `b` falls back"),
        ],
    );
    assert_eq!(
        help(&around(
            "concurrent { read a() = f; step b() = f compensate(a) = g; }"
        )),
        "let the action of `b` read it, or say `#[after(a)]`: siblings run side by side"
    );
}

#[test]
fn reserved_names_where_they_do_not_exist() {
    in_body(
        "#[when(key, ctx => true)] #[after(key)] step a(failure, outcome) = f resolve(failure) = g #[by_key] compensate(key, failure) = h; \
         step b() = f compensate(outcome) = g fallback(outcome) = h;
         finally(key, failure) {}",
        &[
            ("key", "`when` has no `key`"),
            ("ctx", "`when` has no `ctx`"),
            ("key", "`key` is not a step"),
            ("failure", "an action has no `failure`"),
            ("outcome", "an action has no `outcome`"),
            ("failure", "`resolve` has no `failure`"),
            ("failure", "a `#[by_key]` compensation has no `failure`"),
            ("outcome", "`compensate` has no `outcome`"),
            ("outcome", "`fallback` has no `outcome`"),
            ("key", "`finally` has no `key`"),
            ("failure", "`finally` has no `failure`"),
        ],
    );
    assert!(help(&around("read a(failure) = f;")).contains("it exists in `compensate`"));
    assert_eq!(
        help(&around("read a(outcome) = f;")),
        "`outcome` is how the saga ended: it exists in `finally`"
    );
}

#[test]
fn what_finally_and_fallback_may_not_read() {
    in_body(
        "read a() = f; finally(a) {}",
        &[("a", "`a` may not exist when `finally` runs")],
    );
    in_body(
        "step a() = f compensate none fallback(hotels) = g;",
        &[(
            "hotels",
            "the `fallback` of a `step` reads no service, and `hotels` is one",
        )],
    );
    in_body(
        "#[after(trip)] read a() = f;",
        &[("trip", "`trip` is not a step")],
    );
}

#[test]
fn a_name_read_twice() {
    in_body(
        "read a(trip, key, trip) = f;",
        &[("trip", "`trip` is read twice in one list")],
    );
    in_body(
        "read a(xyz, xyz) = f;",
        &[
            ("xyz", "no input, service or earlier effect is called `xyz`"),
            ("xyz", "`xyz` is read twice in one list"),
        ],
    );
}

#[test]
fn not_a_name() {
    in_body(
        "read a(&trip, key: Key, 3, trip.id, self, hotels billing) = f;",
        &[
            ("&", "a read is written without `&`"),
            (":", "a read is written without its type"),
            ("3", "expected a name"),
            (".", "a read is a whole value"),
            ("self", "expected a name"),
            ("billing", "expected `,`"),
        ],
    );
}

#[test]
fn unchecked_reads_are_left_to_rustc() {
    let source = "#[saga(unchecked_reads)] saga S() -> Result<(), E> { step a(b, nobody) = f compensate(a, b) = g; read b() = f; }";
    let (sagas, errors) = checked(source);
    assert_eq!(errors.found().len(), 1, "only the unknown name is reported");
    let a = sagas[0].steps().next().expect("a is the first step");
    assert_eq!(
        (a.reads[0].source, a.reads[1].source),
        (Source::Effect(1), Source::Unknown)
    );
}
