//! Loops whose step is a saga, taken up in the middle by the next process.

use crate::durable::loops::{
    check, floor,
    harness::{Script, Stock, live},
    paused,
    sagas::nested::{
        deep, late, lines_in_pairs, lines_in_turn, quick_in_pairs, quick_in_turn, round,
    },
};
use typed_saga::Verdict;

const SCRIPTS: &[Script] = &[
    &[],
    &[("+held 0", 1, Verdict::Transient)],
    &[("+tied 1", 1, Verdict::Unknown)],
    &[("+held 1", 20, Verdict::Refused)],
    &[("+tied 2", 20, Verdict::Refused)],
    &[("+tied 1", 20, Verdict::Transient)],
    &[("+tied 2", 20, Verdict::Unknown)],
    &[
        ("+tied 2", 20, Verdict::Refused),
        ("-held 0", 2, Verdict::Transient),
    ],
    &[
        ("+held 2", 20, Verdict::Refused),
        ("-tied 1", 2, Verdict::Refused),
    ],
    &[("+bill", 20, Verdict::Refused)],
    &[
        ("+bill", 20, Verdict::Refused),
        ("-tied 1", 2, Verdict::Transient),
    ],
];

#[test]
fn wherever_a_process_ends_the_next_one_goes_on_in_the_saga_of_the_item() {
    let runs = SCRIPTS.iter().map(|script| check(lines_in_turn(), script));
    assert!(runs.sum::<usize>() > floor(300));
}

#[test]
fn wherever_a_process_ends_sagas_of_items_beside_each_other_go_on() {
    let scripts = SCRIPTS.iter().skip(2).step_by(2);
    let runs = scripts.map(|script| check(lines_in_pairs(), script));
    assert!(runs.sum::<usize>() > floor(300));
}

#[test]
fn a_turn_begins_the_sagas_of_items_anew_and_those_that_stay_too() {
    let scripts: [(Script, usize); 4] = [
        (&[], 1),
        (&[("+bill", 1, Verdict::Refused)], 2),
        (&[("+held 1", 1, Verdict::Refused)], 1),
        (&[("+held 110", 1, Verdict::Refused)], 2),
    ];
    for (script, rounds) in scripts {
        let keys = live(round(), script, &[]).stock.keys();
        for stays in ["kept 100", "held 100"] {
            assert_eq!(keys[stays].len(), rounds, "{stays} {script:?}: {keys:?}");
        }
        // The list is made anew, and is another one.
        assert_eq!((keys["kept 0"].len(), keys["held 0"].len()), (1, 1));
        assert_eq!(keys.contains_key("kept 50"), !script.is_empty());
        assert!(check(round(), script) > 5);
    }
}

#[test]
fn sagas_of_items_behind_the_pivot_go_on_at_what_is_not_done() {
    let scripts: [Script; 4] = [
        &[],
        &[("+held 1", 1, Verdict::Transient)],
        &[("+held 0", 20, Verdict::Refused)],
        &[
            ("+held 0", 20, Verdict::Refused),
            ("+held 2", 20, Verdict::Refused),
        ],
    ];
    for script in scripts {
        assert!(check(late(), script) > 5);
    }
}

#[test]
fn loops_of_sagas_with_loops_go_on() {
    let scripts: [Script; 5] = [
        &[],
        &[("+beside", 20, Verdict::Refused)],
        &[("+tied 2", 20, Verdict::Refused)],
        &[
            ("+early", 20, Verdict::Refused),
            ("-held 1", 1, Verdict::Transient),
        ],
        &[("+held 0", 1, Verdict::Unknown)],
    ];
    for script in scripts {
        assert!(check(deep(), script) > 5);
    }
}

#[test]
fn a_call_that_a_crash_loses_is_not_reported_in_place_of_what_failed_before() {
    let script: Script = &[("+tied 2", 20, Verdict::Refused)];
    let whole = live(deep(), script, &[]);
    let crashed = live(deep(), script, &[(false, 6), (true, 3)]);
    assert_eq!(crashed.ended, whole.ended);
}

/// Both in the same order, with the same keys.
macro_rules! same_as_in_memory {
    ($case:ident, $quick:ident) => {{
        // What settles doubt waits for a random time; and what is not durable attempts an action once.
        let certain = |script: &&Script| {
            let mut calls = script.iter();
            calls.all(|(call, _, verdict)| *verdict == Verdict::Refused || call.starts_with('-'))
        };
        for script in SCRIPTS.iter().filter(certain) {
            let durable = live($case(), script, &[]);
            let stock = Stock::of(script);
            let output = paused(async {
                let lines = vec![0, 1, 2];
                let quick = $quick::Pack { lines }.with(stock.clone());
                quick.id("order-42").await
            });
            let calls = stock.ledger().calls.clone();
            assert_eq!(durable.stock.ledger().calls, calls, "{script:?}");
            let ended = match output {
                Ok(output) => format!("{output:?}"),
                Err(error) => format!("{:?} {:?}", error.path(), error.completeness()),
            };
            assert_eq!(durable.ended, ended, "{script:?}");
        }
    }};
}

#[test]
fn without_a_crash_it_makes_the_calls_that_it_makes_in_memory() {
    same_as_in_memory!(lines_in_turn, quick_in_turn);
    same_as_in_memory!(lines_in_pairs, quick_in_pairs);
}
