use super::{around, good, help, in_body};

#[test]
fn kinds_in_their_places() {
    good(&around(
        "read a() = f;
         step b() = f compensate none
         #[savepoint(2)] step c() = f compensate(c) = g;
         #[savepoint(2)] read d() = f;
         #[idempotent] #[late(1s)] #[when(trip => true)] pivot e(key) = f;
         step f() = f resolve(key) = g fallback(trip) = h;
         read g() = f fallback(hotels) = g;
         concurrent { read h() = f; #[idempotent] step i(key) = f; }",
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
            .contains("\n  `compensate(hotels, a) { … }`: undoes the step")
    );
    assert!(help(&around("step a() = f;")).contains("`compensate(key) { … }`"));
}

#[test]
fn reads() {
    in_body(
        "read a() = f compensate(a) = g; read b() = f compensate none read c() = f resolve(key) = \
            g; #[idempotent] #[late(0s)] read d() = f;",
        &[
            (
                "compensate",
                "`compensate` cannot be used on the `read` `a`: a `read` changes nothing outside \
                    the saga, so there is nothing to undo",
            ),
            (
                "none",
                "`compensate none` cannot be used on the `read` `b`: a `read` changes nothing \
                    outside the saga, so there is nothing to undo",
            ),
            (
                "resolve",
                "`resolve` cannot be used on the `read` `c`: a `read` whose outcome is unknown is \
                    simply repeated",
            ),
            (
                "idempotent",
                "`#[idempotent]` is redundant on a `read`: a `read` changes nothing outside the \
                    saga, so it may always be repeated",
            ),
            (
                "late",
                "`#[late]` does nothing on a `read`: a `read` changes nothing outside the saga, so \
                    it does not matter when it arrives",
            ),
        ],
    );
}

#[test]
fn pivots() {
    in_body(
        "#[idempotent] pivot a(key) = f compensate(a) = g fallback() = h;",
        &[
            (
                "compensate",
                "`compensate` cannot be used on the pivot `a`: the pivot is the point of no \
                    return: it is never undone",
            ),
            (
                "fallback",
                "`fallback` cannot be used on the pivot `a`: no value can replace the point of \
                    no return",
            ),
        ],
    );
    in_body(
        "#[idempotent] pivot a(key) = f; #[idempotent] pivot b(key) = f;",
        &[(
            "pivot",
            "`b` is a second pivot: a saga has one point of no return, which is `a`",
        )],
    );
    in_body(
        "concurrent { #[idempotent] pivot a(key) = f; step b() = f compensate none }",
        &[(
            "pivot",
            "the pivot cannot be in a `concurrent` block: its siblings would be neither before \
                nor after the point of no return",
        )],
    );
}

/// What comes after a pivot that has to be moved may come before it then.
#[test]
fn a_misplaced_pivot_is_one_mistake() {
    in_body(
        "concurrent { read r() = f; #[idempotent] pivot p(key) = f; }
         step a() = f compensate(a) = g; #[savepoint(2)] step b() = f compensate(b) = g;",
        &[(
            "pivot",
            "the pivot cannot be in a `concurrent` block: its siblings would be neither before \
                nor after the point of no return",
        )],
    );
    in_body(
        "#[idempotent] pivot p(key) = f; step a() = f compensate(a) = g;
         #[idempotent] pivot q(key) = f;",
        &[(
            "pivot",
            "`q` is a second pivot: a saga has one point of no return, which is `p`",
        )],
    );
}

#[test]
fn after_the_pivot() {
    in_body(
        "#[idempotent] pivot p(key) = f;
         #[idempotent] step a(key) = f compensate(a) = g;
         #[idempotent] step b(key) = f compensate none
         #[idempotent] #[savepoint(2)] step c(key) = f;
         #[savepoint(2)] read d() = f;",
        &[
            (
                "compensate",
                "`compensate` cannot be used after the pivot: `a` comes after the pivot, where \
                    nothing is undone",
            ),
            (
                "none",
                "`compensate none` cannot be used after the pivot: `b` comes after the pivot, \
                    where nothing is undone",
            ),
            (
                "savepoint",
                "`#[savepoint]` cannot be used after the pivot: `c` comes after the pivot, where the saga never rolls back",
            ),
            (
                "savepoint",
                "`#[savepoint]` cannot be used after the pivot: `d` comes after the pivot, where the saga never rolls back",
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
            "`#[savepoint]` cannot be used with `compensate none`: a savepoint runs its step again, and `a` would not be undone before that",
        )],
    );
    in_body(
        "#[savepoint(2)] #[idempotent] pivot a(key) = f;",
        &[(
            "savepoint",
            "the pivot cannot be a savepoint: after the pivot nothing is compensated, so the \
                saga never rolls back to it",
        )],
    );
}

#[test]
fn by_key_reads_the_key() {
    in_body(
        "step a() = f #[by_key] compensate(hotels) = g;",
        &[(
            "by_key",
            "the `#[by_key]` compensation of `a` reads neither `key` nor `ctx`: the key tells the service what to undo, whether or not the step happened",
        )],
    );
    good(&around("step a() = f #[by_key] compensate(ctx) = g;"));
}
