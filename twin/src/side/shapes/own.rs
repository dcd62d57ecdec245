//! What the suites of crashes have no saga for: failures that are read, choices of savepoints, what
//! remains in a rerun, events, children of children; and sagas in memory, with nothing to limit or
//! classify.

use super::{News, No, World, composed::Wrapping, lib::saga};

saga! {
    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Reasons() with (world: World) -> Result<u64, No> {
        #[idempotent]
        step a(world, ctx) -> u64 = World::act
            compensate(world, ctx, a, failure) = World::undo_for;
        #[retry(3)]
        read b(world, ctx, a) -> u64 = World::act_on
            fallback(world, ctx, failure) = World::instead;
        #[idempotent]
        step c(world, ctx, b) -> u64 = World::act_on
            compensate(world, ctx, c, failure) = World::undo_for;
        #[retry(1)]
        step d(world, ctx, c) -> u64 = World::act_on
            #[by_key]
            compensate(world, ctx) = World::stop;
        d
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Choosy() with (world: World) -> Result<u64, No> {
        #[savepoint(1, 10ms..20ms, if = No::turns)] #[idempotent]
        step a(world, ctx) -> u64 = World::act
            compensate(world, ctx, a) = World::undo;
        #[savepoint(3, 10ms..1s, if = No::turns)] #[idempotent]
        step b(world, ctx, a) -> u64 = World::act_on
            compensate(world, ctx, b) = World::undo;
        #[retry(1)]
        step c(world, ctx, b) -> u64 = World::act_on
            #[by_key]
            compensate(world, ctx) = World::stop;
        c
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Again() with (world: World) -> Result<u64, No> {
        #[savepoint(2, 10ms..20ms)]
        read a(world, ctx) -> u64 = World::act;
        #[idempotent] #[retry(2)]
        step b(world, ctx, a) -> u64 = World::act_on
            compensate none again
        #[retry(1)]
        step c(world, ctx, b) -> u64 = World::act_on
            #[by_key]
            compensate(world, ctx) = World::stop;
        c
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Middle(on: u64) with (world: World) -> Result<u64, No> {
        #[retry(2, 10ms..20ms)]
        step inner(on) -> u64 = saga Wrapping { on: *on } with (world);
        #[idempotent]
        step m(world, ctx, inner) -> u64 = World::act_on
            compensate(world, ctx, m) = World::undo;
        m
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Grandparent() with (world: World) -> Result<u64, No> {
        #[savepoint(1, 10ms..20ms)] #[idempotent]
        step a(world, ctx) -> u64 = World::act
            compensate(world, ctx, a) = World::undo;
        step outer(a) -> u64 = saga Middle { on: *a } with (world);
        #[retry(1)]
        step b(world, ctx, outer) -> u64 = World::act_on
            #[by_key]
            compensate(world, ctx) = World::stop;
        b
    }

    pub(crate) saga Bare() with (world: World) -> Result<u64, No> {
        step a(world, ctx) -> u64 { world.say(ctx, String::new()).await }
            compensate(world, ctx, a) { world.unsay(ctx, format!("{a}")).await }
        read b(world, ctx, a) -> u64 { world.say(ctx, format!("{a}")).await }
        step c(world, ctx, b) -> u64 { world.say(ctx, format!("{b}")).await }
            compensate(world, ctx, c, failure) {
                world.unsay(ctx, format!("{c} {failure:?}")).await
            }
        step d(world, ctx, c) -> u64 { world.say(ctx, format!("{c}")).await }
            compensate(world, ctx, d) { world.unsay(ctx, format!("{d}")).await }
        d
    }

    #[retry(2, 1ms..10ms)]
    pub(crate) saga BareTurns() with (world: World) -> Result<u64, No> {
        #[idempotent]
        step a(world, ctx) -> u64 { world.say(ctx, String::new()).await }
            compensate(world, ctx, a) { world.unsay(ctx, format!("{a}")).await }
        #[savepoint(2, 1ms..10ms)] #[idempotent]
        step b(world, ctx, a) -> u64 { world.say(ctx, format!("{a}")).await }
            compensate(world, ctx, b) { world.unsay(ctx, format!("{b}")).await }
        #[idempotent]
        #[when(world => world.wants("c", true))]
        step c(world, ctx, b) -> u64 { world.say(ctx, format!("{b}")).await }
            compensate(world, ctx, c) { world.unsay(ctx, format!("{c}")).await }
            fallback(b) { Ok(*b) }
        #[idempotent]
        step d(world, ctx, c) -> u64 { world.say(ctx, format!("{c:?}")).await }
            compensate(world, ctx, d) { world.unsay(ctx, format!("{d}")).await }
        d
    }

    pub(crate) saga BareBlock() with (world: World) -> Result<u64, No> {
        concurrent {
            step a(world, ctx) -> u64 { world.say(ctx, String::new()).await }
                compensate(world, ctx, a) { world.unsay(ctx, format!("{a}")).await }
            #[idempotent] #[retry(2, 1ms..10ms)]
            step b(world, ctx, a) -> u64 { world.say(ctx, format!("{a}")).await }
                compensate(world, ctx, b) { world.unsay(ctx, format!("{b}")).await }
            read c(world, ctx) -> u64 { world.say(ctx, String::new()).await }
        }
        step d(world, ctx, b, c) -> u64 { world.say(ctx, format!("{b} {c}")).await }
            compensate(world, ctx, d) { world.unsay(ctx, format!("{d}")).await }
        d
    }

    pub(crate) saga BareLoop() with (world: World) -> Result<u64, No> {
        step a(world, ctx) -> u64 { world.say(ctx, String::new()).await }
            compensate(world, ctx, a) { world.unsay(ctx, format!("{a}")).await }
        for item: u64 in (a => 0..a % 4)
        step b(world, ctx, item) -> u64 { world.say(ctx, format!("{item}")).await }
            compensate(world, ctx, item, b) { world.unsay(ctx, format!("{item} {b}")).await }
        #[concurrent(2)]
        for item: u64 in (b => b.clone())
        step c(world, ctx, item) -> u64 { world.say(ctx, format!("{item}")).await }
            compensate(world, ctx, c) { world.unsay(ctx, format!("{c}")).await }
        step d(world, ctx, c) -> u64 { world.say(ctx, format!("{c:?}")).await }
            compensate(world, ctx, d) { world.unsay(ctx, format!("{d}")).await }
        d
    }
}

saga! {
    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Publishing() with (world: World) -> Result<u64, No> emit News {
        #[idempotent]
        step a(world, ctx) -> u64 = World::act
            compensate(world, ctx, a) = World::undo;
        emit(a => [News(format!("a {a}"))]);
        #[idempotent]
        step b(world, ctx, a) -> u64 = World::act_on
            compensate(world, ctx, b) = World::undo;
        emit(a, b => (0..a % 3).map(|n| News(format!("b {b} {n}"))).collect::<Vec<_>>());
        emit failed(failure => [News(failure.to_string())]);
        #[retry(forever, 10ms..1s)]
        publish(world, event, key) = World::publish;
        b
    }
}
