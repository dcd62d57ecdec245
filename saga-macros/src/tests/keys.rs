use super::{around, good, help, in_body, mistakes};

#[test]
fn an_idempotent_step_reads_the_key_or_names_it() {
    for right in [
        "#[idempotent] step a(key) = f compensate none",
        "#[idempotent] step a(ctx) = f compensate none",
        "#[idempotent] step a(_key) { Ok(()) } compensate none",
        "#[idempotent(by = trip)] step a(trip) = f compensate none",
        "read a() = f; #[idempotent(by = a)] pivot b(a) = f;",
    ] {
        good(&around(right));
    }
    in_body(
        "#[idempotent] step a(hotels, trip) = f compensate none #[idempotent] pivot b() = f;",
        &[
            (
                "idempotent",
                "the `#[idempotent]` step `a` reads neither `key` nor `ctx`: the service recognizes a repeated request by its key",
            ),
            (
                "idempotent",
                "the `#[idempotent]` pivot `b` reads neither `key` nor `ctx`: the service recognizes a repeated request by its key",
            ),
        ],
    );
    let help = help(&around(
        "#[idempotent] step a(hotels, trip) = f compensate none",
    ));
    assert!(help.contains("`a(hotels, trip, key)`"), "{help}");
    assert!(help.contains("`#[idempotent(by = trip)]`"), "{help}");
}

#[test]
fn a_compensation_by_key_reads_the_key_or_names_it() {
    good(&around(
        "step a(trip) = f #[by_key(by = trip)] compensate(hotels, trip) = g;",
    ));
    in_body(
        "step a(trip) = f #[by_key] compensate(hotels, trip) = g;",
        &[(
            "by_key",
            "the `#[by_key]` compensation of `a` reads neither `key` nor `ctx`: the key tells the service what to undo, whether or not the step happened",
        )],
    );
    in_body(
        "step a(trip) = f #[by_key] compensate(hotels, undo_key) = g;",
        &[(
            "by_key",
            "the `#[by_key]` compensation of `a` reads neither `key` nor `ctx`: `undo_key` only identifies the call that undoes the step: `key` tells the service what to undo",
        )],
    );
    good(&around(
        "step a(trip) = f #[by_key] compensate(hotels, key, undo_key) = g;",
    ));
    in_body(
        "step a(trip) -> A = f #[by_key(by = a)] compensate(hotels, a) = g;",
        &[(
            "a",
            "the `#[by_key]` compensation of `a` reads `a`, which may not exist: it also runs \
             when it is unknown whether the step happened",
        )],
    );
}

/// A mistake in a read is reported only where reads are checked.
#[test]
fn one_mistake_is_one_error() {
    in_body(
        "#[idempotent] step a(kye) = f compensate none",
        &[("kye", "no input, service or earlier effect is called `kye`")],
    );
    in_body(
        "#[idempotent(by = tirp)] step a(tirp) = f compensate none",
        &[(
            "tirp",
            "no input, service or earlier effect is called `tirp`",
        )],
    );
    in_body(
        "#[idempotent] read a() = f;",
        &[(
            "idempotent",
            "`#[idempotent]` is redundant on a `read`: a `read` changes nothing outside the saga, \
             so it may always be repeated",
        )],
    );
}

const WHY: &str = "`by` names what identifies the operation to the service: an input or an earlier effect that \
        the code reads";

#[test]
fn what_serves_as_the_key_is_read() {
    for (body, at, what) in [
        (
            "#[idempotent(by = trip)] step a(hotels) = f compensate none",
            "trip",
            "`a` does not read `trip`",
        ),
        (
            "step a(trip) = f #[by_key(by = tirp)] compensate(trip) = g;",
            "tirp",
            "the compensation of `a` does not read `tirp`",
        ),
        (
            "#[idempotent(by = hotels)] step a(hotels, trip) = f compensate none",
            "hotels",
            "`hotels` cannot be the key of an operation",
        ),
        (
            "step a() = f #[by_key(by = ctx)] compensate(ctx) = g;",
            "ctx",
            "`by` cannot name `ctx`",
        ),
        (
            "step a() = f #[by_key(by = undo_key)] compensate(undo_key) = g;",
            "undo_key",
            "`undo_key` cannot be the key of an operation",
        ),
    ] {
        in_body(body, &[(at, &format!("{what}: {WHY}"))]);
    }
    let with = |name| {
        let body = format!("#[idempotent(by = {name})] step a(hotels, trip) = f compensate none");
        help(&around(&body))
    };
    assert!(with("tirp").ends_with("help: did you mean `trip`?"));
    assert!(with("billing").ends_with("help: add `billing` to the list of what it reads"));
    assert!(with("hotels").ends_with("help: name one of these: `trip`"));
}

/// Otherwise the service would match the request to the operation that was undone.
#[test]
fn what_serves_as_the_key_changes_with_the_round() {
    let savepoint = |name, own, savepoint| {
        format!(
            "`{name}` cannot identify `{own}`: it may keep its value when `{own}` is undone and runs \
             again: after a rollback to the savepoint `{savepoint}`, `{own}` runs again, and the \
             service would match the new request to the one that was undone"
        )
    };
    for (body, name, own, at) in [
        (
            "#[savepoint(2)] #[idempotent(by = trip)] step a(trip) = f compensate(a) = g;",
            "trip",
            "a",
            "a",
        ),
        (
            "read a() -> A = f; #[savepoint(2)] read b() = f; \
             #[idempotent(by = a)] step c(a) = f compensate(c) = g;",
            "a",
            "c",
            "b",
        ),
        (
            "#[savepoint(2)] read a() -> A = f; #[savepoint(1)] read b() = f; \
             #[idempotent(by = a)] pivot c(a) = f;",
            "a",
            "c",
            "b",
        ),
        (
            "concurrent { #[savepoint(2)] read a() = f; \
             step b(trip) = f #[by_key(by = trip)] compensate(trip) = g; }",
            "trip",
            "b",
            "a",
        ),
        (
            "#[savepoint(2)] #[idempotent] step a(key) -> A = f compensate(a) = g; \
             step b(key) -> B = f compensate none \
             #[idempotent(by = b)] step c(b) = f compensate(c) = g;",
            "b",
            "c",
            "a",
        ),
        // It is `None` in each round in which it is skipped.
        (
            "#[savepoint(2)] read a() = f; #[when(trip => trip.is_long)] read b() -> B = f; \
             #[idempotent(by = b)] step c(b) = f compensate(c) = g;",
            "b",
            "c",
            "a",
        ),
        (
            "#[savepoint(2)] read a() = f; #[retired] read b() -> B = f; \
             #[idempotent(by = b)] step c(b) = f compensate(c) = g;",
            "b",
            "c",
            "a",
        ),
        (
            "#[savepoint(2)] read a() = f; #[introduced] read b() -> B = f; \
             #[idempotent(by = b)] step c(b) = f compensate(c) = g;",
            "b",
            "c",
            "a",
        ),
        (
            "#[savepoint(2)] read a() = f; when (trip => trip.is_long) { read b() -> B = f; } \
             #[idempotent(by = b)] step c(b) = f compensate(c) = g;",
            "b",
            "c",
            "a",
        ),
        (
            "#[savepoint(2)] read a() = f; \
             #[when(n => *n > 1)] for n: u8 in (trip => trip.nights()) read b(n) -> B = f; \
             #[idempotent(by = b)] step c(b) = f compensate(c) = g;",
            "b",
            "c",
            "a",
        ),
    ] {
        in_body(body, &[(name, &savepoint(name, own, at))]);
    }
    for right in [
        "#[savepoint(2)] read a() -> A = f; #[idempotent(by = a)] step b(a) = f compensate(b) = g;",
        "#[savepoint(2)] read a() -> A = f; step b(a) = f #[by_key(by = a)] compensate(a) = g;",
        "#[savepoint(2)] read a() = f; when (trip => trip.is_long) { read b() -> B = f; \
         #[idempotent(by = b)] step c(b) = f compensate(c) = g; }",
        // The step runs again under its old key.
        "#[savepoint(2)] read a() = f; #[idempotent(by = trip)] step b(trip) = f compensate none",
        // The step runs once.
        "#[savepoint(2)] read a() = f; #[idempotent] pivot b(key) = f; \
         #[idempotent(by = trip)] step c(trip) = f;",
        "#[idempotent(by = trip)] step a(trip) = f compensate(a) = g; #[savepoint(2)] read b() = f;",
    ] {
        good(&around(right));
    }
}

/// Either of two pivots may be the mistake.
#[test]
fn a_step_between_two_pivots_may_run_again() {
    in_body(
        "#[savepoint(2)] read a() = f; #[idempotent] pivot p(key) = f; \
         #[idempotent(by = trip)] step b(trip) = f compensate(b) = g; \
         #[idempotent] pivot q(key) = f;",
        &[
            (
                "pivot",
                "`q` is a second pivot: a saga has one point of no return, which is `p`",
            ),
            (
                "trip",
                "`trip` cannot identify `b`: it may keep its value when `b` is undone and runs again: after a rollback to the savepoint `a`, `b` runs again, and the service would match the new request to the one that was undone",
            ),
        ],
    );
}

/// After a compensation by key, the next attempt is a different operation.
#[test]
fn a_retry_of_what_is_undone_by_key_begins_a_round() {
    const STEP: &str = "step a(trip) = f #[by_key(by = trip)] compensate(trip) = g;";
    const STALE: &str = "`trip` cannot identify `a`: it may keep its value when `a` is undone and runs again: `#[retry]` may run `a` again after its compensation has settled an unknown outcome, and the service would match the new request to the one that was undone";
    in_body(&format!("#[retry(2)] {STEP}"), &[("trip", STALE)]);
    mistakes(
        &format!("#[retry(forever)] {}", around(STEP)),
        &[("trip", STALE)],
    );
    good(&format!(
        "#[retry(2)] {}",
        around(&format!("#[retry(1)] {STEP}"))
    ));
    // The step has no attempts left when it is compensated.
    good(&around(&format!(
        "#[retry(2)] #[idempotent(by = trip)] {STEP}"
    )));
}

/// Another run of a child saga is a round, too: a list of skipped items is the same in each.
#[test]
fn items_that_may_be_skipped_make_no_key_of_a_run() {
    let sagas = |when: &str| {
        format!(
            "saga Child(ns: Vec<u8>) -> Result<(), E> {{ \
             {when} for n: u8 in (ns => ns.clone()) read a(n) -> A = f; \
             #[idempotent(by = a)] step b(a) = f compensate(a) = g; }} \
             saga Parent(ns: Vec<u8>) -> Result<(), E> {{ \
             #[retry(2)] step c(ns) = saga Child {{ ns: ns.clone() }}; }}"
        )
    };
    mistakes(&sagas(""), &[]);
    mistakes(
        &sagas("#[when(n => *n > 1)]"),
        &[(
            "Child",
            "`a` cannot identify `c/b`: it may keep its value when `b` runs again: `#[retry]` runs `c` again after it has failed; the service would match the new request to the one that was undone",
        )],
    );
}
