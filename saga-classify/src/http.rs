//! HTTP: statuses, of whichever client.
//!
//! reqwest (0.12 and 0.13), hyper, axum, and tonic share the types of the crate `http`:
//! [`status`] takes those. Most SDKs carry a number, and no headers: [`code`] takes that.
//!
//! ```
//! use typed_saga::Verdict;
//!
//! /// The error of a client that was generated from an OpenAPI document.
//! #[derive(Debug)]
//! enum BankError {
//!     Connection(std::io::Error),
//!     Answer { status: u16, body: String },
//! }
//!
//! impl BankError {
//!     fn verdict(&self) -> Verdict {
//!         match self {
//!             Self::Connection(error) => typed_saga::classify::io(error),
//!             // The bank's own word: it charges nothing then.
//!             Self::Answer { status: 409, body } if body == "declined" => Verdict::Refused,
//!             Self::Answer { status, .. } => typed_saga_classify::http::code(*status),
//!         }
//!     }
//! }
//! # let answer = |status, body: &str| BankError::Answer { status, body: body.to_owned() };
//! # assert_eq!(answer(409, "declined").verdict(), Verdict::Refused);
//! # assert_eq!(answer(409, "").verdict(), Verdict::Unknown);
//! # let refused = std::io::ErrorKind::ConnectionRefused.into();
//! # assert_eq!(BankError::Connection(refused).verdict(), Verdict::Transient);
//! ```
//!
//! A durable saga records its errors. [`Http`] stands for one of a client, or for a response with the status
//! of an error.

use crate::recorded::recorded;
use ::http::{
    HeaderMap, Response, StatusCode,
    header::{RETRY_AFTER, VIA},
};
use typed_saga_core::Verdict;

recorded! {
    /// A call that has failed, as a durable saga records it: the status of the response, if there was one; its
    /// verdict; and the text of the error with those of its sources.
    ///
    /// It is made by `From`: of the errors of reqwest and hyper, each with its feature, and of a response, whose
    /// body is not part of it. So `?` converts to it, and so does `= path` in a saga whose error it is.
    Http { status: Option<u16> }
}

impl Http {
    /// The status of the response, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        StatusCode::from_u16(self.status?).ok()
    }

    pub(crate) fn of(status: Option<StatusCode>, verdict: Verdict, text: String) -> Self {
        let status = status.map(|status| status.as_u16());
        Self {
            status,
            verdict,
            text,
        }
    }

    pub(crate) fn answered(status: StatusCode, verdict: Verdict) -> Self {
        Self::of(Some(status), verdict, format!("the answer is {status}"))
    }
}

impl<B> From<Response<B>> for Http {
    fn from(answer: Response<B>) -> Self {
        let status = answer.status();
        Self::answered(status, self::status(status, answer.headers()))
    }
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
        503 if headers.contains_key(RETRY_AFTER) && !is_passed_on(headers) => Verdict::Transient,
        number => code(number),
    }
}

/// What this number says, if nothing else is known of the answer: [`status`] without headers. So a `503` is
/// `Unknown`.
///
/// A number that is no status is `Unknown`, such as the `0` that some clients have for "no answer".
#[must_use]
pub fn code(number: u16) -> Verdict {
    match number {
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
        _ => Verdict::Unknown,
    }
}

/// Whether a proxy says that it stands between.
fn is_passed_on(headers: &HeaderMap) -> bool {
    headers.contains_key(VIA) || headers.contains_key("x-varnish")
}
