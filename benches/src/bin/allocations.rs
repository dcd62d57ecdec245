//! Counts the allocations of each row of the tables in memory, and prints title, row, allocations
//! and bytes per saga, separated by tabs. Of loops: the bytes per item that are allocated while the
//! last one is under way.

use saga_bench::{loops, memory::scenarios, rounds::Case, stats::float};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::{
    alloc::System,
    sync::atomic::{AtomicUsize, Ordering},
};
use tokio::runtime::{Builder, Runtime};
use typed_saga::engine::Memory;

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
    for (row, name) in loops::ROWS.into_iter().enumerate() {
        let Some(items) = loops::items(row) else {
            continue;
        };
        let items = float(usize::try_from(items).expect("it fits"));
        let plain = more_at_the_last(async || loops::in_memory(row, probe).await);
        let kept = more_at_the_last(async || {
            let ended = loops::durable(Memory::new(), row, probe).await;
            ended.expect("a store in memory does not fail");
        });
        for (title, more) in [(loops::IN_MEMORY, plain), (loops::DURABLE, kept)] {
            println!("{title}\t{name}\t0\t{}", (float(more) / items).round());
        }
    }
}

/// How many bytes were allocated when the first probe was taken.
static PROBED: AtomicUsize = AtomicUsize::new(0);

fn probe() {
    let _ = PROBED.compare_exchange(0, live(), Ordering::Relaxed, Ordering::Relaxed);
}

/// How many bytes are allocated.
fn live() -> usize {
    let stats = COUNTED.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

/// How many more bytes than before are allocated when the last item of a loop begins. The runtime
/// is a new one, since what an engine has is dropped by its tasks.
fn more_at_the_last(run: impl AsyncFnOnce()) -> usize {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("the system gives a runtime");
    PROBED.store(0, Ordering::Relaxed);
    let before = live();
    runtime.block_on(run());
    PROBED.load(Ordering::Relaxed).saturating_sub(before)
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
