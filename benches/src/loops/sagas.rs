//! The loops that are measured, the sagas of one step beside them, and the service that both call.

use crate::memory::shop::Refused;
use std::{future::pending, sync::Arc};
use tokio::sync::Notify;
use typed_saga::saga;

/// Answers at once, and tells when it is asked for the last item.
#[derive(Clone, Debug)]
pub struct Desk {
    last: u64,
    refuses: bool,
    probe: fn(),
    /// The item that it never answers, and whom it tells.
    hangs: Option<(u64, Arc<Notify>)>,
}

#[allow(
    clippy::unused_async,
    reason = "what a step awaits is a future, as it would be with a real service"
)]
impl Desk {
    /// For this many items.
    #[must_use]
    pub fn new(items: u64) -> Self {
        Self {
            last: items - 1,
            refuses: false,
            probe: || (),
            hangs: None,
        }
    }

    /// Never answers an item, and tells that it was asked.
    #[must_use]
    pub fn that_hangs(self, item: u64, asked: Arc<Notify>) -> Self {
        Self {
            hangs: Some((item, asked)),
            ..self
        }
    }

    /// Refuses the last item.
    #[must_use]
    pub fn that_refuses(self) -> Self {
        Self {
            refuses: true,
            ..self
        }
    }

    /// Calls `probe` when it is asked for the last item, and when it undoes the first.
    #[must_use]
    pub fn with_probe(self, probe: fn()) -> Self {
        Self { probe, ..self }
    }

    async fn act(&self, n: &u64) -> Result<u64, Refused> {
        if let Some((item, asked)) = &self.hangs
            && item == n
        {
            asked.notify_one();
            pending::<()>().await;
        }
        if *n == self.last {
            (self.probe)();
            if self.refuses {
                return Err(Refused(*n));
            }
        }
        Ok(n + 1)
    }

    async fn undo(&self, done: &u64) -> Result<(), Refused> {
        if *done == 1 {
            (self.probe)();
        }
        Ok(())
    }
}

saga! {
    pub saga One(n: u64) with (desk: Desk) -> Result<u64, Refused> {
        step done(desk, n) -> u64 = Desk::act
            compensate(desk, done) = Desk::undo;

        done
    }
}

saga! {
    pub saga Many(count: u64) with (desk: Desk) -> Result<usize, Refused> {
        for n: u64 in (count => 0..*count)
        step done(desk, n) -> u64 = Desk::act
            compensate(desk, done) = Desk::undo;

        done.len()
    }
}

saga! {
    pub saga Eight(count: u64) with (desk: Desk) -> Result<usize, Refused> {
        #[concurrent(8)]
        for n: u64 in (count => 0..*count)
        step done(desk, n) -> u64 = Desk::act
            compensate(desk, done) = Desk::undo;

        done.len()
    }
}

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(1h)]
    pub durable saga DurableOne(n: u64) with (desk: Desk) -> Result<u64, Refused> {
        #[idempotent(by = n)]
        step done(desk, n) -> u64 = Desk::act
            compensate(desk, done) = Desk::undo;

        done
    }
}

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(1h)]
    pub durable saga DurableMany(count: u64) with (desk: Desk) -> Result<usize, Refused> {
        // A backoff is no cost of an item.
        #[idempotent(by = n)] #[retry(1)]
        for n: u64 in (count => 0..*count)
        step done(desk, n) -> u64 = Desk::act
            compensate(desk, done) = Desk::undo;

        done.len()
    }
}

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(1h)]
    pub durable saga DurableEight(count: u64) with (desk: Desk) -> Result<usize, Refused> {
        #[idempotent(by = n)] #[concurrent(8)]
        for n: u64 in (count => 0..*count)
        step done(desk, n) -> u64 = Desk::act
            compensate(desk, done) = Desk::undo;

        done.len()
    }
}
