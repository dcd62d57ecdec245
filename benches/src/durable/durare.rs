//! [durare](https://docs.rs/durare), which runs in a process of its own. Its program, in
//! `benches/durare`, takes commands.

use super::{Result, turns::Row};
use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

/// The note on its rows.
pub const NOTE: &str = "durare connects with `synchronous = NORMAL`, where a commit does not wait for \
                        the disk and a power failure may take the last ones. The FULL row uses a \
                        connection pool that differs only in this setting.";

/// Its program, if this is a release build with the feature `peers`.
const PROGRAM: Option<&str> = option_env!("SAGA_BENCH_DURARE");

/// A process and its pipes.
pub struct Process {
    title: &'static str,
    child: Child,
    /// Closing it ends the process.
    tell: Option<ChildStdin>,
    said: BufReader<ChildStdout>,
}

impl Process {
    fn start(program: &str, title: &'static str, args: &[&str]) -> Result<Self> {
        let mut child = Command::new(program)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let tell = child.stdin.take();
        let said = child.stdout.take().ok_or("its output is not read")?;
        Ok(Self {
            title,
            child,
            tell,
            said: BufReader::new(said),
        })
    }

    /// A row of this many workflows at once, and at least this many in all.
    pub fn row(&mut self, least: usize, at_once: usize) -> Row<'_> {
        Row::new(self.title, least, move |sagas| self.run(sagas, at_once))
    }

    fn run(&mut self, sagas: usize, at_once: usize) -> Result<Option<Duration>> {
        let tell = self.tell.as_mut().ok_or("it has ended")?;
        writeln!(tell, "{sagas} {at_once}")?;
        let mut said = String::new();
        self.said.read_line(&mut said)?;
        Ok(Some(Duration::from_secs_f64(said.trim().parse()?)))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.tell = None;
        // It ends by itself now; its exit code does not matter.
        let _ = self.child.wait();
    }
}

/// Starts it on SQLite with both settings, each on a file of its own. Starts nothing unless this is
/// a release build with the feature `peers`.
///
/// # Errors
/// If it cannot be started.
pub fn start(folder: &Path) -> Result<Vec<Process>> {
    let Some(program) = PROGRAM else {
        return Ok(Vec::new());
    };
    let file = |name: &str| format!("sqlite://{}", folder.join(name).display());
    Ok(vec![
        Process::start(program, "durare 0.5, NORMAL", &[&file("durare-normal.db")])?,
        Process::start(
            program,
            "durare 0.5, FULL",
            &[&file("durare-full.db"), "full"],
        )?,
    ])
}

/// Starts it on a database of Postgres, under the same conditions.
///
/// # Errors
/// If it cannot be started.
pub fn start_on_postgres(url: &str) -> Result<Option<Process>> {
    let start = |program| Process::start(program, "durare 0.5", &[url]);
    PROGRAM.map(start).transpose()
}
