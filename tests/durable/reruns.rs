//! What may have happened does not happen again without a word: a step that remains after a rollback,
//! in each place where it can be run again, in memory, on an engine, and wherever a process ends.

#[path = "../reruns/desk.rs"]
pub(super) mod desk;
#[path = "../reruns/sagas.rs"]
pub(super) mod sagas;

use self::{
    desk::{Desk, Trouble},
    sagas::sagas,
};
use crate::durable::lives::lives;
use std::{future::Future, pin::Pin, time::Duration};
use typed_saga::{
    Completeness,
    engine::{DurableOutcome, Engine, EngineError, Memory, Store},
    runtime::{Durable, Left, LeftStep, Services},
};
use typed_saga_conformance::Faulty;

/// What a step that remains says of a rerun, and how its doubt is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// `resolve`, `compensate none`.
    Asked,
    /// `#[idempotent]`, `compensate none`.
    Same,
    /// `resolve`, `compensate none once`.
    Once,
    /// `#[idempotent]`, `compensate none once`.
    OnceSame,
    /// `resolve`, `compensate none again`.
    Anew,
    /// `#[idempotent]`, `compensate none again`.
    AnewSame,
}

impl Says {
    pub(super) fn is_idempotent(self) -> bool {
        matches!(self, Self::Same | Self::OnceSame | Self::AnewSame)
    }
}

/// The sagas of each place, in all words, which rerun this often.
macro_rules! all_places {
    ($savepoint:tt $retry:tt $($place:ident)*) => { $(
        sagas! { ([#[classify(Trouble::verdict)] #[timeout(10s)]] [durable] $savepoint $retry) $place desk key {
            asked [#[late(1s)] #[retry(1)]] { #[retry(1)] resolve(desk, key) { desk.asks(key) } compensate none }
            same [#[idempotent] #[retry(1)]] { compensate none }
            once [#[late(1s)] #[retry(1)]] { #[retry(1)] resolve(desk, key) { desk.asks(key) } compensate none once }
            once_same [#[idempotent] #[retry(1)]] { compensate none once }
            anew [#[late(1s)] #[retry(1)]] { #[retry(1)] resolve(desk, key) { desk.asks(key) } compensate none again }
            anew_same [#[idempotent] #[retry(1)]] { compensate none again }
        } }
    )* };
}
pub(super) use all_places;

all_places! { [#[savepoint(1, 1s..1s, jitter = false)]] [#[retry(3, 1s..1s, jitter = false)]]
    inside step governed beside items listed child in_a_row left_before children children_listed retried left left_listed
}

/// Where the step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In the saga that reruns, also in a `when` or `concurrent` block, or an item whose list is the
    /// same.
    Here,
    /// An item whose list is made anew.
    Listed,
    /// In the child saga of one.
    ChildListed,
    /// In a child saga that is undone before it is begun again.
    Child,
    /// In a child saga that its parent leaves in place.
    Left,
    /// In one of an item whose list is made anew.
    LeftListed,
}

/// What a rerun does with the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rerun {
    Refused,
    /// It is not called.
    Kept,
    /// It is called under its old key.
    Repeated,
    /// `resolve` is called first.
    Asked,
    /// It is called under a new key.
    Anew,
}

/// The rule, by hand.
fn rule(place: Place, says: Says) -> Rerun {
    use Says::{Anew, AnewSame, Asked, Once, OnceSame, Same};
    match (place, says) {
        (Place::Here | Place::Listed, Once | OnceSame) => Rerun::Kept,
        (Place::Here, Asked) => Rerun::Asked,
        (Place::Here | Place::Child, Same) | (Place::Child, OnceSame) => Rerun::Repeated,
        (Place::Here | Place::Listed | Place::ChildListed | Place::Child, Anew | AnewSame) => {
            Rerun::Anew
        }
        (Place::Listed, Asked | Same)
        // Nothing makes one operation of a child.
        | (Place::ChildListed | Place::Left | Place::LeftListed, _)
        | (Place::Child, Asked | Once) => Rerun::Refused,
    }
}

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
    fn certain(&self) -> usize {
        let certain = self.left.iter().filter(|left| left.how == Left::Certain);
        certain.count()
    }

    /// Whether what stands on this desk is listed, once for each operation.
    pub(super) fn lists_what_stands(&self, desk: &Desk) -> bool {
        self.completed || (self.certain()..=self.left.len()).contains(&desk.held())
    }
}

/// No wait is as long: a saga that waits stays in memory.
const NEVER: Duration = Duration::MAX;
/// Each wait is longer: a saga that waits is unloaded.
const AT_ONCE: Duration = Duration::from_millis(1);

/// Runs the order to its end on an engine that unloads it after so long a wait. `None`: this version of
/// its saga cannot read it.
pub(super) async fn ends<S>(
    store: impl Store,
    (saga, services): (S, impl Services<S>),
    unload_after: Duration,
) -> Option<End>
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
        Ok(DurableOutcome::Completed(())) => Some(COMPLETED),
        Ok(DurableOutcome::Compensated(error)) => Some(compensated(error.completeness())),
        Err(EngineError::Unreadable { .. }) => None,
        other => panic!("{other:?}"),
    };
    drop(engine.shutdown(Duration::from_secs(60)).await);
    end
}

/// Runs the order to its end, or to that of its process.
type OnAnEngine = fn(Faulty<Memory>, Desk, Duration) -> Pin<Box<dyn Future<Output = Option<End>>>>;

/// A saga with the step, and where the step is.
struct Case {
    on_an_engine: OnAnEngine,
    in_memory: fn(Desk) -> Pin<Box<dyn Future<Output = End>>>,
    place: Place,
    says: Says,
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
            ended = (self.on_an_engine)(store, desk.clone(), unload_after).await;
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
        let rerun = rule(self.place, self.says);
        let context = format!("{trial:?} {how}: {rerun:?}, {end:?}, {desk:?}");
        // No second call without a word.
        assert!(
            self.says.is_idempotent() || !desk.was_doubled(),
            "{context}"
        );
        assert!(!desk.changed_its_content(), "{context}");
        let most = if rerun == Rerun::Anew { self.times } else { 1 } * self.many;
        assert!(desk.keys().len() <= most, "{context}");
        assert!(end.lists_what_stands(desk), "{context}");
        let times = match trial {
            Trial::FailsOnce if exact => 2,
            Trial::Fails if exact => self.times,
            _ => return,
        };
        let completes = trial == Trial::FailsOnce && rerun != Rerun::Refused;
        assert_eq!(end.completed, completes, "{context}");
        let calls = match rerun {
            Rerun::Refused | Rerun::Kept | Rerun::Asked => self.many,
            Rerun::Repeated | Rerun::Anew => times * self.many,
        };
        assert_eq!(desk.calls("mail"), calls, "{context}");
        assert_eq!(desk.calls("?mail") > 0, rerun == Rerun::Asked, "{context}");
        let held = if rerun == Rerun::Anew {
            calls
        } else {
            self.many
        };
        assert_eq!(desk.held(), held, "{context}");
        assert!(
            completes || end.certain() == held && end.left.len() == held,
            "{context}"
        );
    }
}

/// A test of each place, with all that the step may say.
macro_rules! places {
    ($($test:ident $place:ident $kind:ident $many:literal $times:literal)*) => { $(
        #[tokio::test(start_paused = true)]
        async fn $test() {
            places! { @each $place $kind $many $times asked Asked }
            places! { @each $place $kind $many $times same Same }
            places! { @each $place $kind $many $times once Once }
            places! { @each $place $kind $many $times once_same OnceSame }
            places! { @each $place $kind $many $times anew Anew }
            places! { @each $place $kind $many $times anew_same AnewSame }
        }
    )* };
    (@each $place:ident $kind:ident $many:literal $times:literal $name:ident $says:ident) => {
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
            place: Place::$kind,
            says: Says::$says,
            many: $many,
            times: $times,
        };
        let runs = case.check().await;
        assert!(runs > 20, "{runs}");
    };
}

places! {
    a_step step Here 1 2
    a_step_of_a_when_block governed Here 1 2
    a_step_beside_another beside Here 1 2
    items_of_the_same_list items Here 2 2
    items_of_another_list listed Listed 2 2
    a_child_that_is_undone child Child 1 2
    a_child_behind_another in_a_row Child 1 2
    a_child_that_is_left_before_another left_before Left 1 2
    children_of_items children Child 2 2
    children_of_items_of_another_list children_listed ChildListed 2 2
    a_child_that_is_tried_three_times retried Child 1 3
    a_child_that_its_parent_leaves left Left 1 2
    children_that_are_left_of_another_list left_listed LeftListed 2 2
}
