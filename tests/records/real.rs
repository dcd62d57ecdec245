//! Journals of sagas that ran.

use super::sagas::{Everything, EverythingServices, EverythingSignal, World};
use serde_json::Value;
use std::{sync::OnceLock, time::Duration};
use tokio::time::{sleep, timeout};
use typed_saga::engine::{Engine, Memory, ReadStore, SagaId};

/// How many there are.
pub(crate) const COUNT: u64 = 32;

/// A journal: the records of each commit.
pub(crate) type Journal = Vec<Vec<Value>>;

/// Journals of sagas that went well, failed, turned, waited and parked.
pub(crate) fn journals() -> &'static [Journal] {
    static JOURNALS: OnceLock<Vec<Journal>> = OnceLock::new();
    JOURNALS.get_or_init(|| (0..COUNT).map(recorded).collect())
}

/// That of a saga with this trouble.
fn recorded(seed: u64) -> Journal {
    let memory = Memory::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without I/O");
    runtime.block_on(async {
        let world = if seed == 0 {
            World::default()
        } else {
            World::with_trouble(seed)
        };
        let engine = Engine::builder(memory.clone());
        let engine = engine.register::<Everything>(EverythingServices { world });
        let engine = engine.start().await.expect("an empty store");
        let far = seed % 4 != 0;
        let handle = engine.submit("it", Everything { far }).await;
        let handle = handle.expect("a store that works");
        if seed % 3 == 1 {
            let signal = EverythingSignal::Paid(7);
            drop(engine.signal::<Everything>("it", signal).await);
        }
        if seed % 5 == 4 {
            sleep(Duration::from_millis(30 * seed)).await;
            drop(handle.cancel().await);
        }
        drop(timeout(Duration::from_secs(3_600), handle.finished()).await);
        if seed % 2 == 1 {
            drop(
                engine
                    .resume::<Everything>("it", typed_saga::engine::Attribution::default())
                    .await,
            );
            drop(timeout(Duration::from_secs(3_600), handle.finished()).await);
        }
        let saga = SagaId::new(&*Everything::DEFINITION.name, "it");
        let stored = memory.load(saga).await.expect("a store that works");
        let stored = stored.expect("it was submitted");
        let records = |text: &str| serde_json::from_str(text).expect("what the engine wrote");
        let commits = stored.commits.iter();
        commits.map(|commit| records(&commit.records)).collect()
    })
}
