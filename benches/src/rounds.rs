//! Measuring in turns: in each round every row is timed once, so that whatever slows the machine down for a while slows all of them.

use crate::stats::{float, median};
use std::{
    future::Future,
    hint::black_box,
    pin::Pin,
    time::{Duration, Instant},
};
use tokio::runtime::Runtime;

type Repeated = Pin<Box<dyn Future<Output = Duration> + Send>>;

/// One row: something that is run over and over again.
pub struct Case {
    /// What it is called in the table.
    pub name: &'static str,
    run: Box<dyn Fn(u64) -> Repeated>,
}

impl Case {
    /// A row whose run is made by `run`.
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
                    // In here, so that it does not count how long the runtime takes to begin with it.
                    let start = Instant::now();
                    for _ in 0..times {
                        black_box(run().into_future().await);
                    }
                    start.elapsed()
                })
            }),
        }
    }

    /// Runs it so often, one after the other, as a task of the runtime, and says how long that took.
    ///
    /// # Panics
    /// If it does.
    pub fn run(&self, runtime: &Runtime, times: u64) -> Duration {
        let task = runtime.spawn((self.run)(times));
        runtime.block_on(task).expect("the row does not panic")
    }
}

/// What is compared in one table. The first row is the floor.
pub struct Scenario {
    /// What all rows do.
    pub title: &'static str,
    /// The rows.
    pub cases: Vec<Case>,
}

/// How long is measured.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// How often each row is timed.
    pub rounds: usize,
    /// For about how long each time: less than the system lets a thread run before it takes its turn away, so that most are not interrupted.
    pub span: Duration,
}

/// What came of a row.
#[derive(Clone, Copy, Debug)]
pub struct Timed {
    /// The row.
    pub name: &'static str,
    /// Nanoseconds for one run: the median of the rounds.
    pub nanoseconds: f64,
    /// The median of its ratios to the first row, each within a round.
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

/// How often it runs in about that time; as a side effect, it is warm then.
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
