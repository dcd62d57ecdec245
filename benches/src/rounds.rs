//! Measuring in turns: each round times every row once, so that a slow phase of the machine slows
//! all of them.

use crate::stats::{float, median};
use std::{
    future::Future,
    hint::black_box,
    pin::Pin,
    time::{Duration, Instant},
};
use tokio::runtime::Runtime;
use tracing::{Dispatch, instrument::WithSubscriber};

type Repeated = Pin<Box<dyn Future<Output = Duration> + Send>>;

/// One row: code that is run over and over again.
pub struct Case {
    /// Its name in the table.
    pub name: &'static str,
    run: Box<dyn Fn(u64) -> Repeated>,
}

impl Case {
    /// A row that runs the futures returned by `run`.
    pub fn new<F, R>(name: &'static str, run: F) -> Self
    where
        F: Fn() -> R + Clone + Send + Sync + 'static,
        R: IntoFuture<IntoFuture: Send> + Send + 'static,
    {
        Self {
            name,
            run: Box::new(move |times| {
                let run = run.clone();
                Box::pin(async move {
                    // Taken inside the task, so that the start of the task does not count.
                    let start = Instant::now();
                    for _ in 0..times {
                        black_box(run().into_future().await);
                    }
                    start.elapsed()
                })
            }),
        }
    }

    /// The same where a subscriber hears of all runs: a new one each time, which makes the others
    /// unheard of.
    #[must_use]
    pub fn under(self, subscriber: fn() -> Dispatch) -> Self {
        let Self { name, run } = self;
        let run = move |times| -> Repeated { Box::pin(run(times).with_subscriber(subscriber())) };
        Self {
            name,
            run: Box::new(run),
        }
    }

    /// Runs it this often, one after the other, in one task of the runtime, and returns the time
    /// taken.
    ///
    /// # Panics
    /// If the run panics.
    pub fn run(&self, runtime: &Runtime, times: u64) -> Duration {
        let task = runtime.spawn((self.run)(times));
        runtime.block_on(task).expect("the row does not panic")
    }
}

/// The rows of one table. The first row is the floor.
pub struct Scenario {
    /// What all rows do.
    pub title: &'static str,
    /// The rows.
    pub cases: Vec<Case>,
}

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// How often to time each row.
    pub rounds: usize,
    /// About how long each time: less than the scheduler's time slice, so that most are not
    /// interrupted.
    pub span: Duration,
}

/// The result of a row.
#[derive(Clone, Copy, Debug)]
pub struct Timed {
    /// The row.
    pub name: &'static str,
    /// Nanoseconds per run: the median of the rounds.
    pub nanoseconds: f64,
    /// The median of its ratios to the first row, each taken within one round.
    pub to_floor: f64,
}

/// Times all rows of a scenario, in turns.
#[must_use]
pub fn measure(runtime: &Runtime, scenario: &Scenario, effort: Effort) -> Vec<Timed> {
    let cases = &scenario.cases;
    let times: Vec<_> = cases
        .iter()
        .map(|case| calibrated(runtime, case, effort.span))
        .collect();
    let mut found = vec![Vec::with_capacity(effort.rounds); cases.len()];
    for _ in 0..effort.rounds {
        for ((case, times), found) in cases.iter().zip(&times).zip(&mut found) {
            found.push(case.run(runtime, *times).as_secs_f64() * 1e9 / count(*times));
        }
    }
    let floor = found[0].clone();
    let rows = cases.iter().zip(found).map(|(case, found)| {
        let ratios = found.iter().zip(&floor).map(|(it, floor)| it / floor);
        Timed {
            name: case.name,
            to_floor: median(ratios.collect()).unwrap_or(f64::NAN),
            nanoseconds: median(found).unwrap_or(f64::NAN),
        }
    });
    rows.collect()
}

/// How often it runs in about that time. This also warms it up.
fn calibrated(runtime: &Runtime, case: &Case, span: Duration) -> u64 {
    let mut times = 1;
    loop {
        if case.run(runtime, times) > span / 2 {
            return times;
        }
        times *= 2;
    }
}

fn count(times: u64) -> f64 {
    float(usize::try_from(times).unwrap_or(usize::MAX))
}
