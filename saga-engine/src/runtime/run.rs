//! Sagas by their types: how one begins, is made again from its records, and ends. The engine itself knows none of them.

use crate::{
    error::Unreadable,
    journal::fold::Folded,
    journal::record::{self, Kind, Record},
    journal::schema,
    runtime::journal::{Journal, Shared, raw},
    store::{State, Stored, Time},
};
use saga_core::{
    Completeness, Definition, Durable, Error, Id, Left, Machine, Observer, Services, Summary,
    kernel::{EffectChange, Event},
    run::{Control, Ended, Finished, Recovery, RunOptions},
};
use std::{
    any::{Any, TypeId},
    borrow::Cow,
    future::Future,
    marker::PhantomData,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

pub(crate) type Run = Pin<Box<dyn Future<Output = (Record, End)> + Send>>;
pub(crate) type Finally = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What became of a run.
pub(crate) struct End {
    pub(crate) state: State,
    pub(crate) finally: Option<Finally>,
    /// A [`Told`] of the saga's type.
    pub(crate) told: Arc<dyn Any + Send + Sync>,
}

/// What those hear who wait for a saga's outcome.
pub(crate) enum Told<S: Durable> {
    Completed {
        /// As JSON: each of them has a value of its own.
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

/// What a run is given to run with.
pub(crate) struct Given<'a> {
    pub(crate) id: Id,
    pub(crate) control: Arc<Control>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) observers: &'a [Arc<dyn Observer>],
    pub(crate) now: Time,
}

/// A saga made again from its records.
pub(crate) enum Recovered {
    /// There is more to run.
    Run { run: Run, deadline: Option<Time> },
    /// Only its `finally` is left, if it has one.
    Finally(Option<Finally>),
    /// Nothing is left of it to do.
    AtRest,
}

/// A registered saga.
pub(crate) trait Entry: Send + Sync {
    fn definition(&self) -> &'static Definition;
    /// What tells it from its other versions.
    fn fingerprint(&self) -> u64;
    /// The type of its inputs.
    fn type_of(&self) -> TypeId;
    /// A new run.
    fn begin(&self, saga: Box<dyn Any>, given: Given<'_>, deadline: Option<Duration>) -> Run;
    /// Takes a saga up where its records end, which are read by `definition`.
    fn recover(
        &self,
        definition: &'static Definition,
        stored: &Stored,
        given: Given<'_>,
    ) -> Result<Recovered, Unreadable>;
    /// How a saga has ended; `None` if it has not.
    fn told(
        &self,
        definition: &'static Definition,
        stored: &Stored,
    ) -> Result<Option<Arc<dyn Any + Send + Sync>>, Unreadable>;
    /// Its effects: an `S::Snapshot`.
    fn snapshot(
        &self,
        definition: &'static Definition,
        stored: &Stored,
    ) -> Result<Box<dyn Any + Send>, Unreadable>;
    /// Whether this JSON is an effect of the step.
    fn check(&self, step: u16, json: &str) -> Result<(), String>;
}

/// [`Entry`] of the saga `S` with services `V`.
pub(crate) struct Registered<S, V> {
    services: V,
    fingerprint: u64,
    saga: PhantomData<fn() -> S>,
}

impl<S: Durable, V> Registered<S, V> {
    pub(crate) fn new(services: V) -> Self {
        Self {
            services,
            fingerprint: schema::fingerprint(S::DEFINITION),
            saga: PhantomData,
        }
    }
}

impl<S: Durable, V: Services<S>> Registered<S, V> {
    /// The services of one run. Cloning them is the user's code.
    fn machine(&self, saga: S) -> Result<V::Machine, Unreadable> {
        catch_unwind(AssertUnwindSafe(|| self.services.clone().give(saga)))
            .map_err(|_| Unreadable::Services)
    }

    fn input(stored: &Stored) -> Result<S, Unreadable> {
        S::INPUT
            .decode(&stored.row.input)
            .map_err(|why| Unreadable::Input { why })
    }

    /// Replays all records. `now`: the moment that what is left of waits is counted from.
    fn replay(
        stored: &Stored,
        mut recovery: Recovery<V::Machine>,
        now: Time,
    ) -> Result<Recovery<V::Machine>, Unreadable> {
        for commit in &stored.commits {
            let records = record::decode(&commit.records).map_err(Unreadable::record(commit))?;
            for record in records {
                let event = record
                    .event(S::DEFINITION)
                    .map_err(Unreadable::record(commit))?;
                let Some(event) = event else { continue };
                let ago = now.since(commit.at);
                recovery
                    .replay(event, record.error.clone(), ago)
                    .map_err(|illegal| Unreadable::Journal {
                        commit: commit.seq,
                        why: illegal.to_string(),
                    })?;
                if let Some((step, json)) = loaded(event, &record) {
                    recovery
                        .load(step, json)
                        .map_err(|why| Unreadable::Effect {
                            step: S::DEFINITION.steps[usize::from(step)].name,
                            why,
                        })?;
                }
            }
        }
        Ok(recovery)
    }

    fn silent(definition: &'static Definition, stored: &Stored) -> Recovery<V::Machine> {
        Recovery::new(
            definition,
            Id::from(Arc::clone(&stored.row.saga.id)),
            RunOptions::default(),
        )
    }

    /// The untyped reading, for what the typed one does not tell.
    fn folded(definition: &'static Definition, stored: &Stored) -> Result<Folded, Unreadable> {
        Folded::of(definition, &stored.commits).map_err(Unreadable::Fold)
    }
}

/// What an event says of a slot: a value, or that the step was skipped.
fn loaded(event: Event, record: &Record) -> Option<(u16, Option<&str>)> {
    let value = match event.effect() {
        EffectChange::Filled => Some(record.json().unwrap_or("null")),
        EffectChange::Skipped => None,
        EffectChange::None | EffectChange::Cleared | EffectChange::ClearedFromHere => return None,
    };
    Some((event.step()?, value))
}

/// The last record of a kind.
pub(crate) fn last(stored: &Stored, what: Kind) -> Result<Option<Record>, Unreadable> {
    for commit in stored.commits.iter().rev() {
        let records = record::decode(&commit.records).map_err(Unreadable::record(commit))?;
        if let Some(record) = records.into_iter().rev().find(|record| record.what == what) {
            return Ok(Some(record));
        }
    }
    Ok(None)
}

/// A record that must be there.
fn demand(stored: &Stored, what: Kind) -> Result<Record, Unreadable> {
    last(stored, what)?.ok_or(Unreadable::Missing { what })
}

impl<S: Durable, V: Services<S>> Entry for Registered<S, V> {
    fn definition(&self) -> &'static Definition {
        S::DEFINITION
    }

    fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    fn type_of(&self) -> TypeId {
        TypeId::of::<S>()
    }

    fn begin(&self, saga: Box<dyn Any>, given: Given<'_>, deadline: Option<Duration>) -> Run {
        let saga = saga
            .downcast::<S>()
            .expect("a saga is begun by its own entry");
        let services = self.services.clone();
        let recovery = Recovery::<V::Machine>::new(
            S::DEFINITION,
            given.id,
            RunOptions {
                control: Some(given.control),
                deadline,
                observers: given.observers.to_vec(),
                seed: None,
            },
        );
        run::<S, _>(recovery, services.give(*saga), given.shared)
    }

    fn recover(
        &self,
        definition: &'static Definition,
        stored: &Stored,
        given: Given<'_>,
    ) -> Result<Recovered, Unreadable> {
        let folded = Self::folded(definition, stored)?;
        let machine = self.machine(Self::input(stored)?)?;
        // One that has passed already, and is on record, is nothing to wake up for.
        let passed = last(stored, Kind::DeadlinePassed)?.is_some();
        let deadline = folded.deadline.filter(|_| !passed);
        let recovery = Recovery::<V::Machine>::new(
            definition,
            given.id,
            RunOptions {
                control: Some(given.control),
                deadline: deadline.map(|deadline| deadline.since(given.now)),
                observers: given.observers.to_vec(),
                seed: None,
            },
        );
        let mut recovery = Self::replay(stored, recovery, given.now)?;
        if folded.abandoned.is_some() || folded.ended.is_some() && folded.finished {
            return Ok(Recovered::AtRest);
        }
        if folded.ended.is_some() {
            let ended = recovery.ended(machine);
            return Ok(Recovered::Finally(ended.and_then(|ended| ended.finally())));
        }
        for (step, wait) in folded.waits() {
            recovery.wait(step, wait.until.since(given.now));
            given.shared.waits(step, wait);
        }
        Ok(Recovered::Run {
            run: run::<S, _>(recovery, machine, given.shared),
            deadline,
        })
    }

    fn told(
        &self,
        definition: &'static Definition,
        stored: &Stored,
    ) -> Result<Option<Arc<dyn Any + Send + Sync>>, Unreadable> {
        let told = match stored.row.state {
            State::Running | State::Waiting => return Ok(None),
            State::Abandoned => {
                let Record { by, why, .. } = demand(stored, Kind::Abandoned)?;
                Told::<S>::Abandoned { by, why }
            }
            // Its output is read by its type alone, whatever has become of its steps.
            State::Completed => {
                let ended = demand(stored, Kind::Ended)?;
                match ended.value {
                    Some(output) => Told::Completed {
                        output: output.get().to_owned(),
                    },
                    None => Told::OutputLost {
                        why: ended.error.unwrap_or_default(),
                    },
                }
            }
            State::Compensated | State::Parked => {
                let recovery =
                    Self::replay(stored, Self::silent(definition, stored), stored.row.updated)?;
                let error = recovery.into_error().map(Arc::new);
                match error.ok_or(Unreadable::Missing { what: Kind::Ended })? {
                    error if stored.row.state == State::Parked => Told::Parked(error),
                    error => Told::Compensated(error),
                }
            }
        };
        Ok(Some(Arc::new(told)))
    }

    fn snapshot(
        &self,
        definition: &'static Definition,
        stored: &Stored,
    ) -> Result<Box<dyn Any + Send>, Unreadable> {
        let recovery = Self::replay(stored, Self::silent(definition, stored), stored.row.updated)?;
        Ok(Box::new(recovery.into_snapshot()))
    }

    fn check(&self, step: u16, json: &str) -> Result<(), String> {
        Recovery::<V::Machine>::new(S::DEFINITION, Id::from(""), RunOptions::default())
            .load(step, Some(json))
    }
}

/// Runs to the end, and says it as a record and to those who wait.
fn run<S: Durable, M: Machine<Output = S::Output, Error = S::Error>>(
    recovery: Recovery<M>,
    machine: M,
    shared: Arc<Shared>,
) -> Run {
    let limit = shared.effect_limit();
    Box::pin(async move {
        let ended = recovery.run(machine, Journal(shared)).await;
        finished::<S, M>(ended, limit)
    })
}

fn finished<S: Durable, M: Machine<Output = S::Output, Error = S::Error>>(
    ended: Ended<M>,
    limit: usize,
) -> (Record, End) {
    let finally = ended.finally();
    let summary = ended.summary();
    let mut record = Record::new(Kind::Ended);
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
        told: Arc::new(told),
    };
    (record, end)
}

/// Why a saga did not complete, and what it left, for people to read.
fn describe(record: &mut Record, summary: &Summary) {
    let names = |names: &[&'static str]| names.iter().copied().map(Cow::Borrowed).collect();
    record.error = summary.failure().map(str::to_owned);
    match summary.completeness() {
        Some(Completeness::Parked(unsettled)) => {
            record.standing = names(&unsettled.standing);
            record.in_doubt = names(&unsettled.in_doubt);
            record.unfinished = names(&unsettled.unfinished);
        }
        Some(Completeness::Compensated { left }) => {
            for left in left {
                match left.how {
                    Left::Certain => record.left.push(left.step.into()),
                    Left::Perhaps => record.perhaps_left.push(left.step.into()),
                }
            }
        }
        _ => {}
    }
}
