//! A step that is introduced where it is a loop, a saga or a signal, and in a saga that is a step: there it is
//! decided for all runs of that saga at once.

use crate::durable::{
    releases::{Left, count, has_begun, of, run, troubled, version},
    weak::file,
};
use saga_tests::bound;
use std::time::Duration;
use tokio::time::sleep;
use typed_saga::{
    Verdict,
    engine::{DurableOutcome, Engine, Memory},
    runtime::Signalled,
};

/// Two versions of an order: the second one has more steps after the first step.
macro_rules! versions {
    (of $shape:ident [$($was:tt)*] [$($is:tt)*] {$($before:tt)*} [$($b:tt)*] {$($after:tt)*}) => {
        mod $shape {
            use super::version;

            versions! { first [$($was)*] $($before)* $($after)* }
            versions! { second [$($is)*] $($before)* $($b)* $($after)* }
        }
    };
    ($version:ident [$($sagas:tt)*] $services:tt $($steps:tt)*) => {
        version! { $version
            $($sagas)*

            #[classify(Trouble::verdict)] #[timeout(5s)]
            pub(in super::super) durable saga Order() with $services -> Result<(), Trouble> {
                $($steps)*
            }
        }
    };
}

versions! { of each [] [] { (world: World)
    #[idempotent]
    step a(world, key) -> u32 { world.call("+a", key)?; Ok(1) }
        compensate(world, a, key) { let _ = a; world.call("-a", key) }
} [
    #[introduced] #[idempotent] #[retry(2, 1ms..1ms)] for n: u32 in (a => [0, *a])
    step x(world, n, key) -> u32 { world.call("+x", key)?; Ok(*n) }
        compensate(world, n, x, key) { let _ = (n, x); world.call("-x", key) }
] {
    #[idempotent] #[retry(2, 1ms..1ms)]
    step d(world, key) -> u32 { world.call("+d", key)?; Ok(4) }
        compensate(world, d, key) { let _ = d; world.call("-d", key) }
} }

versions! { of whole [] [
    #[classify(Trouble::verdict)] #[timeout(5s)]
    durable saga Leg() with (world: World) -> Result<(), Trouble> {
        #[idempotent]
        step p(world, key) -> u32 { world.call("+x", key)?; Ok(1) }
            compensate(world, p, key) { let _ = p; world.call("-x", key) }
        #[idempotent]
        step q(world, key) -> u32 { world.call("+x", key)?; Ok(1) }
            compensate(world, q, key) { let _ = q; world.call("-x", key) }
        { let _ = (p, q); }
    }
] { (world: World)
    #[idempotent]
    step a(world, key) -> u32 { world.call("+a", key)?; Ok(1) }
        compensate(world, a, key) { let _ = a; world.call("-a", key) }
} [
    #[introduced] #[retry(2, 1ms..1ms)] step x() = saga Leg {} with (world);
] {
    #[idempotent] #[retry(2, 1ms..1ms)]
    step d(world, key) -> u32 { world.call("+d", key)?; Ok(4) }
        compensate(world, d, key) { let _ = d; world.call("-d", key) }
} }

versions! { of signalled [] [] { (world: World)
    #[idempotent]
    step a(world, key) -> u32 { world.call("+a", key)?; Ok(1) }
        compensate(world, a, key) { let _ = a; world.call("-a", key) }
} [
    #[introduced] #[timeout(1ms)] signal s -> u32 fallback() { Ok(1) }
    #[idempotent] #[introduced]
    step x(world, s, key) -> u32 { let _: &Option<u32> = s; world.call("+x", key)?; Ok(0) }
        compensate(world, x, key) { let _ = x; world.call("-x", key) }
] {
    #[idempotent] #[retry(2, 1ms..1ms)]
    step d(world, key) -> u32 { world.call("+d", key)?; Ok(4) }
        compensate(world, d, key) { let _ = d; world.call("-d", key) }
} }

versions! { of within [
    #[classify(Trouble::verdict)] #[timeout(5s)]
    durable saga Leg() with (world: World) -> Result<(), Trouble> {
        #[idempotent]
        step p(world, key) -> u32 { world.call("+p", key)?; Ok(1) }
            compensate(world, p, key) { let _ = p; world.call("-p", key) }
        #[idempotent] #[retry(2, 1ms..1ms)]
        step q(world, key) -> u32 { world.call("+q", key)?; Ok(1) }
            compensate(world, q, key) { let _ = q; world.call("-q", key) }
    }
] [
    #[classify(Trouble::verdict)] #[timeout(5s)]
    durable saga Leg() with (world: World) -> Result<(), Trouble> {
        #[idempotent]
        step p(world, key) -> u32 { world.call("+p", key)?; Ok(1) }
            compensate(world, p, key) { let _ = p; world.call("-p", key) }
        #[introduced] #[idempotent]
        step x(world, p, key) -> u32 { let _ = p; world.call("+x", key)?; Ok(1) }
            compensate(world, x, key) { let _ = x; world.call("-x", key) }
        #[idempotent] #[retry(2, 1ms..1ms)]
        step q(world, x, key) -> u32 { let _: &Option<u32> = x; world.call("+q", key)?; Ok(1) }
            compensate(world, q, key) { let _ = q; world.call("-q", key) }
        #[introduced] #[idempotent]
        step z(world, key) -> u32 { world.call("+z", key)?; Ok(1) }
            compensate(world, z, key) { let _ = z; world.call("-z", key) }
    }
] { (world: World)
    #[idempotent]
    step a(world, key) -> u32 { world.call("+a", key)?; Ok(1) }
        compensate(world, a, key) { let _ = a; world.call("-a", key) }
    #[savepoint(1, 1ms..1ms)]
    for _n: u32 in (a => [0, *a])
    step b() = saga Leg {} with (world);
} [] {
    #[idempotent]
    step d(world, key) -> u32 { world.call("+d", key)?; Ok(4) }
        compensate(world, d, key) { let _ = d; world.call("-d", key) }
} }

/// For each trouble, each process that may end, and each end of that of the next version, which is then
/// started again: how it ended, and whether the first version had begun a step.
macro_rules! each_crash {
    ($shape:ident, $step:literal, |$world:ident, $left:ident, $begun:ident, $at:ident| $check:expr) => {
        use $shape::{first, second};
        let troubles: [&[_]; 6] = [
            &[],
            &[("+d", Verdict::Transient)],
            &[("+d", Verdict::Refused)],
            &[("+d", Verdict::Refused), ("+d", Verdict::Refused)],
            &[("+x", Verdict::Unknown)],
            &[("+q", Verdict::Transient)],
        ];
        for (trouble, begin) in troubles.into_iter().zip((0..3).cycle()) {
            let ends_after = (bound(0, begin)..40).step_by(bound(2, 3));
            for (one, two) in ends_after.map(|write| (write, (write * 5) % 13)) {
                let path = file(concat!("introduced_", stringify!($shape)));
                let $world = troubled(trouble.iter().copied());
                if run(&path, of!(first, $world), Some(one)) != Left::Crashed {
                    continue;
                }
                let $begun = has_begun(&path, $step) || count(&$world, concat!("+", $step)) > 0;
                let $left = match run(&path, of!(second, $world), Some(two)) {
                    Left::Crashed => run(&path, of!(second, $world), None),
                    left => left,
                };
                let $at = format!("{trouble:?} {one} {two}");
                $check
            }
        }
    };
}

macro_rules! alone {
    ($shape:ident, $with:expr) => {
        #[test]
        fn $shape() {
            let (mut with, mut without) = (0, 0);
            each_crash!($shape, "d", |world, left, begun, at| {
                let stands: &[_] = match left {
                    Left::Completed if begun => &["a", "d"],
                    Left::Completed => &$with,
                    Left::Compensated => &[],
                    left => panic!("{left:?} is no end: {at}"),
                };
                assert_eq!(world.standing(), stands, "{at}");
                if begun {
                    assert_eq!(count(&world, "+x"), 0, "{at}");
                    without += 1;
                } else {
                    with += 1;
                }
            });
            assert!(with > 5 && without > 2, "{with} {without}");
        }
    };
}

alone!(each, ["a", "d", "x", "x"]);
alone!(whole, ["a", "d", "x", "x"]);
alone!(signalled, ["a", "d", "x"]);

#[test]
fn within_a_saga_that_is_done_with_each_item() {
    let (mut with, mut without) = (0, 0);
    each_crash!(within, "q", |world, left, begun, at| {
        let mut stands = vec!["a", "d", "p", "p", "q", "q"];
        match left {
            Left::Completed => {
                let has = |step| world.standing().contains(&step);
                // A saga that has come to `q` may have completed.
                assert_eq!(has("x"), has("z"), "{at}");
                assert!(!begun || !has("x"), "{at}");
                if has("x") {
                    stands.extend(["x", "x", "z", "z"]);
                    with += 1;
                } else {
                    without += 1;
                }
            }
            Left::Compensated => stands.clear(),
            left => panic!("{left:?} is no end: {at}"),
        }
        assert_eq!(world.standing(), stands, "{at}");
    });
    assert!(with > 5 && without > 5, "{with} {without}");
}

versions! { of early [] [] { (world: World)
    #[idempotent] #[retry(3, 60s..60s, jitter = false)]
    step a(world, key) -> u32 { world.call("+a", key)?; Ok(1) }
        compensate(world, a, key) { let _ = a; world.call("-a", key) }
} [
    #[introduced] #[idempotent]
    step x(world, key) -> u32 { world.call("+x", key)?; Ok(0) }
        compensate(world, x, key) { let _ = x; world.call("-x", key) }
] {
    #[timeout(24h)] signal go -> u32;
    #[idempotent] #[retry(3, 60s..60s, jitter = false)]
    step d(world, go, key) -> u32 { world.call("+d", key)?; Ok(*go) }
        compensate(world, d, key) { let _ = d; world.call("-d", key) }
} }

/// A signal that was sent before the saga listened for it says nothing of how far the saga has come.
#[tokio::test(start_paused = true)]
async fn a_signal_that_came_early_does_not_count() {
    use early::{first, second};
    for (fails, stands) in [("+a", &["a", "d", "x"][..]), ("+d", &["a", "d"])] {
        let (store, world) = (Memory::new(), troubled([(fails, Verdict::Transient)]));
        let services = of!(first, world).1;
        let builder = Engine::builder(store.clone()).register::<first::Order>(services);
        let engine = builder.start().await.unwrap();
        engine.submit("o", first::Order {}).await.unwrap();
        let sent = engine
            .signal::<first::Order>("o", first::OrderSignal::Go(7))
            .await;
        assert_eq!(sent.unwrap(), Signalled::Accepted);
        sleep(Duration::from_secs(1)).await;
        assert_eq!(engine.shutdown(Duration::from_secs(1)).await, []);

        let services = of!(second, world).1;
        let builder = Engine::builder(store).register::<second::Order>(services);
        let engine = builder.start().await.unwrap();
        let handle = engine.handle::<second::Order>("o").await.unwrap();
        let outcome = handle.outcome().await.unwrap();
        assert!(matches!(outcome, DurableOutcome::Completed(())), "{fails}");
        assert_eq!(world.standing(), stands);
    }
}
