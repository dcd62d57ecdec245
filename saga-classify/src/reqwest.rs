//! HTTP: errors and responses of [reqwest].
//!
//! A request ends in one of two ways, and each has its function: no response, an [`error()`]; or a
//! [`response`], whose [status](crate::http::status) may be that of an error.
//!
//! ```
//! use typed_saga::{Key, Verdict};
//!
//! #[derive(Debug)]
//! enum BankError {
//!     /// No answer, or none that can be read.
//!     Http(reqwest::Error),
//!     /// An answer with the status of an error.
//!     Failed { status: u16, verdict: Verdict },
//! }
//!
//! impl BankError {
//!     fn verdict(&self) -> Verdict {
//!         match self {
//!             Self::Http(error) => typed_saga_classify::reqwest::error(error),
//!             Self::Failed { verdict, .. } => *verdict,
//!         }
//!     }
//! }
//!
//! struct Bank(reqwest::Client);
//!
//! impl Bank {
//!     fn new() -> reqwest::Result<Self> {
//!         let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
//!         Ok(Self(client.build()?))
//!     }
//!
//!     async fn charge(&self, cents: &u32, key: &Key) -> Result<String, BankError> {
//!         let request = self.0.post("https://bank.example/charges").body(cents.to_string());
//!         let request = request.header("idempotency-key", key.as_str());
//!         let response = request.send().await.map_err(BankError::Http)?;
//!         if !response.status().is_success() {
//!             return Err(BankError::Failed {
//!                 status: response.status().as_u16(),
//!                 verdict: typed_saga_classify::reqwest::response(&response),
//!             });
//!         }
//!         response.text().await.map_err(BankError::Http)
//!     }
//! }
//! # Bank::new().unwrap();
//! ```
//!
//! A durable saga records its errors. [`Http`] stands for both in its records:
//!
//! ```
//! use typed_saga::{Key, Verdict};
//! use typed_saga_classify::http::Http;
//!
//! #[derive(Debug, serde::Serialize, serde::Deserialize)]
//! enum BankError {
//!     Declined,
//!     Http(Http),
//! }
//!
//! impl BankError {
//!     fn verdict(&self) -> Verdict {
//!         match self {
//!             Self::Declined => Verdict::Refused,
//!             Self::Http(error) => error.verdict(),
//!         }
//!     }
//! }
//!
//! impl From<reqwest::Error> for BankError {
//!     fn from(error: reqwest::Error) -> Self {
//!         Self::Http(error.into())
//!     }
//! }
//!
//! # struct Bank(reqwest::Client);
//! # impl Bank {
//! async fn charge(&self, cents: &u32, key: &Key) -> Result<String, BankError> {
//!     let request = self.0.post("https://bank.example/charges").body(cents.to_string());
//!     let response = request.header("idempotency-key", key.as_str()).send().await?;
//!     match response.status().as_u16() {
//!         402 => Err(BankError::Declined),
//!         200..300 => Ok(response.text().await?),
//!         _ => Err(BankError::Http(response.into())),
//!     }
//! }
//! # }
//! # assert_eq!(BankError::Declined.verdict(), Verdict::Refused);
//! ```
//!
//! **Turn redirects off**, as above. A client that follows one makes two requests, and reports the
//! end of the second: if the bank charges, answers `303 See Other`, and that address refuses the
//! connection, the error is that of a connection that was refused.
//!
//! **Some refusals are yours to know.** If the bank documents that it answers `409` with the code
//! `sold_out` and nothing happened, read the body and say [`Verdict::Refused`] for it; ask these
//! functions about all the rest.
//!
//! **reqwest 0.12** has errors of another type, with the same methods, and the same statuses. Write
//! [`error`](error()) for it yourself, and give [`http::status`] the status and the
//! headers of a response:
//!
//! ```
//! use typed_saga::Verdict;
//!
//! fn verdict(error: &reqwest::Error) -> Verdict {
//!     match error.status() {
//!         Some(status) => typed_saga_classify::http::code(status.as_u16()),
//!         None if error.is_connect() || error.is_builder() => Verdict::Transient,
//!         None => Verdict::Unknown,
//!     }
//! }
//! # let failed = reqwest::Client::new().get("no address").build().unwrap_err();
//! # assert_eq!(verdict(&failed), Verdict::Transient);
//! ```

use crate::{
    http::{self, Http},
    recorded::text,
};
use ::reqwest::{Error, Response};
use typed_saga_core::Verdict;

impl From<Error> for Http {
    fn from(cause: Error) -> Self {
        let (status, verdict) = (cause.status(), error(&cause));
        // The address may hold a secret.
        Self::of(status, verdict, text(&cause.without_url()))
    }
}

impl From<Response> for Http {
    fn from(answer: Response) -> Self {
        Self::answered(answer.status(), response(&answer))
    }
}

/// What it says that there is no response, or none that can be read.
///
/// | error | verdict | why |
/// |---|---|---|
/// | [`is_builder`](Error::is_builder) | `Transient` | there was no request to send |
/// | [`is_connect`](Error::is_connect): the name is unknown, the connection is refused, TLS fails, the time to connect is up | `Transient` | the request is sent when there is a connection |
/// | [`is_timeout`](Error::is_timeout) | `Unknown` | the request may have been sent, and the answer may be on its way |
/// | [`is_request`](Error::is_request): the connection is reset or closed before there is a response | `Unknown` | the service may have acted before the connection was lost |
/// | [`is_body`](Error::is_body): the connection is lost within the response | `Unknown` | there is an answer, most likely to what was done |
/// | [`is_decode`](Error::is_decode): a response that cannot be read | `Unknown` | as above |
/// | [`is_redirect`](Error::is_redirect), [`is_upgrade`](Error::is_upgrade) | `Unknown` | there was an answer that led on |
/// | [`is_status`](Error::is_status): `error_for_status` | as by [`http::code`] | but its headers are lost, and with them a `Retry-After`: ask [`response`] before |
///
/// It can be named as it is: `#[classify(typed_saga_classify::reqwest::error)]`.
#[must_use]
pub fn error(error: &Error) -> Verdict {
    if let Some(status) = error.status() {
        return http::code(status.as_u16());
    }
    // Asked first: a connection that takes too long to make is a time-out, too.
    if error.is_connect() || error.is_builder() {
        Verdict::Transient
    } else {
        Verdict::Unknown
    }
}

/// What this response says, if it is not the one that was wished for:
/// [`http::status`] of its parts.
#[must_use]
pub fn response(response: &Response) -> Verdict {
    http::status(response.status(), response.headers())
}
