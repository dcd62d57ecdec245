//! The names of a file that is open, and of the files beside it. Each must go on to mean the same
//! file, and the file must say what only SQLite changes: who opens them later must find what was
//! written.
//!
//! After each commit, one look at the folder tells whether a name in it was changed, and the first
//! bytes of the file tell whether it was overwritten. All names are looked at only if the folder has
//! changed, or has changed so shortly before that another change may have given it the same time.

use crate::{
    beside,
    identity::{Folder, Identity},
    itself::{Header, Itself},
    stamp,
};
use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

/// The number of looks at the first bytes of a file: while they are written, a look may find them half
/// written.
const LOOKS: usize = 3;

/// The names, and what was found at the last look.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    path: Arc<Path>,
    all: Arc<[(PathBuf, Identity)]>,
    /// Their folder; `None` if its times do not tell when a name in it was changed.
    folder: Option<Arc<Path>>,
    /// The folder as it was while all names meant the same files, if a later change gives it another time.
    seen: Option<Folder>,
    /// The file, and what it said; `None` if it has no log, so that others may rewrite it.
    itself: Option<(Itself, Header)>,
}

impl Names {
    /// The names of a file that was opened just now.
    pub(crate) fn of(path: &Path) -> Self {
        let names = [
            path.to_owned(),
            beside::log(path),
            beside::index(path),
            beside::owner(path),
        ];
        let known = |name: PathBuf| Identity::of(&name).ok().map(|file| (name, file));
        let now = SystemTime::now();
        // Opening a file changes names beside it.
        let is_new = |folder: &Folder| !folder.tells_changes_after(now);
        let folder = path.parent().filter(|folder| {
            let folder = Folder::of(folder).ok();
            folder.as_ref().is_some_and(is_new)
        });
        let itself = Itself::of(path).ok().and_then(|itself| {
            let header = itself.header().ok().flatten()?;
            header.may_have_log.then_some((itself, header))
        });
        Self {
            path: path.into(),
            all: names.into_iter().filter_map(known).collect(),
            folder: folder.map(Into::into),
            seen: None,
            itself,
        }
    }

    /// Looks whether all of them mean the same files as before.
    ///
    /// # Errors
    /// What has happened, in words that say what to do.
    pub(crate) fn check(&mut self) -> Result<(), String> {
        if self.seen.is_none() || self.seen != self.folder() {
            self.seen = None;
            let now = SystemTime::now();
            let folder = self.folder();
            self.look()?;
            self.seen = folder.filter(|folder| folder.tells_changes_after(now));
        }
        self.read()
    }

    fn folder(&self) -> Option<Folder> {
        Folder::of(self.folder.as_ref()?).ok()
    }

    /// Looks at each name.
    fn look(&self) -> Result<(), String> {
        for (name, was) in &*self.all {
            let what = match Identity::of(name) {
                Ok(is) if is == *was => continue,
                Ok(_) => "replaced",
                Err(error) if error.kind() == ErrorKind::NotFound => "removed or renamed",
                // Whoever cannot look knows nothing.
                Err(_) => continue,
            };
            let is_file = **name == *self.path;
            let name = name.display();
            let then = match what {
                "replaced" if is_file => format!(
                    "to continue with the file that is there now, end this process, remove `{name}-wal` and \
                     `{name}-shm` if they are left, and start again"
                ),
                _ if is_file => "if it was renamed, end this process, and rename it back; \
                                 otherwise restore a backup"
                    .to_owned(),
                _ => "end this process without killing it, which moves all commits into the file, and start again"
                    .to_owned(),
            };
            return Err(format!("`{name}` was {what} while it was open: {then}"));
        }
        Ok(())
    }

    /// Looks whether the file says what SQLite lets it say. Whatever overwrites a file, as `cp` does,
    /// leaves it its name.
    fn read(&mut self) -> Result<(), String> {
        let Some((itself, was)) = &mut self.itself else {
            return Ok(());
        };
        for _ in 0..LOOKS {
            match itself.header() {
                Ok(Some(is)) if is == *was => return Ok(()),
                Ok(Some(is)) if stamp::may_follow(is, *was, &self.path) => {
                    *was = is;
                    return Ok(());
                }
                Ok(_) => {}
                // Whoever cannot look knows nothing.
                Err(_) => return Ok(()),
            }
        }
        let name = self.path.display();
        Err(format!(
            "`{name}` was overwritten while it was open, as `cp` does: end this process, and restore the backup \
             again, without `{name}-wal`, `{name}-shm` and `{name}-stamp`"
        ))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::Names;
    use rusqlite::Connection;
    use std::{fs, thread::sleep, time::Duration};
    use tempfile::TempDir;

    /// A change within the tick of the clock in which the names were looked at is found, too.
    #[test]
    fn a_folder_is_believed_once_a_change_gives_it_another_time() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().canonicalize().unwrap().join("sagas.db");
        let conn = Connection::open(&path).unwrap();
        conn.pragma_update(None, "journal_mode", "WAL").unwrap();
        conn.execute("CREATE TABLE saga (number)", ()).unwrap();
        let mut names = Names::of(&path);
        names.check().unwrap();
        assert_eq!(names.seen, None, "it has changed just now");
        sleep(Duration::from_millis(3_500));
        names.check().unwrap();
        assert!(names.seen.is_some(), "one look is enough from now on");
        for name in ["other", "another"] {
            fs::write(path.with_file_name(name), "").unwrap();
            names.check().unwrap();
            assert_eq!(names.seen, None, "it has changed again");
        }
        fs::rename(&path, path.with_file_name("renamed.db")).unwrap();
        names.check().unwrap_err();
    }
}
