//! Random sagas that another version continues: shut down after any of their calls, through an engine,
//! against the interpreter, which plays version 1 until there, and then version 2.

pub(super) mod versions;

use std::{
    collections::HashMap,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::Context,
    time::Duration,
};

use proptest::{prelude::*, test_runner::TestCaseResult};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tokio::sync::oneshot;
use typed_saga::{
    Completeness,
    engine::{DurableOutcome, Engine, Memory},
    runtime::{Durable, Left, Services},
};

use super::{
    Told,
    interpreter::{Run, Why},
    own,
    post::Post,
    script::{Script, script},
    settled,
    step::Step,
    trouble::Trouble,
    vendor::{Call, Vendor},
    why,
};

/// The vendors of sagas that are stored, by their numbers.
static VENDORS: Mutex<Option<HashMap<u64, Vendor>>> = Mutex::new(None);

fn vendors<T>(change: impl FnOnce(&mut HashMap<u64, Vendor>) -> T) -> T {
    let mut vendors = VENDORS.lock().unwrap_or_else(PoisonError::into_inner);
    change(vendors.get_or_insert_default())
}

impl Serialize for Vendor {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.number.serialize(to)
    }
}

impl<'de> Deserialize<'de> for Vendor {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let number = u64::deserialize(from)?;
        let vendor = vendors(|vendors| vendors.get(&number).cloned());
        vendor.ok_or_else(|| serde::de::Error::custom("it is gone"))
    }
}

/// Both versions of a saga.
macro_rules! versions {
    ($pair:ident [$($first:tt)*] [$($second:tt)*]) => {
        mod $pair {
            pub(super) mod first {
                use crate::reference::upgrade::prelude::*;
                $($first)*
            }
            pub(super) mod second {
                use crate::reference::upgrade::prelude::*;
                $($second)*
            }
        }
    };
}

/// What a shape needs.
mod prelude {
    pub(super) use crate::reference::{
        script::{LATE, SHORT, TIMEOUT, unit},
        shape::shape,
        step::{Step, steps},
        trouble::Trouble,
        vendor::Vendor,
    };
    pub(super) use std::sync::OnceLock;
    pub(super) use typed_saga::saga;
}

versions! { counts
    [shape! { Order durable vendor key failure:
        [step a() timed same again(3) undo(3) save(3)] [step b(a) timed same again(3) undo(2) save(2)]
        [step c(b) timed ask(3) late undo(3) again(3)] [step d(c) timed same again(2) undo_by_key(3)]
    }]
    [shape! { Order durable vendor key failure:
        [step a() timed same again(1) undo(1) save(1)] [step b(a) timed same again(2) undo(1) save(1)]
        [step c(b) timed ask(1) late undo(1) again(1)] [step d(c) timed same again(3) undo_by_key(1)]
    }]
}
versions! { gone
    [shape! { Order durable vendor key failure:
        [read a() timed again(2) save(2)] [step b(a) timed same again(2) undo(2) save(3)] [step c(b) timed same again(2) undo(2)]
    }]
    [shape! { Order durable vendor key failure:
        [read a() timed again(2)] [step b(a) timed same again(2) undo(2)] [step c(b) timed same again(2) undo(2)]
        [step d(c) timed same again(2) with(b)] [step e() timed same again(2) undo(1)]
    }]
}
versions! { added
    [shape! { Order durable vendor key failure:
        [step a() timed same again(2) undo(2)] [step b(a) timed ask(2) late undo(2) again(2)] [step c(b) timed same again(2) undo(2)]
    }]
    [shape! { Order durable vendor key failure:
        [step a() timed same again(2) undo(2) save(2)] [step b(a) timed ask(3) late undo(2) again(3) save(1)]
        [step c(b) timed ask(2) same again(2) undo(3)] [read d(c) timed again(2)]
    }]
}
versions! { beside
    [shape! { Order durable vendor key failure:
        [step a() timed same again(2) undo(2) save(3)]
        [step b(a) timed same again(3) undo(2), step c(a) timed undo_by_key(3) again(2), step d() timed ask(2) late undo(1) again(2)]
    }]
    [shape! { Order durable vendor key failure:
        [step a() timed same again(2) undo(1) save(1)]
        [step b(a) timed same again(1) undo(1), step c(a) timed undo_by_key(1) again(2), step d() timed ask(1) late undo(3) again(2)]
        [pivot e(b) timed same again(2)]
    }]
}
versions! { words
    [shape! { Order durable vendor key failure:
        [step a() timed same again(2) undo(2)] [step m() timed ask(2) late again(2) keep] [step n() timed same again(2) keep]
        [step o() timed same again(1) keep] [step c(a) timed same again(2) undo(2)]
    }]
    [shape! { Order durable vendor key failure:
        [step a() timed same again(2) undo(2) save(2)] [step m() timed ask(2) late again(2) anew] [step n() timed same again(2) anew]
        [step o() timed same again(1) anew] [step c(a) timed same again(2) undo(2)]
    }]
}
versions! { nested
    [
        shape! { Wrap durable vendor key failure:
            [step k() timed same again(3) undo(2) save(3)] [step l(k) timed same again(2) undo(2)] [read m(l) timed again(2)]
        }
        shape! { Order durable vendor key failure:
            [step a() timed same again(2) undo(2) save(2)] [step b(a) is(Wrap) again(3)] [step c(b) timed same again(2) undo(1)]
        }
    ]
    [
        shape! { Wrap durable vendor key failure:
            [step k() timed same again(1) undo(1)] [step l(k) timed same again(3) undo(1) save(1)] [read m(l) timed again(2)]
        }
        shape! { Order durable vendor key failure:
            [step a() timed same again(2) undo(2)] [step b(a) is(Wrap) again(1)] [step c(b) timed same again(2) undo(2) save(1)]
        }
    ]
}

/// A failure as it was recorded.
fn recorded((step, why): (Option<&'static str>, Why)) -> (Option<&'static str>, Why) {
    match why {
        Why::Error(_) => (step, Why::Recorded),
        why => (step, why),
    }
}

fn told<S: Durable<Output = String, Error = Trouble>>(outcome: &DurableOutcome<S>) -> Told {
    match outcome {
        DurableOutcome::Completed(output) => Told {
            end: "completed",
            output: Some(output.clone()),
            ..Told::default()
        },
        DurableOutcome::Compensated(_) | DurableOutcome::Parked(_) => {
            let error = outcome.error().expect("it has failed");
            let failure = Some(why(error.failure()));
            match error.completeness() {
                Completeness::Compensated { left } => {
                    let named = |how: Left| {
                        let left = left.iter().filter(|left| left.how == how);
                        left.map(|left| own(&left.step)).collect()
                    };
                    Told {
                        end: "compensated",
                        failure,
                        standing: named(Left::Certain),
                        in_doubt: named(Left::Perhaps),
                        ..Told::default()
                    }
                }
                Completeness::Parked(unsettled) => {
                    let own = |paths: &[_]| {
                        let paths: &[std::borrow::Cow<'static, str>] = paths;
                        paths.iter().map(|path| own(path)).collect()
                    };
                    Told {
                        end: "parked",
                        output: None,
                        failure,
                        standing: own(&unsettled.still_applied),
                        in_doubt: own(&unsettled.in_doubt),
                        unfinished: own(&unsettled.unfinished),
                    }
                }
                other => panic!("{other:?}"),
            }
        }
        DurableOutcome::OutputLost { why } => panic!("{why}"),
        DurableOutcome::Abandoned { .. } => panic!("it was abandoned"),
    }
}

async fn engine<S: Durable>(memory: &Memory, services: impl Services<S>) -> Engine {
    let builder = Engine::builder(memory.clone()).register::<S>(services);
    let builder = builder
        .recovery_rate(1_000_000_000)
        .inbox_interval(Duration::from_secs(1_000_000_000));
    builder.start().await.expect("it starts")
}

/// The saga through an engine of the first version, and then one of the second.
async fn lives<S, T>(
    vendor: &Vendor,
    saga: impl FnOnce(Vendor) -> S,
    services: (impl Services<S>, impl Services<T>),
) -> Told
where
    S: Durable<Output = String, Error = Trouble>,
    T: Durable<Output = String, Error = Trouble>,
{
    let memory = Memory::shared();
    let first = engine::<S>(&memory, services.0).await;
    let (stopped, stops) = oneshot::channel();
    let stopping = first.clone();
    vendor.versions.stop_by(move || {
        let mut ends: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async move {
            drop(stopping.shutdown(Duration::from_secs(1_000_000_000)).await);
        });
        // From now on no call starts.
        let waker = std::task::Waker::noop();
        let ended = ends.as_mut().poll(&mut Context::from_waker(waker));
        drop(stopped.send(ended.is_pending().then_some(ends)));
    });
    let handle = first.submit("random", saga(vendor.clone())).await.unwrap();
    let outcome = tokio::select! {
        biased;
        ends = stops => {
            if let Some(ends) = ends.expect("it is kept") {
                ends.await;
            }
            // It may have ended by that call.
            None
        }
        outcome = handle.outcome() => Some(outcome.unwrap()),
    };
    drop(first.shutdown(Duration::ZERO).await);
    vendor.versions.stop_by(|| {});
    if let Some(outcome) = outcome {
        return told(&outcome);
    }
    let second = engine::<T>(&memory, services.1).await;
    let handle = second.handle::<T>("random").await.unwrap();
    let told = told(&handle.outcome().await.unwrap());
    drop(second.shutdown(Duration::ZERO).await);
    told
}

/// The calls to the second, and without errors that only the process knows that met them.
fn plain(trace: &[Call]) -> Vec<Call> {
    let mut plain = trace.to_vec();
    for call in &mut plain {
        call.at = Duration::from_secs((call.at + Duration::from_millis(500)).as_secs());
        let end = call.with.find(" because ").unwrap_or(call.with.len());
        call.with.truncate(end);
    }
    plain.sort();
    plain
}

fn compare<S, T>(
    (before, steps): (&'static [Step], &'static [Step]),
    (script, after): (Script, usize),
    saga: impl FnOnce(Vendor) -> S,
    services: (impl Services<S>, impl Services<T>),
) -> TestCaseResult
where
    S: Durable<Output = String, Error = Trouble>,
    T: Durable<Output = String, Error = Trouble>,
{
    let script = Arc::new(script);
    let new = || Vendor::new(steps, &script).shut_down_after(after);
    let (mut actual, trace, books) = settled(async || {
        let vendor = new();
        vendors(|vendors| vendors.insert(vendor.number, vendor.clone()));
        let told = lives::<S, T>(&vendor, saga, services).await;
        vendors(|vendors| vendors.remove(&vendor.number));
        (told, vendor)
    });
    let (mut expected, expected_trace, expected_books) = settled(async || {
        let vendor = new();
        let run = Run::new(steps, &vendor).begun_by(before);
        let expected = run.tell(None, &Post::default()).await;
        (expected, vendor)
    });
    for told in [&mut actual, &mut expected] {
        told.failure = told.failure.map(recorded);
    }
    prop_assert_eq!(plain(&trace), plain(&expected_trace));
    prop_assert_eq!(&actual, &expected);
    prop_assert_eq!(&books, &expected_books);
    super::keeps_its_word(steps, &actual, &books)
}

macro_rules! upgrades {
    ($($test:ident $pair:ident)*) => {
        proptest! {
            #![proptest_config(super::script::drawn(2))]
            $(
                #[test]
                fn $test(script in script($pair::second::Order::steps()), after in 1..30_usize) {
                    let steps = ($pair::first::Order::steps(), $pair::second::Order::steps());
                    compare(
                        steps,
                        (script, after),
                        |vendor| $pair::first::Order { vendor },
                        ($pair::first::OrderServices {}, $pair::second::OrderServices {}),
                    )?;
                }
            )*
        }
    };
}

upgrades! {
    lower_and_higher_counts counts
    savepoints_that_are_gone gone
    savepoints_and_ways_to_settle_that_are_new added
    siblings_that_another_version_continues beside
    a_savepoint_and_the_word_that_it_needs words
    a_saga_in_a_saga_that_another_version_continues nested
}
