//! gRPC: statuses of [tonic].
//!
//! ```
//! use typed_saga::Verdict;
//!
//! #[derive(Debug)]
//! enum BankError {
//!     Grpc(tonic::Status),
//!     /// The answer names no account.
//!     NoAccount,
//! }
//!
//! impl BankError {
//!     fn verdict(&self) -> Verdict {
//!         match self {
//!             Self::Grpc(status) => typed_saga_classify::tonic::status(status),
//!             Self::NoAccount => Verdict::Unknown,
//!         }
//!     }
//! }
//! # let lost = BankError::Grpc(tonic::Status::unavailable("the connection is closed"));
//! # assert_eq!(lost.verdict(), Verdict::Unknown);
//! # assert_eq!(BankError::NoAccount.verdict(), Verdict::Unknown);
//! ```
//!
//! A durable saga records its errors, which a [`Status`] does not allow; [`Grpc`] stands for it:
//!
//! ```
//! use typed_saga::Verdict;
//! use typed_saga_classify::tonic::Grpc;
//!
//! #[derive(Debug, serde::Serialize, serde::Deserialize)]
//! enum BankError {
//!     Grpc(Grpc),
//!     /// The answer names no account.
//!     NoAccount,
//! }
//!
//! impl BankError {
//!     fn verdict(&self) -> Verdict {
//!         match self {
//!             Self::Grpc(status) => status.verdict(),
//!             Self::NoAccount => Verdict::Unknown,
//!         }
//!     }
//! }
//!
//! impl From<tonic::Status> for BankError {
//!     fn from(status: tonic::Status) -> Self {
//!         Self::Grpc(status.into())
//!     }
//! }
//! # let lost = BankError::from(tonic::Status::unavailable("the connection is closed"));
//! # assert_eq!(lost.verdict(), Verdict::Unknown);
//! # assert_eq!(BankError::NoAccount.verdict(), Verdict::Unknown);
//! ```
//!
//! An error of `Endpoint::connect` means that there is no connection, and so is always
//! [`Verdict::Transient`]. A channel that connects when it is first used
//! (`Endpoint::connect_lazy`), or that connects again, reports the same as a [`Status`], which
//! [`status`] knows from others that are `UNAVAILABLE`.

use std::error::Error;

use crate::recorded::{recorded, text};
use ::tonic::{Code, ConnectError, Status};
use typed_saga_core::Verdict;

recorded! {
    /// A status of tonic as a durable saga records it: its code, its verdict by
    /// [`status`](status()), and its text with those of its sources.
    ///
    /// It is made by `From`, so `?` converts to it, and so does `= path` in a saga whose error it
    /// is. The status's details and metadata are not part of it.
    Grpc { code: i32 }
}

impl Grpc {
    /// The code of the status.
    #[must_use]
    pub fn code(&self) -> Code {
        Code::from_i32(self.code)
    }
}

impl From<Status> for Grpc {
    fn from(cause: Status) -> Self {
        Self {
            code: cause.code().into(),
            verdict: status(&cause),
            text: text(&cause),
        }
    }
}

/// What this status says of the call, and of earlier ones under its key.
///
/// | status | verdict | why |
/// |---|---|---|
/// | any with a [`ConnectError`] among its sources | `Transient` | there was no connection, so nothing was sent |
/// | `INVALID_ARGUMENT` | `Refused` | the service has read the arguments and finds them wrong, whatever the state of the system; no library and no proxy says so |
/// | `FAILED_PRECONDITION`, `NOT_FOUND` | `Refused` | the service says so, and no library or proxy does: over HTTP a `404` becomes `UNIMPLEMENTED` |
/// | `PERMISSION_DENIED`, `UNAUTHENTICATED` | `Transient` | it was not let in; but an earlier one may have been: a token expires between two attempts, and a proxy's `401` and `403` become these |
/// | `UNAVAILABLE` without a `ConnectError` | `Unknown` | the connection was lost, or a proxy answers `429`, `502`, `503` or `504` |
/// | `DEADLINE_EXCEEDED`, `CANCELLED` | `Unknown` | time was up on one of both sides, and the call may have succeeded; tonic calls its own time-out `CANCELLED` |
/// | `ALREADY_EXISTS`, `ABORTED` | `Unknown` | there is one already, or one at the same time: perhaps it is this call, sent twice by a proxy |
/// | `RESOURCE_EXHAUSTED` | `Unknown` | mostly a quota that is used up, but also a disk that is full half-way, and an answer that is larger than a client accepts |
/// | `OUT_OF_RANGE` | `Unknown` | tonic says so of an answer that is larger than it accepts |
/// | `UNIMPLEMENTED` | `Unknown` | tonic says so of an answer whose compression it does not know |
/// | `UNKNOWN`, `INTERNAL`, `DATA_LOSS` | `Unknown` | who fails may have acted |
/// | `OK` | `Unknown` | no error: it was acted on, but the answer is not the one that was wished for |
///
/// The meanings are those of gRPC's guide *Status Codes* (which lists the codes that only a service
/// gives) and of its mapping of HTTP statuses; what tonic makes of its own errors is from tonic
/// 0.14.
///
/// [`Refused`](Verdict::Refused) ends the doubt that an earlier attempt under the same key has
/// left. That is right if the same key always goes with the same request, and if the service
/// answers a call that it has carried out before with its first answer, before it looks at anything
/// else: that is what `#[idempotent]` promises.
///
/// If your service documents a code more narrowly, such as `RESOURCE_EXHAUSTED` for calls that it
/// turns away unread, `match` that code first.
///
/// It can be named as it is: `#[classify(typed_saga_classify::tonic::status)]`.
#[must_use]
pub fn status(status: &Status) -> Verdict {
    if was_not_connected(status) {
        return Verdict::Transient;
    }
    match status.code() {
        Code::InvalidArgument | Code::FailedPrecondition | Code::NotFound => Verdict::Refused,
        Code::PermissionDenied | Code::Unauthenticated => Verdict::Transient,
        _ => Verdict::Unknown,
    }
}

fn was_not_connected(status: &Status) -> bool {
    let mut source = status.source();
    while let Some(error) = source {
        if error.is::<ConnectError>() {
            return true;
        }
        source = error.source();
    }
    false
}
