//! What the items of a loop leave, by path, in the place of the loop.

use super::{LeftStanding, Unsettled, first};
use crate::{
    definition::{Definition, Items, Text},
    kernel::{Direction, Event, Kernel, Left, StepState},
};

/// The items of a loop: their kernels, of which those behind `count` are of an earlier time.
pub(crate) struct ItemsTold<K> {
    pub(crate) step: u16,
    pub(crate) count: usize,
    pub(crate) kernels: K,
}

/// What of an item is left, stands, is in doubt, or is not done.
struct Seen {
    path: Text,
    left: Option<Left>,
    standing: bool,
    in_doubt: bool,
    unfinished: bool,
}

impl<K> ItemsTold<K> {
    fn seen<'k, S>(self, (declared, direction): (&Definition, Direction)) -> Vec<Seen>
    where
        K: Iterator<Item = &'k Kernel<S>>,
        S: AsRef<[StepState]> + AsMut<[StepState]> + Clone + 'k,
    {
        let name = &declared.steps[usize::from(self.step)].name;
        let seen = |(index, kernel): (usize, &Kernel<S>)| {
            let mut kernel = kernel.clone();
            if direction == Direction::Back && kernel.direction() == Direction::Forward {
                // The way back has passed it, since nothing undoes it.
                let recalled = kernel.apply(Event::Recalled);
                debug_assert!(recalled.is_ok(), "an item can be called back");
            }
            let is_item = |step| step == Items::STEP;
            // One that is of an earlier time may have left something then.
            let is_now = index < self.count;
            Seen {
                path: format!("{name}[{index}]").into(),
                left: kernel
                    .left()
                    .find(|(step, _)| is_item(*step))
                    .map(|(_, how)| how),
                standing: is_now && kernel.standing().any(is_item),
                in_doubt: is_now && kernel.in_doubt().any(is_item),
                unfinished: is_now && kernel.unfinished().any(is_item),
            }
        };
        self.kernels.enumerate().map(seen).collect()
    }
}

impl LeftStanding {
    /// Puts what the items of a loop leave in its place in a list in order of declaration.
    pub(crate) fn add_items<'k, S>(
        all: &mut Vec<Self>,
        way: (&Definition, Direction),
        told: ItemsTold<impl Iterator<Item = &'k Kernel<S>>>,
    ) where
        S: AsRef<[StepState]> + AsMut<[StepState]> + Clone + 'k,
    {
        let step = told.step;
        let seen = told.seen(way);
        let of = |how| {
            let left = seen.iter().filter(move |item| item.left == Some(how));
            left.map(move |item| Self {
                step: item.path.clone(),
                how,
            })
        };
        let items = of(Left::Certain).chain(of(Left::Perhaps)).collect();
        replace(way.0, all, step, items, |left| &left.step);
    }
}

impl Unsettled {
    /// Puts what of the items of a loop somebody must look after in its place.
    pub(crate) fn add_items<'k, S>(
        &mut self,
        way: (&Definition, Direction),
        told: ItemsTold<impl Iterator<Item = &'k Kernel<S>>>,
    ) where
        S: AsRef<[StepState]> + AsMut<[StepState]> + Clone + 'k,
    {
        let (declared, step) = (way.0, told.step);
        let seen = told.seen(way);
        let paths = |which: &dyn Fn(&Seen) -> bool| -> Vec<Text> {
            let items = seen.iter().filter(|item| which(item));
            items.map(|item| item.path.clone()).collect()
        };
        let mut standing = paths(&|item| item.standing);
        standing.extend(paths(&|item| item.left == Some(Left::Certain)));
        let mut in_doubt = paths(&|item| item.in_doubt);
        in_doubt.extend(paths(&|item| item.left == Some(Left::Perhaps)));
        let any_listed = !standing.is_empty() || !in_doubt.is_empty();
        replace(declared, &mut self.standing, step, standing, |path| path);
        replace(declared, &mut self.in_doubt, step, in_doubt, |path| path);
        let unfinished = paths(&|item| item.unfinished);
        // It is never listed itself beside what is in it.
        if !unfinished.is_empty() || any_listed {
            replace(declared, &mut self.unfinished, step, unfinished, |path| {
                path
            });
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
