//! A saga that changes while a thousand runs of it are in flight.
//!
//! The old version insures each parcel. The new one does not, and weighs it instead: `insured` is
//! `#[retired]`, and `weighed` is `#[introduced]`. `sagas.released` has the old version, so a change
//! that would strand its runs does not compile: delete one of the attributes, and read what the
//! compiler says.
//!
//! Without arguments, a process of the old version starts a thousand runs, and is killed among them.
//! A process of the new version continues the runs: on SQLite alone, on Postgres beside another one of
//! the old version. At the end, the ledger of the shop is audited.
//! `cargo run -p upgrade-example -- old|new STORE LEDGER [RUNS]` is one such process; `STORE` is the
//! path of a file or the URL of a Postgres database, and `RUNS` is how many runs to start.

mod audit;
mod demonstration;
mod new;
mod old;
mod shop;

use shop::Shop;
use std::{env, error::Error, future::pending, path::Path, time::Duration};
use typed_saga::engine::{Builder, Engine, EngineError, Store};
use typed_saga::postgres::Postgres;
use typed_saga::sqlite::Sqlite;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<_> = env::args().skip(1).collect();
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    match args[..] {
        [] => demonstration::run().await,
        [version, store, ledger] => work(version, store, ledger, 0).await,
        [version, store, ledger, runs] => work(version, store, ledger, runs.parse()?).await,
        _ => Err("usage: upgrade-example [old|new STORE LEDGER [RUNS]]".into()),
    }
}

/// Runs sagas until the process is killed.
async fn work(version: &str, store: &str, ledger: &str, runs: u64) -> Result<(), Box<dyn Error>> {
    let shop = Shop::open(Path::new(ledger))?;
    let engine = if store.starts_with("postgres:") {
        engine(Postgres::connect(store, "upgrade").await?, version, &shop).await?
    } else {
        engine(Sqlite::open(store)?, version, &shop).await?
    };
    let all = (0..runs).map(|order| {
        let submit = engine.submit(format!("order-{order}"), old::Ship { order });
        tokio::spawn(submit.into_future())
    });
    for submitted in all.collect::<Vec<_>>() {
        submitted.await??;
    }
    shop.write("started", runs, "all")?;
    pending().await
}

async fn engine(store: impl Store, version: &str, shop: &Shop) -> Result<Engine, EngineError> {
    let shop = shop.clone();
    let engine: Builder = Engine::builder(store)
        .lease(Duration::from_secs(2))
        .max_active(100);
    let engine = match version {
        "old" => engine.register::<old::Ship>(old::ShipServices { shop }),
        _ => engine.register::<new::Ship>(new::ShipServices { shop }),
    };
    engine.start().await
}
