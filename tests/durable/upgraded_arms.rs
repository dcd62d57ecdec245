//! A version that adds an arm to a `when`, or takes one away: a run that has come to the `when` has decided
//! about all of its arms, and one that has not goes by the new ones. And one that takes a `when` away.

use crate::durable::{
    releases::version,
    upgraded::{LATER, MOMENT, NO, ends, left},
    world::World,
};
use typed_saga::engine::{DurableOutcome, Memory};

/// A version with these arms, of which the last expression makes the output.
macro_rules! arms {
    ($version:ident ($world:ident $cart:ident $sum:ident $key:ident) [$($arms:tt)*] [$($paid:tt)*]) => {
        version! { $version
            #[classify(Trouble::verdict)] #[timeout(5s)]
            pub(crate) durable saga Order($sum: u32) with ($world: World) -> Result<Option<u32>, Trouble> {
                #[idempotent] #[retry(9, 1m..1m, jitter = false)]
                step $cart($world, $key) -> u32 { $world.call("+cart", $key).map(|()| 1) }
                    compensate($world, $key) { $world.call("-cart", $key) }
                $($arms)*
                #[idempotent] #[retry(9, 1m..1m, jitter = false)]
                step last($world, $key) { $world.call("+last", $key) }
                    compensate($world, $key) { $world.call("-last", $key) }
                $($paid)*
            }
        }
    };
}

arms! { two (world cart sum key) [
    when (sum => *sum > 100) {
        #[idempotent] #[retry(9, 1m..1m, jitter = false)]
        step invoice(world, cart, key) -> u32 { world.call("+invoice", key).map(|()| cart + 1) }
            compensate(world, key) { world.call("-invoice", key) }
    } else {
        #[idempotent] #[retry(9, 1m..1m, jitter = false)]
        step cash(world, cart, key) -> u32 { world.call("+cash", key).map(|()| cart + 2) }
            compensate(world, key) { world.call("-cash", key) }
    }
] [invoice.or(cash)] }

arms! { three (world cart sum key) [
    when (sum => *sum > 100) {
        #[idempotent] #[retry(9, 1m..1m, jitter = false)]
        step invoice(world, cart, key) -> u32 { world.call("+invoice", key).map(|()| cart + 1) }
            compensate(world, key) { world.call("-invoice", key) }
    } else when (sum => *sum > 10) {
        #[idempotent] #[retry(9, 1m..1m, jitter = false)]
        step card(world, cart, key) -> u32 { world.call("+card", key).map(|()| cart + 3) }
            compensate(world, key) { world.call("-card", key) }
    } else {
        #[idempotent] #[retry(9, 1m..1m, jitter = false)]
        step cash(world, cart, key) -> u32 { world.call("+cash", key).map(|()| cart + 2) }
            compensate(world, key) { world.call("-cash", key) }
    }
] [invoice.or(card).or(cash)] }

arms! { one (world cart sum key) [
    when (sum => *sum > 100) {
        #[idempotent] #[retry(9, 1m..1m, jitter = false)]
        step invoice(world, cart, key) -> u32 { world.call("+invoice", key).map(|()| cart + 1) }
            compensate(world, key) { world.call("-invoice", key) }
    }
] [invoice] }

/// A sum, the calls of a run of the first version, and its output.
const RUNS: [(u32, [&str; 3], Option<u32>); 2] = [
    (500, ["+cart", "+invoice", "+last"], Some(2)),
    (50, ["+cart", "+cash", "+last"], Some(3)),
];

macro_rules! continued {
    ($version:ident, $store:expr, $world:expr) => {{
        let world = $world.clone();
        let services = $version::OrderServices { world };
        ends::<$version::Order>($store.clone(), services).await
    }};
}

/// A run of the version with two arms, left at this call, and what it called.
async fn left_at(sum: u32, call: &'static str) -> (Memory, World, String) {
    let (store, world) = (Memory::new(), World::default());
    world.fails(call, LATER);
    let services = two::OrderServices {
        world: world.clone(),
    };
    left(store.clone(), (two::Order { sum }, services), MOMENT).await;
    let calls = world.calls();
    assert!(calls.ends_with(call), "{calls}");
    (store, world, calls)
}

#[tokio::test(start_paused = true)]
async fn a_run_that_has_come_to_the_arms_goes_on_in_its_own_version_alone() {
    for (sum, calls, output) in RUNS {
        for &call in &calls[1..] {
            let (store, world, before) = left_at(sum, call).await;
            let more = continued!(three, store, world);
            assert!(more.is_err(), "{sum}, {call}: {more:?}");
            let fewer = continued!(one, store, world);
            assert!(fewer.is_err(), "{sum}, {call}: {fewer:?}");
            assert_eq!(world.calls(), before);

            let outcome = continued!(two, store, world);
            let Ok(DurableOutcome::Completed(paid)) = outcome else {
                panic!("{sum}, {call}: {outcome:?}")
            };
            assert_eq!(paid, output);
            // One of them was called twice.
            assert_eq!(world.calls().matches('+').count(), 4, "{}", world.calls());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_has_not_come_to_the_arms_goes_by_the_new_ones() {
    for (sum, calls, paid) in [
        (500, "+cart +cart +invoice +last", Some(2)),
        (50, "+cart +cart +card +last", Some(4)),
        (5, "+cart +cart +cash +last", Some(3)),
    ] {
        let (store, world, _) = left_at(sum, "+cart").await;
        let outcome = continued!(three, store, world);
        let Ok(DurableOutcome::Completed(output)) = outcome else {
            panic!("{sum}: {outcome:?}")
        };
        assert_eq!((output, world.calls().as_str()), (paid, calls));
    }
    for (sum, calls, paid) in [
        (500, "+cart +cart +invoice +last", Some(2)),
        (5, "+cart +cart +last", None),
    ] {
        let (store, world, _) = left_at(sum, "+cart").await;
        let outcome = continued!(one, store, world);
        let Ok(DurableOutcome::Completed(output)) = outcome else {
            panic!("{sum}: {outcome:?}")
        };
        assert_eq!((output, world.calls().as_str()), (paid, calls));
    }
}

macro_rules! steps {
    ($version:ident ($world:ident $key:ident) [$($when:tt)*]) => {
        version! { $version
            #[classify(Trouble::verdict)] #[timeout(5s)]
            pub(crate) durable saga Order() with ($world: World) -> Result<(), Trouble> {
                #[idempotent] #[savepoint(1, 1ms..1ms)]
                step a($world, $key) { $world.call("+a", $key) } compensate($world, $key) { $world.call("-a", $key) }
                sleep nap(600ms);
                $($when)* #[idempotent]
                step x($world, $key) { $world.call("+x", $key) } compensate($world, $key) { $world.call("-x", $key) }
                #[idempotent]
                step b($world, $key) { $world.call("+b", $key) } compensate($world, $key) { $world.call("-b", $key) }
                { let _ = x; }
            }
        }
    };
}

steps! { skips_it (world key) [#[when(=> false)]] }
steps! { has_it (world key) [] }

#[tokio::test(start_paused = true)]
async fn what_an_earlier_round_has_skipped_needs_its_when() {
    let (store, world) = (Memory::new(), World::default());
    world.fails("+b", NO);
    let services = skips_it::OrderServices {
        world: world.clone(),
    };
    left(store.clone(), (skips_it::Order {}, services), MOMENT).await;
    assert_eq!(world.calls(), "+a +b -a +a");
    let services = has_it::OrderServices { world };
    let unreadable = ends::<has_it::Order>(store, services).await.unwrap_err();
    assert!(
        unreadable.contains("`x` had a `when`, and has none"),
        "{unreadable}"
    );
}
