//! SQLite's errors as errors of a store.

use rusqlite::{Error, ErrorCode};
use std::path::Path;
use typed_saga_engine::StoreError;

/// Why a write was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    /// It was refused; the transaction can go on.
    #[error(transparent)]
    Refused(#[from] StoreError),
    /// SQLite failed, so the whole transaction did.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// Why a write was not done, for who asked for it.
pub(crate) fn said(stop: Stop) -> StoreError {
    match stop {
        Stop::Refused(error) => error,
        Stop::Failed(error) => of(error),
    }
}

/// An error of an open file.
pub(crate) fn of(error: Error) -> StoreError {
    if is_damage(&error) {
        return StoreError::corrupt(error);
    }
    StoreError::unavailable(error)
}

/// An error of a file that is being opened: names the file.
pub(crate) fn opening(path: &Path, error: &Error) -> StoreError {
    let text = format!("`{}`: {error}", path.display());
    if is_damage(error) {
        return StoreError::corrupt(text);
    }
    StoreError::unavailable(text)
}

/// Whether another process has locked the file.
pub(crate) fn is_busy(error: &Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

/// Whether this process lacks the permission for the file, or for creating the files next to it.
pub(crate) fn is_denied(error: &Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied)
    )
}

/// Whether there was no room for a write: the disk is full, or a write failed, as it does where the
/// size of files is limited.
pub(crate) fn is_no_room(error: &Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure)
    )
}

/// Whether the file itself is damaged or something else. Everything else may pass: a lock, a full
/// disk, a failing disk.
fn is_damage(error: &Error) -> bool {
    match error {
        Error::SqliteFailure(failure, _) => matches!(
            failure.code,
            // SQL that does not fit the tables gives the unknown code.
            ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::ConstraintViolation
                | ErrorCode::TypeMismatch
                | ErrorCode::Unknown
        ),
        Error::SqlInputError { .. }
        | Error::FromSqlConversionFailure(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::InvalidColumnType(..)
        | Error::Utf8Error(..)
        | Error::QueryReturnedNoRows => true,
        _ => false,
    }
}
