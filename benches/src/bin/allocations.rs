//! Counts the allocations of each row of the tables in memory, and prints title, row, allocations
//! and bytes per saga, separated by tabs.

use saga_bench::{memory::scenarios, rounds::Case, stats::float};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use tokio::runtime::{Builder, Runtime};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How many runs to count. The difference to twice as many leaves out what is allocated once for
/// all of them.
const TIMES: u16 = 500;

fn main() {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("the system gives a runtime");
    let _entered = runtime.enter();
    for scenario in scenarios::all() {
        for case in &scenario.cases {
            case.run(&runtime, 10);
            let (some, more) = (
                counted(&runtime, case, TIMES),
                counted(&runtime, case, 2 * TIMES),
            );
            let each = |some: usize, more| float(more - some) / f64::from(TIMES);
            println!(
                "{}\t{}\t{}\t{}",
                scenario.title,
                case.name,
                (each(some.0, more.0) * 10.0).round() / 10.0,
                each(some.1, more.1).round()
            );
        }
    }
}

/// The allocations and bytes of this many runs.
fn counted(runtime: &Runtime, case: &Case, times: u16) -> (usize, usize) {
    let region = Region::new(COUNTED);
    case.run(runtime, times.into());
    let change = region.change();
    (
        change.allocations + change.reallocations,
        change.bytes_allocated,
    )
}
