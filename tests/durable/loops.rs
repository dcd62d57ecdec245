//! Loops, taken up in the middle by the next process.

pub(crate) mod harness;
pub(crate) mod sagas;

use self::{
    harness::{Case, Script, Stock, live},
    sagas::{
        Weighed, WeighedServices, aborting, behind, beside, chosen, in_pairs, in_turn, inside,
        outer, past, turning,
    },
};
use crate::durable::world::Trouble;
use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    time::Duration,
};
use tokio::{runtime::Builder, time::timeout};
use typed_saga::{
    Cause, Verdict,
    engine::{DurableOutcome, Engine, Memory, ReadStore, SagaId},
    runtime::{Durable, Services},
};

const SCRIPTS: &[Script] = &[
    &[],
    &[("+held 0", 1, Verdict::Transient)],
    &[("+held 1", 1, Verdict::Unknown)],
    &[("+held 0", 20, Verdict::Refused)],
    &[("+held 1", 20, Verdict::Refused)],
    &[("+held 2", 20, Verdict::Refused)],
    &[("+held 1", 20, Verdict::Transient)],
    &[("+held 2", 20, Verdict::Unknown)],
    &[
        ("+held 2", 20, Verdict::Refused),
        ("-held 0", 2, Verdict::Transient),
    ],
    &[("+bill", 20, Verdict::Refused)],
    &[
        ("+bill", 20, Verdict::Refused),
        ("-held 1", 2, Verdict::Transient),
    ],
    &[
        ("+sent", 20, Verdict::Refused),
        ("-held 2", 1, Verdict::Unknown),
    ],
];

/// So many runs there are at least; fewer if the suite is not exhaustive.
pub(crate) fn floor(runs: usize) -> usize {
    saga_tests::bound(runs, runs / 4)
}

/// Wherever processes end, the saga ends as it does without, by calls under the same keys. Unless the
/// suite is exhaustive, a second process ends at its first write alone.
pub(crate) fn check<S, V>(case: Case<S, V>, script: Script) -> usize
where
    S: Durable<Error = Trouble, Output: std::fmt::Debug>,
    V: Services<S>,
{
    let whole = live(case, script, &[]);
    let without = whole.stock.keys();
    let rounds = |keys: &BTreeMap<_, BTreeSet<_>>| keys.values().map(BTreeSet::len).max();
    let most_rounds = rounds(&without);
    let mut runs = 0;
    let same = |crashes: &[(bool, u64)]| {
        let life = live(case, script, crashes);
        let context = format!("{script:?} {crashes:?}: {:?}", life.stock.ledger().calls);
        let [stands, expected] = [&life, &whole].map(|life| life.stock.standing());
        assert!(stands.len() <= expected.len(), "{context}");
        let keys = life.stock.keys();
        // A crash may swallow the refusal for which it turned; the call is repeated under its key.
        let mut refused = script.iter().filter(|said| said.2 == Verdict::Refused);
        let swallowed = refused.any(|said| life.stock.repeats(said.0));
        let alike = keys.keys().eq(without.keys()) && rounds(&keys) == most_rounds;
        if alike || !swallowed {
            let [stands, expected] = [stands, expected].map(BTreeSet::from_iter);
            assert_eq!(stands, expected, "{context}");
            assert_eq!(life.ended, whole.ended, "{context}");
        }
        assert!(rounds(&keys) <= most_rounds, "{context}");
        for (what, keys) in &keys {
            let same = without.get(what).is_none_or(|all| keys.is_subset(all));
            assert!(same && !keys.is_empty(), "{what} {context}");
        }
        life
    };
    for write in 0..whole.writes[0] {
        for done in [false, true] {
            let then = same(&[(done, write)]);
            runs += 1;
            if write % 3 == 0 {
                for second in 0..saga_tests::bound(then.writes[1], then.writes[1].min(1)) {
                    same(&[(done, write), (true, second)]);
                    runs += 1;
                }
            }
        }
    }
    runs
}

#[test]
fn wherever_a_process_ends_the_next_one_goes_on_at_the_item() {
    let runs = SCRIPTS.iter().map(|script| check(in_turn::case(), script));
    assert!(runs.sum::<usize>() > floor(300));
}

#[test]
fn wherever_a_process_ends_items_beside_each_other_go_on() {
    let runs = SCRIPTS.iter().map(|script| check(in_pairs::case(), script));
    assert!(runs.sum::<usize>() > floor(300));
}

#[test]
fn a_loop_in_a_when_block_goes_on() {
    let runs = SCRIPTS.iter().map(|script| check(inside(), script));
    assert!(runs.sum::<usize>() > floor(200));
    assert!(check(past(), &[("+sent", 20, Verdict::Refused)]) > 5);
    assert!(!live(past(), &[], &[]).ended.contains("held"));
}

#[test]
fn a_loop_behind_the_pivot_goes_on_at_what_is_not_done() {
    let scripts: [Script; 4] = [
        &[],
        &[("+parcel 1", 1, Verdict::Transient)],
        &[("+parcel 0", 20, Verdict::Refused)],
        &[
            ("+parcel 0", 20, Verdict::Refused),
            ("+parcel 2", 20, Verdict::Refused),
        ],
    ];
    for script in scripts {
        assert!(check(behind(), script) > 5);
    }
}

#[test]
fn a_loop_beside_others_goes_back_with_them() {
    let scripts: [Script; 6] = [
        &[],
        &[("+beside", 20, Verdict::Refused)],
        &[("+early", 20, Verdict::Refused)],
        &[("+held 1", 20, Verdict::Refused)],
        &[("+more 0", 20, Verdict::Refused)],
        &[
            ("+more 2", 20, Verdict::Refused),
            ("-held 0", 1, Verdict::Transient),
        ],
    ];
    for script in scripts {
        assert!(check(beside(), script) > 5);
    }
}

#[test]
fn a_turn_makes_the_items_anew_and_those_that_stay_too() {
    let scripts: [(Script, [usize; 2]); 4] = [
        (&[], [1, 1]),
        (&[("+bill", 1, Verdict::Refused)], [2, 2]),
        (&[("+held 1", 1, Verdict::Refused)], [2, 1]),
        (&[("+kept 10", 1, Verdict::Refused)], [2, 2]),
    ];
    for (script, rounds) in scripts {
        let keys = live(turning(), script, &[]).stock.keys();
        assert_eq!([keys["held 0"].len(), keys["kept 0"].len()], rounds);
        assert!(check(turning(), script) > 5);
    }
}

#[test]
fn items_that_are_skipped_resolved_or_fall_back_are_on_record() {
    let scripts: [Script; 5] = [
        &[],
        &[("+some 0", 20, Verdict::Unknown)],
        &[("+some 20", 20, Verdict::Refused)],
        &[("+held 2", 20, Verdict::Refused)],
        &[
            ("+some 0", 20, Verdict::Unknown),
            ("?some 0", 2, Verdict::Transient),
        ],
    ];
    for script in scripts {
        assert!(check(chosen(), script) > 5);
    }
}

#[test]
fn a_loop_in_a_saga_that_is_a_step_goes_on() {
    let scripts: [Script; 3] = [
        &[],
        &[("+held 0", 1, Verdict::Unknown)],
        &[
            ("+bill", 20, Verdict::Refused),
            ("-held 1", 1, Verdict::Transient),
        ],
    ];
    for script in scripts {
        assert!(check(outer(), script) > 5);
    }
}

pub(crate) fn paused<T>(future: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async { timeout(Duration::from_secs(86_400), future).await.unwrap() })
}

fn records(memory: &Memory, saga: &'static str) -> Vec<String> {
    let id = SagaId::new(saga, "order-42");
    let stored = paused(async { memory.load(id).await.unwrap().unwrap() });
    let records = stored.commits.iter().map(|commit| commit.records.clone());
    records.collect()
}

/// Both in the same order, with the same keys.
macro_rules! same_as_in_memory {
    ($module:ident) => {{
        let scripts: [Script; 8] = [
            &[],
            &[("+held 0", 1, Verdict::Transient)],
            &[("+held 1", 1, Verdict::Unknown)],
            &[("+held 0", 20, Verdict::Refused)],
            &[("+held 2", 20, Verdict::Refused)],
            &[
                ("+held 2", 20, Verdict::Refused),
                ("-held 0", 2, Verdict::Transient),
            ],
            &[("+bill", 20, Verdict::Refused)],
            &[
                ("+bill", 20, Verdict::Refused),
                ("-held 1", 2, Verdict::Transient),
            ],
        ];
        for script in scripts {
            let durable = live($module::case(), script, &[]);
            let stock = Stock::of(script);
            let output = paused(async {
                let lines = vec![0, 1, 2];
                let quick = $module::Quick { lines }.with(stock.clone());
                quick.id("order-42").await
            });
            let calls = stock.ledger().calls.clone();
            assert_eq!(durable.stock.ledger().calls, calls, "{script:?}");
            match output {
                Ok(output) => assert_eq!(durable.ended, format!("{output:?}")),
                Err(error) => assert!(
                    durable.ended.starts_with(&format!("{:?}", error.path())),
                    "{}",
                    durable.ended
                ),
            }
        }
    }};
}

#[test]
fn wherever_a_process_ends_an_item_that_aborts_forbids_turns() {
    let script: Script = &[
        ("+held 0", 20, Verdict::Transient),
        ("+held 1", 20, Verdict::Refused),
    ];
    let rounds = |script, crashes: &[(bool, u64)]| {
        let life = live(aborting(), script, crashes);
        assert!(life.ended.ends_with("Compensated { left: [] }"));
        life.stock.keys()["held 0"].len()
    };
    assert_eq!(rounds(&script[..1], &[]), 3);
    assert_eq!(rounds(script, &[]), 1);
    for write in 0..7 {
        for done in [false, true] {
            assert_eq!(rounds(script, &[(done, write)]), 1, "{done} {write}");
        }
    }
}

#[test]
fn without_a_crash_it_makes_the_calls_that_it_makes_in_memory() {
    same_as_in_memory!(in_turn);
    same_as_in_memory!(in_pairs);
}

#[test]
fn at_item_7_of_20_the_next_process_goes_on() {
    let mut case = in_turn::case();
    case.saga = || in_turn::Pack {
        lines: (0..20).collect(),
    };
    // The attempt of item 7 is on record: `first`, then one commit for each.
    for (crash, again) in [((true, 8), true), ((false, 8), true), ((true, 12), true)] {
        let life = live(case, &[], &[crash]);
        assert_eq!(life.ended, format!("{}", (0..20).sum::<u32>() * 10));
        let calls = life.stock.ledger().calls.len();
        assert!(calls == 23 || again && calls == 24, "{calls}");
        assert_eq!(life.stock.keys().len(), 23);
    }
    let life = live(
        case,
        &[("+held 12", 20, Verdict::Refused)],
        &[(true, 9), (true, 8)],
    );
    assert!(
        life.ended.starts_with(r#"Some("held[12]")"#),
        "{}",
        life.ended
    );
    assert_eq!(life.stock.standing(), [""; 0]);
}

#[test]
fn the_items_are_one_record_with_the_attempt_and_each_effect_is_its_own() {
    let life = live(in_turn::case(), &[], &[]);
    let records = records(&life.memory, "Pack");
    let text = records.join("\n");
    assert!(
        records[1].contains(r#"{"what":"attempting","step":"held","value":[0,1,2]},{"what":"attempting","step":"held[0]"}"#),
        "{text}"
    );
    assert!(
        records[4].contains(
            r#"{"what":"applied","step":"held[2]","value":20},{"what":"applied","step":"held"}"#
        ),
        "{text}"
    );
}

fn failed<S: typed_saga::runtime::Durable>(
    outcome: DurableOutcome<S>,
) -> std::sync::Arc<typed_saga::Error<S::Error>> {
    match outcome {
        DurableOutcome::Compensated(error) => error,
        _ => panic!("it is not compensated"),
    }
}

/// Items that cannot be recorded fail the loop before anything is done with one.
#[test]
fn items_that_cannot_be_recorded_fail_the_loop_unsent() {
    let run =
        |notes: &[&str], limits: fn(typed_saga::engine::Builder) -> typed_saga::engine::Builder| {
            let stock = Stock::default();
            let notes: Vec<_> = notes.iter().map(|note| (*note).to_owned()).collect();
            let error = paused(async {
                let services = WeighedServices {
                    stock: stock.clone(),
                };
                let store = Memory::new();
                let builder = Engine::builder(store.clone()).register::<Weighed>(services.clone());
                let engine = limits(builder).start().await.unwrap();
                let handle = engine.submit("order-42", Weighed { notes }).await.unwrap();
                let error = failed(handle.outcome().await.unwrap());
                engine.shutdown(Duration::from_secs(1)).await;
                // The journal names the same call.
                let builder = Engine::builder(store).register::<Weighed>(services);
                let engine = builder.start().await.unwrap();
                let handle = engine.handle::<Weighed>("order-42").await.unwrap();
                let recorded = failed(handle.outcome().await.unwrap());
                let named = |error: &typed_saga::Error<_>| {
                    let failure = error.failure();
                    (failure.path().map(str::to_owned), failure.call())
                };
                assert_eq!(named(&recorded), named(&error));
                error
            });
            assert!(error.is_clean());
            assert_eq!(stock.standing(), [""; 0]);
            let calls = stock
                .ledger()
                .calls
                .iter()
                .map(|(call, _)| call.clone())
                .collect::<Vec<_>>();
            (error, calls)
        };
    let (error, calls) = run(&["1", "heavy"], |builder| builder);
    assert_eq!(error.path(), Some("weighed"));
    let message = "its items cannot be recorded: item 1: it cannot be read back";
    assert!(
        matches!(error.cause(), Cause::Panicked(panic) if panic.message().starts_with(message)),
        "{error}"
    );
    assert_eq!(calls, ["+first", "-first"]);

    let (error, calls) = run(&["1"], |builder| builder.effect_limit(60));
    assert_eq!(error.path(), Some("noted"), "{error}");
    assert_eq!(calls, ["+first", "+weighed 1", "-weighed 1", "-first"]);

    let (error, calls) = run(&["1", "2", "3"], |builder| builder.items_limit(2));
    assert!(
        matches!(error.cause(), Cause::TooManyItems { limit: 2 }),
        "{error}"
    );
    assert_eq!(calls, ["+first", "-first"]);
}

#[test]
fn ten_thousand_items_are_taken_up_in_the_middle() {
    let mut case = in_pairs::case();
    case.saga = || in_pairs::Pack {
        lines: (0..10_000).collect(),
    };
    let life = live(case, &[], &[(true, 6_000)]);
    assert_eq!(life.ended, ((0..10_000).sum::<u32>() * 10).to_string());
    let records = records(&life.memory, "Pack");
    let bytes: usize = records.iter().map(String::len).sum();
    assert!(bytes < 10_000 * 200, "{bytes}");
}
