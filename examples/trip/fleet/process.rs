//! A worker as the process sees it that started it.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::spawn_blocking;

use super::Orders;
use crate::domain::TripId;

pub(super) struct Worker {
    pub(super) name: String,
    pub(super) address: String,
    process: Arc<Mutex<Child>>,
    /// Those that it was asked to book, and has not said how they ended.
    trips: Mutex<Vec<TripId>>,
}

impl Worker {
    /// Starts this program once more, and waits until it can be asked for trips.
    pub(super) async fn start(orders: &Orders) -> io::Result<Self> {
        let (name, orders) = (orders.name.clone(), serde_json::to_string(orders)?);
        let started = spawn_blocking(move || {
            let mut worker = Command::new(env::current_exe()?);
            let worker = worker.arg("--worker").stdin(Stdio::piped());
            let mut process = worker.stdout(Stdio::piped()).spawn()?;
            // It lives until this input ends, so it does not outlive this process.
            let input = process.stdin.as_mut().expect("a pipe");
            writeln!(input, "{orders}")?;
            let mut address = String::new();
            let output = process.stdout.take().expect("a pipe");
            BufReader::new(output).read_line(&mut address)?;
            Ok((process, address))
        });
        match started.await.expect("it does not panic") {
            Ok((_, address)) if address.is_empty() => {
                Err(io::Error::other(format!("{name} has not started")))
            }
            Ok((process, address)) => Ok(Self {
                name,
                address: address.trim_end().to_owned(),
                process: Arc::new(Mutex::new(process)),
                trips: Mutex::default(),
            }),
            Err(error) => Err(error),
        }
    }

    pub(super) fn is_alive(&self) -> bool {
        matches!(lock(&self.process).try_wait(), Ok(None))
    }

    pub(super) fn begins(&self, trip: &TripId) {
        lock(&self.trips).push(trip.clone());
    }

    pub(super) fn ends(&self, trip: &TripId) {
        lock(&self.trips).retain(|it| it != trip);
    }

    pub(super) fn trips(&self) -> Vec<TripId> {
        lock(&self.trips).clone()
    }

    pub(super) fn kill(&self) {
        let mut process = lock(&self.process);
        process.kill().expect("it can be killed");
        process.wait().expect("it has ended");
    }

    /// Tells it to end, and waits until it has.
    pub(super) async fn close(&self) {
        let process = Arc::clone(&self.process);
        let ended = spawn_blocking(move || {
            let mut process = lock(&process);
            drop(process.stdin.take());
            process.wait()
        });
        let ended = ended.await.expect("it does not panic");
        ended.expect("the process is this one's");
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
