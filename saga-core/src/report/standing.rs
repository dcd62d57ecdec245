//! What a run leaves behind: the steps that are still applied, in doubt or unfinished, by path,
//! including the steps of child sagas.

use crate::{
    definition::{Compensation, Definition, Items, Step, Text},
    kernel::{Aftermath, Direction, End, Kernel, Left, View},
    values::node::Node,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

#[cfg(test)]
mod tests;

/// Listed among the unfinished steps if events could not be created; also the path of that failure.
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
    /// The steps of which it is not known whether they happened.
    pub in_doubt: Vec<Text>,
    /// The steps that are neither applied nor skipped.
    pub unfinished: Vec<Text>,
}

impl fmt::Display for Unsettled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("parked")?;
        for (word, steps) in [
            ("still applied", &self.still_applied),
            ("in doubt", &self.in_doubt),
            ("unfinished", &self.unfinished),
        ] {
            for (index, step) in steps.iter().enumerate() {
                if index == 0 {
                    write!(f, ", {word}: `{step}`")?;
                } else {
                    write!(f, " `{step}`")?;
                }
            }
        }
        Ok(())
    }
}

/// The position of a step: the runs that contain it, from the root down, and the step itself. Paths
/// are ordered as the steps are declared, and as the items of a loop.
type Path = Vec<Node>;

/// The steps that a rollback leaves behind by declaration, by path.
#[derive(Clone, Debug, Default)]
pub struct LeftPaths(BTreeMap<Path, Left>);

/// The steps of a parked run that an operator must look after, by path.
#[derive(Clone, Debug, Default)]
pub struct UnsettledPaths {
    still_applied: BTreeSet<Path>,
    in_doubt: BTreeSet<Path>,
    unfinished: BTreeSet<Path>,
    /// The steps left behind by declaration. They remain applied, too, and are listed.
    left: LeftPaths,
}

/// A child saga without its types.
#[doc(hidden)]
pub trait AnyChild {
    /// The steps that the child leaves behind. If its parent leaves the child behind (`passed`),
    /// all steps that remain, or may remain, applied.
    fn left(&self, passed: bool) -> LeftPaths;
    /// The steps of the child that an operator must look after, unless the child was compensated.
    fn unsettled(&self) -> UnsettledPaths;
}

/// Looks up the child saga of a step, or of an item of a loop.
pub(crate) type Children<'a, 'c> = &'a dyn Fn(Node) -> Option<Box<dyn AnyChild + 'c>>;

/// Whether the saga compensates, and leaves the step as it is (`compensate none`).
fn is_passed(step: &Step, direction: Direction) -> bool {
    matches!(step.compensation, Compensation::None { .. }) && direction == Direction::Compensating
}

/// A child saga: one that runs, or its records.
pub(crate) trait ChildRun {
    fn kernel(&self) -> &Kernel;

    /// Collects its steps, and those of the runs that are part of it.
    fn remains<R: Remains>(&self) -> R;
}

/// The steps that a child saga leaves behind. If its parent leaves the child behind (`passed`), that is
/// all that remains, or may remain, applied.
pub(crate) fn left_behind(child: Option<&impl ChildRun>, passed: bool) -> LeftPaths {
    let Some(child) = child else {
        return LeftPaths::default();
    };
    let mut left = match child.kernel().direction() {
        Direction::Compensating => child.remains(),
        Direction::Forward => LeftPaths::default(),
    };
    if passed {
        left.strand(child.remains());
    }
    left
}

/// The steps of a child saga that an operator must look after, unless the child was compensated.
pub(crate) fn to_look_after(child: Option<&impl ChildRun>) -> UnsettledPaths {
    let child = child.filter(|child| child.kernel().end() != Some(End::Compensated));
    child.map_or_else(UnsettledPaths::default, ChildRun::remains)
}

/// The steps of a run that a report has to list, by path. A child saga or a loop is represented by
/// its own steps.
pub(crate) trait Remains: Default {
    /// Collects those steps of the run itself for which `path` returns a path. If not `is_now`, the
    /// run is from an earlier round, of which only the steps left behind count.
    fn of(run: Aftermath<'_>, is_now: bool, path: &dyn Fn(u16) -> Option<Path>) -> Self;

    /// Collects the steps of a child saga; `passed`: its parent leaves it behind.
    fn of_child(child: &dyn AnyChild, passed: bool) -> Self;

    /// Converts the paths to paths of the run that contains this node.
    fn within(self, node: Node) -> Self;

    fn merge(&mut self, more: Self);

    /// Puts the parts in the place of this round of the step at `node`.
    fn put(&mut self, node: Node, parts: Self);

    /// Collects the steps of a saga, without those of its children.
    fn of_saga(run: View<'_>) -> Self {
        Self::of(run.aftermath(), true, &|step| Some(vec![Node::child(step)]))
    }

    fn add_child(&mut self, node: Node, child: &dyn AnyChild, passed: bool) {
        self.put(node, Self::of_child(child, passed).within(node));
    }

    /// Adds the child sagas of a saga.
    fn add_children(&mut self, run: View<'_>, children: Children<'_, '_>) {
        for (step, declared) in (0..).zip(run.definition().steps.iter()) {
            let node = Node::child(step);
            if let Some(child) = children(node) {
                self.add_child(node, &*child, is_passed(declared, run.direction()));
            }
        }
    }

    /// Adds the items of the loop at `step` of a saga. The items from index `count` on are from an
    /// earlier round.
    fn add_items<'k>(
        &mut self,
        run: View<'_>,
        (step, count): (u16, usize),
        items: impl Iterator<Item = &'k Kernel>,
        children: Children<'_, '_>,
    ) {
        let count = if run.has_parts(step) { count } else { 0 };
        let mut all = Self::default();
        for (index, item) in (0..).zip(items) {
            let (node, item) = (Node::item(step, index), item.view());
            let direction = match run.direction() {
                Direction::Forward => item.direction(),
                // An item that goes forward was passed by the rollback, because nothing undoes it.
                Direction::Compensating => Direction::Compensating,
            };
            let is_now = usize::try_from(index).is_ok_and(|index| index < count);
            let path = |step| (step == Items::STEP).then(|| vec![node]);
            let mut of = Self::of(item.aftermath_in(direction), is_now, &path);
            if let Some(child) = children(node) {
                let declared = &item.definition().steps[usize::from(Items::STEP)];
                of.add_child(node, &*child, is_passed(declared, direction));
            }
            all.merge(of);
        }
        self.put(Node::child(step), all);
    }
}

/// Prefixes a path with the node of the run that it belongs to.
fn within(node: Node, path: &[Node]) -> Path {
    [&[node], path].concat()
}

/// The path as text, as in `wrapped[3]/bow`. `declared` is the definition of the program, which has
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
    fn of(run: Aftermath<'_>, _: bool, path: &dyn Fn(u16) -> Option<Path>) -> Self {
        let left = run.left();
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

    fn put(&mut self, _: Node, parts: Self) {
        self.merge(parts);
    }
}

impl LeftPaths {
    /// What is certain of one round is certain.
    fn add(&mut self, path: Path, how: Left) {
        let known = self.0.entry(path).or_insert(how);
        if how == Left::Certain {
            *known = how;
        }
    }

    /// Adds everything that remains of a child, because its parent leaves the child behind.
    fn strand(&mut self, unsettled: UnsettledPaths) {
        let UnsettledPaths {
            still_applied,
            in_doubt,
            unfinished: _,
            left,
        } = unsettled;
        self.merge(left);
        for path in still_applied {
            self.add(path, Left::Certain);
        }
        for path in in_doubt {
            self.add(path, Left::Perhaps);
        }
    }

    /// The steps with how they are left.
    fn each(&self) -> impl Iterator<Item = (&Path, Left)> {
        self.0.iter().map(|(path, how)| (path, *how))
    }

    pub(crate) fn shown(&self, declared: &Definition) -> Vec<LeftStep> {
        let left = |(path, how): (&Path, Left)| LeftStep {
            step: shown(declared, path),
            how,
        };
        self.each().map(left).collect()
    }
}

impl Remains for UnsettledPaths {
    fn of(run: Aftermath<'_>, is_now: bool, path: &dyn Fn(u16) -> Option<Path>) -> Self {
        let mut all = Self::default();
        if is_now {
            all.still_applied.extend(run.standing().filter_map(path));
            all.in_doubt.extend(run.in_doubt().filter_map(path));
            all.unfinished.extend(run.unfinished().filter_map(path));
        }
        all.left = LeftPaths::of(run, is_now, path);
        all
    }

    fn of_child(child: &dyn AnyChild, passed: bool) -> Self {
        let (mut all, left) = (child.unsettled(), child.left(passed));
        if passed {
            // They are left behind with the child.
            all.still_applied.clear();
            all.in_doubt.clear();
        }
        for (path, how) in left.each() {
            // A step that is left behind for certain is not listed as perhaps left, too.
            if how == Left::Certain {
                all.in_doubt.remove(path);
            }
        }
        all.left.merge(left);
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
            left: self.left.within(node),
        }
    }

    fn merge(&mut self, more: Self) {
        self.left.merge(more.left);
        self.still_applied.extend(more.still_applied);
        self.in_doubt.extend(more.in_doubt);
        self.unfinished.extend(more.unfinished);
    }

    fn put(&mut self, node: Node, parts: Self) {
        let step = &[node][..];
        self.still_applied.remove(step);
        self.in_doubt.remove(step);
        // The step is not listed next to its own parts; but a child that was compensated, and has
        // left something behind by declaration, still has to be run.
        let lists = [&parts.still_applied, &parts.in_doubt, &parts.unfinished];
        if lists.iter().any(|list| !list.is_empty()) {
            self.unfinished.remove(step);
        }
        self.merge(parts);
    }
}

impl UnsettledPaths {
    /// `unsaid`: the events of the saga could not be created, which is listed as unfinished.
    pub(crate) fn shown(&self, declared: &Definition, unsaid: bool) -> Unsettled {
        let left = |list| {
            let left = self.left.each().filter(move |(_, how)| *how == list);
            left.map(|(path, _)| path)
        };
        let shown = |paths: BTreeSet<&Path>| {
            let paths = paths.into_iter();
            paths.map(|path| shown(declared, path)).collect()
        };
        let (still_applied, in_doubt) = (self.still_applied.iter(), self.in_doubt.iter());
        let mut all = Unsettled {
            still_applied: shown(still_applied.chain(left(Left::Certain)).collect()),
            in_doubt: shown(in_doubt.chain(left(Left::Perhaps)).collect()),
            unfinished: shown(self.unfinished.iter().collect()),
        };
        let emit = unsaid.then_some(Text::Borrowed(EMIT));
        all.unfinished.extend(emit);
        all
    }
}
