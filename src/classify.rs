//! Verdicts on common kinds of errors: functions for `#[classify(…)]`, and for the verdict of an
//! error type of your own.
//!
//! | function | for | answers |
//! |---|---|---|
//! | [`io`](io()) | [`std::io::Error`] | `Transient` or `Unknown`, by its kind |
//! | [`transient`] | any error | `Transient` |
//!
//! The package `saga-classify` has more of them, for the errors of reqwest, tonic and sqlx.

use std::io::{self, ErrorKind};

use crate::Verdict;

/// Every `Err` is [`Verdict::Transient`]: an attempt that fails has no effect.
///
/// Right for a computation, or for one transaction in a database that you have seen roll back.
/// Never right for a call over a network, because its answer may be lost after the service has
/// acted: see [`io`](io()). (`saga::transient` is the same function.)
#[must_use]
pub fn transient<E>(_: &E) -> Verdict {
    Verdict::Transient
}

/// Whether an operation that failed with this I/O error may have happened.
///
/// | kind | verdict | why |
/// |---|---|---|
/// | `ConnectionRefused`, `AddrInUse`, `AddrNotAvailable` | `Transient` | no connection was made, so nothing was sent |
/// | `NotFound`, `PermissionDenied`, `AlreadyExists`, `NotADirectory`, `IsADirectory`, `DirectoryNotEmpty`, `ReadOnlyFilesystem`, `CrossesDevices`, `TooManyLinks`, `ExecutableFileBusy`, `ArgumentListTooLong` | `Transient` | a file, a socket or a program was not opened, moved or run |
/// | `TimedOut`, `WouldBlock` | `Unknown` | the request may have been sent; a socket with a timeout reports either |
/// | `ConnectionReset`, `ConnectionAborted`, `BrokenPipe`, `UnexpectedEof`, `NotConnected` | `Unknown` | the service may have acted before the connection was lost |
/// | `HostUnreachable`, `NetworkUnreachable`, `NetworkDown` | `Unknown` | a connection that was in use reports these kinds, too, instead of a timeout |
/// | `WriteZero`, `StorageFull`, `QuotaExceeded`, `FileTooLarge` | `Unknown` | part of it may have been written |
/// | `InvalidData`, `InvalidInput`, `Interrupted`, `OutOfMemory`, `Unsupported`, `Other`, and every other kind | `Unknown` | the kind does not say whether it was the request that failed, or the answer |
///
/// It never returns [`Refused`](Verdict::Refused): a refusal comes from the service, and ends the
/// doubt that an earlier attempt has left; an I/O error comes from this machine. So a `mkdir` that
/// is repeated after a timeout, and finds the directory there, stays in doubt.
///
/// The verdict is about the one operation that failed. If a step performs several operations and a
/// later one fails, the earlier ones may have happened: make each of them a step.
///
/// ```
/// use saga::{Verdict, classify};
/// use std::io;
///
/// enum BankError {
///     Declined,
///     Io(io::Error),
/// }
///
/// impl BankError {
///     fn verdict(&self) -> Verdict {
///         match self {
///             Self::Declined => Verdict::Refused,
///             Self::Io(error) => classify::io(error),
///         }
///     }
/// }
///
/// let reset = BankError::Io(io::ErrorKind::ConnectionReset.into());
/// assert_eq!(reset.verdict(), Verdict::Unknown);
/// let unreachable = BankError::Io(io::ErrorKind::ConnectionRefused.into());
/// assert_eq!(unreachable.verdict(), Verdict::Transient);
/// ```
#[must_use]
pub fn io(error: &io::Error) -> Verdict {
    match error.kind() {
        ErrorKind::ConnectionRefused | ErrorKind::AddrInUse | ErrorKind::AddrNotAvailable => {
            Verdict::Transient
        }
        ErrorKind::NotFound
        | ErrorKind::PermissionDenied
        | ErrorKind::AlreadyExists
        | ErrorKind::NotADirectory
        | ErrorKind::IsADirectory
        | ErrorKind::DirectoryNotEmpty
        | ErrorKind::ReadOnlyFilesystem
        | ErrorKind::CrossesDevices
        | ErrorKind::TooManyLinks
        | ErrorKind::ExecutableFileBusy
        | ErrorKind::ArgumentListTooLong => Verdict::Transient,
        _ => Verdict::Unknown,
    }
}
