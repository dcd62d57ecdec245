use crate::{
    due,
    error::Stop,
    file::{self, File},
    gate::{Lock, WriteGate},
    known::Marks,
    locks,
    names::Names,
    options::Options,
    outbox, owner, row,
    thread::{Read, Thread, answer_all, ended},
    used,
    write::Write,
    writer::{self, Job, Writer},
};
use rusqlite::Connection;
use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use typed_saga_engine::{
    Change, Clock, Commit, Created, DefinitionRow, Delivery, Epoch, EventChange, EventClaim,
    EventFilter, EventHold, EventRow, EventStat, EventsOf, Filter, Freed, Hold, LockFilter,
    LockKey, LockRow, Mark, Message, NewSaga, Opened, Peer, ReadStore, Row, SagaId, Stat, Store,
    StoreError, StoreFuture, Stored, Take, Time, Turn, Worker,
};

/// A SQLite file, and the threads that write and read it. Clones share them.
///
/// When the last clone is dropped, pending writes are done, the log is moved into the file, and the
/// file is closed; the drop waits for that.
#[derive(Clone)]
pub struct Sqlite {
    shared: Arc<Shared>,
    /// Whether a write may block the thread of who asks.
    in_place: bool,
}

struct Shared {
    path: PathBuf,
    names: Names,
    patience: Duration,
    gate: Arc<WriteGate>,
    writer: Thread<Box<dyn Job>>,
    reader: Thread<Read>,
    /// The sagas that proved unreadable.
    marks: Marks,
    /// The time of the sagas.
    clock: Clock,
    /// For reads that may take long, so that no engine waits for an operator who lists everything.
    lister: Thread<Read>,
}

impl Options {
    /// Opens a file, or creates it. Blocks for as long as that takes: some disk accesses.
    ///
    /// # Errors
    /// [`StoreError::Owned`] if its owner is alive, in any process; [`StoreError::Corrupt`] if it is
    /// not a store of sagas, is damaged or was made by another version; [`StoreError::Unavailable`]
    /// if it cannot be opened for writing. All but the first name the file.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<Sqlite, StoreError> {
        Sqlite::open_with(path.as_ref(), self)
    }
}

impl Sqlite {
    /// Opens a file, or creates it, with the default [`Options`]. Blocks for as long as that takes:
    /// some disk accesses.
    ///
    /// # Errors
    /// Those of [`Options::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Options::new().open(path)
    }

    pub(crate) fn open_with(path: &Path, options: &Options) -> Result<Self, StoreError> {
        Self::start(file::own(path, options)?)
    }

    pub(crate) fn attach(path: &Path) -> Result<Self, StoreError> {
        Self::start(file::attach(path)?)
    }

    fn start(file: File) -> Result<Self, StoreError> {
        let File {
            path,
            names,
            write,
            read,
            list,
            patience,
            asked,
            stamp,
        } = file;
        let lock = Lock::new(asked);
        let marks = Marks::default();
        let writer = Writer::new(write, patience, marks.clone(), names.clone(), stamp);
        let gate = Arc::new(WriteGate::new(writer));
        let writer = Arc::clone(&gate);
        let shared = Shared {
            path,
            names,
            patience,
            gate,
            marks,
            clock: Clock::system(),
            writer: Thread::start("saga-sqlite-write", move |jobs| writer.serve(&jobs, lock))?,
            reader: Thread::start("saga-sqlite-read", move |reads| answer_all(&read, reads))?,
            lister: Thread::start("saga-sqlite-list", move |reads| answer_all(&list, reads))?,
        };
        Ok(Self {
            shared: Arc::new(shared),
            in_place: false,
        })
    }

    /// The file: absolute, without links.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// How long a connection waits for the lock of another process.
    pub(crate) fn patience(&self) -> Duration {
        self.shared.patience
    }

    /// A read that may be long: no engine waits for it.
    pub(crate) fn look<T, E, F>(&self, look: F) -> StoreFuture<'_, T>
    where
        T: Send + 'static,
        E: Into<Stop>,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        self.shared.lister.read(look)
    }

    pub(crate) fn write<T, F>(&self, mut write: F) -> StoreFuture<'_, T>
    where
        T: Send + 'static,
        F: FnMut(&mut Write<'_>) -> Result<T, Stop> + Send + 'static,
    {
        Box::pin(async move {
            let Shared { gate, writer, .. } = &*self.shared;
            if self.in_place
                && let Some(result) = gate.in_place(&mut write)
            {
                return result;
            }
            let (job, answer) = writer::job(write);
            gate.get_in_line();
            writer.ask(job)?;
            answer.await.map_err(|_| ended())?
        })
    }
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sqlite").field(&self.shared.path).finish()
    }
}

impl ReadStore for Sqlite {
    fn definition(
        &self,
        saga: Arc<str>,
        fingerprint: u64,
    ) -> StoreFuture<'_, Option<DefinitionRow>> {
        self.shared
            .reader
            .read(move |conn| row::definition(conn, &saga, fingerprint))
    }

    fn in_use(&self) -> StoreFuture<'_, Vec<DefinitionRow>> {
        self.look(used::definitions)
    }

    fn load(&self, saga: SagaId) -> StoreFuture<'_, Option<Stored>> {
        self.shared.reader.read(move |conn| row::load(conn, &saga))
    }

    fn list(&self, filter: Filter) -> StoreFuture<'_, Vec<Row>> {
        self.look(move |conn| row::list(conn, &filter))
    }

    fn stats(&self) -> StoreFuture<'_, Vec<Stat>> {
        self.look(row::stats)
    }

    fn events(&self, filter: EventFilter) -> StoreFuture<'_, Vec<EventRow>> {
        self.look(move |conn| outbox::events(conn, &filter))
    }

    fn locks(&self, filter: LockFilter) -> StoreFuture<'_, Vec<LockRow>> {
        self.shared
            .reader
            .read(move |conn| locks::locks(conn, &filter))
    }

    fn free(&self, key: LockKey, saga: SagaId, text: String, at: Time) -> StoreFuture<'_, Freed> {
        self.write(move |write| write.free(&key, &saga, &text, at))
    }

    fn is_untried(&self, saga: SagaId) -> StoreFuture<'_, bool> {
        self.look(move |conn| locks::is_untried(conn, &saga))
    }

    fn undelivered(&self) -> StoreFuture<'_, Vec<EventStat>> {
        self.look(outbox::stats)
    }

    fn send(&self, saga: SagaId, text: String, at: Time) -> StoreFuture<'_, u64> {
        self.write(move |write| write.send(&saga, &text, at))
    }

    fn messages(&self) -> StoreFuture<'_, Vec<Message>> {
        self.shared.reader.read(due::messages)
    }

    fn message(&self, number: u64) -> StoreFuture<'_, Option<Message>> {
        self.shared
            .reader
            .read(move |conn| due::of_number(conn, number))
    }

    fn check(&self) -> StoreFuture<'_, Option<Vec<String>>> {
        self.look(|conn| file::faults(conn).map(Some))
    }

    fn workers(&self) -> StoreFuture<'_, Vec<String>> {
        Box::pin(async { Ok(owner::alive(self.path()).into_iter().collect()) })
    }

    fn now(&self) -> StoreFuture<'_, Time> {
        Box::pin(async { Ok(self.shared.clock.now()) })
    }
}

impl Store for Sqlite {
    /// While there is no other writer, a write of this handle is done when its future is first
    /// polled, by the polling thread.
    fn in_place(&self) -> Option<Self> {
        Some(Self {
            shared: Arc::clone(&self.shared),
            in_place: true,
        })
    }

    fn open(&self, worker: Worker) -> StoreFuture<'_, Opened> {
        Box::pin(async move {
            let now = Clock::system().now();
            let opening = self.write(move |write| write.open(&worker, now));
            let (epoch, life) = opening.await?;
            let clock = &self.shared.clock;
            clock.restart_by_system();
            Ok(Opened {
                epoch,
                now: clock.now(),
                lease: None,
                life: Some(life),
            })
        })
    }

    fn renew(&self, epoch: Epoch) -> StoreFuture<'_, Time> {
        Box::pin(async move {
            if self.shared.reader.read(row::epoch).await? != epoch {
                return Err(StoreError::Fenced { epoch });
            }
            Ok(self.shared.clock.now())
        })
    }

    fn close(&self, epoch: Epoch) -> StoreFuture<'_, ()> {
        self.write(move |write| write.close(epoch))
    }

    fn peers(&self, _: Epoch) -> StoreFuture<'_, Vec<Peer>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn define(&self, epoch: Epoch, definition: DefinitionRow) -> StoreFuture<'_, ()> {
        self.write(move |write| write.define(epoch, &definition))
    }

    fn create(
        &self,
        by: Option<(Epoch, Turn)>,
        saga: NewSaga,
        first: Option<Commit>,
    ) -> StoreFuture<'_, Created> {
        let now = self.shared.clock.now();
        self.write(move |write| write.create(by, &saga, first.as_ref(), now))
    }

    fn claim(&self, epoch: Epoch, turn: Turn, limit: usize) -> StoreFuture<'_, Vec<SagaId>> {
        let now = self.shared.clock.now();
        self.write(move |write| write.claim((epoch, turn), now, limit))
    }

    fn claim_suspect(&self, epoch: Epoch, turn: Turn) -> StoreFuture<'_, Option<SagaId>> {
        let now = self.shared.clock.now();
        self.write(move |write| write.claim_suspect((epoch, turn), now))
    }

    fn claim_one(
        &self,
        epoch: Epoch,
        turn: Turn,
        saga: SagaId,
        from: Option<Turn>,
    ) -> StoreFuture<'_, Take> {
        self.write(move |write| write.claim_one((epoch, turn), &saga, from))
    }

    fn next_due(&self, epoch: Epoch) -> StoreFuture<'_, Option<Time>> {
        let Shared { marks, names, .. } = &*self.shared;
        let (marks, mut names) = (marks.clone(), names.clone());
        self.shared.reader.read(move |conn| {
            // An engine that has nothing to write asks this from time to time.
            names.check().map_err(StoreError::lost)?;
            Ok::<_, Stop>(due::next_due(conn, epoch, &marks.all())?)
        })
    }

    fn append(
        &self,
        epoch: Epoch,
        hold: Hold,
        commit: Commit,
        change: Option<Change>,
        answers: Vec<(u64, String)>,
    ) -> StoreFuture<'_, ()> {
        self.write(move |write| write.append(epoch, &hold, &commit, change.as_ref(), &answers))
    }

    fn release(
        &self,
        epoch: Epoch,
        hold: Hold,
        due: Option<Time>,
        mark: Mark,
        answers: Vec<(u64, String)>,
    ) -> StoreFuture<'_, ()> {
        let now = self.shared.clock.now();
        self.write(move |write| write.release(epoch, &hold, (due, &mark), (&answers, now)))
    }

    fn inbox(&self, epoch: Epoch) -> StoreFuture<'_, Vec<Message>> {
        self.shared.reader.read(move |conn| due::inbox(conn, epoch))
    }

    fn answer(&self, epoch: Epoch, answers: Vec<(u64, String)>) -> StoreFuture<'_, ()> {
        let now = self.shared.clock.now();
        self.write(move |write| write.answer(epoch, &answers, now))
    }

    fn ended(&self, of: Vec<SagaId>) -> StoreFuture<'_, Vec<SagaId>> {
        self.shared.reader.read(move |conn| due::ended(conn, of))
    }

    fn claim_events(&self, epoch: Epoch, claim: EventClaim) -> StoreFuture<'_, Vec<EventRow>> {
        let now = self.shared.clock.now();
        self.write(move |write| write.claim_events(epoch, &claim, now))
    }

    fn next_event(&self, epoch: Epoch, of: EventsOf) -> StoreFuture<'_, Option<Time>> {
        self.shared
            .reader
            .read(move |conn| outbox::next(conn, epoch, &of))
    }

    fn handed_over(&self, epoch: Epoch, hold: EventHold, how: Delivery) -> StoreFuture<'_, ()> {
        let now = self.shared.clock.now();
        self.write(move |write| write.handed_over(epoch, &hold, &how, now))
    }

    fn decide(
        &self,
        epoch: Epoch,
        saga: SagaId,
        number: u64,
        change: EventChange,
        answer: Option<(u64, String)>,
    ) -> StoreFuture<'_, bool> {
        let (now, answers) = (self.shared.clock.now(), Vec::from_iter(answer));
        self.write(move |write| write.decide(epoch, (&saga, number), &change, &answers, now))
    }

    fn purge(&self, epoch: Epoch, filter: Filter, before: Time) -> StoreFuture<'_, u64> {
        Box::pin(self.purge_in_batches(epoch, filter, before))
    }

    fn purge_one(&self, epoch: Epoch, saga: SagaId, text: String) -> StoreFuture<'_, Option<u64>> {
        let now = self.shared.clock.now();
        Box::pin(self.purge_alone(epoch, saga, text, now))
    }

    fn vacuum(&self, epoch: Epoch) -> StoreFuture<'_, bool> {
        Box::pin(self.rewrite(epoch))
    }
}
