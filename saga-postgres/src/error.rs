//! Postgres' errors as errors of a store.

use saga_engine::StoreError;
use std::{error, fmt};
use tokio_postgres::{Error, error::SqlState};

/// An error of a statement, or of a connection.
pub(crate) fn of(error: Error) -> StoreError {
    match error.code() {
        Some(code) if is_damage(code) => StoreError::corrupt(Told::of(error)),
        _ => StoreError::unavailable(Told::of(error)),
    }
}

/// Whether what was sent cannot be kept, or what is there is no store of this version. Everything else
/// may pass: a lost connection, a full disk, a lock, a server that is read-only for now, a missing
/// privilege.
fn is_damage(code: &SqlState) -> bool {
    // The classes "data exception", "integrity constraint violation", "program limit exceeded"; and of
    // "syntax error or access rule violation" what names a table or a column that is not there.
    let class = &code.code()[..2];
    matches!(class, "22" | "23" | "54")
        || *code == SqlState::UNDEFINED_TABLE
        || *code == SqlState::UNDEFINED_COLUMN
        || *code == SqlState::INVALID_SCHEMA_NAME
}

/// Whether a batch of writes may be refused for what one of them is, or waits for.
pub(crate) fn is_of_one(error: &Error) -> bool {
    error.code().is_some_and(|code| {
        is_damage(code)
            || *code == SqlState::LOCK_NOT_AVAILABLE
            || *code == SqlState::T_R_DEADLOCK_DETECTED
            || *code == SqlState::QUERY_CANCELED
    })
}

/// Whether the connection is of no use any more.
pub(crate) fn is_cut(error: &Error) -> bool {
    error.code().is_none()
        || error
            .as_db_error()
            .is_some_and(|it| it.severity() == "FATAL")
}

/// What Postgres says, in one line: its own error says where it looks.
struct Told {
    text: String,
    error: Error,
}

impl Told {
    fn of(error: Error) -> Self {
        let text = match error.as_db_error() {
            Some(said) => {
                let detail = said.detail().or(said.hint());
                let detail = detail.map_or_else(String::new, |detail| format!(" ({detail})"));
                format!("Postgres: {}{detail}", said.message())
            }
            None => format!("Postgres: {error}"),
        };
        Self { text, error }
    }
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl error::Error for Told {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        error::Error::source(&self.error)
    }
}
