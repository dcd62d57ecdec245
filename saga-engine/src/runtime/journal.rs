//! The journal of one durable run: what it notes is written ahead of the calls that follow.
//!
//! ```text
//!  executor ── note ──▶ pending ──(driver: one commit)──▶ store
//!     │                                                     │
//!     └── perform: the call starts ◀── committed ◀──────────┘
//! ```
//!
//! [`Journal`] is the run's end of it, [`Shared`] what the run and its
//! [driver](crate::runtime::driver) share.

mod keys;
mod noted;

use crate::{
    clock::{Clock, Moment},
    journal::action::Attribution,
    journal::record::{self, Record},
    runtime::calls::{Call, Calls},
    runtime::lease::Lease,
    store::LockChange,
};
use saga_core::{
    Before, CallKind, CallSite, Cause, Definition, Encode, Place,
    definition::{Kind as StepKind, Step},
    kernel::{CallChange, Event},
    path,
    run::discard,
};
use serde_json::value::RawValue;
use std::{
    borrow::Cow,
    mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::Waker,
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};

/// The state that a run and its driver share.
pub(crate) struct Shared {
    definition: &'static Definition,
    /// The maximum size of an effect's JSON, in bytes.
    effect_limit: usize,
    clock: Clock,
    /// Without it no call starts.
    lease: Lease,
    /// A call did not start, since the lease had ended.
    without_lease: AtomicBool,
    buffer: Mutex<Buffer>,
    /// Notified when more is recorded.
    progress: Notify,
}

/// Between the run, which fills it, and the driver, which empties it.
#[derive(Default)]
struct Buffer {
    /// The notes that have not been passed to the store.
    pending: Vec<Pending>,
    /// The number of records noted so far.
    noted: u64,
    /// The number of those passed to the store before the run was asked to release.
    handed: u64,
    /// The number of those that are recorded.
    committed: u64,
    /// Since when.
    committed_at: Option<Instant>,
    /// The calls that run.
    running: Calls,
    /// The values of calls that have just ended, by step, until they are noted.
    values: Vec<(Site, Box<RawValue>)>,
    /// The effects that cannot be recorded, until they are asked for.
    refused: Vec<(Site, String)>,
    /// An effect is in memory alone: the run is not released for a nap.
    off_record: bool,
    /// The waits that are not over, by step, and what they are for.
    waits: Vec<(Site, Before, Moment)>,
    /// The deadline has passed, and the run knows.
    late: bool,
    /// The operator who asked to cancel, with the reason and the message, until that is noted.
    asked: Option<(Attribution, Option<u64>)>,
    /// The messages that are answered by what is noted.
    answers: Vec<(u64, String)>,
    /// The keys that the run waits for.
    keys: keys::WaitingKeys,
    /// What its notes change in the queues of keys.
    locks: Vec<LockChange>,
    /// No call is to start any more.
    releasing: bool,
    /// Of the driver.
    waker: Option<Waker>,
}

/// A record that is not handed to the store, and is written as what it is.
#[derive(serde::Serialize)]
#[serde(transparent)]
struct Pending {
    record: Record,
    /// Whether a call follows when it is recorded. What a saga that is a step does, and a loop, is
    /// on record by itself.
    #[serde(skip)]
    starts: bool,
}

/// A step: of the saga itself, or of one that is part of it.
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

    /// A saga that is a step, as a whole.
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
    /// When the next wait is over, if it may be released until then.
    pub(crate) wakes: Option<Moment>,
    /// Whether its deadline has passed, and is nothing to wake up for any more.
    pub(crate) late: bool,
    /// What changes in the queues of keys.
    pub(crate) locks: Vec<LockChange>,
    /// Whether it waits for keys that others have.
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
            effect_limit,
            clock,
            lease,
            without_lease: AtomicBool::new(false),
            buffer: Mutex::default(),
            progress: Notify::new(),
        }
    }

    fn buffer(&self) -> MutexGuard<'_, Buffer> {
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what is no event of the kernel.
    pub(crate) fn push(&self, record: Record) {
        self.buffer().push(record, false);
    }

    /// A wait that was recorded before this run began, and how long it takes from now on.
    pub(crate) fn waits(&self, site: Site, before: Before, wait: Duration) {
        let until = self.clock.after(wait);
        self.buffer().waits.push((site, before, until));
    }

    /// Lets no further call start, and has the run released once those that run have ended.
    pub(crate) fn release(&self) {
        let mut buffer = self.buffer();
        buffer.releasing = true;
        if let Some(waker) = buffer.waker.take() {
            waker.wake();
        }
    }

    /// Whether a call did not start, since the lease had ended.
    pub(crate) fn is_without_lease(&self) -> bool {
        self.without_lease.load(Relaxed)
    }

    /// Whether it listens for a signal.
    pub(crate) fn listens(&self) -> bool {
        let buffer = self.buffer();
        let mut waits = buffer.waits.iter();
        waits.any(|(_, before, _)| *before == Before::TimeOut)
    }

    pub(crate) fn is_releasing(&self) -> bool {
        self.buffer().releasing
    }

    /// Takes what is to be written. `begins`: in the commit that begins the saga, which requests no keys.
    pub(crate) fn take(&self, waker: &Waker, begins: bool) -> Noted {
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
        // A call that starts once this is recorded is not slept over.
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
            answers: mem::take(&mut buffer.answers),
            upto,
            locks,
            queued: buffer.keys.phase == keys::Phase::Waiting,
            idle: buffer.running.is_empty(),
            wakes: buffer
                .waits
                .iter()
                .map(|(.., until)| *until)
                .min()
                .filter(|_| !buffer.off_record && !starts),
            late: buffer.late,
        }
    }

    /// All that was noted up to here is recorded.
    pub(crate) fn committed(&self, upto: u64) {
        let mut buffer = self.buffer();
        buffer.committed = upto;
        buffer.committed_at = Some(Instant::now());
        drop(buffer);
        self.progress.notify_waiters();
    }

    /// Waits until all that is noted by now is recorded.
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

    /// The calls that have been stuck since this was asked last.
    pub(crate) fn overdue(&self) -> Vec<Call> {
        let mut calls = self.buffer().running.untold();
        calls.retain(Call::is_overdue);
        self.buffer().running.tell(&calls);
        calls
    }

    /// Asks the run to cancel, for this operator. The message, if any, is answered once the request
    /// is noted.
    pub(crate) fn asked(&self, who: Attribution, message: Option<u64>) {
        self.buffer().asked = Some((who, message));
    }

    /// Takes back what was asked, unless it was noted; says whether it was not.
    pub(crate) fn unasked(&self) -> bool {
        self.buffer().asked.take().is_some()
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

    /// A call that has not been written ahead does not start any more: the next run starts it.
    fn withhold(&mut self) {
        self.pending.retain(|pending| !pending.starts);
    }
}

/// Whether a call follows when this is recorded of a step. A saga that is a step, and a loop, has
/// calls of its own.
fn starts(event: Event, step: &Step) -> bool {
    match event.call() {
        CallChange::Starts(CallKind::Action | CallKind::Compensate) => !step.is_nested(),
        CallChange::Starts(_) => true,
        _ => false,
    }
}

/// A run's end of its journal.
pub(crate) struct Journal(pub(crate) Arc<Shared>);

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

    /// An event, as it is written.
    fn record(&self, place: Option<&Place<'_>>, event: Event) -> Record {
        let step = Record::step_of(event, self.definition_at(place));
        let name = match step {
            Some(step) => Some(self.name(place, step)),
            None => place.map(|place| place.path().into()),
        };
        Record::told(event, name)
    }

    /// Keeps the value of a call until it is noted.
    fn keep<T, E>(
        &self,
        place: Option<&Place<'_>>,
        at: CallSite,
        codec: &impl Encode<T>,
        attempt: Result<T, Cause<E>>,
    ) -> Result<T, Cause<E>> {
        let Ok(value) = &attempt else {
            return attempt;
        };
        let encoded = match codec.encode(value) {
            None if at.call == CallKind::Action => Err("it is not serialised".to_owned()),
            None => return attempt,
            Some(encoded) => encoded,
        };
        match self.keep_encoded(place, at, encoded) {
            None => attempt,
            Some(why) => {
                discard(attempt);
                Err(Cause::Unrecordable { text: why })
            }
        }
    }

    /// Keeps the JSON of a value, if there is any. Gives why the call itself has failed with it, if
    /// so: what changed something outside has not.
    fn keep_encoded(
        &self,
        place: Option<&Place<'_>>,
        at: CallSite,
        encoded: Result<String, String>,
    ) -> Option<String> {
        let encoded = encoded.and_then(|json| raw(json, self.effect_limit));
        let declared = &self.definition_at(place).steps[usize::from(at.step)];
        let (read, site) = (declared.kind == StepKind::Read, Site::of(place, at.step));
        match encoded {
            Ok(json) => self.buffer().values.push((site, json)),
            // It happened: the way back needs it.
            Err(why) if at.call == CallKind::Action && !read => {
                self.buffer().refused.push((site, why));
            }
            Err(why) => return Some(why),
        }
        None
    }
}

/// JSON as a part of a record, if it is not too large.
pub(crate) fn raw(json: String, limit: usize) -> Result<Box<RawValue>, String> {
    let json = limited(json, limit)?;
    RawValue::from_string(json).map_err(|error| error.to_string())
}

/// JSON, if it is not too large.
pub(crate) fn limited(json: String, limit: usize) -> Result<String, String> {
    if json.len() > limit {
        let bytes = json.len();
        return Err(format!("it has {bytes} bytes of JSON, more than {limit}"));
    }
    Ok(json)
}
