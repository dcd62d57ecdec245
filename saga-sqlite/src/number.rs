//! Numbers as the file has them: of 64 bits, signed.

/// A number as SQLite keeps it. No count comes near the end; what somebody else asks for may, and
/// then fits nothing.
pub(crate) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number that SQLite kept.
///
/// # Errors
/// If it is negative: nothing of ours is.
pub(crate) fn number(integer: i64) -> rusqlite::Result<u64> {
    u64::try_from(integer).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, integer))
}

/// At most so many rows; SQLite takes a negative number for all of them.
pub(crate) fn limit(limit: Option<usize>) -> i64 {
    limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX))
}

/// A fingerprint as it is written.
pub(crate) fn hex(fingerprint: u64) -> String {
    format!("{fingerprint:016x}")
}
