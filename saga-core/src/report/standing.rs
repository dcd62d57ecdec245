//! What a run leaves: which steps are still applied, in doubt or unfinished, by path, those of
//! child sagas included.

use crate::{
    definition::{Compensation, Definition, Items, Step, Text},
    kernel::{Direction, Event, Kernel, Left, StepState},
    values::node::Node,
};
use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

#[cfg(test)]
mod tests;

/// What is unfinished where events could not be made, and the path of that failure.
pub(crate) const EMIT: &str = "emit";

/// A step that a compensated saga has left applied, as its declaration allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftStep {
    /// The step's path: its name, after that of the child saga's step if it is in a child saga.
    pub step: Text,
    /// Whether it is certain that the step is applied.
    pub how: Left,
}

/// What an operator must look after in a parked saga: paths of steps in order of declaration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unsettled {
    /// Applied, and not undone; steps with `compensate none` included.
    pub still_applied: Vec<Text>,
    /// It is not known whether they happened.
    pub in_doubt: Vec<Text>,
    /// Neither applied nor skipped.
    pub unfinished: Vec<Text>,
}

/// Where a step is: the runs that it is part of, from the root on, and itself. The order of paths is
/// that of declaration, and of the items of a loop.
type Path = Vec<Node>;

/// What a way back leaves behind by declaration, by path.
#[derive(Clone, Debug, Default)]
pub struct LeftPaths(BTreeMap<Path, Left>);

/// The steps of a parked run that an operator must look after, by path.
#[derive(Clone, Debug, Default)]
pub struct UnsettledPaths {
    still_applied: BTreeSet<Path>,
    in_doubt: BTreeSet<Path>,
    unfinished: BTreeSet<Path>,
}

/// A saga that is a step of another, without its types.
pub trait AnyChild {
    /// What it leaves behind; all that stands of it, if its parent leaves it behind (`passed`).
    fn left(&self, passed: bool) -> LeftPaths;
    /// The steps of it that an operator must look after, unless it was compensated.
    fn unsettled(&self) -> UnsettledPaths;
}

/// The sagas that are steps of a run, or are done with items of its loops.
pub(crate) type Children<'a, 'c> = &'a dyn Fn(Node) -> Option<Box<dyn AnyChild + 'c>>;

/// Whether a way back leaves the step as it is.
fn is_passed(step: &Step, direction: Direction) -> bool {
    matches!(step.compensation, Compensation::None) && direction == Direction::Compensating
}

/// Whether a turn keeps the items of a loop: if a way back leaves anything of them, at any depth, the
/// keys of before would answer for other items.
pub(crate) fn keeps_items(step: &Step) -> bool {
    let item = step.items.iter().map(|items| &items.each);
    let inside = item.chain(step.child.iter().map(|child| &child.definition));
    is_passed(step, Direction::Compensating)
        || inside.flat_map(|saga| saga.steps.iter()).any(keeps_items)
}

/// The steps of a run of which a report has to say something, by path. A child saga or a loop is
/// represented by its own steps.
pub(crate) trait Remains: Default {
    /// Of the steps of a run alone that have a path. `is_now`: what was left before is not all.
    fn of<S>(kernel: &Kernel<S>, is_now: bool, path: impl Fn(u16) -> Option<Path>) -> Self
    where
        S: AsRef<[StepState]> + AsMut<[StepState]>;

    /// Of a child saga; `passed`: its parent leaves it behind.
    fn of_child(child: &dyn AnyChild, passed: bool) -> Self;

    /// The same, as paths of the run that this node is part of.
    fn within(self, node: Node) -> Self;

    fn merge(&mut self, more: Self);

    /// What there is of the parts of a step takes its place.
    fn put(&mut self, node: Node, parts: Self);

    /// Of the steps of a saga, without what is in them.
    fn of_saga<S: AsRef<[StepState]> + AsMut<[StepState]>>(kernel: &Kernel<S>) -> Self {
        Self::of(kernel, true, |step| Some(vec![Node::child(step)]))
    }

    fn add_child(&mut self, node: Node, child: &dyn AnyChild, passed: bool) {
        self.put(node, Self::of_child(child, passed).within(node));
    }

    /// Adds the sagas that are steps of the saga with this kernel.
    fn add_children<S>(&mut self, kernel: &Kernel<S>, children: Children<'_, '_>)
    where
        S: AsRef<[StepState]> + AsMut<[StepState]>,
    {
        for (step, declared) in (0..).zip(kernel.definition().steps.iter()) {
            let node = Node::child(step);
            if let Some(child) = children(node) {
                self.add_child(node, &*child, is_passed(declared, kernel.direction()));
            }
        }
    }

    /// Adds the items of a loop of the saga with this kernel: theirs, of which those behind `count`
    /// are of an earlier time.
    fn add_items<'k, S>(
        &mut self,
        kernel: &Kernel<impl AsRef<[StepState]> + AsMut<[StepState]>>,
        (step, count): (u16, usize),
        items: impl Iterator<Item = &'k Kernel<S>>,
        children: Children<'_, '_>,
    ) where
        S: AsRef<[StepState]> + AsMut<[StepState]> + Clone + 'k,
    {
        let count = if kernel.has_parts(step) { count } else { 0 };
        let mut all = Self::default();
        for (index, item) in (0..).zip(items) {
            let (node, mut item) = (Node::item(step, index), item.clone());
            if kernel.direction() == Direction::Compensating
                && item.direction() == Direction::Forward
            {
                // The way back has passed it, since nothing undoes it.
                let recalled = item.apply(Event::Recalled);
                debug_assert!(recalled.is_ok(), "an item can be rolled back");
            }
            let is_now = usize::try_from(index).is_ok_and(|index| index < count);
            let path = |step| (step == Items::STEP).then(|| vec![node]);
            let mut of = Self::of(&item, is_now, path);
            if let Some(child) = children(node) {
                let declared = &item.definition().steps[usize::from(Items::STEP)];
                of.add_child(node, &*child, is_passed(declared, item.direction()));
            }
            all.merge(of);
        }
        self.put(Node::child(step), all);
    }
}

/// The path of a step of the run at a node.
fn within(node: Node, path: &[Node]) -> Path {
    [&[node], path].concat()
}

/// The path in words, as in `wrapped[3]/bow`. `declared`: the definition of the program, which has
/// the same names as the kernel's.
fn shown(declared: &Definition, path: &[Node]) -> Text {
    let [node, below @ ..] = path else {
        return Text::default();
    };
    let step = &declared.steps[usize::from(node.step)];
    let own = match node.item {
        Some(item) => format!("{}[{item}]", step.name).into(),
        None => step.name.clone(),
    };
    match step.saga() {
        Some(child) if !below.is_empty() => {
            format!("{own}/{}", shown(&child.definition, below)).into()
        }
        _ => own,
    }
}

impl Remains for LeftPaths {
    fn of<S>(kernel: &Kernel<S>, _: bool, path: impl Fn(u16) -> Option<Path>) -> Self
    where
        S: AsRef<[StepState]> + AsMut<[StepState]>,
    {
        let left = kernel.left();
        Self(
            left.filter_map(|(step, how)| Some((path(step)?, how)))
                .collect(),
        )
    }

    fn of_child(child: &dyn AnyChild, passed: bool) -> Self {
        child.left(passed)
    }

    fn within(self, node: Node) -> Self {
        let left = self.0.into_iter();
        Self(left.map(|(path, how)| (within(node, &path), how)).collect())
    }

    fn merge(&mut self, more: Self) {
        for (path, how) in more.0 {
            self.add(path, how);
        }
    }

    fn put(&mut self, node: Node, parts: Self) {
        self.0.remove(&[node][..]);
        self.merge(parts);
    }
}

impl LeftPaths {
    /// What is left twice is left for certain if it is so once.
    fn add(&mut self, path: Path, how: Left) {
        match self.0.entry(path) {
            Entry::Occupied(mut known) if how == Left::Certain => *known.get_mut() = how,
            Entry::Occupied(_) => {}
            Entry::Vacant(new) => {
                new.insert(how);
            }
        }
    }

    /// All of what was parked is left, where its parent leaves it behind.
    pub(crate) fn strand(&mut self, unsettled: UnsettledPaths) {
        for path in unsettled.still_applied {
            self.add(path, Left::Certain);
        }
        for path in unsettled.in_doubt {
            self.add(path, Left::Perhaps);
        }
    }

    pub(crate) fn shown(&self, declared: &Definition) -> Vec<LeftStep> {
        let left = |(path, how): (&Path, &Left)| LeftStep {
            step: shown(declared, path),
            how: *how,
        };
        self.0.iter().map(left).collect()
    }
}

impl Remains for UnsettledPaths {
    /// What is left by declaration stands, too: a parked saga names all of it.
    fn of<S>(kernel: &Kernel<S>, is_now: bool, path: impl Fn(u16) -> Option<Path>) -> Self
    where
        S: AsRef<[StepState]> + AsMut<[StepState]>,
    {
        let mut all = Self::default();
        if is_now {
            all.still_applied
                .extend(kernel.standing().filter_map(&path));
            all.in_doubt.extend(kernel.in_doubt().filter_map(&path));
            all.unfinished.extend(kernel.unfinished().filter_map(&path));
        }
        for (step, how) in kernel.left() {
            all.list(how).extend(path(step));
        }
        all
    }

    fn of_child(child: &dyn AnyChild, passed: bool) -> Self {
        let mut all = child.unsettled();
        for (path, how) in child.left(passed).0 {
            // What is left for certain of an earlier round is not said to be so perhaps, too.
            if how == Left::Certain {
                all.in_doubt.remove(&path);
            }
            all.list(how).insert(path);
        }
        all
    }

    fn within(self, node: Node) -> Self {
        let within = |paths: BTreeSet<Path>| {
            let paths = paths.iter();
            paths.map(|path| within(node, path)).collect()
        };
        Self {
            still_applied: within(self.still_applied),
            in_doubt: within(self.in_doubt),
            unfinished: within(self.unfinished),
        }
    }

    fn merge(&mut self, more: Self) {
        self.still_applied.extend(more.still_applied);
        self.in_doubt.extend(more.in_doubt);
        self.unfinished.extend(more.unfinished);
    }

    fn put(&mut self, node: Node, parts: Self) {
        let step = &[node][..];
        self.still_applied.remove(step);
        self.in_doubt.remove(step);
        // It is never listed itself beside what is in it.
        let lists = [&parts.still_applied, &parts.in_doubt, &parts.unfinished];
        if lists.iter().any(|list| !list.is_empty()) {
            self.unfinished.remove(step);
        }
        self.merge(parts);
    }
}

impl UnsettledPaths {
    /// Where what is left is listed.
    fn list(&mut self, how: Left) -> &mut BTreeSet<Path> {
        match how {
            Left::Certain => &mut self.still_applied,
            Left::Perhaps => &mut self.in_doubt,
        }
    }

    /// `unsaid`: the events of the saga could not be made, so that is unfinished.
    pub(crate) fn shown(&self, declared: &Definition, unsaid: bool) -> Unsettled {
        let shown = |paths: &BTreeSet<Path>| {
            let paths = paths.iter();
            paths.map(|path| shown(declared, path)).collect()
        };
        let mut all = Unsettled {
            still_applied: shown(&self.still_applied),
            in_doubt: shown(&self.in_doubt),
            unfinished: shown(&self.unfinished),
        };
        let emit = unsaid.then_some(Text::Borrowed(EMIT));
        all.unfinished.extend(emit);
        all
    }
}
