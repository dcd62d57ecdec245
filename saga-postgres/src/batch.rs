//! Joins writes that are asked for at the same time into one statement: they wait for the disk once.

use crate::{
    error::is_of_one,
    line::{Failed, Line, Value},
    session::Session,
};
use std::{
    collections::{HashSet, VecDeque},
    future::Future,
    sync::Arc,
};
use tokio::sync::{mpsc, oneshot};
use typed_saga_engine::{SagaId, StoreError};

/// A write that can be joined with others.
pub(crate) trait Write: Sized + Send + Sync + 'static {
    type Done: Send;

    /// Of which saga: two of one saga are not in one statement.
    fn saga(&self) -> &SagaId;

    /// Its size in bytes, roughly.
    fn len(&self) -> usize;

    /// The number of rows that it changes, roughly.
    fn rows(&self) -> usize {
        1
    }

    /// Writes some of them, in one statement; one answer for each, in order. The error is for all.
    fn write(
        session: &Session,
        all: &[Self],
    ) -> impl Future<Output = Result<Vec<Result<Self::Done, StoreError>>, Failure>> + Send;
}

/// Why a batch was not written.
pub(crate) enum Failure {
    /// It may be for one of them alone: each is tried by itself.
    OfOne(StoreError),
    OfAll(StoreError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::OfAll(error)
    }
}

/// Runs the statement of a batch, whose one row is whether the epoch lives and the places, from 1, of
/// those that were written. Says of each of `many` whether it was; `None`: the epoch has ended.
pub(crate) async fn written(
    line: &Line,
    sql: &str,
    values: &[Value<'_>],
    many: usize,
) -> Result<Option<Vec<bool>>, Failed> {
    let rows = line.query(sql, values).await?;
    if !rows[0].get::<_, bool>(0) {
        return Ok(None);
    }
    let mut written = vec![false; many];
    for place in rows[0].get::<_, Option<Vec<i64>>>(1).into_iter().flatten() {
        let index = usize::try_from(place - 1).ok();
        if let Some(written) = index.and_then(|index| written.get_mut(index)) {
            *written = true;
        }
    }
    Ok(Some(written))
}

impl Failure {
    /// The meaning of a failed statement. What a lost connection has cut off may have been done, even if the
    /// epoch has ended since.
    pub(crate) fn of(failed: Failed) -> Self {
        match failed {
            Failed::Refused(error) if is_of_one(&error) => {
                Self::OfOne(Failed::Refused(error).into())
            }
            failed => Self::OfAll(failed.into()),
        }
    }
}

struct Job<W: Write> {
    write: W,
    done: oneshot::Sender<Result<W::Done, StoreError>>,
}

/// Hands writes to the task that joins them, which ends with the last handle.
pub(crate) struct Batcher<W: Write>(mpsc::UnboundedSender<Job<W>>);

/// The maximum number of writes that are joined …
const MANY: usize = 128;
/// … how many bytes, or so …
const LARGE: usize = 4 << 20;
/// … and how many rows: they are much of what a statement takes, for which others wait.
const ROWS: usize = 4096;

impl<W: Write> Batcher<W> {
    pub(crate) fn start(session: Arc<Session>) -> Self {
        let (sender, jobs) = mpsc::unbounded_channel();
        tokio::spawn(serve(session, jobs));
        Self(sender)
    }

    pub(crate) async fn ask(&self, write: W) -> Result<W::Done, StoreError> {
        let (done, answer) = oneshot::channel();
        let gone = || StoreError::unavailable("the runtime that writes has ended");
        self.0.send(Job { write, done }).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

async fn serve<W: Write>(session: Arc<Session>, mut jobs: mpsc::UnboundedReceiver<Job<W>>) {
    let mut waiting = VecDeque::new();
    loop {
        if waiting.is_empty() {
            match jobs.recv().await {
                Some(job) => waiting.push_back(job),
                None => return,
            }
        }
        while let Ok(job) = jobs.try_recv() {
            waiting.push_back(job);
        }
        let batch = take(&mut waiting);
        write(&session, batch).await;
    }
}

/// As many as can be joined, in the order in which they were asked for. One that is too much for what is
/// joined already holds up no smaller one, and is the first of the next batch.
fn take<W: Write>(waiting: &mut VecDeque<Job<W>>) -> Vec<Job<W>> {
    let mut batch: Vec<Job<W>> = Vec::new();
    let (mut left, mut bytes, mut rows) = (VecDeque::new(), 0, 0);
    let mut sagas = HashSet::new();
    while batch.len() < MANY && bytes < LARGE && rows < ROWS {
        let Some(job) = waiting.pop_front() else {
            break;
        };
        let (more_bytes, more_rows) = (bytes + job.write.len(), rows + job.write.rows());
        let is_next = sagas.insert(job.write.saga().clone());
        let has_room = batch.is_empty() || more_bytes <= LARGE && more_rows <= ROWS;
        if is_next && has_room {
            (bytes, rows) = (more_bytes, more_rows);
            batch.push(job);
        } else {
            left.push_back(job);
        }
    }
    left.append(waiting);
    *waiting = left;
    batch
}

async fn write<W: Write>(session: &Arc<Session>, batch: Vec<Job<W>>) {
    let (writes, tell): (Vec<_>, Vec<_>) =
        batch.into_iter().map(|job| (job.write, job.done)).unzip();
    match W::write(session, &writes).await {
        Ok(answers) => {
            for (done, answer) in tell.into_iter().zip(answers) {
                drop(done.send(answer));
            }
        }
        Err(Failure::OfOne(_)) if writes.len() > 1 => {
            for (one, done) in writes.chunks(1).zip(tell) {
                let answer = match W::write(session, one).await {
                    Ok(mut answers) => answers.pop().unwrap_or_else(|| Err(session.fenced())),
                    Err(Failure::OfOne(why) | Failure::OfAll(why)) => Err(why),
                };
                drop(done.send(answer));
            }
        }
        Err(Failure::OfOne(why) | Failure::OfAll(why)) => {
            for done in tell {
                drop(done.send(Err(why.clone())));
            }
        }
    }
}
