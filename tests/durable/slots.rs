//! `max_active`: how many sagas are in memory at once, whatever they are woken up by.

use crate::durable::{
    weak::{file, open},
    world::Trouble,
};
use saga::{engine::Engine, saga};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{task::JoinSet, time::sleep};

/// How many calls run, and how many did at most.
#[derive(Clone, Debug, Default)]
struct Gauge(Arc<[AtomicUsize; 2]>);

impl Gauge {
    async fn call(&self) -> Result<(), Trouble> {
        let [now, most] = &*self.0;
        most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
        sleep(Duration::from_millis(5)).await;
        now.fetch_sub(1, SeqCst);
        Ok(())
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Request() with (gauge: Gauge) -> Result<(), Trouble> {
        #[timeout(never)]
        signal answered -> ();

        read worked(gauge) { gauge.call().await }
    }
}

const SLOTS: usize = 3;
const SAGAS: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sagas_that_signals_wake_up_have_no_more_slots_than_others() {
    let (store, gauge) = (open(&file("slots")).await, Gauge::default());
    let services = RequestServices {
        gauge: gauge.clone(),
    };
    let builder = Engine::builder(store).register::<Request>(services);
    let builder = builder.max_active(SLOTS).unload_after(Duration::ZERO);
    let engine = builder.start().await.unwrap();
    for id in 0..SAGAS {
        drop(engine.submit(id.to_string(), Request {}).await.unwrap());
    }
    let mut signals = JoinSet::new();
    for id in 0..SAGAS {
        let engine = engine.clone();
        signals.spawn(async move {
            let answered = RequestSignal::Answered(());
            engine
                .signal::<Request>(&id.to_string(), answered)
                .await
                .unwrap();
            let handle = engine.handle::<Request>(&id.to_string()).await.unwrap();
            drop(handle.outcome().await.unwrap());
        });
    }
    signals.join_all().await;
    assert!(gauge.0[1].load(SeqCst) <= SLOTS, "{gauge:?}");
}
