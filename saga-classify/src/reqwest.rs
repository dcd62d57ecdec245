//! HTTP: errors of [reqwest], statuses, and responses.
//!
//! A request ends in one of two ways, and each has its function: no response, an [`error()`]; or a
//! response, whose [`status`] may be that of an error. [`response`] is for those who have it whole.
//!
//! ```
//! use saga::{Key, Verdict};
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
//!             Self::Http(error) => saga_classify::reqwest::error(error),
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
//!                 verdict: saga_classify::reqwest::response(&response),
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
//! use saga::{Key, Verdict};
//! use saga_classify::reqwest::Http;
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

use crate::recorded::{recorded, text};
use ::reqwest::{
    Error, Response, StatusCode,
    header::{HeaderMap, RETRY_AFTER, VIA},
};
use saga_core::Verdict;

recorded! {
    /// An error of reqwest, or a response with the status of an error, as a durable saga records
    /// it: its status, its verdict by [`error`](error()) or [`response`], and its text with those
    /// of its sources.
    ///
    /// It is made by `From`, so `?` converts to it, and so does `= path` in a saga whose error it
    /// is. The body of a response is not part of it.
    Http { status: Option<u16> }
}

impl Http {
    /// The status of the response, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        StatusCode::from_u16(self.status?).ok()
    }
}

impl From<Error> for Http {
    fn from(cause: Error) -> Self {
        Self {
            status: cause.status().map(|status| status.as_u16()),
            verdict: error(&cause),
            // The address may hold a secret.
            text: text(&cause.without_url()),
        }
    }
}

impl From<Response> for Http {
    fn from(answer: Response) -> Self {
        Self {
            status: Some(answer.status().as_u16()),
            verdict: response(&answer),
            text: format!("the answer is {}", answer.status()),
        }
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
/// | [`is_status`](Error::is_status): `error_for_status` | as by [`status`] | but its headers are lost, and with them a `Retry-After`: ask [`response`] before |
///
/// It can be named as it is: `#[classify(saga_classify::reqwest::error)]`.
#[must_use]
pub fn error(error: &Error) -> Verdict {
    if let Some(code) = error.status() {
        return status(code, &HeaderMap::new());
    }
    // Asked first: a connection that takes too long to make is a time-out, too.
    if error.is_connect() || error.is_builder() {
        Verdict::Transient
    } else {
        Verdict::Unknown
    }
}

/// What this response says, if it is not the one that was wished for: [`status`] of its parts.
#[must_use]
pub fn response(response: &Response) -> Verdict {
    status(response.status(), response.headers())
}

/// What this status and these headers say of the request, and of earlier ones under its key.
///
/// | status | verdict | why |
/// |---|---|---|
/// | `400`, `402`, `422` | `Refused` | whoever answers has read the request and will not do what it says; the same request was not accepted before, either |
/// | `401`, `403`, `407` | `Transient` | it was not let in, but an earlier request may have been: a token expires between two attempts, and gateways and firewalls answer these themselves |
/// | `404`, `405`, `410`, `421`, `451` | `Transient` | nothing answers at this address; a gateway says this, too, while the service is being deployed, and of what an earlier attempt has used up |
/// | `411`, `413`, `414`, `415`, `416`, `417`, `426`, `428`, `431` | `Transient` | its form is not accepted, perhaps by a proxy with other limits than the one before |
/// | `423` | `Transient` | it is locked, perhaps by an earlier attempt |
/// | `425`, `429` | `Transient` | it was turned away unread: it might be a replay, or one too many |
/// | `503` with `Retry-After`, without `Via` and `X-Varnish` | `Transient` | it was turned away, and may come back |
/// | `503` otherwise | `Unknown` | proxies say it of a request that they have passed on and lost; Varnish, and so Fastly, even with a `Retry-After` |
/// | `406` | `Unknown` | the answer is not in a form that was asked for; some frameworks find that out when they have acted |
/// | `408` | `Unknown` | it should mean that the request did not arrive whole, but servers say it of handlers that take too long, too: so does tower-http's `TimeoutLayer` |
/// | `409` | `Unknown` | there is one already: perhaps it is the earlier attempt, still running, or this one, sent twice by a proxy |
/// | `412` | `Unknown` | it has been changed: perhaps by this request, sent twice by a proxy |
/// | `424` | `Unknown` | another action on which this depends has failed, perhaps half-way |
/// | any other `4xx` | `Unknown` | no standard says what it means, such as nginx's `499` |
/// | `500`, `501`, `502`, `504`, and any other `5xx` | `Unknown` | who fails may have acted; a gateway's time-out is a time-out |
/// | `1xx`, `2xx`, `3xx` | `Unknown` | no error: it was acted on, most likely, but the answer is not the one that was wished for |
///
/// The meanings are those of RFC 9110 (section 15), RFC 4918 (423, 424), RFC 6585 (428, 429, 431), RFC 7725 (451) and RFC 8470 (425); what proxies add is from their documentation and their
/// sources (`builtin.vcl` of Varnish).
///
/// [`Refused`](Verdict::Refused) ends the doubt that an earlier attempt under the same key has
/// left. That is right if **the same key always goes with the same request**, byte for byte:
/// services that compare them answer `400` or `422` to a key that comes back with another body,
/// though the first request was accepted. A body must not contain the time or a random number, nor
/// change its form with a new version of your program while attempts of the old one may be in
/// doubt.
///
/// A service that makes several requests for yours, and answers with the status of one that failed,
/// may have done the others. If it does not say that it undoes them, call all of its statuses
/// `Unknown`.
#[must_use]
pub fn status(status: StatusCode, headers: &HeaderMap) -> Verdict {
    match status.as_u16() {
        400 | 402 | 422 => Verdict::Refused,
        401
        | 403..=405
        | 407
        | 410
        | 411
        | 413..=417
        | 421
        | 423
        | 425
        | 426
        | 428
        | 429
        | 431
        | 451 => Verdict::Transient,
        503 if headers.contains_key(RETRY_AFTER) && !is_passed_on(headers) => Verdict::Transient,
        _ => Verdict::Unknown,
    }
}

/// Whether a proxy says that it stands between.
fn is_passed_on(headers: &HeaderMap) -> bool {
    headers.contains_key(VIA) || headers.contains_key("x-varnish")
}
