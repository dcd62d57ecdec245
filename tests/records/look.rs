//! What people see of a saga, and what an action of theirs would do, from its records alone.

use super::sagas::Everything;
use std::{fmt::Write as _, hint::black_box};
use typed_saga::{
    engine::{
        Row, Time,
        for_operators::{Folded, Runner, abandoned, history, paths, plan, settled, signalled, why},
        for_stores::Stored,
    },
    runtime::for_tools::kernel::{Event, Settlement},
};

/// Looks at all of it. Gives it folded, or says why it cannot be read.
pub(crate) fn look(stored: &Stored, now: Time) -> Result<Folded, String> {
    let read = history(stored).map_err(|why| why.to_string());
    let folded = Folded::of(&Everything::DEFINITION, &stored.commits);
    let mut folded = match folded {
        Ok(folded) => folded,
        Err(error) => {
            let reason = error.to_string();
            for runner in [Runner::AtHand, Runner::Alive, Runner::Nobody] {
                black_box(why(&stored.row, Err(&reason), now, runner, false));
            }
            assert!(!reason.is_empty(), "it is unreadable, and nobody says why");
            return Err(reason);
        }
    };
    assert!(read.is_ok(), "folded, and not read: {read:?}");
    folded.set_clock(now, &stored.row);
    for runner in [Runner::AtHand, Runner::Alive, Runner::Nobody] {
        for has_keys in [false, true] {
            assert!(!why(&stored.row, Ok(&folded), now, runner, has_keys).is_empty());
        }
    }
    show(&folded, now);
    foresee(&folded, &stored.row);
    Ok(folded)
}

/// What is shown of each step.
fn show(folded: &Folded, now: Time) {
    let mut text = String::new();
    let whole = folded.whole();
    for spot in whole.spots() {
        let noted = spot.noted();
        let state = (spot.kernel().phase(spot.step), noted.last_failure());
        let losses = noted.unsettled.as_ref().map(|failed| spot.losses(failed));
        let covers = spot.covers().count();
        let _ = write!(text, "{} {state:?} {losses:?} {covers}", spot.path);
        let _ = write!(text, "{:?}", noted.updated.map(|at| at.to_string()));
    }
    let (calls, waits) = (whole.calls(), whole.waits());
    let held = whole.held();
    let overdue = whole.overdue(now);
    black_box((text, calls, waits, held, overdue, whole.first_failed()));
    black_box((folded.deadlines(), folded.until(), folded.is_late()));
    black_box(folded.in_doubt().count());
    black_box((folded.run.left(), folded.run.unsettled()));
    for step in 0..Everything::DEFINITION.steps.len() {
        black_box(folded.touched(&[u16::try_from(step).unwrap_or_default()]));
    }
}

/// What would follow from each action.
fn foresee(folded: &Folded, row: &Row) {
    black_box(plan(folded, &[]).ok());
    for event in [Event::CancelRequested, Event::Resumed] {
        black_box(plan(folded, &[event.into()]).ok());
    }
    black_box(abandoned(folded, row).ok());
    let shown = folded.whole().spots();
    let shown = shown.iter().map(|spot| spot.path.to_string());
    let declared = paths(&Everything::DEFINITION).into_iter();
    for path in declared.chain(shown) {
        for settlement in [
            Settlement::Applied,
            Settlement::NotApplied,
            Settlement::Undone,
        ] {
            if let Ok((_, heard)) = settled(folded, &path, settlement) {
                black_box(plan(folded, &[heard.clone(), Event::Resumed.into()]).ok());
                black_box(plan(folded, &[heard]).ok());
            }
        }
        if let Ok((_, heard)) = signalled(folded, &path, "7") {
            black_box(plan(folded, &[heard]).ok());
        }
    }
}
