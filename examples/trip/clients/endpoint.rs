//! One request to one vendor, and the meaning of its answer.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response, redirect::Policy};
use serde::de::DeserializeOwned;
use tokio::time::timeout;
use typed_saga::Verdict;

use crate::error::{BookingError, Vendor};
use crate::wire::{IDEMPOTENCY_KEY, Refusal};

/// How long the rest of an answer may take that has begun without a `content-length`: only vendors that
/// stall send such answers, so a vendor that is merely slow is never given up.
const PATIENCE: Duration = Duration::from_millis(50);

/// A connection pool for all clients. It ignores the proxies of the environment, which do not reach
/// vendors on this machine, and follows no redirects: an error would be that of another request.
///
/// # Errors
///
/// If the system has no resources for it.
pub(crate) fn connections() -> reqwest::Result<reqwest::Client> {
    let client = reqwest::Client::builder().no_proxy();
    client.redirect(Policy::none()).build()
}

/// Where a vendor is, and the pool of connections to reach it.
#[derive(Clone)]
pub(crate) struct Endpoint {
    vendor: Vendor,
    base: String,
    http: reqwest::Client,
}

impl Endpoint {
    /// `base` is the address without a slash at the end, such as `http://127.0.0.1:8080`.
    pub(crate) fn new(vendor: Vendor, base: String, http: reqwest::Client) -> Self {
        Self { vendor, base, http }
    }

    /// What the trip wants from this vendor; a trip that wants nothing from it is refused before
    /// anything is sent.
    pub(super) fn wanted<'t>(&self, wish: Option<&'t String>) -> Result<&'t str, BookingError> {
        wish.map(String::as_str).ok_or(BookingError::Refused {
            vendor: self.vendor,
            reason: "the trip wants none".to_owned(),
        })
    }

    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    /// A `POST` that takes effect once, however often it is sent under `key`.
    pub(super) fn post_once(&self, path: &str, key: &str) -> RequestBuilder {
        self.request(Method::POST, path)
            .header(IDEMPOTENCY_KEY, key)
    }

    /// Sends `request` and reads the answer.
    pub(super) async fn ask<A: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> Result<A, BookingError> {
        let vendor = self.vendor;
        let no_answer = |error: reqwest::Error| BookingError::NoAnswer {
            vendor,
            source: error.into(),
        };
        let response = request.send().await.map_err(no_answer)?;
        if response.status().is_success() {
            return self.read(response).await;
        }
        let status = response.status().as_u16();
        Err(match typed_saga_classify::reqwest::response(&response) {
            Verdict::Refused => BookingError::Refused {
                vendor,
                // A refusal counts, with or without a reason.
                reason: response.json().await.map_or_else(
                    |_| format!("refused ({status})"),
                    |refusal: Refusal| refusal.reason,
                ),
            },
            Verdict::Transient => BookingError::Busy { vendor, status },
            // One request is never half done.
            _ => BookingError::Failed { vendor, status },
        })
    }

    async fn read<A: DeserializeOwned>(&self, response: Response) -> Result<A, BookingError> {
        let vendor = self.vendor;
        let is_whole = response.content_length().is_some();
        let answer = response.json();
        let answer = if is_whole {
            answer.await
        } else {
            let answer = timeout(PATIENCE, answer).await;
            answer.map_err(|_| BookingError::Stalled { vendor })?
        };
        answer.map_err(|error| BookingError::NoAnswer {
            vendor,
            source: error.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::Router;
    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::http::header::{HeaderMap, HeaderValue, RETRY_AFTER};
    use axum::routing::get;
    use futures_util::stream;
    use tokio::net::TcpListener;

    use super::*;

    async fn verdict_of(base: String) -> Verdict {
        let endpoint = Endpoint::new(Vendor::Car, base, connections().unwrap());
        let request = endpoint.request(Method::GET, "/");
        endpoint.ask::<u64>(request).await.unwrap_err().verdict()
    }

    async fn verdict_on(status: StatusCode, headers: HeaderMap) -> Verdict {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route(
            "/",
            get(move || async move { (status, headers, "no number") }),
        );
        tokio::spawn(async move { axum::serve(listener, router).await });
        verdict_of(base).await
    }

    #[tokio::test]
    async fn answers_are_classified() {
        let expected = [
            (StatusCode::OK, Verdict::Unknown),
            (StatusCode::UNPROCESSABLE_ENTITY, Verdict::Refused),
            (StatusCode::NOT_FOUND, Verdict::Transient),
            (StatusCode::TOO_MANY_REQUESTS, Verdict::Transient),
            (StatusCode::SERVICE_UNAVAILABLE, Verdict::Unknown),
            (StatusCode::INTERNAL_SERVER_ERROR, Verdict::Unknown),
            (StatusCode::BAD_GATEWAY, Verdict::Unknown),
        ];
        for (status, verdict) in expected {
            assert_eq!(
                verdict_on(status, HeaderMap::new()).await,
                verdict,
                "{status}"
            );
        }
        let later = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static("1"))]);
        let turned_away = verdict_on(StatusCode::SERVICE_UNAVAILABLE, later).await;
        assert_eq!(turned_away, Verdict::Transient);
    }

    #[tokio::test]
    async fn an_answer_that_stalls_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let stalled =
            || async { Body::from_stream(stream::pending::<Result<&'static str, Infallible>>()) };
        let router = Router::new().route("/", get(stalled));
        tokio::spawn(async move { axum::serve(listener, router).await });
        assert_eq!(verdict_of(base).await, Verdict::Unknown);
    }

    #[tokio::test]
    async fn a_request_that_never_left_did_nothing() {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", free.local_addr().unwrap());
        drop(free);
        assert_eq!(verdict_of(base).await, Verdict::Transient);
    }
}
