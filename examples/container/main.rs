//! A shop that runs in a container: it records its sagas in a file on a volume, and ends in good order
//! when the container is stopped. `Dockerfile` and `compose.yaml` are in this folder; the guide's page
//! "Backups and containers" explains them.
//!
//! It listens at `ADDRESS`, and calls its partner at `PARTNER`:
//!
//! ```text
//! docker compose up --build --detach
//! curl -X PUT -d apples http://127.0.0.1:8080/orders/order-1
//! ```
#![cfg_attr(not(unix), allow(unused, reason = "SIGTERM is of Unix"))]

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    routing::put,
};
use reqwest::{Client, redirect::Policy};
use std::{env, error::Error, time::Duration};
use tokio::net::TcpListener;
use typed_saga::{
    Key,
    engine::{Engine, EngineError, WeakEngine},
    saga,
    sqlite::Sqlite,
};
use typed_saga_classify::http::Http;

saga! {
    /// Charges the customer, then sends the parcel.
    #[classify(Http::verdict)]
    #[timeout(10s)]
    durable saga Buy(article: String) with (partner: Partner) -> Result<String, Http> {
        #[idempotent]
        step payment(partner, article, key) -> String = Partner::charge
            compensate(partner, payment, undo_key) = Partner::refund;

        #[idempotent]
        pivot parcel(partner, payment, key) -> String = Partner::send;

        parcel
    }
}

/// How long calls may still run when the shop is stopped: longer than their `#[timeout]`, and shorter
/// than the `stop_grace_period` of the container.
const LIMIT: Duration = Duration::from_secs(20);

#[cfg(unix)]
#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    use tokio::signal::unix::{SignalKind, signal};

    // First of all: without a handler, the first process of a container ignores SIGTERM.
    let mut stop = signal(SignalKind::terminate())?;

    let store = Sqlite::open(env::var("SAGA_JOURNAL")?)?;
    let partner = Partner::from_env()?;
    let engine = Engine::builder(store)
        .register::<Buy>(BuyServices { partner })
        .start()
        .await?;

    let orders = Router::new()
        .route("/orders/{id}", put(order))
        .with_state(engine.downgrade());
    let listener = TcpListener::bind(env::var("ADDRESS")?).await?;
    println!("listening on {}", listener.local_addr()?);
    axum::serve(listener, orders)
        .with_graceful_shutdown(async move {
            stop.recv().await;
        })
        .await?;

    engine.shutdown(LIMIT).await;
    Ok(())
}

#[cfg(not(unix))]
fn main() {}

/// Submitting an order again joins it, so a client that got no answer sends the same request again.
async fn order(
    State(engine): State<WeakEngine>,
    Path(id): Path<String>,
    article: String,
) -> StatusCode {
    match engine.submit(id, Buy { article }).await {
        Ok(_) => StatusCode::ACCEPTED,
        Err(EngineError::OtherInput { .. }) => StatusCode::CONFLICT,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// The service that takes payments, and sends parcels: once per key.
#[derive(Clone)]
struct Partner {
    address: String,
    client: Client,
}

impl Partner {
    fn from_env() -> Result<Self, Box<dyn Error>> {
        let address = env::var("PARTNER")?;
        let client = Client::builder().redirect(Policy::none()).build()?;
        Ok(Self { address, client })
    }

    async fn charge(&self, article: &str, key: &Key) -> Result<String, Http> {
        self.post("charges", article, key).await
    }

    async fn refund(&self, payment: &str, undo_key: &Key) -> Result<(), Http> {
        self.post("refunds", payment, undo_key).await.map(drop)
    }

    async fn send(&self, payment: &str, key: &Key) -> Result<String, Http> {
        self.post("parcels", payment, key).await
    }

    async fn post(&self, what: &str, body: &str, key: &Key) -> Result<String, Http> {
        let request = self.client.post(format!("{}/{what}", self.address));
        let request = request.header("idempotency-key", key.as_str());
        let answer = request.body(body.to_owned()).send().await?;
        if answer.status().is_success() {
            return Ok(answer.text().await?);
        }
        Err(answer.into())
    }
}
