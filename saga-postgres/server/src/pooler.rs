//! `PgBouncer`, between clients and a server.

use crate::{run::Place, unix::Server};
use std::{
    env, error::Error, fs, io::Write as _, os::unix::net::UnixStream, path::PathBuf,
    process::Child, thread::sleep, time::Duration,
};

/// The number in the name of its socket. It has a folder of its own, so no port is taken.
const PORT: u16 = 6432;

/// Becomes the pooler, beside a process that kills it when its input ends: one that is asked to end may
/// wait for its clients. Its folder goes, too, unless it is to stay.
const GUARD: &str = "exec 3<&0
    { read -r stays <&3; kill -KILL $$; [ \"$stays\" ] || rm -rf \"$1\"; } &
    exec \"$0\" -q \"$1/ini\"";

/// A pooler that runs.
#[derive(Debug)]
pub struct Pooler {
    place: Place,
    program: PathBuf,
    running: Child,
}

impl Pooler {
    /// Starts a pooler before a server with these settings (`name=value`, as `pool_mode=session`); `None`:
    /// `PgBouncer` is not installed, which is said.
    ///
    /// # Panics
    /// If it does not start, or is not installed where tests must not leave themselves out.
    #[must_use]
    pub fn start(server: &Server, settings: &[&str]) -> Option<Self> {
        let Some(program) = program() else {
            saga_tests::leave_out(
                "PgBouncer is not installed (on Debian: `apt-get install pgbouncer`)",
            );
            return None;
        };
        Some(Self::start_in(program, server, settings).expect("PgBouncer starts"))
    }

    fn start_in(
        program: PathBuf,
        server: &Server,
        settings: &[&str],
    ) -> Result<Self, Box<dyn Error>> {
        let place = Place::new()?;
        let (own, servers) = (place.folder().display(), server.folder().display());
        // It listens on its socket alone. Every client is `postgres`, without a password.
        let ini = format!(
            "[databases]\n* = host={servers} port={} user=postgres\n\
             [pgbouncer]\nlisten_addr =\nunix_socket_dir = {own}\nlisten_port = {PORT}\n\
             auth_type = any\nlogfile = {own}/log\n{}\n",
            server.port(),
            settings.join("\n")
        );
        place.write("ini", &ini)?;
        let running = place.guard(GUARD, program.clone())?;
        let mut pooler = Self {
            place,
            program,
            running,
        };
        pooler.wait()?;
        Ok(pooler)
    }

    /// The address of a database through it, as a URL.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let host = self.place.host();
        format!("postgres://postgres@{host}:{PORT}/{database}")
    }

    /// Kills it, and starts it again: whoever was connected is cut off.
    ///
    /// # Panics
    /// If it does not start.
    pub fn restart(&mut self) {
        self.end();
        let running = self.place.guard(GUARD, self.program.clone());
        self.running = running.expect("a shell starts");
        self.wait().expect("PgBouncer starts again");
    }

    /// Waits until it listens.
    fn wait(&mut self) -> Result<(), Box<dyn Error>> {
        let socket = self.place.folder().join(format!(".s.PGSQL.{PORT}"));
        while UnixStream::connect(&socket).is_err() {
            if let Some(status) = self.running.try_wait()? {
                let log = fs::read_to_string(self.place.folder().join("log"));
                return Err(format!("{status}: {}", log.unwrap_or_default()).into());
            }
            sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    /// Kills it. Its folder is not the shell's to remove.
    fn end(&mut self) {
        if let Some(mut input) = self.running.stdin.take() {
            drop(input.write_all(b"stays\n"));
        }
        drop(self.running.wait());
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        self.end();
    }
}

/// Where the program is: in the path, or where Debian has it, which is in the path of root alone.
fn program() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(["/usr/sbin".into()]);
    let mut programs = folders.map(|folder| folder.join("pgbouncer"));
    programs.find(|program| program.exists())
}

#[cfg(test)]
mod tests {
    use super::Pooler;
    use crate::Server;

    /// What answers through a pooler.
    fn ask(server: &Server, pooler: &Pooler) -> String {
        server.sql_at(&pooler.url("postgres"), "SELECT 6 * 7")
    }

    #[test]
    fn a_pooler_starts_again_and_goes_away() {
        let Some(server) = Server::start(&["fsync=off"]) else {
            return;
        };
        let Some(mut pooler) = Pooler::start(&server, &["pool_mode=session"]) else {
            return;
        };
        let folder = pooler.place.folder().to_owned();
        assert_eq!(ask(&server, &pooler), "42");
        pooler.restart();
        assert_eq!(ask(&server, &pooler), "42");
        drop(pooler);
        assert!(!folder.exists(), "{} is still there", folder.display());
    }
}
