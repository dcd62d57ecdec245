//! How a server is run: in a folder of its own, and by another user than root.

use std::{
    error::Error,
    fs,
    io::{self, Read as _, Seek as _},
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};
use tempfile::TempDir;

/// A folder, and whose it is.
#[derive(Debug)]
pub(crate) struct Place {
    folder: TempDir,
    user: Option<User>,
}

/// Another user than root, as whom Postgres and its pooler refuse to run.
#[derive(Clone, Copy, Debug)]
struct User {
    uid: u32,
    gid: u32,
}

impl Place {
    pub(crate) fn new() -> io::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("saga-postgres-")
            .tempdir_in("/tmp")?;
        let user = other_than_root(folder.path())?;
        let place = Self { folder, user };
        place.give(place.folder())?;
        Ok(place)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What stands for the folder as the host of a URL.
    pub(crate) fn host(&self) -> String {
        self.folder().display().to_string().replace('/', "%2F")
    }

    /// Writes a file there that nobody else may read.
    pub(crate) fn write(&self, name: &str, text: &str) -> io::Result<()> {
        let path = self.folder().join(name);
        fs::write(&path, text)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        self.give(&path)
    }

    fn give(&self, path: &Path) -> io::Result<()> {
        match self.user {
            Some(User { uid, gid }) => chown(path, Some(uid), Some(gid)),
            None => Ok(()),
        }
    }

    /// A program as the user whose the folder is.
    pub(crate) fn command(&self, program: PathBuf) -> Command {
        let mut command = Command::new(program);
        command.current_dir("/tmp").env("LC_ALL", "C");
        if let Some(User { uid, gid }) = self.user {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// A shell that runs a script, to which the folder is `$1` and the program `$0`. It may outlive this
    /// process, with which its input ends.
    pub(crate) fn guard(&self, script: &str, program: PathBuf) -> io::Result<Child> {
        let mut guard = self.command("sh".into());
        guard.args(["-c", script]).arg(program).arg(self.folder());
        let guard = guard
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        guard.process_group(0).spawn()
    }
}

/// Whose the server is, where this process is root's: that of `postgres`, or else of `nobody`.
fn other_than_root(own: &Path) -> io::Result<Option<User>> {
    if fs::metadata(own)?.uid() != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let find = |wanted: &str| {
        users.lines().find_map(|line| {
            let mut fields = line.split(':');
            let is_meant = fields.next() == Some(wanted);
            let mut number = fields.skip(1).map(|field| field.parse().ok());
            let (uid, gid) = (number.next()??, number.next()??);
            is_meant.then_some(User { uid, gid })
        })
    };
    find("postgres")
        .or_else(|| find("nobody"))
        .map(Some)
        .ok_or_else(|| io::Error::other("there is neither a user `postgres` nor one `nobody`"))
}

pub(crate) fn succeeds(command: &mut Command) -> Result<Output, Box<dyn Error>> {
    // A server that it starts keeps what it is given, so that cannot be a pipe that is read to its end.
    let (mut out, mut err) = (tempfile::tempfile()?, tempfile::tempfile()?);
    let status = command
        .stdin(Stdio::null())
        .stdout(out.try_clone()?)
        .stderr(err.try_clone()?)
        .status()?;
    let output = Output {
        status,
        stdout: read(&mut out)?,
        stderr: read(&mut err)?,
    };
    if status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "{command:?}: {status}: {said}{}",
        String::from_utf8_lossy(&output.stdout)
    )
    .into())
}

fn read(file: &mut fs::File) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut text)?;
    Ok(text)
}
