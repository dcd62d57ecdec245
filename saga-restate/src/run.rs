//! The handler `run`: Restate is the log of one saga.
//!
//! Each `commit` is a `ctx.run` whose closure runs the saga until there is a commit, and gives that.
//! When Restate has it, the calls that follow may start; they are made within the next closure, and
//! not because it runs again: after a crash they are lost, and settled.
//!
//! **The order of commands is a format on disk.** It follows from the entries alone
//! ([`Then`](crate::entry::Then)): nothing that a later release decides otherwise may change it.

use crate::{
    ended::{Ended, ended},
    entry::{Ask, Entry, Reply, Then},
    flow::Flow,
    mail::{ANSWER, ASK, COMMIT, OVER, Over, REST, RUN, refusal},
};
use restate_sdk::{
    context::RunFuture,
    endpoint::{ContextInternal, InputMetadata},
    errors::{HandlerError, HandlerResult, TerminalError},
    serde::Json,
};
use serde_json::value::RawValue;
use std::{
    error::Error,
    sync::Arc,
    time::{Duration, SystemTime},
};
use tokio::time::Instant;
use typed_saga::{
    engine::{
        Attribution, EngineError, SagaId, Time,
        for_logs::{SoloRun, SoloStep, Tape},
        for_stores::{Life, NewEvent},
    },
    runtime::{Durable, Id},
};

/// In how many milliseconds a saga is turned back that has not passed its pivot.
pub(crate) const DEADLINE: &str = "x-saga-deadline-ms";

/// The run of a saga in this process, and what it is made from.
struct Live<'a, S> {
    flow: &'a Flow<S>,
    saga: &'a SagaId,
    input: String,
    deadline: Option<Duration>,
    run: Option<SoloRun>,
    /// When the last entry was handed to Restate, until it is acknowledged.
    asked: Option<Instant>,
}

/// Where a saga is by its entries.
struct Place {
    tape: Option<Tape>,
    /// Those that `status` reads while it waits.
    entries: Vec<Entry>,
    then: Then,
    cancelled: bool,
    /// The number of the next ask.
    asks: u64,
    ask: Option<Ask>,
    events: Vec<NewEvent>,
}

pub(crate) type Finished = HandlerResult<Json<Ended<Box<RawValue>>>>;

pub(crate) async fn run<S: Durable>(
    flow: &Flow<S>,
    ctx: &ContextInternal,
    input: Vec<u8>,
    given: InputMetadata,
) -> Finished {
    let saga = Flow::<S>::saga(&given.key);
    let deadline = given.headers.get(DEADLINE);
    let deadline = deadline.and_then(|millis| Some(Duration::from_millis(millis.parse().ok()?)));
    let mut live = Live {
        flow,
        saga: &saga,
        input: String::from_utf8(input).map_err(|_| refused("they are not UTF-8"))?,
        deadline,
        run: None,
        asked: None,
    };
    let mut place = Place {
        tape: None,
        entries: Vec::new(),
        then: Then::On,
        cancelled: false,
        asks: 0,
        ask: None,
        events: Vec::new(),
    };
    while place.then != Then::Over {
        let (own, at) = (&mut live, &place);
        let commit = move || {
            let live = own;
            live.entry(at)
        };
        let recorded = ctx.run(commit).name("commit").await;
        let entry = match recorded {
            Ok(Json(entry)) => entry,
            // Whether it was recorded is not known: the same one again.
            Err(terminal) if is_cancel(&terminal) => {
                place.cancelled = true;
                continue;
            }
            // Restate has no other reason to end a closure that never gives up but our own refusal.
            Err(terminal) => return Err(terminal.into()),
        };
        let begins = place.tape.is_none();
        let written = place.keep(&saga, &entry)?;
        live.acknowledge()?;
        if begins {
            ctx.resolve_promise(RUN, Json(&given.invocation_id));
        }
        if let Some(seq) = written.filter(|_| entry.watched) {
            ctx.set(&format!("{COMMIT}{seq}"), Json(&entry));
        }
        place.follow(ctx, &mut live, entry).await;
    }
    let told = place.tape.as_ref().and_then(ended);
    let ended = told.ok_or_else(|| retry("its end is not recorded"))?;
    ctx.resolve_promise(OVER, Json(&Over::of(&ended, place.tape.as_ref())));
    deliver(flow, ctx, &place.events).await?;
    Ok(Json(ended))
}

impl Place {
    /// Puts an entry where it belongs.
    fn keep(&mut self, saga: &SagaId, entry: &Entry) -> HandlerResult<Option<u64>> {
        let Some(written) = entry.written() else {
            return Ok(None);
        };
        let change = written.change.as_ref();
        if let Some(change) = change.filter(|change| !change.events.is_empty()) {
            self.events.clone_from(&change.events);
        }
        match &mut self.tape {
            Some(tape) => tape.push(&written).map_err(retry)?,
            none => *none = Some(Tape::begin(saga.clone(), &written).map_err(retry)?),
        }
        Ok(Some(written.commit.seq))
    }

    /// Does what follows from an entry.
    async fn follow<S: Durable>(
        &mut self,
        ctx: &ContextInternal,
        live: &mut Live<'_, S>,
        entry: Entry,
    ) {
        let (at, then) = (entry.at, entry.then);
        if let Some(answer) = &entry.answer {
            ctx.resolve_promise(&format!("{ANSWER}{}", self.asks), Json(answer));
            self.asks += 1;
            self.ask = None;
        }
        if entry.commit.is_some() {
            self.entries.push(entry);
        }
        self.then = then;
        if self.then == Then::Look && self.ask.is_none() {
            let name = format!("{ASK}{}", self.asks);
            match ctx.peek_promise::<Json<Ask>>(&name).await {
                Ok(ask) => self.ask = ask.map(Json::into_inner),
                Err(_) => self.cancelled = true,
            }
        }
        if self.then.waits() {
            live.run = None;
            self.wait(ctx, at).await;
        }
    }

    /// Waits for a time, or for what is asked. The saga is a few entries in the meantime; if it takes
    /// long, nothing at all.
    async fn wait(&mut self, ctx: &ContextInternal, since: Time) {
        // What was asked of a saga that is parked now is heard when it is resumed, if ever.
        let parked = self.then == Then::Parked;
        self.cancelled &= !parked;
        ctx.set(REST, Json(&self.entries));
        loop {
            let name = format!("{ASK}{}", self.asks);
            let asked = ctx.promise::<Json<Ask>>(&name);
            match self.then {
                Then::Until(until) => {
                    let time = ctx.sleep(until.since(since));
                    restate_sdk::select! {
                        ask = asked => self.ask = ask.ok().map(Json::into_inner),
                        _ = time => (),
                        on_cancel => self.cancelled = true
                    }
                }
                _ => match asked.await {
                    Ok(Json(ask)) => self.ask = Some(ask),
                    // It is too late to cancel what is parked.
                    Err(_) if parked => continue,
                    Err(_) => self.cancelled = true,
                },
            }
            break;
        }
        ctx.clear(REST);
    }
}

impl<S: Durable> Live<'_, S> {
    /// Runs the saga until there is something to record.
    async fn entry(&mut self, place: &Place) -> HandlerResult<Json<Entry>> {
        let mut entry = self.next(place).await?;
        entry.watched = self.flow.watched;
        self.asked = Some(Instant::now());
        Ok(Json(entry))
    }

    async fn next(&mut self, place: &Place) -> HandlerResult<Entry> {
        let tape = place.tape.as_ref();
        if let (Some(ask), Some(tape), true) = (&place.ask, tape, place.then.waits()) {
            return self.act(tape, ask, place.then);
        }
        if self.run.is_none() {
            let run = self.start(tape)?;
            self.run = Some(run);
        }
        let run = self.run.as_mut().expect("it was made above");
        if place.cancelled {
            run.cancel(Attribution::default());
        }
        if place.ask.is_some() {
            run.release();
        }
        match (run.step().await.map_err(retry)?, &place.ask, tape) {
            (SoloStep::Write(written), ..) => Entry::of(&written).map_err(retry),
            (SoloStep::Released, Some(ask), Some(tape)) => {
                self.run = None;
                self.act(tape, ask, Then::On)
            }
            (SoloStep::Released, ..) => Err(retry(
                "it was released, although nothing has asked for \
                that",
            )),
        }
    }

    fn start(&self, tape: Option<&Tape>) -> HandlerResult<SoloRun> {
        let solo = &self.flow.solo;
        let Some(tape) = tape else {
            // The first entry records it, and no call comes before.
            let id = Id::of_life(Arc::clone(&self.saga.id), Some(Life::random()));
            let begun = solo.begin(id, &self.input, self.deadline);
            return begun.map_err(|error| refused(&error).into());
        };
        solo.go_on(tape).map_err(retry)
    }

    /// What somebody asks, done or refused.
    fn act(&self, tape: &Tape, ask: &Ask, then: Then) -> HandlerResult<Entry> {
        let at = Time::of(SystemTime::now());
        let refused = |answer| Ok(Entry::refused(answer, then, at));
        match self.flow.solo.act(tape, &ask.action, ask.who.clone()) {
            Ok(Some(written)) => Entry::acted(&written).map_err(retry),
            Ok(None) => refused(Reply::Refused(
                "a saga is cancelled by cancelling its invocation, and hands over its events by itself".to_owned(),
            )),
            Err(EngineError::Unreadable { why, .. }) => Err(retry(why.to_string())),
            Err(error) => refused(refusal(&error)),
        }
    }

    /// The entry is on record, and calls may start if it was made here.
    fn acknowledge(&mut self) -> HandlerResult<()> {
        let Some(asked) = self.asked.take() else {
            return Ok(());
        };
        match &mut self.run {
            Some(run) => run.acknowledge(asked).map_err(retry),
            None => Ok(()),
        }
    }
}

/// Hands over what the saga tells others, one after the other, until each is acknowledged.
async fn deliver<S: Durable>(
    flow: &Flow<S>,
    ctx: &ContextInternal,
    events: &[NewEvent],
) -> HandlerResult<()> {
    for event in events {
        let mut failures = 0;
        loop {
            let attempt = || async {
                let why = flow.solo.deliver(event).await.err();
                Ok::<_, HandlerError>(Json(why))
            };
            match ctx.run(attempt).name("deliver").await {
                Ok(Json(None)) => break,
                Ok(Json(Some(_))) => {
                    // A cancel ends the wait, and changes nothing.
                    let wait = flow.solo.delivery_wait(failures);
                    drop(ctx.sleep(wait).await);
                    failures += 1;
                }
                Err(terminal) if is_cancel(&terminal) => {}
                Err(terminal) => return Err(terminal.into()),
            }
        }
    }
    Ok(())
}

fn is_cancel(terminal: &TerminalError) -> bool {
    terminal.code() == 409
}

/// The invocation is tried again: nothing of what goes wrong here is the end of a saga.
fn retry(why: impl Into<Box<dyn Error + Send + Sync>>) -> HandlerError {
    HandlerError::from(why)
}

/// Nothing has begun, and nothing will.
fn refused(why: impl std::fmt::Display) -> TerminalError {
    TerminalError::new_with_code(400, why.to_string())
}
