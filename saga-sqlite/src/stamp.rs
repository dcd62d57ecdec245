//! Whether a log belongs to its file. SQLite takes any log beside a file for the log of that file: when
//! a backup is restored, and the log of the file before it is left, it is moved into the backup.
//!
//! So each engine gives the file a number of its own, and writes it into a second file, too:
//! `<path>-stamp`. The number is the *schema version* of SQLite's header. Of the copies of a database,
//! the stamp tells
//!
//! - those that `.backup` makes, whose numbers are small;
//! - those that `VACUUM INTO` makes, which get the next number, as every change of the tables does: they
//!   say of themselves that they have no log;
//! - those that were made of a closed file, once another engine has opened the file since: until then
//!   they have its number.
//!
//! The numbers of two engines lie within [`CHANGES`] of each other, so that one is taken for the
//! other, by chance in one of 130,000 cases; those of two engines in a row never do.
//!
//! No crash may leave a file that is refused. So the stamp is removed before an engine changes the
//! number, and written once the file itself has the next one, and not only its log: at once, or after
//! a later write if other processes keep the log. Without a stamp, any log is taken for that of the
//! file. Whoever else changes the tables counts the number up.
//! A value in a table, such as the epoch, would be in a backup of a running engine, too.

use crate::{
    beside,
    error::Stop,
    itself::{self, Header},
    log,
    number::integer,
    private,
    transaction::Transaction,
};
use rusqlite::Connection;
use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use typed_saga_engine::{Epoch, StoreError};

/// How far others count the number up while an engine has the file, at most.
const CHANGES: i64 = 1 << 14;

/// The least number that an engine gives a file, which those of backups do not reach, and the least
/// distance between the numbers that two engines in a row give it.
const FAR: i64 = 1 << 20;

/// How many numbers engines give: a number has 31 bits, and the greatest can be counted up.
const NUMBERS: i64 = (1 << 31) - 2 * FAR;

/// How long a stamp that could not be written waits for the next try.
const AGAIN: Duration = Duration::from_secs(1);

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
    let may_have_log = || itself::header(file).is_none_or(|header| header.may_have_log);
    read(name).map_or_else(may_have_log, |stamp| fits(stamp, file))
}

/// Whether a file may be the one with this stamp.
fn fits(stamp: i64, path: &Path) -> bool {
    // One in which there is nothing has no number.
    let header = itself::header(path).filter(|header| header.number != 0);
    header.is_none_or(|header| is_of(header, stamp))
}

fn is_of(header: Header, stamp: i64) -> bool {
    header.may_have_log && is_later(header.number, stamp)
}

/// Whether a file with a log that said one thing may say another while it is open, though nothing but SQLite
/// has written it: others have changed its tables, or another engine has changed its number. That
/// one removes the stamp first.
pub(crate) fn may_follow(is: Header, was: Header, path: &Path) -> bool {
    let fits = |stamp| is_of(is, stamp);
    is.may_have_log && (fits(was.number) || read(path).is_none_or(fits))
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

/// A stamp that is not written yet.
pub(crate) struct Due {
    path: PathBuf,
    number: i64,
    /// When to try next.
    next: Instant,
}

impl Due {
    /// Writes it, if it is time for a try; returns it if it is still to be written.
    pub(crate) fn tried(self, conn: &Connection, patience: Duration) -> Option<Self> {
        let now = Instant::now();
        if now < self.next {
            return Some(self);
        }
        let next = now + AGAIN;
        // What fails is tried again: another process may write.
        let is_written = matches!(self.try_now(conn, patience), Ok(true));
        (!is_written).then_some(Self { next, ..self })
    }

    /// Writes it, if the file itself has its number; says whether it has.
    fn try_now(&self, conn: &Connection, patience: Duration) -> Result<bool, Stop> {
        let is_moved = log::move_at_once(conn, patience)?;
        if is_moved {
            write(conn, &self.path, self.number)?;
        }
        Ok(is_moved)
    }

    /// Tries for the last time.
    pub(crate) fn tried_at_last(&self, conn: &Connection, patience: Duration) {
        // Without a stamp, the file is opened all the same.
        let _ = self.try_now(conn, patience);
    }
}

/// Gives the file the next number, and writes the stamp if the log can be moved into it: then the file
/// itself has that number. Otherwise returns the stamp: another process that reads may keep the log.
///
/// # Errors
/// SQLite's errors, and those of [`remove`].
pub(crate) fn renew(
    conn: &Connection,
    path: &Path,
    patience: Duration,
) -> Result<Option<Due>, Stop> {
    let due = Due {
        path: path.to_owned(),
        number: change(conn, path)?,
        next: Instant::now(),
    };
    let is_written = matches!(due.try_now(conn, patience), Ok(true));
    // The first write tries again.
    Ok((!is_written).then_some(due))
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
///
/// # Errors
/// SQLite's errors, and those of [`remove`].
pub(crate) fn write(conn: &Connection, path: &Path, stamp: i64) -> Result<(), Stop> {
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
    private::be_like(&file, path);
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

/// The number of a file, with its log.
pub(crate) fn number(conn: &Connection) -> rusqlite::Result<i64> {
    conn.query_row("PRAGMA schema_version", (), |row| row.get(0))
}

/// A number far from this one, and from small ones; which of them, `random` decides.
fn far_from(number: i64, random: i64) -> i64 {
    let away = FAR + random % (NUMBERS - 2 * FAR);
    FAR + (number - FAR + away).rem_euclid(NUMBERS)
}

#[cfg(test)]
mod tests {
    use super::{CHANGES, FAR, Header, NUMBERS, far_from, is_later, may_follow};
    use std::path::Path;

    #[test]
    fn the_number_of_an_engine_is_far_from_that_of_the_engine_before_it_and_from_small_ones() {
        let last = FAR + NUMBERS - 1;
        let before = [
            0,
            1,
            FAR / 2,
            FAR - 1,
            FAR,
            FAR + CHANGES,
            last,
            last + CHANGES,
        ];
        let most = NUMBERS - 2 * FAR;
        for number in before {
            for random in [0, 1, FAR, most - 1, most, i64::MAX] {
                let next = far_from(number, random);
                assert!(i32::try_from(next + CHANGES).is_ok(), "{next}");
                assert!(next >= FAR, "{next}");
                assert!((next - number).abs() >= FAR, "{number}, then {next}");
            }
        }
        const { assert!(FAR > CHANGES) };
    }

    #[test]
    fn the_numbers_of_two_engines_hardly_ever_meet() {
        // The next number is one of so many, each as likely as the others.
        let many = NUMBERS - 2 * FAR;
        let numbers = [0, 1, 2, many / 2, many - 1].map(|random| far_from(FAR, random));
        assert_eq!(numbers[1] - numbers[0], 1);
        assert_eq!(numbers[4] - numbers[0], many - 1);
        assert!(many / (CHANGES + 1) > 130_000, "{}", many / (CHANGES + 1));
    }

    #[test]
    fn an_open_file_with_a_log_goes_on_to_say_that_it_may_have_one() {
        let nowhere = Path::new("there is no such folder/sagas.db");
        let said = |number, may_have_log| Header {
            number,
            may_have_log,
        };
        for (number, may_have_log, may) in [
            (FAR + 1, true, true),
            // Without a stamp, any number may be that of another engine.
            (5 * FAR, true, true),
            (1, true, true),
            (FAR + 1, false, false),
            (5 * FAR, false, false),
        ] {
            let is = said(number, may_have_log);
            assert_eq!(may_follow(is, said(FAR, true), nowhere), may, "{is:?}");
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
