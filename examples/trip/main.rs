//! A booking site on real input: it reads trips from a file, books each as a saga against vendors
//! that fail in every way they can, and audits the vendors' ledgers, and what it told others, afterwards.
//!
//! ```text
//! cargo run --example trip [-- [--durable DB] [FILE]]
//! cargo run --example trip --features postgres -- --postgres URL [--workers N] [--kill] [FILE]
//! ```
//!
//! `FILE` is a JSON list of trips, by default `trips.json` beside this file. `requests/entry.rs`
//! says what an entry holds, and `vendors/trouble.rs` which requests fail. One of the default trips
//! makes a client panic, which is reported on standard error; its saga settles the doubt that the
//! panic left.
//!
//! With `--durable` the trips are kept in the `SQLite` file `DB`, and the vendors' ledgers in the
//! folder `DB-vendors`, which belong together, and to one `FILE`. `kill -9` this program at any
//! moment: the same command continues where it was, and the audit still passes. A trip whose call
//! is cut off ten times in a row parks, because it may be what kills the process;
//! `saga --journal DB resume` continues it. (A real site would store a token of the card, not its
//! number.)
//!
//! With `--postgres` they are booked by several processes, three unless `--workers` says otherwise,
//! each with an engine on the Postgres database `URL`, in a schema that is made for this run and
//! stays there: `saga --journal URL --schema … list` looks at it. `--kill` kills one of the processes
//! on the way, and the others take its trips over.
//!
//! Exit code 0: every trip ended as it should, and the ledgers agree. 1: something does not agree,
//! or an entry is not a trip (the others still run). 2: there is nothing to run, or the file `DB`
//! or the database `URL` cannot be opened.

#![cfg_attr(
    not(feature = "postgres"),
    allow(dead_code, reason = "some of it serves a fleet alone")
)]

mod arguments;
mod audit;
mod clients;
mod domain;
mod error;
mod event;
#[cfg_attr(not(feature = "postgres"), path = "no_fleet.rs")]
mod fleet;
mod limits;
mod money;
mod outcome;
mod report;
mod requests;
mod saga;
mod services;
mod site;
mod tariff;
mod vendors;
mod webhook;
mod wire;

use std::env;
use std::future::IntoFuture;
use std::io;
use std::panic::{self, PanicHookInfo};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use ::typed_saga::engine::{Engine, StoreError};
use ::typed_saga::sqlite::Sqlite;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use arguments::{Arguments, Task, USAGE};
use fleet::Fleet;
use report::Run;
use requests::Request;
use site::{Site, SiteError};
use vendors::Vendors;

/// How many trips are booked concurrently.
const AT_ONCE: usize = 8;

#[tokio::main]
async fn main() -> ExitCode {
    let Some(task) = Task::from(env::args_os().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    panic::set_hook(Box::new(print_panic));
    let ran = match task {
        Task::Book(arguments) => run(&arguments).await,
        Task::Work => fleet::work().await.map(|()| true).map_err(Error::from),
    };
    // Whatever runs beside the callers, such as `finally`, ends first.
    ::typed_saga::drain(std::time::Duration::from_secs(60)).await;
    match ran {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Prints a panic in one line, without a backtrace: the sagas catch the panics of their steps and
/// report them.
fn print_panic(info: &PanicHookInfo<'_>) {
    let payload = info.payload();
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    eprintln!("  panic at {place}: {message}");
}

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Requests(#[from] requests::ReadError),
    #[error("the vendors or the webhook cannot be opened: {0}")]
    Vendors(#[from] io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Site(#[from] SiteError),
}

/// Whether everything went as it should.
async fn run(arguments: &Arguments) -> Result<bool, Error> {
    let requests = requests::read(&arguments.file)?;
    for bad in &requests.bad {
        eprintln!("error: {}: {bad}", arguments.file.display());
    }
    // Opened before the vendors' files are touched: they belong to the process that owns it.
    let store = arguments.durable.as_ref().map(Sqlite::open).transpose()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let webhook = format!("http://{}{}", listener.local_addr()?, webhook::PATH);
    let vendors = Vendors::open(arguments.vendors().as_deref(), webhook).await?;
    let site = match (store, &arguments.fleet) {
        (Some(store), _) => Site::durable(Engine::builder(store), vendors.clients()).await?,
        (None, Some(plan)) => {
            let fleet = Fleet::start(plan, requests.good.len(), &vendors).await?;
            Site::Fleet(Arc::new(fleet))
        }
        (None, None) => Site::in_memory(vendors.clients()),
    };
    tokio::spawn(axum::serve(listener, webhook::router(site.clone())).into_future());
    report::print_found(site.found().await?);

    let total = requests.good.len();
    println!("booking {total} trips, {AT_ONCE} at a time");
    let runs = book_all(requests.good, &site).await?;
    vendors.quiesce().await;
    site.close().await;

    let books = vendors.books()?;
    report::print_table(&runs, &books);
    let as_expected = report::print_unexpected(&runs);
    let audited = report::print_audit(&audit::audit(&runs, &books));
    let all_read = report::print_skipped(requests.bad.len());
    Ok(as_expected && audited && all_read)
}

/// Books all trips, and returns the runs in the order of the requests.
async fn book_all(requests: Vec<Request>, site: &Site) -> Result<Vec<Run>, SiteError> {
    let mut running = JoinSet::new();
    let mut runs = Vec::with_capacity(requests.len());
    let mut waiting = requests.into_iter().enumerate();
    for (position, request) in waiting.by_ref().take(AT_ONCE) {
        running.spawn(book(position, request, site.clone()));
    }
    while let Some(ended) = running.join_next().await {
        if let Some((position, request)) = waiting.next() {
            running.spawn(book(position, request, site.clone()));
        }
        let (position, run) = ended.expect("a saga catches the panics of its steps");
        let run = run?;
        report::print_progress(&run);
        runs.push((position, run));
    }
    runs.sort_by_key(|(position, _)| *position);
    Ok(runs.into_iter().map(|(_, run)| run).collect())
}

async fn book(position: usize, request: Request, site: Site) -> (usize, Result<Run, SiteError>) {
    let started = Instant::now();
    let outcome = site.book(request.trip.clone()).await;
    let run = outcome.map(|outcome| Run {
        request,
        outcome,
        took: started.elapsed(),
    });
    (position, run)
}
