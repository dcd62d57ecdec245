use crate::{
    append::Append,
    batch::Batcher,
    claim,
    create::{self, Create},
    inbox,
    line::{Connector, Line, Use},
    locks,
    options::Options,
    outbox::{self, Answer},
    peers::Peers,
    row, schema,
    session::Session,
    sql::is_text,
    weight::Keys,
};
use std::{
    collections::HashMap,
    fmt,
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use typed_saga_engine::{
    Change, Commit, Created, DefinitionRow, Delivery, Epoch, EventChange, EventClaim, EventFilter,
    EventHold, EventRow, EventStat, EventsOf, Filter, Freed, Hold, LockFilter, LockKey, LockRow,
    Mark, Message, NewSaga, Opened, Peer, ReadStore, Row, SagaId, Stat, Store, StoreError,
    StoreFuture, Stored, Take, Time, Turn, Worker,
};

/// A Postgres database that many workers share. Clones share its connections: two that read, one that
/// places orders and messages, and four for each epoch of an engine.
#[derive(Clone)]
pub struct Postgres(Arc<Shared>);

struct Shared {
    connector: Arc<Connector>,
    /// Whether it knows its application.
    works: bool,
    read: Line,
    /// For reads that may take long, so that no engine waits for an operator who lists everything.
    look: Line,
    /// For writes without an epoch, which may wait for an open transaction of another client.
    ask: Line,
    peers: Arc<Peers>,
    /// Of the epochs that were opened by this store, and live for all that it knows.
    sessions: Mutex<HashMap<Epoch, Arc<Working>>>,
}

impl Options {
    /// Connects to a database: `postgres://user:password@host/database`, or `host=… user=…`, with the
    /// [parameters](tokio_postgres::Config) of libpq.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be reached, or not used by this role;
    /// [`StoreError::Corrupt`] if the schema is of another version or application, or is something else.
    pub async fn connect(&self, url: &str) -> Result<Postgres, StoreError> {
        let connector = self.connector(url)?;
        schema::make_ready(&connector, self).await?;
        let works = self.application.is_some();
        Ok(Postgres::new(&Arc::new(connector), works))
    }
}

/// An epoch, and the tasks that write for it.
struct Working {
    session: Arc<Session>,
    appends: Batcher<Append>,
    creates: Batcher<Create>,
    answers: Batcher<Answer>,
    keys: Keys,
}

impl Working {
    fn new(session: Arc<Session>) -> Arc<Self> {
        Arc::new(Self {
            appends: Batcher::start(Arc::clone(&session)),
            creates: Batcher::start(Arc::clone(&session)),
            answers: Batcher::start(Arc::clone(&session)),
            keys: Keys::default(),
            session,
        })
    }
}

impl Deref for Working {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl Postgres {
    /// Connects to a database with the default [`Options`], and makes the schema `saga` there if it
    /// is missing. `application`: whose sagas these are. All of its workers give the same name, whichever
    /// of its sagas they run; a schema of another application is refused.
    ///
    /// # Errors
    /// Those of [`Options::connect`].
    pub async fn connect(url: &str, application: &str) -> Result<Self, StoreError> {
        Options::new().application(application).connect(url).await
    }

    fn new(connector: &Arc<Connector>, works: bool) -> Self {
        Self(Arc::new(Shared {
            works,
            read: Line::new(connector, "saga", Use::Reads),
            look: Line::new(connector, "saga", Use::Looks),
            ask: Line::new(connector, "saga", Use::Creates),
            peers: Arc::default(),
            sessions: Mutex::default(),
            connector: Arc::clone(connector),
        }))
    }

    pub(crate) fn schema(&self) -> &str {
        &self.0.connector.schema
    }

    fn read(&self) -> &Line {
        &self.0.read
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<Epoch, Arc<Working>>> {
        self.0
            .sessions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something under an epoch, unless that has ended.
    fn under<'a, T, F>(
        &'a self,
        epoch: Epoch,
        work: impl FnOnce(Arc<Working>) -> F + Send + 'a,
    ) -> StoreFuture<'a, T>
    where
        T: Send + 'a,
        F: Future<Output = Result<T, StoreError>> + Send + 'a,
    {
        Box::pin(async move {
            let session = self.sessions().get(&epoch).cloned();
            let done = work(session.ok_or(StoreError::Fenced { epoch })?).await;
            if matches!(&done, Err(StoreError::Fenced { .. })) {
                // Its connections are closed with the last who uses them.
                self.sessions().remove(&epoch);
            }
            done
        })
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Postgres").field(&self.0.connector).finish()
    }
}

impl ReadStore for Postgres {
    fn definition(
        &self,
        saga: Arc<str>,
        fingerprint: u64,
    ) -> StoreFuture<'_, Option<DefinitionRow>> {
        Box::pin(row::definition(self.read(), saga, fingerprint))
    }

    fn in_use(&self) -> StoreFuture<'_, Vec<DefinitionRow>> {
        Box::pin(row::in_use(&self.0.look))
    }

    fn load(&self, saga: SagaId) -> StoreFuture<'_, Option<Stored>> {
        Box::pin(async move { row::load(self.read(), &saga).await })
    }

    fn list(&self, filter: Filter) -> StoreFuture<'_, Vec<Row>> {
        Box::pin(async move { row::list(&self.0.look, &filter).await })
    }

    fn stats(&self) -> StoreFuture<'_, Vec<Stat>> {
        Box::pin(row::stats(&self.0.look))
    }

    fn events(&self, filter: EventFilter) -> StoreFuture<'_, Vec<EventRow>> {
        Box::pin(async move { outbox::events(&self.0.look, &filter).await })
    }

    fn locks(&self, filter: LockFilter) -> StoreFuture<'_, Vec<LockRow>> {
        Box::pin(async move { locks::locks(self.read(), &filter).await })
    }

    fn free(&self, key: LockKey, saga: SagaId, text: String, at: Time) -> StoreFuture<'_, Freed> {
        Box::pin(async move { locks::free(&self.0.ask, &key, &saga, &text, at).await })
    }

    fn is_untried(&self, saga: SagaId) -> StoreFuture<'_, bool> {
        Box::pin(async move { locks::is_untried(self.read(), &saga).await })
    }

    fn undelivered(&self) -> StoreFuture<'_, Vec<EventStat>> {
        Box::pin(outbox::stats(&self.0.look))
    }

    fn messages(&self) -> StoreFuture<'_, Vec<Message>> {
        Box::pin(inbox::messages(self.read()))
    }

    fn send(&self, saga: SagaId, text: String, at: Time) -> StoreFuture<'_, u64> {
        Box::pin(async move { inbox::send(&self.0.ask, &saga, &text, at).await })
    }

    fn message(&self, number: u64) -> StoreFuture<'_, Option<Message>> {
        Box::pin(inbox::of_number(self.read(), number))
    }

    fn workers(&self) -> StoreFuture<'_, Vec<String>> {
        Box::pin(row::workers(self.read()))
    }

    fn now(&self) -> StoreFuture<'_, Time> {
        Box::pin(row::now(self.read()))
    }
}

impl Store for Postgres {
    fn open(&self, worker: Worker) -> StoreFuture<'_, Opened> {
        Box::pin(async move {
            // The command's workers run no sagas.
            if !self.0.works && worker.runs.iter().any(|(name, _)| !name.is_empty()) {
                return Err(StoreError::unavailable(
                    "no application is named whose sagas the engine would run: use `Postgres::connect`, or `Options::application`",
                ));
            }
            let (session, opened) =
                Session::open(&self.0.connector, &self.0.peers, &worker).await?;
            let mut sessions = self.sessions();
            if let Some(before) = worker.after {
                sessions.remove(&before);
            }
            sessions.insert(opened.epoch, Working::new(session));
            Ok(opened)
        })
    }

    fn renew(&self, epoch: Epoch) -> StoreFuture<'_, Time> {
        self.under(epoch, async move |session| session.renew().await)
    }

    fn close(&self, epoch: Epoch) -> StoreFuture<'_, ()> {
        self.under(epoch, async move |session| {
            session.close().await?;
            self.sessions().remove(&epoch);
            Ok(())
        })
    }

    fn peers(&self, epoch: Epoch) -> StoreFuture<'_, Vec<Peer>> {
        Box::pin(row::peers(self.read(), epoch))
    }

    fn define(&self, epoch: Epoch, definition: DefinitionRow) -> StoreFuture<'_, ()> {
        self.under(epoch, async move |session| {
            session.define(&definition).await
        })
    }

    fn create(
        &self,
        by: Option<(Epoch, Turn)>,
        saga: NewSaga,
        first: Option<Commit>,
    ) -> StoreFuture<'_, Created> {
        let (by, turn) = by.unzip();
        let turn = turn.filter(|_| saga.due.is_none());
        let create = Create { turn, saga, first };
        match by {
            None => Box::pin(create::order(&self.0.ask, create)),
            Some(epoch) => self.under(epoch, async move |session| {
                if let Some(there) = create::checked(&session.create, &create).await? {
                    return Ok(there);
                }
                session.creates.ask(create).await
            }),
        }
    }

    fn claim(&self, epoch: Epoch, turn: Turn, limit: usize) -> StoreFuture<'_, Vec<SagaId>> {
        self.under(epoch, async move |session| session.claim(turn, limit).await)
    }

    fn claim_suspect(&self, epoch: Epoch, turn: Turn) -> StoreFuture<'_, Option<SagaId>> {
        self.under(epoch, async move |session| {
            session.claim_suspect(turn).await
        })
    }

    fn claim_one(
        &self,
        epoch: Epoch,
        turn: Turn,
        saga: SagaId,
        from: Option<Turn>,
    ) -> StoreFuture<'_, Take> {
        self.under(epoch, async move |session| {
            if !is_text(&saga) {
                return Ok(Take::Missing);
            }
            session.claim_one(turn, &saga, from).await
        })
    }

    fn next_due(&self, epoch: Epoch) -> StoreFuture<'_, Option<Time>> {
        Box::pin(claim::next_due(self.read(), &self.0.peers, epoch))
    }

    fn append(
        &self,
        epoch: Epoch,
        hold: Hold,
        commit: Commit,
        change: Option<Change>,
        answers: Vec<(u64, String)>,
    ) -> StoreFuture<'_, ()> {
        let append = Append {
            hold,
            commit,
            change,
            answers,
            rows: 1,
        };
        self.under(epoch, async move |session| {
            let rows = session.keys.rows(&append);
            session.appends.ask(Append { rows, ..append }).await
        })
    }

    fn release(
        &self,
        epoch: Epoch,
        hold: Hold,
        due: Option<Time>,
        mark: Mark,
        answers: Vec<(u64, String)>,
    ) -> StoreFuture<'_, ()> {
        self.under(epoch, async move |session| {
            session.release(&hold, (due, mark), &answers).await
        })
    }

    fn inbox(&self, epoch: Epoch) -> StoreFuture<'_, Vec<Message>> {
        Box::pin(inbox::inbox(self.read(), epoch))
    }

    fn answer(&self, epoch: Epoch, answers: Vec<(u64, String)>) -> StoreFuture<'_, ()> {
        self.under(epoch, async move |session| session.answer(&answers).await)
    }

    fn ended(&self, of: Vec<SagaId>) -> StoreFuture<'_, Vec<SagaId>> {
        Box::pin(row::ended(self.read(), of))
    }

    fn claim_events(&self, epoch: Epoch, claim: EventClaim) -> StoreFuture<'_, Vec<EventRow>> {
        self.under(epoch, async move |session| {
            session.claim_events(claim).await
        })
    }

    fn next_event(&self, _: Epoch, of: EventsOf) -> StoreFuture<'_, Option<Time>> {
        Box::pin(async move { outbox::next(self.read(), &of).await })
    }

    fn handed_over(&self, epoch: Epoch, hold: EventHold, how: Delivery) -> StoreFuture<'_, ()> {
        let answer = Answer { hold, how };
        self.under(epoch, async move |session| {
            session.answers.ask(answer).await
        })
    }

    fn decide(
        &self,
        epoch: Epoch,
        saga: SagaId,
        number: u64,
        change: EventChange,
        answer: Option<(u64, String)>,
    ) -> StoreFuture<'_, bool> {
        self.under(epoch, async move |session| {
            if !is_text(&saga) {
                return Ok(false);
            }
            session.decide((&saga, number), &change, answer).await
        })
    }

    fn purge(&self, epoch: Epoch, filter: Filter, before: Time) -> StoreFuture<'_, u64> {
        self.under(epoch, async move |session| {
            session.purge(&filter, before).await
        })
    }

    fn purge_one(&self, epoch: Epoch, saga: SagaId, text: String) -> StoreFuture<'_, Option<u64>> {
        self.under(epoch, async move |session| {
            if !is_text(&saga) {
                return Ok(None);
            }
            session.purge_one(&saga, &text).await
        })
    }
}
