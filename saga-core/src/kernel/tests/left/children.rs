//! Child sagas that run again, or are in the reach of a savepoint: what they leave.

use std::{
    collections::{BTreeSet, HashSet},
    hash::BuildHasherDefault,
    ops::Range,
};

use super::{
    Answer, Fnv, Key, Move, Tree, declared, due, each, may_happen, shapes::products, steps,
};
use crate::{
    definition::{Compensation, Definition, Kind, Step, Why},
    kernel::{Command, End, Event, Left, state::Flag, tests::build::*},
    values::call::CallKind,
};

/// The steps, child sagas, of which an earlier run left something for certain.
type Owed = BTreeSet<u16>;

#[derive(Default)]
struct Runs {
    seen: HashSet<(Key, Owed, u8), BuildHasherDefault<Fnv>>,
    /// A rerun was due while a step without `again` was certainly applied.
    met: bool,
}

impl Runs {
    fn of(definition: &Definition) -> bool {
        let mut runs = Self::default();
        let root = Tree::new(saga(definition.clone(), false), None);
        runs.explore(&root, &Owed::new(), 2);
        runs.met
    }

    fn explore(&mut self, tree: &Tree, owed: &Owed, luck: u8) {
        if !self.seen.insert((tree.key(), owed.clone(), luck)) {
            return;
        }
        self.met |= rerun(&tree.saga).any(|step| is_in_the_way(tree, step));
        if let Command::End(end) = tree.saga.next() {
            is_listed(&tree.saga, end, owed);
        }
        for answer in tree.answers() {
            let luck = luck.checked_sub(u8::from(answer.bad_luck));
            let Some(luck) = luck.filter(|_| may_happen(tree, &answer)) else {
                continue;
            };
            let passed = passed(&tree.saga, &answer);
            let more = passed.filter(|step| leaves(tree, *step));
            let owed = owed.iter().copied().chain(more).collect();
            let mut then = tree.clone();
            then.hear(&answer.path, answer.what);
            self.explore(&then, &owed, luck);
        }
    }
}

/// The steps that a rerun, which is due, makes again.
fn rerun(saga: &Saga) -> Range<u16> {
    let again = |step: u16| saga.states[usize::from(step)].has(Flag::NewRound);
    match (due(saga), saga.next()) {
        (Some(savepoint), _) => savepoint..steps(saga).end,
        (None, Command::Refuse { step }) => step..step + 1,
        (None, Command::Call { step, call }) if call == CallKind::Action && again(step) => {
            step..step + 1
        }
        _ => 0..0,
    }
}

/// The steps whose runs so far are passed if this happens.
fn passed(saga: &Saga, answer: &Answer) -> Range<u16> {
    match answer.what {
        Move::Hear(Event::Turned { .. } | Event::Attempting { .. }) if answer.path.is_empty() => {
            rerun(saga)
        }
        _ => 0..0,
    }
}

/// Whether the step, or one of its child saga, says `compensate none` and is certainly applied.
fn is_in_the_way(tree: &Tree, step: u16) -> bool {
    let is_applied = |saga: &Saga, step: u16| {
        declared(saga, step).is_left() && saga.states[usize::from(step)].is_applied()
    };
    let covered = declared(&tree.saga, step).is_again();
    let mut inside = tree.child(step).into_iter();
    is_applied(&tree.saga, step)
        || !covered && inside.any(|tree| steps(&tree.saga).any(|step| is_applied(&tree.saga, step)))
}

/// Whether something of the step's child saga is certainly applied: nothing is but what says `again`.
fn leaves(tree: &Tree, step: u16) -> bool {
    let covered = declared(&tree.saga, step).is_again();
    let Some(Tree { saga, world, .. }) = tree.child(step) else {
        return false;
    };
    let acts = |step: &u16| declared(saga, *step).kind != Kind::Read;
    let stands = steps(saga).filter(|step| world.stands(*step)).filter(acts);
    let mut says = stands.map(|step| covered || declared(saga, step).is_again());
    let any = says.next();
    assert!(
        any != Some(false) && says.all(|says| says),
        "it is repeated: {saga:?}"
    );
    any.is_some()
}

/// Unless the saga completes, its end lists what earlier runs left.
fn is_listed(saga: &Saga, end: End, owed: &Owed) {
    let listed = |step: &u16| saga.left().any(|left| left == (*step, Left::Certain));
    assert!(
        end == End::Completed || owed.iter().all(listed),
        "{owed:?}: {saga:?}"
    );
}

/// Sagas with a child saga that has a step that remains.
fn sagas() -> Vec<Definition> {
    let kinds = || vec![lasting(), again(), step().undo(1), read()];
    let inside = [products(&[kinds()]), products(&[kinds(), kinds()])].concat();
    let stay = |steps: &Vec<Step>| steps.iter().any(Step::may_stay);
    let inside: Vec<_> = inside.into_iter().filter(stay).collect();
    let with = |how: Compensation| {
        let child = move |steps: &Vec<Step>| Step {
            compensation: how.clone(),
            ..nesting(steps.clone())
        };
        inside.iter().map(child).collect::<Vec<_>>()
    };
    let none = |again| Compensation::None { again };
    let mut children = with(Compensation::Absent);
    let behind = children
        .clone()
        .into_iter()
        .map(|child| vec![pivot(), child]);
    let behind: Vec<_> = behind.collect();
    children.extend(
        [false, true]
            .into_iter()
            .flat_map(|again| with(none(again))),
    );
    let around = children.into_iter().flat_map(|child| {
        let (save, child) = (|| read().savepoint(2), || child.clone());
        let on = |steps: &'static [u16]| save().for_failures_of(steps);
        [
            vec![child()],
            vec![child().retry(2)],
            vec![child().savepoint(2)],
            vec![save(), child()],
            vec![save(), child(), read()],
            vec![on(&[1]), child(), read()],
            vec![on(&[2]), child(), read()],
            vec![child(), save(), read()],
        ]
    });
    around.chain(behind).map(definition).collect()
}

/// Whether the compiler accepts the saga, if these of its steps run again, and these cover their
/// children.
fn is_accepted(
    saga: &Definition,
    again: impl Fn(&Definition) -> Vec<u16>,
    covers: impl Fn(&Step) -> bool,
) -> bool {
    let mut children = again(saga)
        .into_iter()
        .map(|step| &saga.steps[usize::from(step)]);
    saga.obstacles().is_empty()
        && children.all(|step| {
            let child = step.child.as_ref().expect("it runs again");
            let obstacles = child.definition.obstacles_to_another_run(covers(step));
            !obstacles
                .iter()
                .any(|it| matches!(it.why, Why::Left { .. }))
        })
}

/// Whether the last step of the child saga is the only one in the way: nothing fails behind it, and the
/// compiler asks for `again` all the same.
fn only_its_last_remains(saga: &Definition) -> bool {
    let child = saga.steps.iter().find_map(|step| step.child.as_ref());
    let inside = &child.expect("there is one").definition.steps;
    inside.iter().rposition(Step::is_left) == Some(inside.len() - 1)
        && inside.iter().filter(|step| step.is_left()).count() == 1
}

#[test]
fn the_compiler_refuses_each_child_that_may_run_again_over_what_remains() {
    let sagas = sagas();
    let met = each(&sagas, Runs::of);
    let wrong = |again: fn(&Definition) -> Vec<u16>, covers: fn(&Step) -> bool| {
        let mut all = sagas.iter().zip(&met);
        all.find(|(saga, met)| {
            if is_accepted(saga, again, covers) {
                **met
            } else {
                !**met && !only_its_last_remains(saga)
            }
        })
    };
    let right = wrong(Definition::run_again, Step::is_again);
    assert!(right.is_none(), "{right:#?}");
    // Without a part of the rule, it differs.
    let none = |_: &Definition| Vec::new();
    assert!(wrong(none, Step::is_again).is_some(), "no child");
    assert!(
        wrong(Definition::run_again, |_| false).is_some(),
        "nothing covers"
    );
    assert!(
        wrong(Definition::run_again, |_| true).is_some(),
        "all is covered"
    );
    let by_others = |saga: &Definition| {
        let met = |step: &u16| (0..=*step).any(|from| saga.left_at(*step, from).is_some());
        saga.run_again().into_iter().filter(met).collect()
    };
    assert!(
        wrong(by_others, Step::is_again).is_some(),
        "its own failure"
    );
    let refused = met.iter().filter(|met| **met).count();
    assert!(refused > 50 && met.len() - refused > 50, "{refused}");
}
