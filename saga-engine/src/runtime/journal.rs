//! The journal of one durable run: notes are recorded before the calls that follow them start.
//!
//! ```text
//!  executor ── note ──▶ pending ──(driver: one commit)──▶ store
//!     │                                                     │
//!     └── perform: the call starts ◀── committed ◀──────────┘
//! ```
//!
//! A run writes to a [`RunJournal`]; the run and its [driver](crate::runtime::driver) share a
//! [`Shared`].

mod cancels;
mod keys;
mod noted;
mod waits;

pub(crate) use typed_saga_core::run::limited;

use crate::{
    clock::{Clock, Moment},
    journal::action::Attribution,
    journal::record::{self, Record},
    runtime::calls::{Calls, RunningCall},
    runtime::lease::Lease,
    store::{Life, LockChange, SagaId},
};
use serde_json::value::RawValue;
use std::{
    borrow::Cow,
    mem,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::Waker,
};
use tokio::{sync::Notify, time::Instant};
use typed_saga_core::{
    Before, CallKind, Definition, Id, Place,
    definition::Step,
    kernel::{CallChange, Event},
    path,
};

/// A wait that is not over.
struct OpenWait {
    site: Site,
    /// What follows it.
    before: Before,
    /// Whether it is for requests that arrive late: then nothing cuts it short.
    late: bool,
    until: Moment,
}

/// The state that a run and its driver share.
pub(crate) struct Shared {
    definition: &'static Definition,
    /// The life of the saga.
    life: OnceLock<Life>,
    /// The maximum size of an effect's JSON, in bytes.
    effect_limit: usize,
    clock: Clock,
    /// No call starts without it.
    lease: Lease,
    /// Whether a call did not start because the lease had ended.
    without_lease: AtomicBool,
    buffer: Mutex<Buffer>,
    /// Notified when more is recorded.
    progress: Notify,
    /// Notified of what ends the wait for a slot: a request, or that the saga is to be released.
    wanted: Notify,
}

/// The buffer that the run fills and the driver empties.
#[derive(Default)]
struct Buffer {
    /// The notes that have not been passed to the store.
    pending: Vec<Pending>,
    /// The number of records noted so far.
    noted: u64,
    /// The number of records that were passed to the store before the run was asked to release.
    handed: u64,
    /// The number of records that are recorded.
    committed: u64,
    /// The time of the last commit.
    committed_at: Option<Instant>,
    /// The running calls.
    running: Calls,
    /// Whether an effect exists only in memory: then the run is not released for a short wait.
    off_record: bool,
    /// The waits that are not over, by step.
    waits: Vec<OpenWait>,
    /// Whether the run knows that the deadline has passed.
    late: bool,
    /// The requests to cancel it.
    cancels: cancels::Cancels,
    /// The keys that the run waits for.
    keys: keys::WaitingKeys,
    /// The changes in the queues of keys that the notes cause.
    locks: Vec<LockChange>,
    /// Whether no further call may start.
    releasing: bool,
    /// The waker of the driver.
    waker: Option<Waker>,
}

/// A record that has not been passed to the store. It is serialized as the record itself.
#[derive(serde::Serialize)]
#[serde(transparent)]
struct Pending {
    record: Record,
    /// Whether a call follows once it is recorded. A child saga and a loop record theirs.
    #[serde(skip)]
    starts: bool,
}

/// A step: of the saga itself, or of a child saga or an item in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    /// Its path.
    path: Option<Box<str>>,
    step: u16,
}

impl Site {
    pub(crate) fn new(path: Option<String>, step: u16) -> Self {
        let path = path.map(String::into_boxed_str);
        Self { path, step }
    }

    fn of(place: Option<&Place<'_>>, step: u16) -> Self {
        Self::new(place.map(Place::path), step)
    }

    /// A child saga as a whole.
    pub(crate) fn whole(path: String) -> Self {
        Self::new(Some(path), u16::MAX)
    }

    /// Whether it is at this path, or below it.
    fn is_within(&self, path: Option<&str>) -> bool {
        let Some(above) = path else { return true };
        let own = self.path.as_deref().unwrap_or_default();
        let below = own.strip_prefix(above);
        below.is_some_and(|below| below.is_empty() || below.starts_with(['/', '[']))
    }
}

/// The notes that a driver finds after it has polled the run.
pub(crate) struct Noted {
    /// The text of the next commit; empty if there is nothing to write.
    pub(crate) records: String,
    /// The answers that go with it.
    pub(crate) answers: Vec<(u64, String)>,
    /// The number of records noted so far, these included.
    pub(crate) upto: u64,
    /// Whether no call runs, so that it may be released.
    pub(crate) idle: bool,
    /// The time at which the next wait is over, if the run may be released until then.
    pub(crate) wakes: Option<Moment>,
    /// Whether the deadline has passed, so that it need not wake the run any more.
    pub(crate) late: bool,
    /// The changes in the queues of keys.
    pub(crate) locks: Vec<LockChange>,
    /// Whether the run waits for keys that other sagas have.
    pub(crate) queued: bool,
}

impl Shared {
    pub(crate) fn new(
        definition: &'static Definition,
        effect_limit: usize,
        clock: Clock,
        lease: Lease,
    ) -> Self {
        Self {
            definition,
            life: OnceLock::new(),
            effect_limit,
            clock,
            lease,
            without_lease: AtomicBool::new(false),
            buffer: Mutex::default(),
            progress: Notify::new(),
            wanted: Notify::new(),
        }
    }

    /// The saga has this life, if it has one.
    pub(crate) fn lives(&self, life: Option<Life>) {
        if let Some(life) = life {
            self.life.get_or_init(|| life);
        }
    }

    /// The id of the saga, with its life, as keys are made of it.
    pub(crate) fn id(&self, saga: &SagaId) -> Id {
        Id::of_life(Arc::clone(&saga.id), self.life.get().copied())
    }

    fn buffer(&self) -> MutexGuard<'_, Buffer> {
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a record that is not an event of the kernel.
    pub(crate) fn push(&self, record: Record) {
        self.buffer().push(record, false);
    }

    /// Starts no further call, and lets the driver release the run after the running calls.
    pub(crate) fn release(&self) {
        let mut buffer = self.buffer();
        buffer.releasing = true;
        if let Some(waker) = buffer.waker.take() {
            waker.wake();
        }
        drop(buffer);
        self.wanted.notify_one();
    }

    /// The saga need not wait for a slot.
    pub(crate) fn want(&self) {
        self.wanted.notify_one();
    }

    /// Waits until the saga is asked something, or is to be released.
    pub(crate) async fn wanted(&self) {
        self.wanted.notified().await;
    }

    /// Whether a call did not start because the lease had ended.
    pub(crate) fn is_without_lease(&self) -> bool {
        self.without_lease.load(Relaxed)
    }

    pub(crate) fn is_releasing(&self) -> bool {
        self.buffer().releasing
    }

    /// Takes the notes that are to be written. `begins`: for the commit that creates the saga,
    /// which can neither request keys nor end it. `refused`: the run has refused to cancel.
    pub(crate) fn take(&self, waker: &Waker, begins: bool, refused: bool) -> Noted {
        let mut buffer = self.buffer();
        if buffer.releasing {
            buffer.withhold();
        } else {
            buffer.handed = buffer.noted;
        }
        if !buffer
            .waker
            .as_ref()
            .is_some_and(|old| old.will_wake(waker))
        {
            buffer.waker = Some(waker.clone());
        }
        let later = buffer.split(begins);
        // A run is not put to sleep if a call starts once this is recorded.
        let starts = buffer.pending.iter().any(|pending| pending.starts);
        let records = if buffer.pending.is_empty() {
            String::new()
        } else {
            record::encode_all(&buffer.pending)
        };
        let upto = buffer.noted - later.len() as u64;
        let locks = if later.is_empty() {
            mem::take(&mut buffer.locks)
        } else {
            Vec::new()
        };
        buffer.pending = later;
        Noted {
            records,
            answers: buffer.cancels.answers(refused),
            upto,
            locks,
            queued: buffer.is_queued(),
            idle: buffer.running.is_empty(),
            wakes: buffer
                .waits
                .iter()
                .map(|wait| wait.until)
                .min()
                .filter(|_| !buffer.off_record && !starts),
            late: buffer.late,
        }
    }

    /// Everything that was noted up to here is recorded.
    pub(crate) fn committed(&self, upto: u64) {
        let mut buffer = self.buffer();
        buffer.committed = upto;
        buffer.committed_at = Some(Instant::now());
        drop(buffer);
        self.progress.notify_waiters();
    }

    /// Waits until everything that has been noted so far is recorded.
    pub(crate) async fn settled(&self) {
        let noted = self.buffer().noted;
        loop {
            // Made before the look, so that a commit between the look and the wait is not missed.
            let progress = self.progress.notified();
            if self.buffer().committed >= noted {
                return;
            }
            progress.await;
        }
    }

    /// The calls that have become stuck since the previous call of this function.
    pub(crate) fn overdue(&self) -> Vec<RunningCall> {
        let mut calls = self.buffer().running.untold();
        calls.retain(RunningCall::is_overdue);
        self.buffer().running.tell(&calls);
        calls
    }

    /// Asks the run to cancel, for this operator, and to answer the message once that is recorded.
    /// Returns the number of the request.
    pub(crate) fn asked(&self, who: Attribution, message: Option<u64>) -> u64 {
        let number = self.buffer().cancels.ask(who, message);
        self.want();
        number
    }

    /// Withdraws a request to cancel, unless the run has noted it. Returns whether it was withdrawn.
    pub(crate) fn unasked(&self, number: u64) -> bool {
        self.buffer().cancels.withdraw(number)
    }

    /// A cancel was recorded before this run began.
    pub(crate) fn was_cancelled(&self) {
        self.buffer().cancels.noted = Some(0);
        self.progress.notify_waiters();
    }

    /// Waits until a cancel is recorded, whoever asked for it.
    pub(crate) async fn cancel_recorded(&self) {
        let is_recorded = |buffer: &Buffer| {
            let noted = buffer.cancels.noted;
            noted.is_some_and(|record| buffer.committed >= record)
        };
        loop {
            // Made before the look, so that a commit between the look and the wait is not missed.
            let progress = self.progress.notified();
            if is_recorded(&self.buffer()) {
                return;
            }
            progress.await;
        }
    }

    pub(crate) fn effect_limit(&self) -> usize {
        self.effect_limit
    }
}

impl Buffer {
    fn push(&mut self, record: Record, starts: bool) {
        self.pending.push(Pending { record, starts });
        self.noted += 1;
    }

    /// Whether the run waits for keys, and the store said that other sagas have them.
    fn is_queued(&self) -> bool {
        let mut waits = self.waits.iter();
        self.keys.granted == Some(false) && waits.any(|wait| wait.before == Before::LockTimeOut)
    }

    /// Calls that have not been passed to the store do not start: the next run starts them.
    fn withhold(&mut self) {
        self.pending.retain(|pending| !pending.starts);
    }
}

/// Whether a call follows once this event of a step is recorded. A child saga and a loop have calls
/// of their own.
fn starts(event: Event, step: &Step) -> bool {
    match event.call() {
        CallChange::Starts(CallKind::Action | CallKind::Compensate) => !step.is_nested(),
        CallChange::Starts(_) => true,
        _ => false,
    }
}

/// The journal to which a run writes.
pub(crate) struct RunJournal(pub(crate) Arc<Shared>);

impl Shared {
    fn definition_at(&self, place: Option<&Place<'_>>) -> &'static Definition {
        place.map_or(self.definition, Place::definition)
    }

    /// The path of a step.
    fn name(&self, place: Option<&Place<'_>>, step: u16) -> Cow<'static, str> {
        path(
            place,
            &self.definition_at(place).steps[usize::from(step)].name,
        )
    }

    /// The record of an event.
    fn record(&self, place: Option<&Place<'_>>, event: Event) -> Record {
        let step = Record::step_of(event, self.definition_at(place));
        let name = match step {
            Some(step) => Some(self.name(place, step)),
            None => place.map(|place| place.path().into()),
        };
        Record::told(event, name)
    }
}

/// JSON as a part of a record, if it is not too large.
pub(crate) fn raw(json: String, limit: usize) -> Result<Box<RawValue>, String> {
    let json = limited(json, limit)?;
    RawValue::from_string(json).map_err(|error| error.to_string())
}
