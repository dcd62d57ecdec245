//! A process of the old version is killed among a thousand runs, and the new version continues them.

use crate::{audit::Audit, new};
use saga_postgres_server::Server;
use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command},
    time::{Duration, Instant},
};
use tokio::time::sleep;
use typed_saga::engine::{ReadStore, SagaType, State, fits};
use typed_saga::postgres::Postgres;
use typed_saga::sqlite::Attached;

const RUNS: u64 = 1000;

/// How many lines of the ledger a process is left alone for. At the end there are 3,800 at least: four
/// for each of 900 orders, and two for each of 100 that are undone.
const SOME: usize = 300;

/// A process of this example.
struct Worker(Child);

impl Worker {
    fn start(version: &str, place: &Place, runs: u64) -> Result<Self, Box<dyn Error>> {
        let mut command = Command::new(env::current_exe()?);
        command.args([version, &place.store]).arg(&place.ledger);
        Ok(Self(command.arg(runs.to_string()).spawn()?))
    }
}

impl Drop for Worker {
    /// As by `kill -9`.
    fn drop(&mut self) {
        // It may have ended.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Where the runs are stored, and what is done is noted.
struct Place {
    store: String,
    ledger: PathBuf,
}

pub(crate) async fn run() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let in_folder = |name: &str| folder.path().join(name);
    let file = in_folder("sagas.db");
    let place = Place {
        store: file.display().to_string(),
        ledger: in_folder("sqlite.txt"),
    };
    begin(&place).await?;
    // Reads a file that a worker owns.
    let store = Attached::open(&file)?;
    upgrade("SQLite", &store, &place, &["new"]).await?;
    let Some(server) = Server::start(&["fsync = off"]) else {
        return Ok(());
    };
    let place = Place {
        store: server.database(),
        ledger: in_folder("postgres.txt"),
    };
    begin(&place).await?;
    let store = Postgres::connect(&place.store, "upgrade").await?;
    upgrade("Postgres", &store, &place, &["new", "old"]).await
}

/// Has the old version start the runs, and kills it.
async fn begin(place: &Place) -> Result<(), Box<dyn Error>> {
    let killed = Worker::start("old", place, RUNS)?;
    wait("the old version starts its runs", async || {
        let mut ledger = lines(&place.ledger).into_iter();
        Ok(ledger.len() >= SOME && ledger.any(|line| line.starts_with("started")))
    })
    .await?;
    drop(killed);
    Ok(())
}

/// Has processes of these versions continue the runs, and audits what was done.
async fn upgrade(
    name: &str,
    store: &impl ReadStore,
    place: &Place,
    versions: &[&str],
) -> Result<(), Box<dyn Error>> {
    // As before a deployment: could the new version continue all of them?
    let fits = fits(store, [SagaType::of::<new::Ship, new::ShipServices>()]).await?;
    assert!(fits.unfit.is_empty(), "{:?}", fits.unfit);
    let in_flight = fits.fit;
    assert!(in_flight > 0, "it was killed too late");

    let mut workers = Vec::new();
    for version in versions {
        let before = lines(&place.ledger).len();
        workers.push(Worker::start(version, place, 0)?);
        wait("a worker continues some of them", async || {
            let more = lines(&place.ledger).len() - before;
            Ok(more >= SOME || ended(store).await? == RUNS)
        })
        .await?;
    }
    wait("all runs end", async || Ok(ended(store).await? == RUNS)).await?;
    drop(workers);

    let ledger = lines(&place.ledger).join("\n");
    let [insured, weighed, both] = Audit::of(&ledger).check(RUNS);
    assert!(insured > 0 && weighed > 0, "{insured} {weighed} {both}");
    println!(
        "{name}: {RUNS} runs, {in_flight} in flight when the old version was killed; \
         {insured} were insured, {weighed} weighed, {both} both; none is lost, none done twice"
    );
    Ok(())
}

/// The runs that have completed, or were compensated.
async fn ended(store: &impl ReadStore) -> Result<u64, Box<dyn Error>> {
    let stats = store.stats().await?;
    let ended = stats
        .iter()
        .filter(|stat| matches!(stat.state, State::Completed | State::Compensated));
    Ok(ended.map(|stat| stat.count).sum())
}

fn lines(ledger: &Path) -> Vec<String> {
    let text = fs::read_to_string(ledger).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// Waits until it is so.
async fn wait(
    what: &str,
    mut is_so: impl AsyncFnMut() -> Result<bool, Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    while !is_so().await? {
        if begun.elapsed() > Duration::from_secs(120) {
            return Err(format!("it took too long until {what}").into());
        }
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
