//! Savepoints, blocks, pivots.

use super::{No, World, lib::saga};

saga! {
    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Turning() with (world: World) -> Result<u64, No> {
        #[retry(1)]
        step a(world, ctx) -> u64 = World::act
            #[by_key]
            compensate(world, ctx) = World::stop;
        #[savepoint(2, 10ms..20ms)] #[idempotent]
        step b(world, ctx, a) -> u64 = World::act_on
            #[retry(2, 10ms..20ms)]
            compensate(world, ctx, b) = World::undo;
        #[idempotent]
        step gift(world, ctx) -> u64 = World::act
            compensate none again;
        #[late(2s)] #[retry(1)]
        step c(world, ctx, b) -> u64 = World::act_on
            resolve(world, ctx) = World::find
            compensate(world, ctx, c) = World::undo;
        {
            let _ = gift;
            c
        }
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga TurningRead() with (world: World) -> Result<u64, No> {
        #[idempotent]
        step a(world, ctx) -> u64 = World::act
            compensate(world, ctx, a) = World::undo;
        #[savepoint(1, 10ms..20ms)]
        read stock(world, ctx, a) -> u64 = World::act_on;
        #[retry(1)]
        step b(world, ctx, stock) -> u64 = World::act_on
            #[by_key]
            compensate(world, ctx) = World::stop;
        #[idempotent]
        pivot c(world, ctx, b) -> u64 = World::act_on;
        c
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Siblings() with (world: World) -> Result<u64, No> {
        concurrent {
            #[idempotent]
            step a(world, ctx) -> u64 = World::act
                #[retry(2, 10ms..20ms)]
                compensate(world, ctx, a) = World::undo;
            #[late(2s)] #[retry(1)]
            step b(world, ctx) -> u64 = World::act
                resolve(world, ctx) = World::find
                compensate(world, ctx, b) = World::undo;
        }
        #[idempotent]
        step c(world, ctx, a, b) -> u64 { let _ = b; world.act_on(ctx, a).await }
            compensate(world, ctx, c) = World::undo;
        c
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Family() with (world: World) -> Result<u64, No> {
        concurrent {
            #[retry(2, 10ms..20ms)]
            step a(world, ctx) -> u64 = World::act
                #[by_key]
                compensate(world, ctx) = World::stop;
            #[idempotent]
            step b(world, ctx, a) -> u64 = World::act_on
                #[retry(2, 10ms..20ms)]
                compensate(world, ctx, b) = World::undo;
            #[late(2s)] #[retry(1)]
            step c(world, ctx) -> u64 = World::act
                resolve(world, ctx) = World::find
                compensate(world, ctx, c) = World::undo;
        }
        #[idempotent]
        pivot d(world, ctx, b, c) -> u64 { let _ = c; world.act_on(ctx, b).await }
        d
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Pivotal() with (world: World) -> Result<u64, No> {
        #[idempotent]
        step a(world, ctx) -> u64 = World::act
            #[retry(2, 10ms..20ms)]
            compensate(world, ctx, a) = World::undo;
        #[idempotent]
        pivot b(world, ctx, a) -> u64 = World::act_on;
        #[idempotent] #[retry(forever, 10ms..1s)]
        step c(world, ctx, b) -> u64 = World::act_on;
        #[late(2s)]
        step d(world, ctx, c) -> u64 = World::act_on
            resolve(world, ctx) = World::find;
        d
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    #[late(2s)]
    pub(crate) durable saga PivotResolved() with (world: World) -> Result<u64, No> {
        #[retry(1)]
        step a(world, ctx) -> u64 = World::act
            #[by_key]
            compensate(world, ctx) = World::stop;
        #[retry(1)]
        pivot b(world, ctx, a) -> u64 = World::act_on
            #[retry(2, 10ms..20ms)]
            resolve(world, ctx) = World::find;
        concurrent {
            #[idempotent]
            step c(world, ctx, b) -> u64 = World::act_on;
            step d(world, ctx, b) -> u64 = World::act_on
                resolve(world, ctx) = World::find;
        }
        {
            let _ = d;
            c
        }
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Final() with (world: World) -> Result<u64, No> {
        #[idempotent]
        step a(world, ctx) -> u64 = World::act
            #[retry(2, 10ms..20ms)]
            compensate(world, ctx, a) = World::undo;
        #[idempotent]
        step b(world, ctx, a) -> u64 = World::act_on
            compensate(world, ctx, b) = World::undo;
        finally(world, outcome, ctx) { world.finally(outcome, ctx).await; }
        b
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Substituted() with (world: World) -> Result<u64, No> {
        #[savepoint(2, 10ms..20ms)] #[idempotent]
        step a(world, ctx) -> u64 = World::act
            compensate(world, ctx, a) = World::undo;
        concurrent {
            #[idempotent] #[retry(3, 10ms..20ms)]
            step b(world, ctx, a) -> u64 = World::act_on
                compensate(world, ctx, b) = World::undo
                fallback() { Ok(0) };
            #[late(2s)] #[retry(1)]
            step c(world, ctx, a) -> u64 = World::act_on
                resolve(world, ctx) = World::find
                compensate(world, ctx, c) = World::undo;
        }
        {
            let _ = c;
            b
        }
    }
}
