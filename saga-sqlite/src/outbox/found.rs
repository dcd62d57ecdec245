//! An event as it stands in the file.

use crate::text::{saga, text};
use rusqlite::{Row as SqlRow, types::ValueRef};
use typed_saga_engine::{Epoch, EventRow, Time};

pub(super) const EVENTS: &str = "SELECT saga.name, saga.id, event.position, event.number, event.key, event.payload, event.at,
                             event.delivered, event.due, event.claimed, event.turn, event.failures, event.error, event.lost, event.skipped
                      FROM outbox AS event JOIN saga ON saga.number = event.saga";

/// An event, and whether its row is damaged: then it says why where it says why an event could not be
/// delivered, and must not be handed over.
pub(super) struct FoundEvent {
    pub(super) event: EventRow,
    pub(super) is_damaged: bool,
}

/// Reads a row of [`EVENTS`].
pub(super) fn found(row: &SqlRow<'_>) -> rusqlite::Result<FoundEvent> {
    let mut damage: Option<String> = None;
    let mut wrong = |why: String| {
        damage.get_or_insert(why);
    };
    let (saga, is_text) = saga(row, 0)?;
    let ((key, key_is_text), (payload, is_whole)) = (text(row, 4)?, text(row, 5)?);
    if !(is_text && key_is_text && is_whole) {
        wrong("it has text that is no UTF-8".to_owned());
    }
    let mut count = |column, what: &str| -> rusqlite::Result<u64> {
        let count: i64 = row.get(column)?;
        Ok(u64::try_from(count).unwrap_or_else(|_| {
            wrong(format!("its {what} is {count}"));
            0
        }))
    };
    let (position, number, turn) = (
        count(2, "position")?,
        count(3, "number")?,
        count(10, "turn")?,
    );
    let time = |column| row.get(column).map(|time: Option<i64>| time.map(Time));
    // A value that no worker has written is not a claim, and not a number of failures.
    let claimed = row.get::<_, Option<i64>>(9)?;
    let claimed = claimed.and_then(|claimed| u64::try_from(claimed).ok());
    let why = match row.get_ref(12)? {
        ValueRef::Null => None,
        _ => Some(text(row, 12)?.0),
    };
    Ok(FoundEvent {
        is_damaged: damage.is_some(),
        event: EventRow {
            saga,
            position,
            number,
            key,
            payload,
            written: Time(row.get(6)?),
            delivered: time(7)?,
            due: time(8)?,
            claimed: claimed.map(Epoch),
            turn,
            failures: u32::try_from(row.get::<_, i64>(11)?).unwrap_or(0),
            lost: u32::try_from(row.get::<_, i64>(13)?).unwrap_or(0),
            skipped: match row.get_ref(14)? {
                ValueRef::Null => None,
                _ => Some(text(row, 14)?.0.into()),
            },
            why: damage
                .map(|why| EventRow::damaged(&why))
                .or(why)
                .map(Into::into),
        },
    })
}
