//! Loops that park, are resumed, settled, or shut down in the middle.

use crate::durable::{
    loops::{
        check,
        harness::{Case, Script, Stock, live, live_on},
        paused,
        sagas::{
            Behind, BehindServices, Standing, StandingServices, behind, in_pairs, in_turn,
            skipping, standing,
        },
    },
    world::Trouble,
};
use std::time::Duration;
use typed_saga::{
    Verdict,
    engine::{Attribution, DurableOutcome, Engine, Memory, SagaId, Settled},
    runtime::{Durable, Services},
};

/// Shuts the engine down while a call runs, behind as many others.
fn shut_down<S, V>(case: Case<S, V>, calls: usize) -> Vec<String>
where
    S: Durable<Error = Trouble, Output: std::fmt::Debug>,
    V: Services<S>,
{
    let (memory, stock) = (Memory::new(), Stock::default());
    paused(async {
        let builder = Engine::builder(memory.clone());
        let builder = builder.register::<S>((case.services)(stock.clone()));
        let engine = builder.start().await.unwrap();
        drop(engine.submit("order-42", (case.saga)()).await.unwrap());
        while stock.ledger().calls.len() < calls {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_millis(3)).await;
        drop(engine.shutdown(Duration::from_secs(60)).await);
    });
    let life = live_on(case, memory, stock, &[]);
    let calls = &life.stock.ledger().calls;
    calls.iter().map(|(call, _)| call.clone()).collect()
}

#[test]
fn an_item_that_does_not_succeed_behind_the_pivot_is_resumed_alone_by_the_next_process() {
    let life = live(behind(), &[("+parcel 1", 1, Verdict::Refused)], &[]);
    assert!(
        life.ended.contains(r#"unfinished: ["parcel[1]"]"#),
        "{}",
        life.ended
    );
    let before = life.stock.ledger().calls.len();
    paused(async {
        let services = BehindServices {
            stock: life.stock.clone(),
        };
        let builder = Engine::builder(life.memory.clone()).register::<Behind>(services);
        let engine = builder.start().await.unwrap();
        let who = Attribution::default();
        engine.resume::<Behind>("order-42", who).await.unwrap();
        let handle = engine.handle::<Behind>("order-42").await.unwrap();
        let outcome = handle.outcome().await.unwrap();
        assert!(matches!(outcome, DurableOutcome::Completed(parcels) if parcels == [0, 10, 20]));
    });
    let calls = life.stock.ledger().calls[before..].to_vec();
    let calls: Vec<_> = calls.iter().map(|(call, _)| call.as_str()).collect();
    assert_eq!(calls, ["+parcel 1"]);
}

#[test]
fn an_item_whose_calls_end_the_process_again_and_again_parks_the_saga() {
    let (memory, stock) = (Memory::new(), Stock::default());
    stock.ledger().kills = Some("+held 1".to_owned());
    for _ in 0..10 {
        paused(async {
            let services = in_turn::PackServices {
                stock: stock.clone(),
            };
            let builder = Engine::builder(memory.clone()).register::<in_turn::Pack>(services);
            let engine = builder.start().await.unwrap();
            let lines = vec![0, 1, 2];
            drop(
                engine
                    .submit("order-42", in_turn::Pack { lines })
                    .await
                    .unwrap(),
            );
            stock.1.notified().await;
        });
    }
    stock.ledger().kills = None;
    let life = live_on(in_turn::case(), memory, stock, &[]);
    let unsettled = r#"still_applied: ["first", "held[0]"], in_doubt: [], unfinished: ["held[1]", "held[2]", "bill", "sent"]"#;
    assert!(life.ended.contains(unsettled), "{}", life.ended);
    paused(async {
        let services = in_turn::PackServices {
            stock: life.stock.clone(),
        };
        let builder = Engine::builder(life.memory.clone()).register::<in_turn::Pack>(services);
        let engine = builder.start().await.unwrap();
        let who = Attribution::default();
        engine
            .resume::<in_turn::Pack>("order-42", who)
            .await
            .unwrap();
        let handle = engine.handle::<in_turn::Pack>("order-42").await.unwrap();
        let outcome = handle.outcome().await.unwrap();
        assert!(
            matches!(outcome, DurableOutcome::Completed(30)),
            "{outcome:?}"
        );
    });
    let standing = ["bill", "first", "held 0", "held 1", "held 2", "sent"];
    assert_eq!(life.stock.standing(), standing);
}

#[test]
fn an_item_that_stands_parks_the_saga_and_is_undone_alone_by_the_next_process() {
    let life = live(
        standing(),
        &[
            ("+bill", 1, Verdict::Refused),
            ("-held 1", 1, Verdict::Refused),
        ],
        &[],
    );
    assert!(
        life.ended
            .contains(r#"still_applied: ["first", "held[1]"]"#),
        "{}",
        life.ended
    );
    let before = life.stock.ledger().calls.len();
    paused(async {
        let services = StandingServices {
            stock: life.stock.clone(),
        };
        let builder = Engine::builder(life.memory.clone()).register::<Standing>(services);
        let engine = builder.start().await.unwrap();
        let who = Attribution::default();
        engine.resume::<Standing>("order-42", who).await.unwrap();
        let handle = engine.handle::<Standing>("order-42").await.unwrap();
        let outcome = handle.outcome().await.unwrap();
        assert!(
            matches!(outcome, DurableOutcome::Compensated(_)),
            "{outcome:?}"
        );
    });
    let calls = life.stock.ledger().calls[before..].to_vec();
    let calls: Vec<_> = calls.iter().map(|(call, _)| call.as_str()).collect();
    assert_eq!(calls, ["-held 1", "-first"]);
    assert_eq!(life.stock.standing(), [""; 0]);
}

#[test]
fn wherever_a_process_ends_an_item_that_stands_is_listed() {
    let script: Script = &[
        ("+bill", 20, Verdict::Refused),
        ("-held 1", 20, Verdict::Refused),
    ];
    assert!(check(standing(), script) > 5);
    let script: Script = &[
        ("+held 2", 20, Verdict::Refused),
        ("-held 1", 20, Verdict::Refused),
    ];
    assert!(check(standing(), script) > 5);
}

#[test]
fn an_engine_that_is_shut_down_leaves_a_loop_where_it_is() {
    for calls in 0..5 {
        // Nothing is in doubt.
        assert_eq!(shut_down(in_pairs::case(), calls).len(), 6);
    }
    // Between the loop and the first item that is not skipped nothing is called.
    assert_eq!(shut_down(skipping(), 0), ["+first", "+held 1", "+held 2"]);
}

#[test]
fn people_see_items_by_path_and_settle_them() {
    let script: Script = &[
        ("+bill", 1, Verdict::Refused),
        ("-held 1", 1, Verdict::Refused),
    ];
    let life = live(standing(), script, &[]);
    paused(async {
        let services = StandingServices {
            stock: life.stock.clone(),
        };
        let builder = Engine::builder(life.memory.clone()).register::<Standing>(services);
        let engine = builder.start().await.unwrap();
        let status = engine.status(&SagaId::new("Standing", "order-42")).await;
        assert_eq!(
            status.unwrap().why,
            "parked: failed first: `bill`: on purpose; \
             `first` is still applied, because its compensation was skipped, \
             `held[1]` is not compensated (its compensation failed once, last: on purpose)"
        );
        let who = Attribution::new("ada", "looked at it");
        let settled = engine.settle::<Standing>("order-42", "held[1]", Settled::Undone, who);
        settled.await.unwrap();
        let who = Attribution::default();
        engine.resume::<Standing>("order-42", who).await.unwrap();
        let handle = engine.handle::<Standing>("order-42").await.unwrap();
        let outcome = handle.outcome().await.unwrap();
        assert!(
            matches!(outcome, DurableOutcome::Compensated(_)),
            "{outcome:?}"
        );
    });
}
