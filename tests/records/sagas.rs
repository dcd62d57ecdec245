//! A saga of all that can be in a journal, and what it calls.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use typed_saga::{Context, Key, Verdict, saga};

/// What a call failed with.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct No(Verdict);

impl No {
    pub(crate) fn verdict(&self) -> Verdict {
        self.0
    }
}

impl fmt::Display for No {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// The other side.
#[derive(Clone, Default)]
pub(crate) struct World {
    /// What goes wrong follows from it; nothing does without.
    chance: Option<Arc<AtomicU64>>,
}

impl World {
    pub(crate) fn with_trouble(seed: u64) -> Self {
        let chance = Some(Arc::new(AtomicU64::new(seed)));
        Self { chance }
    }

    /// Whether something is so that is so once in so many times.
    fn once_in(&self, times: u64) -> bool {
        let Some(chance) = &self.chance else {
            return false;
        };
        let state = chance.load(Ordering::Relaxed);
        let next = state.wrapping_mul(6_364_136_223_846_793_005);
        let next = next.wrapping_add(1_442_695_040_888_963_407);
        chance.store(next, Ordering::Relaxed);
        (next >> 33) % times == 0
    }

    pub(crate) async fn act(&self, ctx: &Context<'_>) -> Result<u64, No> {
        tokio::time::sleep(Duration::from_millis(10)).await;
        for verdict in Verdict::ALL {
            if self.once_in(24) {
                return Err(No(verdict));
            }
        }
        if self.once_in(40) {
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        Ok(ctx.attempt().into())
    }

    pub(crate) async fn find(&self, ctx: &Context<'_>) -> Result<Option<u64>, No> {
        let found = self.act(ctx).await?;
        Ok(Some(found).filter(|_| !self.once_in(2)))
    }

    pub(crate) async fn undo(&self, ctx: &Context<'_>) -> Result<(), No> {
        self.act(ctx).await.map(drop)
    }

    pub(crate) async fn publish(&self, event: &u64, key: &Key) -> Result<(), No> {
        let _ = (event, key);
        tokio::time::sleep(Duration::from_millis(1)).await;
        Ok(())
    }
}

saga! {
    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Wrapping(on: u64) with (world: World) -> Result<u64, No> emit u64 {
        #[idempotent] #[retry(2, 10ms..20ms, jitter = false)]
        step paper(world, ctx, on) -> u64 { let _ = on; world.act(ctx).await }
            #[retry(2, 10ms..20ms, jitter = false)]
            compensate(world, ctx, paper) { let _ = paper; world.undo(ctx).await }
        #[late(2s)]
        #[when(paper => *paper < 3)]
        step ribbon(world, ctx) -> u64 = World::act
            resolve(world, ctx) = World::find
            compensate none again;
        emit(paper => [*paper]);
        ribbon.unwrap_or(paper)
    }

    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Everything(far: bool)
    with (world: World)
    -> Result<Vec<u64>, No> emit u64
    {
        read rates(world, ctx) -> u64 = World::act
            fallback() { Ok(0) }
        #[savepoint(1, 10ms..20ms, jitter = false)]
        step a(world, ctx) -> u64 = World::act
            #[by_key] #[retry(2, 10ms..20ms, jitter = false)]
            compensate(world, ctx) = World::undo;
        when (far, a => *far && *a > 0) {
            #[retry(2, 10ms..20ms, jitter = false)] #[timeout(60s)]
            step wrapped(a) -> u64 = saga Wrapping { on: *a } with (world);
            sleep night(=> Duration::from_millis(300));
        }
        concurrent {
            #[idempotent] #[retry(3, 10ms..40ms, jitter = false)]
            step b(world, ctx, a) -> u64 { let _ = a; world.act(ctx).await }
                compensate(world, ctx, b) { let _ = b; world.undo(ctx).await }
            #[concurrent(2)]
            for on: u64 in (a => [*a, 7, 9])
            step packed(on) -> u64 = saga Wrapping { on: *on } with (world);
            #[timeout(20s)]
            signal paid -> u64
                fallback() { Ok(0) };
        }
        #[idempotent] #[retry(2, 10ms..20ms, jitter = false)]
        for on: u64 in (packed => packed.clone())
        step sent(world, ctx, on) -> u64 { let _ = on; world.act(ctx).await }
            #[retry(2, 10ms..20ms, jitter = false)]
            compensate(world, ctx, sent) { let _ = sent; world.undo(ctx).await }
        #[late(1s)]
        pivot c(world, ctx) -> u64 = World::act
            resolve(world, ctx) = World::find;
        #[idempotent] #[retry(forever, 10ms..1s, jitter = false)]
        step d(world, ctx, c) -> u64 { let _ = c; world.act(ctx).await }
        emit(a, d => [*a, *d]);
        emit failed(far => [u64::from(*far)]);
        publish(world, event, key) = World::publish;
        finally(world) { let _ = world.once_in(2); }
        {
            let _ = (rates, wrapped, b, paid);
            sent
        }
    }
}
