//! A night in which everything happens that an operator is called for.

use super::{
    common::{Refund, Vendors, registered, trip},
    recorded::{Recorded, worker},
};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use typed_saga::{
    Verdict,
    engine::{
        Attribution, Engine, Memory, ReadStore, SagaId, State, Store,
        for_stores::{Change, Claim, Commit, Hold, Turn},
    },
};

pub(super) struct Night {
    engine: Engine,
    vendors: Vendors,
}

impl Night {
    pub(super) async fn pass() -> Recorded {
        let (memory, vendors) = (Memory::new(), Vendors::default());
        let engine = registered(Engine::builder(memory.clone()), &vendors);
        let engine = engine
            .unload_after(Duration::from_secs(20))
            .start()
            .await
            .unwrap();
        let begin = Instant::now();
        let night = Self { engine, vendors };
        night.ends().await;
        night.parks().await;
        night.goes_on().await;
        let recorded = Recorded::of(&memory, begin.elapsed()).await;
        damage(&recorded.memory).await;
        recorded
    }

    /// A trip that is over, or parked, before the next one begins.
    async fn trip(&self, id: &str) {
        let handle = self.engine.submit(id, trip()).await.unwrap();
        drop(handle.outcome().await.unwrap());
        sleep(Duration::from_secs(60)).await;
    }

    async fn ends(&self) {
        self.trip("trip-1").await;
        let refund = self.engine.submit("trip-1", Refund { amount: 180 });
        drop(refund.await.unwrap().outcome().await.unwrap());
        self.vendors
            .fail("+charge", 1, Verdict::Refused, "card declined");
        self.trip("trip-2").await;
    }

    async fn parks(&self) {
        let vendors = &self.vendors;
        vendors.fail("+charge", 1, Verdict::Refused, "card declined");
        vendors.fail("-hotel", 2, Verdict::Transient, "no line to the hotel");
        self.trip("trip-3").await;
        vendors.fail("+car", 1, Verdict::Unknown, "connection lost");
        vendors.fail("?car", 2, Verdict::Transient, "busy");
        self.trip("trip-4").await;
        vendors.fail("+charge", 1, Verdict::Refused, "card declined");
        vendors.fail("-hotel", 2, Verdict::Transient, "no line to the hotel");
        self.trip("trip-5").await;
        let who = Attribution::new("ada", "the hotel refunds by mail");
        let abandoned = self
            .engine
            .abandon::<super::common::BookTrip>("trip-5", who);
        abandoned.await.unwrap();
    }

    async fn goes_on(&self) {
        let (engine, vendors) = (&self.engine, &self.vendors);
        vendors.fail("+pay", 1, Verdict::Refused, "account closed");
        vendors.fail("-hold", 1_000, Verdict::Transient, "bank is closed");
        engine
            .submit("refund-9", Refund { amount: 70 })
            .await
            .unwrap();
        vendors.fail("+mail", 1, Verdict::Transient, "mailbox full");
        engine.submit("trip-6", trip()).await.unwrap();
        sleep(Duration::from_secs(12)).await;
        vendors.silent("+hotel", true);
        let late = engine.submit("trip-7", trip());
        late.deadline(Duration::from_secs(600)).await.unwrap();
        engine.submit("trip-8", trip()).await.unwrap();
        sleep(Duration::from_secs(5)).await;
    }
}

/// Something is in the journal that nobody can read.
async fn damage(memory: &Memory) {
    let saga = SagaId::new("BookTrip", "trip-8");
    let seq = memory
        .load(saga.clone())
        .await
        .unwrap()
        .unwrap()
        .row
        .commits;
    let at = memory
        .load(saga.clone())
        .await
        .unwrap()
        .unwrap()
        .row
        .updated;
    let records = r#"[{"what":"beamed","step":"hotel"}]"#.to_owned();
    let change = Change {
        state: State::Running,
        claim: Claim::Keep,
        fingerprint: None,
        events: Vec::new(),
        delivers: false,
        locks: Vec::new(),
    };
    let epoch = memory.open(worker()).await.unwrap().epoch;
    memory
        .claim_one(epoch, Turn(1), saga.clone(), None)
        .await
        .unwrap();
    let commit = Commit { seq, at, records };
    let appended = memory.append(
        epoch,
        Hold::new(saga, Turn(1)),
        commit,
        Some(change),
        Vec::new(),
    );
    appended.await.unwrap();
}
