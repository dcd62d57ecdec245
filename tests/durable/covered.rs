//! `compensate with` on an engine: undone with another step, across processes.

use crate::durable::world::{Trouble, World};
use typed_saga::{
    Completeness, Verdict,
    engine::{Attribution, DurableOutcome, Engine, Memory, Settled},
    saga,
};

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    pub(crate) durable saga File(pages: u32) with (world: World) -> Result<u32, Trouble> {
        #[idempotent]
        step record(world, key) -> u32 { world.call("+record", key)?; Ok(1) }
            #[retry(1)]
            compensate(world, key) { world.call("-record", key) }

        #[idempotent]
        step lines(world, record, pages, key) -> u32 {
            world.call("lines", key)?;
            Ok(record + pages)
        }
            compensate with record

        #[idempotent]
        pivot sent(world, lines, key) -> u32 { world.call("+sent", key)?; Ok(*lines) }

        sent
    }
}

async fn engine(store: &Memory, world: &World) -> Engine {
    let services = FileServices {
        world: world.clone(),
    };
    let builder = Engine::builder(store.clone()).register::<File>(services);
    builder.start().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn it_stands_and_goes_with_the_other_across_processes() {
    let (store, world) = (Memory::new(), World::default());
    world.fails("+sent", Trouble(Verdict::Refused, "no stamps".into()));
    world.fails("-record", Trouble(Verdict::Transient, "locked".into()));
    let first = engine(&store, &world).await;
    let handle = first.submit("f", File { pages: 3 }).await.unwrap();
    let DurableOutcome::Parked(parked) = handle.outcome().await.unwrap() else {
        panic!("the record stands")
    };
    let Completeness::Parked(unsettled) = parked.error().completeness() else {
        panic!("{parked:?}")
    };
    assert_eq!(unsettled.still_applied, ["record", "lines"]);
    first.shutdown(std::time::Duration::from_secs(1)).await;

    let second = engine(&store, &world).await;
    let loaded = second.load::<File>("f").await.unwrap();
    assert_eq!(
        (loaded.effects.record, loaded.effects.lines),
        (Some(1), Some(4))
    );
    assert!(
        loaded.status.why.contains("`lines` is applied"),
        "{}",
        loaded.status.why
    );
    let by = || Attribution {
        actor: Some("ada".to_owned()),
        reason: None,
    };
    let lines = second
        .settle::<File>("f", "lines", Settled::Undone, by())
        .await;
    assert!(lines.is_err(), "it goes with the record: {lines:?}");
    let record = second.settle::<File>("f", "record", Settled::Undone, by());
    record.await.unwrap();
    let loaded = second.load::<File>("f").await.unwrap();
    assert_eq!((loaded.effects.record, loaded.effects.lines), (None, None));
    second.resume::<File>("f", by()).await.unwrap();
    let ended = second.submit("f", File { pages: 3 }).await.unwrap();
    let DurableOutcome::Compensated(error) = ended.outcome().await.unwrap() else {
        panic!("nothing stands")
    };
    assert!(error.is_clean());
    assert_eq!(world.calls(), "+record lines +sent -record");
}
