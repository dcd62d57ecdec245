//! One service: it runs what the server sends it.

use crate::{
    line::Line,
    sagas::{Rent, RentServices, Stay, StayServices, Tour, TourServices, Trip, TripServices},
};
use restate_sdk::{endpoint::Endpoint, service::ServiceDefinition};
use std::{env, future::pending, time::Duration};
use tokio::net::TcpListener;
use typed_saga::runtime::{Durable, Services};
use typed_saga_restate::{serve, workflow};

pub(crate) const VARIABLE: &str = "SAGA_RESTATE_TASK";

/// It and the timeout of a call are covered by `LATE`.
const GUARD: Duration = Duration::from_millis(500);

pub(crate) struct Task {
    pub(crate) parent: String,
    pub(crate) port: u16,
}

impl Task {
    pub(crate) fn from_environment() -> Option<Self> {
        let text = env::var(VARIABLE).ok()?;
        let (parent, port) = text.split_once(' ').expect("a task has two parts");
        Some(Self {
            parent: parent.to_owned(),
            port: port.parse().expect("a number"),
        })
    }

    pub(crate) fn to_variable(&self) -> String {
        format!("{} {}", self.parent, self.port)
    }
}

fn service<S: Durable>(services: impl Services<S>) -> ServiceDefinition {
    let service = workflow::<S>(services).guard(GUARD).service();
    service.expect("it fits")
}

#[tokio::main]
pub(crate) async fn work(task: &Task) {
    let (line, _sent) = Line::connect(&task.parent);
    let own = || line.clone();
    let endpoint = Endpoint::builder()
        .bind(service::<Rent>(RentServices { line: own() }))
        .bind(service::<Stay>(StayServices { line: own() }))
        .bind(service::<Tour>(TourServices { line: own() }))
        .bind(service::<Trip>(TripServices { line: own() }))
        .build();
    let listener = TcpListener::bind(("127.0.0.1", task.port)).await;
    let listener = listener.expect("its port is free");
    serve(endpoint, listener, pending::<()>()).await;
}
