//! [durare](https://docs.rs/durare), which runs in a process of its own: its program is in `benches/durare`, and does what it is told.

use super::{Result, turns::Row};
use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

/// What is to be known of its rows.
pub const NOTE: &str = "durare connects with `synchronous = NORMAL`, where a commit does not wait for the disk, and a loss of power may take the last ones; \
                        FULL is given a pool of connections that differs in that alone.";

/// Its program, if this was built as a release, with the feature `peers`.
pub const PROGRAM: Option<&str> = option_env!("SAGA_BENCH_DURARE");

/// A process, and how it is talked to.
struct Process {
    child: Child,
    /// Closed to end it.
    tell: Option<ChildStdin>,
    said: BufReader<ChildStdout>,
}

impl Process {
    fn start(program: &str, file: &Path, synchronous: &str) -> Result<Self> {
        let mut child = Command::new(program)
            .arg(file)
            .arg(synchronous)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let tell = child.stdin.take();
        let said = child.stdout.take().ok_or("its output is not read")?;
        Ok(Self {
            child,
            tell,
            said: BufReader::new(said),
        })
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
        // It ends by itself now; how does not matter.
        let _ = self.child.wait();
    }
}

/// Its rows, for so many workflows at once; none if this is not a release.
///
/// # Errors
/// If it cannot be started.
pub fn rows(folder: &Path, name: &str, least: usize, at_once: usize) -> Result<Vec<Row<'static>>> {
    let Some(program) = PROGRAM else {
        return Ok(Vec::new());
    };
    let settings = [
        ("durare 0.5, NORMAL", "normal"),
        ("durare 0.5, FULL", "full"),
    ];
    let rows = settings.map(|(title, synchronous)| {
        let file = folder.join(format!("{name}-durare-{synchronous}.db"));
        let mut process = Process::start(program, &file, synchronous)?;
        Ok(Row::new(title, least, move |sagas| {
            process.run(sagas, at_once)
        }))
    });
    rows.into_iter().collect()
}
