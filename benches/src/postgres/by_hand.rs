//! The same commits by hand, with tokio-postgres alone: the same texts, in tables like the store's.
//! This is the floor: it has no sagas, no claims and no leases.

use crate::durable::Result;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};
use tokio_postgres::{Client, NoTls, Statement};

/// The journal of one saga.
#[derive(Clone, Debug)]
pub struct Texts {
    input: String,
    commits: Vec<String>,
}

impl Texts {
    /// Reads the texts of a saga that has ended from an engine's database.
    ///
    /// # Errors
    /// If there is no such saga.
    pub async fn read(url: &str) -> Result<Self> {
        let client = connect(url).await?;
        let saga = "SELECT number, input FROM saga.saga WHERE state = 'completed' LIMIT 1";
        let row = client.query_one(saga, &[]).await?;
        let number: i64 = row.get(0);
        let journal = "SELECT records FROM saga.journal WHERE saga = $1 ORDER BY seq";
        let commits = client.query(journal, &[&number]).await?;
        let commits = commits.iter().map(|row| row.get(0)).collect();
        Ok(Self {
            input: row.get(1),
            commits,
        })
    }

    /// How many there are.
    #[must_use]
    pub fn commits(&self) -> usize {
        self.commits.len()
    }
}

async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

const TABLES: &str = "CREATE TABLE IF NOT EXISTS saga (number BIGINT PRIMARY KEY, id TEXT NOT NULL UNIQUE, state TEXT NOT NULL, input TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS journal (saga BIGINT NOT NULL, seq BIGINT NOT NULL, at BIGINT NOT NULL, records TEXT NOT NULL, PRIMARY KEY (saga, seq))";

/// Rows of the journal, with the saga's row beside its first one, and its end beside its last one.
const WRITE: &str = "WITH a AS MATERIALIZED (
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::boolean[]) AS a (saga, seq, records, ends)),
    begun AS (INSERT INTO saga SELECT saga, 's-' || saga, 'running', $5 FROM a WHERE seq = 0),
    ended AS (UPDATE saga SET state = 'completed' FROM a WHERE saga.number = a.saga AND a.ends)
    INSERT INTO journal SELECT saga, seq, 1700000000000, records FROM a";

/// One connection, and its statement.
struct Writer {
    client: Client,
    write: Statement,
    texts: Arc<Texts>,
}

impl Writer {
    async fn start(url: &str, texts: &Arc<Texts>) -> Result<Self> {
        let client = connect(url).await?;
        client.batch_execute(TABLES).await?;
        let write = client.prepare(WRITE).await?;
        let texts = Arc::clone(texts);
        Ok(Self {
            client,
            write,
            texts,
        })
    }

    /// Commits of sagas: the number of the saga, and that of its commit.
    async fn write(&self, rows: impl Iterator<Item = (usize, usize)>) -> Result<()> {
        let (mut sagas, mut seqs, mut records, mut ends) = (vec![], vec![], vec![], vec![]);
        for (saga, seq) in rows {
            sagas.push(i64::try_from(saga)?);
            seqs.push(i64::try_from(seq)?);
            records.push(&*self.texts.commits[seq]);
            ends.push(seq + 1 == self.texts.commits.len());
        }
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
            [&sagas, &seqs, &records, &ends, &self.texts.input];
        self.client.execute(&self.write, &values).await?;
        Ok(())
    }
}

/// Writes sagas one after the other.
pub struct Loop(Writer);

impl Loop {
    /// In a database of its own.
    ///
    /// # Errors
    /// Errors of Postgres.
    pub async fn start(url: &str, texts: &Arc<Texts>) -> Result<Self> {
        Ok(Self(Writer::start(url, texts).await?))
    }

    /// Writes so many sagas.
    ///
    /// # Errors
    /// Errors of Postgres.
    pub async fn run(&mut self, from: usize, sagas: usize) -> Result<()> {
        // Those of the tasks have even numbers.
        for saga in from..from + sagas {
            for seq in 0..self.0.texts.commits() {
                self.0.write([(2 * saga + 1, seq)].into_iter()).await?;
            }
        }
        Ok(())
    }
}

/// A commit to write, and the task that waits for it.
struct Job {
    saga: usize,
    seq: usize,
    written: oneshot::Sender<()>,
}

/// A task that writes commits for others: all that wait go into one statement.
pub struct Shared {
    jobs: mpsc::UnboundedSender<Job>,
    commits: usize,
    _task: JoinHandle<Result<()>>,
}

impl Shared {
    /// Starts it.
    ///
    /// # Errors
    /// Errors of Postgres.
    pub async fn start(url: &str, texts: &Arc<Texts>) -> Result<Self> {
        let writer = Writer::start(url, texts).await?;
        let (jobs, asked) = mpsc::unbounded_channel();
        let task = tokio::spawn(serve(writer, asked));
        Ok(Self {
            jobs,
            commits: texts.commits(),
            _task: task,
        })
    }

    /// Writes sagas, this many at once, each by a task that waits for each of its commits.
    ///
    /// # Errors
    /// If the task that writes has ended.
    pub async fn run(&self, from: usize, sagas: usize, at_once: usize) -> Result<()> {
        let next = Arc::new(AtomicUsize::new(from));
        let tasks: Vec<_> = (0..at_once)
            .map(|_| {
                let (jobs, next, commits) = (self.jobs.clone(), Arc::clone(&next), self.commits);
                tokio::spawn(async move {
                    loop {
                        let saga = next.fetch_add(1, Ordering::Relaxed);
                        if saga >= from + sagas {
                            return Result::Ok(());
                        }
                        for seq in 0..commits {
                            let (written, wait) = oneshot::channel();
                            let saga = 2 * saga;
                            jobs.send(Job { saga, seq, written })
                                .map_err(|_| "it has ended")?;
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

async fn serve(writer: Writer, mut jobs: mpsc::UnboundedReceiver<Job>) -> Result<()> {
    let mut batch = Vec::new();
    while jobs.recv_many(&mut batch, 128).await > 0 {
        let rows = batch.iter().map(|job: &Job| (job.saga, job.seq));
        writer.write(rows).await?;
        for job in batch.drain(..) {
            // The task may have stopped waiting.
            let _ = job.written.send(());
        }
    }
    Ok(())
}

/// Fills a store with sagas that have ended, of ten commits each for one in ten of them.
pub(super) fn fill(sagas: usize) -> String {
    format!(
        "INSERT INTO saga.saga (name, id, state, created, changed, fingerprint, input)
         SELECT 'Eight', 'old-' || n, CASE n % 1000 WHEN 0 THEN 'parked' ELSE 'completed' END, n, n, '0123456789abcdef', '{{}}'
         FROM generate_series(1, {sagas}) AS n;
         INSERT INTO saga.journal (saga, seq, at, records)
         SELECT number, seq, created, '[]' FROM saga.saga, generate_series(0, 9) AS seq
         WHERE id LIKE 'old-%' AND (seq = 0 OR number % 10 = 0);
         ANALYZE saga.saga; ANALYZE saga.journal; CHECKPOINT"
    )
}
