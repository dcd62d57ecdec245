//! What the items of a loop leave, by path, in the place of the loop.

use super::{AnyChild, LeftStanding, Unsettled, first, is_passed};
use crate::{
    definition::{Definition, Items, Step, Text},
    kernel::{Direction, Event, Kernel, Left, StepState},
    values::node::Node,
};

/// The items of a loop: their kernels, of which those behind `count` are of an earlier time, and the
/// sagas that are done with them, if they are sagas.
pub(crate) struct ItemsTold<'a, 'c, K> {
    step: u16,
    count: usize,
    kernels: K,
    children: Children<'a, 'c>,
}

/// The sagas that are done with items.
type Children<'a, 'c> = &'a dyn Fn(Node) -> Option<Box<dyn AnyChild + 'c>>;

/// An item, as the way of its saga has left it.
struct Seen<'c, S> {
    path: Text,
    kernel: Kernel<S>,
    /// One that is of an earlier time may have left something then.
    is_now: bool,
    /// The saga that is done with it, if it is one that was begun.
    child: Option<Box<dyn AnyChild + 'c>>,
}

impl<'a, 'c, K> ItemsTold<'a, 'c, K> {
    /// Of a loop of the saga with this kernel, which has so many items now.
    pub(crate) fn of(
        kernel: &Kernel<impl AsRef<[StepState]> + AsMut<[StepState]>>,
        (step, count): (u16, usize),
        kernels: K,
        children: Children<'a, 'c>,
    ) -> Self {
        Self {
            step,
            count: if kernel.has_parts(step) { count } else { 0 },
            kernels,
            children,
        }
    }

    fn seen<'k, S>(
        self,
        (declared, direction): (&Definition, Direction),
    ) -> impl Iterator<Item = Seen<'c, S>>
    where
        K: Iterator<Item = &'k Kernel<S>>,
        S: AsRef<[StepState]> + AsMut<[StepState]> + Clone + 'k,
    {
        let Self {
            step,
            count,
            kernels,
            children,
        } = self;
        let name = &declared.steps[usize::from(step)].name;
        (0..).zip(kernels).map(move |(index, kernel)| {
            let mut kernel = kernel.clone();
            if direction == Direction::Compensating && kernel.direction() == Direction::Forward {
                // The way back has passed it, since nothing undoes it.
                let recalled = kernel.apply(Event::Recalled);
                debug_assert!(recalled.is_ok(), "an item can be rolled back");
            }
            Seen {
                path: format!("{name}[{index}]").into(),
                kernel,
                is_now: usize::try_from(index).is_ok_and(|index| index < count),
                child: children(Node::item(step, index)),
            }
        })
    }
}

fn is_in(mut steps: impl Iterator<Item = u16>) -> bool {
    steps.any(|step| step == Items::STEP)
}

impl<S: AsRef<[StepState]> + AsMut<[StepState]>> Seen<'_, S> {
    fn declared(&self) -> &Step {
        &self.kernel.definition().steps[usize::from(Items::STEP)]
    }

    fn passed(&self) -> bool {
        is_passed(self.declared(), self.kernel.direction())
    }

    fn is_unfinished(&self) -> bool {
        self.is_now && is_in(self.kernel.unfinished())
    }

    /// How it is left, if it is one step.
    fn own(&self) -> Option<Left> {
        let mut left = self.kernel.left();
        let own = left.find(|(step, _)| *step == Items::STEP);
        own.map(|(_, how)| how)
    }

    fn left(&self) -> Vec<LeftStanding> {
        if let Some(child) = &self.child {
            let step = (&self.path, self.declared());
            return LeftStanding::of_child(step, &**child, self.passed());
        }
        let left = |how| LeftStanding {
            step: self.path.clone(),
            how,
        };
        self.own().map(left).into_iter().collect()
    }

    fn unsettled(&self) -> Unsettled {
        let mut all = Unsettled::default();
        if let Some(child) = &self.child {
            let step = (&self.path, self.declared());
            all.add(step, &**child, self.passed(), self.is_unfinished());
            return all;
        }
        let (kernel, left) = (&self.kernel, self.own());
        let path = |listed: bool| listed.then(|| self.path.clone());
        let standing = self.is_now && is_in(kernel.standing()) || left == Some(Left::Certain);
        let in_doubt = self.is_now && is_in(kernel.in_doubt()) || left == Some(Left::Perhaps);
        all.still_applied.extend(path(standing));
        all.in_doubt.extend(path(in_doubt));
        all.unfinished.extend(path(self.is_unfinished()));
        all
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
        let left = told.seen(way).flat_map(|item| item.left());
        let (certain, perhaps): (Vec<_>, Vec<_>) = left.partition(|left| left.how == Left::Certain);
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
        for item in told.seen(way).map(|item| item.unsettled()) {
            of.still_applied.extend(item.still_applied);
            of.in_doubt.extend(item.in_doubt);
            of.unfinished.extend(item.unfinished);
        }
        let any_listed = !of.still_applied.is_empty() || !of.in_doubt.is_empty();
        replace(
            declared,
            &mut self.still_applied,
            step,
            of.still_applied,
            |path| path,
        );
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
