//! One life of the process: opens the file, continues the sagas that the life before has left, and
//! submits more, until it is killed or done.

use super::{
    ends::{follow, operate, report, signalling, tell, unended},
    line::Line,
    sagas::{
        Rent, RentServices, Shape, Stay, StayServices, Tour, TourServices, Trip, TripServices,
    },
    visits::{Visit, VisitServices, any},
};
use std::{env, path::PathBuf, time::Duration};
use tokio::task::JoinSet;
use typed_saga::{
    engine::{Engine, EngineError},
    sqlite::Sqlite,
};

/// How many sagas are under way at once.
const UNDER_WAY: u64 = 40;

/// The purpose of a life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aim {
    /// To be killed.
    Die,
    /// To be killed while the engine is shut down and the file is closed.
    Close,
    /// To bring everything to its end.
    Finish,
}

/// The child's settings, from its environment.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) aim: Aim,
    pub(crate) parent: String,
    pub(crate) file: PathBuf,
    /// The first number that no saga has yet, as far as the parent has heard.
    pub(crate) first: u64,
}

/// The name of its variable.
pub(crate) const VARIABLE: &str = "SAGA_KILL_TASK";

impl Task {
    pub(crate) fn from_environment() -> Option<Self> {
        let text = env::var(VARIABLE).ok()?;
        let mut words = text.splitn(4, ' ');
        let mut word = || words.next().expect("a task has four parts").to_owned();
        let aim = match word().as_str() {
            "Die" => Aim::Die,
            "Close" => Aim::Close,
            _ => Aim::Finish,
        };
        let (parent, first) = (word(), word().parse().expect("a number"));
        let file = word().into();
        Some(Self {
            aim,
            parent,
            file,
            first,
        })
    }

    pub(crate) fn to_variable(&self) -> String {
        let Self {
            aim,
            parent,
            file,
            first,
        } = self;
        format!("{aim:?} {parent} {first} {}", file.display())
    }
}

pub(crate) fn live(task: &Task) {
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
    // The runtime is gone, and with it every clone of the line.
    sent.join().expect("the line is not cut");
}

async fn lead(task: &Task, line: &Line) {
    line.note("opening");
    let store = Sqlite::open(&task.file).expect("the file can be opened");
    let service = || line.clone();
    let engine = Engine::builder(store)
        .register::<Rent>(RentServices { line: service() })
        .register::<Stay>(StayServices { line: service() })
        .register::<Tour>(TourServices { line: service() })
        .register::<Trip>(TripServices { line: service() })
        .register::<Visit>(VisitServices { line: service() })
        .recovery_rate(1_000_000)
        .start()
        .await
        .expect("the engine starts");
    let operator = tokio::spawn(operate(engine.clone()));
    let found = unended(&engine).await;
    line.note(format_args!("started {}", found.len()));
    let mut sagas = JoinSet::new();
    for saga in &found {
        sagas.spawn(follow(engine.clone(), line.clone(), saga.clone()));
    }
    // The last numbers of the life before are submitted once more: its submissions may have been on
    // record or not.
    let first = task.first.saturating_sub(3);
    let count = UNDER_WAY.saturating_sub(found.len() as u64);
    for number in first..first + count.max(4) {
        sagas.spawn(submit(engine.clone(), line.clone(), number));
    }
    match task.aim {
        Aim::Die => {
            drop(sagas.join_all().await);
            line.note("idle");
            std::future::pending::<()>().await;
        }
        Aim::Close => {
            tokio::time::sleep(Duration::from_millis(20 + task.first % 40)).await;
            operator.abort();
            line.note("stopping");
            drop(engine.shutdown(Duration::from_secs(1)).await);
            sagas.shutdown().await;
            line.note("closing");
        }
        Aim::Finish => {
            drop(sagas.join_all().await);
            while let found @ [_, ..] = &*unended(&engine).await {
                for saga in found {
                    follow(engine.clone(), line.clone(), saga.clone()).await;
                }
            }
            report(&engine, line).await;
            operator.abort();
            drop(engine.shutdown(Duration::from_secs(10)).await);
        }
    }
}

async fn submit(engine: Engine, line: Line, number: u64) {
    let (name, order) = any(number);
    match name {
        "Rent" => submit_as::<Rent>(&engine, &line, Rent::of(order.clone()), order.saga).await,
        "Stay" => submit_as::<Stay>(&engine, &line, Stay::of(order.clone()), order.saga).await,
        "Tour" => submit_as::<Tour>(&engine, &line, Tour::of(order.clone()), order.saga).await,
        "Visit" => submit_as::<Visit>(&engine, &line, Visit::of(order.clone()), order.saga).await,
        _ => submit_as::<Trip>(&engine, &line, Trip::of(order.clone()), order.saga).await,
    }
}

async fn submit_as<S: Shape>(engine: &Engine, line: &Line, saga: S, id: String) {
    match engine.submit(id.as_str(), saga).await {
        Ok(handle) => {
            line.note(format_args!("begun {id}"));
            tell(
                line,
                &id,
                signalling::<S, _>(engine, &id, handle.outcome()).await,
            );
        }
        Err(EngineError::Stopped { .. }) => {}
        Err(error) => panic!("{id}: {error}"),
    }
}
