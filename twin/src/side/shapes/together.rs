//! What several features do together: one compensation for two steps, edges, items and children that
//! read why the saga fails, all of it in one block; and sagas whose calls wait without a limit.

use super::{No, World, lib::saga};
use std::time::Duration;

const NIGHT: Duration = Duration::from_millis(300);

saga! {
    /// What a caller gives it is read on both ways.
    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Ordered(amount: u64, who: String)
    with (world: World)
    -> Result<u64, No>
    {
        #[idempotent]
        step record(world, ctx, amount) -> u64 = World::act_on
            compensate(world, ctx, record) = World::undo;
        #[idempotent] #[late(2s)] #[retry(3, 10ms..10ms, jitter = false)]
        step lines(world, ctx, record) -> u64 = World::act_on
            compensate with record
        #[when(who => who.len() > 1)]
        #[idempotent]
        step c(world, ctx, lines) -> u64 = World::act_on
            compensate(world, ctx, c, amount) { world.undo(ctx, &(c + amount)).await };
        #[after(lines)]
        #[retry(1)]
        step d(world, ctx, who) -> u64 { world.act_on(ctx, &(who.len() as u64)).await }
            #[by_key]
            compensate(world, ctx) = World::stop;
        {
            let _ = c;
            d
        }
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Excused(on: u64) with (world: World) -> Result<u64, No> {
        #[idempotent]
        step paper(world, ctx, on) -> u64 = World::act_on
            compensate(world, ctx, paper, failure) = World::undo_for;
        #[retry(2, 10ms..20ms)]
        read ribbon(world, ctx, paper) -> u64 = World::act_on
            fallback(world, ctx, failure) = World::instead;
        ribbon
    }

    /// All of them read why the saga fails, at once.
    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Excuses() with (world: World) -> Result<u64, No> {
        concurrent {
            #[idempotent] #[retry(2, 10ms..20ms)]
            step a(world, ctx) -> u64 = World::act
                compensate(world, ctx, a, failure) = World::undo_for;
            read b(world, ctx, a) -> u64 = World::act_on
                fallback(world, ctx, failure) = World::instead;
            #[after(a)]
            step wrapped(b) -> u64 = saga Excused { on: *b } with (world);
            #[idempotent] #[concurrent(2)]
            for on: u64 in (a => [*a, a + 1])
            step packed(world, ctx, on) -> u64 = World::act_on
                compensate(world, ctx, packed, failure) = World::undo_for;
        }
        #[concurrent(2)]
        for on: u64 in (packed => packed.clone())
        step sent(on) -> u64 = saga Excused { on: *on } with (world);
        #[retry(1)]
        step d(world, ctx, wrapped, sent) -> u64 { world.act_on(ctx, &(wrapped + sent[0])).await }
            #[by_key]
            compensate(world, ctx) = World::stop;
        d
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Meeting() with (world: World) -> Result<u64, No> {
        #[idempotent] #[savepoint(1, 10ms..20ms)]
        step a(world, ctx) -> u64 = World::act
            compensate(world, ctx, a) = World::undo;
        concurrent {
            sleep night(=> NIGHT);
            #[timeout(20s)]
            signal paid -> u64;
            step wrapped(a) -> u64 = saga Excused { on: *a } with (world);
            #[after(night)]
            #[idempotent]
            step b(world, ctx, paid) -> u64 = World::act_on
                compensate(world, ctx, b) = World::undo;
        }
        #[idempotent]
        pivot c(world, ctx, wrapped, b) -> u64 { world.act_on(ctx, &(wrapped + b)).await }
        concurrent {
            #[retry(forever, 10ms..1s)]
            step again(c) -> u64 = saga Excused { on: *c } with (world);
            #[idempotent] #[retry(forever, 10ms..1s)]
            step e(world, ctx, c) -> u64 = World::act_on;
        }
        {
            let _ = again;
            e
        }
    }

    #[retry(2, 1ms..10ms)]
    pub(crate) saga BareSlow() with (world: World) -> Result<u64, No> {
        #[idempotent]
        step a(world, ctx) -> u64 { world.say_slowly(ctx, String::new()).await }
            compensate(world, ctx, a) { world.unsay(ctx, format!("{a}")).await }
        concurrent {
            #[savepoint(1, 1ms..10ms)]
            read b(world, ctx, a) -> u64 { world.say_slowly(ctx, format!("{a}")).await }
            #[idempotent]
            step c(world, ctx) -> u64 { world.say_slowly(ctx, String::new()).await }
                compensate(world, ctx, c, failure) {
                    world.unsay(ctx, format!("{c} {failure:?}")).await
                }
        }
        #[concurrent(2)] #[idempotent]
        for item: u64 in (b => 0..b % 4)
        step d(world, ctx, item) -> u64 { world.say_slowly(ctx, format!("{item}")).await }
            compensate(world, ctx, d) { world.unsay(ctx, format!("{d}")).await }
        read e(world, ctx, c, d) -> u64 { world.say_slowly(ctx, format!("{c} {d:?}")).await }
            fallback(failure) { Ok(failure.to_string().len() as u64) }
        finally(world, outcome, ctx) { drop(world.say(ctx, format!("{outcome:?}")).await) }
        e
    }
}
