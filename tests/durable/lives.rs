//! Processes that end at a write, one after the other, on one store.

use std::time::Duration;
use tokio::{runtime::Builder, time::timeout};
use typed_saga::engine::Memory;
use typed_saga_conformance::Faulty;

/// More than any saga here takes.
const LONGEST: Duration = Duration::from_secs(86_400);

/// Lives `life` in a process for each of these crashes, which ends at that write (`true`: once it is
/// done), and in one more, which ends by itself. Gives how many writes each made.
pub(crate) fn lives(
    memory: &Memory,
    crashes: &[(bool, u64)],
    mut life: impl AsyncFnMut(Faulty<Memory>),
) -> Vec<u64> {
    let fates = crashes.iter().copied().map(Some).chain([None]);
    let writes = fates.map(|fate| {
        let store = Faulty::new(memory.clone());
        let store = match fate {
            None => store,
            Some((true, write)) => store.crash_after(write),
            Some((false, write)) => store.crash_before(write),
        };
        let runtime = Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            tokio::select! {
                biased;
                () = store.crashed() => {}
                lived = timeout(LONGEST, life(store.clone())) => lived.expect("it hangs"),
            }
        });
        drop(runtime);
        store.writes()
    });
    writes.collect()
}
