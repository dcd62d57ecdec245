//! `saga-twin RUNS SEED [SAGA]`: compares all sagas, or one, on this many courses each.
//! `saga-twin SAGA SEED`: one saga on the course of this seed, as a difference names it.

use saga_twin::{Course, Shape, shapes, soak};
use std::{env, process::ExitCode, thread};

fn main() -> ExitCode {
    let given: Vec<_> = env::args().skip(1).collect();
    let number = |text: &String| text.parse::<u64>().ok();
    let (Some(what), Some(seed)) = (given.first(), given.get(1).and_then(number)) else {
        eprintln!("usage: saga-twin RUNS SEED [SAGA] | saga-twin SAGA SEED");
        return ExitCode::from(2);
    };
    match what.parse() {
        Ok(runs) => all(runs, seed, given.get(2).map(String::as_str)),
        Err(_) => one(what, seed),
    }
}

fn one(saga: &str, seed: u64) -> ExitCode {
    let shapes = shapes();
    let Some(shape) = shapes.iter().find(|shape| shape.name() == saga) else {
        eprintln!("there is no saga {saga}");
        return ExitCode::from(2);
    };
    let course = Course::drawn(seed);
    println!("{course:?}");
    match shape.compare(&course) {
        Ok(found) => {
            for (how, found) in found {
                println!("===== {how}\n{found}");
            }
            ExitCode::SUCCESS
        }
        Err(found) => {
            println!("{found}");
            ExitCode::FAILURE
        }
    }
}

/// Each thread has every n-th saga, in runtimes of its own.
fn all(runs: usize, seed: u64, only: Option<&str>) -> ExitCode {
    println!("{runs} courses for each saga, from the seed {seed}: completed, compensated, others");
    let mut shapes = shapes();
    shapes.retain(|shape| only.is_none_or(|only| shape.name() == only));
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let of = |first: usize| shapes.iter().skip(first).step_by(threads);
    let found: usize = thread::scope(|scope| {
        let start = |first| {
            scope.spawn(move || {
                let differ = of(first).filter(|shape| differs(shape, runs, seed));
                differ.count()
            })
        };
        let begun: Vec<_> = (0..threads).map(start).collect();
        let ended = begun
            .into_iter()
            .map(|thread| thread.join().expect("no panic"));
        ended.sum()
    });
    if found > 0 {
        println!("{found} of {} sagas differ", shapes.len());
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn differs(shape: &Shape, runs: usize, seed: u64) -> bool {
    match soak(shape, runs, seed) {
        Ok(tally) => println!("{tally}"),
        Err(found) => {
            println!("{found}");
            return true;
        }
    }
    false
}
