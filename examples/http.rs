//! Sagas over HTTP: `PUT` submits an order and answers at once, `GET` says how far it is, `DELETE`
//! cancels, and the server stops without leaving anything in doubt.

#![allow(clippy::unused_async, reason = "this shop answers at once")]

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing::put};
use serde::{Deserialize, Serialize};
use std::{error::Error, future::Future, io, time::Duration};
use tokio::{net::TcpListener, sync::oneshot};
use typed_saga::engine::{DurableOutcome, Engine, EngineError, Memory};
use typed_saga::runtime::Cancel;
use typed_saga::{Key, Verdict, saga};

saga! {
    /// Charges the customer, then sends the parcel.
    #[classify(ShopError::verdict)]
    #[timeout(10s)]
    #[derive(Clone)]
    durable saga Buy(article: u32) with (shop: Shop) -> Result<Receipt, ShopError> {
        #[idempotent]
        step payment(shop, article, key) -> String = Shop::charge
            compensate(shop, payment, undo_key) = Shop::refund;

        #[idempotent]
        pivot parcel(shop, article, payment, key) -> u32 = Shop::send;

        Receipt { parcel }
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Receipt {
    parcel: u32,
}

/// The answer to a client. The reason why a saga is parked is for operators.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum Order {
    Running,
    Done { receipt: Receipt },
    Refused { reason: String },
    BeingLookedInto,
}

/// Submitting an order again joins it, so a client that heard nothing sends the same request again.
async fn submit(
    State(engine): State<Engine>,
    Path(id): Path<String>,
    Json(article): Json<u32>,
) -> Result<Response, Problem> {
    engine.submit(id.as_str(), Buy { article }).await?;
    let order = [(header::LOCATION, format!("/orders/{id}"))];
    Ok((StatusCode::ACCEPTED, order).into_response())
}

/// Answers once the order has ended, or after a second: then the client asks again.
async fn look(
    State(engine): State<Engine>,
    Path(id): Path<String>,
) -> Result<Json<Order>, Problem> {
    let handle = engine.handle::<Buy>(&id).await?;
    let Ok(ended) = tokio::time::timeout(Duration::from_secs(1), handle.outcome()).await else {
        return Ok(Json(Order::Running));
    };
    Ok(Json(match ended {
        Ok(DurableOutcome::Completed(receipt)) => Order::Done { receipt },
        Ok(DurableOutcome::Compensated(error)) => Order::Refused {
            reason: reason(&error).to_owned(),
        },
        // Parked, or out of reach of this version: an operator may still finish it.
        Ok(_) | Err(EngineError::Unreadable { .. }) => Order::BeingLookedInto,
        Err(error) => return Err(error.into()),
    }))
}

/// The text of the error names steps and vendors, and once the saga has left memory, only that text
/// is recorded. So the answer to the customer depends only on the step that failed.
fn reason(error: &typed_saga::Error<ShopError>) -> &'static str {
    match error.step() {
        Some("payment") => "the payment was declined",
        Some("parcel") => "it is sold out",
        _ => "it was cancelled",
    }
}

async fn cancel(
    State(engine): State<Engine>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let answer = engine.handle::<Buy>(&id).await?.cancel().await?;
    Ok(match answer {
        Cancel::Accepted => StatusCode::ACCEPTED,
        Cancel::TooLate => StatusCode::CONFLICT,
    })
}

struct Problem(EngineError);

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = match &self.0 {
            EngineError::Id { .. } => StatusCode::BAD_REQUEST,
            EngineError::Input { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            EngineError::NotFound { .. } => StatusCode::NOT_FOUND,
            EngineError::OtherInput { .. } => StatusCode::CONFLICT, // the id names another order
            // It is not known whether it was written. The client asks again; that is harmless.
            EngineError::Stopped { .. } | EngineError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, [(header::RETRY_AFTER, "1")]).into_response()
    }
}

/// Serves until `stop`; then lets requests end, and after them the calls of sagas.
async fn serve(
    listener: TcpListener,
    engine: Engine,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let orders = put(submit).get(look).delete(cancel);
    let app = Router::new()
        .route("/orders/{id}", orders)
        .with_state(engine.clone());
    axum::serve(listener, app)
        .with_graceful_shutdown(stop)
        .await?;
    engine.shutdown(Duration::from_secs(10)).await;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // A shop that is to survive its process opens a file: `Sqlite::open("shop.db")?`.
    let builder = Engine::builder(Memory::new()).register::<Buy>(BuyServices { shop: Shop });
    let engine = builder.start().await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let orders = format!("http://{}/orders", listener.local_addr()?);
    let (stop, stopped) = oneshot::channel::<()>(); // in a server: a signal of the system
    let server = tokio::spawn(serve(listener, engine, async { drop(stopped.await) }));

    let client = reqwest::Client::new();
    let put = async |id: &str, article: u32| {
        let request = client.put(format!("{orders}/{id}")).json(&article);
        request.send().await
    };
    for _ in 0..2 {
        let answer = put("42", 7).await?; // the second one joins the first
        assert_eq!(answer.status(), 202);
        assert_eq!(answer.headers()["location"], "/orders/42");
    }
    assert_eq!(put("42", 8).await?.status(), 409);
    let order = async |id: &str| {
        let answer = client.get(format!("{orders}/{id}")).send().await?;
        answer.error_for_status()?.json::<Order>().await
    };
    let receipt = Receipt { parcel: 7 };
    assert_eq!(order("42").await?, Order::Done { receipt });

    put("43", 13).await?;
    let reason = "it is sold out".to_owned();
    assert_eq!(order("43").await?, Order::Refused { reason });
    put("44", 14).await?;
    let unclear = loop {
        let now = order("44").await?;
        if now != Order::Running {
            break now;
        }
    };
    assert_eq!(unclear, Order::BeingLookedInto);
    let missing = client.get(format!("{orders}/45")).send().await?;
    assert_eq!(missing.status(), 404);
    let late = client.delete(format!("{orders}/42")).send().await?;
    assert_eq!(late.status(), 409);

    stop.send(()).expect("the server waits for it");
    server.await??;
    Ok(())
}

#[derive(Clone)]
struct Shop;

#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
enum ShopError {
    #[error("it is sold out")]
    SoldOut,
    #[error("no answer: the parcel may be on its way")]
    NoAnswer,
}

impl ShopError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::SoldOut => Verdict::Refused,
            Self::NoAnswer => Verdict::Unknown,
        }
    }
}

impl Shop {
    async fn charge(&self, article: &u32, key: &Key) -> Result<String, ShopError> {
        Ok(format!("payment {key} for article {article}"))
    }
    async fn refund(&self, payment: &str, undo_key: &Key) -> Result<(), ShopError> {
        println!("{payment} is refunded under {undo_key}");
        Ok(())
    }
    async fn send(&self, article: &u32, _payment: &str, _: &Key) -> Result<u32, ShopError> {
        match *article {
            13 => Err(ShopError::SoldOut),
            14 => Err(ShopError::NoAnswer),
            sent => Ok(sent),
        }
    }
}
