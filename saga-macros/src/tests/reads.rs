use super::{around, checked, good, help, in_body};

#[test]
fn what_exists_may_be_read() {
    good(&around(
        "read a(trip, billing, key, ctx) = f fallback(hotels, trip, key, ctx, failure) = g;
         #[when(a, trip, billing => true)]
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
        "these can be read here: `trip`, `billing`, `hotels`, `key`, `ctx`"
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
        help(&around("read first(secnd) = f; read second() = f;"))
            .starts_with("these can be read here: ")
    );
}

#[test]
fn later_effects() {
    in_body(
        "#[when(z => true)] #[after(z)] step a(z) = f resolve(z) = g compensate(z) = h fallback(z) \
            = i; read z() = f;",
        &[
            (
                "z",
                "`z` is not available to the `when` of `a`: it is the effect of a later step",
            ),
            ("z", "`z` is declared later"),
            (
                "z",
                "`z` is not available to `a`: it is the effect of a later step",
            ),
            (
                "z",
                "`z` is not available to the `resolve` of `a`: it is the effect of a later step",
            ),
            (
                "z",
                "`z` is already undone, or never happened, when `a` is compensated: compensations \
                    run in reverse order",
            ),
            (
                "z",
                "`z` is not available to the `fallback` of `a`: it is the effect of a later step",
            ),
        ],
    );
}

#[test]
fn its_own_effect() {
    in_body(
        "#[when(a => true)] #[after(a)] step a(a) = f resolve(a) = g compensate(a) = h fallback(a) \
            = i;",
        &[
            (
                "a",
                "`a` does not exist yet when its `when` is evaluated: the condition decides \
                    whether the step starts",
            ),
            ("a", "`a` cannot come after itself"),
            (
                "a",
                "`a` cannot read its own effect: the effect is what this code returns",
            ),
            (
                "a",
                "`a` does not exist when its `resolve` runs: `resolve` finds out whether there is \
                    an effect",
            ),
            (
                "a",
                "`a` does not exist when its `fallback` runs: `fallback` returns the value that \
                    replaces it",
            ),
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
            "the `#[by_key]` compensation of `a` reads `a`, which may not exist: it also runs when \
                it is unknown whether the step happened",
        )],
    );
}

#[test]
fn what_the_action_reads_is_not_named_again() {
    let again = |name| format!("`{name}` is not needed in `#[after]`");
    for (body, name) in [
        ("read a() = f; #[after(a)] read b(a) = g;", "a"),
        ("read a() = f; read b() = f; #[after(a, b)] read c(b, trip) = g;", "b"),
        ("concurrent { read a() = f; #[after(a)] read b(_a) = g; }", "a"),
        (
            "when (trip => trip.car) { read a() -> u8 = f; } else { #[name = \"x\"] read a() -> u8 = g; }
             #[after(a)] read b(a) = g;",
            "a",
        ),
    ] {
        let (_, errors) = checked(&around(body));
        let found = errors.found();
        let [(at, said)] = found.as_slice() else {
            panic!("one mistake in {body}, found {found:?}")
        };
        assert!(at == name && said.starts_with(&again(name)), "{body}: {said}");
    }
    good(&around(
        "step a(hotels, key) -> u8 = f compensate(a) = g;
         #[after(a)] step b(trip) = f compensate(a) = g;
         #[after(a)] #[when(a => *a > 0)] read c(trip) = f;",
    ));
}

#[test]
fn siblings() {
    in_body(
        "concurrent {
            #[after(b)] step a(b) = f compensate(b) = g;
            #[when(a => true)] step b() = f compensate(a) = g resolve(a) = h fallback(a) = i;
         }",
        &[
            (
                "b",
                "`b` may not have happened when `a` starts: siblings run side by side: each \
                    waits only for the earlier ones that it reads",
            ),
            (
                "b",
                "`b` may not have happened when `a` starts: siblings run side by side: each \
                    waits only for the earlier ones that it reads",
            ),
            (
                "b",
                "`b` may not have happened when `a` is compensated: siblings run side by side: \
                    each waits only for the earlier ones that it reads",
            ),
            (
                "a",
                "`a` may not have happened when the `when` of `b` is evaluated: siblings run \
                    side by side: each waits only for the earlier ones that it reads",
            ),
            (
                "a",
                "`a` may not have happened when the `resolve` of `b` runs: siblings run side by \
                    side: each waits only for the earlier ones that it reads",
            ),
            (
                "a",
                "`a` may not have happened when `b` is compensated: siblings run side by side: \
                    each waits only for the earlier ones that it reads",
            ),
            (
                "a",
                "`a` may not have happened when the `fallback` of `b` runs: siblings run side by \
                    side: each waits only for the earlier ones that it reads",
            ),
        ],
    );
    assert_eq!(
        help(&around(
            "concurrent { read a() = f; step b() = f compensate(a) = g; }"
        )),
        "note: siblings run side by side: each waits only for the earlier ones that it reads\n\
         help: read `a` in the action of `b`, or write `#[after(a)]` on `b`"
    );
}

#[test]
fn reserved_names_where_they_do_not_exist() {
    in_body(
        "#[when(key, ctx => true)] #[after(key)] step a(failure, outcome) = f resolve(failure) = g #[by_key] compensate(key, failure) = h; \
         step b() = f compensate(outcome) = g fallback(outcome) = h;
         finally(key, failure) {}",
        &[
            ("key", "`key` is not available in `when`: `key` exists in actions, `resolve`, \
                `compensate` and `fallback`"),
            ("ctx", "`ctx` is not available in `when`: `ctx` exists in actions, `resolve`, \
                `compensate`, `fallback` and `finally`"),
            ("key", "`key` is not a step"),
            ("failure", "`failure` is not available in the action of a step: `failure` is the error that made the saga roll back: it exists in `compensate`, unless that is `#[by_key]`, and \
                in `fallback`"),
            ("outcome", "`outcome` is not available in the action of a step: `outcome` says how \
                the saga ended: it exists in `finally`"),
            ("failure", "`failure` is not available in `resolve`: `failure` is the error that made the saga roll back: it exists in `compensate`, unless that is `#[by_key]`, and in \
                `fallback`"),
            ("failure", "`failure` is not available in a `#[by_key]` compensation: it also runs \
                when nothing has failed, to settle an unknown outcome"),
            ("outcome", "`outcome` is not available in `compensate`: `outcome` says how the saga \
                ended: it exists in `finally`"),
            ("outcome", "`outcome` is not available in `fallback`: `outcome` says how the saga \
                ended: it exists in `finally`"),
            ("key", "`key` is not available in `finally`: `key` identifies the operation of a \
                step"),
            ("failure", "`failure` is not available in `finally`"),
        ],
    );
    assert!(help(&around("read a(failure) = f;")).contains("it exists in `compensate`"));
    assert_eq!(
        help(&around("read a(outcome) = f;")),
        "note: `outcome` says how the saga ended: it exists in `finally`\nhelp: remove it from \
            the list"
    );
}

#[test]
fn what_finally_and_fallback_may_not_read() {
    in_body(
        "read a() = f; finally(a) {}",
        &[(
            "a",
            "`a` may not exist when `finally` runs: `finally` runs however the saga ends",
        )],
    );
    in_body(
        "step a() = f compensate none fallback(hotels) = g;",
        &[(
            "hotels",
            "the `fallback` of a `step` cannot read the service `hotels`: the `fallback` of a \
                `step` only supplies a value, and changes nothing outside the saga",
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
        "read a(&billing, key: Key, 3, trip.id, self, hotels billing) = f;",
        &[
            ("&", "expected a name without `&`"),
            (":", "expected a name without a type"),
            ("3", "expected a name"),
            (".", "expected a name, not a part of a value"),
            ("self", "a step has no `self`"),
            ("billing", "expected `,`"),
        ],
    );
}

#[test]
fn what_a_block_uses_must_be_read() {
    let unread = |name, owner: &str| {
        let what = format!("{owner} uses `{name}` without listing it");
        let why = "code sees only the names that are listed before it";
        (name, format!("{what}: {why}"))
    };
    let expected = [
        unread("billing", "`a`"),
        unread("hotels", "the `compensate` of `a`"),
        unread("key", "the `compensate` of `a`"),
        unread("a", "`b`"),
        unread("outcome", "`finally`"),
    ];
    in_body(
        "step a(trip) -> u8 { billing.pay(trip).await } compensate(a) { hotels.free(a, key).await }
         read b() { Ok(drop(&a)) }
         finally() { log(outcome.end(), 1) }",
        &expected.each_ref().map(|(name, what)| (*name, &**what)),
    );
    assert_eq!(
        help(&around("read a(trip) { billing.rates(trip).await }")),
        "note: code sees only the names that are listed before it\n\
         help: write `(trip, billing)`"
    );
}

#[test]
fn what_is_used_as_a_value_has_a_type() {
    let found = |body: &str| {
        let (mut sagas, mut errors) = checked(&around(body));
        for saga in &mut sagas {
            crate::check::untyped(saga, &mut errors);
        }
        let found = errors.found();
        let found = found.into_iter().map(|(at, said)| {
            let (what, _) = said.split_once('\n').expect("it says more");
            (at, what.to_owned())
        });
        found.collect::<Vec<_>>()
    };
    let a = ("a".to_owned(), "`a` has no result to read".to_owned());
    for body in [
        "step a(hotels, key) = A::make compensate(hotels, a) = A::undo;",
        "read a() = f; read b(a) = f; read c(a) = f;",
        "read a() = f; read b(a) { Ok(a.id) }",
        "read a() = f; #[when(a => a.is_new())] read b() = f;",
        "read a() = f; for n: N in (a => a.all()) read b(n) = f;",
        "read a() = f; step b(a) = saga B { n: a.n };",
        "read a() = f; a.total()",
        "when (=> true) { read a() = f; } else { #[name = \"x\"] read a() -> A = f; }",
    ] {
        assert_eq!(found(body), [a.clone()], "{body}");
    }
    let both = found(
        "when (=> true) { read a() = f; } else { #[name = \"x\"] read a() = f; } read b(a) { Ok(a.id) }",
    );
    assert!(
        both.len() == 2 && both.iter().all(|(_, what)| *what == a.1),
        "{both:?}"
    );
    for body in [
        "read a() -> A = f; read b(a) = f;",
        "read a() -> () = f; read b(a) = f;",
        "read a() = f; read b(a) { let () = a; Ok(()) }",
        "read a() = f; read b(a) { let a = made(a); Ok(a.id) }",
        "#[when(=> true)] read a() = f; read b(a) = f;",
        "when (=> true) { read a() = f; } read b(a) { Ok(a.is_some()) }",
        "when (=> true) { read a() = f; } else { #[name = \"x\"] read a() = f; } read b(a) { Ok(()) }",
        "for n: N in (trip => trip.all()) read a(n) = f; read b(a) { Ok(a.len()) }",
    ] {
        assert_eq!(found(body), super::NO_MISTAKES, "{body}");
    }
}

#[test]
fn what_may_be_something_else_is_left_to_rustc() {
    good(&around(
        "read a() { let billing = 1; billing.pay() }
         read b() { [1].map(|billing| billing.pay()) }
         read c() { fn billing() {} let it = &billing; Ok(()) }
         read d() { billing(1); list.map(billing); list.fold(0, billing) }
         read e() { make!(billing); billing.pay() }
         read f() { it.billing.pay(self::billing, Billing { billing: 1 }) }
         read g() { if let Some(billing) = it { billing.pay() } }
         read h() { for billing in all { billing.pay() } }",
    ));
}
