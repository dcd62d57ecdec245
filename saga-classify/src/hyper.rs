//! HTTP: errors of [hyper](https://docs.rs/hyper), and of the client of
//! [hyper-util](https://docs.rs/hyper-util).
//!
//! ```
//! use bytes::Bytes;
//! use http_body_util::Full;
//! use hyper::{Request, body::Incoming};
//! use hyper_util::client::legacy::{self, Client, connect::HttpConnector};
//! use typed_saga::{Key, Verdict};
//!
//! #[derive(Debug)]
//! enum BankError {
//!     /// No answer.
//!     Client(legacy::Error),
//!     /// An answer with the status of an error.
//!     Failed(Verdict),
//! }
//!
//! impl BankError {
//!     fn verdict(&self) -> Verdict {
//!         match self {
//!             Self::Client(error) => typed_saga_classify::hyper::client(error),
//!             Self::Failed(verdict) => *verdict,
//!         }
//!     }
//! }
//!
//! struct Bank(Client<HttpConnector, Full<Bytes>>);
//!
//! impl Bank {
//!     async fn charge(&self, cents: &u32, key: &Key) -> Result<Incoming, BankError> {
//!         let request = Request::post("http://bank.example/charges");
//!         let request = request.header("idempotency-key", key.as_str());
//!         let request = request.body(cents.to_string().into()).expect("it is well formed");
//!         let answer = self.0.request(request).await.map_err(BankError::Client)?;
//!         if !answer.status().is_success() {
//!             let verdict = typed_saga_classify::http::status(answer.status(), answer.headers());
//!             return Err(BankError::Failed(verdict));
//!         }
//!         Ok(answer.into_body())
//!     }
//! }
//! # assert_eq!(BankError::Failed(Verdict::Refused).verdict(), Verdict::Refused);
//! ```
//!
//! A durable saga records its errors. [`Http`] stands for these in its records.

use std::error::Error as _;

use crate::{http::Http, recorded::text};
use ::hyper::Error;
use hyper_util::client::legacy;
use typed_saga_core::Verdict;

impl From<Error> for Http {
    fn from(cause: Error) -> Self {
        Self::of(None, error(&cause), text(&cause))
    }
}

impl From<legacy::Error> for Http {
    fn from(cause: legacy::Error) -> Self {
        Self::of(None, client(&cause), text(&cause))
    }
}

/// What this error of a connection says of a request that was sent on it, by the `send_request` of
/// `hyper::client::conn`.
///
/// | error | verdict | why |
/// |---|---|---|
/// | [`is_canceled`](Error::is_canceled) | `Transient` | the request was never started: the connection was not ready, or was closed while the request waited for it |
/// | any other, such as [`is_user`](Error::is_user), [`is_parse`](Error::is_parse), [`is_incomplete_message`](Error::is_incomplete_message), [`is_timeout`](Error::is_timeout) | `Unknown` | the request was started, and its answer is lost, or cannot be read |
///
/// The error of a body that is read, or of an upgrade, is not one of these: there is an answer, so it is
/// `Unknown`.
///
/// It can be named as it is: `#[classify(typed_saga_classify::hyper::error)]`.
#[must_use]
pub fn error(error: &Error) -> Verdict {
    if error.is_canceled() {
        Verdict::Transient
    } else {
        Verdict::Unknown
    }
}

/// What this error of the client of hyper-util says of a request.
///
/// | error | verdict | why |
/// |---|---|---|
/// | [`is_connect`](legacy::Error::is_connect): the name is unknown, the connection is refused, TLS fails, the time to connect is up | `Transient` | the request is sent when there is a connection |
/// | any other whose source is an error of hyper | as by [`error`](error()) | |
/// | any other | `Unknown` | it is not known how far it came |
///
/// It can be named as it is: `#[classify(typed_saga_classify::hyper::client)]`.
#[must_use]
pub fn client(cause: &legacy::Error) -> Verdict {
    if cause.is_connect() {
        return Verdict::Transient;
    }
    let mut source = cause.source();
    while let Some(cause) = source {
        if let Some(cause) = cause.downcast_ref::<Error>() {
            return error(cause);
        }
        source = cause.source();
    }
    Verdict::Unknown
}
