//! The booking site of the main workspace's example `trip` on Restate: the same trips, vendors, saga and
//! audit, with sagas that are workflows.
//!
//! ```sh
//! SAGA_RESTATE_SERVER=…/restate-server cargo run --example trip [-- [--kill] [FILE]]
//! ```
//!
//! It starts a server of its own, on a folder that is gone afterwards. `--kill` kills that server when a
//! third of the trips have ended, and starts it anew on what it had. Exit code 0: every trip ended as it
//! should, and the ledgers agree. 1: something does not. 2: there is nothing to run.

#[allow(dead_code, reason = "tests do more with it")]
#[path = "../../tests/common/server.rs"]
mod server;
mod site;
/// A call may begin late on Restate, when its request is one of a service that has lost its connection:
/// `#[late]` covers that, and how long such a call takes.
mod limits {
    use std::time::Duration;

    pub(crate) const CALL: Duration = Duration::from_secs(1);
    pub(crate) const CAR_LATE: Duration = Duration::from_secs(2);
}
#[allow(dead_code, reason = "it also runs on other stores")]
#[path = "../../../examples/trip"]
mod trip {
    pub(crate) mod audit;
    pub(crate) mod clients;
    pub(crate) mod domain;
    pub(crate) mod error;
    pub(crate) mod event;
    pub(crate) mod money;
    pub(crate) mod outcome;
    pub(crate) mod report;
    pub(crate) mod requests;
    pub(crate) mod saga;
    pub(crate) mod services;
    pub(crate) mod tariff;
    pub(crate) mod vendors;
    pub(crate) mod webhook;
    pub(crate) mod wire;
}

// Where its modules look for each other.
use trip::{
    audit, clients, domain, error, event, money, outcome, report, requests, saga, tariff, vendors,
    webhook, wire,
};

use report::Run;
use requests::Request;
use server::Server;
use site::Site;
use std::{env, future::IntoFuture as _, io, path::PathBuf, process::ExitCode, time::Instant};
use tokio::{net::TcpListener, task::JoinSet};
use vendors::Vendors;

/// How many trips are booked concurrently.
const AT_ONCE: usize = 8;

#[tokio::main]
async fn main() -> ExitCode {
    let (mut kill, mut file) = (false, None);
    for word in env::args_os().skip(1) {
        if word == "--kill" {
            kill = true;
        } else {
            file = Some(PathBuf::from(word));
        }
    }
    let own = || concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/trip/trips.json").into();
    let requests = match requests::read(&file.unwrap_or_else(own)) {
        Ok(requests) => requests,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    for bad in &requests.bad {
        eprintln!("error: {bad}");
    }
    let Some(server) = Server::start() else {
        return ExitCode::from(2);
    };
    match run(requests, server, kill).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Whether everything went as it should.
async fn run(requests: requests::Requests, mut server: Server, kill: bool) -> io::Result<bool> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let webhook = format!("http://{}{}", listener.local_addr()?, webhook::PATH);
    let vendors = Vendors::open(None, webhook).await?;
    let site = Site::open(&server, vendors.clients()).await?;
    tokio::spawn(axum::serve(listener, webhook::router(site.clone())).into_future());

    let total = requests.good.len();
    println!("booking {total} trips, {AT_ONCE} at a time, on Restate");
    let mut running = JoinSet::new();
    let mut runs = Vec::with_capacity(total);
    let mut waiting = requests.good.into_iter().enumerate();
    for (position, request) in waiting.by_ref().take(AT_ONCE) {
        running.spawn(book(position, request, site.clone()));
    }
    while let Some(ended) = running.join_next().await {
        if let Some((position, request)) = waiting.next() {
            running.spawn(book(position, request, site.clone()));
        }
        let (position, run) = ended?;
        report::print_progress(&run);
        runs.push((position, run));
        if kill && runs.len() == total / 3 {
            server.kill();
            println!("  killed the server, and started it anew");
            server.launch();
        }
    }
    runs.sort_by_key(|(position, _)| *position);
    let runs: Vec<_> = runs.into_iter().map(|(_, run)| run).collect();
    vendors.quiesce().await;

    let books = vendors.books()?;
    report::print_table(&runs, &books);
    let as_expected = report::print_unexpected(&runs);
    let audited = report::print_audit(&audit::audit(&runs, &books));
    let all_read = report::print_skipped(requests.bad.len());
    Ok(as_expected && audited && all_read)
}

async fn book(position: usize, request: Request, site: Site) -> (usize, Run) {
    let started = Instant::now();
    let outcome = site.book(request.trip.clone()).await;
    let run = Run {
        request,
        outcome,
        took: started.elapsed(),
    };
    (position, run)
}
