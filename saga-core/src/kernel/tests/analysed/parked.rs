//! The ways to park: why each step of a parked saga holds it up, and what has gone wrong with it.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use typed_saga_analysis::{Cause, Enough, Park, RollsBack, Settled, Wrong};

use super::{
    Journal, KINDS, Tree,
    remaining::{Causes, Remaining},
};
use crate::{
    definition::{Limit, PANICS},
    kernel::{
        Direction, Settlement,
        follows::Follows,
        state::{Flag, LastFailure, StepPhase, StepState},
        tests::{
            build::Saga,
            tree::Path,
            world::{declared, steps},
        },
        tries::GIVEN_UP,
    },
    values::call::CallKind,
};

/// What was found of one way to park.
#[derive(Default)]
struct Way {
    /// How an operator may then settle the step.
    settled: BTreeSet<Settled>,
    /// What rolled back.
    back: BTreeSet<RollsBack>,
    /// Everything that had gone wrong with the step, once for each combination.
    wrong: HashSet<Vec<Wrong>>,
}

/// The ways in which sagas have parked, by the path of the step.
#[derive(Default)]
pub(super) struct Parked {
    ways: BTreeMap<(Path, Cause), Way>,
    pub(super) remaining: Remaining,
}

impl Parked {
    /// Adds the steps that hold up a parked saga.
    pub(super) fn add(&mut self, root: &Tree) {
        let mut causes = Causes::new();
        for (path, tree) in root.parked() {
            for step in steps(&tree.saga) {
                let saga = &tree.saga;
                let Some(cause) = cause(saga, step) else {
                    continue;
                };
                let path = [&path[..], &[step]].concat();
                causes.insert((path.clone(), cause));
                let back = rolls_back(root, &path);
                let way = self.ways.entry((path, cause)).or_default();
                way.settled.extend(saga.settleable(step).map(settled));
                way.back.insert(back);
                way.wrong.insert(wrong(saga, step));
            }
        }
        self.remaining.add(root, causes);
    }

    /// What the list of the ways to park lacks.
    pub(super) fn unlisted(&self, parks: &[Park]) -> Vec<String> {
        let mut lacking = Vec::new();
        for ((path, cause), way) in &self.ways {
            let mut listed = parks.iter();
            let listed = listed.find(|park| park.path == *path && park.cause == *cause);
            let Some(park) = listed else {
                lacking.push(format!("{path:?} parks: {cause:?}"));
                continue;
            };
            if !way.settled.iter().all(|it| park.settled.contains(it)) {
                lacking.push(format!("{path:?} is settled: {cause:?} {:?}", way.settled));
            }
            // A child saga that gives up may not have begun.
            let begun = |back: &&RollsBack| {
                let may_not_begin = park.rolls_back == RollsBack::Child && path.len() == 1;
                **back != RollsBack::Nothing || !may_not_begin
            };
            let mut back = way.back.iter().filter(begun);
            if back.any(|back| *back != park.rolls_back) {
                lacking.push(format!(
                    "{path:?} parks: {cause:?} while {:?} rolls back, not {:?}",
                    way.back, park.rolls_back
                ));
            }
            let unlisted = |wrong: &&Vec<Wrong>| !park.after.iter().any(|it| is_met(it, wrong));
            let unlisted = way.wrong.iter().filter(unlisted);
            lacking.extend(unlisted.map(|wrong| {
                format!(
                    "{path:?} parks: {cause:?} after {wrong:?}, not {:?}",
                    park.after
                )
            }));
        }
        lacking
    }

    /// The number of the ways to park that some run shows, and those that no run shows.
    pub(super) fn reached(
        &self,
        parks: &[Park],
        journal: Journal,
        luck: u8,
    ) -> (usize, Vec<String>) {
        let (mut all, mut never) = (0, Vec::new());
        for park in parks {
            let Park {
                path,
                cause,
                after,
                settled,
                ..
            } = park;
            let way = self.ways.get(&(path.clone(), *cause));
            let may = |wrong: &&Wrong| may_be_shown(**wrong, journal, luck);
            let may_all =
                |enough: &&Enough| enough.iter().all(|ways| ways.iter().any(|it| may(&it)));
            for enough in after.iter().filter(may_all) {
                for wrong in enough.iter().flatten().filter(may) {
                    let shown = way.is_some_and(|way| {
                        let mut shown = way.wrong.iter();
                        shown.any(|all| all.contains(wrong) && is_met(enough, all))
                    });
                    all += usize::from(shown);
                    if !shown {
                        never.push(format!("{path:?} never parks: {cause:?} after {wrong:?}"));
                    }
                }
            }
            let short = !after.iter().flatten().flatten().all(|wrong| may(&wrong));
            let found = way.map(|way| &way.settled);
            if !short && !found.is_some_and(|found| found.iter().eq(settled)) {
                never.push(format!("{path:?}, {cause:?}: {settled:?}, but {found:?}"));
            }
        }
        (all, never)
    }
}

/// Whether all of these have gone wrong, each in one of its ways.
fn is_met(enough: &Enough, wrong: &[Wrong]) -> bool {
    enough
        .iter()
        .all(|ways| ways.iter().any(|way| wrong.contains(way)))
}

/// Whether the kernel knows of it, and there is enough bad luck for it.
fn may_be_shown(wrong: Wrong, journal: Journal, luck: u8) -> bool {
    match wrong {
        Wrong::Tries(_, times) => times < u32::from(luck),
        Wrong::Losses(_) => journal == Journal::Crashes,
        // To the kernel these are panics of what is evaluated before the step.
        Wrong::TooManyItems
        | Wrong::EqualItems
        | Wrong::UnrecordableItems
        | Wrong::TooManyKeys
        | Wrong::EmitPanicked
        | Wrong::UnrecordableEvent => false,
        _ => true,
    }
}

/// What rolls back: of the sagas on this path, the outermost. A child saga has no pivot, so one
/// within it that has failed does not roll back alone.
fn rolls_back(root: &Tree, path: &[u16]) -> RollsBack {
    let goes_back = |tree: &Tree| tree.saga.direction() == Direction::Compensating;
    let mut at = Some(root);
    let outermost = (0..=path.len()).find(|depth| {
        let back = at.is_some_and(goes_back);
        at = at.and_then(|tree| tree.child(*path.get(*depth)?));
        back
    });
    match outermost {
        None => RollsBack::Nothing,
        Some(0) => RollsBack::Run,
        Some(1) => RollsBack::Child,
        Some(depth) => panic!("{path:?}: what rolls back is {depth} steps deep"),
    }
}

/// Why the step holds up its saga, if it does.
fn cause(saga: &Saga, step: u16) -> Option<Cause> {
    let state = &saga.states[usize::from(step)];
    let behind = saga.definition().pivot.is_some_and(|pivot| pivot < step);
    let forward = saga.direction() == Direction::Forward;
    let nested = declared(saga, step).is_nested();
    match state.at {
        // The steps of a child saga hold up its parent.
        StepPhase::Uncompensated | StepPhase::Unsettled | StepPhase::CrashLoop if nested => None,
        StepPhase::Uncompensated => Some(Cause::CannotBeUndone),
        StepPhase::Unsettled => Some(Cause::StaysUnknown),
        StepPhase::CrashLoop => Some(Cause::Lost),
        StepPhase::Unrecorded if forward => Some(Cause::NotRecorded),
        StepPhase::Failed if forward && behind => {
            let evaluated = state.has(Flag::Started) || state.cause != LastFailure::Panicked;
            Some(if evaluated {
                Cause::GivenUp
            } else {
                Cause::NotEvaluated
            })
        }
        _ => None,
    }
}

/// All that has gone wrong with the step.
fn wrong(saga: &Saga, step: u16) -> Vec<Wrong> {
    let (state, declared) = (&saga.states[usize::from(step)], declared(saga, step));
    let mut all = Vec::new();
    let tries = [
        (CallKind::Action, state.attempts),
        (CallKind::Resolve, state.resolve_failures),
        (CallKind::Compensate, state.undo_failures),
    ];
    for (call, done) in tries {
        if done == GIVEN_UP {
            all.push(Wrong::GivenUp(call));
        } else if let Limit::Times(times) = saga.policy(step, call).0 {
            all.extend((done >= times).then_some(Wrong::Tries(call, times)));
        }
    }
    if let Limit::Times(times) = saga.view().attempts_allowed(step) {
        let again =
            matches!(state.cause, LastFailure::TimedOut | LastFailure::Error) && !is_final(state);
        let failed = again && state.attempts >= times;
        all.extend(failed.then_some(Wrong::Tries(CallKind::Action, times)));
    }
    if declared.fallback.is_some() && !state.losses.is_loop(CallKind::Fallback) {
        all.push(Wrong::Tries(CallKind::Fallback, 1));
    }
    for call in KINDS {
        all.extend(state.losses.is_loop(call).then_some(Wrong::Losses(call)));
    }
    let unrecorded = state.cause == LastFailure::Unrecordable;
    let facts = [
        (state.has(Flag::Partial), Wrong::Partial),
        (is_final(state), Wrong::Final),
        (state.panics >= PANICS, Wrong::Panics),
        (
            declared.child.is_some() && saga.view().remains(step),
            Wrong::Remains,
        ),
        (
            state.cause == LastFailure::TimedOut && !declared.kind.acts(),
            Wrong::TimeOut,
        ),
        (unrecorded && saga.is_durable(), Wrong::Unrecordable),
        (unrecorded && declared.is_nested(), Wrong::OutputPanicked),
    ];
    all.extend(facts.iter().filter(|(is, _)| *is).map(|(_, wrong)| *wrong));
    all
}

/// Whether its errors say that no attempt follows.
fn is_final(state: &StepState) -> bool {
    state.cause == LastFailure::Refused || state.follows != Follows::Declared
}

fn settled(settlement: Settlement) -> Settled {
    match settlement {
        Settlement::Applied => Settled::Applied,
        Settlement::NotApplied => Settled::NotApplied,
        Settlement::Undone => Settled::Undone,
    }
}
