//! The database's clock is set back while sagas wait.

use crate::fleet::takeover::within;
use saga_postgres_server::Server;
use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{sync::watch, time::sleep};
use typed_saga::{
    engine::{DurableOutcome, Engine},
    postgres::Postgres,
    saga,
};

const LEASE: Duration = Duration::from_millis(900);
const HOUR: i64 = 60 * 60;

/// A gate that is closed for who asks first.
#[derive(Clone)]
struct Gate {
    asked: Arc<Mutex<HashSet<String>>>,
    /// Whether what is asked beside it is answered.
    answers: Arc<watch::Sender<bool>>,
}

#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Closed;

impl Gate {
    fn pass(&self, who: &str) -> Result<u32, Closed> {
        let first = self.asked.lock().unwrap().insert(who.to_owned());
        if first { Err(Closed) } else { Ok(1) }
    }

    async fn answer(&self) -> Result<(), Closed> {
        let mut answers = self.answers.subscribe();
        answers.wait_for(|answers| *answers).await.unwrap();
        Ok(())
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(1h)]
    durable saga Soon(who: String) with (gate: Gate) -> Result<u32, Closed> {
        concurrent {
            #[retry(2, 5s..5s, jitter = false)]
            read passed(gate, who) -> u32 { gate.pass(who) }
            read beside(gate) -> () = Gate::answer;
        }

        passed
    }
}

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(1h)]
    durable saga Patient(who: String) with (gate: Gate) -> Result<u32, Closed> {
        concurrent {
            #[retry(2, 2h..2h, jitter = false)]
            read passed(gate, who) -> u32 { gate.pass(who) }
            read beside(gate) -> () = Gate::answer;
        }

        passed
    }
}

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(1h)]
    durable saga Hurried(who: String) with (gate: Gate) -> Result<u32, Closed> {
        #[timeout(5s)]
        step passed(who) -> u32 = saga Patient { who: who.clone() } with (gate);

        passed
    }
}

/// A saga that waits for five seconds while it is at hand is not released for the hour by which the
/// clock was set back, when a call beside the wait has ended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_wait_of_a_saga_at_hand_is_longer() {
    let Some(server) = Server::start(&["fsync=off", "allow_system_table_mods=on"]) else {
        return;
    };
    let url = server.database();
    server.own_clock("d0");
    server.set_clock("d0", HOUR);
    let gate = Gate {
        asked: Arc::default(),
        answers: Arc::new(watch::Sender::new(false)),
    };
    let store = Postgres::connect(&url, "test").await.unwrap();
    let services = || gate.clone();
    let builder = Engine::builder(store)
        .register::<Soon>(SoonServices { gate: services() })
        .register::<Patient>(PatientServices { gate: services() })
        .register::<Hurried>(HurriedServices { gate: services() });
    let engine = builder.lease(LEASE).start().await.unwrap();
    let who = |name: &str| name.to_owned();
    let retries = engine.submit("a", Soon { who: who("a") }).await.unwrap();
    let has_deadline = engine.submit("b", Patient { who: who("b") });
    let has_deadline = has_deadline.deadline(Duration::from_secs(5)).await.unwrap();
    let child = engine.submit("c", Hurried { who: who("c") }).await.unwrap();
    while gate.asked() < 3 {
        sleep(Duration::from_millis(10)).await;
    }
    server.set_clock("d0", 0);
    // Until the engine has renewed its lease twice: it knows, by the first.
    let expires = || server.sql("d0", "SELECT max(expires) FROM saga.worker");
    for _ in 0..2 {
        let before = expires();
        within(async {
            while expires() == before {
                sleep(Duration::from_millis(10)).await;
            }
        })
        .await;
    }
    gate.answers.send_replace(true);
    let outcome = within(retries.outcome()).await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Completed(1)),
        "{outcome:?}"
    );
    let outcome = within(has_deadline.outcome()).await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Compensated(_)),
        "{outcome:?}"
    );
    let outcome = within(child.outcome()).await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Compensated(_)),
        "{outcome:?}"
    );
}
