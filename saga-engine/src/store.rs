//! The boundary to a database: what an [`Engine`](crate::Engine) asks of it. A store knows rows and
//! texts, nothing of sagas.
//!
//! ```text
//!  worker  who runs sagas here: an epoch, a lease, what it can run
//!  saga    one row each: name, id, input, definition, state, when it is due, who has claimed it
//!  commit  its journal: texts in order, each appended whole or not at all
//!  inbox   what people ask of it, and the answers
//!  event   what it tells others once it has ended, until that is delivered: the outbox
//! ```
//!
//! `conformance` (feature `testing`) says all of this as tests that any store can run: one part for
//! every store, one for those that many workers share.

#[cfg(feature = "testing")]
pub mod conformance;
mod error;
mod event;
mod json;
pub(crate) mod memory;
mod row;
mod rows;
mod worker;

pub use crate::time::Time;
pub use error::StoreError;
pub use event::{Delivery, EventClaim, EventFilter, EventHold, EventRow, EventStat, EventsOf};
pub use row::{
    Change, Claim, Commit, Created, DefinitionRow, Filter, Mark, Message, NewEvent, NewSaga, Row,
    SagaId, Stat, State, Stored, TAKEOVERS, Unfit,
};
pub use rows::Rows;
pub use worker::{Epoch, Opened, Peer, Take, Worker};

use std::{
    future::{Future, pending},
    pin::Pin,
    sync::Arc,
};

/// What a store's method gives: a future on the heap, so that stores can be chosen at run time.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// What anybody may ask of a store without owning any of it: to read, and to leave messages for
/// whoever runs a saga. The command, a console, and an engine's own inspection need no more.
///
/// Messages are here, although they are written, because leaving one takes no ownership: who asks
/// for something does not run the saga, and need not know who does.
///
/// **Order.** A read sees every write whose future gave `Ok` before it began.
pub trait ReadStore: Send + Sync + 'static {
    /// The definition kept under this name and fingerprint.
    fn definition(
        &self,
        saga: Arc<str>,
        fingerprint: u64,
    ) -> StoreFuture<'_, Option<DefinitionRow>>;

    /// A saga with its whole journal, in order.
    fn load(&self, saga: SagaId) -> StoreFuture<'_, Option<Stored>>;

    /// Rows that fit, by name and id (compared byte by byte), at most `filter.limit`. A damaged row
    /// is listed, and says that it is ([`Row::unreadable`]); it keeps no other from being listed.
    fn list(&self, filter: Filter) -> StoreFuture<'_, Vec<Row>>;

    /// How many sagas are in each state that there are any in: by name, then by state in the order
    /// of [`State::ALL`].
    fn stats(&self) -> StoreFuture<'_, Vec<Stat>>;

    /// Events that fit, oldest first, at most `filter.limit`.
    fn events(&self, filter: EventFilter) -> StoreFuture<'_, Vec<EventRow>>;

    /// How many events are undelivered, by the name of their saga.
    fn undelivered(&self) -> StoreFuture<'_, Vec<EventStat>>;

    /// All messages that have no answer yet, oldest first.
    fn messages(&self) -> StoreFuture<'_, Vec<Message>>;

    /// Leaves a message for whoever runs the saga, whether or not there is such a saga; gives its
    /// number, which is larger than all before.
    fn send(&self, saga: SagaId, text: String, at: Time) -> StoreFuture<'_, u64>;

    /// The answer to a message; `None` if there is none yet, or no such message: it may have been
    /// purged with its saga.
    fn answer_to(&self, number: u64) -> StoreFuture<'_, Option<String>>;

    /// The workers that are alive, in words. If there are none, a message is answered by the next
    /// one.
    fn workers(&self) -> StoreFuture<'_, Vec<String>>;

    /// What time it is: the store's, by which what is due is due.
    fn now(&self) -> StoreFuture<'_, Time>;
}

/// Where engines keep their sagas: one engine, whose store is a file, or many workers that share
/// one.
///
/// **Workers.** [`open`](Self::open) makes a worker and gives it an [`Epoch`]. In a store with one
/// owner that ends every earlier epoch; in a shared one each epoch lives until it is
/// [closed](Self::close), or until its lease ends without having been [renewed](Self::renew) and
/// another worker declares it dead. Whoever writes under an epoch that does not live, or was never
/// given, is [`Fenced`](StoreError::Fenced) and has changed nothing.
///
/// **Claims.** A saga belongs to the one living epoch that has claimed it, by
/// [`create`](Self::create), [`claim`](Self::claim) or [`claim_one`](Self::claim_one), until a
/// [`Change`] or [`release`](Self::release) releases it, or the epoch ends. Appending to a saga that
/// the epoch has not claimed is [`NotHeld`](StoreError::NotHeld) and changes nothing.
///
/// **Versions.** A worker may claim a saga if it has registered the saga's fingerprint, or if no
/// living worker has. A saga that proves unreadable is released with a mark: workers that would read
/// it by the marked fingerprint pass it over, until one with this fingerprint is opened, which
/// tries once more.
///
/// **Events** are written with the [`Change`] that ends their saga. The first of a saga that is not
/// delivered is due; those behind it are not. Who [claims](Self::claim_events) one hands it over,
/// and nobody else does so until the claim is [answered](Self::handed_over), or ends with its lease
/// or its epoch.
///
/// **Time** is the store's: `open` and `renew` give it, and what is due is due by it.
///
/// **Durability.** When a future of a method that writes gives `Ok`, what was written outlasts the
/// process; if it gives an error or is dropped, it is not known whether it was written.
pub trait Store: ReadStore {
    /// The same store for tasks whose threads may be blocked, by tokio's `block_in_place`: a write
    /// can then be done by the thread that polls its future, without another one being woken for
    /// it. `None`: blocking them is of no use.
    ///
    /// Its futures are polled by nothing but tasks that were spawned on a runtime of several
    /// threads, where that does not panic.
    fn in_place(&self) -> Option<Self>
    where
        Self: Sized,
    {
        None
    }

    /// Begins to work on the store: gives an epoch, the store's time, and how long the epoch lives
    /// without being renewed.
    ///
    /// The clock may have been set back since a saga or an event was written to: none of them is due
    /// later from now than it was to be from then.
    ///
    /// A worker that opens [`after`](Worker::after) an earlier epoch gives that one's claims up, if
    /// it still lives.
    ///
    /// # Errors
    /// [`StoreError::Owned`] if the store has one owner, who is alive, and this store does not take
    /// over from a living one; or if the epoch that this one is to follow was ended by another
    /// owner.
    fn open(&self, worker: Worker) -> StoreFuture<'_, Opened>;

    /// Prolongs the lease of an epoch, counted from now, and gives the store's time.
    fn renew(&self, epoch: Epoch) -> StoreFuture<'_, Time>;

    /// Ends an epoch: its sagas are due at once, for any worker.
    fn close(&self, epoch: Epoch) -> StoreFuture<'_, ()>;

    /// The other workers that live, or that nobody has declared dead yet. A store with one owner has none.
    fn peers(&self, epoch: Epoch) -> StoreFuture<'_, Vec<Peer>>;

    /// Keeps a definition, as JSON, under the name of its saga and its fingerprint; one that is
    /// there already stays.
    fn define(&self, epoch: Epoch, definition: DefinitionRow) -> StoreFuture<'_, ()>;

    /// Begins a saga as [`State::Running`]. One that is there already, under the same name and id,
    /// stays as it is and is given back.
    ///
    /// `by`: the worker that begins it; without a `due` it has claimed the saga. Without a worker
    /// this is an order, which any client may place: nobody has claimed it, and without a `due` it
    /// is due at once. `first`: its first commit. Without one, whoever claims the saga writes that.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the saga is new and the number of `first` is not 0.
    fn create(
        &self,
        by: Option<Epoch>,
        saga: NewSaga,
        first: Option<Commit>,
    ) -> StoreFuture<'_, Created>;

    /// Claims sagas that this worker may run and nobody has claimed: those that are due, the one
    /// due first first, at most `limit`; and beside them, whatever the limit, those that were asked
    /// something in a message without an answer. A mark does not keep a saga that was asked
    /// something from a worker if every living one would have to pass it over.
    ///
    /// In a shared store it also declares those workers dead whose lease has ended, and claims
    /// theirs.
    fn claim(&self, epoch: Epoch, limit: usize) -> StoreFuture<'_, Vec<SagaId>>;

    /// Claims this saga, due or not, whatever its version, unless another living worker has it.
    fn claim_one(&self, epoch: Epoch, saga: SagaId) -> StoreFuture<'_, Take>;

    /// When [`claim`](Self::claim) will next find something for this worker; the first moment there
    /// is if it would now because something was asked. A hint of when to look, and a cheap one.
    fn next_due(&self, epoch: Epoch) -> StoreFuture<'_, Option<Time>>;

    /// Appends a commit to a saga's journal, changes its row, writes the events of that change, and
    /// answers messages: all or nothing.
    ///
    /// It is conditional: `commit.seq` must be the number of commits that are there. If the commit
    /// with this number is there already and has the same text, nothing is written (not the change,
    /// its events or the answers, either: they were written with the commit) and that is `Ok`, whoever has
    /// claimed the saga since: an append whose outcome was not known can be asked for again. An
    /// answered message stays as it is, and so does a number that no message has.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if there is another commit with that number, or none with the one
    /// before it, or no such saga; [`StoreError::NotHeld`].
    fn append(
        &self,
        epoch: Epoch,
        saga: SagaId,
        commit: Commit,
        change: Option<Change>,
        answers: Vec<(u64, String)>,
    ) -> StoreFuture<'_, ()>;

    /// Lets a saga go without a commit: it is due then, or at rest if `due` is `None`.
    /// [`Mark::Unfit`] marks it as unreadable by a fingerprint, and its row says why until a commit is
    /// appended or the saga is released [as readable](Mark::Readable) or [cleared](Mark::Cleared).
    ///
    /// # Errors
    /// [`StoreError::NotHeld`].
    fn release(
        &self,
        epoch: Epoch,
        saga: SagaId,
        due: Option<Time>,
        mark: Mark,
    ) -> StoreFuture<'_, ()>;

    /// The messages without an answer of sagas claimed under this epoch, and of sagas that are not
    /// there; oldest first. Of a saga that has very many a store may give the oldest ones, and others
    /// when those are answered; but however many one saga has, those of the others are given, and those
    /// sagas claimed. Of the messages for sagas that are not there a store may give any of them, and
    /// others when those are answered: it should, so that a hundred thousand of them do not hold up a worker.
    fn inbox(&self, epoch: Epoch) -> StoreFuture<'_, Vec<Message>>;

    /// Answers messages when there is nothing to append, because nothing was done. An answered
    /// message stays as it is, and so does a number that no message has.
    fn answer(&self, epoch: Epoch, answers: Vec<(u64, String)>) -> StoreFuture<'_, ()>;

    /// Those of these sagas that have ended or are parked: for who waits for the outcome of a saga
    /// that runs elsewhere.
    fn ended(&self, of: Vec<SagaId>) -> StoreFuture<'_, Vec<SagaId>>;

    /// Claims events to hand over, those due first first: of each saga the first that is not
    /// delivered, if it is due and no event of that saga is claimed. Gives them as they are then.
    fn claim_events(&self, epoch: Epoch, claim: EventClaim) -> StoreFuture<'_, Vec<EventRow>>;

    /// When an event of these sagas is due that nobody has claimed under a living epoch: when to
    /// look again. A cheap hint, which may be too early.
    fn next_event(&self, epoch: Epoch, of: EventsOf) -> StoreFuture<'_, Option<Time>>;

    /// Says what became of an event that was claimed under this epoch, and ends the claim. What is
    /// acknowledged is delivered, and the one behind it is due. May be asked again.
    ///
    /// # Errors
    /// [`StoreError::NotHeld`] if this claim has ended, and was not answered so, or the saga was
    /// purged.
    fn handed_over(&self, epoch: Epoch, hold: EventHold, how: Delivery) -> StoreFuture<'_, ()>;

    /// Makes an event due now, and counts its failures anew, whether it is delivered or not; without
    /// a number the first of the saga that is not delivered. Says whether there is such an event:
    /// one that waits for another before it, or is claimed, is none.
    fn redeliver(&self, epoch: Epoch, saga: SagaId, number: Option<u64>) -> StoreFuture<'_, bool>;

    /// Waits for a hint that something may be due, asked or ended by the doing of another worker. A
    /// hint may be missed; polling is the rule. A store that gives none waits for ever.
    fn changed(&self) -> StoreFuture<'_, ()> {
        Box::pin(pending())
    }

    /// Deletes sagas that fit, with their journals, events and answered messages, if they are at rest
    /// ([`Row::is_at_rest`]), all of their events are delivered, and they were last changed before
    /// `before`; says how many. `filter.limit`
    /// counts those that are deleted. Other writes go on meanwhile, so it is not all or nothing.
    fn purge(&self, epoch: Epoch, filter: Filter, before: Time) -> StoreFuture<'_, u64>;
}
