//! The durable sagas that are measured, and the service that they call.

use crate::memory::shop::Refused;
use serde::{Deserialize, Serialize};
use std::{
    future::pending,
    ops::Range,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::time::sleep;
use typed_saga::{
    Key,
    engine::{Builder, Engine, Store, StoreError},
    runtime::Durable,
    saga,
    sqlite::Sqlite,
};

/// The effect of a step.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Booking {
    /// The number of the step, counted from 1.
    pub number: u64,
    /// Some text.
    pub nights: u32,
}

impl Booking {
    /// The input of the first step.
    pub const NONE: Self = Self {
        number: 0,
        nights: 3,
    };
}

/// Books at once, or never at one chosen step.
#[derive(Clone, Debug, Default)]
pub struct Desk {
    hangs: Option<u64>,
    asked: Arc<[AtomicUsize; 9]>,
}

impl Desk {
    /// A desk that never answers the step with that number.
    #[must_use]
    pub fn that_hangs(step: u64) -> Self {
        Self {
            hangs: Some(step),
            ..Self::default()
        }
    }

    /// How many sagas have called the step with that number.
    #[must_use]
    pub fn asked(&self, step: usize) -> usize {
        self.asked[step].load(Ordering::Relaxed)
    }

    async fn book(&self, last: &Booking) -> Result<Booking, Refused> {
        let number = last.number + 1;
        if let Some(asked) = usize::try_from(number)
            .ok()
            .and_then(|at| self.asked.get(at))
        {
            asked.fetch_add(1, Ordering::Relaxed);
        }
        if self.hangs == Some(number) {
            pending::<()>().await;
        }
        Ok(Booking { number, ..*last })
    }

    #[allow(
        clippy::unused_async,
        reason = "what a compensation awaits is a future, as it would be with a real service"
    )]
    async fn cancel(&self, booking: &Booking) -> Result<(), Refused> {
        // The desk stores nothing.
        let _ = booking;
        Ok(())
    }
}

saga! {
    /// Eight steps; nothing fails.
    #[classify(typed_saga::transient)]
    #[timeout(1h)]
    pub durable saga Eight(first: Booking) with (desk: Desk) -> Result<Booking, Refused> {
        #[idempotent(by = first)]
        step a(desk, first) -> Booking = Desk::book
            compensate(desk, a) = Desk::cancel;
        #[idempotent(by = a)]
        step b(desk, a) -> Booking = Desk::book
            compensate(desk, b) = Desk::cancel;
        #[idempotent(by = b)]
        step c(desk, b) -> Booking = Desk::book
            compensate(desk, c) = Desk::cancel;
        #[idempotent(by = c)]
        step d(desk, c) -> Booking = Desk::book
            compensate(desk, d) = Desk::cancel;
        #[idempotent(by = d)]
        step e(desk, d) -> Booking = Desk::book
            compensate(desk, e) = Desk::cancel;
        #[idempotent(by = e)]
        step f(desk, e) -> Booking = Desk::book
            compensate(desk, f) = Desk::cancel;
        #[idempotent(by = f)]
        step g(desk, f) -> Booking = Desk::book
            compensate(desk, g) = Desk::cancel;
        #[idempotent(by = g)]
        step h(desk, g) -> Booking = Desk::book
            compensate(desk, h) = Desk::cancel;

        h
    }
}

/// Has every event at once.
#[derive(Clone, Debug, Default)]
pub struct Bus;

impl Bus {
    #[allow(
        clippy::unused_async,
        reason = "what hands an event over is a future, as it would be with a real consumer"
    )]
    async fn publish(&self, event: &Booking, key: &Key) -> Result<(), Refused> {
        let _ = (event, key);
        Ok(())
    }
}

saga! {
    /// Eight steps, and an event of the last one.
    #[classify(typed_saga::transient)]
    #[timeout(1h)]
    pub durable saga Telling(first: Booking)
    with (desk: Desk, bus: Bus)
    -> Result<Booking, Refused> emit Booking
    {
        #[idempotent(by = first)]
        step a(desk, first) -> Booking = Desk::book
            compensate(desk, a) = Desk::cancel;
        #[idempotent(by = a)]
        step b(desk, a) -> Booking = Desk::book
            compensate(desk, b) = Desk::cancel;
        #[idempotent(by = b)]
        step c(desk, b) -> Booking = Desk::book
            compensate(desk, c) = Desk::cancel;
        #[idempotent(by = c)]
        step d(desk, c) -> Booking = Desk::book
            compensate(desk, d) = Desk::cancel;
        #[idempotent(by = d)]
        step e(desk, d) -> Booking = Desk::book
            compensate(desk, e) = Desk::cancel;
        #[idempotent(by = e)]
        step f(desk, e) -> Booking = Desk::book
            compensate(desk, f) = Desk::cancel;
        #[idempotent(by = f)]
        step g(desk, f) -> Booking = Desk::book
            compensate(desk, g) = Desk::cancel;
        #[idempotent(by = g)]
        step h(desk, g) -> Booking = Desk::book
            compensate(desk, h) = Desk::cancel;

        emit(h => [*h]);
        publish(bus, event, key) = Bus::publish;

        h
    }
}

saga! {
    /// Waits for a day, again and again, after its first step.
    #[classify(typed_saga::transient)]
    #[timeout(1h)]
    pub durable saga Waiting(first: Booking) with (desk: Desk) -> Result<(), Refused> {
        #[idempotent(by = first)]
        step a(desk, first) -> Booking = Desk::book
            compensate(desk, a) = Desk::cancel;

        #[retry(forever, 24h..24h, jitter = false)] #[idempotent(by = a)]
        step b(a) { Err(Refused(a.number)) }
            compensate none
    }
}

/// An engine over a file, with this many slots and no limit on its recovery rate.
///
/// # Errors
/// If the file cannot be opened.
pub async fn engine(file: &Path, desk: &Desk, slots: usize) -> super::Result<Engine> {
    let engine = builder(Sqlite::open(file)?, desk).max_active(slots);
    Ok(engine.start().await?)
}

/// An engine over a store, without a limit on its recovery rate.
pub fn builder(store: impl Store, desk: &Desk) -> Builder {
    Engine::builder(store)
        .register::<Eight>(EightServices { desk: desk.clone() })
        .register::<Telling>(TellingServices {
            desk: desk.clone(),
            bus: Bus,
        })
        .register::<Waiting>(WaitingServices { desk: desk.clone() })
        .recovery_rate(1_000_000_000)
}

/// Waits until a dropped engine has released its file, and the log is merged into it.
///
/// # Errors
/// If the file cannot be opened for another reason.
pub async fn closed(file: &Path) -> super::Result<()> {
    loop {
        match Sqlite::open(file) {
            Ok(_) => return Ok(()),
            Err(StoreError::Owned { .. }) => sleep(Duration::from_millis(5)).await,
            Err(error) => return Err(error.into()),
        }
    }
}

/// Runs sagas with numbers from `from` on, this many in all and this many at once, and checks that
/// they complete.
///
/// # Errors
/// If one does not.
///
/// # Panics
/// If one completes without all of its steps.
pub async fn run(engine: &Engine, from: usize, sagas: usize, at_once: usize) -> super::Result<()> {
    let saga = || Eight {
        first: Booking::NONE,
    };
    run_all(engine, "s", saga, from..from + sagas, at_once).await
}

/// The same with an event each, until it is delivered.
///
/// # Errors
/// If one does not complete.
///
/// # Panics
/// If one completes without all of its steps.
pub async fn tell(engine: &Engine, from: usize, sagas: usize, at_once: usize) -> super::Result<()> {
    let saga = || Telling {
        first: Booking::NONE,
    };
    run_all(engine, "t", saga, from..from + sagas, at_once).await
}

async fn run_all<S>(
    engine: &Engine,
    name: &'static str,
    saga: fn() -> S,
    numbers: Range<usize>,
    at_once: usize,
) -> super::Result<()>
where
    S: Durable<Output = Booking, Error = Refused>,
{
    let next = Arc::new(AtomicUsize::new(numbers.start));
    let tasks: Vec<_> = (0..at_once)
        .map(|_| {
            let (engine, next) = (engine.clone(), Arc::clone(&next));
            let end = numbers.end;
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= end {
                        return super::Result::Ok(());
                    }
                    let id = format!("{name}-{number}");
                    let handle = engine.submit(id, saga()).await?;
                    let ended = if S::DEFINITION.publish.is_some() {
                        handle.finished().await
                    } else {
                        handle.outcome().await
                    };
                    let last = ended?.into_result();
                    let last = last.map_err(|error| format!("{error:?}"))?;
                    assert_eq!(last.number, 8, "all steps have run");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(())
}
