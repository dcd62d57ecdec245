//! Sagas with sagas as steps, loops, conditions on several steps, sleeps and signals.

use super::Shape;
use crate::crash::{
    parts::ITEMS,
    world::{No, World},
};
use std::time::Duration;
use typed_saga::{Lock, engine::Builder, runtime::Durable, saga};

shapes! {
    Block = Governed, GovernedServices;
    Arms = Sorted, SortedServices;
    BlockOfAll = Inside, InsideServices, InsideSignal::Paid(7);
    Child = Parent, ParentServices;
    ChildTurned = TurningParent, TurningParentServices;
    Loop = Packing, PackingServices;
    LoopBeside = Packers, PackersServices;
    Beside = Carriers, CarriersServices;
    LoopOfSagas = Carters, CartersServices;
    Sleep = Sleeping, SleepingServices;
    Locks = Locking, LockingServices;
    Signal = Waiting, WaitingServices, WaitingSignal::Paid(7);
    Mixed = Everything, EverythingServices, EverythingSignal::Paid(7);
}

/// Keys of a number.
pub(crate) struct Account(pub(crate) u64);

impl Lock for Account {
    const NAME: &'static str = "account";

    fn key(&self) -> String {
        self.0.to_string()
    }
}

pub(crate) struct Desk;

impl Lock for Desk {
    const NAME: &'static str = "desk";

    fn key(&self) -> String {
        String::new()
    }
}

const NIGHT: Duration = Duration::from_millis(300);

saga! {
    #[classify(No::verdict)]
    #[timeout(1s)]
    #[late(2s)]
    pub(crate) durable saga Governed() with (world: World) -> Result<u64, No> {
        #[idempotent]
        step a(world, ctx) -> u64 = World::act
            compensate(world, ctx, a) = World::undo;
        when (world => world.wants("b", true)) {
            #[savepoint(1, 10ms..20ms, jitter = false)] #[idempotent]
            step b(world, ctx, a) -> u64 = World::act_on
                #[retry(2, 10ms..20ms, jitter = false)]
                compensate(world, ctx, b) = World::undo;
            step c(world, ctx, b) -> u64 = World::act_on
                resolve(world, ctx) = World::find
                compensate(world, ctx, c) = World::undo;
        }
        when (world, c => world.wants("d", c.is_none())) {
            #[idempotent]
            step d(world, ctx) -> u64 = World::act
                compensate(world, ctx, d) = World::undo;
        }
        step e(world, ctx, c) -> u64 { world.act_on(ctx, &c.unwrap_or_default()).await }
            #[by_key]
            compensate(world, ctx) = World::stop;
        {
            let _ = d;
            e
        }
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    #[late(2s)]
    pub(crate) durable saga Sorted() with (world: World) -> Result<u64, No> {
        #[idempotent] #[savepoint(2, 10ms..20ms, jitter = false)]
        step a(world, ctx) -> u64 = World::act
            compensate(world, ctx, a) = World::undo;
        when (world => world.wants("b", false)) {
            #[name = "b"]
            #[idempotent]
            step sent(world, ctx) -> u64 = World::act
                compensate(world, ctx, sent) = World::undo;
        } else when (world => world.wants("c", true)) {
            #[name = "c"]
            #[idempotent] #[savepoint(1, 10ms..20ms, jitter = false)]
            step sent(world, ctx, a) -> u64 = World::act_on
                compensate(world, ctx, sent) = World::undo;
            step d(world, ctx, sent) -> u64 = World::act_on
                resolve(world, ctx) = World::find
                compensate(world, ctx, d) = World::undo;
        } else {
            #[name = "e"]
            #[idempotent]
            step sent(world, ctx) -> u64 = World::act
                compensate(world, ctx, sent) = World::undo;
        }
        step f(world, ctx, sent) -> u64 = World::act_on
            #[by_key]
            compensate(world, ctx) = World::stop;
        {
            let _ = d;
            f
        }
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Inside() with (world: World) -> Result<u64, No> {
        #[idempotent]
        step a(world, ctx) -> u64 = World::act
            compensate(world, ctx, a) = World::undo;
        when (world => world.wants("packed", true)) {
            #[idempotent]
            for on: u64 in (a => [*a; ITEMS])
            step packed(world, ctx, on) -> u64 = World::act_on
                compensate(world, ctx, packed) = World::undo;
            sleep embargo(=> NIGHT);
            #[timeout(20s)]
            signal paid -> u64;
        }
        #[idempotent]
        step b(world, ctx, packed, paid) -> u64 {
            assert!(paid.is_none_or(|paid| paid == 7));
            let packed = packed.as_ref().map_or(0, |packed| packed[1]);
            world.act_on(ctx, &packed).await
        }
            #[by_key]
            compensate(world, ctx) = World::stop;
        b
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Wrapping(on: u64) with (world: World) -> Result<u64, No> {
        #[idempotent]
        step paper(world, ctx, on) -> u64 = World::act_on
            #[retry(2, 10ms..20ms, jitter = false)]
            compensate(world, ctx, paper) = World::undo;
        #[late(2s)]
        #[when(world => world.wants("wrapped/ribbon", true))]
        step ribbon(world, ctx, paper) -> u64 = World::act_on
            resolve(world, ctx) = World::find
            compensate(world, ctx, ribbon) = World::undo;
        ribbon.unwrap_or(paper)
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Parent() with (world: World) -> Result<u64, No> {
        #[idempotent]
        step a(world, ctx) -> u64 = World::act
            compensate(world, ctx, a) = World::undo;
        #[retry(2, 10ms..20ms, jitter = false)]
        step wrapped(a) -> u64 = saga Wrapping { on: *a } with (world);
        #[idempotent]
        step b(world, ctx, wrapped) -> u64 = World::act_on
            compensate(world, ctx, b) = World::undo;
        b
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Gift() with (world: World) -> Result<u64, No> {
        #[savepoint(1, 10ms..20ms, jitter = false)]
        step card(world, ctx) -> u64 = World::act
            #[by_key]
            compensate(world, ctx) = World::stop;
        #[idempotent]
        step bow(world, ctx, card) -> u64 = World::act_on
            compensate(world, ctx, bow) = World::undo;
        bow
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga TurningParent() with (world: World) -> Result<u64, No> {
        #[idempotent] #[savepoint(1, 10ms..20ms, jitter = false)]
        step a(world, ctx) -> u64 = World::act
            compensate(world, ctx, a) = World::undo;
        step gift() -> u64 = saga Gift {} with (world);
        #[idempotent]
        pivot b(world, ctx, gift) -> u64 = World::act_on;
        #[retry(forever, 10ms..1s, jitter = false)]
        step again() -> u64 = saga Gift {} with (world);
        {
            let _ = again;
            b
        }
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Packing() with (world: World) -> Result<u64, No> {
        #[idempotent]
        step a(world, ctx) -> u64 = World::act
            compensate(world, ctx, a) = World::undo;
        #[idempotent] #[retry(2, 10ms..20ms, jitter = false)]
        for on: u64 in (a => [*a; ITEMS])
        step packed(world, ctx, on) -> u64 = World::act_on
            #[retry(2, 10ms..20ms, jitter = false)]
            compensate(world, ctx, packed) = World::undo;
        step b(world, ctx, packed) -> u64 { world.act_on(ctx, &packed[1]).await }
            #[by_key]
            compensate(world, ctx) = World::stop;
        b
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    #[late(2s)]
    pub(crate) durable saga Packers() with (world: World) -> Result<u64, No> {
        #[concurrent(2)] #[savepoint(1, 10ms..20ms, jitter = false)]
        #[when(world, item => world.wants(["packed[0]", "packed[1]"][*item], true))]
        for item: usize in (=> 0..ITEMS)
        step packed(world, ctx) -> u64 = World::act
            resolve(world, ctx) = World::find
            compensate(world, ctx, packed) = World::undo;
        #[idempotent]
        pivot b(world, ctx, packed) -> u64 {
            world.act_on(ctx, &packed[0].unwrap_or_default()).await
        }
        #[idempotent] #[retry(forever, 10ms..1s, jitter = false)]
        for on: u64 in (b => [*b; ITEMS])
        step sent(world, ctx, on) -> u64 = World::act_on;
        sent[0]
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    #[late(2s)]
    pub(crate) durable saga Carriers() with (world: World) -> Result<u64, No> {
        #[idempotent]
        step a(world, ctx) -> u64 = World::act
            compensate(world, ctx, a) = World::undo;
        #[concurrent(2)] #[retry(2, 10ms..20ms, jitter = false)]
        for on: u64 in (a => [*a; ITEMS])
        step packed(world, ctx, on) -> u64 = World::act_on
            resolve(world, ctx) = World::find
            #[retry(2, 10ms..20ms, jitter = false)]
            compensate(world, ctx, packed) = World::undo;
        step b(world, ctx, packed) -> u64 { world.act_on(ctx, &packed[1]).await }
            #[by_key]
            compensate(world, ctx) = World::stop;
        b
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Boxing(on: u64) with (world: World) -> Result<u64, No> {
        #[idempotent]
        step paper(world, ctx, on) -> u64 = World::act_on
            #[retry(2, 10ms..20ms, jitter = false)]
            compensate(world, ctx, paper) = World::undo;
        step ribbon(world, ctx, paper) -> u64 = World::act_on
            #[by_key]
            compensate(world, ctx) = World::stop;
        ribbon
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Carters() with (world: World) -> Result<u64, No> {
        #[idempotent]
        step a(world, ctx) -> u64 = World::act
            compensate(world, ctx, a) = World::undo;
        #[concurrent(2)]
        for on: u64 in (a => [*a; ITEMS])
        step packed(on) -> u64 = saga Boxing { on: *on } with (world);
        #[idempotent]
        step b(world, ctx, packed) -> u64 { world.act_on(ctx, &packed[1]).await }
            compensate(world, ctx, b) = World::undo;
        b
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Sleeping() with (world: World) -> Result<u64, No> {
        #[idempotent] #[savepoint(1, 10ms..20ms, jitter = false)]
        step a(world, ctx) -> u64 = World::act
            compensate(world, ctx, a) = World::undo;
        sleep first(=> NIGHT);
        concurrent {
            sleep second(=> NIGHT);
            #[retry(3, 100ms..200ms, jitter = false)]
            step b(world, ctx, a) -> u64 = World::act_on
                #[by_key]
                compensate(world, ctx) = World::stop;
        }
        #[idempotent]
        step c(world, ctx, b) -> u64 = World::act_on
            compensate(world, ctx, c) = World::undo;
        c
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Locking() with (world: World) -> Result<u64, No> {
        #[timeout(20s)]
        lock accounts(=> vec![Account(1), Account(2)]) -> Vec<Account>;
        #[idempotent]
        step a(world, ctx) -> u64 = World::act
            compensate(world, ctx, a) = World::undo;
        when (a => *a > 0) {
            #[timeout(20s)]
            lock desk(=> Desk) -> Desk;
            #[idempotent] #[savepoint(1, 10ms..20ms, jitter = false)]
            step b(world, ctx, a) -> u64 = World::act_on
                compensate(world, ctx, b) = World::undo;
        }
        #[idempotent]
        step c(world, ctx, b) -> u64 { world.act_on(ctx, &b.unwrap_or_default()).await }
            compensate(world, ctx, c) = World::undo;
        c
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Waiting() with (world: World) -> Result<u64, No> {
        #[idempotent]
        step a(world, ctx) -> u64 = World::act
            compensate(world, ctx, a) = World::undo;
        #[timeout(20s)]
        signal paid -> u64;
        #[idempotent] #[savepoint(1, 10ms..20ms, jitter = false)]
        step b(world, ctx, a, paid) -> u64 { assert_eq!(*paid, 7); world.act_on(ctx, a).await }
            compensate(world, ctx, b) = World::undo;
        #[late(2s)]
        step c(world, ctx, b) -> u64 = World::act_on
            resolve(world, ctx) = World::find
            compensate(world, ctx, c) = World::undo;
        c
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Everything() with (world: World) -> Result<u64, No> {
        #[idempotent] #[savepoint(1, 10ms..20ms, jitter = false)]
        step a(world, ctx) -> u64 = World::act
            compensate(world, ctx, a) = World::undo;
        when (world => world.wants("wrapped", true)) {
            step wrapped(a) -> u64 = saga Wrapping { on: *a } with (world);
        }
        #[when(wrapped => wrapped.is_some())]
        sleep embargo(=> NIGHT);
        #[timeout(20s)]
        signal paid -> u64;
        #[idempotent]
        step b(world, ctx, wrapped, paid) -> u64 {
            assert_eq!(*paid, 7);
            world.act_on(ctx, &wrapped.unwrap_or_default()).await
        }
            #[by_key]
            compensate(world, ctx) = World::stop;
        b
    }
}
