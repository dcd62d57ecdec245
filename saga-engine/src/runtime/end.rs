//! The end of a run: as a record, and for the callers that wait for it.

use crate::{
    journal::record::{Record, RecordKind},
    runtime::journal::raw,
    store::State,
};
use std::{any::Any, borrow::Cow, future::Future, pin::Pin, sync::Arc, time::Duration};
use tokio::time::timeout;
use typed_saga_core::{
    Codec, Completeness, Encoded, Error, Left, Machine, Panic, Summary,
    run::{Ended, Finished, discard},
};

pub(crate) type Finally = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The end of a run.
pub(crate) struct RunEnd {
    pub(crate) state: State,
    pub(crate) finally: Option<Finally>,
    /// The events to publish, written together with the record of the end.
    pub(crate) events: Vec<String>,
    /// Whether the deliverer must be notified of these events.
    pub(crate) tells: bool,
    /// A [`Reply`] of the saga's type.
    pub(crate) told: Arc<dyn Any + Send + Sync>,
}

/// The outcome, for the callers that wait for it. `E` is the saga's error.
pub(crate) enum Reply<E> {
    Compensated(Arc<Error<E>>),
    Parked(Arc<Error<E>>),
    Without(NoError),
}

/// An outcome without an error of the saga.
pub(crate) enum NoError {
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
) -> (Record, RunEnd) {
    let finally = ended.finally();
    let events = ended.take_events();
    let mut ending = Ending::of(&ended.summary(), finally, events);
    let told = match ended.finish() {
        Finished::Completed(output) => {
            let encoded = codec.encode(&output);
            discard(output);
            Reply::Without(ending.completed(encoded, limit))
        }
        Finished::OutputLost(panic) => Reply::Without(ending.lost(panic)),
        Finished::Failed(error) => {
            let error = Arc::new(error);
            if ending.is_parked() {
                Reply::Parked(error)
            } else {
                Reply::Compensated(error)
            }
        }
    };
    ending.told(Arc::new(told))
}

/// The end of a run, but for its outcome. Boxed, and without types: so little of it is compiled for
/// each saga.
struct Ending {
    record: Record,
    finally: Option<Finally>,
    events: Vec<String>,
}

impl Ending {
    #[inline(never)]
    fn of(summary: &Summary, finally: Option<Finally>, events: Vec<String>) -> Box<Self> {
        let mut record = Record::new(RecordKind::Ended);
        record.end = Some(summary.end());
        describe(&mut record, summary);
        Box::new(Self {
            record,
            finally,
            events,
        })
    }

    /// Records an output, or why it is lost.
    #[inline(never)]
    fn completed(&mut self, encoded: Encoded, limit: usize) -> NoError {
        let encoded = encoded.unwrap_or_else(|| Err("it is not serialised".to_owned()));
        match encoded.and_then(|output| raw(output, limit)) {
            Ok(output) => {
                let text = output.get().to_owned();
                self.record.value = Some(output);
                NoError::Completed { output: text }
            }
            Err(why) => {
                self.record.error = Some(why.clone());
                NoError::OutputLost { why }
            }
        }
    }

    #[inline(never)]
    fn lost(&mut self, panic: Box<Panic>) -> NoError {
        let why = format!("panicked: {}", panic.message());
        discard(panic);
        self.record.error = Some(why.clone());
        NoError::OutputLost { why }
    }

    #[inline(never)]
    fn is_parked(&self) -> bool {
        self.record.end == Some(typed_saga_core::End::Parked)
    }

    #[inline(never)]
    fn told(self: Box<Self>, told: Arc<dyn Any + Send + Sync>) -> (Record, RunEnd) {
        let Self {
            record,
            finally,
            events,
        } = *self;
        let end = RunEnd {
            state: record.end.map_or(State::Completed, State::from),
            finally,
            tells: !events.is_empty(),
            events,
            told,
        };
        (record, end)
    }
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
