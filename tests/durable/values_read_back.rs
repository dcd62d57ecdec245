//! Whatever a saga decides by, or passes to code of the user, is the value that was read back from
//! its record, from the first moment: each kind of value, at each place, without a restart, after
//! waits, and after a crash at each write, and in memory.

mod odd;
mod sagas;

use crate::durable::lives::lives;
use odd::{Kind, Odd, Seen};
use sagas::{Again, AgainServices, ByHand, ByHandServices, Outer, OuterServices, OuterSignal};
use serde_json::to_value;
use std::time::Duration;
use tokio::runtime::Builder;
use typed_saga::{
    Outcome as InMemory,
    engine::{Action, Attribution, DurableOutcome, Engine, Memory, Settled},
};
use typed_saga_conformance::Faulty;

const FOREVER: Duration = Duration::from_secs(1_000_000);
const AT_ONCE: Duration = Duration::from_millis(1);

fn outer(fails: bool) -> Outer {
    let many = vec![Odd::made(); 3];
    Outer {
        given: Odd::made(),
        many,
        fails,
    }
}

async fn engine(store: Faulty<Memory>, seen: &Seen, unload_after: Duration) -> Engine {
    let builder = Engine::builder(store)
        .register::<Outer>(OuterServices { seen: seen.clone() })
        .register::<Again>(AgainServices { seen: seen.clone() })
        .register::<ByHand>(ByHandServices { seen: seen.clone() });
    let builder = builder.unload_after(unload_after);
    builder.start().await.unwrap()
}

/// Runs the saga in processes that end at these writes, then to its end, and has one more caller
/// join it. Gives how many writes each process made.
fn run(seen: &Seen, fails: bool, unload_after: Duration, crashes: &[(bool, u64)]) -> Vec<u64> {
    let memory = Memory::new();
    let live = async |store: Faulty<Memory>| {
        let engine = engine(store, seen, unload_after).await;
        let handle = engine.submit("it", outer(fails)).await.unwrap();
        let sent = OuterSignal::Sent(Odd::made());
        engine.signal::<Outer>("it", sent).await.unwrap();
        match handle.finished().await.unwrap() {
            DurableOutcome::Completed(output) => seen.at("output", &output),
            DurableOutcome::Compensated(_) if fails => {}
            other => panic!("{other:?}"),
        }
        drop(engine.shutdown(FOREVER).await);
    };
    let writes = lives(&memory, crashes, live);
    lives(&memory, &[], live);
    writes
}

/// Runs the saga in memory.
fn in_memory(seen: &Seen, fails: bool) {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let handle = outer(fails).with(seen.clone()).id("it").start();
        let sent = OuterSignal::Sent(Odd::made());
        handle.signal(sent).await;
        match handle.finished().await {
            InMemory::Completed(output) => seen.at("output", &output),
            InMemory::Compensated(_) if fails => {}
            other => panic!("{other:?}"),
        }
    });
}

/// The places that are seen only by a saga that completes.
const COMPLETED: [&str; 3] = ["after", "decided", "output"];

#[test]
fn each_value_is_the_same_at_each_place_whenever_it_is_seen() {
    let mut runs = 0;
    for kind in Kind::ALL {
        let made = Odd::of(kind);
        for fails in [false, true] {
            let seen = Seen::default();
            run(&seen, fails, FOREVER, &[]);
            let writes = run(&seen, fails, AT_ONCE, &[])[0];
            in_memory(&seen, fails);
            // Before the first write, and after each.
            let crashes = [(false, 0)].into_iter();
            for crash in crashes.chain((0..writes).map(|write| (true, write))) {
                run(&seen, fails, AT_ONCE, &[crash]);
                runs += 1;
            }
            let all = seen.all();
            let read = format!("{:?}", made.read_back());
            for place in ["fetched", "made", "found", "instead", "sent"] {
                assert_eq!(all[place], read, "{place}");
            }
            for place in COMPLETED {
                assert_eq!(all.contains_key(place), !fails, "{place}");
            }
            assert_eq!(all.len(), if fails { 27 } else { 28 }, "{:?}", all.keys());
        }
    }
    assert!(runs > 700, "{runs}");
}

#[test]
fn each_value_is_the_same_in_its_round_whenever_it_is_seen() {
    for kind in Kind::ALL {
        let (made, seen) = (Odd::of(kind), Seen::default());
        let live = |crashes: &[(bool, u64)]| {
            let writes = lives(&Memory::new(), crashes, async |store| {
                let engine = engine(store, &seen, AT_ONCE).await;
                let many = vec![made.clone(); 2];
                let handle = engine.submit("it", Again { many }).await.unwrap();
                handle.outcome().await.unwrap().into_result().unwrap();
                drop(engine.shutdown(FOREVER).await);
            });
            writes[0]
        };
        for write in 0..live(&[]) {
            live(&[(true, write)]);
        }
        let places: Vec<_> = seen.all().into_keys().collect();
        assert_eq!(
            places,
            [
                "made",
                "round of 0",
                "round of 1",
                "stays of 0",
                "stays of 1"
            ]
        );
    }
}

#[test]
fn the_effect_that_an_operator_gives_is_the_same_whenever_it_is_seen() {
    for kind in Kind::ALL {
        let (made, seen) = (Odd::of(kind), Seen::default());
        for unload_after in [FOREVER, AT_ONCE] {
            let memory = Memory::new();
            lives(&memory, &[], async |store| {
                let engine = engine(store, &seen, unload_after).await;
                let handle = engine.submit("it", ByHand {}).await.unwrap();
                let parked = handle.outcome().await.unwrap();
                assert!(matches!(parked, DurableOutcome::Parked(_)), "{parked:?}");
                let settled = Settled::Applied(to_value(&made).unwrap());
                let step = "told".to_owned();
                let who = Attribution::default;
                for action in [Action::Settle { step, settled }, Action::Resume] {
                    engine.act::<ByHand>("it", action, who()).await.unwrap();
                }
                let output = handle.outcome().await.unwrap().into_result().unwrap();
                seen.at("output", &output);
                drop(engine.shutdown(FOREVER).await);
            });
        }
        assert_eq!(seen.all().len(), 3);
    }
}
