//! The end of a run: as a record, and for the callers that wait for it.

use crate::{
    journal::record::{Record, RecordKind},
    runtime::journal::raw,
    store::State,
};
use saga_core::{
    Codec, Completeness, Encoded, Error, Left, Machine, Panic, Summary,
    run::{Ended, Finished, discard},
};
use std::{any::Any, borrow::Cow, future::Future, pin::Pin, sync::Arc, time::Duration};
use tokio::time::timeout;

pub(crate) type Finally = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The end of a run.
pub(crate) struct End {
    pub(crate) state: State,
    pub(crate) finally: Option<Finally>,
    /// The events to publish, written together with the record of the end.
    pub(crate) events: Vec<String>,
    /// Whether the deliverer must be notified of these events.
    pub(crate) tells: bool,
    /// A [`Told`] of the saga's type.
    pub(crate) told: Arc<dyn Any + Send + Sync>,
}

/// The outcome, for the callers that wait for it. `E` is the saga's error.
pub(crate) enum Told<E> {
    Compensated(Arc<Error<E>>),
    Parked(Arc<Error<E>>),
    Without(Settled),
}

/// An outcome without an error of the saga.
pub(crate) enum Settled {
    Completed {
        /// As JSON: each caller gets a value of its own.
        output: String,
    },
    OutputLost {
        why: String,
    },
    Abandoned {
        by: Option<String>,
        why: Option<String>,
    },
}

/// Runs `finally`, if there is one, and returns its record.
pub(crate) async fn finish(finally: Option<Finally>, limit: Duration) -> Record {
    let record = Record::new(RecordKind::Finished);
    let Some(mut finally) = finally else {
        return record;
    };
    let late = timeout(limit, &mut finally).await.is_err();
    discard(finally);
    if late {
        return record.error(format!("`finally` took longer than {limit:?}"));
    }
    record
}

/// The end of a run, as a record and for the callers that wait for it. `limit`: see [`raw`].
pub(crate) fn finished<M: Machine>(
    mut ended: Ended<M>,
    codec: Codec<M::Output>,
    limit: usize,
) -> (Record, End) {
    let finally = ended.finally();
    let events = ended.take_events();
    let mut record = begun(&ended.summary());
    let told = match ended.finish() {
        Finished::Completed(output) => {
            let encoded = codec.encode(&output);
            discard(output);
            Told::Without(completed(&mut record, encoded, limit))
        }
        Finished::OutputLost(panic) => Told::Without(lost(&mut record, panic)),
        Finished::Failed(error) => {
            let error = Arc::new(error);
            match record.end {
                Some(saga_core::End::Parked) => Told::Parked(error),
                _ => Told::Compensated(error),
            }
        }
    };
    let end = end(&record, finally, events, Arc::new(told));
    (record, end)
}

#[inline(never)]
fn end(
    record: &Record,
    finally: Option<Finally>,
    events: Vec<String>,
    told: Arc<dyn Any + Send + Sync>,
) -> End {
    End {
        state: record.end.map_or(State::Completed, State::from),
        finally,
        tells: !events.is_empty(),
        events,
        told,
    }
}

/// The record of an end, but for the output.
#[inline(never)]
fn begun(summary: &Summary) -> Record {
    let mut record = Record::new(RecordKind::Ended);
    record.end = Some(summary.end());
    describe(&mut record, summary);
    record
}

/// Records an output, or why it is lost.
#[inline(never)]
fn completed(record: &mut Record, encoded: Encoded, limit: usize) -> Settled {
    let encoded = encoded.unwrap_or_else(|| Err("it is not serialised".to_owned()));
    match encoded.and_then(|output| raw(output, limit)) {
        Ok(output) => {
            let text = output.get().to_owned();
            record.value = Some(output);
            Settled::Completed { output: text }
        }
        Err(why) => {
            record.error = Some(why.clone());
            Settled::OutputLost { why }
        }
    }
}

#[inline(never)]
fn lost(record: &mut Record, panic: Box<Panic>) -> Settled {
    let why = format!("panicked: {}", panic.message());
    discard(panic);
    record.error = Some(why.clone());
    Settled::OutputLost { why }
}

/// Records why a saga did not complete, and what remains, for people to read.
fn describe(record: &mut Record, summary: &Summary) {
    let names = |names: &[Cow<'static, str>]| names.to_vec();
    record.error = summary.failure().map(str::to_owned);
    match summary.completeness() {
        Some(Completeness::Parked(unsettled)) => {
            record.standing = names(&unsettled.still_applied);
            record.in_doubt = names(&unsettled.in_doubt);
            record.unfinished = names(&unsettled.unfinished);
        }
        Some(Completeness::Compensated { left }) => {
            for left in left {
                match left.how {
                    Left::Certain => record.left.push(left.step.clone()),
                    Left::Perhaps => record.perhaps_left.push(left.step.clone()),
                }
            }
        }
        _ => {}
    }
}
