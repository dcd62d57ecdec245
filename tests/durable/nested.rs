//! Sagas as steps, taken up in the middle by the next process.

use crate::durable::{
    lives::lives,
    world::{Trouble, World},
};
use std::time::Duration;
use tokio::runtime::Builder;
use typed_saga::{
    Verdict,
    engine::{DurableOutcome, Engine, Memory, ReadStore, SagaId},
    saga,
};
use typed_saga_conformance::Faulty;

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    durable saga Wrap(note: String) with (world: World) -> Result<u32, Trouble> {
        #[idempotent]
        step paper(world, note, key) -> u32 {
            assert_eq!(note, "from Ada");
            world.call("+paper", key).map(|()| 1)
        }
            #[by_key]
            compensate(world, key) { world.call("-paper", key) }
        #[idempotent] #[retry(2, 1s..1s, jitter = false)]
        step bow(world, paper, key) -> u32 { world.call("+bow", key).map(|()| paper + 1) }
            #[by_key]
            compensate(world, key) { world.call("-bow", key) }

        paper + bow
    }

    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    durable saga Order(note: String) with (world: World) -> Result<u32, Trouble> {
        #[idempotent]
        step stock(world, key) -> u32 { world.call("+stock", key).map(|()| 10) }
            #[by_key]
            compensate(world, key) { world.call("-stock", key) }

        #[retry(2, 1s..1s, jitter = false)] #[timeout(1h)]
        step wrapped(note) -> u32 = saga Wrap { note: format!("from {note}") } with (world);

        #[idempotent]
        step bill(world, wrapped, key) -> u32 { world.call("+bill", key).map(|()| wrapped + 5) }
            #[by_key]
            compensate(world, key) { world.call("-bill", key) }

        stock + wrapped + bill
    }
}

async fn engine(store: Faulty<Memory>, world: &World) -> Engine {
    let services = OrderServices {
        world: world.clone(),
    };
    let builder = Engine::builder(store).register::<Order>(services);
    let builder = builder.unload_after(Duration::from_millis(1));
    builder.start().await.unwrap()
}

/// What goes wrong: names of calls, how often, and how.
type Script = &'static [(&'static str, usize, Verdict)];

const SCRIPTS: [(Script, bool); 9] = [
    (&[], true),
    (&[("+bow", 1, Verdict::Transient)], true),
    (&[("+bow", 2, Verdict::Transient)], true),
    (&[("+bow", 20, Verdict::Transient)], false),
    (&[("+paper", 20, Verdict::Refused)], false),
    (
        &[
            ("+bow", 1, Verdict::Unknown),
            ("-bow", 2, Verdict::Transient),
        ],
        true,
    ),
    (
        &[
            ("+bow", 20, Verdict::Refused),
            ("-paper", 3, Verdict::Transient),
        ],
        false,
    ),
    (&[("+bill", 20, Verdict::Refused)], false),
    (
        &[
            ("+bill", 20, Verdict::Refused),
            ("-bow", 2, Verdict::Transient),
        ],
        false,
    ),
];

/// Runs the saga in processes that end at these writes, and then to its end. Gives how it ended,
/// and how many writes each process made.
fn run(script: Script, crashes: &[(bool, u64)]) -> (World, Option<u32>, Vec<u64>) {
    let (memory, world) = (Memory::new(), World::default());
    for (call, times, verdict) in script {
        for _ in 0..*times {
            world.fails(call, Trouble(*verdict, "on purpose".into()));
        }
    }
    let mut ended = None;
    let writes = lives(&memory, crashes, async |store| {
        let engine = engine(store, &world).await;
        let order = Order {
            note: "Ada".to_owned(),
        };
        let handle = engine.submit("order-42", order).await.unwrap();
        ended = Some(match handle.outcome().await.unwrap() {
            DurableOutcome::Completed(output) => Some(output),
            DurableOutcome::Compensated(error) => {
                assert!(error.is_clean(), "{error}");
                None
            }
            other => panic!("{other:?}"),
        });
        drop(engine.shutdown(Duration::from_secs(60)).await);
    });
    (world, ended.expect("the last process lives"), writes)
}

fn check(script: Script, completes: bool, crashes: &[(bool, u64)]) -> Vec<u64> {
    let (world, ended, writes) = run(script, crashes);
    let context = format!("{script:?} {crashes:?}: {}", world.calls());
    let standing: &[&str] = if completes {
        &["bill", "bow", "paper", "stock"]
    } else {
        &[]
    };
    assert_eq!(world.standing(), standing, "{context}");
    assert_eq!(ended, completes.then_some(10 + 3 + 8), "{context}");
    writes
}

#[test]
fn wherever_a_process_ends_the_next_one_goes_on_in_the_middle_of_a_child() {
    let mut runs = 0;
    for (script, completes) in SCRIPTS {
        let writes = check(script, completes, &[])[0];
        for write in 0..writes {
            for done in [false, true] {
                let then = check(script, completes, &[(done, write)]);
                runs += 1;
                if write % 3 == 0 {
                    for second in 0..then[1] {
                        check(script, completes, &[(done, write), (true, second)]);
                        runs += 1;
                    }
                }
            }
        }
    }
    assert!(runs > 200, "{runs}");
}

#[test]
fn the_inputs_of_a_child_are_on_record_with_its_attempt() {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let (memory, world) = (Memory::new(), World::default());
        let engine = engine(Faulty::new(memory.clone()), &world).await;
        let order = Order {
            note: "Ada".to_owned(),
        };
        let handle = engine.submit("order-42", order).await.unwrap();
        drop(handle.outcome().await.unwrap());
        let id = SagaId::new("Order", "order-42");
        let stored = memory.load(id).await.unwrap().unwrap();
        let text: Vec<_> = stored.commits.iter().map(|it| it.records.clone()).collect();
        let text = text.join("\n");
        assert!(
            text.contains(r#""what":"attempting","step":"wrapped","value":{"note":"from Ada"}"#),
            "{text}"
        );
        assert!(
            text.contains(r#""what":"applied","step":"wrapped/paper","value":1"#),
            "{text}"
        );
    });
}
