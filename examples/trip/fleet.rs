//! The site as several processes on one database. Each worker is this program once more, with an
//! engine of its own; this process has the vendors, and the customers, who ask any worker.
//!
//! ```text
//!  customers, vendors ── trips, payments ──▶ workers ── journal ──▶ Postgres
//!           ▲                                   │
//!           └───────── calls, events ───────────┘
//! ```

mod process;
mod worker;

use std::process::id;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::StatusCode;
use serde::{Deserialize, Serialize};
use tokio::time::sleep;
use typed_saga::engine::{ReadStore, SagaId, State};
use typed_saga::postgres::{Options, Postgres};

use crate::arguments::Plan;
use crate::clients::{self, Addresses};
use crate::domain::{Trip, TripId};
use crate::outcome::Outcome;
use crate::site::SiteError;
use crate::vendors::{Halt, Vendors};
use crate::webhook;
use crate::wire::Agreed;
use process::Worker;

pub(crate) use worker::work;

/// How long the trips of a worker wait that has died: short, so that the program ends soon, and long
/// enough that a worker on a busy machine renews it in time.
const LEASE: Duration = Duration::from_secs(10);

/// What a worker is told when it starts.
#[derive(Clone, Serialize, Deserialize)]
struct Orders {
    name: String,
    url: String,
    schema: String,
    vendors: Addresses,
}

impl Orders {
    fn options(&self) -> Options {
        let options = Options::new()
            .application("trip")
            .schema(self.schema.as_str());
        options.request_timeout(LEASE * 2 / 3)
    }
}

pub(crate) struct Fleet {
    store: Postgres,
    workers: Vec<Worker>,
    http: reqwest::Client,
    turn: AtomicUsize,
    ended: AtomicUsize,
    /// They stand still while a worker is killed.
    vendors: Arc<Halt>,
    /// How many trips have ended when a worker is killed.
    kill_after: Option<usize>,
}

impl Fleet {
    /// Starts the workers for so many trips, in a schema of their own: the vendors forget what they
    /// did when this process ends, so another one could not go on with it.
    pub(crate) async fn start(
        plan: &Plan,
        trips: usize,
        vendors: &Vendors,
    ) -> Result<Self, SiteError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let seconds = now.unwrap_or_default().as_secs();
        let mut orders = Orders {
            name: String::new(),
            url: plan.url.clone(),
            schema: format!("trip_{seconds}_{}", id()),
            vendors: vendors.addresses(),
        };
        let store = orders.options().connect(&orders.url).await?;
        let mut workers = Vec::new();
        for number in 1..=plan.workers {
            orders.name = format!("worker-{number}");
            workers.push(Worker::start(&orders).await?);
        }
        println!("{} workers, in the schema {}", plan.workers, orders.schema);
        Ok(Self {
            store,
            workers,
            http: clients::connections()?,
            turn: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
            vendors: vendors.halt(),
            kill_after: plan.kill.then_some(trips / 3),
        })
    }

    /// Asks one worker after the other until one answers: they book a trip once, however often they
    /// are asked.
    pub(crate) async fn book(&self, trip: &Trip) -> Result<Outcome, SiteError> {
        let (status, said) = loop {
            let worker = self.next()?;
            worker.begins(&trip.id);
            let answer = self.ask(worker, worker::TRIPS, trip).await;
            worker.ends(&trip.id);
            if let Some(answer) = answer {
                break answer;
            }
        };
        if !status.is_success() {
            return Err(SiteError::Worker(said));
        }
        let outcome = serde_json::from_str(&said);
        if Some(self.ended.fetch_add(1, Relaxed) + 1) == self.kill_after {
            self.kill_one().await;
        }
        outcome.map_err(|error| SiteError::Worker(error.to_string()))
    }

    /// What the bank is told.
    pub(crate) async fn agreed(&self, said: &Agreed) -> Result<StatusCode, SiteError> {
        loop {
            let worker = self.next()?;
            if let Some((status, _)) = self.ask(worker, webhook::PATH, said).await {
                return Ok(status);
            }
        }
    }

    /// The workers take turns.
    fn next(&self) -> Result<&Worker, SiteError> {
        let turn = self.turn.fetch_add(1, Relaxed) % self.workers.len();
        let (before, after) = self.workers.split_at(turn);
        let mut alive = after.iter().chain(before).filter(|it| it.is_alive());
        alive.next().ok_or(SiteError::NoWorker)
    }

    /// What a worker says; `None` if it has died.
    async fn ask(
        &self,
        worker: &Worker,
        path: &str,
        said: &impl Serialize,
    ) -> Option<(StatusCode, String)> {
        let address = format!("{}{path}", worker.address);
        if let Ok(answer) = self.http.post(address).json(said).send().await {
            let status = answer.status();
            if let Ok(text) = answer.text().await {
                return Some((status, text));
            }
        }
        // Until its end shows.
        sleep(Duration::from_millis(20)).await;
        None
    }

    /// Kills a worker that has trips under way: the others go on with them. Meanwhile vendors stand
    /// still, so that no trip ends before its worker is killed.
    async fn kill_one(&self) {
        let _still = self.vendors.stand_still();
        // Rounds in which no worker had a trip: perhaps none is left.
        let mut idle = 0;
        while idle < 1000 {
            let is_idle = self.workers.iter().all(|worker| worker.trips().is_empty());
            idle += usize::from(is_idle);
            for worker in &self.workers {
                let mut begun = Vec::new();
                for trip in worker.trips() {
                    if self.is_under_way(&trip).await {
                        begun.push(trip.0);
                    }
                }
                if !begun.is_empty() {
                    worker.kill();
                    println!("  killed {} within {}", worker.name, begun.join(", "));
                    return;
                }
            }
            sleep(Duration::from_millis(5)).await;
        }
        println!("  killed nobody: no trip is under way");
    }

    async fn is_under_way(&self, trip: &TripId) -> bool {
        let stored = self.store.load(SagaId::new("BookTrip", trip.0.as_str()));
        let Ok(Some(stored)) = stored.await else {
            return false;
        };
        let row = stored.row;
        row.claimed.is_some() && matches!(row.state, State::Running | State::Waiting)
    }

    /// Waits until all workers have ended what they do.
    pub(crate) async fn close(&self) {
        for worker in &self.workers {
            worker.close().await;
        }
    }
}
