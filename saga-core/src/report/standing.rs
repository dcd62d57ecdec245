//! What a run leaves: which steps are still applied, in doubt or unfinished, by path, those of
//! child sagas included.

use crate::{
    definition::{Compensation, Definition, Step, Text},
    kernel::{Direction, Kernel, Left, StepState},
};
use std::collections::{HashMap, HashSet};

mod items;

pub(crate) use items::ItemsTold;

/// What is unfinished where events could not be made, and the path of that failure.
pub(crate) const EMIT: &str = "emit";

/// A step that a compensated saga has left applied, as its declaration allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftStanding {
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

/// A saga that is a step of another, without its types.
pub trait AnyChild {
    /// What it leaves behind; all that stands of it, if its parent leaves it behind (`passed`).
    fn left(&self, passed: bool) -> Vec<LeftStanding>;
    /// What of it somebody must look after, unless it was compensated.
    fn unsettled(&self) -> Unsettled;
}

/// The sagas that are steps of a run, by index.
pub(crate) type Children<'a, 'c> = &'a dyn Fn(u16) -> Option<Box<dyn AnyChild + 'c>>;

/// The step of the run itself that a path begins with.
pub(crate) fn first(path: &str) -> &str {
    path.split(['/', '[']).next().unwrap_or(path)
}

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

impl LeftStanding {
    /// `declared`: the definition of the program, which has the same names as the kernel's.
    #[inline]
    pub(crate) fn all(
        declared: &Definition,
        kernel: &Kernel<impl AsRef<[StepState]> + AsMut<[StepState]>>,
    ) -> Vec<Self> {
        // A loop, since most often there is nothing to collect.
        let mut all = Vec::new();
        for (step, how) in kernel.left() {
            let step = declared.steps[usize::from(step)].name.clone();
            all.push(Self { step, how });
        }
        all
    }

    /// The same, with what the sagas that are steps leave in their places.
    pub(crate) fn with_children(
        own: Vec<Self>,
        (declared, direction): (&Definition, Direction),
        children: Children<'_, '_>,
    ) -> Vec<Self> {
        let mut own = own.into_iter().peekable();
        let mut all = Vec::new();
        for (step, declared) in (0..).zip(declared.steps.iter()) {
            let name = &declared.name;
            let mut listed = Vec::new();
            while let Some(left) = own.next_if(|left| first(&left.step) == *name) {
                listed.push(left);
            }
            if let Some(child) = children(step) {
                let passed = is_passed(declared, direction);
                listed = Self::of_child((name, declared), &*child, passed);
            }
            all.extend(listed);
        }
        all
    }

    /// What the saga at a path leaves, which is this step, or is done with an item of it.
    fn of_child((path, step): (&Text, &Step), child: &dyn AnyChild, passed: bool) -> Vec<Self> {
        let mut left = child.left(passed);
        in_order(step, &mut left, |left| &left.step);
        let within = |left: Self| Self {
            step: format!("{path}/{}", left.step).into(),
            ..left
        };
        left.into_iter().map(within).collect()
    }

    /// All of what was parked, where its parent leaves it behind.
    pub(crate) fn stranded(unsettled: Unsettled) -> Vec<Self> {
        let Unsettled {
            still_applied,
            in_doubt,
            ..
        } = unsettled;
        let how = |how| move |step| Self { step, how };
        let certain = still_applied.into_iter().map(how(Left::Certain));
        certain
            .chain(in_doubt.into_iter().map(how(Left::Perhaps)))
            .collect()
    }

    /// What is left twice is listed once, and for certain if it is so once.
    pub(crate) fn merge(into: &mut Vec<Self>, more: Vec<Self>) {
        // Of a loop there may be as many as it has items.
        let known = into.iter().map(|left| left.step.clone()).zip(0..);
        let known: HashMap<Text, usize> = known.collect();
        for left in more {
            match known.get(&left.step) {
                Some(at) if left.how == Left::Certain => into[*at].how = Left::Certain,
                Some(_) => {}
                None => into.push(left),
            }
        }
    }
}

impl Unsettled {
    /// What is left by declaration stands, too: a parked saga names all of it. `declared`: the
    /// definition of the program, which has the same names as the kernel's.
    pub(crate) fn of(
        declared: &Definition,
        kernel: &Kernel<impl AsRef<[StepState]> + AsMut<[StepState]>>,
    ) -> Self {
        let with_left = |listed: Vec<u16>, how| {
            let left = kernel.left().filter(move |(_, left)| *left == how);
            let mut all = listed;
            all.extend(left.map(|(step, _)| step));
            all.sort_unstable();
            all.dedup();
            all
        };
        let name = |step: u16| declared.steps[usize::from(step)].name.clone();
        let names = |steps: Vec<u16>| steps.into_iter().map(name).collect();
        Self {
            still_applied: names(with_left(kernel.standing().collect(), Left::Certain)),
            in_doubt: names(with_left(kernel.in_doubt().collect(), Left::Perhaps)),
            unfinished: names(kernel.unfinished().collect()),
        }
    }

    /// The same of a saga whose events could not be made: that is unfinished.
    pub(crate) fn unsaid(mut self, unsaid: bool) -> Self {
        self.unfinished
            .extend(unsaid.then_some(Text::Borrowed(EMIT)));
        self
    }

    /// The same, with what the sagas that are steps have in their places.
    pub(crate) fn with_children(
        own: &Self,
        (declared, direction): (&Definition, Direction),
        children: Children<'_, '_>,
    ) -> Self {
        let mut all = Self::default();
        for (step, declared) in (0..).zip(declared.steps.iter()) {
            let name = &declared.name;
            let of = |list: &[Text]| {
                let own = list.iter().filter(|path| first(path) == *name);
                own.cloned().collect::<Vec<_>>()
            };
            if let Some(child) = children(step) {
                let unfinished = !of(&own.unfinished).is_empty();
                let passed = is_passed(declared, direction);
                all.add((name, declared), &*child, passed, unfinished);
                continue;
            }
            all.still_applied.extend(of(&own.still_applied));
            all.in_doubt.extend(of(&own.in_doubt));
            all.unfinished.extend(of(&own.unfinished));
        }
        all
    }

    /// `unfinished`: whether the step itself is.
    fn add(
        &mut self,
        (step, declared): (&Text, &Step),
        child: &dyn AnyChild,
        passed: bool,
        unfinished: bool,
    ) {
        let within = |of: Text| Text::Owned(format!("{step}/{of}"));
        let mut of = child.unsettled();
        let left = child.left(passed).into_iter();
        let (certain, perhaps): (Vec<_>, _) = left.partition(|left| left.how == Left::Certain);
        if !certain.is_empty() {
            // What is left for certain of an earlier round is not said to be so perhaps, too.
            let certain: HashSet<&Text> = certain.iter().map(|left| &left.step).collect();
            of.in_doubt.retain(|path| !certain.contains(path));
        }
        add_left(&mut of.still_applied, certain);
        add_left(&mut of.in_doubt, perhaps);
        in_order(declared, &mut of.still_applied, |path| path);
        in_order(declared, &mut of.in_doubt, |path| path);
        let is_listed = [&of.still_applied, &of.in_doubt, &of.unfinished]
            .iter()
            .any(|list| !list.is_empty());
        if unfinished && !is_listed {
            self.unfinished.push(step.clone());
        }
        self.still_applied
            .extend(of.still_applied.into_iter().map(within));
        self.in_doubt.extend(of.in_doubt.into_iter().map(within));
        self.unfinished
            .extend(of.unfinished.into_iter().map(within));
    }
}

/// Puts what is told of a saga that is this step in order of declaration: what is left of an earlier
/// round of it stands wherever it is declared.
fn in_order<T>(step: &Step, told: &mut [T], path: impl Fn(&T) -> &Text) {
    if let Some(child) = &step.child {
        told.sort_by_cached_key(|told| places(&child.definition, path(told)));
    }
}

/// Where a path leads: for each of its names the index of the step, and of the item.
fn places(definition: &Definition, path: &str) -> Vec<(usize, u32)> {
    let (of, rest) = path.split_once('/').unwrap_or((path, ""));
    let (name, item) = of.split_once('[').unwrap_or((of, ""));
    let item = item.trim_end_matches(']').parse().unwrap_or_default();
    let Some(index) = definition.steps.iter().position(|step| step.name == name) else {
        return Vec::new();
    };
    let mut all = vec![(index, item)];
    if let Some(child) = definition.steps[index].saga() {
        all.extend(places(&child.definition, rest));
    }
    all
}

/// Lists what is left, too, if it is not listed yet.
fn add_left(list: &mut Vec<Text>, left: Vec<LeftStanding>) {
    let known: HashSet<Text> = list.iter().cloned().collect();
    let left = left.into_iter().map(|left| left.step);
    list.extend(left.filter(|step| !known.contains(step)));
}

#[cfg(test)]
mod tests {
    use super::{AnyChild, LeftStanding, Unsettled, places};
    use crate::definition::{self, Definition, Items, Step};
    use crate::kernel::Left;
    use std::time::{Duration, Instant};

    fn left(how: Left) -> Vec<LeftStanding> {
        let items = 0..50_000;
        let step = |index| format!("sent[{index}]").into();
        items
            .map(|index| LeftStanding {
                step: step(index),
                how,
            })
            .collect()
    }

    struct Child;

    impl AnyChild for Child {
        fn left(&self, _: bool) -> Vec<LeftStanding> {
            left(Left::Certain)
        }

        fn unsettled(&self) -> Unsettled {
            Unsettled {
                still_applied: left(Left::Certain)
                    .into_iter()
                    .map(|left| left.step)
                    .collect(),
                ..Unsettled::default()
            }
        }
    }

    #[test]
    fn what_many_items_leave_is_put_together_in_time_that_grows_with_their_number() {
        let start = Instant::now();
        let mut all = left(Left::Perhaps);
        LeftStanding::merge(&mut all, left(Left::Certain));
        assert_eq!(all, left(Left::Certain));
        let mut unsettled = Unsettled::default();
        unsettled.add((&"wrapped".into(), &Step::PLAIN), &Child, true, false);
        assert_eq!(unsettled.still_applied.len(), all.len());
        // With the square of it this takes minutes.
        assert!(start.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn a_path_leads_through_the_sagas_that_are_done_with_items() {
        let step = |name: &'static str| Step {
            name: name.into(),
            ..Step::PLAIN
        };
        let of = |steps: Vec<Step>| Definition {
            steps: steps.into(),
            ..Definition::EMPTY
        };
        let child = definition::Child {
            definition: of(vec![step("paper"), step("bow")]).into(),
            services: Vec::new().into(),
        };
        let wrapped = Step {
            child: Some(child),
            ..step("wrapped")
        };
        let each = Items::each_of(wrapped, false, false, false).into();
        let items = Items {
            item: "gift".into(),
            ty: "Gift".into(),
            reads: Vec::new().into(),
            when: None,
            concurrent: 1,
            each,
        };
        let looped = Step {
            items: Some(items),
            ..step("wrapped")
        };
        let definition = of(vec![step("held"), looped]);
        assert_eq!(places(&definition, "wrapped[2]/bow"), [(1, 2), (1, 0)]);
        assert_eq!(places(&definition, "held"), [(0, 0)]);
    }
}
