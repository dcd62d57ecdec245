//! The sagas: one of every shape.

use crate::crash::world::{No, World};
use std::time::Duration;
use typed_saga::{
    Verdict,
    engine::{Builder, Submit},
    runtime::Durable,
    saga,
};

/// A saga, and how it is begun.
pub(crate) trait Shape: 'static {
    type Saga: Durable;
    fn register(builder: Builder, world: World) -> Builder;
    fn saga() -> Self::Saga;

    /// What somebody sends it.
    fn signal() -> Option<<Self::Saga as Durable>::Signal> {
        None
    }
}

macro_rules! shapes {
    ($($shape:ident = $saga:ident, $services:ident $(, $signal:expr)?;)*) => {$(
        pub(crate) struct $shape;

        impl Shape for $shape {
            type Saga = $saga;

            fn register(builder: Builder, world: World) -> Builder {
                builder.register::<$saga>($services { world })
            }

            fn saga() -> $saga {
                $saga {}
            }

            $(
                fn signal() -> Option<<$saga as Durable>::Signal> {
                    Some($signal)
                }
            )?
        }
    )*};
}

mod composed;
pub(crate) mod locked;

pub(crate) use composed::{
    Account, Arms, Beside, Block, BlockOfAll, Child, ChildTurned, Locks, Loop, LoopBeside,
    LoopOfSagas, Mixed, Signal, Sleep,
};

shapes! {
    Sequence = Idempotent, IdempotentServices;
    Asked = Resolved, ResolvedServices;
    Stopped = ByKey, ByKeyServices;
    Left = LeftBehind, LeftBehindServices;
    ReadFirst = Reading, ReadingServices;
    When = Wanted, WantedServices;
    Fallback = FallsBack, FallsBackServices;
    Retry = Retrying, RetryingServices;
    Savepoint = Turning, TurningServices;
    SavepointOnRead = TurningRead, TurningReadServices;
    Pair = Siblings, SiblingsServices;
    Trio = Family, FamilyServices;
    Pivot = Pivotal, PivotalServices;
    PivotAsked = PivotResolved, PivotResolvedServices;
    Finally = Final, FinalServices;
    Abort = Aborting, AbortingServices;
}

saga! {
    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Idempotent() with (world: World) -> Result<u64, No> {
        #[idempotent]
        step a(world, ctx) -> u64 = World::act
            #[retry(2, 10ms..20ms, jitter = false)]
            compensate(world, ctx, a) = World::undo;
        #[idempotent]
        step b(world, ctx, a) -> u64 = World::act_on
            #[retry(2, 10ms..20ms, jitter = false)]
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
        step a(world, ctx) -> u64 = World::act
            resolve(world, ctx) = World::find
            #[retry(2, 10ms..20ms, jitter = false)]
            compensate(world, ctx, a) = World::undo;
        step b(world, ctx, a) -> u64 = World::act_on
            #[retry(2, 10ms..20ms, jitter = false)]
            resolve(world, ctx) = World::find
            compensate(world, ctx, b) = World::undo;
        #[retry(3, 10ms..20ms, jitter = false)]
        step c(world, ctx, b) -> u64 = World::act_on
            resolve(world, ctx) = World::find
            compensate(world, ctx, c) = World::undo;
        c
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga ByKey() with (world: World) -> Result<u64, No> {
        step a(world, ctx) -> u64 = World::act
            #[by_key] #[retry(2, 10ms..20ms, jitter = false)]
            compensate(world, ctx) = World::stop;
        #[retry(3, 10ms..20ms, jitter = false)]
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
        step b(world, ctx, a) -> u64 = World::act_on
            resolve(world, ctx) = World::find
            compensate none;
        #[idempotent]
        step c(world, ctx, b) -> u64 = World::act_on
            #[retry(2, 10ms..20ms, jitter = false)]
            compensate(world, ctx, c) = World::undo;
        #[idempotent]
        step d(world, ctx, c) -> u64 = World::act_on
            compensate none;
        d
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Reading() with (world: World) -> Result<u64, No> {
        #[retry(2, 10ms..20ms, jitter = false)]
        read rates(world, ctx) -> u64 = World::act
            fallback(failure) { let _ = failure; Ok(0) };
        #[idempotent]
        step a(world, ctx, rates) -> u64 = World::act_on
            compensate(world, ctx, a) = World::undo;
        read stock(world, ctx, a) -> u64 = World::act_on;
        #[late(2s)]
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
        step b(world, ctx) -> u64 = World::act
            resolve(world, ctx) = World::find
            compensate(world, ctx, b) = World::undo;
        #[when(world, b => world.wants("c", b.is_none()))]
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
        #[idempotent] #[retry(2, 10ms..20ms, jitter = false)]
        step b(world, ctx, a) -> u64 = World::act_on
            compensate(world, ctx, b) = World::undo
            fallback(a) { let _ = a; Ok(0) };
        #[late(2s)]
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
        #[idempotent] #[retry(3, 10ms..40ms, jitter = false)]
        step a(world, ctx) -> u64 = World::act
            #[retry(2, 10ms..20ms, jitter = false)]
            compensate(world, ctx, a) = World::undo;
        #[idempotent] #[late(2s)] #[retry(3, 10ms..40ms, jitter = false)]
        step b(world, ctx, a) -> u64 = World::act_on
            #[retry(2, 10ms..20ms, jitter = false)]
            resolve(world, ctx) = World::find
            #[retry(2, 10ms..20ms, jitter = false)]
            compensate(world, ctx, b) = World::undo;
        b
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Turning() with (world: World) -> Result<u64, No> {
        step a(world, ctx) -> u64 = World::act
            #[by_key]
            compensate(world, ctx) = World::stop;
        #[idempotent]
        step gift(world, ctx) -> u64 = World::act
            compensate none;
        #[savepoint(2, 10ms..20ms, jitter = false)] #[idempotent]
        step b(world, ctx, a) -> u64 = World::act_on
            #[retry(2, 10ms..20ms, jitter = false)]
            compensate(world, ctx, b) = World::undo;
        #[late(2s)]
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
        #[savepoint(1, 10ms..20ms, jitter = false)]
        read stock(world, ctx, a) -> u64 = World::act_on;
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
                #[retry(2, 10ms..20ms, jitter = false)]
                compensate(world, ctx, a) = World::undo;
            #[late(2s)]
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
            #[retry(2, 10ms..20ms, jitter = false)]
            step a(world, ctx) -> u64 = World::act
                #[by_key]
                compensate(world, ctx) = World::stop;
            #[idempotent]
            step b(world, ctx, a) -> u64 = World::act_on
                #[retry(2, 10ms..20ms, jitter = false)]
                compensate(world, ctx, b) = World::undo;
            #[late(2s)]
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
            #[retry(2, 10ms..20ms, jitter = false)]
            compensate(world, ctx, a) = World::undo;
        #[idempotent]
        pivot b(world, ctx, a) -> u64 = World::act_on;
        #[idempotent] #[retry(forever, 10ms..1s, jitter = false)]
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
        step a(world, ctx) -> u64 = World::act
            #[by_key]
            compensate(world, ctx) = World::stop;
        pivot b(world, ctx, a) -> u64 = World::act_on
            #[retry(2, 10ms..20ms, jitter = false)]
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
            #[retry(2, 10ms..20ms, jitter = false)]
            compensate(world, ctx, a) = World::undo;
        #[idempotent]
        step b(world, ctx, a) -> u64 = World::act_on
            compensate(world, ctx, b) = World::undo;
        finally(world, outcome, ctx) { world.finally(outcome, ctx).await; }
        b
    }

    #[classify(refusal_aborts)]
    #[timeout(1s)]
    pub(crate) durable saga Aborting() with (world: World) -> Result<u64, No> {
        #[savepoint(2, 10ms..20ms, jitter = false)] #[idempotent]
        step a(world, ctx) -> u64 = World::act
            compensate(world, ctx, a) = World::undo;
        concurrent {
            #[idempotent] #[retry(3, 10ms..20ms, jitter = false)]
            step b(world, ctx, a) -> u64 = World::act_on
                compensate(world, ctx, b) = World::undo
                fallback() { Ok(0) };
            #[late(2s)]
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

/// The verdict of `error`, where a refusal aborts the saga.
fn refusal_aborts(error: &No) -> Verdict {
    match error.verdict() {
        Verdict::Refused => Verdict::Refused.abort(),
        other => other,
    }
}

/// A saga that is about to be submitted, with its deadline.
pub(crate) fn with_deadline<S: Durable>(
    submit: Submit<S>,
    deadline: Option<Duration>,
) -> Submit<S> {
    match deadline {
        Some(deadline) => submit.deadline(deadline),
        None => submit,
    }
}
