//! What a step that remains was made of in one version, and not in the next: a rerun would call it
//! under its old key with another content.

use crate::durable::{
    releases::version,
    upgraded::{LATER, MOMENT, NO, ends, left},
    world::World,
};
use typed_saga::{
    Completeness,
    engine::{DurableOutcome, Memory},
};

/// Two versions of an order, the second of which has a savepoint. Between its first step and its last
/// one is what `was` and `is` say.
macro_rules! content {
    ($shape:ident $world:ident $ctx:ident [$($sagas:tt)*] {$($was:tt)*} {$($is:tt)*} {$($end:tt)*}) => {
        mod $shape {
            use super::*;

            content! { first $world [$($sagas)*] [] {} $($was)* }
            content! { second $world [$($sagas)*] [#[savepoint(1, 1ms..1ms)]] {$($end)*} $($is)* }

            /// The calls of an order that goes on under the second version, and of one that has begun
            /// under it.
            pub(super) async fn calls() -> [String; 2] {
                let (store, world) = (Memory::new(), World::default());
                world.fails("+b", LATER);
                world.fails("+b", NO);
                let services = first::OrderServices { world: world.clone() };
                left(store.clone(), (first::Order {}, services), MOMENT).await;
                let services = second::OrderServices { world: world.clone() };
                let outcome = ends::<second::Order>(store, services).await;
                let is_undone = matches!(outcome, Ok(DurableOutcome::Compensated(_)));
                assert!(is_undone, "{outcome:?}");

                let (store, anew) = (Memory::new(), World::default());
                anew.fails("+b", LATER);
                anew.fails("+b", NO);
                let services = second::OrderServices { world: anew.clone() };
                left(store.clone(), (second::Order {}, services.clone()), MOMENT).await;
                let outcome = ends::<second::Order>(store, services).await;
                assert!(matches!(outcome, Ok(DurableOutcome::Completed(()))), "{outcome:?}");
                [world.calls(), anew.calls()]
            }
        }
    };
    ($version:ident $world:ident [$($sagas:tt)*] [$($savepoint:tt)*] {$($end:tt)*} $($steps:tt)*) => {
        version! { $version
            $($sagas)*

            #[classify(Trouble::verdict)] #[timeout(5s)]
            pub(crate) durable saga Order() with ($world: World) -> Result<(), Trouble> {
                #[idempotent] $($savepoint)*
                step a($world, key) { $world.call("+a", key) } compensate($world, key) { $world.call("-a", key) }
                $($steps)*
                #[idempotent] #[retry(9, 1m..1m, jitter = false)]
                step b($world, key) { $world.call("+b", key) } compensate($world, key) { $world.call("-b", key) }
                { $($end)* }
            }
        }
    };
}

content! { retired world ctx [] {
    read it() -> u32 { Ok(1) }
    #[idempotent]
    step mail(world, it, key) { let _ = it; world.call("+mail", key) } compensate none
} {
    #[retired]
    read it() -> u32 { Ok(1) }
    #[idempotent]
    step mail(world, key) { world.call("+mail", key) } compensate none
} {
    let _ = it;
} }

content! { plain world ctx [] {
    #[idempotent]
    step mail(world, ctx, key) { let _ = ctx; world.call("+mail", key) } compensate none
} {
    #[idempotent]
    step mail(world, key) { world.call("+mail", key) } compensate none
} {} }

content! { looped world ctx [] {
    #[idempotent]
    for line: u32 in (=> [1, 2])
    step mail(world, ctx, line, key) { let _ = (ctx, line); world.call("+mail", key) } compensate none
} {
    #[idempotent]
    for each: u32 in (=> [1, 2])
    step mail(world, each, key) { let _ = each; world.call("+mail", key) } compensate none
} {} }

content! { child world ctx [
    #[classify(Trouble::verdict)] #[timeout(5s)]
    pub(crate) durable saga Leg(note: String) with (world: World) -> Result<(), Trouble> {
        #[idempotent]
        step mail(world, note, key) { let _ = note; world.call("+mail", key) } compensate none
        {}
    }
] {
    step leg(ctx) = saga Leg { note: ctx.attempt().to_string() } with (world);
} {
    step leg() = saga Leg { note: String::new() } with (world);
} {} }

content! { grandchildren world ctx [
    #[classify(Trouble::verdict)] #[timeout(5s)]
    pub(crate) durable saga Leg(note: String) with (world: World) -> Result<(), Trouble> {
        #[idempotent]
        step mail(world, note, key) { let _ = note; world.call("+mail", key) } compensate none
        {}
    }

    #[classify(Trouble::verdict)] #[timeout(5s)]
    pub(crate) durable saga Way(note: String) with (world: World) -> Result<(), Trouble> {
        step leg(note) = saga Leg { note: note.clone() } with (world);
        {}
    }
] {
    for line: u32 in (=> [1, 2])
    step way(line, ctx) = saga Way { note: format!("{line} {}", ctx.attempt()) } with (world);
} {
    for line: u32 in (=> [1, 2])
    step way(line) = saga Way { note: line.to_string() } with (world);
} {} }

#[tokio::test(start_paused = true)]
async fn there_is_no_rerun_over_what_was_made_of_something_else() {
    let one = ["+a +mail +b +b -a", "+a +mail +b +b -a +a +mail +b"];
    let two = [
        "+a +mail +mail +b +b -a",
        "+a +mail +mail +b +b -a +a +mail +mail +b",
    ];
    assert_eq!(retired::calls().await, one);
    assert_eq!(plain::calls().await, one);
    assert_eq!(child::calls().await, one);
    assert_eq!(looped::calls().await, two);
    assert_eq!(grandchildren::calls().await, two);
}

version! { skips_it
    #[classify(Trouble::verdict)] #[timeout(5s)]
    pub(crate) durable saga Order() with (world: World) -> Result<(), Trouble> {
        #[idempotent] #[savepoint(1, 1ms..1ms)]
        step a(world, key) { world.call("+a", key) } compensate(world, key) { world.call("-a", key) }
        sleep nap(600ms);
        #[when(=> false)]
        #[idempotent]
        step x(world, key) { world.call("+x", key) } compensate none once
        #[idempotent]
        step mail(world, x, key) { let _ = x; world.call("+mail", key) } compensate none
        #[idempotent]
        step b(world, key) { world.call("+b", key) } compensate(world, key) { world.call("-b", key) }
        {}
    }
}

version! { has_it
    #[classify(Trouble::verdict)] #[timeout(5s)]
    pub(crate) durable saga Order() with (world: World) -> Result<(), Trouble> {
        #[idempotent] #[savepoint(1, 1ms..1ms)]
        step a(world, key) { world.call("+a", key) } compensate(world, key) { world.call("-a", key) }
        sleep nap(600ms);
        #[idempotent]
        step x(world, key) { world.call("+x", key) } compensate none once
        #[idempotent]
        step mail(world, x, key) { let () = x; world.call("+mail", key) } compensate none
        #[idempotent]
        step b(world, key) { world.call("+b", key) } compensate(world, key) { world.call("-b", key) }
        {}
    }
}

/// The mail was sent without it.
#[tokio::test(start_paused = true)]
async fn what_an_earlier_round_has_skipped_stays_skipped() {
    let (store, world) = (Memory::new(), World::default());
    world.fails("+b", NO);
    let services = skips_it::OrderServices {
        world: world.clone(),
    };
    left(store.clone(), (skips_it::Order {}, services), MOMENT).await;
    assert_eq!(world.calls(), "+a +mail +b -a +a");
    let services = has_it::OrderServices { world };
    let unreadable = ends::<has_it::Order>(store, services).await.unwrap_err();
    assert!(
        unreadable.contains("`x` had a `when`, and has none"),
        "{unreadable}"
    );
}

version! { mails_in_a_child
    #[classify(Trouble::verdict)] #[timeout(5s)]
    pub(crate) durable saga Leg() with (world: World) -> Result<(), Trouble> {
        #[idempotent]
        step mail(world, key) { world.call("+mail", key) } compensate none
        {}
    }

    #[classify(Trouble::verdict)] #[timeout(5s)]
    pub(crate) durable saga Order() with (world: World) -> Result<(), Trouble> {
        #[idempotent] #[savepoint(1, 1ms..1ms)]
        step a(world, key) { world.call("+a", key) } compensate(world, key) { world.call("-a", key) }
        step leg() = saga Leg {} with (world);
        #[idempotent] #[retry(9, 1m..1m, jitter = false)]
        step b(world, key) { world.call("+b", key) } compensate(world, key) { world.call("-b", key) }
        {}
    }
}

version! { charges_before
    #[classify(Trouble::verdict)] #[timeout(5s)]
    pub(crate) durable saga Leg() with (world: World) -> Result<(), Trouble> {
        #[introduced] #[idempotent]
        step charge(world, key) { world.call("+charge", key) } compensate none
        #[idempotent]
        step mail(world, key) { world.call("+mail", key) } compensate none
        {}
    }

    #[classify(Trouble::verdict)] #[timeout(5s)]
    pub(crate) durable saga Order() with (world: World) -> Result<(), Trouble> {
        #[idempotent] #[savepoint(1, 1ms..1ms)]
        step a(world, key) { world.call("+a", key) } compensate(world, key) { world.call("-a", key) }
        step leg() = saga Leg {} with (world);
        #[idempotent] #[retry(9, 1m..1m, jitter = false)]
        step b(world, key) { world.call("+b", key) } compensate(world, key) { world.call("-b", key) }
        {}
    }
}

/// In the new version, steps have other places.
#[tokio::test(start_paused = true)]
async fn what_earlier_rounds_of_a_child_have_left_is_listed_by_its_name() {
    let (store, world) = (Memory::new(), World::default());
    world.fails("+b", NO);
    world.fails("+b", LATER);
    world.fails("+b", NO);
    let services = mails_in_a_child::OrderServices {
        world: world.clone(),
    };
    left(
        store.clone(),
        (mails_in_a_child::Order {}, services),
        MOMENT,
    )
    .await;
    let services = charges_before::OrderServices {
        world: world.clone(),
    };
    let outcome = ends::<charges_before::Order>(store, services).await;
    let Ok(DurableOutcome::Compensated(error)) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(world.calls(), "+a +mail +b -a +a +mail +b +b -a");
    let Completeness::Compensated { left } = error.completeness() else {
        panic!("{error:?}");
    };
    let left: Vec<_> = left.iter().map(|left| &*left.step).collect();
    assert_eq!(left, ["leg/mail"]);
}
