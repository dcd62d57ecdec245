//! Two ways to read a saga, compared on random vendors: walked by hand and run, it makes the same
//! calls with the same arguments.

#[macro_use]
mod walk;
mod shapes;

use std::{
    cell::Cell,
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use proptest::{
    array::uniform32,
    prelude::any,
    test_runner::{Config, RngSeed, TestCaseError, TestRunner},
};
use tokio::runtime::{Builder, Runtime};
use typed_saga::{
    Cause, Failure, Key, Outcome,
    runtime::{Machine, Prepared},
};

/// What a vendor says, drawn at random.
type Table = [u8; 32];

/// The error of all sagas here: which call of all it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Refused(usize);

/// A vendor that says yes or no by its table.
#[derive(Clone)]
struct Desk {
    table: Table,
    asked: Arc<Mutex<Asked>>,
}

#[derive(Default)]
struct Asked {
    trace: Vec<String>,
    calls: HashMap<&'static str, usize>,
}

impl Desk {
    fn new(table: Table) -> Self {
        Self {
            table,
            asked: Arc::default(),
        }
    }

    /// An action: it fails now and then. The answer is the number of the call.
    #[allow(clippy::unused_async, reason = "what a step awaits")]
    async fn go(&self, name: &'static str, arguments: String) -> Result<usize, Refused> {
        let (call, number) = self.ask(name, &arguments);
        if self.drawn(name, call) < 48 {
            Err(Refused(number))
        } else {
            Ok(number)
        }
    }

    /// A compensation: it fails now and then, but never twice in a row.
    #[allow(clippy::unused_async, reason = "what a step awaits")]
    async fn undo(&self, name: &'static str, arguments: String) -> Result<(), Refused> {
        let (call, number) = self.ask(name, &arguments);
        if call % 2 == 0 && self.drawn(name, call) < 48 {
            Err(Refused(number))
        } else {
            Ok(())
        }
    }

    fn ask(&self, name: &'static str, arguments: &str) -> (usize, usize) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.trace.push(format!("{name}({arguments})"));
        let call = asked.calls.entry(name).or_default();
        *call += 1;
        (*call - 1, asked.trace.len())
    }

    fn drawn(&self, name: &str, call: usize) -> u8 {
        let place: usize = name.bytes().map(usize::from).sum();
        self.table[(place * 5 + call * 7) % self.table.len()]
    }

    fn seen(&self, end: End) -> Seen {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        Seen {
            trace: std::mem::take(&mut asked.trace),
            end,
        }
    }
}

/// How a saga ended: its output, or the step that failed and its error.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Completed(String),
    Back(&'static str, Refused),
    Stuck(&'static str, Refused),
}

impl End {
    fn of(failure: &Failure<Refused>, end: fn(&'static str, Refused) -> Self) -> Self {
        match (failure.step(), failure.cause()) {
            // Which item it was, a walk does not tell.
            (Some(step), Cause::Failed(error)) => {
                let step = step.split('[').next().unwrap_or(step);
                end(step.to_owned().leak(), *error)
            }
            _ => unreachable!("desks give errors, and nothing else goes wrong: {failure:?}"),
        }
    }
}

/// All that can be seen of a saga.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    trace: Vec<String>,
    end: End,
}

impl Seen {
    /// With numbers in place of keys: a walk and a run have different ids.
    fn with_numbered_keys(mut self) -> Self {
        let mut keys: Vec<String> = Vec::new();
        let end = match &mut self.end {
            End::Completed(output) => Some(output),
            End::Back(..) | End::Stuck(..) => None,
        };
        for text in self.trace.iter_mut().chain(end) {
            for word in text.split(|c: char| !c.is_alphanumeric()) {
                if word.len() == Key::LENGTH && !keys.iter().any(|key| key == word) {
                    keys.push(word.to_owned());
                }
            }
            for (number, key) in keys.iter().enumerate() {
                *text = text.replace(key, &format!("key {number}"));
            }
        }
        self
    }
}

/// Runs a saga.
async fn run<M>(saga: Prepared<M>, desk: Desk) -> Seen
where
    M: Machine<Output = String, Error = Refused>,
{
    seen(saga.outcome().await, &desk)
}

/// The same, of one that waits for this signal.
async fn run_and_signal<M>(saga: Prepared<M>, desk: Desk, signal: M::Signal) -> Seen
where
    M: Machine<Output = String, Error = Refused>,
{
    let handle = saga.start();
    handle.signal(signal).await;
    seen(handle.outcome().await, &desk)
}

fn seen<M>(outcome: Outcome<M>, desk: &Desk) -> Seen
where
    M: Machine<Output = String, Error = Refused>,
{
    let end = match outcome {
        Outcome::Completed(output) => End::Completed(output),
        Outcome::Compensated(error) => End::of(error.failure(), End::Back),
        Outcome::Parked(parked) => End::of(parked.failure(), End::Stuck),
        Outcome::OutputLost(panic) => unreachable!("{panic:?}"),
    };
    desk.seen(end)
}

fn runtime() -> Runtime {
    let mut builder = Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build();
    runtime.expect("a runtime that needs nothing but time")
}

/// Compares both ways, on 256 tables.
fn compare<W: Future<Output = Seen>, R: Future<Output = Seen>>(
    walk: fn(Table) -> W,
    run: fn(Table) -> R,
) {
    let runtime = runtime();
    let (completed, failed) = (Cell::new(0), Cell::new(0));
    let config = Config {
        cases: 256,
        rng_seed: RngSeed::Fixed(saga_tests::seed()),
        failure_persistence: None,
        ..Config::default()
    };
    let result = TestRunner::new(config).run(&uniform32(any::<u8>()), |table| {
        let walked = runtime.block_on(walk(table));
        let ran = runtime.block_on(run(table));
        let ends = if matches!(ran.end, End::Completed(_)) {
            &completed
        } else {
            &failed
        };
        ends.set(ends.get() + 1);
        let [walked, ran] = [walked, ran].map(Seen::with_numbered_keys);
        if walked == ran {
            Ok(())
        } else {
            Err(TestCaseError::fail(format!(
                "walked: {walked:#?}\nran: {ran:#?}"
            )))
        }
    });
    if let Err(difference) = result {
        panic!("{difference}");
    }
    assert!(
        completed.get() > 5 && failed.get() > 5,
        "{completed:?} {failed:?}: the tables say too little"
    );
}
