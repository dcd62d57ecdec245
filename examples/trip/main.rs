//! A booking site on real input: reads trips from a file, books each as a saga against vendors that fail in every way
//! they can, and audits the vendors' ledgers afterwards.
//!
//! ```text
//! cargo run --example trip [FILE]
//! ```
//!
//! `FILE` is a JSON list of trips, by default `trips.json` beside this file. `requests/entry.rs` says what an entry
//! holds, and `vendors/trouble.rs` what goes wrong where. One of the default trips makes a client panic, which is told
//! on standard error; its saga settles what the panic left open.
//!
//! Exit code 0: every trip ended as it should, and the ledgers agree. 1: something does not agree, or an entry is no
//! trip (the others are run all the same). 2: there is nothing to run.

mod audit;
mod clients;
mod domain;
mod error;
mod money;
mod outcome;
mod report;
mod requests;
mod saga;
mod tariff;
mod vendors;
mod wire;

use std::env;
use std::io;
use std::panic::{self, PanicHookInfo};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use tokio::task::JoinSet;

use clients::Clients;
use report::Run;
use requests::Request;
use vendors::Vendors;

/// How many trips are booked side by side.
const AT_ONCE: usize = 8;

#[tokio::main]
async fn main() -> ExitCode {
    let Some(path) = path_from(env::args().skip(1)) else {
        eprintln!("usage: trip [FILE]");
        return ExitCode::from(2);
    };
    panic::set_hook(Box::new(print_panic));
    match run(&path).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// In one line, without a trace: the sagas catch what their steps do, and report it.
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

/// `None` if the arguments make no sense.
fn path_from(mut arguments: impl Iterator<Item = String>) -> Option<PathBuf> {
    let path = arguments.next().map_or_else(
        || concat!(env!("CARGO_MANIFEST_DIR"), "/examples/trip/trips.json").into(),
        PathBuf::from,
    );
    arguments.next().is_none().then_some(path)
}

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Requests(#[from] requests::ReadError),
    #[error("the vendors cannot be opened: {0}")]
    Vendors(#[from] io::Error),
}

/// Whether all went as it should.
async fn run(path: &Path) -> Result<bool, Error> {
    let requests = requests::read(path)?;
    for bad in &requests.bad {
        eprintln!("error: {}: {bad}", path.display());
    }
    let vendors = Vendors::open().await?;

    let total = requests.good.len();
    println!("booking {total} trips, {AT_ONCE} at a time");
    let runs = book_all(requests.good, &vendors.clients()).await;
    vendors.quiesce().await;

    let books = vendors.books();
    report::print_table(&runs, &books);
    let as_expected = report::print_unexpected(&runs);
    let audited = report::print_audit(&audit::audit(&runs, &books));
    let all_read = report::print_skipped(requests.bad.len());
    Ok(as_expected && audited && all_read)
}

/// Books all trips, and gives the runs in the order of the requests.
async fn book_all(requests: Vec<Request>, clients: &Clients) -> Vec<Run> {
    let mut running = JoinSet::new();
    let mut runs = Vec::with_capacity(requests.len());
    let mut waiting = requests.into_iter().enumerate();
    for (position, request) in waiting.by_ref().take(AT_ONCE) {
        running.spawn(book(position, request, clients.clone()));
    }
    while let Some(ended) = running.join_next().await {
        if let Some((position, request)) = waiting.next() {
            running.spawn(book(position, request, clients.clone()));
        }
        let (position, run) = ended.expect("a saga catches the panics of its steps");
        report::print_progress(&run);
        runs.push((position, run));
    }
    runs.sort_by_key(|(position, _)| *position);
    runs.into_iter().map(|(_, run)| run).collect()
}

async fn book(position: usize, request: Request, clients: Clients) -> (usize, Run) {
    let started = Instant::now();
    let outcome = saga::book(request.trip.clone(), clients).await;
    let run = Run {
        request,
        outcome,
        took: started.elapsed(),
    };
    (position, run)
}
