//! One request to one vendor, and the meaning of its answer.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;

use crate::error::{BookingError, Vendor};
use crate::wire::{IDEMPOTENCY_KEY, Refusal};

/// A connection pool for all clients. It ignores the proxies of the environment, which do not reach
/// vendors on this machine.
///
/// # Errors
///
/// If the system has no resources for it.
pub(crate) fn connections() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().no_proxy().build()
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
        let unanswered = |source: reqwest::Error| {
            if source.is_connect() {
                BookingError::Unreachable { vendor, source }
            } else {
                BookingError::BadAnswer { vendor, source }
            }
        };
        let response = request.send().await.map_err(unanswered)?;
        let status = response.status();
        if status.is_success() {
            return response.json().await.map_err(unanswered);
        }
        let code = status.as_u16();
        Err(match status {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => BookingError::Busy {
                vendor,
                status: code,
            },
            _ if status.is_client_error() => BookingError::Refused {
                vendor,
                // A refusal counts, with or without a reason.
                reason: response.json().await.map_or_else(
                    |_| format!("refused ({code})"),
                    |refusal: Refusal| refusal.reason,
                ),
            },
            _ => BookingError::Failed {
                vendor,
                status: code,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;
    use saga::Verdict;
    use tokio::net::TcpListener;

    use super::*;

    async fn verdict_of(base: String) -> Verdict {
        let endpoint = Endpoint::new(Vendor::Car, base, connections().unwrap());
        let request = endpoint.request(Method::GET, "/");
        endpoint.ask::<u64>(request).await.unwrap_err().verdict()
    }

    async fn verdict_on(status: StatusCode) -> Verdict {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route("/", get(move || async move { (status, "no number") }));
        tokio::spawn(async move { axum::serve(listener, router).await });
        verdict_of(base).await
    }

    #[tokio::test]
    async fn answers_are_classified() {
        let expected = [
            (StatusCode::OK, Verdict::Unknown),
            (StatusCode::UNPROCESSABLE_ENTITY, Verdict::Refused),
            (StatusCode::NOT_FOUND, Verdict::Refused),
            (StatusCode::TOO_MANY_REQUESTS, Verdict::Transient),
            (StatusCode::SERVICE_UNAVAILABLE, Verdict::Transient),
            (StatusCode::INTERNAL_SERVER_ERROR, Verdict::Unknown),
            (StatusCode::BAD_GATEWAY, Verdict::Unknown),
        ];
        for (status, verdict) in expected {
            assert_eq!(verdict_on(status).await, verdict, "{status}");
        }
    }

    #[tokio::test]
    async fn a_request_that_never_left_did_nothing() {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", free.local_addr().unwrap());
        drop(free);
        assert_eq!(verdict_of(base).await, Verdict::Transient);
    }
}
