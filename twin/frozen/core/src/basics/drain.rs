//! The tasks that run on their own: sagas that were started, sagas whose future was dropped,
//! `finally` code, and the delivery of events. A process can wait for them before it ends.

use std::{
    future::Future,
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    runtime,
    sync::Notify,
    task::JoinHandle,
    time::{Instant, timeout_at},
};

/// The names of the sagas whose tasks have not ended, each with a number to find it by.
static RUNNING: Mutex<Vec<(u64, &'static str)>> = Mutex::new(Vec::new());
static ENDED: Notify = Notify::const_new();

fn running() -> MutexGuard<'static, Vec<(u64, &'static str)>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An entry of the list. Dropping it removes the task from the list, however the task ends.
struct Listed(u64);

impl Listed {
    fn new(saga: &'static str) -> Self {
        let mut running = running();
        let number = running.last().map_or(0, |(last, _)| last + 1);
        running.push((number, saga));
        Self(number)
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        running().retain(|(number, _)| *number != self.0);
        ENDED.notify_waiters();
    }
}

/// Runs a task of this saga, which is on the list from now on until it has ended or is dropped. Its future is
/// of one type for all sagas: a runtime compiles what it needs for each type of a task.
#[inline(never)]
pub(crate) fn spawn(
    runtime: &runtime::Handle,
    saga: &'static str,
    task: Pin<Box<dyn Future<Output = ()> + Send>>,
) -> JoinHandle<()> {
    let listed = Listed::new(saga);
    runtime.spawn(async move {
        let _listed = listed;
        task.await;
    })
}

/// Waits for all sagas in memory that run as tasks of their own, because they were started or their
/// future was dropped, for every `finally`, and until all events are delivered. It also waits for
/// sagas that start meanwhile. Returns the name of each saga that has not ended after `limit`.
///
/// Call it at the end of `main`: neither `.await` nor `outcome()` waits for a `finally` or an
/// event. (For the sagas of an engine, call the engine's `shutdown`.)
///
/// Needs a tokio runtime with its timer enabled. The runtime must keep running while this waits.
pub async fn drain(limit: Duration) -> Vec<&'static str> {
    let until = Instant::now() + limit;
    loop {
        // Created before the list is read, so that an end between the read and the wait is not
        // missed.
        let ended = ENDED.notified();
        let left: Vec<_> = running().iter().map(|(_, saga)| *saga).collect();
        if left.is_empty() || timeout_at(until, ended).await.is_err() {
            return left;
        }
    }
}
