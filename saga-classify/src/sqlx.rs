//! Databases: errors of [sqlx], for PostgreSQL, MySQL and SQLite.
//!
//! A step is **one transaction, or one statement by itself**. What fails in it is rolled back, so
//! most errors are [`Verdict::Transient`]. Two statements without a transaction are two steps: when
//! the second fails, the first remains applied.
//!
//! If you distinguish the work from the commit, everything that fails before the commit was sent is
//! rolled back, whatever the error; only the commit may leave doubt:
//!
//! ```
//! use typed_saga::Verdict;
//!
//! #[derive(Debug)]
//! enum AccountError {
//!     /// There is no such account, or too little on it.
//!     Refused,
//!     /// A statement failed, and the transaction was dropped.
//!     Work(sqlx::Error),
//!     Commit(sqlx::Error),
//! }
//!
//! impl AccountError {
//!     fn verdict(&self) -> Verdict {
//!         match self {
//!             Self::Refused => Verdict::Refused,
//!             Self::Work(_) => Verdict::Transient,
//!             Self::Commit(error) => typed_saga_classify::sqlx::error(error),
//!         }
//!     }
//! }
//! # assert_eq!(AccountError::Refused.verdict(), Verdict::Refused);
//! # assert_eq!(AccountError::Work(sqlx::Error::RowNotFound).verdict(), Verdict::Transient);
//! # assert_eq!(AccountError::Commit(sqlx::Error::WorkerCrashed).verdict(), Verdict::Unknown);
//! ```
//!
//! A durable saga records its errors, which an [`Error`] of sqlx does not allow; [`Sql`] stands for
//! it:
//!
//! ```
//! use typed_saga::Verdict;
//! use typed_saga_classify::sqlx::Sql;
//!
//! #[derive(Debug, serde::Serialize, serde::Deserialize)]
//! enum AccountError {
//!     /// There is no such account, or too little on it.
//!     Refused,
//!     /// A statement failed, and the transaction was dropped.
//!     Work(Sql),
//!     Commit(Sql),
//! }
//!
//! impl AccountError {
//!     fn verdict(&self) -> Verdict {
//!         match self {
//!             Self::Refused => Verdict::Refused,
//!             Self::Work(_) => Verdict::Transient,
//!             Self::Commit(error) => error.verdict(),
//!         }
//!     }
//! }
//! # let (work, commit) = (sqlx::Error::RowNotFound, sqlx::Error::WorkerCrashed);
//! # assert_eq!(AccountError::Work(work.into()).verdict(), Verdict::Transient);
//! # assert_eq!(AccountError::Commit(commit.into()).verdict(), Verdict::Unknown);
//! ```
//!
//! **No error of a database is [`Verdict::Refused`].** It says what is wrong with this attempt, and
//! a refusal also speaks for the attempts before it. Those change what it finds: after a lost
//! answer the row that violates a unique key, the balance that is too low and the room that is
//! taken may be the work of the first attempt. In a transaction that looks for the key first, and
//! finds that nothing was done under it, you know better: answer `Refused` yourself.

use std::io::ErrorKind;

use crate::recorded::{recorded, text};
use ::sqlx::{Error, error::DatabaseError};
use typed_saga_core::Verdict;

recorded! {
    /// An error of sqlx as a durable saga records it: its code, its verdict by [`error`](error()),
    /// and its text with those of its sources.
    ///
    /// It is made by `From`, so `?` converts to it, and so does `= path` in a saga whose error it
    /// is.
    Sql { code: Option<String> }
}

impl Sql {
    /// The code of the database, if it is the database that answers: a SQLSTATE, or the result of
    /// SQLite.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }
}

impl From<Error> for Sql {
    fn from(cause: Error) -> Self {
        let code = cause.as_database_error().and_then(DatabaseError::code);
        Self {
            code: code.map(Into::into),
            verdict: error(&cause),
            text: text(&cause),
        }
    }
}

/// Whether what failed with this error may have happened.
///
/// | error | verdict | why |
/// |---|---|---|
/// | `Configuration`, `InvalidArgument`, `Encode`, `InvalidSavePointStatement` | `Transient` | nothing was sent |
/// | `Tls`, `PoolTimedOut`, `PoolClosed`, `BeginFailed` | `Transient` | there is no connection, or no transaction, to work on |
/// | `Io`: `ConnectionRefused`, `AddrNotAvailable`, `NotFound`, `PermissionDenied` | `Transient` | as above: the last two are of a socket in the file system |
/// | `Io` of every other kind | `Unknown` | the connection may have been lost after the statement, or the commit, was sent |
/// | `RowNotFound`, `ColumnNotFound`, `ColumnIndexOutOfBounds`, `ColumnDecode`, `Decode`, `TypeNotFound` | `Unknown` | the statement has run; by itself it is committed |
/// | `Protocol`, `WorkerCrashed`, `AnyDriverError`, and every other | `Unknown` | it is not known how far it came |
/// | `Database` | by [`code`] | |
///
/// It can be named as it is: `#[classify(typed_saga_classify::sqlx::error)]`.
#[must_use]
pub fn error(error: &Error) -> Verdict {
    match error {
        Error::Configuration(_)
        | Error::InvalidArgument(_)
        | Error::Encode(_)
        | Error::InvalidSavePointStatement
        | Error::Tls(_)
        | Error::PoolTimedOut
        | Error::PoolClosed
        | Error::BeginFailed => Verdict::Transient,
        Error::Io(error) => match error.kind() {
            ErrorKind::ConnectionRefused
            | ErrorKind::AddrNotAvailable
            | ErrorKind::NotFound
            | ErrorKind::PermissionDenied => Verdict::Transient,
            _ => Verdict::Unknown,
        },
        Error::Database(error) => database(&**error),
        _ => Verdict::Unknown,
    }
}

fn database(error: &dyn DatabaseError) -> Verdict {
    error.code().map_or(Verdict::Unknown, |text| code(&text))
}

/// What a code says: a SQLSTATE of five characters, of PostgreSQL or MySQL, or else the number of
/// an (extended) result of SQLite.
///
/// | SQLSTATE | verdict | why |
/// |---|---|---|
/// | `08001`, `08004`, class `28`, `3D` | `Transient` | no connection was made: refused, not authorized, no such database |
/// | `53`, `57P03` | `Transient` | too many connections, no memory, no room, or it is starting up; what was begun is rolled back |
/// | `40`, but `40003`; `55`, `57014` | `Transient` | a deadlock, a conflict of serializable transactions, a lock that is held too long, a statement that took too long: rolled back |
/// | `23`, `44` | `Transient` | a constraint: rolled back; perhaps an earlier attempt is what is in the way |
/// | `0A`, `21`, `22`, `26`, `2B`, `34`, `3B`, `3F`, `42`, `54`, `P0` | `Transient` | a statement that cannot be carried out, or one that raises: rolled back |
/// | `25`, but `25P04` | `Transient` | the transaction does not allow it: it is read-only (of a replica, after a failover), has failed before, or was idle too long |
/// | `40003`, `08007` | `Unknown` | the database says that it does not know, either |
/// | `08` otherwise, `25P04`, `57` otherwise | `Unknown` | the connection was lost, or was closed by the server, perhaps within the commit |
/// | `58`, `XX`, `F0`, `38`, `39`, `HV`, `HY`, and every other | `Unknown` | the system failed; or a function or a foreign table has called something outside of the transaction; or the code says nothing |
///
/// The codes are those of PostgreSQL's documentation (appendix A, *PostgreSQL Error Codes*). MySQL
/// and MariaDB use the same classes for errors of transactional tables; without transactions, as in
/// `MyISAM`, part of a statement may remain applied. Their `HY000` says nothing, even for a lock
/// that was not granted in time (error 1205).
///
/// | result of SQLite | verdict | why |
/// |---|---|---|
/// | `5` (`BUSY`), `6` (`LOCKED`), `15` (`PROTOCOL`), `17` (`SCHEMA`) | `Transient` | another connection has a lock; the statement was not carried out, or the commit was not made |
/// | `19` (`CONSTRAINT`) | `Transient` | rolled back; not so with the clause `OR FAIL`, which keeps the rows before |
/// | `3` (`PERM`), `8` (`READONLY`), `14` (`CANTOPEN`), `23` (`AUTH`), `26` (`NOTADB`) | `Transient` | nothing can be written |
/// | `9` (`INTERRUPT`), `18` (`TOOBIG`), `20` (`MISMATCH`), `25` (`RANGE`) | `Transient` | the statement was rolled back |
/// | `7` (`NOMEM`), `10` (`IOERR`), `11` (`CORRUPT`), `13` (`FULL`) | `Unknown` | the disk may have it all the same |
/// | `1` (`ERROR`), and every other | `Unknown` | it says nothing |
///
/// The low eight bits of an extended result count (*Result and Error Codes*, sqlite.org).
#[must_use]
pub fn code(code: &str) -> Verdict {
    if code.len() != 5 {
        return sqlite(code);
    }
    match code {
        "40003" | "25P04" => return Verdict::Unknown,
        "08001" | "08004" | "57014" | "57P03" => return Verdict::Transient,
        _ => {}
    }
    match code.get(..2) {
        Some(
            "0A" | "21" | "22" | "23" | "25" | "26" | "28" | "2B" | "34" | "3B" | "3D" | "3F"
            | "40" | "42" | "44" | "53" | "54" | "55" | "P0",
        ) => Verdict::Transient,
        _ => Verdict::Unknown,
    }
}

fn sqlite(code: &str) -> Verdict {
    match code.parse::<u32>().map(|result| result & 0xff) {
        Ok(3 | 5 | 6 | 8 | 9 | 14 | 15 | 17..=20 | 23 | 25 | 26) => Verdict::Transient,
        _ => Verdict::Unknown,
    }
}
