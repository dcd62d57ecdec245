//! The site: runs the saga in memory, on an engine that records it, or on those of a fleet.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use typed_saga::engine::{Builder, DurableOutcome, Engine, EngineError, Filter, StoreError};
use typed_saga::runtime::{Sender, Signalled, Unsettled};
use typed_saga::{Completeness, Failure};

use crate::clients::Clients;
use crate::domain::{Consent, Trip, TripId};
use crate::error::{BookingError, cause};
use crate::fleet::Fleet;
use crate::outcome::Outcome;
use crate::saga::{BookTrip, BookTripServices, BookTripSignal};
use crate::wire::Agreed;

/// Ways to send signals to trips that have begun.
type Senders = HashMap<TripId, Sender<BookTripSignal>>;

/// Where trips are booked. Clones share one site.
#[derive(Clone)]
pub(crate) enum Site {
    /// Trips in flight end with the process.
    InMemory(Box<Clients>, Arc<Mutex<Senders>>),
    /// Trips in flight continue in the next process that opens the file.
    Durable(Engine),
    /// Trips in flight continue in another process of the fleet.
    Fleet(Arc<Fleet>),
}

/// Why a durable site cannot continue.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SiteError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error("somebody abandoned {trip}{}", why.as_deref().map(|why| format!(": {why}")).unwrap_or_default())]
    Abandoned { trip: String, why: Option<String> },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[cfg(not(feature = "postgres"))]
    #[error(
        "this example was built without Postgres: `cargo run --example trip --features postgres -- …`"
    )]
    NoPostgres,
    #[cfg(feature = "postgres")]
    #[error("a process of the fleet cannot be started: {0}")]
    Start(#[from] std::io::Error),
    #[cfg(feature = "postgres")]
    #[error("there are no connections: {0}")]
    Connections(#[from] reqwest::Error),
    #[cfg(feature = "postgres")]
    #[error("a worker says: {0}")]
    Worker(String),
    #[cfg(feature = "postgres")]
    #[error("no worker is alive")]
    NoWorker,
}

impl Site {
    pub(crate) fn in_memory(clients: Clients) -> Self {
        Self::InMemory(Box::new(clients), Arc::default())
    }

    /// Continues what an earlier process left in the store of the engine.
    pub(crate) async fn durable(engine: Builder, clients: Clients) -> Result<Self, SiteError> {
        let engine = engine.register::<BookTrip>(BookTripServices::from(clients));
        Ok(Self::Durable(engine.start().await?))
    }

    /// How many trips an earlier process has begun, and how many of them it has ended.
    pub(crate) async fn found(&self) -> Result<(usize, usize), SiteError> {
        let Self::Durable(engine) = self else {
            return Ok((0, 0));
        };
        let trips = engine.list(Filter::default()).await?;
        let ended = trips.iter().filter(|trip| trip.due.is_none());
        Ok((trips.len(), ended.count()))
    }

    /// Books `trip`, or leaves no trace of it, and waits until others have heard of it. A durable site books it once, however often it is
    /// asked, in any process.
    pub(crate) async fn book(&self, trip: Trip) -> Result<Outcome, SiteError> {
        match self {
            Self::InMemory(clients, senders) => {
                Ok(book_in_memory(trip, (**clients).clone(), senders).await)
            }
            Self::Durable(engine) => book_durably(trip, engine).await,
            Self::Fleet(fleet) => fleet.book(&trip).await,
        }
    }

    /// The owner of the card agrees to a payment for a trip. Saying so again is harmless. Gives what
    /// the bank is told.
    pub(crate) async fn agreed(&self, said: Agreed) -> Result<StatusCode, SiteError> {
        let Agreed {
            trip,
            authorization,
        } = &said;
        let signal = BookTripSignal::Consent(Consent {
            authorization: authorization.clone(),
        });
        let signalled = match self {
            Self::InMemory(_, senders) => {
                let sender = lock(senders).get(trip).cloned();
                match sender {
                    Some(sender) => sender.signal(signal).await,
                    None => Signalled::NotFound,
                }
            }
            Self::Durable(engine) => engine.signal::<BookTrip>(&trip.0, signal).await?,
            Self::Fleet(fleet) => return fleet.agreed(&said).await,
        };
        Ok(match signalled {
            Signalled::Duplicate { same: Some(false) } => StatusCode::CONFLICT,
            // It counts, this time or since an earlier one.
            Signalled::Accepted | Signalled::Duplicate { .. } => StatusCode::NO_CONTENT,
            Signalled::TooLate => StatusCode::GONE,
            Signalled::NotFound => StatusCode::NOT_FOUND,
        })
    }

    /// Waits for running calls, and for what is being written.
    pub(crate) async fn close(self) {
        match self {
            Self::InMemory(..) => {}
            Self::Durable(engine) => drop(engine.shutdown(Duration::from_secs(60)).await),
            Self::Fleet(fleet) => fleet.close().await,
        }
    }
}

fn lock(senders: &Mutex<Senders>) -> MutexGuard<'_, Senders> {
    senders.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn book_in_memory(trip: Trip, clients: Clients, senders: &Mutex<Senders>) -> Outcome {
    let Clients {
        quotes,
        billing,
        hotels,
        cars,
        flights,
        mailer,
        listener,
    } = clients;
    let id = trip.id.clone();
    let booking = {
        // Locked, since the bank may ask for the sender as soon as the trip begins.
        let mut senders = lock(senders);
        let booking = BookTrip { trip }
            .with(quotes, billing, hotels, cars, flights, mailer, listener)
            .id(id.to_string())
            .start();
        senders.insert(id, booking.sender());
        booking
    };
    match booking.finished().await {
        typed_saga::Outcome::Completed(receipt) => Outcome::Booked(Box::new(receipt)),
        typed_saga::Outcome::Compensated(error) => failed(error.failure()),
        typed_saga::Outcome::Parked(parked) => parked_with(parked.failure(), parked.unsettled()),
        typed_saga::Outcome::OutputLost(panic) => output_lost(panic.message()),
    }
}

async fn book_durably(trip: Trip, engine: &Engine) -> Result<Outcome, SiteError> {
    let id = trip.id.to_string();
    let booking = engine.submit(id.as_str(), BookTrip { trip }).await?;
    Ok(match booking.finished().await? {
        DurableOutcome::Completed(receipt) => Outcome::Booked(Box::new(receipt)),
        DurableOutcome::Compensated(error) => failed(error.failure()),
        DurableOutcome::Parked(parked) => match parked.error().completeness() {
            Completeness::Parked(unsettled) => parked_with(parked.error().failure(), &unsettled),
            other => unreachable!("a parked saga is not {other:?}"),
        },
        DurableOutcome::OutputLost { why } => output_lost(&why),
        DurableOutcome::Abandoned { why, .. } => {
            return Err(SiteError::Abandoned { trip: id, why });
        }
    })
}

fn failed(failure: &Failure<BookingError>) -> Outcome {
    Outcome::Failed {
        cause: cause(failure),
    }
}

fn parked_with(failure: &Failure<BookingError>, unsettled: &Unsettled) -> Outcome {
    Outcome::Parked {
        cause: cause(failure),
        standing: unsettled.still_applied.clone(),
    }
}

fn output_lost(why: &str) -> ! {
    unreachable!("a receipt is only put together: {why}")
}
