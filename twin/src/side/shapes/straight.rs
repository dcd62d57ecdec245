//! One step after the other.

use super::{No, World, lib::saga};

saga! {
    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Idempotent() with (world: World) -> Result<u64, No> {
        #[idempotent]
        step a(world, ctx) -> u64 = World::act
            #[retry(2, 10ms..20ms)]
            compensate(world, ctx, a) = World::undo;
        #[idempotent]
        step b(world, ctx, a) -> u64 = World::act_on
            #[retry(2, 10ms..20ms)]
            compensate(world, ctx, b) = World::undo;
        #[idempotent] #[late(2s)]
        step c(world, ctx, b) -> u64 = World::act_on
            compensate(world, ctx, c) = World::undo;
        c
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    #[late(5s)]
    pub(crate) durable saga Resolved() with (world: World) -> Result<u64, No> {
        #[retry(1)]
        step a(world, ctx) -> u64 = World::act
            resolve(world, ctx) = World::find
            #[retry(2, 10ms..20ms)]
            compensate(world, ctx, a) = World::undo;
        #[retry(1)]
        step b(world, ctx, a) -> u64 = World::act_on
            #[retry(2, 10ms..20ms)]
            resolve(world, ctx) = World::find
            compensate(world, ctx, b) = World::undo;
        #[retry(3, 10ms..20ms)]
        step c(world, ctx, b) -> u64 = World::act_on
            resolve(world, ctx) = World::find
            compensate(world, ctx, c) = World::undo;
        c
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga ByKey() with (world: World) -> Result<u64, No> {
        #[retry(1)]
        step a(world, ctx) -> u64 = World::act
            #[by_key] #[retry(2, 10ms..20ms)]
            compensate(world, ctx) = World::stop;
        #[retry(3, 10ms..20ms)]
        step b(world, ctx, a) -> u64 = World::act_on
            #[by_key]
            compensate(world, ctx) = World::stop;
        #[idempotent]
        step c(world, ctx, b) -> u64 = World::act_on
            #[by_key]
            compensate(world, ctx) = World::stop;
        c
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    #[late(2s)]
    pub(crate) durable saga LeftBehind() with (world: World) -> Result<u64, No> {
        #[idempotent]
        step a(world, ctx) -> u64 = World::act
            compensate none;
        #[retry(1)]
        step b(world, ctx, a) -> u64 = World::act_on
            resolve(world, ctx) = World::find
            compensate none;
        #[idempotent]
        step c(world, ctx, b) -> u64 = World::act_on
            #[retry(2, 10ms..20ms)]
            compensate(world, ctx, c) = World::undo;
        #[idempotent]
        step d(world, ctx, c) -> u64 = World::act_on
            compensate none;
        d
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Reading() with (world: World) -> Result<u64, No> {
        #[retry(2, 10ms..20ms)]
        read rates(world, ctx) -> u64 = World::act
            fallback(failure) { let _ = failure; Ok(0) };
        #[idempotent]
        step a(world, ctx, rates) -> u64 = World::act_on
            compensate(world, ctx, a) = World::undo;
        read stock(world, ctx, a) -> u64 = World::act_on;
        #[late(2s)] #[retry(1)]
        step b(world, ctx, stock) -> u64 = World::act_on
            resolve(world, ctx) = World::find
            compensate(world, ctx, b) = World::undo;
        b
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    #[late(2s)]
    pub(crate) durable saga Wanted() with (world: World) -> Result<u64, No> {
        #[idempotent]
        #[when(world => world.wants("a", true))]
        step a(world, ctx) -> u64 = World::act
            compensate(world, ctx, a) = World::undo;
        #[when(world, a => world.wants("b", a.is_none()))]
        #[retry(1)]
        step b(world, ctx) -> u64 = World::act
            resolve(world, ctx) = World::find
            compensate(world, ctx, b) = World::undo;
        #[when(world, b => world.wants("c", b.is_none()))]
        #[retry(1)]
        step c(world, ctx) -> u64 = World::act
            resolve(world, ctx) = World::find
            compensate(world, ctx, c) = World::undo;
        #[idempotent]
        step d(world, ctx) -> u64 = World::act
            compensate(world, ctx, d) = World::undo;
        {
            let _ = c;
            d
        }
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga FallsBack() with (world: World) -> Result<u64, No> {
        #[idempotent]
        step a(world, ctx) -> u64 = World::act
            compensate(world, ctx, a) = World::undo;
        #[idempotent] #[retry(2, 10ms..20ms)]
        step b(world, ctx, a) -> u64 = World::act_on
            compensate(world, ctx, b) = World::undo
            fallback(a) { let _ = a; Ok(0) };
        #[late(2s)] #[retry(1)]
        step c(world, ctx, b) -> u64 = World::act_on
            resolve(world, ctx) = World::find
            compensate(world, ctx, c) = World::undo
            fallback(failure) { let _ = failure; Ok(0) };
        #[idempotent]
        step d(world, ctx, c) -> u64 = World::act_on
            compensate(world, ctx, d) = World::undo;
        d
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Retrying() with (world: World) -> Result<u64, No> {
        #[idempotent] #[retry(3, 10ms..40ms)]
        step a(world, ctx) -> u64 = World::act
            #[retry(2, 10ms..20ms)]
            compensate(world, ctx, a) = World::undo;
        #[idempotent] #[late(2s)] #[retry(3, 10ms..40ms)]
        step b(world, ctx, a) -> u64 = World::act_on
            #[retry(2, 10ms..20ms)]
            resolve(world, ctx) = World::find
            #[retry(2, 10ms..20ms)]
            compensate(world, ctx, b) = World::undo;
        b
    }
}
