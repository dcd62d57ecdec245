//! The ends of a loop of two items, by the kernels of the loop and its items.

use super::{Tree, applied, compensated, refused};
use crate::{
    kernel::{Direction, Kernel, LoopKernel, part::PartEnd, tests::tree::Move},
    values::call::CallKind,
};

const ITEMS: usize = 2;

/// The saga after each way in which its loop, which has just begun, may end: all items are applied, or
/// one of them is refused; if the saga already rolls back, after so many items.
pub(super) fn ends(tree: &Tree, step: u16) -> Vec<Tree> {
    let back = tree.saga.direction() == Direction::Compensating;
    let whole = (!back).then_some((ITEMS, false));
    let partial = (0..ITEMS).map(|items| (items, !back));
    whole
        .into_iter()
        .chain(partial)
        .map(|(applied, refuses)| end(tree, step, applied, refuses))
        .collect()
}

/// So many items are applied; if the next one does not fail and is not the last, the saga rolls back.
fn end(tree: &Tree, step: u16, applies: usize, refuses: bool) -> Tree {
    let call = CallKind::Action;
    let mut looped = LoopKernel::of(call);
    let mut items = Vec::new();
    for item in 0..applies + usize::from(refuses) {
        let mut kernel = tree.saga.parts().kernel(step).expect("it is a loop");
        kernel.act(1, if item < applies { applied } else { refused });
        looped.moved(&kernel);
        items.push(kernel);
    }
    let back = tree.saga.direction() == Direction::Compensating;
    if back {
        looped.recalled();
    }
    for item in items.iter_mut().rev().filter(|_| back || refuses) {
        item.recall();
        while item.end().is_none() {
            item.compensate(1, compensated);
        }
        looped.moved(item);
    }
    let parts = items.iter().map(Kernel::as_part);
    let mut then = tree.clone();
    then.saga
        .note_part(step, parts.fold(PartEnd::default(), PartEnd::and));
    then.hear(&[], Move::Hear(looped.end(&items).event(step, call)));
    then
}
