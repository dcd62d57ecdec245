//! Servers on Unix.

use std::{
    env,
    error::Error,
    fs,
    io::{self, Write as _},
    net::TcpListener,
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};
use tempfile::TempDir;

/// A server that runs.
#[derive(Debug)]
pub struct Server {
    folder: TempDir,
    bin: PathBuf,
    user: Option<User>,
    port: u16,
    databases: AtomicU32,
    /// Stops the server when the pipe to it is closed.
    guard: Child,
}

/// Another user than root, as whom Postgres refuses to run.
#[derive(Clone, Copy, Debug)]
struct User {
    uid: u32,
    gid: u32,
}

impl Server {
    /// Starts a server with these settings (`name=value`); `None`: Postgres is not installed, which is said.
    ///
    /// # Panics
    /// If it does not start, or is not installed where tests must not leave themselves out.
    #[must_use]
    pub fn start(settings: &[&str]) -> Option<Self> {
        Self::start_with(settings, &[])
    }

    /// The same, with files in its folder that are its own: names, and what is in them.
    ///
    /// # Panics
    /// As there.
    #[must_use]
    pub fn start_with(settings: &[&str], files: &[(&str, &str)]) -> Option<Self> {
        let Some(bin) = binaries() else {
            saga_tests::leave_out(
                "Postgres is not installed (on Debian: `apt-get install postgresql`)",
            );
            return None;
        };
        Some(Self::start_in(bin, settings, files).expect("Postgres starts"))
    }

    fn start_in(
        bin: PathBuf,
        settings: &[&str],
        files: &[(&str, &str)],
    ) -> Result<Self, Box<dyn Error>> {
        let folder = tempfile::Builder::new()
            .prefix("saga-postgres-")
            .tempdir_in("/tmp")?;
        let user = other_than_root(folder.path())?;
        if let Some(User { uid, gid }) = user {
            chown(folder.path(), Some(uid), Some(gid))?;
        }
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::write(&path, text)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
            if let Some(User { uid, gid }) = user {
                chown(&path, Some(uid), Some(gid))?;
            }
        }
        let data = folder.path().join("data");
        // Somebody may take it meanwhile; then the server says so.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut initdb = command(&bin, "initdb", user);
        initdb.arg("-D").arg(&data);
        initdb.args([
            "-A",
            "trust",
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--no-locale",
            "--no-sync",
        ]);
        succeeds(&mut initdb)?;
        let mut more = fs::OpenOptions::new()
            .append(true)
            .open(data.join("postgresql.conf"))?;
        writeln!(
            more,
            "unix_socket_directories = '{}'",
            folder.path().display()
        )?;
        writeln!(
            more,
            "listen_addresses = '127.0.0.1'\nport = {port}\nmax_connections = 200"
        )?;
        for setting in settings {
            writeln!(more, "{setting}")?;
        }
        let mut start = command(&bin, "pg_ctl", user);
        start
            .arg("-D")
            .arg(&data)
            .arg("-l")
            .arg(folder.path().join("log"));
        succeeds(start.args(["-w", "start"]))?;
        // It outlives this process only to end the server.
        let mut guard = Command::new("sh");
        guard.args([
            "-c",
            "read _; \"$0\" -D \"$1/data\" -m immediate -w stop; rm -rf \"$1\"",
        ]);
        guard.arg(bin.join("pg_ctl")).arg(folder.path());
        as_user(&mut guard, user);
        let guard = guard
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let guard = guard.process_group(0).spawn()?;
        Ok(Self {
            folder,
            bin,
            user,
            port,
            databases: AtomicU32::new(0),
            guard,
        })
    }

    /// The address of a database, as a URL.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let folder = self.folder.path().display().to_string().replace('/', "%2F");
        format!("postgres://postgres@{folder}:{}/{database}", self.port)
    }

    /// Where it listens on loopback.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder of its socket.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A new database, empty; gives its URL.
    ///
    /// # Panics
    /// If the server does not make one.
    #[must_use]
    pub fn database(&self) -> String {
        let name = format!("d{}", self.databases.fetch_add(1, Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        self.url(&name)
    }

    /// Runs SQL by `psql`; gives what it prints, without alignment and headings.
    ///
    /// # Panics
    /// If it fails.
    pub fn sql(&self, database: &str, sql: &str) -> String {
        let mut psql = command(&self.bin, "psql", self.user);
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d"]);
        psql.arg(self.url(database)).args(["-c", sql]);
        let output = succeeds(&mut psql).expect("the SQL is run");
        String::from_utf8(output.stdout)
            .expect("it is UTF-8")
            .trim_end()
            .to_owned()
    }

    /// Has a database tell the time by a clock of its own, which can be [set](Self::set_clock): whoever
    /// connects from now on asks that. The server needs the setting `allow_system_table_mods=on`.
    ///
    /// (`libfaketime` does not do for a server: a backend that is killed keeps its lock.)
    ///
    /// # Panics
    /// If the server does not let it.
    pub fn own_clock(&self, database: &str) {
        self.sql(
            database,
            "CREATE TABLE public.clock (apart interval NOT NULL);
             INSERT INTO public.clock VALUES ('0');
             GRANT SELECT ON public.clock TO PUBLIC;
             ALTER FUNCTION pg_catalog.clock_timestamp() RENAME TO right_clock_timestamp;
             CREATE FUNCTION pg_catalog.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
             $$ SELECT pg_catalog.right_clock_timestamp() + (SELECT apart FROM public.clock) $$",
        );
    }

    /// Sets that clock apart from the machine's by so many seconds.
    ///
    /// # Panics
    /// If there is no such clock.
    pub fn set_clock(&self, database: &str, seconds: i64) {
        let set = format!("UPDATE public.clock SET apart = '{seconds} s'");
        self.sql(database, &set);
    }

    /// Ends it as a crash would, and starts it anew.
    ///
    /// # Panics
    /// If it does not start.
    pub fn crash(&self) {
        let mut restart = command(&self.bin, "pg_ctl", self.user);
        restart.arg("-D").arg(self.folder.path().join("data"));
        restart.arg("-l").arg(self.folder.path().join("log"));
        succeeds(restart.args(["-m", "immediate", "-w", "restart"])).expect("it starts anew");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        drop(self.guard.wait());
    }
}

/// Where Postgres' programs are: the newest that Debian has installed, or those of the path.
fn binaries() -> Option<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let debian = debian.filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        Some((version, entry.path().join("bin")))
    });
    let mut found: Vec<_> = debian
        .filter(|(_, bin)| bin.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().map(|(_, bin)| bin).or_else(|| {
        let path = env::var_os("PATH")?;
        env::split_paths(&path).find(|bin| bin.join("initdb").exists())
    })
}

fn command(bin: &Path, program: &str, user: Option<User>) -> Command {
    let mut command = Command::new(bin.join(program));
    as_user(&mut command, user);
    command
}

fn as_user(command: &mut Command, user: Option<User>) {
    command.current_dir("/tmp").env("LC_ALL", "C");
    if let Some(User { uid, gid }) = user {
        command.uid(uid).gid(gid);
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

fn succeeds(command: &mut Command) -> Result<Output, Box<dyn Error>> {
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
    use std::io::{Read as _, Seek as _};
    let mut text = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::Server;
    use std::{thread::sleep, time::Duration};

    #[test]
    fn a_server_starts_crashes_and_goes_away() {
        let Some(server) = Server::start(&["fsync=off"]) else {
            return;
        };
        let folder = server.folder().to_owned();
        assert_eq!(server.sql("postgres", "SELECT 6 * 7"), "42");
        assert_ne!(server.database(), server.database());
        server.crash();
        assert_eq!(server.sql("d1", "SELECT current_database()"), "d1");
        drop(server);
        sleep(Duration::from_millis(10));
        assert!(!folder.exists(), "{} is still there", folder.display());
    }
}
