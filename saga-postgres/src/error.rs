//! Postgres' errors as errors of a store.

use std::{error, fmt, io};
use tokio_postgres::{
    Error,
    error::{Severity, SqlState},
};
use typed_saga_engine::StoreError;

/// An error of a statement, or of a connection.
pub(crate) fn of(error: Error) -> StoreError {
    match error.code() {
        Some(code) if is_damage(code) => StoreError::corrupt(OneLine::of(error)),
        _ => StoreError::unavailable(OneLine::of(error)),
    }
}

/// The same, of a statement that this role may have no right to run: what it then cannot do, and what helps.
pub(crate) fn or_denied(error: Error, cannot: &str, helps: &str) -> StoreError {
    match error.as_db_error() {
        Some(said) if *said.code() == SqlState::INSUFFICIENT_PRIVILEGE => {
            let why = said.message();
            StoreError::unavailable(format!("this role cannot {cannot}: {why}; {helps}"))
        }
        _ => of(error),
    }
}

/// Whether it is what was sent that cannot be kept. Everything else may pass: a lost connection, a full
/// disk, a lock, a server that is read-only for now, a missing privilege, a table that is away.
fn is_damage(code: &SqlState) -> bool {
    // The classes "data exception" and "integrity constraint violation".
    let class = &code.code()[..2];
    matches!(class, "22" | "23") || *code == SqlState::PROGRAM_LIMIT_EXCEEDED
}

/// Whether a text was sent that Postgres cannot hold: nothing that it holds is equal to it.
pub(crate) fn is_no_text(error: &Error) -> bool {
    error.code() == Some(&SqlState::CHARACTER_NOT_IN_REPERTOIRE)
}

/// Whether a batch of writes may be refused for what one of them is, or waits for.
pub(crate) fn is_of_one(error: &Error) -> bool {
    let is_of_one = |code: &SqlState| is_damage(code) || *code == SqlState::QUERY_CANCELED;
    is_in_the_way(error) || error.code().is_some_and(is_of_one)
}

/// Whether what others are doing is in the way: nothing was done, and may be done when they are.
pub(crate) fn is_in_the_way(error: &Error) -> bool {
    error.code().is_some_and(|code| {
        *code == SqlState::LOCK_NOT_AVAILABLE || *code == SqlState::T_R_DEADLOCK_DETECTED
    })
}

/// Whether it waited in vain for a lock, and not for a row of an open transaction: for a table that is
/// being changed, or is being made longer by others. Of a row, Postgres says which one, as the context.
pub(crate) fn is_of_a_table(error: &Error) -> bool {
    let said = error.as_db_error();
    said.is_some_and(|said| *said.code() == SqlState::LOCK_NOT_AVAILABLE && said.where_().is_none())
}

/// Whether the connection is of no use any more: it is lost, the server that it leads to is a standby
/// now, or what it has prepared is of tables that have changed since.
pub(crate) fn is_cut(error: &Error) -> bool {
    let Some(said) = error.as_db_error() else {
        return true;
    };
    matches!(
        said.parsed_severity(),
        Some(Severity::Fatal | Severity::Panic)
    ) || *said.code() == SqlState::READ_ONLY_SQL_TRANSACTION
        || *said.code() == SqlState::FEATURE_NOT_SUPPORTED
}

/// Whether a server was found, and refused by the client because it takes no writes.
pub(crate) fn takes_no_writes(error: &Error) -> bool {
    let source = error::Error::source(error);
    let source = source.and_then(|source| source.downcast_ref::<io::Error>());
    // The system's own error has a number.
    source.is_some_and(|why| {
        why.kind() == io::ErrorKind::PermissionDenied && why.raw_os_error().is_none()
    })
}

/// The message of an error of Postgres, in one line.
struct OneLine {
    text: String,
    error: Error,
}

impl OneLine {
    fn of(error: Error) -> Self {
        let text = match error.as_db_error() {
            Some(said) => {
                // Of the lock of a row that is not given, only the context says on what. The rest of
                // it, and any other one, is code.
                let of_a_lock = *said.code() == SqlState::LOCK_NOT_AVAILABLE;
                let context = said.where_().filter(|_| of_a_lock);
                let context = context.and_then(|context| context.lines().next());
                let context = context.filter(|line| line.starts_with("while "));
                let detail = said.detail().or(said.hint()).or(context);
                let detail = detail.map_or_else(String::new, |detail| format!(" ({detail})"));
                format!("Postgres: {}{detail}", said.message())
            }
            None => format!("Postgres: {error}"),
        };
        Self { text, error }
    }
}

impl fmt::Debug for OneLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl fmt::Display for OneLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl error::Error for OneLine {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        error::Error::source(&self.error)
    }
}
