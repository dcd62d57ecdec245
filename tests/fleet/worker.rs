//! One worker of the fleet: an engine that submits sagas, and runs what it claims.

use crate::fleet::{
    ends::{follow, operate, report, signalling, tell, unended},
    line::{self, Line},
    news::{self, News, NewsServices},
    sagas::{
        Order, Rent, RentServices, Shape, Stay, StayServices, Tour, TourServices, Trip,
        TripServices,
    },
    second,
    visits::{Visit, VisitServices, any, of_id, visit},
};
use std::{env, io::Read, thread, time::Duration};
use tokio::{task::JoinSet, time::sleep};
use typed_saga::{
    engine::{Builder, Engine, EngineError},
    postgres::{Options, Postgres},
};

/// Short, so that much happens in a test.
pub(crate) const LEASE: Duration = Duration::from_millis(800);

/// How many sagas each worker has submitted that have not ended, of all kinds or with locks alone.
const UNDER_WAY: u64 = 12;
const WITH_LOCKS: u64 = 25;

#[derive(Debug)]
pub(crate) struct Task {
    /// Whether it is to bring everything to its end, and to tell the ends.
    pub(crate) finishes: bool,
    /// Whether it runs the other version.
    pub(crate) second: bool,
    /// Whether it submits sagas with locks alone.
    pub(crate) locks: bool,
    pub(crate) parent: String,
    /// The number of its first saga.
    pub(crate) first: u64,
    pub(crate) url: String,
}

pub(crate) const VARIABLE: &str = "SAGA_FLEET_TASK";

impl Task {
    pub(crate) fn from_environment() -> Option<Self> {
        let text = env::var(VARIABLE).ok()?;
        let words: Vec<_> = text.split(' ').collect();
        let &[finishes, second, locks, parent, first, url] = &*words else {
            panic!("a task has six parts: {text}");
        };
        Some(Self {
            finishes: finishes == "true",
            second: second == "true",
            locks: locks == "true",
            parent: parent.to_owned(),
            first: first.parse().expect("a number"),
            url: url.to_owned(),
        })
    }

    pub(crate) fn to_variable(&self) -> String {
        let Self {
            finishes,
            second,
            locks,
            parent,
            first,
            url,
        } = self;
        format!("{finishes} {second} {locks} {parent} {first} {url}")
    }
}

pub(crate) fn work(task: &Task) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let sent = runtime.expect("a runtime").block_on(async {
        let (line, sent) = Line::connect(&task.parent);
        lead(task, &line).await;
        drop(line);
        sent
    });
    sent.join().expect("the line is not cut");
}

async fn lead(task: &Task, line: &Line) {
    let engine = start(task, line).await;
    line.note("started 0");
    line.note(format_args!("clock {}", line::clock()));
    let operator = tokio::spawn(operate(engine.clone()));
    if task.finishes {
        while let found @ [_, ..] = &*unended(&engine).await {
            for saga in found {
                follow(engine.clone(), line.clone(), saga.clone()).await;
            }
        }
        report(&engine, line).await;
        news::report(&engine, line).await;
    } else {
        let mut sagas = JoinSet::new();
        let mut numbers = task.first..;
        let mut stop = Box::pin(told_to_stop());
        loop {
            let under_way = if task.locks { WITH_LOCKS } else { UNDER_WAY };
            while (sagas.len() as u64) < under_way {
                let number = numbers.next().expect("there are many");
                let order = if task.locks {
                    visit(number)
                } else {
                    any(number)
                };
                sagas.spawn(submit(engine.clone(), line.clone(), order));
                if number % 8 == 0 && !task.locks {
                    news::submit(&engine, line, number).await;
                }
            }
            tokio::select! {
                _ = sagas.join_next() => {}
                () = &mut stop => break,
            }
        }
        drop(engine.shutdown(Duration::from_secs(1)).await);
        sagas.shutdown().await;
    }
    operator.abort();
    drop(engine.shutdown(Duration::from_secs(10)).await);
}

/// Its parent closes the pipe to it.
async fn told_to_stop() {
    let (stopped, stop) = tokio::sync::oneshot::channel::<()>();
    thread::spawn(move || {
        // However the pipe ends.
        drop(std::io::stdin().read(&mut [0]));
        drop(stopped);
    });
    drop(stop.await);
}

/// The server may be down for now.
async fn start(task: &Task, line: &Line) -> Engine {
    loop {
        let mut options = Options::new().application("test");
        if !task.finishes {
            options = options
                .connect_timeout(LEASE / 2)
                .request_timeout(LEASE / 2);
        }
        if let Ok(store) = options.connect(&task.url).await {
            if let Ok(engine) = engine(store, task, line).start().await {
                return engine;
            }
        }
        sleep(LEASE / 10).await;
    }
}

fn engine(store: Postgres, task: &Task, line: &Line) -> Builder {
    let service = || line.clone();
    let engine = Engine::builder(store)
        .register::<Stay>(StayServices { line: service() })
        .register::<Tour>(TourServices { line: service() })
        .register::<Trip>(TripServices { line: service() })
        .register::<Visit>(VisitServices { line: service() })
        .register::<News>(NewsServices { line: service() })
        .lease(LEASE)
        .inbox_interval(Duration::from_millis(20))
        .recovery_rate(1_000_000);
    if task.second {
        engine.register::<second::Rent>(second::RentServices { line: service() })
    } else {
        engine.register::<Rent>(RentServices { line: service() })
    }
}

async fn submit(engine: Engine, line: Line, (name, order): (&str, Order)) {
    match name {
        "Rent" => {
            let first = submit_as::<Rent>(&engine, &line, Rent::of(order.clone()), &order.saga);
            if first.await.is_err() {
                let saga = second::Rent::of(order.clone());
                let second = submit_as(&engine, &line, saga, &order.saga).await;
                second.expect("one of the two versions is registered");
            }
            return;
        }
        "Stay" => submit_as(&engine, &line, Stay::of(order.clone()), &order.saga).await,
        "Tour" => submit_as(&engine, &line, Tour::of(order.clone()), &order.saga).await,
        "Visit" => submit_as(&engine, &line, Visit::of(order.clone()), &order.saga).await,
        _ => submit_as(&engine, &line, Trip::of(order.clone()), &order.saga).await,
    }
    .expect("it is registered");
}

/// `Err`: this version is not registered.
async fn submit_as<S: Shape>(engine: &Engine, line: &Line, saga: S, id: &str) -> Result<(), ()> {
    let mut saga = Some(saga);
    loop {
        let again = saga.take().unwrap_or_else(|| S::of(of_id(id)));
        match engine.submit(id, again).await {
            Ok(handle) => {
                line.note(format_args!("begun {id}"));
                loop {
                    match signalling::<S, _>(engine, id, handle.outcome()).await {
                        Err(EngineError::Store(_)) => sleep(LEASE / 10).await,
                        outcome => {
                            tell(line, id, outcome);
                            return Ok(());
                        }
                    }
                }
            }
            Err(EngineError::NotRegistered { .. }) => return Err(()),
            Err(EngineError::Stopped { .. }) => return Ok(()),
            // The store may be away: whether it was begun is not known.
            Err(EngineError::Store(_)) => sleep(LEASE / 10).await,
            Err(error) => panic!("{id}: {error}"),
        }
    }
}
