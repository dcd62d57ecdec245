//! A lock beside everything that it may stand with. Each has two keys, and others need one of them each.

use super::{
    Shape,
    composed::{Account, Boxing, Desk, Wrapping},
};
use crate::crash::{
    parts::ITEMS,
    world::{No, World},
};
use std::time::Duration;
use typed_saga::{engine::Builder, runtime::Durable, saga};

macro_rules! sagas {
    ($world:ident: $($shape:ident = $saga:ident, $services:ident $(, $signal:expr)? => { $($step:tt)* })*) => {
        saga! {$(
            #[classify(No::verdict)]
            #[timeout(1s)]
            pub(crate) durable saga $saga() with ($world: World) -> Result<u64, No> { $($step)* }
        )*}

        shapes! {$($shape = $saga, $services $(, $signal)?;)*}
    };
}

fn both() -> Vec<Account> {
    vec![Account(1), Account(2)]
}

const NIGHT: Duration = Duration::from_millis(300);

sagas! { world:
    First = LocksFirst, LocksFirstServices => {
        #[timeout(20s)]
        lock accounts(=> both()) -> Vec<Account>;
        step a(world, ctx) -> u64 = World::act
            #[by_key]
            compensate(world, ctx) = World::stop;
        a
    }
    Ways = Settled, SettledServices => {
        #[late(2s)]
        step a(world, ctx) -> u64 = World::act
            resolve(world, ctx) = World::find
            compensate(world, ctx, a) = World::undo;
        #[timeout(20s)]
        lock accounts(=> both()) -> Vec<Account>;
        #[retry(2, 10ms..20ms, jitter = false)]
        step b(world, ctx, a) -> u64 = World::act_on
            #[by_key]
            compensate(world, ctx) = World::stop;
        #[idempotent]
        step c(world, ctx, b) -> u64 = World::act_on
            compensate none;
        #[idempotent]
        step d(world, ctx, c) -> u64 = World::act_on
            #[retry(2, 10ms..20ms, jitter = false)]
            compensate(world, ctx, d) = World::undo;
        d
    }
    Perhaps = Conditional, ConditionalServices => {
        #[idempotent]
        step a(world, ctx) -> u64 = World::act
            compensate(world, ctx, a) = World::undo;
        #[timeout(20s)]
        #[when(world => world.wants("accounts", true))]
        lock accounts(=> both()) -> Vec<Account>;
        #[timeout(20s)]
        lock desk(=> Vec::new()) -> Vec<Desk>;
        read b(world, ctx, a) -> u64 = World::act_on
            fallback(failure) { let _ = failure; Ok(0) };
        #[idempotent]
        #[when(world => world.wants("c", false))]
        step c(world, ctx) -> u64 = World::act
            compensate(world, ctx, c) = World::undo;
        #[idempotent] #[retry(2, 10ms..20ms, jitter = false)]
        step d(world, ctx, b) -> u64 = World::act_on
            compensate(world, ctx, d) = World::undo;
        c.unwrap_or(d)
    }
    Around = AroundBlocks, AroundBlocksServices => {
        #[idempotent]
        step a(world, ctx) -> u64 = World::act
            compensate(world, ctx, a) = World::undo;
        #[timeout(20s)]
        lock accounts(=> both()) -> Vec<Account>;
        when (world => world.wants("b", false)) {
            #[idempotent]
            step b(world, ctx, a) -> u64 = World::act_on
                compensate(world, ctx, b) = World::undo;
        }
        when (world => world.wants("c", true)) {
            #[idempotent]
            step c(world, ctx, a) -> u64 = World::act_on
                compensate(world, ctx, c) = World::undo;
            #[timeout(20s)]
            lock desk(=> Desk) -> Desk;
            #[idempotent]
            step d(world, ctx, c) -> u64 = World::act_on
                compensate(world, ctx, d) = World::undo;
        }
        b.or(d).unwrap_or_default()
    }
    Inside = InBlock, InBlockServices => {
        #[idempotent]
        step a(world, ctx) -> u64 = World::act
            compensate(world, ctx, a) = World::undo;
        when (world => world.wants("accounts", true)) {
            #[timeout(20s)]
            lock accounts(=> both()) -> Vec<Account>;
            #[idempotent]
            step b(world, ctx, a) -> u64 = World::act_on
                compensate(world, ctx, b) = World::undo;
        }
        #[idempotent]
        step c(world, ctx, b) -> u64 { world.act_on(ctx, &b.unwrap_or_default()).await }
            compensate(world, ctx, c) = World::undo;
        c
    }
    Turned = LocksOnce, LocksOnceServices => {
        #[idempotent]
        step a(world, ctx) -> u64 = World::act
            compensate(world, ctx, a) = World::undo;
        #[timeout(20s)]
        lock accounts(=> both()) -> Vec<Account>;
        #[savepoint(2, 10ms..20ms, jitter = false)] #[idempotent]
        step b(world, ctx, a) -> u64 = World::act_on
            compensate(world, ctx, b) = World::undo;
        #[idempotent]
        step c(world, ctx, b) -> u64 = World::act_on
            compensate(world, ctx, c) = World::undo;
        c
    }
    Siblings = LocksForAll, LocksForAllServices => {
        concurrent {
            #[idempotent]
            step a(world, ctx) -> u64 = World::act
                compensate(world, ctx, a) = World::undo;
            #[idempotent]
            step b(world, ctx) -> u64 = World::act
                compensate(world, ctx, b) = World::undo;
        }
        #[timeout(20s)]
        lock accounts(=> both()) -> Vec<Account>;
        concurrent {
            #[idempotent]
            step c(world, ctx, a) -> u64 = World::act_on
                compensate(world, ctx, c) = World::undo;
            step d(world, ctx, b) -> u64 = World::act_on
                #[by_key]
                compensate(world, ctx) = World::stop;
            sleep night(=> NIGHT);
        }
        {
            let _ = d;
            c
        }
    }
    Pivoted = LocksTwice, LocksTwiceServices => {
        #[idempotent]
        step a(world, ctx) -> u64 = World::act
            compensate(world, ctx, a) = World::undo;
        #[timeout(20s)]
        lock accounts(=> both()) -> Vec<Account>;
        #[idempotent]
        pivot b(world, ctx, a) -> u64 = World::act_on;
        #[timeout(never)]
        lock desk(=> Desk) -> Desk;
        #[idempotent] #[retry(forever, 10ms..1s, jitter = false)]
        step c(world, ctx, b) -> u64 = World::act_on;
        finally(world, outcome, ctx) { world.finally(outcome, ctx).await; }
        c
    }
    Beyond = LocksLate, LocksLateServices => {
        #[idempotent]
        pivot a(world, ctx) -> u64 = World::act;
        #[timeout(never)]
        lock accounts(=> both()) -> Vec<Account>;
        #[idempotent] #[retry(forever, 10ms..1s, jitter = false)]
        step b(world, ctx, a) -> u64 = World::act_on;
        b
    }
    Nested = LocksForChildren, LocksForChildrenServices => {
        #[idempotent]
        step a(world, ctx) -> u64 = World::act
            compensate(world, ctx, a) = World::undo;
        #[timeout(20s)]
        lock accounts(=> both()) -> Vec<Account>;
        step wrapped(a) -> u64 = saga Wrapping { on: *a } with (world);
        for on: u64 in (a => [*a; ITEMS])
        step packed(on) -> u64 = saga Boxing { on: *on } with (world);
        #[idempotent]
        step b(world, ctx, packed) -> u64 { world.act_on(ctx, &packed[1]).await }
            compensate(world, ctx, b) = World::undo;
        {
            let _ = wrapped;
            b
        }
    }
    Looped = LocksForItems, LocksForItemsServices => {
        #[idempotent]
        step a(world, ctx) -> u64 = World::act
            compensate(world, ctx, a) = World::undo;
        #[timeout(20s)]
        lock accounts(=> both()) -> Vec<Account>;
        #[idempotent] #[concurrent(2)]
        for on: u64 in (a => [*a; ITEMS])
        step packed(world, ctx, on) -> u64 = World::act_on
            compensate(world, ctx, packed) = World::undo;
        #[idempotent]
        step b(world, ctx, packed) -> u64 { world.act_on(ctx, &packed[1]).await }
            compensate(world, ctx, b) = World::undo;
        b
    }
    Waits = WaitsTwice, WaitsTwiceServices, WaitsTwiceSignal::Paid(7) => {
        sleep night(=> NIGHT);
        #[idempotent]
        step a(world, ctx) -> u64 = World::act
            compensate(world, ctx, a) = World::undo;
        #[timeout(20s)]
        lock accounts(=> both()) -> Vec<Account>;
        #[timeout(20s)]
        signal paid -> u64;
        sleep day(=> NIGHT);
        #[idempotent]
        step b(world, ctx, a, paid) -> u64 { assert_eq!(*paid, 7); world.act_on(ctx, a).await }
            compensate(world, ctx, b) = World::undo;
        b
    }
}
