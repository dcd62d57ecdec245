//! A step that says `compensate none again`, in each place where it can be run again: in memory, on an
//! engine, and wherever a process ends.

#[path = "../reruns/desk.rs"]
pub(super) mod desk;
#[path = "../reruns/sagas.rs"]
pub(super) mod sagas;

use self::{
    desk::{Desk, Trouble},
    sagas::sagas,
};
use crate::durable::lives::lives;
use std::{collections::BTreeSet, future::Future, pin::Pin, time::Duration};
use typed_saga::{
    Completeness,
    engine::{DurableOutcome, Engine, Memory, Store},
    runtime::{Durable, Left, LeftStep, Services},
};
use typed_saga_conformance::Faulty;

macro_rules! all_places {
    ($($place:ident)*) => { $(
        sagas! { ([#[classify(Trouble::verdict)] #[timeout(10s)]] [durable]
            [#[savepoint(1, 1s..1s, jitter = false)]] [#[retry(3, 1s..1s, jitter = false)]]) $place desk key number quote {
            asked [#[late(1s)] #[retry(1)]] { #[retry(1)] resolve(desk, key) { desk.asks(key) } } [again]
            same [#[idempotent] #[retry(1)]] {} [again]
        } }
    )* };
}

all_places! { inside step governed beside items child children retried left }

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trial {
    /// The last step fails once.
    FailsOnce,
    /// The last step always fails.
    Fails,
    /// The answer to the first call of the step that remains is lost, and it is asked for in vain.
    Lost,
    /// The same, and the last step fails once.
    LostAndFails,
}

pub(super) const TRIALS: [Trial; 4] = [
    Trial::FailsOnce,
    Trial::Fails,
    Trial::Lost,
    Trial::LostAndFails,
];

impl Trial {
    pub(super) fn desk(self) -> Desk {
        let desk = Desk::default();
        match self {
            Self::FailsOnce => desk.fails("last", 1),
            Self::Fails => desk.fails("last", 1000),
            Self::Lost => desk.loses(),
            Self::LostAndFails => {
                desk.loses();
                desk.fails("last", 1);
            }
        }
        desk
    }
}

/// How a run ended: whether it completed, and what it left.
#[derive(Debug, PartialEq)]
pub(super) struct End {
    pub(super) completed: bool,
    left: Vec<LeftStep>,
}

const COMPLETED: End = End {
    completed: true,
    left: Vec::new(),
};

fn compensated(completeness: Completeness) -> End {
    let Completeness::Compensated { left } = completeness else {
        panic!("{completeness:?}")
    };
    End {
        completed: false,
        left,
    }
}

impl End {
    /// The steps of the saga, or its items, of which something is listed that is left in one of these
    /// ways. (What an earlier run of a child left is listed as its step.)
    fn listed(&self, hows: &[Left]) -> usize {
        let left = self.left.iter().filter(|left| hows.contains(&left.how));
        let steps = left.map(|left| left.step.split('/').next());
        steps.collect::<BTreeSet<_>>().len()
    }

    /// Whether what stands on this desk is listed, once for each item.
    pub(super) fn lists_what_stands(&self, desk: &Desk) -> bool {
        let [certain, all] = [&[Left::Certain][..], &[Left::Certain, Left::Perhaps]];
        self.completed || (self.listed(certain)..=self.listed(all)).contains(&desk.standing())
    }
}

/// No wait is as long: a saga that waits stays in memory.
const NEVER: Duration = Duration::MAX;
/// Each wait is longer: a saga that waits is unloaded.
const AT_ONCE: Duration = Duration::from_millis(1);

/// Runs the order to its end on an engine that unloads it after so long a wait.
pub(super) async fn ends<S>(
    store: impl Store,
    (saga, services): (S, impl Services<S>),
    unload_after: Duration,
) -> End
where
    S: Durable<Error = Trouble, Output = ()>,
{
    let engine = Engine::builder(store).register::<S>(services);
    let engine = engine.unload_after(unload_after).start().await.unwrap();
    let outcome = match engine.submit("order-42", saga).await {
        Ok(handle) => handle.outcome().await,
        Err(error) => Err(error),
    };
    let end = match outcome {
        Ok(DurableOutcome::Completed(())) => COMPLETED,
        Ok(DurableOutcome::Compensated(error)) => compensated(error.completeness()),
        other => panic!("{other:?}"),
    };
    drop(engine.shutdown(Duration::from_secs(60)).await);
    end
}

/// Runs the order to its end, or to that of its process.
type OnAnEngine = fn(Faulty<Memory>, Desk, Duration) -> Pin<Box<dyn Future<Output = End>>>;

/// A saga with the step, and where the step is.
struct Case {
    on_an_engine: OnAnEngine,
    in_memory: fn(Desk) -> Pin<Box<dyn Future<Output = End>>>,
    /// Whether it is `#[idempotent]`: otherwise, its doubt is settled by `resolve`.
    is_idempotent: bool,
    /// How many steps there are: items.
    many: usize,
    /// How often it is run at most.
    times: usize,
}

impl Case {
    fn lives(
        &self,
        desk: &Desk,
        crashes: &[(bool, u64)],
        unload_after: Duration,
    ) -> (End, Vec<u64>) {
        let mut ended = None;
        let writes = lives(&Memory::new(), crashes, async |store| {
            ended = Some((self.on_an_engine)(store, desk.clone(), unload_after).await);
        });
        (ended.expect("the last process ends it"), writes)
    }

    /// In memory, and on an engine, without a crash and with one before and after each write; there,
    /// the saga stays in memory while it waits, or is unloaded. Returns the number of runs.
    async fn check(&self) -> usize {
        let mut runs = 0;
        for trial in TRIALS {
            let desk = trial.desk();
            let in_memory = (self.in_memory)(desk.clone()).await;
            self.holds(trial, &desk, &in_memory, true, "in memory");
            runs += 1;
            for unload_after in [NEVER, AT_ONCE] {
                runs += self.check_on_an_engine(trial, &in_memory, unload_after);
            }
        }
        runs
    }

    fn check_on_an_engine(&self, trial: Trial, in_memory: &End, unload_after: Duration) -> usize {
        let desk = trial.desk();
        let (whole, writes) = self.off_runtime(&desk, &[], unload_after);
        let how = format!("unloaded after {unload_after:?}");
        self.holds(trial, &desk, &whole, true, &how);
        assert_eq!(*in_memory, whole, "{trial:?} {how}");
        for write in 0..writes[0] {
            for done in [false, true] {
                let desk = trial.desk();
                let (end, _) = self.off_runtime(&desk, &[(done, write)], unload_after);
                let how = format!("{how}, crash {done} {write}");
                self.holds(trial, &desk, &end, false, &how);
            }
        }
        1 + 2 * usize::try_from(writes[0]).unwrap()
    }

    /// Each process has a runtime of its own, which cannot be begun in another.
    fn off_runtime(
        &self,
        desk: &Desk,
        crashes: &[(bool, u64)],
        unload_after: Duration,
    ) -> (End, Vec<u64>) {
        std::thread::scope(|scope| {
            scope
                .spawn(|| self.lives(desk, crashes, unload_after))
                .join()
                .expect("it ends")
        })
    }

    /// `exact`: no crash has swallowed an answer.
    fn holds(&self, trial: Trial, desk: &Desk, end: &End, exact: bool, how: &str) {
        let context = format!("{trial:?} {how}: {end:?}, {desk:?}");
        assert!(self.is_idempotent || !desk.was_doubled(), "{context}");
        assert!(!desk.changed_its_content(), "{context}");
        assert!(desk.keys().len() <= self.times * self.many, "{context}");
        assert!(end.lists_what_stands(desk), "{context}");
        let times = match trial {
            Trial::FailsOnce if exact => 2,
            Trial::Fails if exact => self.times,
            _ => return,
        };
        assert_eq!(end.completed, trial == Trial::FailsOnce, "{context}");
        assert_eq!(desk.calls("mail"), times * self.many, "{context}");
        assert_eq!(
            desk.calls("?mail"),
            0,
            "its doubt is not settled first: {context}"
        );
        assert_eq!(desk.held(), times * self.many, "{context}");
        let listed = if end.completed { 0 } else { self.many };
        assert_eq!(end.listed(&[Left::Certain]), listed, "{context}");
        assert_eq!(end.listed(&[Left::Perhaps]), 0, "{context}");
    }
}

/// A test of each place.
macro_rules! places {
    ($($test:ident $place:ident $many:literal $times:literal)*) => { $(
        #[tokio::test(start_paused = true)]
        async fn $test() {
            places! { @each $place $many $times asked false }
            places! { @each $place $many $times same true }
        }
    )* };
    (@each $place:ident $many:literal $times:literal $name:ident $is_idempotent:literal) => {
        let case = Case {
            on_an_engine: |store, desk, unload_after| Box::pin(async move {
                let order = $place::$name::Outer { number: 7 };
                let services = $place::$name::OuterServices { desk };
                ends(store, (order, services), unload_after).await
            }),
            in_memory: |desk| Box::pin(async {
                match ($place::$name::Outer { number: 7 }).with(desk).await {
                    Ok(()) => COMPLETED,
                    Err(error) => compensated(error.completeness()),
                }
            }),
            is_idempotent: $is_idempotent,
            many: $many,
            times: $times,
        };
        let runs = case.check().await;
        assert!(runs > 20, "{runs}");
    };
}

places! {
    a_step step 1 2
    a_step_of_a_when_block governed 1 2
    a_step_beside_another beside 1 2
    items_of_another_list items 2 2
    a_child_that_is_undone child 1 2
    children_of_items_of_another_list children 2 2
    a_child_that_is_tried_three_times retried 1 3
    a_child_that_its_parent_leaves left 1 2
}
