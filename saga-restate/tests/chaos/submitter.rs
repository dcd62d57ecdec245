//! Submits sagas, and follows each to its end, whatever happens to the server.

use crate::sagas::{Rent, Shape, Stay, Tour, Trip, order};
use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::time::{sleep, timeout};
use typed_saga::engine::{Action, Attribution, State};
use typed_saga_restate::{Client, Ended};

/// What is known of the sagas.
#[derive(Default)]
pub(crate) struct Known {
    pub(crate) begun: HashSet<String>,
    pub(crate) finals: HashMap<String, String>,
    pub(crate) resumed: usize,
}

#[derive(Clone)]
pub(crate) struct Submitter {
    client: Client,
    known: Arc<Mutex<Known>>,
    next: Arc<AtomicU64>,
    stops: Arc<AtomicBool>,
}

/// How long an answer may take until it is asked for again: the server may have died with it.
const ANSWER: Duration = Duration::from_secs(3);

const PAUSE: Duration = Duration::from_millis(20);

impl Submitter {
    pub(crate) fn new(client: Client) -> Self {
        Self {
            client,
            known: Arc::default(),
            next: Arc::default(),
            stops: Arc::default(),
        }
    }

    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().expect("no panic")
    }

    /// The sagas under way.
    fn under_way(&self) -> Vec<String> {
        let known = self.known();
        let open = known
            .begun
            .iter()
            .filter(|id| !known.finals.contains_key(*id));
        let mut open: Vec<_> = open.cloned().collect();
        open.sort_unstable();
        open
    }

    pub(crate) fn stop(&self) {
        self.stops.store(true, SeqCst);
    }

    /// One saga after the other.
    pub(crate) async fn submit(self) {
        while !self.stops.load(SeqCst) {
            let number = self.next.fetch_add(1, SeqCst);
            let (name, order) = order(number);
            match name {
                "Rent" => self.follow(&Rent::of(order.clone()), &order.saga).await,
                "Stay" => self.follow(&Stay::of(order.clone()), &order.saga).await,
                "Tour" => self.follow(&Tour::of(order.clone()), &order.saga).await,
                _ => self.follow(&Trip::of(order.clone()), &order.saga).await,
            }
        }
    }

    async fn follow<S: Shape>(&self, saga: &S, id: &str) {
        while !matches!(
            timeout(ANSWER, self.client.submit(id, saga)).await,
            Ok(Ok(_))
        ) {
            sleep(PAUSE).await;
        }
        self.known().begun.insert(id.to_owned());
        let told = tokio::select! {
            ended = self.ended::<S>(id) => told::<S>(ended),
            never = self.look_after::<S>(id) => match never {},
        };
        let twice = self.known().finals.insert(id.to_owned(), told);
        assert_eq!(twice, None, "one saga, two ends");
    }

    async fn ended<S: Shape>(&self, id: &str) -> Ended<S::Output> {
        loop {
            if let Ok(Ok(ended)) = timeout(ANSWER, self.client.attach::<S>(id)).await {
                return ended;
            }
            sleep(PAUSE).await;
        }
    }

    /// Sends the saga its signal, and resumes it when it is parked, until it has ended.
    async fn look_after<S: Shape>(&self, id: &str) -> std::convert::Infallible {
        loop {
            sleep(PAUSE).await;
            if let Some(signal) = S::signal() {
                drop(timeout(ANSWER, self.client.signal::<S>(id, signal)).await);
            }
            let status = timeout(ANSWER, self.client.status::<S>(id)).await;
            if matches!(status, Ok(Ok(status)) if status.state == State::Parked) {
                let who = Attribution::new("the test", "it was cut off");
                let resumed = self.client.act::<S>(id, Action::Resume, who);
                self.known().resumed += usize::from(timeout(ANSWER, resumed).await.is_ok());
            }
            sleep(PAUSE * 10).await;
        }
    }

    /// Cancels one that is under way.
    pub(crate) async fn cancel(&self, drawn: u64) {
        let open = self.under_way();
        let Some(id) = open.get(usize::try_from(drawn % 1000).expect("small") % open.len().max(1))
        else {
            return;
        };
        let client = &self.client;
        let cancelled = async {
            match id.split('-').next() {
                Some("Rent") => client.cancel::<Rent>(id).await,
                Some("Stay") => client.cancel::<Stay>(id).await,
                Some("Tour") => client.cancel::<Tour>(id).await,
                _ => client.cancel::<Trip>(id).await,
            }
        };
        // The server may be on its way down or up.
        drop(timeout(ANSWER, cancelled).await);
    }
}

/// In the words that the audit reads.
fn told<S: Shape>(ended: Ended<S::Output>) -> String {
    match ended {
        Ended::Completed(standing) => {
            let steps = standing.iter();
            let steps = steps.map(|(step, reference)| format!(" {step}={reference}"));
            format!("completed{}", steps.collect::<String>())
        }
        Ended::Compensated {
            left, perhaps_left, ..
        } => {
            let perhaps = perhaps_left.iter().map(|step| format!(" {step}?"));
            let steps = left.iter().map(|step| format!(" {step}")).chain(perhaps);
            format!("compensated{}", steps.collect::<String>())
        }
        other => format!("{other:?}"),
    }
}
