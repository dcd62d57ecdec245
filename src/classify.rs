//! Verdicts on common kinds of errors: functions for `#[classify(…)]`, and for the verdict of an
//! error type of your own.
//!
//! | function | for | answers |
//! |---|---|---|
//! | [`io`](io()) | [`std::io::Error`] | `Transient` or `Unknown`, by its kind |
//! | [`transient`] | any error | `Transient` |
//!
//! A durable saga records its errors, which an [`std::io::Error`] does not allow; [`Io`] stands for
//! it.
//!
//! The package `typed-saga-classify` has more of both, for statuses of HTTP, and for the errors
//! of reqwest, hyper, tonic, sqlx and the AWS SDK.

use std::{
    error, fmt,
    io::{self, ErrorKind},
};

use crate::Verdict;

#[doc(inline)]
pub use typed_saga_core::{AlwaysTransient, transient};

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
/// use std::io;
/// use typed_saga::{Verdict, classify};
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

/// An [`std::io::Error`] as a durable saga records it: its kind and its text. (Serde's traits are
/// implemented with the feature `durable`.)
///
/// It is made by `From`, so `?` converts to it, and so does `= path` in a saga whose error it is.
///
/// ```
/// use std::io::ErrorKind;
/// use typed_saga::{Verdict, classify::Io};
///
/// #[derive(Debug)]
/// # #[cfg_attr(feature = "durable", derive(serde::Serialize, serde::Deserialize))]
/// enum BankError {
///     Declined,
///     Io(Io),
/// }
///
/// impl BankError {
///     fn verdict(&self) -> Verdict {
///         match self {
///             Self::Declined => Verdict::Refused,
///             Self::Io(error) => error.verdict(),
///         }
///     }
/// }
///
/// impl From<std::io::Error> for BankError {
///     fn from(error: std::io::Error) -> Self {
///         Self::Io(error.into())
///     }
/// }
///
/// let reset = BankError::from(std::io::Error::from(ErrorKind::ConnectionReset));
/// assert_eq!(reset.verdict(), Verdict::Unknown);
/// assert_eq!(BankError::Declined.verdict(), Verdict::Refused);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "durable", derive(serde::Serialize, serde::Deserialize))]
pub struct Io {
    #[cfg_attr(feature = "durable", serde(with = "kinds"))]
    kind: ErrorKind,
    text: String,
}

impl Io {
    /// The kind of the error; [`ErrorKind::Other`] if an error is read from a record, and this
    /// library does not know its kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether the operation that failed with this error may have happened: as [`io`](io()) says.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        io(&self.kind.into())
    }
}

impl From<io::Error> for Io {
    fn from(error: io::Error) -> Self {
        Self {
            kind: error.kind(),
            text: error.to_string(),
        }
    }
}

impl From<ErrorKind> for Io {
    fn from(kind: ErrorKind) -> Self {
        io::Error::from(kind).into()
    }
}

impl fmt::Display for Io {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl error::Error for Io {}

/// Kinds of I/O errors, by name.
#[cfg(feature = "durable")]
mod kinds {
    use serde::{Deserialize as _, Deserializer, Serializer};
    use std::io::ErrorKind;

    const KNOWN: &[ErrorKind] = &[
        ErrorKind::NotFound,
        ErrorKind::PermissionDenied,
        ErrorKind::ConnectionRefused,
        ErrorKind::ConnectionReset,
        ErrorKind::HostUnreachable,
        ErrorKind::NetworkUnreachable,
        ErrorKind::ConnectionAborted,
        ErrorKind::NotConnected,
        ErrorKind::AddrInUse,
        ErrorKind::AddrNotAvailable,
        ErrorKind::NetworkDown,
        ErrorKind::BrokenPipe,
        ErrorKind::AlreadyExists,
        ErrorKind::WouldBlock,
        ErrorKind::NotADirectory,
        ErrorKind::IsADirectory,
        ErrorKind::DirectoryNotEmpty,
        ErrorKind::ReadOnlyFilesystem,
        ErrorKind::StaleNetworkFileHandle,
        ErrorKind::InvalidInput,
        ErrorKind::InvalidData,
        ErrorKind::TimedOut,
        ErrorKind::WriteZero,
        ErrorKind::StorageFull,
        ErrorKind::NotSeekable,
        ErrorKind::QuotaExceeded,
        ErrorKind::FileTooLarge,
        ErrorKind::ResourceBusy,
        ErrorKind::ExecutableFileBusy,
        ErrorKind::Deadlock,
        ErrorKind::CrossesDevices,
        ErrorKind::TooManyLinks,
        ErrorKind::ArgumentListTooLong,
        ErrorKind::Interrupted,
        ErrorKind::Unsupported,
        ErrorKind::UnexpectedEof,
        ErrorKind::OutOfMemory,
        ErrorKind::Other,
    ];

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    pub(super) fn serialize<S: Serializer>(kind: &ErrorKind, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{kind:?}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<ErrorKind, D::Error> {
        let name = String::deserialize(from)?;
        let mut known = KNOWN.iter().copied();
        Ok(known
            .find(|kind| format!("{kind:?}") == name)
            .unwrap_or(ErrorKind::Other))
    }
}
