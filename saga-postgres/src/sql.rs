//! The parts that statements share. Each statement is one transaction by itself: a client that
//! stalls within a longer one would keep its locks.

use std::time::Duration;
use tokio_postgres::Row;
use typed_saga_engine::{Epoch, SagaId, StoreError, TAKEOVERS, Time};

/// The time of the database, in milliseconds.
pub(crate) const NOW: &str = "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

/// The worker of epoch `$1`, if it lives; it cannot be declared dead before this statement is done.
pub(crate) const ME: &str =
    "me AS MATERIALIZED (SELECT FROM @worker WHERE epoch = $1 AND dead IS NULL FOR KEY SHARE)";

const READS: &str = "coalesce((SELECT r.fingerprint FROM @runs r WHERE r.epoch = {w} AND r.name = s.name), '0000000000000000')";

/// Whether a worker may claim sagas of a name and a fingerprint, which are columns of `{of}`: it
/// has registered them, or no living worker has.
const MAY_RUN: &str = "(EXISTS (SELECT FROM @runs r WHERE r.epoch = {w} AND r.name = {of}.name AND r.fingerprint = {of}.fingerprint)
     OR NOT EXISTS (SELECT FROM @runs r JOIN @worker w ON w.epoch = r.epoch
                    WHERE r.name = {of}.name AND r.fingerprint = {of}.fingerprint AND w.dead IS NULL))";

/// Whether a worker could not read the saga `s`, or so many have died with it that none tries again.
const PASSES_OVER: &str = "(s.takeovers >= {takeovers} AND s.unfit IS NOT NULL
     OR EXISTS (SELECT FROM @unfit u WHERE u.saga = s.number AND u.fingerprint = {reads}))";

/// The condition on which the worker `who` (an expression) may claim what `of` is a row of, as far as
/// versions go.
pub(crate) fn may_run(who: &str, of: &str) -> String {
    MAY_RUN.replace("{w}", who).replace("{of}", of)
}

/// The condition on which the worker `who` passes the saga `s` over.
pub(crate) fn passes_over(who: &str) -> String {
    let passes_over = PASSES_OVER.replace("{takeovers}", &TAKEOVERS.to_string());
    passes_over.replace("{reads}", &reads(who))
}

/// The fingerprint by which the worker `who` would read the saga `s`.
pub(crate) fn reads(who: &str) -> String {
    READS.replace("{w}", who)
}

/// `pair`: the names and fingerprints of what is not claimed and due, now or later. They are few, and
/// each is one look at an index, so that what is due later, or is of versions that others run, costs
/// nothing.
pub(crate) const PAIRS: &str = "pair AS (
    (SELECT name, fingerprint FROM @saga WHERE claimed IS NULL AND due IS NOT NULL ORDER BY name, fingerprint LIMIT 1)
    UNION ALL
    SELECT next.name, next.fingerprint FROM pair CROSS JOIN LATERAL (
        SELECT s.name, s.fingerprint FROM @saga AS s
        WHERE s.claimed IS NULL AND s.due IS NOT NULL AND (s.name, s.fingerprint) > (pair.name, pair.fingerprint)
        ORDER BY s.name, s.fingerprint LIMIT 1) AS next)";

/// The sagas that are asked something.
pub(crate) const ASKED: &str = "(SELECT DISTINCT name, id FROM @inbox WHERE answer IS NULL)";

/// The oldest messages of `asked`. However many one saga has, whose call they may have to wait for, they
/// do not hide those of the others.
pub(crate) const OLDEST: &str = "(SELECT i.number, i.name, i.id, i.text, i.at FROM @inbox AS i
     WHERE i.name = asked.name AND i.id = asked.id AND i.answer IS NULL ORDER BY i.number LIMIT 64)";

/// The unclaimed sagas that the worker `$1` should claim, due or not: those with an unanswered request,
/// and those that have been granted keys.
pub(crate) fn called() -> String {
    format!("{} UNION ALL {}", asked(), granted())
}

/// The unclaimed sagas with an unanswered request that the worker `$1` should claim. A mark does
/// not keep it from a saga that every living worker would pass over.
pub(crate) fn asked() -> String {
    format!(
        "SELECT s.number FROM {ASKED} AS asked JOIN @saga AS s ON s.name = asked.name AND s.id = asked.id
         WHERE s.claimed IS NULL AND {mine}
           AND (NOT {passed} OR NOT EXISTS (SELECT FROM @worker AS v WHERE v.dead IS NULL AND {theirs} AND NOT {passed_by_them}))",
        mine = may_run("$1", "s"),
        passed = passes_over("$1"),
        theirs = may_run("v.epoch", "s"),
        passed_by_them = passes_over("v.epoch"),
    )
}

/// The unclaimed sagas `s` that have been granted keys, and that the worker `$1` may claim.
pub(crate) fn granted() -> String {
    format!(
        "SELECT s.number FROM (SELECT DISTINCT saga FROM @lock WHERE first IS NOT NULL AND NOT taken) AS l
         JOIN @saga AS s ON s.number = l.saga
         WHERE s.claimed IS NULL AND (SELECT bool_and(own.first IS NOT NULL) FROM @lock AS own WHERE own.saga = l.saga)
           AND {mine} AND NOT {passed}",
        mine = may_run("$1", "s"),
        passed = passes_over("$1"),
    )
}

/// Whether there may be such a saga: no text of Postgres contains NUL.
pub(crate) fn is_text(saga: &SagaId) -> bool {
    !saga.saga.contains('\0') && !saga.id.contains('\0')
}

/// A name as it is written in SQL.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A number as Postgres keeps it. What is larger than it can be is larger than anything that is there.
pub(crate) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(crate) fn number(integer: i64) -> Result<u64, StoreError> {
    u64::try_from(integer)
        .map_err(|_| StoreError::corrupt(format!("{integer} is no number of anything")))
}

pub(crate) fn limit(limit: Option<usize>) -> i64 {
    limit.map_or(i64::MAX, |limit| i64::try_from(limit).unwrap_or(i64::MAX))
}

pub(crate) fn hex(fingerprint: u64) -> String {
    format!("{fingerprint:016x}")
}

pub(crate) fn millis(length: Duration) -> i64 {
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX / 4)
}

/// A column that may be NULL.
pub(crate) fn time(row: &Row, column: usize) -> Option<Time> {
    row.get::<_, Option<i64>>(column).map(Time)
}

pub(crate) fn epoch(epoch: Epoch) -> i64 {
    integer(epoch.0)
}
