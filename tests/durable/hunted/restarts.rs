//! The same saga in one process, and in one for each of its commits.

use super::{later, soon};
use crate::durable::world::{Trouble, World};
use std::time::Duration;
use tokio::time::sleep;
use typed_saga::{
    Verdict,
    engine::{Engine, Memory, SagaId, State, for_logs::record::RecordKind},
    saga,
};

saga! {
    /// Something of everything.
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Voyage() with (world: World) -> Result<u32, Trouble> {
        #[retry(2, 1s..1s, jitter = false)]
        read wind(world, key) -> u32 { world.slow("wind", key).await?; Ok(1) }
            fallback(failure) { let _ = failure; Ok(0) };

        #[idempotent] #[retry(2, 1s..1s, jitter = false)]
        step sails(world, wind, key) -> u32 { world.slow("+sails", key).await?; Ok(wind + 1) }
            #[retry(2, 1s..1s, jitter = false)]
            compensate(world, key) { world.slow("-sails", key).await }

        #[savepoint(1, 1s..1s, jitter = false)] #[late(4s)] #[retry(2, 1s..1s, jitter = false)]
        step crew(world, sails, key) -> u32 { world.slow("+crew", key).await?; Ok(sails + 1) }
            #[retry(2, 1s..1s, jitter = false)]
            resolve(world, key) { world.slow("?crew", key).await?; Ok(None) }
            compensate(world, key) { world.slow("-crew", key).await }

        #[idempotent]
        step cargo(world, crew, key) -> u32 { world.slow("+cargo", key).await?; Ok(crew + 1) }
            compensate none again;

        #[idempotent]
        pivot sailed(world, cargo, key) -> u32 { world.slow("+sailed", key).await?; Ok(cargo + 1) }

        #[idempotent] #[retry(2, 1s..1s, jitter = false)]
        step paid(world, sailed, key) -> u32 { world.slow("+paid", key).await?; Ok(sailed + 1) }

        paid
    }
}

/// What there is to compare of a saga that has ended: its records but for waits, the outcome's
/// words, its effects, the calls.
async fn ended(engine: &Engine, world: &World) -> [String; 4] {
    let history = engine.history(&SagaId::new("Voyage", "v")).await.unwrap();
    let records: Vec<_> = history
        .iter()
        .map(|entry| &entry.record)
        .filter(|record| record.what != RecordKind::Waiting)
        .map(|record| serde_json::to_string(record).unwrap())
        .collect();
    let handle = engine.handle::<Voyage>("v").await.unwrap();
    let outcome = soon(handle.outcome()).await.unwrap();
    let outcome = match outcome.error() {
        Some(error) => {
            let also: Vec<_> = error.also().iter().map(ToString::to_string).collect();
            format!("{error}, also {also:?}")
        }
        None => format!("{outcome:?}"),
    };
    let loaded = engine.load::<Voyage>("v").await.unwrap();
    let effects = format!("{:?}", loaded.effects);
    [records.join("\n"), outcome, effects, world.calls()]
}

/// The saga runs in one process, or in one for each commit; says in how many.
async fn voyage(trouble: &[(&'static str, Trouble)], restarts: bool) -> ([String; 4], u32) {
    let (store, world) = (Memory::new(), World::default());
    for (call, trouble) in trouble {
        world.fails(call, trouble.clone());
    }
    for processes in 1.. {
        let engine = Engine::builder(store.clone())
            .register::<Voyage>(VoyageServices {
                world: world.clone(),
            })
            .start()
            .await
            .unwrap();
        let handle = engine.submit("v", Voyage {}).await.unwrap();
        let before = handle.status().await.unwrap().row.commits;
        while restarts && handle.status().await.unwrap().row.commits == before {
            if !matches!(
                handle.status().await.unwrap().row.state,
                State::Running | State::Waiting
            ) {
                return (ended(&engine, &world).await, processes);
            }
            sleep(Duration::from_millis(100)).await;
        }
        if !restarts {
            drop(handle.outcome().await.unwrap());
            return (ended(&engine, &world).await, processes);
        }
        engine.shutdown(Duration::from_secs(60)).await;
    }
    unreachable!("it ends")
}

#[tokio::test(start_paused = true)]
async fn restarts_change_nothing_but_the_waits() {
    let no = || Trouble(Verdict::Refused, "no".into());
    let unknown = || Trouble(Verdict::Unknown, "no answer".into());
    let troubles: [&[(&'static str, Trouble)]; 9] = [
        &[],
        &[("wind", later()), ("wind", no()), ("+sails", later())],
        &[
            ("+crew", unknown()),
            ("?crew", later()),
            ("+crew", later()),
            ("+cargo", no()),
        ],
        &[
            ("+cargo", no()),
            ("+cargo", no()),
            ("-crew", later()),
            ("-sails", later()),
        ],
        &[("+cargo", unknown()), ("+cargo", no()), ("+cargo", later())],
        &[("+crew", unknown()), ("?crew", later()), ("?crew", no())],
        &[("+sailed", no()), ("+sailed", no())],
        &[
            ("+sailed", no()),
            ("-crew", no()),
            ("+sailed", no()),
            ("-sails", no()),
            ("-sails", later()),
        ],
        &[("+paid", later()), ("+paid", no())],
    ];
    for trouble in troubles {
        let (live, one) = voyage(trouble, false).await;
        let (again, many) = voyage(trouble, true).await;
        assert!(one == 1 && many > 3, "{many} processes");
        for (live, again) in live.iter().zip(&again) {
            assert_eq!(live, again, "{trouble:?}");
        }
    }
}
