//! The lives of sagas.

use crate::{error::Stop, text::text};
use rusqlite::{Connection, Row, types::ValueRef};
use typed_saga_engine::{Life, StoreError};

/// The life of the sagas that begin.
///
/// # Errors
/// `Corrupt` if it is none.
pub(crate) fn of_store(conn: &Connection) -> Result<Life, Stop> {
    let life = conn
        .prepare_cached("SELECT life FROM store")?
        .query_row((), |row| text(row, 0))?;
    let (life, _) = life;
    let damaged = || Stop::Refused(StoreError::corrupt(format!("`{life}` is no life of sagas")));
    life.parse().map_err(|_| damaged())
}

/// The life of a saga; none before it is claimed first. `wrong`: what is written there is none.
pub(crate) fn of_row(
    row: &Row<'_>,
    column: usize,
    wrong: &mut impl FnMut(String),
) -> rusqlite::Result<Option<Life>> {
    if row.get_ref(column)? == ValueRef::Null {
        return Ok(None);
    }
    let (written, _) = text(row, column)?;
    let life = written.parse().ok();
    if life.is_none() {
        wrong(format!("`{written}` is no life"));
    }
    Ok(life)
}
