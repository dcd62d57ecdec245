//! Whether a log belongs to its file. SQLite takes any log beside a file for the log of that file: when
//! a backup is restored, and the log of the file before it is left, it is moved into the backup.
//!
//! So each engine gives the file a number of its own, and writes it into a second file, too:
//! `<path>-stamp`. The number is the *schema version* of SQLite's header, since whatever copies a
//! database gives the copy another one: `.backup` a small one, and a file that was copied while it was
//! closed has that of an earlier engine. `VACUUM INTO` gives the copy the next number, as every change
//! of the tables does; but that copy says of itself that it has no log.
//!
//! No crash may leave a file that is refused. So the stamp is removed before an engine changes the
//! number, and written once the file itself has the next one, and not only its log. Without a stamp, any
//! log is taken for that of the file. Whoever else changes the tables counts the number up.

use crate::{beside, error::Stop, itself, log, number::integer, private, transaction::Transaction};
use rusqlite::Connection;
use saga_engine::{Epoch, StoreError};
use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write as _},
    path::Path,
    time::Duration,
};

/// How far others count the number up while an engine has the file, at most.
const CHANGES: i64 = 1 << 16;

/// The least distance between the numbers that two engines in a row give a file, and from those that
/// backups have.
const FAR: i64 = 1 << 28;

/// Refuses a file beside which the log of another one was left.
///
/// # Errors
/// `Unavailable`, in words that say what to do.
pub(crate) fn refuse(path: &Path) -> Result<(), StoreError> {
    let Some(stamp) = read(path) else {
        return Ok(());
    };
    let has_log = beside::has_log(path);
    // The stamp is another one if an engine has changed the number meanwhile.
    if fits(stamp, path) || read(path) != Some(stamp) {
        return Ok(());
    }
    if has_log {
        return Err(another(path));
    }
    // A log that is written from now on is that of this file. Whoever cannot remove the stamp does not
    // write one, either.
    let _ = remove(path);
    Ok(())
}

fn another(path: &Path) -> StoreError {
    let (log, index, stamp) = (beside::log(path), beside::index(path), beside::stamp(path));
    let (name, log) = (path.display(), log.display());
    let (index, stamp) = (index.display(), stamp.display());
    StoreError::unavailable(format!(
        "`{log}` is not the log of `{name}`, but of a file that was there before, as when a backup was restored: remove \
         `{log}` and `{index}`, and start again (if the file and its log were restored together, remove `{stamp}` \
         instead)"
    ))
}

/// Whether the log beside a name may be that of a file, which may have another name by now.
pub(crate) fn is_log_of(name: &Path, file: &Path) -> bool {
    let without = || itself::may_have_log(file);
    read(name).map_or_else(without, |stamp| fits(stamp, file))
}

/// Whether a file may be the one with this stamp.
fn fits(stamp: i64, path: &Path) -> bool {
    match itself::number(path) {
        Some(number) if number != stamp => is_later(number, stamp) && itself::may_have_log(path),
        _ => true,
    }
}

/// Whether no engine has changed the number since it was this one.
fn is_later(number: i64, stamp: i64) -> bool {
    (number - CHANGES..=number).contains(&stamp)
}

/// The number in the stamp.
fn read(path: &Path) -> Option<i64> {
    let text = fs::read_to_string(beside::stamp(path)).ok()?;
    text.trim().parse().ok()
}

/// Removes the stamp: the number of the file may change from now on.
///
/// # Errors
/// `Unavailable` if it cannot be removed.
pub(crate) fn remove(path: &Path) -> Result<(), StoreError> {
    let stamp = beside::stamp(path);
    match fs::remove_file(&stamp) {
        // Where this cannot be done, no stamp was written.
        Ok(()) => drop(sync_folder(path)),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => {
            let text = format!("`{}`: {error}", stamp.display());
            return Err(StoreError::unavailable(text));
        }
    }
    Ok(())
}

/// Gives the file the next number, and writes the stamp if the log can be emptied: then the file itself
/// has that number. Another process that reads keeps the log.
///
/// # Errors
/// SQLite's errors, and those of [`remove`].
pub(crate) fn renew(conn: &Connection, path: &Path, patience: Duration) -> Result<(), Stop> {
    let stamp = change(conn, path)?;
    if log::empty_at_once(conn, patience)? {
        write(conn, path, stamp)?;
    }
    Ok(())
}

fn change(conn: &Connection, path: &Path) -> Result<i64, Stop> {
    let change = Transaction::to_write(conn)?;
    remove(path)?;
    let next = far_from(number(conn)?, integer(Epoch::random().0));
    conn.pragma_update(None, "schema_version", next)?;
    change.commit()?;
    Ok(next)
}

/// Writes the stamp of a file that has this number itself, unless another engine has changed it since.
fn write(conn: &Connection, path: &Path, stamp: i64) -> Result<(), Stop> {
    // Meanwhile, none does.
    let still = Transaction::to_write(conn)?;
    if is_later(number(conn)?, stamp) && replace(path, stamp).is_err() {
        remove(path)?;
    }
    drop(still);
    Ok(())
}

fn replace(path: &Path, number: i64) -> io::Result<()> {
    let next = beside::next_stamp(path);
    private::make(&next)?;
    let mut file = File::options().write(true).truncate(true).open(&next)?;
    writeln!(file, "{number}")?;
    file.sync_all()?;
    fs::rename(&next, beside::stamp(path))?;
    sync_folder(path)
}

/// Waits until the disk has what was done to the names in the folder of a file.
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        // Other systems do not open folders.
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

fn number(conn: &Connection) -> rusqlite::Result<i64> {
    conn.query_row("PRAGMA schema_version", (), |row| row.get(0))
}

/// A number far from this one, and from small ones; which of them, `random` decides.
fn far_from(number: i64, random: i64) -> i64 {
    FAR + (number + FAR + random % FAR).rem_euclid(4 * FAR)
}

#[cfg(test)]
mod tests {
    use super::{CHANGES, FAR, far_from, is_later};

    #[test]
    fn the_number_of_an_engine_is_far_from_that_of_the_engine_before_it_and_from_small_ones() {
        let before = [0, 1, FAR, FAR + CHANGES, 5 * FAR - 1, 5 * FAR - 1 + CHANGES];
        for number in before {
            for random in [0, 1, FAR - 1, FAR, i64::MAX] {
                let next = far_from(number, random);
                assert!(i32::try_from(next + CHANGES).is_ok(), "{next}");
                assert!(next >= FAR, "{next}");
                assert!((next - number).abs() >= FAR, "{number}, then {next}");
            }
        }
    }

    #[test]
    fn others_count_up_and_no_number_in_a_stamp_is_too_large() {
        for (number, is) in [(FAR - 1, false), (FAR, true), (FAR + CHANGES, true)] {
            assert_eq!(is_later(number, FAR), is, "{number}");
        }
        assert!(!is_later(FAR + CHANGES + 1, FAR));
        assert!(!is_later(FAR, i64::MAX) && !is_later(FAR, i64::MIN));
    }
}
