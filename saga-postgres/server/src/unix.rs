//! Servers on Unix.

use crate::run::{Place, succeeds};
use std::{
    env,
    error::Error,
    fs,
    io::Write as _,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

/// Ends a server when its input ends, and removes its folder.
const GUARD: &str = "read _; \"$0\" -D \"$1/data\" -m immediate -w stop; rm -rf \"$1\"";

/// A server that runs.
#[derive(Debug)]
pub struct Server {
    place: Place,
    bin: PathBuf,
    port: u16,
    databases: AtomicU32,
    /// Stops the server when the pipe to it is closed.
    guard: Child,
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
        let place = Place::new()?;
        for (name, text) in files {
            place.write(name, text)?;
        }
        let mut initdb = place.command(bin.join("initdb"));
        initdb.arg("-D").arg(place.folder().join("data"));
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
        let mut all = vec!["max_connections = 200"];
        all.extend(settings);
        Self::run(place, bin, &all)
    }

    /// A standby of this server: it has all that was written here before, follows what is written later,
    /// and takes no writes itself until it is [promoted](Self::promote).
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn standby(&self) -> Self {
        self.copied().expect("a standby starts")
    }

    fn copied(&self) -> Result<Self, Box<dyn Error>> {
        let place = Place::new()?;
        let mut copy = place.command(self.bin.join("pg_basebackup"));
        copy.arg("-D").arg(place.folder().join("data"));
        copy.arg("-d").arg(self.url("postgres"));
        // With the signal that it is to be a standby, and the address of this server.
        copy.args(["-R", "-X", "stream", "-c", "fast", "--no-sync"]);
        succeeds(&mut copy)?;
        Self::run(place, self.bin.clone(), &[])
    }

    /// Runs a server over the data that is in its place.
    fn run(place: Place, bin: PathBuf, settings: &[&str]) -> Result<Self, Box<dyn Error>> {
        // Somebody may take it meanwhile; then the server says so.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let data = place.folder().join("data");
        // Of several lines for one setting, the last one counts.
        let mut more = fs::OpenOptions::new()
            .append(true)
            .open(data.join("postgresql.conf"))?;
        let folder = place.folder().display();
        writeln!(more, "unix_socket_directories = '{folder}'")?;
        writeln!(more, "listen_addresses = '127.0.0.1'\nport = {port}")?;
        for setting in settings {
            writeln!(more, "{setting}")?;
        }
        let guard = place.guard(GUARD, bin.join("pg_ctl"))?;
        let server = Self {
            place,
            bin,
            port,
            databases: AtomicU32::new(0),
            guard,
        };
        succeeds(server.pg_ctl().args(["-w", "start"]))?;
        Ok(server)
    }

    fn pg_ctl(&self) -> Command {
        let mut pg_ctl = self.place.command(self.bin.join("pg_ctl"));
        pg_ctl.arg("-D").arg(self.folder().join("data"));
        pg_ctl.arg("-l").arg(self.folder().join("log"));
        pg_ctl
    }

    /// The address of a database, as a URL.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let (host, port) = (self.place.host(), self.port);
        format!("postgres://postgres@{host}:{port}/{database}")
    }

    /// Where it listens on loopback.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder of its socket.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.place.folder()
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
        self.sql_at(&self.url(database), sql)
    }

    /// The same, at a URL: as another role, or through a pooler.
    ///
    /// # Panics
    /// If it fails.
    pub fn sql_at(&self, url: &str, sql: &str) -> String {
        let mut psql = self.place.command(self.bin.join("psql"));
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d"]);
        psql.arg(url).args(["-c", sql]);
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

    /// Ends it as a crash would, and starts it again.
    ///
    /// # Panics
    /// If it does not start.
    pub fn crash(&self) {
        let mut restart = self.pg_ctl();
        succeeds(restart.args(["-m", "immediate", "-w", "restart"])).expect("it starts again");
    }

    /// Has a standby take writes from now on. The server that it has followed must not go on.
    ///
    /// # Panics
    /// If it is not a standby.
    pub fn promote(&self) {
        succeeds(self.pg_ctl().args(["-w", "promote"])).expect("it is promoted");
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

#[cfg(test)]
mod tests {
    use super::Server;
    use std::{thread::sleep, time::Duration};

    /// Waits until a standby has what was written to the server that it follows.
    fn catches_up(standby: &Server, table: &str) {
        let is_there = format!("SELECT to_regclass('{table}') IS NOT NULL");
        while standby.sql("postgres", &is_there) != "t" {
            sleep(Duration::from_millis(5));
        }
    }

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

    #[test]
    fn a_standby_follows_until_it_is_promoted() {
        let Some(server) = Server::start(&["fsync=off"]) else {
            return;
        };
        server.sql("postgres", "CREATE TABLE before ()");
        let standby = server.standby();
        assert_eq!(standby.sql("postgres", "SELECT count(*) FROM before"), "0");
        server.sql("postgres", "CREATE TABLE later ()");
        catches_up(&standby, "later");
        let takes_none = "SELECT pg_is_in_recovery(), current_setting('transaction_read_only')";
        assert_eq!(standby.sql("postgres", takes_none), "t|on");
        assert_eq!(server.sql("postgres", takes_none), "f|off");
        drop(server);
        standby.promote();
        standby.sql("postgres", "CREATE TABLE own ()");
        assert_eq!(standby.sql("postgres", takes_none), "f|off");
    }
}
