//! AWS: errors of the clients that the SDK generates, whatever the operation.
//!
//! ```
//! use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
//! use typed_saga::Verdict;
//! # use aws_smithy_types::error::ErrorMetadata as PutItemError;
//!
//! #[derive(Debug)]
//! enum TableError {
//!     /// The condition of the request did not hold, and the item was read: it is not ours.
//!     Taken,
//!     Put(SdkError<PutItemError, HttpResponse>),
//! }
//!
//! impl TableError {
//!     fn verdict(&self) -> Verdict {
//!         match self {
//!             // Unread, it might be what an earlier attempt has written.
//!             Self::Taken => Verdict::Refused,
//!             Self::Put(error) => typed_saga_classify::aws::error(error),
//!         }
//!     }
//! }
//! # assert_eq!(TableError::Taken.verdict(), Verdict::Refused);
//! # assert_eq!(TableError::Put(SdkError::timeout_error("late")).verdict(), Verdict::Unknown);
//! ```
//!
//! Each operation has an error type of its own. [`Aws`] stands for all of them: it is made by `From`, and knows
//! its verdict without the type. A durable saga, which records its errors, needs it in any case:
//!
//! ```
//! use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
//! use typed_saga::Verdict;
//! use typed_saga_classify::aws::Aws;
//! # use aws_smithy_types::error::{ErrorMetadata as PutItemError, ErrorMetadata as SendMessageError};
//!
//! #[derive(Debug, serde::Serialize, serde::Deserialize)]
//! enum OrderError {
//!     Taken,
//!     /// Of whichever operation.
//!     Aws(Aws),
//! }
//!
//! impl OrderError {
//!     fn verdict(&self) -> Verdict {
//!         match self {
//!             Self::Taken => Verdict::Refused,
//!             Self::Aws(error) => error.verdict(),
//!         }
//!     }
//! }
//!
//! fn put(error: SdkError<PutItemError, HttpResponse>) -> OrderError {
//!     OrderError::Aws(error.into())
//! }
//!
//! fn send(error: SdkError<SendMessageError, HttpResponse>) -> OrderError {
//!     OrderError::Aws(error.into())
//! }
//! # assert_eq!(OrderError::Taken.verdict(), Verdict::Refused);
//! # assert_eq!(put(SdkError::construction_failure("no key")).verdict(), Verdict::Transient);
//! # assert_eq!(send(SdkError::timeout_error("late")).verdict(), Verdict::Unknown);
//! ```
//!
//! **Turn the SDK's own retries off** (`RetryConfig::disabled()`), and let the saga retry. A client that retries
//! sends several requests for one call, and reports the end of the last: if the first is carried out but its answer
//! is lost, and the second is turned away, the error says that it was turned away.
//!
//! **No error is [`Verdict::Refused`].** Each service has its own codes, almost all of them under the status 400, and
//! many are about what an earlier attempt may have changed: the condition that no longer holds, the name that is
//! taken, the stack that needs no update. A table's `ValidationException`, too, may be about the item as an earlier
//! attempt has left it. If a code of your operation says "refused, whatever was there before", `match` it first.

use std::{error::Error, fmt::Debug, io};

use crate::{
    hyper,
    recorded::{recorded, text},
};
use aws_credential_types::provider::error::{CredentialsError, TokenError};
use aws_smithy_runtime_api::client::{
    orchestrator::HttpResponse,
    result::{DispatchFailure, SdkError},
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use hyper_util::client::legacy;
use typed_saga_core::Verdict;

recorded! {
    /// An error of the SDK as a durable saga records it: the status of the answer and the code in it, its verdict
    /// by [`error`](error()), and its text with those of its sources.
    ///
    /// It is made by `From`, so `?` converts to it, and so does `= path` in a saga whose error it is.
    Aws { answer: Option<Answer> }
}

/// What a service has answered.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Answer {
    status: u16,
    code: Option<String>,
}

impl Aws {
    /// The status of the service's answer, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.answer.as_ref().map(|answer| answer.status)
    }

    /// The code in the service's answer, such as `ConditionalCheckFailedException`, if it could be read.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.answer.as_ref()?.code.as_deref()
    }
}

impl<E> From<SdkError<E, HttpResponse>> for Aws
where
    E: Error + ProvideErrorMetadata + 'static,
{
    fn from(cause: SdkError<E, HttpResponse>) -> Self {
        let answer = cause.raw_response().map(|answer| Answer {
            status: answer.status().as_u16(),
            code: cause.code().map(ToOwned::to_owned),
        });
        Self {
            answer,
            verdict: error(&cause),
            text: text(&cause),
        }
    }
}

/// Codes of requests that were turned away unread, because there were too many: those for which the SDK waits
/// before it retries.
const THROTTLED: [&str; 13] = [
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// Codes of requests that were not let in.
const NOT_LET_IN: [&str; 10] = [
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

/// What this error says of the request.
///
/// | error | verdict | why |
/// |---|---|---|
/// | `ConstructionFailure` | `Transient` | there was no request to send: a value was missing |
/// | `DispatchFailure` with a `CredentialsError` or a `TokenError` | `Transient` | the provider had no credentials for the request, and without them it is not sent |
/// | `DispatchFailure` with an error of hyper-util | as by [`hyper::client`] | `Transient` if there was no connection: the name is unknown, the connection is refused, TLS fails, the time to connect is up |
/// | `DispatchFailure` with an `io::Error` of the kind `ConnectionRefused` or `AddrNotAvailable` | `Transient` | there was no connection |
/// | `DispatchFailure` otherwise, `TimeoutError` | `Unknown` | the request may have been sent, and the answer may be on its way. (A client without a provider of credentials sends nothing, but its error cannot be told apart) |
/// | `ResponseError` | `Unknown` | there is an answer, but not all of it |
/// | `ServiceError` with a status below 300 | `Unknown` | the answer cannot be read; or it says what went wrong after S3 had said 200 |
/// | `ServiceError` with the status 429, or a code of a request that was throttled | `Transient` | it was turned away unread; but an earlier one may have been let in, and may have filled a quota |
/// | `ServiceError` with the status 401 or 403, or a code of a request that was not let in | `Transient` | it was not let in; but an earlier one may have been: a token expires between two attempts |
/// | `ServiceError` otherwise | `Unknown` | the code says why, and means something else in each service |
///
/// The codes are those of *Common Errors* in AWS's references, and those which the SDK (aws-runtime 1) takes for
/// throttling.
///
/// It can be named as it is, if the error of the saga is that of one operation:
/// `#[classify(typed_saga_classify::aws::error)]`.
#[must_use]
pub fn error<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Verdict {
    match error {
        SdkError::ConstructionFailure(_) => Verdict::Transient,
        SdkError::DispatchFailure(failure) => dispatch(failure),
        SdkError::ServiceError(answer) => {
            let turned_away = |code| THROTTLED.contains(&code) || NOT_LET_IN.contains(&code);
            match answer.raw().status().as_u16() {
                ..300 => Verdict::Unknown,
                401 | 403 | 429 => Verdict::Transient,
                _ if answer.err().code().is_some_and(turned_away) => Verdict::Transient,
                _ => Verdict::Unknown,
            }
        }
        _ => Verdict::Unknown,
    }
}

/// The outermost error of a type that is known says how far the request has come.
fn dispatch(failure: &DispatchFailure) -> Verdict {
    let mut source = failure.as_connector_error().and_then(Error::source);
    while let Some(error) = source {
        if error.is::<CredentialsError>() || error.is::<TokenError>() {
            return Verdict::Transient;
        }
        if let Some(error) = error.downcast_ref::<legacy::Error>() {
            return hyper::client(error);
        }
        if let Some(error) = error.downcast_ref::<io::Error>() {
            use io::ErrorKind::{AddrNotAvailable, ConnectionRefused};
            return match error.kind() {
                AddrNotAvailable | ConnectionRefused => Verdict::Transient,
                _ => Verdict::Unknown,
            };
        }
        source = error.source();
    }
    Verdict::Unknown
}
