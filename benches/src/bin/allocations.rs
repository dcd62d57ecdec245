//! Counts what each row of the tables in memory allocates, and prints it: title, row, allocations and bytes for each saga, tabs between.

use saga_bench::{memory::scenarios, stats::float};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use tokio::runtime::Builder;

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// So many that what is allocated for all of them together, a task, does not count.
const TIMES: u16 = 1000;

fn main() {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("the system gives a runtime");
    let _entered = runtime.enter();
    for scenario in scenarios::all() {
        for case in &scenario.cases {
            case.run(&runtime, 10);
            let region = Region::new(COUNTED);
            case.run(&runtime, TIMES.into());
            let change = region.change();
            let each = |count| (float(count) / f64::from(TIMES) * 10.0).round() / 10.0;
            println!(
                "{}\t{}\t{}\t{}",
                scenario.title,
                case.name,
                each(change.allocations + change.reallocations),
                each(change.bytes_allocated).round()
            );
        }
    }
}
