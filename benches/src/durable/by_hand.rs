//! The same commits by hand, with rusqlite alone: the same texts, in a table like the engine's,
//! with the same SQLite settings. This is the floor: it has no sagas.

use rusqlite::{Connection, OpenFlags, Statement, params};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{self, Receiver, Sender},
    },
    thread::JoinHandle,
};
use tokio::sync::oneshot;

/// The journal of one saga.
#[derive(Clone, Debug)]
pub struct Texts {
    input: String,
    commits: Vec<String>,
}

/// Its size.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    /// Commits of a saga.
    pub commits: usize,
    /// Bytes of its texts.
    pub text: usize,
}

impl Texts {
    /// Reads the texts of a saga that has ended from an engine's file.
    ///
    /// # Errors
    /// If there is no such saga.
    pub fn read(file: &Path) -> rusqlite::Result<Self> {
        let conn = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let (saga, input): (i64, String) = conn.query_row(
            "SELECT number, input FROM saga WHERE state = 'completed' LIMIT 1",
            (),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let mut journal =
            conn.prepare("SELECT records FROM journal WHERE saga = ?1 ORDER BY seq")?;
        let commits = journal
            .query_map([saga], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        Ok(Self { input, commits })
    }

    /// Its size.
    #[must_use]
    pub fn kept(&self) -> Kept {
        let texts = self.commits.iter().map(String::len).sum::<usize>();
        Kept {
            commits: self.commits.len(),
            text: self.input.len() + texts,
        }
    }
}

/// Opens a new file.
///
/// # Errors
/// Errors of SQLite.
pub fn open(file: &Path) -> rusqlite::Result<Connection> {
    let conn = Connection::open(file)?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "wal_autocheckpoint", 4096)?;
    conn.execute_batch(
        "CREATE TABLE saga (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, state TEXT NOT NULL, input TEXT NOT NULL) STRICT;
         CREATE TABLE journal (saga INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, records TEXT NOT NULL,
                               PRIMARY KEY (saga, seq)) STRICT, WITHOUT ROWID",
    )?;
    Ok(conn)
}

/// The statements, prepared once.
struct Write<'conn> {
    create: Statement<'conn>,
    append: Statement<'conn>,
    end: Statement<'conn>,
}

impl<'conn> Write<'conn> {
    fn prepare(conn: &'conn Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            create: conn.prepare("INSERT INTO saga VALUES (?1, ?2, 'running', ?3)")?,
            append: conn.prepare("INSERT INTO journal VALUES (?1, ?2, ?3, ?4)")?,
            end: conn.prepare("UPDATE saga SET state = 'completed' WHERE number = ?1")?,
        })
    }

    /// One commit of a saga: its row in the journal, with the saga's row in the first commit, and
    /// the saga's end in the last.
    fn row(&mut self, texts: &Texts, saga: i64, seq: usize) -> rusqlite::Result<()> {
        if seq == 0 {
            let id = format!("s-{saga}");
            self.create.execute(params![saga, id, texts.input])?;
        }
        let row = i64::try_from(seq).unwrap_or(i64::MAX);
        let at = 1_700_000_000_000_i64;
        self.append
            .execute(params![saga, row, at, texts.commits[seq]])?;
        if seq + 1 == texts.commits.len() {
            self.end.execute([saga])?;
        }
        Ok(())
    }
}

fn transaction(
    conn: &Connection,
    write: impl FnOnce() -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    conn.execute_batch("BEGIN IMMEDIATE")?;
    write()?;
    conn.execute_batch("COMMIT")
}

fn number(saga: usize) -> i64 {
    i64::try_from(saga).unwrap_or(i64::MAX)
}

/// Writes sagas one after the other, in one loop, this many in each transaction.
///
/// # Errors
/// Errors of SQLite.
pub fn looped(
    conn: &Connection,
    texts: &Texts,
    from: usize,
    sagas: usize,
    together: usize,
) -> rusqlite::Result<()> {
    let mut write = Write::prepare(conn)?;
    for first in (from..from + sagas).step_by(together) {
        for seq in 0..texts.commits.len() {
            transaction(conn, || {
                let sagas = first..(from + sagas).min(first + together);
                sagas
                    .map(number)
                    .try_for_each(|saga| write.row(texts, saga, seq))
            })?;
        }
    }
    Ok(())
}

/// A row to write, and the task that waits for it.
struct Job {
    saga: i64,
    seq: usize,
    written: oneshot::Sender<()>,
}

/// A thread that writes rows for tasks: all rows that wait go into one transaction.
pub struct Shared {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<rusqlite::Result<()>>>,
    commits: usize,
}

impl Shared {
    /// Starts the thread.
    #[must_use]
    pub fn start(conn: Connection, texts: Arc<Texts>) -> Self {
        let (jobs, asked) = mpsc::channel();
        let commits = texts.commits.len();
        Self {
            jobs: Some(jobs),
            thread: Some(std::thread::spawn(move || serve(&conn, &texts, &asked))),
            commits,
        }
    }

    /// Writes sagas, this many at once, each by a task that waits for each of its commits.
    ///
    /// # Errors
    /// If the thread has ended.
    pub async fn run(&self, from: usize, sagas: usize, at_once: usize) -> super::Result<()> {
        let next = Arc::new(AtomicUsize::new(from));
        let tasks: Vec<_> = (0..at_once)
            .map(|_| {
                let (jobs, next, commits) = (self.jobs.clone(), Arc::clone(&next), self.commits);
                tokio::spawn(async move {
                    let jobs = jobs.ok_or("the thread has ended")?;
                    loop {
                        let saga = next.fetch_add(1, Ordering::Relaxed);
                        if saga >= from + sagas {
                            return super::Result::Ok(());
                        }
                        for seq in 0..commits {
                            let (written, wait) = oneshot::channel();
                            let saga = number(saga);
                            jobs.send(Job { saga, seq, written })?;
                            wait.await?;
                        }
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await??;
        }
        Ok(())
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // Its error went to the tasks that waited.
            let _ = thread.join();
        }
    }
}

fn serve(conn: &Connection, texts: &Texts, jobs: &Receiver<Job>) -> rusqlite::Result<()> {
    let mut write = Write::prepare(conn)?;
    let mut batch = Vec::new();
    while let Ok(first) = jobs.recv() {
        batch.push(first);
        batch.extend(jobs.try_iter());
        transaction(conn, || {
            let mut jobs = batch.iter();
            jobs.try_for_each(|job| write.row(texts, job.saga, job.seq))
        })?;
        for job in batch.drain(..) {
            // The task may have stopped waiting.
            let _ = job.written.send(());
        }
    }
    Ok(())
}
