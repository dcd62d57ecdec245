//! The notes of a run in its journal, and its calls, which start once everything noted before them
//! is recorded.

use super::{Buffer, OpenWait, Pending, RunJournal, Shared, Site, limited, starts};
use crate::{
    journal::action::Attribution,
    journal::record::{Record, RecordKind},
    store::{LockChange, LockKey},
};
use pin_project_lite::pin_project;
use serde_json::value::RawValue;
use std::{
    borrow::Cow,
    collections::BTreeSet,
    future::Future,
    pin::Pin,
    sync::{Arc, atomic::Ordering::Relaxed},
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::Instant;
use typed_saga_core::{
    Attached, Before, CallKind, CallSite, Cause, Definition, Encode, Encoded, End, Keys, Place,
    Tray, Words,
    definition::Kind as StepKind,
    kernel::{Command, Event},
    run::{Boxed, Caught, Driven, DrivenItems, Drives, Limited, LoopReport, discard},
};

impl typed_saga_core::Journal for RunJournal {
    const DURABLE: bool = true;

    fn note(&self, place: Option<&Place<'_>>, event: Event, with: Attached) {
        let shared = &self.0;
        let definition = shared.definition_at(place);
        let mut record = shared.record(place, event);
        let mut buffer = shared.buffer();
        let mut begins = false;
        if let Some(step) = event.step() {
            let declared = &definition.steps[usize::from(step)];
            begins = starts(event, declared);
            if declared.lock.is_some() && matches!(event, Event::Woken { .. }) {
                buffer.locks.push(LockChange::Taken);
            }
            if !buffer.waits.is_empty() {
                let inside = declared.is_nested().then(|| shared.name(place, step));
                buffer.end_waits(&Site::of(place, step), inside.as_deref());
            }
        }
        if let Event::CancelRequested | Event::DeadlinePassed = event {
            let path = place.map(Place::path);
            buffer.cut_waits(path.as_deref(), definition);
            buffer.late |= event == Event::DeadlinePassed && place.is_none();
        }
        if event == Event::CancelRequested {
            let number = buffer.noted + 1;
            let Attribution { actor, reason } = buffer.cancels.note(number);
            record = record.asked(actor, reason);
        }
        let limit = with.inputs.as_ref().and_then(|inputs| inputs.limit);
        if let (Some(limit), Some(step)) = (limit, event.step()) {
            let until = shared.clock.end_of(limit);
            record.deadline = Some(shared.clock.at_moment(until));
            let site = Site::whole(shared.name(place, step).into_owned());
            buffer.waits.push(OpenWait {
                site,
                before: Before::Attempt,
                late: false,
                until,
            });
        }
        buffer.attach(&mut record, with);
        buffer.push(record, begins);
    }

    fn wait(&self, place: Option<&Place<'_>>, command: Command, wait: Duration) {
        let Some((step, before)) = Before::of(command) else {
            return;
        };
        let until = self.0.clock.end_of(wait);
        let mut record = Record::new(RecordKind::Waiting);
        record.step = Some(self.0.name(place, step));
        record.until = Some(self.0.clock.at_moment(until));
        record.before = Some(before);
        let mut buffer = self.0.buffer();
        let site = Site::of(place, step);
        buffer.waits.retain(|wait| wait.site != site);
        buffer.waits.push(OpenWait {
            site,
            before,
            late: matches!(command, Command::AwaitLate { .. }),
            until,
        });
        buffer.push(record, false);
    }

    fn poll_keys(&self, _: u16, cx: &Context<'_>) -> Poll<()> {
        let mut buffer = self.0.buffer();
        if buffer.keys.granted == Some(true) {
            return Poll::Ready(());
        }
        buffer.keys.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    fn withdraw(&self, _: u16) {
        self.0.buffer().locks.push(LockChange::Withdraw);
    }

    fn perform<'a, T, E, F, C>(
        &'a self,
        place: Option<&'a Place<'a>>,
        (at, tray): (CallSite, Option<&'a Tray>),
        codec: C,
        attempt: F,
    ) -> impl Future<Output = Result<T, Cause<E>>> + Send + 'a
    where
        T: Send + 'a,
        E: Send + 'a,
        F: Limited<Output = Result<T, Cause<E>>> + Send + 'a,
        C: Encode<T> + 'a,
    {
        Perform {
            ticket: Ticket {
                shared: &self.0,
                place,
                at,
                tray,
                upto: None,
                started: false,
            },
            codec,
            attempt: Caught::new(attempt),
        }
    }
}

/// Compiled here, once, whatever sagas the program has.
impl Drives for RunJournal {
    #[inline(never)]
    fn drive(run: Driven<'_, Self>) -> Boxed<'_, End> {
        Box::pin(run.run())
    }

    #[inline(never)]
    fn drive_items<'a: 'm, 'm>(items: DrivenItems<'a, 'm, Self>) -> Boxed<'m, Box<LoopReport>> {
        Box::pin(items.run())
    }
}

pin_project! {
    /// One call, which starts once everything that was noted before it is recorded.
    struct Perform<'a, F, C> {
        ticket: Ticket<'a>,
        codec: C,
        #[pin]
        attempt: Caught<F>,
    }
}

impl<T, E, F: Limited<Output = Result<T, Cause<E>>>, C: Encode<T>> Future for Perform<'_, F, C> {
    type Output = Result<T, Cause<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if !this.ticket.started {
            let Some(since) = this.ticket.begins() else {
                return Poll::Pending;
            };
            if let Some(since) = since {
                this.attempt.as_mut().began(since);
            }
        }
        let attempt = ready!(this.attempt.poll(cx));
        Poll::Ready(this.ticket.keep(this.codec, attempt))
    }
}

/// What does not depend on the type of a call, and so is compiled once.
struct Ticket<'a> {
    shared: &'a Shared,
    place: Option<&'a Place<'a>>,
    at: CallSite,
    tray: Option<&'a Tray>,
    /// The number of records that must be committed first.
    upto: Option<u64>,
    started: bool,
}

impl Ticket<'_> {
    /// Whether the call begins: everything that was noted before it is recorded. Returns when that
    /// was. The driver polls the run again when it is.
    #[inline(never)]
    #[expect(
        clippy::option_option,
        reason = "whether it begins, and since when, if that is known"
    )]
    fn begins(&mut self) -> Option<Option<Instant>> {
        let Self {
            shared, place, at, ..
        } = *self;
        let mut buffer = shared.buffer();
        let upto = *self.upto.get_or_insert(buffer.noted);
        let withheld = buffer.releasing && buffer.handed < upto;
        if buffer.committed < upto || withheld {
            return None;
        }
        if !shared.lease.holds() {
            // The run will be dropped shortly.
            shared.without_lease.store(true, Relaxed);
            return None;
        }
        let path = place.map(Place::path);
        let definition = shared.definition_at(place);
        buffer.running.begin(path, definition, at);
        self.started = true;
        Some(buffer.committed_at)
    }

    /// The call has ended. Leaves its value for the note, and returns the value as it is read back.
    fn keep<T, E>(
        &self,
        codec: &impl Encode<T>,
        attempt: Result<T, Cause<E>>,
    ) -> Result<T, Cause<E>> {
        self.ends();
        let (value, encoded) = codec.read_back(attempt?);
        match self.leave(encoded) {
            None => Ok(value),
            Some(text) => {
                discard(value);
                Err(Cause::Unrecordable { text })
            }
        }
    }

    #[inline(never)]
    fn ends(&self) {
        let path = self.place.map(Place::path);
        let mut buffer = self.shared.buffer();
        buffer.running.end(path.as_deref(), self.at);
    }

    /// Leaves the JSON of a value, if there is any. If the value cannot be recorded, returns the
    /// reason for which the call counts as failed; but an action that changes something outside has
    /// not failed.
    #[inline(never)]
    fn leave(&self, encoded: Encoded) -> Option<String> {
        let Self {
            shared, place, at, ..
        } = *self;
        let encoded = match encoded {
            None if at.call == CallKind::Action => Err("it is not serialised".to_owned()),
            encoded => encoded?,
        };
        let encoded = encoded.and_then(|json| limited(json, shared.effect_limit));
        let declared = &shared.definition_at(place).steps[usize::from(at.step)];
        let changes = at.call == CallKind::Action && declared.kind != StepKind::Read;
        match encoded {
            Err(why) if !changes => Some(why),
            // The action has happened, and has to be compensated when the saga rolls back.
            encoded => {
                self.tray?.leave(Some(encoded));
                None
            }
        }
    }
}

impl Shared {
    pub(crate) fn definition(&self) -> &'static Definition {
        self.definition
    }

    /// Whether the run has the keys that it requested.
    pub(crate) fn has_keys(&self, held: bool) {
        let mut buffer = self.buffer();
        buffer.keys.granted = Some(held);
        if let Some(waker) = buffer.keys.waker.take().filter(|_| held) {
            waker.wake();
        }
    }

    /// Enters the queues for keys again, because the store has no such request.
    pub(crate) fn request_again(&self, keys: Vec<LockKey>) {
        let mut buffer = self.buffer();
        buffer.keys.granted = None;
        buffer.locks.push(LockChange::Request(keys));
    }
}

impl Buffer {
    /// Writes into a record what is recorded with its event.
    fn attach(&mut self, record: &mut Record, with: Attached) {
        let Attached {
            value,
            words,
            inputs,
            items,
            keys,
        } = with;
        self.off_record |= matches!(value, Some(Err(_)));
        let inputs = inputs.and_then(|inputs| inputs.json);
        let mut json = value.and_then(Result::ok).or(inputs).or(items);
        if let Some(Words { text, value, why }) = words {
            record.error = Some(text);
            json = value;
            record.why = why.map(Cow::into_owned);
        }
        // The codecs have just read it back, so it is JSON.
        record.value = json.and_then(|json| RawValue::from_string(json).ok());
        if let Some(Keys { name, keys }) = keys {
            record.keys = keys.iter().cloned().collect();
            self.request(name, keys);
        }
    }

    /// An event of a step ends its wait, and all waits in the child saga or the loop at this path.
    fn end_waits(&mut self, site: &Site, inside: Option<&str>) {
        let is_inside =
            |wait: &OpenWait| inside.is_some_and(|path| wait.site.is_within(Some(path)));
        self.waits
            .retain(|wait| wait.site != *site && !is_inside(wait));
    }

    /// A cancel and a deadline end all waits in the saga at this path, except those for requests that
    /// may still arrive, and those after the pivot: the run need not wake up for the others.
    fn cut_waits(&mut self, path: Option<&str>, definition: &Definition) {
        self.waits.retain(|wait| {
            let site = &wait.site;
            let stays = wait.late || wait.before == Before::Resolve;
            stays || !site.is_within(path) || site.is_after_pivot(path, definition)
        });
    }

    /// Joins the queues of the keys of a lock, in the commit of what is noted.
    fn request(&mut self, name: &str, keys: BTreeSet<String>) {
        let name = Arc::<str>::from(name);
        let requested = keys.into_iter().map(|key| LockKey {
            name: Arc::clone(&name),
            key: key.into(),
        });
        self.keys.granted = None;
        self.locks.push(LockChange::Request(requested.collect()));
    }

    /// The notes that wait for another commit: those from the request of keys, or the end, on. The
    /// commit that creates a saga changes nothing outside of the journal.
    pub(super) fn split(&mut self, begins: bool) -> Vec<Pending> {
        let waits = |Pending { record, .. }: &Pending| {
            !record.keys.is_empty() || record.what == RecordKind::Ended
        };
        let first = self.pending.iter().position(waits);
        let first = first.filter(|_| begins).unwrap_or(self.pending.len());
        self.pending.split_off(first)
    }
}

impl Site {
    /// Whether it is, or is in, a step after the pivot of the saga at this path, which it is within.
    fn is_after_pivot(&self, path: Option<&str>, definition: &Definition) -> bool {
        let Some(pivot) = definition.pivot else {
            return false;
        };
        let own = self.path.as_deref().unwrap_or_default();
        let below = own.strip_prefix(path.unwrap_or_default()).unwrap_or(own);
        if below.is_empty() {
            return self.step > pivot;
        }
        let own = below.trim_start_matches('/').split(['/', '[']).next();
        let mut after = definition.steps.iter().skip(usize::from(pivot) + 1);
        after.any(|step| Some(&*step.name) == own)
    }
}
