//! The guarantee, on random vendors: whatever fails, hangs, panics, is lost or is cancelled, a saga
//! says what it leaves behind.
//!
//! The vendor's ledger is what really stands; it is compared with what the saga says.

use std::{collections::BTreeSet, time::Duration};

use crate::common::{Answer, BUSY, HANG, MUTE, NO, Trouble, UNHEARD, UNSENT, Vendor, YES, panics};
use proptest::{
    collection::vec,
    option::weighted,
    prelude::{Strategy, any},
    test_runner::{Config, RngSeed, TestCaseError, TestRunner},
};
use tokio::{
    runtime::Builder,
    time::{sleep, timeout},
};
use typed_saga::{
    Completeness, Outcome,
    runtime::{Left, Unsettled},
    saga,
};

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(50ms)]
    saga Trip(wants: bool) with (vendor: Vendor) -> Result<(), Trouble> {
        #[retry(2, 1ms..20ms)]
        read rates(vendor) -> u32 { vendor.call("rates").await }
            fallback() { Ok(0) }
        #[idempotent] #[retry(2, 1ms..20ms)]
        step hold(vendor, key, rates) -> u32 { let _ = rates; vendor.order("hold", key).await }
            compensate(vendor, key) { vendor.cancel("unhold", key).await }
        concurrent {
            #[savepoint(2, 1ms..20ms)]
            step hotel(vendor, key) -> u32 { vendor.order("hotel", key).await }
                #[by_key] #[retry(2, 1ms..20ms)]
                compensate(vendor, key) { vendor.cancel("unhotel", key).await }
            #[when(wants => *wants)]
            #[late(30ms)]
            step car(vendor, key) -> u32 { vendor.order("car", key).await }
                #[retry(2, 1ms..20ms)]
                resolve(vendor, key) { vendor.find("find car", key).await }
                compensate(vendor, key) { vendor.cancel("uncar", key).await }
            #[idempotent]
            step seat(vendor, key, hotel) -> u32 { let _ = hotel; vendor.order("seat", key).await }
                compensate(vendor, key) { vendor.cancel("unseat", key).await }
            #[idempotent]
            step gift(vendor, key) -> u32 { vendor.order("gift", key).await }
                compensate none again;
        }
        pivot charge(vendor, key, car, seat, gift) -> u32 {
            let _ = (car, seat, gift);
            vendor.order("charge", key).await
        }
            #[retry(2, 1ms..20ms)]
            resolve(vendor, key) { vendor.find("find charge", key).await }
        concurrent {
            #[idempotent] #[retry(3, 1ms..20ms)]
            step mail(vendor, key, charge) -> u32 {
                let _ = charge;
                vendor.order("mail", key).await
            }
            #[retry(2, 1ms..20ms)]
            step points(vendor, key, charge) -> u32 {
                let _ = charge;
                vendor.order("points", key).await
            }
                resolve(vendor, key) { vendor.find("find points", key).await }
        }
        {
            let _ = (hold, mail, points);
        }
    }
}

const ACTIONS: [&str; 9] = [
    "rates", "hold", "hotel", "car", "seat", "gift", "charge", "mail", "points",
];
const CLAUSES: [&str; 7] = [
    "unhold",
    "unhotel",
    "uncar",
    "unseat",
    "find car",
    "find charge",
    "find points",
];

/// What honest vendors may say to an action …
const ACTION: [Answer; 11] = [
    YES,
    YES,
    YES,
    NO,
    BUSY,
    UNSENT,
    UNHEARD,
    HANG,
    MUTE,
    panics("unsent"),
    panics("unheard").done(),
];
/// … and to a clause.
const CLAUSE: [Answer; 6] = [YES, YES, BUSY, UNHEARD, MUTE, panics("clause")];

/// The first answers to each call, and when somebody loses patience.
#[derive(Clone, Debug)]
struct World {
    wants: bool,
    answers: Vec<Vec<(u8, u64)>>,
    cancel: Option<u64>,
    deadline: Option<u64>,
    /// Of the waits before retries.
    waits: u64,
}

fn worlds() -> impl Strategy<Value = World> {
    let answers = vec(
        vec((any::<u8>(), 0_u64..70), 0..3),
        ACTIONS.len() + CLAUSES.len(),
    );
    let patience = || weighted(0.2, 0_u64..200);
    (any::<bool>(), answers, patience(), patience(), any::<u64>()).prop_map(
        |(wants, answers, cancel, deadline, waits)| World {
            wants,
            answers,
            cancel,
            deadline,
            waits,
        },
    )
}

impl World {
    fn vendor(&self) -> Vendor {
        let actions = ACTIONS.into_iter().map(|name| (name, &ACTION[..]));
        let clauses = CLAUSES.into_iter().map(|name| (name, &CLAUSE[..]));
        actions.chain(clauses).zip(&self.answers).fold(
            Vendor::new(),
            |vendor, ((name, says), drawn)| {
                let answer = |&(which, after): &(u8, u64)| {
                    says[usize::from(which) % says.len()].after(after)
                };
                vendor.on(name, drawn.iter().map(answer))
            },
        )
    }

    async fn run(&self, vendor: &Vendor) -> Outcome<TripRun> {
        let saga = Trip { wants: self.wants }.with(vendor.clone());
        let mut saga = saga.seed(self.waits);
        if let Some(limit) = self.deadline {
            saga = saga.deadline(Duration::from_millis(limit));
        }
        let handle = saga.start();
        if let Some(after) = self.cancel {
            sleep(Duration::from_millis(after)).await;
            handle.cancel().await;
        }
        handle.outcome().await
    }
}

/// What a saga says that stands, and what it says may stand.
fn told(
    outcome: &Outcome<TripRun>,
    trace: &[String],
    wants: bool,
) -> (BTreeSet<String>, BTreeSet<String>) {
    match outcome {
        Outcome::Completed(()) | Outcome::OutputLost(_) => {
            let all = ACTIONS
                .into_iter()
                .filter(|name| *name != "rates" && (wants || *name != "car"));
            (all.map(str::to_owned).collect(), BTreeSet::new())
        }
        Outcome::Compensated(error) => {
            let Completeness::Compensated { left } = error.completeness() else {
                unreachable!("{error}")
            };
            let of = |how| {
                left.iter()
                    .filter(move |step| step.how == how)
                    .map(|step| step.step.to_string())
            };
            (of(Left::Certain).collect(), of(Left::Perhaps).collect())
        }
        Outcome::Parked(parked) => {
            let Unsettled {
                still_applied,
                in_doubt,
                ..
            } = parked.unsettled().clone();
            // A compensation that was given up may have done its work all the same.
            let asked = |step: &String| trace.contains(&format!("un{step}"));
            let standing = still_applied.into_iter().map(String::from);
            let (perhaps, certain) = standing.partition::<BTreeSet<_>, _>(asked);
            let in_doubt = in_doubt.into_iter().map(String::from);
            (certain, in_doubt.chain(perhaps).collect())
        }
    }
}

/// What is ordered stands once, but for the gift, which a rerun orders again, and is told of; what is told
/// to stand does.
fn check(vendor: &Vendor, outcome: &Outcome<TripRun>, wants: bool) -> Result<(), TestCaseError> {
    let held = vendor.holds();
    let distinct: BTreeSet<_> = held.iter().map(ToString::to_string).collect();
    let (stands, perhaps) = told(outcome, &vendor.trace(), wants);
    let gifts = held.iter().filter(|name| **name == "gift").count();
    let fine = held.len() - gifts.saturating_sub(1) == distinct.len()
        && stands.is_subset(&distinct)
        && distinct.is_subset(&(&stands | &perhaps));
    let trace = vendor.trace().join(", ");
    fine.then_some(())
        .ok_or_else(|| TestCaseError::fail(format!("{held:?} after {outcome:?}\n{trace}")))
}

#[test]
fn what_stands_is_what_the_saga_says() {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let config = Config {
        cases: 2000,
        rng_seed: RngSeed::Fixed(saga_tests::seed()),
        failure_persistence: None,
        ..Config::default()
    };
    let ends = std::cell::RefCell::new([0; 3]);
    let result = TestRunner::new(config).run(&worlds(), |world| {
        let world = &world;
        let case = async {
            let vendor = world.vendor();
            let outcome = world.run(&vendor).await;
            ends.borrow_mut()[outcome.end() as usize] += 1;
            check(&vendor, &outcome, world.wants)?;
            let mut outcome = outcome;
            for _ in 0..5 {
                let Outcome::Parked(parked) = outcome else {
                    return Ok(());
                };
                outcome = parked.resume().outcome().await;
                check(&vendor, &outcome, world.wants)?;
            }
            Err(TestCaseError::fail("it parks although the vendor answers"))
        };
        // A saga that waits for nobody would else be waited for forever.
        let hour = Duration::from_secs(3600);
        let ended = runtime.block_on(async { timeout(hour, case).await });
        ended.unwrap_or_else(|_| Err(TestCaseError::fail("it does not end")))
    });
    if let Err(broken) = result {
        panic!("{broken}");
    }
    assert!(
        ends.into_inner().iter().all(|times| *times > 20),
        "the worlds say too little"
    );
}
