//! The end of a run: as a record, and for the callers that wait for it.

use crate::{
    journal::record::{Record, RecordKind},
    runtime::journal::raw,
    store::State,
};
use twin_core::{
    Completeness, Durable, Error, Left, Machine, Summary,
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

/// The outcome, for the callers that wait for it.
pub(crate) enum Told<S: Durable> {
    Completed {
        /// As JSON: each caller gets a value of its own.
        output: String,
    },
    OutputLost {
        why: String,
    },
    Compensated(Arc<Error<S::Error>>),
    Parked(Arc<Error<S::Error>>),
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

/// The end of a run, as a record and for the callers that wait for it.
pub(crate) fn finished<S: Durable, M: Machine<Output = S::Output, Error = S::Error>>(
    mut ended: Ended<M>,
    limit: usize,
) -> (Record, End) {
    let finally = ended.finally();
    let events = ended.take_events();
    let summary = ended.summary();
    let mut record = Record::new(RecordKind::Ended);
    record.end = Some(summary.end());
    let (state, told) = match ended.finish() {
        Finished::Completed(output) => {
            let encoded = match S::OUTPUT.encode(&output) {
                None => Err("it is not serialised".to_owned()),
                Some(encoded) => encoded,
            };
            let written = encoded.and_then(|output| {
                record.value = Some(raw(output.clone(), limit)?);
                Ok(output)
            });
            discard(output);
            let told = match written {
                Ok(output) => Told::<S>::Completed { output },
                Err(why) => {
                    record.error = Some(why.clone());
                    Told::OutputLost { why }
                }
            };
            (State::Completed, told)
        }
        Finished::OutputLost(panic) => {
            let why = format!("panicked: {}", panic.message());
            discard(panic);
            record.error = Some(why.clone());
            (State::Completed, Told::OutputLost { why })
        }
        Finished::Failed(error) => {
            describe(&mut record, &summary);
            let error = Arc::new(error);
            match error.completeness() {
                Completeness::Parked(_) => (State::Parked, Told::Parked(error)),
                _ => (State::Compensated, Told::Compensated(error)),
            }
        }
    };
    let end = End {
        state,
        finally,
        tells: !events.is_empty(),
        events,
        told: Arc::new(told),
    };
    (record, end)
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
