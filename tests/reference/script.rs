//! How the calls of a random saga go, and how long they take.

use std::hash::DefaultHasher;
use std::{collections::HashMap, fmt, hash::BuildHasher, hash::BuildHasherDefault, time::Duration};

use proptest::{collection, prelude::*, sample, test_runner::RngSeed};

use super::{step::Step, trouble::Trouble};

/// The same sagas in each run, so that what fails fails again; `SAGA_SEED` and `PROPTEST_CASES` draw
/// others. A `part` of them is drawn where each takes longer.
pub(crate) fn drawn(part: u32) -> ProptestConfig {
    let asked = ProptestConfig::default();
    ProptestConfig {
        cases: asked.cases * saga_tests::bound(2, 1) / part,
        rng_seed: RngSeed::Fixed(saga_tests::seed()),
        failure_persistence: None,
        ..asked
    }
}

/// Which code of a step is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    When,
    /// How long a `sleep` takes.
    Nap,
    /// What a lock needs.
    Keys,
    /// What a loop is over.
    Items,
    /// What a saga that is a step begins with.
    Inputs,
    Action,
    Resolve,
    Compensate,
    Fallback,
}

impl Kind {
    pub(crate) const ALL: [Self; 9] = [
        Self::When,
        Self::Nap,
        Self::Keys,
        Self::Items,
        Self::Inputs,
        Self::Action,
        Self::Resolve,
        Self::Compensate,
        Self::Fallback,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::When => "when",
            Self::Nap => "nap",
            Self::Keys => "keys",
            Self::Items => "items",
            Self::Inputs => "inputs",
            Self::Action => "action",
            Self::Resolve => "resolve",
            Self::Compensate => "compensate",
            Self::Fallback => "fallback",
        }
    }
}

/// How one call goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    /// It does it and says so.
    Do,
    /// It does nothing, and says so; or some of it, if that is what it says.
    Fail(Trouble),
    /// The caller cannot know what it did.
    Lose(Did, Lost),
}

/// What became of a call whose answer was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Did {
    Nothing,
    All,
    /// All of it, four units after the call has ended.
    AllLater,
}

/// How a call was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    Error,
    Panic,
    Silence,
}

/// What each step's calls do, one after the other; whatever is not listed goes well.
#[derive(Clone)]
pub(crate) struct Script {
    acts: HashMap<(&'static str, Kind), Vec<Act>>,
    /// How long somebody else has a key of each lock, in half units; `None`: for ever.
    held: HashMap<&'static str, Option<u32>>,
}

impl Script {
    pub(crate) fn act(&self, step: &'static str, kind: Kind, count: usize) -> Act {
        let acts = self.acts.get(&(step, kind));
        let act = acts.and_then(|acts| acts.get(count)).copied();
        act.unwrap_or(Act::Do)
    }

    /// For how many half units somebody else has a key of this lock, which the saga must get in the
    /// end if it waits for ever.
    pub(crate) fn held(&self, lock: &Step) -> Option<u32> {
        let held = self.held.get(lock.name).copied().unwrap_or(Some(0));
        held.or((lock.wait == 0).then_some(90))
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut calls: Vec<_> = self
            .acts
            .iter()
            .filter(|(_, acts)| !acts.is_empty())
            .collect();
        calls.sort_by_key(|((step, kind), _)| (*step, *kind as usize));
        for ((step, kind), acts) in calls {
            write!(f, "{step} {kind:?} {acts:?}; ")?;
        }
        for (lock, held) in &self.held {
            write!(f, "{lock} held {held:?}; ")?;
        }
        Ok(())
    }
}

/// Mostly well, and all else.
fn act() -> impl Strategy<Value = Act> {
    let trouble = sample::select(vec![
        Trouble::No,
        Trouble::Never,
        Trouble::Busy,
        Trouble::Closed,
        Trouble::Lost,
        Trouble::Half,
    ]);
    let did = sample::select(vec![Did::Nothing, Did::All, Did::AllLater]);
    let lost = sample::select(vec![Lost::Error, Lost::Panic, Lost::Silence]);
    prop_oneof![
        4 => Just(Act::Do),
        3 => trouble.prop_map(Act::Fail),
        3 => (did, lost).prop_map(|(did, lost)| Act::Lose(did, lost)),
    ]
}

/// `act`, unless it would break a promise that the saga's author gave, or never end.
pub(crate) fn promised(step: &Step, kind: Kind, act: Act) -> Act {
    let Act::Lose(did, lost) = act else {
        return act;
    };
    let timed = kind != Kind::Action || step.timed;
    let lost = if lost == Lost::Silence && !timed {
        Lost::Panic
    } else {
        lost
    };
    let did = match did {
        _ if kind != Kind::Action => did,
        // Without `#[classify]` an error says that nothing happened.
        _ if lost == Lost::Error && !step.classified => Did::Nothing,
        // Late only where `#[late]` says so, or where the compensation stops it.
        Did::AllLater if !step.late && (step.ask > 0 || step.same || !step.by_key) => Did::All,
        did => did,
    };
    Act::Lose(did, lost)
}

pub(crate) fn script(steps: &'static [Step]) -> impl Strategy<Value = Script> {
    let steps: Vec<_> = steps.iter().flat_map(Step::all).collect();
    let of = |step: &&'static Step| {
        let name = step.name;
        step.kinds().into_iter().map(move |kind| (name, kind))
    };
    let calls: Vec<_> = steps.iter().flat_map(of).collect();
    // A step that always goes well lets the saga come to the ones behind it; one that goes wrong in
    // the same way is used up.
    let acts = prop_oneof![
        2 => Just(Vec::new()),
        2 => collection::vec(act(), 1..7),
        1 => (act(), 1..7_usize).prop_map(|(act, often)| vec![act; often]),
    ];
    let locks = steps.iter().filter(|step| step.lock > 0);
    let locks: Vec<_> = locks.map(|lock| lock.name).collect();
    let held = prop_oneof![
        2 => Just(Some(0)),
        4 => (1..24_u32).prop_map(Some),
        1 => Just(None),
    ];
    let held = collection::vec(held, locks.len());
    (collection::vec(acts, calls.len()), held).prop_map(move |(acts, held)| Script {
        acts: calls.iter().copied().zip(acts).collect(),
        held: locks.iter().copied().zip(held).collect(),
    })
}

/// How long calls of a step take, chosen so that no two concurrent steps ever act at the same time.
pub(crate) fn unit(step: &str) -> Duration {
    let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(step);
    Duration::from_millis(1_000_000 + hash % 100_000)
}

/// The timeout of an action.
pub(crate) const TIMEOUT: u32 = 3;
/// The timeout of a `resolve` or a compensation.
pub(crate) const SHORT: u32 = 2;
/// `#[late]`.
pub(crate) const LATE: u32 = 5;
