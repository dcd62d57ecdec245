//! The parts of the library's interface that this test uses, apart from the sagas: few names, in
//! one place.

use crate::kept::{
    sagas::{
        Convoy, ConvoyServices, Gate, GateServices, Odd, OddServices, Parcel, ParcelServices,
        Patience, PatienceServices, Tower, TowerServices, Trip, TripServices, hasty, patient,
    },
    world::World,
};
use std::{fmt, path::Path, sync::Arc, time::Duration};
use typed_saga::{
    definition::Definition,
    engine::{
        DurableOutcome, Engine, Filter, ReadStore, SagaId,
        for_operators::{history, look::Reader},
    },
    runtime::Durable,
    sqlite::{Attached, Options},
};

/// How long anything may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Which version of `Tour` an engine has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    Patient,
    Hasty,
}

/// An engine that owns the file.
pub(crate) async fn engine(file: &Path, world: &World, version: Version) -> Engine {
    let world = || world.clone();
    // The keys of the sagas are the same whenever the file is written.
    let options = Options::new().life("0123456789abcdef.0".parse().unwrap());
    let builder = Engine::builder(options.open(file).unwrap())
        .unload_after(Duration::from_millis(50))
        .inbox_interval(Duration::from_millis(5))
        .register::<Convoy>(ConvoyServices { world: world() })
        .register::<Trip>(TripServices { world: world() })
        .register::<Patience>(PatienceServices { world: world() })
        .register::<Gate>(GateServices { world: world() })
        .register::<Odd>(OddServices { world: world() })
        .register::<Parcel>(ParcelServices { world: world() })
        .register::<Tower>(TowerServices { world: world() });
    let builder = match version {
        Version::Patient => {
            builder.register::<patient::Tour>(patient::TourServices { world: world() })
        }
        Version::Hasty => builder.register::<hasty::Tour>(hasty::TourServices { world: world() }),
    };
    builder.start().await.unwrap()
}

/// Stops an engine as a crash would: running calls are cut off.
pub(crate) async fn crash(engine: Engine) {
    drop(engine.shutdown(Duration::ZERO).await);
}

/// Waits until a saga has ended, and describes its outcome.
pub(crate) async fn outcome(engine: &Engine, saga: &str, id: &str) -> String {
    match saga {
        "Convoy" => outcome_of::<Convoy>(engine, id).await,
        "Trip" => outcome_of::<Trip>(engine, id).await,
        "Parcel" => outcome_of::<Parcel>(engine, id).await,
        "Patience" => outcome_of::<Patience>(engine, id).await,
        "Gate" => outcome_of::<Gate>(engine, id).await,
        "Odd" => outcome_of::<Odd>(engine, id).await,
        "Tower" => outcome_of::<Tower>(engine, id).await,
        "Tour" => outcome_of::<hasty::Tour>(engine, id).await,
        other => panic!("no saga is called {other}"),
    }
}

async fn outcome_of<S>(engine: &Engine, id: &str) -> String
where
    S: Durable<Output: fmt::Debug, Error: fmt::Display>,
{
    let handle = engine.handle::<S>(id).await.unwrap();
    let outcome = tokio::time::timeout(PATIENCE, handle.outcome()).await;
    match outcome.expect("it ends").unwrap() {
        DurableOutcome::Completed(output) => format!("completed: {output:?}"),
        DurableOutcome::OutputLost { why } => format!("completed, its output lost: {why}"),
        DurableOutcome::Compensated(error) => format!("compensated: {error}"),
        DurableOutcome::Parked(parked) => format!("parked: {parked}"),
        DurableOutcome::Abandoned { by, why } => format!("abandoned by {by:?}: {why:?}"),
    }
}

/// Name and id of every saga of a file.
pub(crate) async fn list(file: &Path) -> Vec<(String, String)> {
    let file = Attached::open(file).unwrap();
    let rows = file.list(Filter::default()).await.unwrap();
    rows.iter()
        .map(|row| (row.saga.saga.to_string(), row.saga.id.to_string()))
        .collect()
}

/// A saga as it is in a file.
pub(crate) struct Kept {
    pub(crate) state: &'static str,
    pub(crate) fingerprint: u64,
    pub(crate) records: Vec<serde_json::Value>,
}

/// Reads a saga: as text, as records, and as a fold over the definitions that are kept beside it.
pub(crate) async fn load(file: &Path, saga: &str, id: &str) -> Kept {
    let file = Attached::open(file).unwrap();
    let rows = file.list(Filter::of(SagaId::new(saga, id))).await.unwrap();
    let row = rows.into_iter().next().unwrap();
    let reader = Reader::new(Arc::new(file), row.updated).await.unwrap();
    let look = reader.look(row).await.unwrap().unwrap();
    let (stored, folded) = (look.stored, look.folded.unwrap());
    assert_eq!(folded.commits, stored.row.commits, "{saga}/{id}");
    assert!(!look.why.is_empty(), "{saga}/{id}");
    let mut records = Vec::new();
    for commit in &stored.commits {
        let list: Vec<serde_json::Value> = serde_json::from_str(&commit.records).unwrap();
        records.extend(list);
    }
    assert_eq!(
        history(&stored).unwrap().len(),
        records.len(),
        "{saga}/{id}"
    );
    let fingerprint = stored.row.fingerprint;
    Kept {
        state: stored.row.state.as_str(),
        fingerprint,
        records,
    }
}

/// Reads a definition, and gives the fingerprint that it has today.
pub(crate) async fn fingerprint_of_kept(file: &Path, saga: &str, fingerprint: u64) -> u64 {
    let file = Attached::open(file).unwrap();
    let definition = Definition::from_json(&json(&file, saga, fingerprint).await).unwrap();
    assert_eq!(definition.name, saga);
    definition.fingerprint()
}

/// Name and fingerprint of the declarations, as this version makes them.
pub(crate) fn declared() -> [(&'static str, u64); 9] {
    [
        declaration::<Convoy>(),
        declaration::<Gate>(),
        declaration::<Odd>(),
        declaration::<Parcel>(),
        declaration::<Patience>(),
        declaration::<patient::Tour>(),
        declaration::<hasty::Tour>(),
        declaration::<Tower>(),
        declaration::<Trip>(),
    ]
}

fn declaration<S: Durable>() -> (&'static str, u64) {
    (&S::DEFINITION.name, S::DEFINITION.fingerprint())
}

async fn json(file: &Attached, saga: &str, fingerprint: u64) -> String {
    let definition = file.definition(saga.into(), fingerprint).await;
    definition.unwrap().expect("the definition is kept").json
}

/// Leaves a message in a file, and gives its number.
pub(crate) async fn ask(file: &Path, saga: &str, id: &str, text: &str) -> u64 {
    let file = Attached::open(file).unwrap();
    let at = file.list(Filter::of(SagaId::new(saga, id))).await.unwrap()[0].updated;
    let number = file.send(SagaId::new(saga, id), text.to_owned(), at);
    number.await.unwrap()
}

/// Waits for the answer to a message.
pub(crate) async fn answer(file: &Path, number: u64) -> String {
    let file = Attached::open(file).unwrap();
    let answer = async {
        loop {
            if let Some(answer) = file.message(number).await.unwrap().and_then(|it| it.answer) {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let answer = tokio::time::timeout(PATIENCE, answer).await;
    answer.expect("it is answered")
}
