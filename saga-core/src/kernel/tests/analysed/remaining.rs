//! What remains of a saga that parks while it rolls back, because of the steps that hold it up.

use std::collections::BTreeSet;

use typed_saga_analysis::{Cause, Park};

use super::Tree;
use crate::{
    definition::Step,
    kernel::{
        Direction,
        state::{StepPhase, StepState},
        tests::{
            build::Saga,
            tree::Path,
            world::{declared, steps},
        },
    },
};

/// The steps that hold up a parked saga.
pub(super) type Causes = BTreeSet<(Path, Cause)>;

/// What remains, for each set of steps that hold up a parked saga.
#[derive(Default)]
pub(super) struct Remaining(BTreeSet<(Causes, BTreeSet<Path>)>);

impl Remaining {
    pub(super) fn add(&mut self, root: &Tree, causes: Causes) {
        let mut remains = BTreeSet::new();
        for (path, tree) in root.parked() {
            let kept = steps(&tree.saga).filter(|step| is_kept(&tree.saga, *step));
            remains.extend(kept.map(|step| [&path[..], &[step]].concat()));
        }
        self.0.insert((causes, remains));
    }

    /// Where the list of the ways to park names too few of the steps that remain, or one that never
    /// does.
    pub(super) fn differences(&self, parks: &[Park]) -> (Vec<String>, Vec<String>) {
        let (mut lacking, mut never) = (Vec::new(), Vec::new());
        for (causes, remains) in &self.0 {
            let of = |park: &&Park| causes.contains(&(park.path.clone(), park.cause));
            let listed: Vec<_> = parks.iter().filter(of).flat_map(kept).collect();
            let mut remains = remains.iter();
            if let Some(path) = remains.find(|path| !listed.contains(*path)) {
                lacking.push(format!("{path:?} remains: {causes:?}, not only {listed:?}"));
            }
        }
        for park in parks {
            let cause = (park.path.clone(), park.cause);
            let runs = self.0.iter().filter(|(causes, _)| causes.contains(&cause));
            let shown: BTreeSet<_> = runs.clone().flat_map(|(_, remains)| remains).collect();
            let hidden = kept(park).into_iter().find(|path| !shown.contains(path));
            if let Some(path) = hidden.filter(|_| runs.count() > 0) {
                never.push(format!("{path:?} never remains: {cause:?}"));
            }
        }
        (lacking, never)
    }
}

/// The paths of the steps that the list says are kept: their names are their indices.
fn kept(park: &Park) -> Vec<Path> {
    let path = |text: &str| -> Path {
        let steps = text.split('/').map(str::parse);
        steps.map(|step| step.expect("an index")).collect()
    };
    park.kept.iter().map(|text| path(text)).collect()
}

/// Whether the step remains although its saga rolls back, and does not hold it up itself.
fn is_kept(saga: &Saga, step: u16) -> bool {
    let state = |step: u16| &saga.states[usize::from(step)];
    let with = declared(saga, step).compensation.with();
    let with_another = with.is_some_and(|other| state(other).resists());
    let remains = |state: &StepState| state.is_applied() || state.may_be_left();
    saga.direction() == Direction::Compensating
        && (state(step).at == StepPhase::Kept || with_another && remains(state(step)))
}

/// The steps, and those of child sagas, each with its index as its name.
pub(super) fn named(steps: impl IntoIterator<Item = Step>) -> Vec<Step> {
    let named_step = |(index, mut step): (usize, Step)| {
        step.name = index.to_string().into();
        if let Some(child) = &mut step.child {
            let mut inside = (*child.definition).clone();
            inside.steps = named(inside.steps.to_vec()).into();
            child.definition = inside.into();
        }
        step
    };
    steps.into_iter().enumerate().map(named_step).collect()
}
