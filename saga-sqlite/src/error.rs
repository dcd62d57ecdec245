//! What SQLite says, as what a store says.

use rusqlite::{Error, ErrorCode};
use saga_engine::StoreError;
use std::path::Path;

/// Why a write was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    /// It was refused, and nothing else is wrong.
    #[error(transparent)]
    Refused(#[from] StoreError),
    /// SQLite failed, and with it the whole transaction.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// Of a file that is open.
pub(crate) fn of(error: Error) -> StoreError {
    if is_damage(&error) {
        return StoreError::corrupt(error);
    }
    StoreError::unavailable(error)
}

/// Of a file that is being opened: says which.
pub(crate) fn opening(path: &Path, error: &Error) -> StoreError {
    let text = format!("`{}`: {error}", path.display());
    if is_damage(error) {
        return StoreError::corrupt(text);
    }
    StoreError::unavailable(text)
}

/// Whether somebody else has locked the file.
pub(crate) fn is_busy(error: &Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

/// Whether the file is not what it must be. Everything else may pass: a lock, a full disk, a disk
/// that fails.
fn is_damage(error: &Error) -> bool {
    match error {
        Error::SqliteFailure(failure, _) => matches!(
            failure.code,
            // An unknown one is that of SQL that does not fit the tables.
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
