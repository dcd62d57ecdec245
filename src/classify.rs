//! What errors of common kinds mean: functions for `#[classify(…)]`, and for the verdict of an
//! error type of one's own.
//!
//! | function | for | answers |
//! |---|---|---|
//! | [`io`](io()) | [`std::io::Error`] | `Transient` or `Unknown`, by its kind |
//! | [`transient`] | any error | `Transient` |
//!
//! The package `saga-classify` has more of them, for the errors of reqwest, tonic and sqlx.

use std::io::{self, ErrorKind};

use crate::Verdict;

/// Every `Err` is [`Verdict::Transient`]: an attempt that fails leaves nothing behind.
///
/// Right for a computation, or for one transaction in a database that was seen to roll back. Never
/// for a call over a network, whose answer may be lost after the other side has acted: see
/// [`io`](io()). (`saga::transient` is the same function.)
#[must_use]
pub fn transient<E>(_: &E) -> Verdict {
    Verdict::Transient
}

/// Whether what failed with this I/O error may have happened.
///
/// | kind | verdict | why |
/// |---|---|---|
/// | `ConnectionRefused`, `AddrInUse`, `AddrNotAvailable` | `Transient` | no connection was made, so nothing was sent |
/// | `NotFound`, `PermissionDenied`, `AlreadyExists`, `NotADirectory`, `IsADirectory`, `DirectoryNotEmpty`, `ReadOnlyFilesystem`, `CrossesDevices`, `TooManyLinks`, `ExecutableFileBusy`, `ArgumentListTooLong` | `Transient` | a file, a socket or a program was not opened, moved or run |
/// | `TimedOut`, `WouldBlock` | `Unknown` | the request may have been sent; a socket with a timeout reports either |
/// | `ConnectionReset`, `ConnectionAborted`, `BrokenPipe`, `UnexpectedEof`, `NotConnected` | `Unknown` | the other side may have acted before the connection was lost |
/// | `HostUnreachable`, `NetworkUnreachable`, `NetworkDown` | `Unknown` | a connection that was in use reports them too, instead of a timeout |
/// | `WriteZero`, `StorageFull`, `QuotaExceeded`, `FileTooLarge` | `Unknown` | part of it may have been written |
/// | `InvalidData`, `InvalidInput`, `Interrupted`, `OutOfMemory`, `Unsupported`, `Other`, and every other kind | `Unknown` | the kind does not say whether it was the request that failed, or the answer |
///
/// It never answers [`Refused`](Verdict::Refused): that is what the other side says, and it ends
/// the doubt that an earlier attempt has left. An I/O error comes from this machine. So a `mkdir`
/// that is repeated after a timeout, and finds the directory there, stays in doubt.
///
/// The verdict is that of the one operation that failed. A step that performs several, of which a
/// later one fails, may have performed the earlier ones: make them steps of their own.
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
