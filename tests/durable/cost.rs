//! What a lock costs that nobody else wants.

use super::locks::{No, Office, OrderLock};
use typed_saga::{
    engine::{DurableOutcome, Engine, Memory, ReadStore as _, SagaId},
    saga,
};

saga! {
    #[classify(No::verdict)]
    #[timeout(5s)]
    durable saga Costs(locks: bool) with (office: Office) -> Result<(), No> {
        #[idempotent]
        step opened(office, _key) { office.call("one", 7, "opened").await }
            compensate none

        #[when(locks => *locks)]
        #[timeout(never)]
        lock order_lock(=> OrderLock(7)) -> OrderLock;

        #[idempotent]
        step closed(office, _key) { office.call("one", 7, "closed").await }
            compensate none
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_free_costs_the_commit_that_requests_it() {
    let (store, office) = (Memory::new(), Office::default());
    let services = CostsServices { office };
    let builder = Engine::builder(store.clone()).register::<Costs>(services);
    let engine = builder.start().await.unwrap();
    let mut commits = Vec::new();
    for locks in [false, true] {
        let id = format!("with locks: {locks}");
        let handle = engine.submit(id.as_str(), Costs { locks }).await.unwrap();
        let outcome = handle.outcome().await.unwrap();
        assert!(matches!(outcome, DurableOutcome::Completed(())));
        let stored = store.load(SagaId::new("Costs", id)).await.unwrap();
        commits.push(stored.unwrap().commits.len());
    }
    assert_eq!(commits[1], commits[0] + 1, "{commits:?}");
}
