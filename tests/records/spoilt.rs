//! Journals that are spoilt by chance, always in the same ways.

use super::{
    damage,
    engine::{Became, Engine},
};
use std::{
    cell::RefCell,
    collections::BTreeMap,
    ops::Range,
    panic::{self, AssertUnwindSafe, catch_unwind},
    sync::{
        Once,
        mpsc::{RecvTimeoutError, channel},
    },
    thread,
    time::Duration,
};

/// Nothing takes this long to read.
const PATIENCE: Duration = Duration::from_secs(60);

thread_local! {
    /// What panicked in a thread that reads: a task of an engine that does so ends silently.
    static PANICS: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

fn hear_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            PANICS.with_borrow_mut(|panics| match panics {
                Some(panics) => panics.push(panic.to_string()),
                None => before(panic),
            });
        }));
    });
}

/// Bytes that are always the same ones for a seed.
fn bytes(seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut next = move || {
        // splitmix64
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    // Few changes leave most of a journal to be read.
    let changes = [1, 1, 1, 2, 2, 3, 5, 9][(next() % 8) as usize];
    let len = damage::HEAD + changes * damage::CHANGE;
    (0..len).map(|_| next().to_le_bytes()[3]).collect()
}

/// Reads what these bytes stand for in a thread of its own, and says what became of it.
fn read(data: Vec<u8>) -> Result<Became, String> {
    let (said, hears) = channel();
    thread::spawn(move || {
        PANICS.set(Some(Vec::new()));
        let became = catch_unwind(AssertUnwindSafe(|| Engine::read(&data)));
        let panics = PANICS.take().unwrap_or_default();
        said.send((became, panics))
    });
    match hears.recv_timeout(PATIENCE) {
        Ok((Ok(became), panics)) if panics.is_empty() => became,
        Ok((_, panics)) => Err(panics.join("; ")),
        Err(RecvTimeoutError::Timeout) => Err("it hangs".to_owned()),
        Err(RecvTimeoutError::Disconnected) => Err("its thread is gone".to_owned()),
    }
}

/// One change of a journal: each kind, at eight places, with three meanings. `part` of four.
fn one_change(part: usize) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for what in 0..damage::KINDS {
        for at in (0..=252).step_by(36) {
            for one in [0, 97, 201] {
                // Not cut off, at ordinary times; which journal it is goes with the place.
                all.push(vec![at, 0, 0, 0, what, at, one, 255 - one]);
            }
        }
    }
    all.into_iter().skip(part).step_by(4).collect()
}

fn each_goes_on_or_is_unreadable(part: usize, seeds: Range<u64>) {
    hear_panics();
    let exhaustive = saga_tests::is_exhaustive();
    let journals: Vec<_> = if exhaustive {
        saga_tests::seeds(seeds).map(bytes).collect()
    } else {
        one_change(part)
    };
    let (mut wrong, mut became) = (Vec::new(), BTreeMap::new());
    for journal in journals {
        match read(journal.clone()) {
            Ok(kind) => *became.entry(kind).or_insert(0) += 1,
            Err(why) => wrong.push(format!("{journal:?}: {why}")),
        }
    }
    println!("{became:?}");
    let first: Vec<_> = wrong.iter().take(10).collect();
    assert!(wrong.is_empty(), "{} are wrong: {first:#?}", wrong.len());
    for kind in [Became::Unreadable, Became::Unfit, Became::GoesOn] {
        let count = became.get(&kind).copied().unwrap_or(0);
        let least = saga_tests::bound(40, 1);
        assert!(count >= least, "only {count} are {kind:?}");
    }
}

macro_rules! seeds {
    ($($test:ident = $part:literal, $seeds:expr;)*) => {$(
        #[test]
        fn $test() {
            each_goes_on_or_is_unreadable($part, $seeds);
        }
    )*};
}

// In parts, which run beside each other.
seeds! {
    a_journal_goes_on_or_is_unreadable_1 = 0, 0..1_000;
    a_journal_goes_on_or_is_unreadable_2 = 1, 1_000..2_000;
    a_journal_goes_on_or_is_unreadable_3 = 2, 2_000..3_000;
    a_journal_goes_on_or_is_unreadable_4 = 3, 3_000..4_000;
}
