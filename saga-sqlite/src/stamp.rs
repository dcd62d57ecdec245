//! Whether a log belongs to its file. SQLite takes any log beside a file for the log of that file: when
//! a backup is restored, and the log of the file before it is left, it is moved into the backup.
//!
//! So each engine gives the file a number of its own, and writes it into a second file, too:
//! `<path>-stamp`. A log is taken for that of the file only if both numbers are the same. The number
//! is the *schema version* of SQLite's header, since whatever copies a database gives the copy another
//! one: `VACUUM INTO` the next, `.backup` its own; and a file that was copied while it was closed has
//! that of an earlier engine.
//!
//! No crash may leave a file that is refused. So the stamp is removed before the number may change,
//! and written once the file itself has the next number, and not only its log. Without a stamp, any
//! log is taken for that of the file. Others change the number, too, as by adding a view: whoever
//! writes next removes the stamp, before the log can be written from its beginning; until then a page
//! of the log has the new number.

use crate::{beside, itself, log, number::integer, private};
use rusqlite::{Connection, Error};
use saga_engine::{Epoch, StoreError};
use std::{
    fs::{self, File},
    io::{self, BufReader, ErrorKind, Read, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

/// The length of the header of a log.
const HEADER: usize = 32;

/// The length of the header of each page in a log.
const FRAME: usize = 24;

/// The length of the first page of a file up to the number, and with it.
const BEFORE: usize = 40;
const WITH: usize = BEFORE + 4;

/// The number of looks at a file that engines are opening.
const LOOKS: usize = 100;

/// Refuses a file beside which the log of another one was left.
///
/// # Errors
/// `Unavailable`, in words that say what to do.
pub(crate) fn refuse(path: &Path) -> Result<(), StoreError> {
    let log = beside::log(path);
    for _ in 0..LOOKS {
        let Some(stamp) = read(path) else {
            return Ok(());
        };
        if beside::log_len(path).is_none_or(|len| len <= HEADER as u64) {
            return Ok(());
        }
        let Some(number) = itself::number(path) else {
            return Ok(());
        };
        if number == stamp || is_in(&log, number) {
            return Ok(());
        }
        // Unless an engine has opened the file meanwhile.
        if read(path) == Some(stamp) {
            return Err(another(path));
        }
    }
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

/// Whether a page in the log has this number: then the file has it from there.
fn is_in(log: &Path, number: i64) -> bool {
    match find(log, number) {
        Ok(found) => found,
        Err(error) => error.kind() != ErrorKind::UnexpectedEof,
    }
}

fn find(log: &Path, number: i64) -> io::Result<bool> {
    let mut log = BufReader::new(File::open(log)?);
    let header: [u8; HEADER] = part(&mut log)?;
    let page = i64::from(word(&header, 8));
    let after = page - i64::try_from(WITH).unwrap_or_default();
    loop {
        let frame: [u8; FRAME] = part(&mut log)?;
        // What comes after is of an earlier log.
        if frame[8..16] != header[16..24] {
            return Ok(false);
        }
        if word(&frame, 0) != 1 {
            log.seek_relative(page)?;
            continue;
        }
        let first: [u8; WITH] = part(&mut log)?;
        if i64::from(word(&first, BEFORE)) == number {
            return Ok(true);
        }
        log.seek_relative(after)?;
    }
}

fn part<const LEN: usize>(from: &mut impl Read) -> io::Result<[u8; LEN]> {
    let mut part = [0; LEN];
    from.read_exact(&mut part)?;
    Ok(part)
}

fn word(bytes: &[u8], at: usize) -> u32 {
    let bytes = bytes[at..at + 4].iter();
    bytes.fold(0, |word, byte| (word << 8) | u32::from(*byte))
}

/// The number in the stamp.
fn read(path: &Path) -> Option<i64> {
    let text = fs::read_to_string(beside::stamp(path)).ok()?;
    text.trim().parse().ok()
}

/// Removes the stamp: the number of the file may change from now on.
///
/// # Errors
/// If it cannot be removed for good.
pub(crate) fn remove(path: &Path) -> rusqlite::Result<()> {
    let removed = fs::remove_file(beside::stamp(path)).and_then(|()| sync_folder(path));
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            let text = format!("`{}`: {error}", beside::stamp(path).display());
            Err(Error::ToSqlConversionFailure(text.into()))
        }
        _ => Ok(()),
    }
}

/// Gives the file another number, once it has no stamp.
///
/// # Errors
/// SQLite's errors.
pub(crate) fn change(conn: &Connection) -> rusqlite::Result<()> {
    let random = integer(Epoch::random().0);
    // Far from those that copies get.
    let number = (random & 0x3fff_ffff) | 0x0100_0000;
    conn.pragma_update(None, "schema_version", number)
}

/// Empties the log, and writes the stamp if that could be done: then the file itself has its number.
/// Another process that reads keeps the log.
///
/// # Errors
/// SQLite's errors.
pub(crate) fn renew(conn: &Connection, path: &Path, patience: Duration) -> rusqlite::Result<()> {
    if log::empty_at_once(conn, patience)? {
        write(conn, path)?;
    }
    Ok(())
}

/// Writes the stamp of a file whose log is empty.
///
/// # Errors
/// SQLite's errors; if the stamp cannot be written, there is none.
pub(crate) fn write(conn: &Connection, path: &Path) -> rusqlite::Result<()> {
    let stamp = number(conn)?;
    if replace(path, stamp).is_ok() && number(conn)? != stamp {
        return remove(path);
    }
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
    conn.prepare_cached("PRAGMA schema_version")?
        .query_row((), |row| row.get(0))
}

/// The stamp of a file, as whoever writes to the file sees it.
pub(crate) struct Stamp {
    path: PathBuf,
    /// The number of the file, as far as it is known to be that of the stamp, if there is one.
    known: Option<i64>,
}

impl Stamp {
    pub(crate) fn of(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            known: None,
        }
    }

    /// Removes the stamp if another process has changed the number of the file. Comes before each
    /// write, within its transaction.
    ///
    /// # Errors
    /// If the number cannot be read, or the stamp not removed.
    pub(crate) fn keep(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        let number = number(conn)?;
        if self.known != Some(number) {
            if read(&self.path).is_some_and(|stamp| stamp != number) {
                remove(&self.path)?;
            }
            self.known = Some(number);
        }
        Ok(())
    }
}
