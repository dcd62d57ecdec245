//! A step that calls a service over HTTP. `typed-saga-classify` says what its errors and answers
//! mean.

use axum::Router;
use axum::http::{StatusCode, header::RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use reqwest::{Client, redirect::Policy};
use std::error::Error;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::net::TcpListener;
use typed_saga::{Key, Verdict, saga};

saga! {
    #[classify(BankError::verdict)]
    saga Pay(cents: u32) with (bank: Bank) -> Result<String, BankError> {
        #[idempotent] #[retry(4, 10ms..100ms)]
        step receipt(bank, cents, key) -> String = Bank::charge
            compensate none

        receipt
    }
}

#[derive(Debug, thiserror::Error)]
enum BankError {
    /// No connection, or it was lost, or the answer cannot be read.
    #[error("the bank does not answer")]
    Http(#[from] reqwest::Error),
    #[error("the bank answers {status}")]
    Answer {
        status: StatusCode,
        verdict: Verdict,
    },
}

impl BankError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Http(error) => typed_saga_classify::reqwest::error(error),
            Self::Answer { verdict, .. } => *verdict,
        }
    }
}

#[derive(Clone)]
struct Bank {
    charges: String,
    client: Client,
}

impl Bank {
    async fn charge(&self, cents: &u32, key: &Key) -> Result<String, BankError> {
        let request = self.client.post(&self.charges).body(cents.to_string());
        let response = request
            .header("idempotency-key", key.as_str())
            .send()
            .await?;
        if response.status().is_success() {
            return Ok(response.text().await?);
        }
        let verdict = typed_saga_classify::reqwest::response(&response);
        let status = response.status();
        Err(BankError::Answer { status, verdict })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let charges = format!("http://{}/charges", listener.local_addr()?);
    tokio::spawn(async { axum::serve(listener, Router::new().fallback(answer)).await });

    // Redirects are off: the error of the second request would say nothing of the first.
    let client = Client::builder().redirect(Policy::none()).build()?;
    let bank = Bank { charges, client };
    assert_eq!(Pay { cents: 300 }.with(bank.clone()).await?, "receipt 7");

    let refused = Pay { cents: 0 }.with(bank).await.unwrap_err();
    assert!(refused.is_clean()); // and asked once: there is nothing to settle
    println!("{refused}");
    Ok(())
}

/// The bank's side.
async fn answer() -> Response {
    static REQUESTS: AtomicU32 = AtomicU32::new(1);
    match REQUESTS.fetch_add(1, Ordering::Relaxed) {
        1 => (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "1")]).into_response(),
        2 => StatusCode::BAD_GATEWAY.into_response(), // it may have charged
        3 => "receipt 7".into_response(),             // it knows the key
        4 => StatusCode::UNPROCESSABLE_ENTITY.into_response(),
        _ => panic!("nobody asks again"),
    }
}
