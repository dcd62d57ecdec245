//! The boundary to a database: what an [`Engine`](crate::Engine) requires of it. A store handles
//! rows and texts, and knows nothing about sagas.
//!
//! ```text
//!  worker  runs sagas here: an epoch, a lease, the versions that it can run
//!  saga    one row each: name, id, input, definition, state, when it is due, which epoch has it
//!  commit  its journal: texts in order, each appended whole or not at all
//!  inbox   requests to the saga, and the answers
//!  event   the saga's events once it has ended, until they are delivered: the outbox
//!  lock    the places of sagas in the queues of keys: the first one in each has the key
//! ```
//!
//! The package `typed-saga-conformance` has tests for these rules that any store can run: one part for
//! every store, and one for stores that many workers share.

mod error;
mod event;
mod hold;
mod json;
mod lock;
pub(crate) mod memory;
mod message;
mod queue;
mod row;
mod rows;
mod worker;

pub use crate::time::Time;
pub use error::StoreError;
pub use event::{
    Delivery, EventChange, EventClaim, EventFilter, EventHold, EventRow, EventStat, EventsOf,
};
pub use hold::{Created, Hold, Take};
pub use lock::{LockChange, LockKey};
pub use message::Message;
pub(crate) use queue::are_granted;
pub use queue::{Freed, LockFilter, LockRow, LockState};
pub use row::{
    Change, Claim, Commit, DefinitionRow, Filter, Mark, NewEvent, NewSaga, Row, SagaId, Stat,
    State, Stored, TAKEOVERS, Unfit,
};
pub use rows::Rows;
pub use typed_saga_core::Life;
pub use worker::{Epoch, Opened, Peer, Turn, Worker};

use std::{
    future::{Future, pending},
    pin::Pin,
    sync::Arc,
};

/// The future that a store's methods return. It is boxed, so that stores can be chosen at run time.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// The operations on a store that need no ownership: reading, leaving messages for the worker that
/// runs a saga, and taking a key from a saga that no worker can run. The command, a console, and an
/// engine's own inspection need no more.
///
/// Messages are here, although they are written, because leaving one needs no ownership: the sender
/// does not run the saga, and need not know which worker does. Nor does [`free`](Self::free), which
/// changes nothing that a worker has claimed.
///
/// **Order.** A read sees every write whose future returned `Ok` before the read began.
pub trait ReadStore: Send + Sync + 'static {
    /// The definition that is stored under this name and fingerprint.
    fn definition(
        &self,
        saga: Arc<str>,
        fingerprint: u64,
    ) -> StoreFuture<'_, Option<DefinitionRow>>;

    /// The definitions that are in use, ordered by name and fingerprint: those of sagas in flight
    /// ([`State::Running`], [`State::Waiting`] or [`State::Parked`], or with a due time), and those
    /// that a worker has registered which lives, or has not been declared dead yet.
    fn in_use(&self) -> StoreFuture<'_, Vec<DefinitionRow>>;

    /// A saga with its whole journal, in order.
    fn load(&self, saga: SagaId) -> StoreFuture<'_, Option<Stored>>;

    /// Rows that match, ordered by name and id (compared byte by byte), at most `filter.limit`. A
    /// damaged row is listed, with the reason in [`Row::unreadable`], and does not keep other rows
    /// from being listed.
    fn list(&self, filter: Filter) -> StoreFuture<'_, Vec<Row>>;

    /// The number of sagas in each state in which there are any, ordered by name, then by state in
    /// the order of [`State::ALL`].
    fn stats(&self) -> StoreFuture<'_, Vec<Stat>>;

    /// Events that match, oldest first, at most `filter.limit`.
    fn events(&self, filter: EventFilter) -> StoreFuture<'_, Vec<EventRow>>;

    /// Places in the queues of keys that match, ordered by key, then by place; at most
    /// `filter.limit`. A store that cannot hold a key as it is returns it as [a
    /// digest](LockKey::within), and finds it by either.
    fn locks(&self, filter: LockFilter) -> StoreFuture<'_, Vec<LockRow>>;

    /// Takes a key from a saga that no worker can read, and passes it on: if the saga is the first one
    /// in the queue of the key, no worker has claimed it, it was released [as
    /// unreadable](Mark::Unfit) last, and each living worker that may claim it has marked it so. The
    /// journal of the saga stays as it is. `text`, the request as JSON, is kept as a message for the
    /// saga that is answered with `"done"`.
    ///
    /// A saga that has [taken](LockState::Taken) the key leaves this queue alone. One that has not leaves
    /// all queues in which it waits, as [`LockChange::Withdraw`] does, and waits no more: it is
    /// [`State::Running`], and due, so that the worker that can read it requests its keys again.
    fn free(&self, key: LockKey, saga: SagaId, text: String, at: Time) -> StoreFuture<'_, Freed>;

    /// Whether a living worker may claim the saga, and has not marked it [as unreadable](Mark::Unfit):
    /// then no key is [taken](Self::free) from it. `false` if there is no such saga.
    fn is_untried(&self, saga: SagaId) -> StoreFuture<'_, bool>;

    /// The number of undelivered events, by the name of their saga.
    fn undelivered(&self) -> StoreFuture<'_, Vec<EventStat>>;

    /// All messages that have no answer yet, oldest first.
    fn messages(&self) -> StoreFuture<'_, Vec<Message>>;

    /// Leaves a message for the worker that runs the saga, whether or not there is such a saga.
    /// Returns the message's number, which is larger than all earlier ones.
    ///
    /// # Errors
    /// [`StoreError::Id`], by [`SagaId::check`].
    fn send(&self, saga: SagaId, text: String, at: Time) -> StoreFuture<'_, u64>;

    /// The message with this number; `None` if there is none: one that was answered may have been
    /// purged with its saga.
    fn message(&self, number: u64) -> StoreFuture<'_, Option<Message>>;

    /// Looks at everything in the store, which may take minutes, and returns what is damaged, each in
    /// words; `None` if the store leaves that to its administrator.
    fn check(&self) -> StoreFuture<'_, Option<Vec<String>>> {
        Box::pin(async { Ok(None) })
    }

    /// The names of the workers that are alive. If there are none, the next worker answers a
    /// message.
    fn workers(&self) -> StoreFuture<'_, Vec<String>>;

    /// The store's time, which decides what is due.
    fn now(&self) -> StoreFuture<'_, Time>;
}

/// Where engines store their sagas: a store for one engine, such as a file, or a store that many
/// workers share.
///
/// **Workers.** [`open`](Self::open) makes a worker and gives it an [`Epoch`]. In a store with one
/// owner, this ends every earlier epoch. In a shared store, each epoch lives until it is
/// [closed](Self::close), or until its lease ends without having been [renewed](Self::renew) and
/// another worker declares it dead. A write under an epoch that does not live, or was never issued,
/// returns [`Fenced`](StoreError::Fenced) and changes nothing.
///
/// **Claims.** A saga belongs to the one living epoch that has claimed it, until a [`Change`] or
/// [`release`](Self::release) releases it, or the epoch ends. Each claim has a [`Turn`], which the claimer
/// draws before it asks, and every write of a saga names it. So a write that its writer has given up, and
/// that arrives late, fits nothing that was claimed since. Whoever does not know what became of a write
/// claims the saga from its turn, with a new one: the write came before that, or it is refused.
///
/// **Writes.** Each is done whole or not at all. Beside a living epoch it needs, on rows that are locked:
///
/// | | it is done only if | otherwise | repeated |
/// |---|---|---|---|
/// | `create` | there is no such saga | `Exists` | `New`, by its turn |
/// | `claim`, `claim_suspect` | nobody has claimed the saga | not among the claimed | others |
/// | `claim_one` | nobody has, or the claim `from` has | `Theirs` | `Mine`, by its turn |
/// | `append` | the turn has it, the number follows, each message is open | `NotHeld`, `Conflict`, `Answered` | `Ok` |
/// | `release` | the turn has it, each message is open | `NotHeld`, `Answered` | `NotHeld` |
/// | `answer` | the message is open | left as it is | left as it is |
/// | `claim_events` | the event is the first, and nobody has claimed it | not among the claimed | others |
/// | `handed_over` | the event's claim has it | `NotHeld` | `Ok` |
/// | `decide` | the event is the first, nobody has claimed it, the message is open | `false`, `Answered` | a skip: `true` |
/// | `free`, by any client | nobody has claimed the saga or can read it, it is the first in the queue | which of these fails | `NotFirst` |
/// | `purge`, `purge_one` | the saga is at rest, its events are delivered | stays | nothing is left |
///
/// **Versions.** A worker may claim a saga if it has registered the saga's fingerprint, or if no
/// living worker has. A saga that turns out to be unreadable is released with a mark. Workers that
/// would read it by the marked fingerprint skip it, until a new worker with this fingerprint opens
/// the store and tries once more.
///
/// **Events** are written with the [`Change`] that ends their saga. The first undelivered event of
/// a saga is due, unless it was set aside (refused, or [claimed in vain](Self::claim_events) too
/// often); later events are not. The worker that [claims](Self::claim_events) an event, or
/// whose change [did](Change::delivers), delivers it. No other worker does so until the claim is
/// [answered](Self::handed_over), or ends with its lease or its epoch.
///
/// **Locks** change with the [`Change`] of a commit, under the same conditions. The keys belong to
/// the saga, whichever worker has claimed it. A saga that has been [granted](LockState::Granted)
/// its keys, and has not taken them yet, is found by [`claim`](Self::claim) like one that is due.
///
/// **Time** is the store's: `open` and `renew` return it, and it decides what is due.
///
/// **Durability.** When the future of a method that writes returns `Ok`, what was written survives
/// the process. If it returns an error or is dropped, it is not known whether it was written.
///
/// **Tests.** The package `typed-saga-conformance` checks that a store keeps these rules.
pub trait Store: ReadStore {
    /// This store for tasks whose threads may be blocked, by tokio's `block_in_place`: the thread
    /// that polls the future of a write can then do the write itself, without waking another
    /// thread. `None` if that has no advantage.
    ///
    /// Only tasks that were spawned on a multi-threaded runtime, where blocking does not panic,
    /// poll its futures.
    fn in_place(&self) -> Option<Self>
    where
        Self: Sized,
    {
        None
    }

    /// Whether it supports [locks](LockChange). If it does not, an engine refuses to start with a
    /// saga that takes one.
    fn keeps_locks(&self) -> bool {
        true
    }

    /// Makes a worker: returns an epoch, the store's time, and how long the epoch lives without
    /// being renewed.
    ///
    /// The clock may have been set back since a saga or an event was written: none may now have to
    /// wait for longer than it had to at that time.
    ///
    /// A worker that opens [`after`](Worker::after) an earlier epoch gives up the claims of that
    /// epoch, if it still lives.
    ///
    /// # Errors
    /// [`StoreError::Owned`] if the store has one owner, which is alive, and this store does not
    /// take over from a living owner; or if another owner has ended the epoch that this one is to
    /// follow.
    fn open(&self, worker: Worker) -> StoreFuture<'_, Opened>;

    /// Renews the lease of an epoch, from now, and returns the store's time.
    fn renew(&self, epoch: Epoch) -> StoreFuture<'_, Time>;

    /// Ends an epoch: its sagas are due immediately, for any worker.
    fn close(&self, epoch: Epoch) -> StoreFuture<'_, ()>;

    /// The other workers that live, or that have not been declared dead yet. A store with one owner
    /// has none.
    fn peers(&self, epoch: Epoch) -> StoreFuture<'_, Vec<Peer>>;

    /// Stores a definition, as JSON, under the name of its saga and its fingerprint. An existing
    /// definition stays as it is.
    fn define(&self, epoch: Epoch, definition: DefinitionRow) -> StoreFuture<'_, ()>;

    /// Creates a saga as [`State::Running`]. If there is one with this name and id, it stays as it
    /// is and is returned.
    ///
    /// `by` is the worker that creates it; without a `due`, that worker has claimed the saga, with this
    /// turn. If it has done so already, the saga is [`New`](Created::New) again. Without a worker, any
    /// client may create the saga: it is not claimed, and without a `due` it is due immediately. `first`
    /// is its first commit; without it, the worker that claims the saga writes the first commit.
    ///
    /// **Lives.** A store may give each saga a [`Life`], when it is claimed first: the store's own, which is
    /// drawn when the store is made, and which a purge of a saga that has it replaces by the
    /// [next](Life::next), in the same write. So no saga has the life of one that was purged.
    ///
    /// # Errors
    /// [`StoreError::Id`], by [`SagaId::check`]; [`StoreError::Conflict`] if the saga is new and the
    /// number of `first` is not 0; [`StoreError::Life`] if it is new, and is to begin with another life.
    fn create(
        &self,
        by: Option<(Epoch, Turn)>,
        saga: NewSaga,
        first: Option<Commit>,
    ) -> StoreFuture<'_, Created>;

    /// Claims unclaimed sagas that this worker may run, all with this turn: at most `limit` of those that
    /// have been granted keys, for which others wait, or are due, the one due first first; and in
    /// addition, regardless of the limit, those that have an unanswered message. A saga with an unanswered
    /// message may be claimed despite its marks if every living worker would have to skip it. Of those
    /// that are due, suspects are left to [`claim_suspect`](Self::claim_suspect).
    ///
    /// In a shared store, it also declares workers dead whose lease has ended, and claims their
    /// sagas.
    fn claim(&self, epoch: Epoch, turn: Turn, limit: usize) -> StoreFuture<'_, Vec<SagaId>>;

    /// Claims a suspect that is due, of those that this worker may run: first those with the fewest
    /// [takeovers](Row::takeovers), and of these the one due first. A suspect is a saga that a claim has
    /// counted as taken over since its last commit: a worker that died may have died of it, or of
    /// another one. An engine claims suspects one by one, so that what kills is counted, and no other
    /// suspect is counted with it.
    ///
    /// In a shared store, it declares workers dead as [`claim`](Self::claim) does.
    fn claim_suspect(&self, epoch: Epoch, turn: Turn) -> StoreFuture<'_, Option<SagaId>>;

    /// Claims this saga, due or not, whatever its version, unless a living worker has it. With `from`, it
    /// takes the place of that claim of this epoch, and of no other. May be repeated with the same turn.
    fn claim_one(
        &self,
        epoch: Epoch,
        turn: Turn,
        saga: SagaId,
        from: Option<Turn>,
    ) -> StoreFuture<'_, Take>;

    /// When [`claim`](Self::claim) will next find a saga for this worker; the earliest possible
    /// time if it would find one now because of a message or of keys. A cheap hint of when to look.
    fn next_due(&self, epoch: Epoch) -> StoreFuture<'_, Option<Time>>;

    /// Appends a commit to a saga's journal, changes its row, writes the events of that change, and
    /// answers messages: all or nothing.
    ///
    /// It is conditional: `commit.seq` must be the number of existing commits. If this claim has written
    /// the commit with this number and the same text already, nothing is written, and the result is `Ok`,
    /// until somebody claims the saga again: so an append whose outcome is unknown can be repeated. (The
    /// change, its events and the answers were written with the commit.)
    ///
    /// # Errors
    /// [`StoreError::NotHeld`]; [`StoreError::Conflict`] if there is another commit with that number, or no
    /// commit with the number before it, or no such saga; [`StoreError::Answered`].
    fn append(
        &self,
        epoch: Epoch,
        hold: Hold,
        commit: Commit,
        change: Option<Change>,
        answers: Vec<(u64, String)>,
    ) -> StoreFuture<'_, ()>;

    /// Releases a saga without a commit, and answers messages: it is due at `due`, or at rest if `due` is
    /// `None`. [`Mark::Unfit`] marks it as unreadable by a fingerprint, and its row says why until a commit
    /// is appended or the saga is released [as readable](Mark::Readable) or [cleared](Mark::Cleared). The
    /// row of a saga that is [at rest](Row::is_at_rest) then does not: no worker needs to read it.
    ///
    /// # Errors
    /// [`StoreError::NotHeld`], [`StoreError::Answered`].
    fn release(
        &self,
        epoch: Epoch,
        hold: Hold,
        due: Option<Time>,
        mark: Mark,
        answers: Vec<(u64, String)>,
    ) -> StoreFuture<'_, ()>;

    /// The unanswered messages for sagas claimed under this epoch, and for sagas that do not exist;
    /// oldest first. If a saga has very many, a store may return the oldest ones, and others once
    /// those are answered; but however many messages one saga has, those of other sagas are
    /// returned, and those sagas claimed. Of the messages for sagas that do not exist, a store may
    /// return any part, and the others once those are answered; it should, so that a hundred
    /// thousand of them do not hold up a worker.
    fn inbox(&self, epoch: Epoch) -> StoreFuture<'_, Vec<Message>>;

    /// Answers messages when there is nothing to append, because nothing was done. An answered
    /// message stays as it is, and so does a number that no message has.
    fn answer(&self, epoch: Epoch, answers: Vec<(u64, String)>) -> StoreFuture<'_, ()>;

    /// Those of these sagas that have ended or are parked. Used to wait for the outcome of a saga
    /// that another worker runs.
    fn ended(&self, of: Vec<SagaId>) -> StoreFuture<'_, Vec<SagaId>>;

    /// Claims events for delivery, those due earliest first: of each saga the first undelivered
    /// event, if it is due and no event of that saga is claimed. Returns the events as they are
    /// after the claim.
    ///
    /// A claim that has ended without an answer is counted ([`EventRow::lost`]): what delivered the
    /// event may have died of it. Such an event is claimed alone, so that it takes no other with it; at
    /// the [tenth](EventRow::STUCK) time it is set aside instead: it is not due any more, and
    /// [stuck](EventRow::is_stuck), until an operator has it redelivered or skipped.
    fn claim_events(&self, epoch: Epoch, claim: EventClaim) -> StoreFuture<'_, Vec<EventRow>>;

    /// When the next event of these sagas is due that is not claimed under a living epoch. A cheap
    /// hint of when to look, which may be too early.
    fn next_event(&self, epoch: Epoch, of: EventsOf) -> StoreFuture<'_, Option<Time>>;

    /// Records the result of delivering an event that was claimed under this epoch, and ends the
    /// claim. If the event was acknowledged, it is delivered, and the saga's next event is due, unless
    /// that was set aside. May be repeated.
    ///
    /// # Errors
    /// [`StoreError::NotHeld`] if this claim has ended with another answer or without one, or the
    /// saga was purged.
    fn handed_over(&self, epoch: Epoch, hold: EventHold, how: Delivery) -> StoreFuture<'_, ()>;

    /// Makes an event due now, or has it skipped, and answers the message that asks for it. Returns whether
    /// there is such an event, and does nothing if not: an event that waits for an earlier one, or is claimed,
    /// does not count; nor, to be skipped, one that was delivered, unless it was skipped for the same reason:
    /// so this may be repeated. The later events wait, and what was due of them has then not failed yet; an
    /// event that was set aside stays so.
    ///
    /// # Errors
    /// [`StoreError::Answered`].
    fn decide(
        &self,
        epoch: Epoch,
        saga: SagaId,
        number: u64,
        change: EventChange,
        answer: Option<(u64, String)>,
    ) -> StoreFuture<'_, bool>;

    /// Waits for a hint that another worker has made a saga due, left a message or ended a saga. A
    /// hint may be missed, so engines poll. In a store without hints, this waits forever.
    fn changed(&self) -> StoreFuture<'_, ()> {
        Box::pin(pending())
    }

    /// Deletes sagas that match, with their journals, events and answered messages, if they are at
    /// rest ([`Row::is_at_rest`]), all of their events are delivered, and they were last changed
    /// before `before`. Returns how many. `filter.limit` counts the deleted ones. Other writes
    /// continue meanwhile, so it is not all or nothing.
    ///
    /// Where that limit is not reached, also deletes the messages that were answered before `before`
    /// and whose saga is not there, if its name and its id match: nothing else would. It keeps the
    /// messages that say who had a saga [purged](Message::PURGED).
    fn purge(&self, epoch: Epoch, filter: Filter, before: Time) -> StoreFuture<'_, u64>;

    /// Deletes one saga as [`purge`](Self::purge) does, whenever it was last changed, and writes a message
    /// with this text about it, with its [answer](Message::DONE): both or neither. Returns the number of
    /// the message; `None`, and nothing is done, if the saga must stay, or is not there.
    fn purge_one(&self, epoch: Epoch, saga: SagaId, text: String) -> StoreFuture<'_, Option<u64>>;

    /// Rewrites the store, so that no byte of what was deleted is left in it. Other writes wait
    /// meanwhile, or are [unavailable](StoreError::Unavailable). Returns whether it did: a store that
    /// leaves this to its administrator returns `false`, and does nothing.
    fn vacuum(&self, epoch: Epoch) -> StoreFuture<'_, bool> {
        let _ = epoch;
        Box::pin(async { Ok(false) })
    }
}
