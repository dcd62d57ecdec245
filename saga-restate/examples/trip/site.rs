//! The site: trips are workflows of Restate, which this process serves.

use crate::{
    clients::Clients,
    domain::{Consent, Trip},
    outcome::Outcome,
    saga::{BookTrip, BookTripServices, BookTripSignal},
    server::Server,
    wire::Agreed,
};
use axum::http::StatusCode;
use restate_sdk::endpoint::Endpoint;
use std::{future::pending, io, time::Duration};
use tokio::{net::TcpListener, time::sleep};
use typed_saga::engine::{
    State,
    for_logs::record::{self, RecordKind},
};
use typed_saga_restate::{Client, Ended, Failed, Reply, Status, serve, workflow};

/// How often a trip is asked whether it has ended.
const EVERY: Duration = Duration::from_millis(50);

#[derive(Clone)]
pub(crate) struct Site {
    client: Client,
}

impl Site {
    /// Serves the workflow, and has the server know it.
    pub(crate) async fn open(server: &Server, clients: Clients) -> io::Result<Self> {
        let trips = workflow::<BookTrip>(BookTripServices::from(clients));
        let service = trips.service().map_err(io::Error::other)?;
        let endpoint = Endpoint::builder().bind(service).build();
        let socket = TcpListener::bind("127.0.0.1:0").await?;
        let port = socket.local_addr()?.port();
        tokio::spawn(serve(endpoint, socket, pending::<()>()));
        tokio::task::block_in_place(|| server.register(port));
        let client = Client::connect(&server.url()).map_err(io::Error::other)?;
        Ok(Self { client })
    }

    /// Books `trip`, or leaves no trace of it, and waits until others have heard of it. Asking again
    /// is harmless, so it does until the server answers.
    pub(crate) async fn book(&self, trip: Trip) -> Outcome {
        let id = trip.id.to_string();
        let saga = BookTrip { trip };
        while let Err(error) = self.client.submit(id.as_str(), &saga).await {
            is_away(&error);
            sleep(EVERY).await;
        }
        loop {
            match self.ended(&id).await {
                Ok(Some(outcome)) => return outcome,
                Ok(None) => {}
                Err(error) => is_away(&error),
            }
            sleep(EVERY).await;
        }
    }

    async fn ended(&self, id: &str) -> Result<Option<Outcome>, Failed> {
        if let Some(ended) = self.client.ended::<BookTrip>(id).await? {
            return Ok(Some(match ended {
                Ended::Completed(receipt) => Outcome::Booked(Box::new(receipt)),
                Ended::Compensated { error, .. } => Outcome::Failed {
                    cause: cause(&error),
                },
                other => unreachable!(
                    "nobody abandons a trip, and a receipt is only put together: {other:?}"
                ),
            }));
        }
        // A saga that is parked has not ended, but it waits for a person.
        let status = self.client.status::<BookTrip>(id).await?;
        Ok((status.state == State::Parked).then(|| parked(&status)))
    }

    /// The owner of the card agrees to a payment for a trip. Gives what the bank is told.
    pub(crate) async fn agreed(&self, said: Agreed) -> Result<StatusCode, Failed> {
        let Agreed {
            trip,
            authorization,
        } = said;
        let consent = BookTripSignal::Consent(Consent { authorization });
        let reply = self.client.signal::<BookTrip>(&trip.0, consent).await?;
        Ok(match reply {
            Reply::Duplicate { same: false } => StatusCode::CONFLICT,
            Reply::Done | Reply::Duplicate { .. } => StatusCode::NO_CONTENT,
            Reply::NotHeard | Reply::Refused(_) | Reply::Plan(_) => StatusCode::GONE,
        })
    }
}

/// The server may be away for a while.
fn is_away(error: &Failed) {
    assert!(matches!(error, Failed::Ingress(_)), "{error}");
}

/// What is on record of how it was parked.
fn parked(status: &Status) -> Outcome {
    let commits = status.history.iter().rev();
    let records = commits.flat_map(|commit| record::decode(commit.get()).unwrap_or_default());
    let mut ends = records.filter(|record| record.what == RecordKind::Ended);
    let end = ends.next().expect("its end is on record");
    Outcome::Parked {
        cause: cause(&end.error.unwrap_or_default()),
        standing: end.standing,
    }
}

/// What a vendor said, where that is why a step failed: others hear it without the step.
fn cause(error: &str) -> String {
    let said = error.split_once("` failed: ");
    said.map_or(error, |(_, said)| said).to_owned()
}
