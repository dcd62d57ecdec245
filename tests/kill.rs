//! `kill -9`, for real: processes that run durable sagas in a `SQLite` file are killed at random
//! moments, one after the other, while the vendors live on and act on what the dead have asked, at
//! times late. In the end no saga is lost, nothing is done twice, and the ledgers agree.
//!
//! ```text
//!  this process: vendors, ledgers, audit          ◀── calls, notes ──   a life: engine, sagas, SQLite
//!       └── starts it, kills it, starts the next ──────────────────────▶
//! ```
//!
//! Of twenty kills, each moment of a life gets at least one. There are forty, with `SAGA_EXHAUSTIVE=1`
//! 200, with `SAGA_KILLS=2000` as many as you say. `SAGA_SEED=…` makes other
//! choices; what the threads make of them differs.

pub(crate) mod audit;
mod child;
pub(crate) mod ends;
pub(crate) mod line;
pub(crate) mod parent;
pub(crate) mod random;
pub(crate) mod report;
pub(crate) mod sagas;
pub(crate) mod vendors;
pub(crate) mod visits;

use audit::Findings;
use parent::{Folder, Moment, Parent};
use random::Random;
use std::{env, time::Duration};

/// How late a request may arrive after its sender has given up, or died.
pub(crate) const LATE: Duration = Duration::from_millis(100);

/// How often processes are killed.
fn kills() -> usize {
    match env::var("SAGA_KILLS") {
        Ok(kills) => kills.parse().expect("a number"),
        Err(_) => saga_tests::bound(200, 40),
    }
}

/// What a child does, which is this very program run once more. In any other process there is no
/// life to lead.
#[test]
fn life() {
    if let Some(task) = child::Task::from_environment() {
        child::live(&task);
    }
}

#[test]
fn no_kill_loses_or_doubles_anything() {
    let kills = kills();
    let mut random = Random::drawn();
    let folder = Folder::new("many");
    let mut parent = Parent::new(folder.file("sagas.db"), random.next());
    let mut moments = [0; Moment::ALL.len()];
    let (mut unfinished, mut calling) = (0, 0);
    for life in 0.. {
        if moments.iter().sum::<usize>() >= kills {
            break;
        }
        let moment = match life % 20 {
            0 => Moment::Starting,
            1 | 2 => Moment::Opening,
            3 => Moment::Stopping,
            4 | 5 => Moment::Closing,
            _ => Moment::Working,
        };
        let Some(killed) = parent.life(moment, moment.wait(&mut random)) else {
            continue;
        };
        moments[moment as usize] += 1;
        if moment == Moment::Working {
            unfinished += usize::from(killed.unfinished > 0);
            calling += usize::from(killed.calls > 0);
        }
    }
    let report = parent.finish(Duration::from_secs(120));
    let findings = Findings::of(&report);
    let told = Moment::ALL.map(|moment| format!("{} {moment:?}", moments[moment as usize]));
    println!("{kills} kills: {}", told.join(", "));
    println!(
        "of those while it worked, {unfinished} left sagas unfinished, {calling} cut off calls; {findings}"
    );
    assert!(findings.problems.is_empty(), "{findings}");
    // Floors that a busy machine keeps, too.
    assert!(
        findings.completed > kills / 4 && findings.compensated > kills / 16,
        "{findings}"
    );
    assert!(findings.with_child > kills / 32, "{findings}");
    assert!(
        findings.late > 0,
        "no call arrived after its process had ended: {findings}"
    );
    let working = moments[Moment::Working as usize];
    assert!(
        unfinished * 10 > working * 9,
        "only {unfinished} of {working} left sagas unfinished"
    );
    assert!(
        calling * 3 > working,
        "only {calling} of {working} cut off calls"
    );
    for (moment, count) in Moment::ALL.iter().zip(moments) {
        assert!(count > 0, "none was killed while {moment:?}");
    }
    audit::is_not_blind(&report);
    audit::sees_two_at_one_place(&report);
}

#[test]
fn a_file_that_is_half_made_is_no_obstacle() {
    let mut random = Random::drawn();
    for file in 0..12 {
        let folder = Folder::new(&format!("fresh-{file}"));
        let mut parent = Parent::new(folder.file("sagas.db"), random.next());
        for moment in [Moment::Starting, Moment::Opening, Moment::Opening] {
            let killed = parent.life(moment, moment.wait(&mut random));
            assert!(killed.is_some(), "it was killed while {moment:?}");
        }
        let report = parent.finish(Duration::from_secs(60));
        let findings = Findings::of(&report);
        assert!(findings.problems.is_empty(), "{findings}");
        assert!(findings.completed > 0, "{findings}");
    }
}
