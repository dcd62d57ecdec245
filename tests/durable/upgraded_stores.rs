//! The first version, the second one, and the first one again, on each store.

use crate::durable::{
    upgraded::{self, NO, ends},
    weak::{file, open},
    world::{Trouble, World},
};
use saga_postgres_server::Server;
use std::{
    future::pending,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};
use typed_saga::{
    Key,
    engine::{
        DurableOutcome, Engine, Memory, SagaId, State, Store,
        for_logs::{
            Solo, SoloRun, SoloStep, Tape,
            record::{self, Record, RecordKind},
        },
    },
    postgres::Postgres,
};

/// The world, with one call that is not answered.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    world: World,
    silent: Arc<Mutex<&'static str>>,
    asked: Arc<watch::Sender<bool>>,
}

impl Desk {
    fn new() -> Self {
        let world = World::default();
        (0..9).for_each(|_| world.fails("+d", NO));
        Self {
            world,
            silent: Arc::default(),
            asked: Arc::new(watch::Sender::new(false)),
        }
    }

    /// From now on this one alone is not answered.
    fn is_silent_at(&self, call: &'static str) {
        *self.silent.lock().unwrap() = call;
        self.asked.send_replace(false);
    }

    pub(crate) async fn call(&self, call: &'static str, key: &Key) -> Result<(), Trouble> {
        if *self.silent.lock().unwrap() == call {
            self.asked.send_replace(true);
            pending::<()>().await;
        }
        self.world.call(call, key)
    }

    async fn is_asked(&self) {
        let mut asked = self.asked.subscribe();
        drop(asked.wait_for(|asked| *asked).await.unwrap());
    }
}

/// A version of the order: what stands before its step `c`, and what comes after all steps.
macro_rules! version {
    ($version:ident($desk:ident) [$($c:tt)*] $($more:tt)*) => {
        mod $version {
            use super::{Desk, Trouble};

            typed_saga::saga! {
                #[classify(Trouble::verdict)] #[timeout(1h)]
                pub(super) durable saga Order() with ($desk: Desk) -> Result<(), Trouble> {
                    #[idempotent] #[retry(9, 1ms..1ms)]
                    step a($desk, key) -> u32 { $desk.call("+a", key).await.map(|()| 1) }
                        compensate($desk, key) { $desk.call("-a", key).await }
                    #[idempotent] #[retry(9, 1ms..1ms)]
                    step b($desk, key) -> u32 { $desk.call("+b", key).await.map(|()| 2) }
                        compensate($desk, key) { $desk.call("-b", key).await }
                    $($c)* #[idempotent] #[retry(9, 1ms..1ms)]
                    step c($desk, key) -> u32 { $desk.call("+c", key).await.map(|()| 3) }
                        compensate($desk, key) { $desk.call("-c", key).await }
                    #[idempotent] #[retry(9, 1ms..1ms)]
                    step d($desk, key) -> u32 { $desk.call("+d", key).await.map(|()| 4) }
                        compensate($desk, key) { $desk.call("-d", key).await }
                    $($more)*
                    { let _ = (a, b, c, d); }
                }
            }
        }
    };
}

version! { first(desk) [#[savepoint(2, 1ms..1ms)]] }
version! { second(desk) []
    #[idempotent]
    step e(desk, key) { desk.call("+e", key).await }
        compensate none
}

/// What was called, when the first version, the second one, and the first one again have run it; or
/// the first and the second one alone.
const THERE_AND_BACK: &str = "+a +b +c +d -c +c +d -c +c +d -c -b -a";
const THERE: &str = "+a +b +c +d -c -b -a";

fn check(desk: &Desk, returns: bool, records: &[Record]) {
    let calls = if returns { THERE_AND_BACK } else { THERE };
    assert_eq!(desk.world.calls(), calls);
    let switches = records
        .iter()
        .filter(|record| record.what == RecordKind::Redefined);
    let switches: Vec<_> = switches.map(|record| record.from_here).collect();
    assert_eq!(switches, vec![true; if returns { 2 } else { 1 }]);
}

async fn leaves(engine: Engine, desk: &Desk) {
    timeout(Duration::from_secs(60), desk.is_asked())
        .await
        .unwrap();
    drop(engine.shutdown(Duration::ZERO).await);
}

async fn there<S: Store>(store: impl AsyncFn() -> S, returns: bool) {
    let desk = Desk::new();
    let services = || first::OrderServices { desk: desk.clone() };
    desk.is_silent_at("+b");
    let builder = Engine::builder(store().await).register::<first::Order>(services());
    let engine = builder.start().await.unwrap();
    drop(engine.submit("o", first::Order {}).await.unwrap());
    leaves(engine, &desk).await;

    let second = || second::OrderServices { desk: desk.clone() };
    if returns {
        desk.is_silent_at("+c");
        let builder = Engine::builder(store().await).register::<second::Order>(second());
        leaves(builder.start().await.unwrap(), &desk).await;
        desk.is_silent_at("");
        let outcome = ends::<first::Order>(store().await, services()).await;
        assert!(
            matches!(outcome, Ok(DurableOutcome::Compensated(_))),
            "{outcome:?}"
        );
    } else {
        desk.is_silent_at("");
        let outcome = ends::<second::Order>(store().await, second()).await;
        assert!(
            matches!(outcome, Ok(DurableOutcome::Compensated(_))),
            "{outcome:?}"
        );
    }
    let records = upgraded::records(&store().await).await;
    check(&desk, returns, &records);
}

#[tokio::test]
async fn in_memory() {
    for returns in [false, true] {
        let store = Memory::new();
        there(async || store.clone(), returns).await;
    }
}

#[tokio::test]
async fn in_a_file() {
    for returns in [false, true] {
        let path = file("upgraded");
        there(async || open(&path).await, returns).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_database() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    for returns in [false, true] {
        let url = server.database();
        there(
            async || Postgres::connect(&url, "test").await.unwrap(),
            returns,
        )
        .await;
    }
}

/// Follows a run until a call is not answered, or it ends.
async fn follow(mut run: SoloRun, tape: &mut Option<Tape>) {
    while let Ok(step) = timeout(Duration::from_millis(300), run.step()).await {
        let SoloStep::Write(written) = step.unwrap() else {
            return;
        };
        match &mut *tape {
            Some(tape) => tape.push(&written).unwrap(),
            none => *none = Some(Tape::begin(SagaId::new("Order", "o"), &written).unwrap()),
        }
        run.acknowledge(Instant::now()).unwrap();
        if written.rests().is_some() {
            return;
        }
    }
}

#[tokio::test]
async fn in_the_log_of_another_program() {
    for returns in [false, true] {
        let (desk, mut tape) = (Desk::new(), None);
        let first = Solo::<first::Order>::new(first::OrderServices { desk: desk.clone() });
        let second = Solo::<second::Order>::new(second::OrderServices { desk: desk.clone() });
        desk.is_silent_at("+b");
        follow(first.begin("o", "{}", None).unwrap(), &mut tape).await;
        if returns {
            desk.is_silent_at("+c");
            follow(second.go_on(tape.as_ref().unwrap()).unwrap(), &mut tape).await;
        }
        desk.is_silent_at("");
        while tape.as_ref().unwrap().stored().row.state != State::Compensated {
            let tape_now = tape.as_ref().unwrap();
            let run = if returns {
                first.go_on(tape_now)
            } else {
                second.go_on(tape_now)
            };
            follow(run.unwrap(), &mut tape).await;
            sleep(Duration::from_millis(2)).await;
        }
        let tape = tape.unwrap();
        let commits = tape.stored().commits.iter();
        let records: Vec<_> = commits
            .flat_map(|commit| record::decode(&commit.records).unwrap())
            .collect();
        check(&desk, returns, &records);
    }
}
