//! A lock beside every construct, while other sagas need the same keys. Whatever the process and the
//! store do, and however the wait ends: no two sagas have one key, no saga is left in a queue, and the
//! saga ends as it does when nothing happens to it.

use crate::crash::{
    audit::Run,
    crashes::{ARRIVALS, crashes},
    process::{Fate, run},
    sagas::{Shape, locked},
    tally::Tally,
    trouble::Trouble,
};
use std::{env, time::Duration};
use typed_saga::{
    engine::{State, for_logs::record::RecordKind},
    runtime::Durable,
};

/// How the wait for the keys goes.
#[derive(Clone, Copy, Debug)]
enum Wait {
    /// No other saga has them.
    Granted,
    Later,
    TimedOut,
    Cancelled,
    Deadline,
    /// It is cancelled so many milliseconds after the one before it is granted the keys.
    Race(u64),
}

/// Without `SAGA_NIGHTLY`, the first four of them are played.
const ALL: [Wait; 10] = [
    Wait::Granted,
    Wait::Later,
    Wait::TimedOut,
    Wait::Cancelled,
    Wait::Deadline,
    Wait::Race(0),
    Wait::Race(1),
    Wait::Race(2),
    Wait::Race(3),
    Wait::Race(4),
];

/// Each suite plays at least so many runs.
const FLOOR: usize = 150;

/// Longer than the time-out of any lock.
const LONG: Duration = Duration::from_secs(60);
/// When the wait is cut short, if it is.
const CUT: Duration = Duration::from_secs(3);

impl Wait {
    fn with(self, trouble: Trouble) -> Trouble {
        let (held, cancel_at, deadline) = match self {
            Self::Granted => (Duration::ZERO, None, None),
            Self::Later => (CUT, None, None),
            Self::TimedOut => (LONG, None, None),
            Self::Cancelled => (LONG, Some(CUT), None),
            Self::Deadline => (LONG, None, Some(CUT)),
            Self::Race(millis) => {
                let before = CUT.saturating_sub(Duration::from_millis(1));
                (CUT, Some(before + Duration::from_millis(millis)), None)
            }
        };
        Trouble {
            held: Some(held),
            cancel_at,
            deadline,
            ..trouble
        }
    }

    /// How the saga ends, and what the last record of its lock is, if nothing else goes wrong: as the
    /// rules say it in `docs/semantics.md`. In a race both may be.
    fn verdict(self, after_pivot: bool) -> Option<(State, RecordKind)> {
        match self {
            Self::Race(_) => None,
            _ if after_pivot => Some((State::Completed, RecordKind::Woken)),
            Self::Granted | Self::Later => Some((State::Completed, RecordKind::Woken)),
            Self::TimedOut => Some((State::Compensated, RecordKind::TimedOut)),
            Self::Cancelled | Self::Deadline => Some((State::Compensated, RecordKind::Awaiting)),
        }
    }
}

/// Plays every wait with a process that ends, and with a store that fails, at every point.
fn every_wait<S: Shape>() {
    let mut tally = Tally::default();
    let definition = S::Saga::DEFINITION;
    let mut steps = (0..).zip(definition.steps.iter());
    let lock = steps.find(|(_, step)| step.name == "accounts");
    let (lock, _) = lock.expect("each has this lock");
    let after_pivot = definition.pivot.is_some_and(|pivot| pivot < lock);
    let is_nightly = env::var_os("SAGA_NIGHTLY").is_some();
    let [turns, arrivals, waits] = if is_nightly {
        [2, ARRIVALS.len(), ALL.len()]
    } else {
        [1, 1, 4]
    };
    let troubles = [Trouble::default(), Trouble::turns_back(definition)];
    let waits = &ALL[..waits];
    let with_all = |trouble| waits.iter().map(move |wait| (trouble, wait));
    for (trouble, wait) in troubles[..turns].iter().flat_map(with_all) {
        let verdict = wait
            .verdict(after_pivot)
            .filter(|_| trouble.script.is_empty());
        let trouble = wait.with(trouble.clone());
        let differs = |run: &Run| {
            let (state, of_lock) = verdict?;
            let is = (run.state, run.of_lock("accounts"));
            // A saga whose store does not answer may reach the lock once the others have gone, or be
            // cancelled before it does.
            let is_late = matches!(run.fates[..], [Fate::Unavailable(..)])
                && [
                    (State::Completed, Some(RecordKind::Woken)),
                    (State::Compensated, None),
                ]
                .contains(&is);
            let differs = is != (state, Some(of_lock)) && !is_late;
            differs.then(|| format!("it is {}, and should be {state} by {of_lock}", run.state))
        };
        let lived = run::<S>(&trouble, &[Fate::Lives]);
        let (crashes, writes) = (crashes(&lived), lived.known.writes[0]);
        tally.count(lived, differs);
        for (number, crash) in crashes.into_iter().enumerate() {
            for arrival in ARRIVALS.into_iter().cycle().skip(number).take(arrivals) {
                let fates = [Fate::Crashes(crash, arrival), Fate::Lives];
                tally.count(run::<S>(&trouble, &fates), differs);
            }
        }
        for write in 0..writes {
            for &done in &[true, false][..turns] {
                let fates = [Fate::Unavailable(write, done)];
                tally.count(run::<S>(&trouble, &fates), differs);
            }
        }
    }
    tally.close(&format!("{} in a queue", definition.name), FLOOR);
}

macro_rules! every_wait {
    ($($test:ident = $shape:ident;)*) => {$(
        #[test]
        fn $test() {
            every_wait::<locked::$shape>();
        }
    )*};
}

every_wait! {
    the_first_step = First;
    beside_steps_that_are_settled = Ways;
    beside_conditional_steps = Perhaps;
    around_blocks = Around;
    in_a_block = Inside;
    before_a_savepoint = Turned;
    between_siblings = Siblings;
    around_a_pivot = Pivoted;
    after_a_pivot = Beyond;
    before_sagas_that_are_steps = Nested;
    before_loops = Looped;
    between_waits = Waits;
}
