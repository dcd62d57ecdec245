use super::{around, good, help, in_body};

#[test]
fn kinds_in_their_places() {
    good(&around(
        "read a() = f;
         step b() = f compensate none
         #[savepoint(2)] step c() = f compensate(c) = g;
         #[savepoint(2)] read d() = f;
         #[idempotent] #[late(1s)] #[when(trip => true)] pivot e() = f;
         step f() = f resolve(key) = g fallback(trip) = h;
         read g() = f fallback(hotels) = g;
         concurrent { read h() = f; #[idempotent] step i() = f; }",
    ));
}

#[test]
fn a_step_says_how_it_is_undone() {
    in_body(
        "step a(hotels) -> u8 = f;",
        &[("a", "`a` does not say how it is undone")],
    );
    in_body(
        "concurrent { step a() = f; read b() = f; }",
        &[("a", "`a` does not say how it is undone")],
    );
    assert!(
        help(&around("step a(trip, hotels) -> u8 = f;"))
            .contains("\n  `compensate(hotels, a) { … }`: undoes it")
    );
    assert!(help(&around("step a() = f;")).contains("`compensate(key) { … }`"));
}

#[test]
fn reads() {
    in_body(
        "read a() = f compensate(a) = g; read b() = f compensate none read c() = f resolve(key) = g; #[idempotent] #[late(0s)] read d() = f;",
        &[
            (
                "compensate",
                "the `read` `a` changes nothing outside, so there is nothing to undo",
            ),
            (
                "none",
                "the `read` `b` changes nothing outside, so there is nothing to undo",
            ),
            (
                "resolve",
                "the `read` `c` is never in doubt: it is repeated instead",
            ),
            ("idempotent", "`#[idempotent]` is redundant on a `read`"),
            ("0s", "`#[late]` has no use on a `read`"),
        ],
    );
}

#[test]
fn pivots() {
    in_body(
        "#[idempotent] pivot a() = f compensate(a) = g fallback() = h;",
        &[
            (
                "compensate",
                "the pivot `a` is the point of no return: nothing undoes it",
            ),
            (
                "fallback",
                "nothing takes the place of the pivot `a`: the point of no return is passed, or it is not",
            ),
        ],
    );
    in_body(
        "#[idempotent] pivot a() = f; #[idempotent] pivot b() = f;",
        &[(
            "pivot",
            "a second pivot: a saga has one point of no return, and that is `a`",
        )],
    );
    in_body(
        "concurrent { #[idempotent] pivot a() = f; step b() = f compensate none }",
        &[("pivot", "the pivot cannot stand in `concurrent`")],
    );
}

#[test]
fn after_the_pivot() {
    in_body(
        "#[idempotent] pivot p() = f;
         #[idempotent] step a() = f compensate(a) = g;
         #[idempotent] step b() = f compensate none
         #[idempotent] #[savepoint(2)] step c() = f;
         #[savepoint(2)] read d() = f;",
        &[
            (
                "compensate",
                "`a` stands after the pivot, and from there nothing is undone",
            ),
            (
                "none",
                "`b` stands after the pivot, and from there nothing is undone",
            ),
            (
                "savepoint",
                "`c` stands after the pivot, where no savepoint is reached",
            ),
            (
                "savepoint",
                "`d` stands after the pivot, where no savepoint is reached",
            ),
        ],
    );
}

#[test]
fn savepoints_with_nothing_to_turn() {
    in_body(
        "#[savepoint(2)] step a() = f compensate none",
        &[(
            "savepoint",
            "a savepoint with nothing to turn: `a` is not undone",
        )],
    );
    in_body(
        "#[savepoint(2)] #[idempotent] pivot a() = f;",
        &[("savepoint", "the pivot cannot be a savepoint")],
    );
}

#[test]
fn by_key_reads_the_key() {
    in_body(
        "step a() = f #[by_key] compensate(hotels) = g;",
        &[(
            "by_key",
            "the `#[by_key]` compensation of `a` reads neither `key` nor `ctx`",
        )],
    );
    good(&around("step a() = f #[by_key] compensate(ctx) = g;"));
}
