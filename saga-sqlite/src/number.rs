//! Numbers in the file are signed, of 64 bits.

/// A number for SQLite. No count comes near the limit; a number from outside may, and then matches
/// nothing.
pub(crate) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number from SQLite.
///
/// # Errors
/// If it is negative, which no number of this crate is.
pub(crate) fn number(integer: i64) -> rusqlite::Result<u64> {
    u64::try_from(integer).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, integer))
}

/// A limit on rows; SQLite takes a negative number for no limit.
pub(crate) fn limit(limit: Option<usize>) -> i64 {
    limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX))
}

/// A fingerprint as text.
pub(crate) fn hex(fingerprint: u64) -> String {
    format!("{fingerprint:016x}")
}
