//! What a step has sent was made of what it read. A step that remains, and was made of something that
//! it does not read in the new version, may have another content now: there is no rerun over it.

use std::collections::BTreeSet;
use typed_saga_core::definition::{Compensation, Definition, Rerun, Step, Text, Touched, below};

/// What code reads that decides about the content of a step: inputs, `ctx`, and effects by the names
/// of their steps.
type Content<'d> = BTreeSet<&'d str>;

/// Marks `is` if a rerun would call it again under its old key, or something in its child saga, and
/// its content may be another than in `was`.
pub(super) fn note(
    (old, was): (&Definition, &Step),
    (new, is): (&Definition, &mut Step),
    touched: Touched<'_>,
) {
    let (before, now) = (Sources::of(old, was), Sources::of(new, is));
    let is_other_list = !before.of_list(was).is_subset(&now.of_list(is));
    let is_other = if was.acting().child.is_some() {
        !gets_the_same((&before, was), (&now, is))
    } else {
        !before.of_action(was).is_subset(&now.of_action(is))
    };
    if is_other || is_other_list {
        forbid(is, touched);
    }
}

/// Whether each input of a child saga is made of nothing that it is not made of now.
fn gets_the_same((before, was): (&Sources<'_>, &Step), (now, is): (&Sources<'_>, &Step)) -> bool {
    let [all, known] = [was, is].map(|step| step.acting().child.as_ref());
    let mut all = all.iter().flat_map(|child| child.given.iter());
    all.all(|given| {
        let mut known = known.iter().flat_map(|child| child.given.iter());
        let same = known.find(|same| same.name == given.name);
        same.is_some_and(|same| {
            before
                .names(&given.reads)
                .is_subset(&now.names(&same.reads))
        })
    })
}

/// There is no rerun over the step, or over what has been called in its child saga and remains.
fn forbid(is: &mut Step, touched: Touched<'_>) {
    if !touched(&[]) {
        return;
    }
    if is.compensation == Compensation::None(Rerun::Undeclared) {
        is.said = is.keyed_as();
    }
    let rare = &mut *is.rare;
    let child = rare.child.iter_mut().map(|child| &mut child.definition);
    let each = rare.items.iter_mut().map(|items| &mut items.each);
    for part in child.chain(each) {
        let mut definition = (**part).clone();
        for (place, step) in (0..).zip(definition.steps.to_mut()) {
            forbid(step, &below(place, touched));
        }
        *part = definition.into();
    }
}

/// What the names that a step reads stand for.
struct Sources<'d> {
    of: &'d Definition,
    /// The variable of a loop, whose items are not read under the same name in each version.
    item: Option<&'d Text>,
}

impl<'d> Sources<'d> {
    fn of(of: &'d Definition, step: &'d Step) -> Self {
        let item = step.items.as_ref().map(|items| &items.item);
        Self { of, item }
    }

    fn names(&self, reads: &'d [Text]) -> Content<'d> {
        let is_service = |read: &Text| {
            let mut services = self.of.services.iter();
            services.any(|service| service.name == *read)
        };
        let reads = reads.iter().filter(|read| Some(*read) != self.item);
        let reads = reads.filter(|read| !is_service(read));
        let steps = || self.of.steps.iter();
        let named = |read: &'d Text| steps().find(|step| step.read_as() == &**read);
        reads
            .map(|read| named(read).map_or(&**read, |step| &*step.name))
            .collect()
    }

    /// A step that is called again under its old key has the same key.
    fn of_action(&self, step: &'d Step) -> Content<'d> {
        let mut names = self.names(&step.acting().reads);
        names.remove("key");
        names
    }

    fn of_list(&self, step: &'d Step) -> Content<'d> {
        let items = step.items.as_ref();
        items.map_or_else(Content::new, |items| self.names(&items.reads))
    }
}
