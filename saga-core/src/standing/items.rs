//! What the items of a loop leave, by path, in the place of the loop.

use super::{AnyChild, LeftStanding, Unsettled, first, is_passed};
use crate::{
    definition::{Definition, Items, Step, Text},
    kernel::{Direction, Event, Kernel, Left, StepState},
    node::Node,
};

/// The items of a loop: their kernels, of which those behind `count` are of an earlier time, and the
/// sagas that are done with them, if they are sagas.
pub(crate) struct ItemsTold<'a, 'c, K> {
    pub(crate) step: u16,
    pub(crate) count: usize,
    pub(crate) kernels: K,
    pub(crate) children: &'a dyn Fn(Node) -> Option<Box<dyn AnyChild + 'c>>,
}

/// What there is to tell of an item.
struct Seen {
    left: Vec<LeftStanding>,
    unsettled: Unsettled,
}

impl<K> ItemsTold<'_, '_, K> {
    fn seen<'k, S>(self, (declared, direction): (&Definition, Direction)) -> Vec<Seen>
    where
        K: Iterator<Item = &'k Kernel<S>>,
        S: AsRef<[StepState]> + AsMut<[StepState]> + Clone + 'k,
    {
        let name = &declared.steps[usize::from(self.step)].name;
        let seen = |(index, kernel): (u32, &Kernel<S>)| {
            let mut kernel = kernel.clone();
            if direction == Direction::Back && kernel.direction() == Direction::Forward {
                // The way back has passed it, since nothing undoes it.
                let recalled = kernel.apply(Event::Recalled);
                debug_assert!(recalled.is_ok(), "an item can be called back");
            }
            let path = Text::from(format!("{name}[{index}]"));
            // One that is of an earlier time may have left something then.
            let is_now = usize::try_from(index).is_ok_and(|index| index < self.count);
            let declared = &kernel.definition().steps[usize::from(Items::STEP)];
            if declared.child.is_none() {
                return Seen::of(&path, &kernel, is_now);
            }
            let passed = is_passed(declared, kernel.direction());
            let child = (self.children)(Node::item(self.step, index));
            let unfinished = is_now && is_in(kernel.unfinished());
            Seen::of_saga((&path, declared), child.as_deref(), passed, unfinished)
        };
        (0..).zip(self.kernels).map(seen).collect()
    }
}

fn is_in(mut steps: impl Iterator<Item = u16>) -> bool {
    steps.any(|step| step == Items::STEP)
}

impl Seen {
    fn of<S>(path: &Text, kernel: &Kernel<S>, is_now: bool) -> Self
    where
        S: AsRef<[StepState]> + AsMut<[StepState]>,
    {
        let left = kernel.left().find(|(step, _)| *step == Items::STEP);
        let left = left.map(|(_, how)| how);
        let standing = is_now && is_in(kernel.standing()) || left == Some(Left::Certain);
        let in_doubt = is_now && is_in(kernel.in_doubt()) || left == Some(Left::Perhaps);
        let unfinished = is_now && is_in(kernel.unfinished());
        let paths = |listed: bool| listed.then(|| path.clone()).into_iter().collect();
        Self {
            left: left
                .map(|how| LeftStanding {
                    step: path.clone(),
                    how,
                })
                .into_iter()
                .collect(),
            unsettled: Unsettled {
                standing: paths(standing),
                in_doubt: paths(in_doubt),
                unfinished: paths(unfinished),
            },
        }
    }

    fn of_saga(
        (path, declared): (&Text, &Step),
        child: Option<&dyn AnyChild>,
        passed: bool,
        unfinished: bool,
    ) -> Self {
        let mut unsettled = Unsettled::default();
        let Some(child) = child else {
            unsettled
                .unfinished
                .extend(unfinished.then(|| path.clone()));
            let left = Vec::new();
            return Self { left, unsettled };
        };
        unsettled.add((path, declared), child, passed, unfinished);
        let left = child.left(passed).into_iter();
        Self {
            left: left.map(|left| left.within(path)).collect(),
            unsettled,
        }
    }
}

impl LeftStanding {
    /// Puts what the items of a loop leave in its place in a list in order of declaration.
    pub(crate) fn add_items<'k, S>(
        all: &mut Vec<Self>,
        way: (&Definition, Direction),
        told: ItemsTold<'_, '_, impl Iterator<Item = &'k Kernel<S>>>,
    ) where
        S: AsRef<[StepState]> + AsMut<[StepState]> + Clone + 'k,
    {
        let step = told.step;
        let seen = told.seen(way).into_iter();
        let (certain, perhaps): (Vec<_>, Vec<_>) = seen
            .flat_map(|item| item.left)
            .partition(|left| left.how == Left::Certain);
        let items = certain.into_iter().chain(perhaps).collect();
        replace(way.0, all, step, items, |left| &left.step);
    }
}

impl Unsettled {
    /// Puts what of the items of a loop somebody must look after in its place.
    pub(crate) fn add_items<'k, S>(
        &mut self,
        way: (&Definition, Direction),
        told: ItemsTold<'_, '_, impl Iterator<Item = &'k Kernel<S>>>,
    ) where
        S: AsRef<[StepState]> + AsMut<[StepState]> + Clone + 'k,
    {
        let (declared, step) = (way.0, told.step);
        let mut of = Self::default();
        for item in told.seen(way) {
            of.standing.extend(item.unsettled.standing);
            of.in_doubt.extend(item.unsettled.in_doubt);
            of.unfinished.extend(item.unsettled.unfinished);
        }
        let any_listed = !of.standing.is_empty() || !of.in_doubt.is_empty();
        replace(declared, &mut self.standing, step, of.standing, |path| path);
        replace(declared, &mut self.in_doubt, step, of.in_doubt, |path| path);
        // It is never listed itself beside what is in it.
        if !of.unfinished.is_empty() || any_listed {
            replace(
                declared,
                &mut self.unfinished,
                step,
                of.unfinished,
                |path| path,
            );
        }
    }
}

/// Puts the paths of the items of a loop in its place in a list in order of declaration.
fn replace<T>(
    declared: &Definition,
    list: &mut Vec<T>,
    step: u16,
    items: Vec<T>,
    path: impl Fn(&T) -> &Text,
) {
    let place = |entry: &T| {
        let first = first(path(entry));
        declared.steps.iter().position(|step| *step.name == *first)
    };
    let at = Some(usize::from(step));
    list.retain(|entry| place(entry) != at);
    let behind = list.iter().position(|entry| place(entry) > at);
    let behind = behind.unwrap_or(list.len());
    list.splice(behind..behind, items);
}
