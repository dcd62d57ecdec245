//! Sagas with their types: how a saga begins, is rebuilt from its records, and ends. The engine
//! itself does not know these types.

use crate::{
    error::{EngineError, Unreadable},
    journal::record::{self, Record, RecordKind},
    runtime::end::{Finally, NoError, Reply, RunEnd, finished},
    runtime::journal::{RunJournal, Shared},
    runtime::patience::PATIENCE,
    runtime::resumed::{Rest, Restored, Resumed, RunContext},
    runtime::submission::input_of,
    store::{Row, State, Stored, Time},
};
use std::{
    any::{Any, TypeId},
    future::{Future, ready},
    marker::PhantomData,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    thread,
    time::Duration,
};
use tokio::time::Instant;
use typed_saga_core::{
    Definition, Durable, Key, Machine, Services, ServicesOf, Signals,
    definition::Backoff,
    run::{Ended, Misfit, Node, Recovery, RunHistory, Undelivered, discard, other_inputs},
};

pub(crate) type Run = Pin<Box<dyn Future<Output = (Record, RunEnd)> + Send>>;
/// One attempt to deliver an event.
pub(crate) type Attempted = Pin<Box<dyn Future<Output = Result<(), Undelivered>> + Send>>;

/// A saga rebuilt from its records.
pub(crate) enum Recovered {
    /// There is more to run. `deadline` is that of the saga, unless it is recorded that it has passed.
    Run { run: Run, deadline: Option<Time> },
    /// Only its `finally` is left to run, if it has one.
    Finally(Option<Finally>),
}

/// A registered saga, without its types.
pub(crate) trait AnySaga: Send + Sync {
    fn definition(&self) -> &'static Definition;
    /// The fingerprint, which tells its versions apart.
    fn fingerprint(&self) -> u64;
    /// The type of its inputs.
    fn type_of(&self) -> TypeId;
    /// Its inputs, from JSON.
    fn input(&self, json: &str) -> Result<Box<dyn Any + Send>, String>;
    /// The names of the inputs in which two sagas differ, as they are stored; `None` if all are the
    /// same.
    fn other_inputs(&self, one: &str, other: &str) -> Option<Vec<String>>;
    /// Whether two values of the signal of a step, which are JSON, are equal by their type.
    fn same_signal(&self, step: u16, one: &str, other: &str) -> bool;
    /// The inputs as they are stored; `json` may omit fields that have a default.
    fn kept(&self, json: &str) -> Result<String, String>;
    /// A new run.
    fn begin(
        &self,
        saga: Box<dyn Any>,
        given: RunContext<'_>,
        deadline: Option<Duration>,
    ) -> Result<Run, Unreadable>;
    /// Resumes a saga where its records end.
    fn recover(&self, row: &Row, resumed: &mut Resumed) -> Result<Recovered, Unreadable>;
    /// The outcome of a completed or abandoned saga, from its journal.
    fn told(&self, stored: &Stored) -> Result<Arc<dyn Any + Send + Sync>, Unreadable>;
    /// The outcome of a compensated or parked saga.
    fn failed(
        &self,
        row: &Row,
        restored: &mut Restored,
    ) -> Result<Arc<dyn Any + Send + Sync>, Unreadable>;
    /// Checks that everything can be read from which a run would continue.
    fn reads(&self, restored: &mut Restored) -> Result<(), Unreadable>;
    /// Its effects: an `S::Snapshot`.
    fn snapshot(&self, history: &RunHistory<Instant>) -> Result<Box<dyn Any + Send>, Unreadable>;
    /// Checks that this JSON is an effect of a step, in the run to which these nodes lead.
    fn check(&self, nodes: &[Node], step: u16, json: &str) -> Result<(), String>;
    /// Makes one attempt to deliver an event, which is JSON, if the saga has a `publish`.
    fn publish(&self, event: &str, key: Key) -> Attempted;
    /// The waits between attempts to deliver an event.
    fn backoff(&self) -> &Backoff;
}

/// [`AnySaga`] of the saga `S` with services `V`.
struct Registered<S, V> {
    services: V,
    fingerprint: u64,
    saga: PhantomData<fn() -> S>,
}

/// The entry of the saga with these services.
pub(crate) fn registered<S, V: ServicesOf<S>>(services: V) -> Arc<dyn AnySaga> {
    Arc::new(Registered::<V::Saga, V::Services> {
        services: services.services(),
        fingerprint: V::Saga::DEFINITION.fingerprint(),
        saga: PhantomData,
    })
}

impl<S: Durable, V: Services<S>> Registered<S, V> {
    /// The services of one run. Cloning them is the user's code.
    fn machine(&self, saga: S) -> Result<V::Machine, Unreadable> {
        catch_unwind(AssertUnwindSafe(|| self.services.clone().give(saga)))
            .map_err(|_| Unreadable::Services)
    }

    fn input(row: &Row) -> Result<S, Unreadable> {
        S::INPUT
            .decode(&row.input)
            .map_err(|why| Unreadable::Input { why })
    }

    /// The state from which a run continues, or which it has reached.
    #[inline(never)]
    fn recovery(restored: &mut Restored) -> Result<Recovery<V::Machine>, Unreadable> {
        let (id, options) = restored.take();
        Recovery::of(&restored.history, id, options)
            .map_err(|misfit| unreadable(S::DEFINITION, misfit))
    }
}

#[inline(never)]
fn unreadable(definition: &'static Definition, Misfit { step, why }: Misfit) -> Unreadable {
    Unreadable::Effect {
        step: &definition.steps[usize::from(step)].name,
        why,
    }
}

/// The inputs as they are stored, or the reason why they cannot be.
#[inline(never)]
fn kept(inputs: Result<String, EngineError>) -> Result<String, String> {
    match inputs {
        Err(EngineError::Input { why }) => Err(why),
        kept => kept.map_err(|error| error.to_string()),
    }
}

/// Checks that the types can read everything recorded from which a run would continue.
pub(super) fn reads<S: Durable, V: Services<S>>(restored: &mut Restored) -> Result<(), Unreadable> {
    discard(Registered::<S, V>::recovery(restored)?);
    Ok(())
}

/// The last record of a kind.
pub(crate) fn last(stored: &Stored, what: RecordKind) -> Result<Option<Record>, Unreadable> {
    for commit in stored.commits.iter().rev() {
        let records = record::decode(&commit.records).map_err(Unreadable::record(commit))?;
        if let Some(record) = records.into_iter().rev().find(|record| record.what == what) {
            return Ok(Some(record));
        }
    }
    Ok(None)
}

/// The last record of a kind that must exist.
fn demand(stored: &Stored, what: RecordKind) -> Result<Record, Unreadable> {
    last(stored, what)?.ok_or(Unreadable::Missing { what })
}

/// The outcome of a completed or abandoned saga, from its journal.
fn settled(stored: &Stored) -> Result<NoError, Unreadable> {
    if stored.row.state == State::Abandoned {
        let Record { by, why, .. } = demand(stored, RecordKind::Abandoned)?;
        return Ok(NoError::Abandoned { by, why });
    }
    // The output is read by its type alone, even if the steps have changed.
    let ended = demand(stored, RecordKind::Ended)?;
    Ok(match ended.value {
        Some(output) => NoError::Completed {
            output: output.get().to_owned(),
        },
        None => NoError::OutputLost {
            why: ended
                .error
                .unwrap_or_else(|| "the record does not say why".to_owned()),
        },
    })
}

impl<S: Durable, V: Services<S>> AnySaga for Registered<S, V> {
    fn definition(&self) -> &'static Definition {
        S::DEFINITION
    }

    fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    fn type_of(&self) -> TypeId {
        TypeId::of::<S>()
    }

    fn input(&self, json: &str) -> Result<Box<dyn Any + Send>, String> {
        Ok(Box::new(S::INPUT.decode(json)?))
    }

    fn other_inputs(&self, one: &str, other: &str) -> Option<Vec<String>> {
        other_inputs::<S>(one, other)
    }

    fn same_signal(&self, step: u16, one: &str, other: &str) -> bool {
        <S::Signal as Signals>::same(step, one, other)
    }

    fn kept(&self, json: &str) -> Result<String, String> {
        kept(input_of(&S::INPUT.decode(json)?))
    }

    fn begin(
        &self,
        saga: Box<dyn Any>,
        given: RunContext<'_>,
        deadline: Option<Duration>,
    ) -> Result<Run, Unreadable> {
        let saga = saga
            .downcast::<S>()
            .expect("a saga is begun by its own entry");
        let machine = self.machine(*saga)?;
        let (id, options, shared) = given.into_parts(deadline);
        let recovery = Recovery::<V::Machine>::new(S::DEFINITION, id, options);
        Ok(run::<S, _>(recovery, machine, shared))
    }

    fn recover(&self, row: &Row, resumed: &mut Resumed) -> Result<Recovered, Unreadable> {
        let machine = self.machine(Self::input(row)?)?;
        let recovery = Self::recovery(&mut resumed.from).and_then(|recovery| {
            let given = recovery.give(&machine);
            given.map_err(|_| Unreadable::Services)?;
            Ok(recovery)
        });
        let (recovery, why) = match (recovery, &resumed.rest) {
            (Ok(recovery), Rest::Steps) => {
                return Ok(Recovered::Run {
                    run: run::<S, _>(recovery, machine, Arc::clone(&resumed.shared)),
                    deadline: resumed.deadline,
                });
            }
            (Ok(recovery), Rest::Finally) => {
                let ended = recovery.ended(machine);
                return Ok(Recovered::Finally(ended.and_then(Ended::into_finally)));
            }
            (Ok(recovery), Rest::Nothing) => (Some(recovery), Unreadable::Over),
            (Err(why), _) => (None, why),
        };
        discard(machine);
        discard(recovery);
        Err(why)
    }

    fn told(&self, stored: &Stored) -> Result<Arc<dyn Any + Send + Sync>, Unreadable> {
        Ok(Arc::new(Reply::<S::Error>::Without(settled(stored)?)))
    }

    fn failed(
        &self,
        row: &Row,
        restored: &mut Restored,
    ) -> Result<Arc<dyn Any + Send + Sync>, Unreadable> {
        let Some(error) = Self::recovery(restored)?.into_error() else {
            return Err(Unreadable::Missing {
                what: RecordKind::Ended,
            });
        };
        let error = Arc::new(error);
        Ok(Arc::new(match row.state {
            State::Parked => Reply::<S::Error>::Parked(error),
            _ => Reply::Compensated(error),
        }))
    }

    fn reads(&self, restored: &mut Restored) -> Result<(), Unreadable> {
        reads::<S, V>(restored)
    }

    fn snapshot(&self, history: &RunHistory<Instant>) -> Result<Box<dyn Any + Send>, Unreadable> {
        let snapshot = Recovery::<V::Machine>::snapshot(history);
        let snapshot = snapshot.map_err(|misfit| unreadable(S::DEFINITION, misfit))?;
        Ok(Box::new(snapshot))
    }

    fn check(&self, nodes: &[Node], step: u16, json: &str) -> Result<(), String> {
        Recovery::<V::Machine>::check_at(nodes, step, json)
    }

    fn publish(&self, event: &str, key: Key) -> Attempted {
        attempted(catch_unwind(AssertUnwindSafe(|| {
            let publisher = self.services.publisher();
            publisher.map(|publisher| publisher.attempt_json(event, key))
        })))
    }

    fn backoff(&self) -> &Backoff {
        backoff(S::DEFINITION)
    }
}

/// An attempt to deliver an event, if the services say how and do not panic.
#[inline(never)]
fn attempted(attempt: thread::Result<Option<Attempted>>) -> Attempted {
    let why = match attempt {
        Ok(Some(attempt)) => return attempt,
        Ok(None) => "the saga does not say how its events are handed over".to_owned(),
        Err(panic) => {
            discard(panic);
            Unreadable::Services.to_string()
        }
    };
    Box::pin(ready(Err(Undelivered::from(why))))
}

#[inline(never)]
fn backoff(definition: &'static Definition) -> &'static Backoff {
    let publish = definition.publish.as_ref();
    let retry = publish.and_then(|publish| publish.retry.as_ref());
    retry.map_or(&PATIENCE, |retry| retry.backoff.get())
}

/// Runs the saga to its end, and reports the end as a record and to the callers that wait for it.
fn run<S: Durable, M: Machine<Output = S::Output, Error = S::Error>>(
    recovery: Recovery<M>,
    machine: M,
    shared: Arc<Shared>,
) -> Run {
    let limit = shared.effect_limit();
    Box::pin(async move {
        let ended = recovery.run(machine, RunJournal(shared), limit).await;
        finished(ended, S::OUTPUT, limit)
    })
}
