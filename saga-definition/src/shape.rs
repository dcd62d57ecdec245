//! A number that shows whether a saga has changed which may have completed as a child saga: nothing
//! of such a saga may change.

use crate::{
    definition::{Arm, Compensation, Definition, Field, Items, Rare, Step},
    text::{Text, fnv_1a},
};

impl Definition {
    /// A number that is the same for versions of a saga that are interchangeable for the runs of
    /// its parent. It is computed from the inputs; the names, order, kinds, blocks, types, clauses
    /// and dependencies of the steps; and the same of their child sagas. Policies, promises, docs,
    /// and introduced steps do not count. Another release of this library may compute another
    /// number.
    #[must_use]
    pub fn shape(&self) -> u64 {
        self.shape_with(Counts::Required)
    }

    /// The shape of a version in which each introduced step is required; `None` if this one has no
    /// introduced step, or goes on without a step.
    #[doc(hidden)]
    #[must_use]
    pub fn shape_once_required(&self) -> Option<u64> {
        let any = |what: fn(&Step) -> bool| self.any_step(&what);
        let requires = any(|step| step.introduced) && !any(|step| step.absent);
        requires.then(|| self.shape_with(Counts::All))
    }

    /// The shape without that of the child sagas, which are not known while a saga is compiled.
    #[doc(hidden)]
    #[must_use]
    pub fn own_shape(&self) -> u64 {
        self.own_shape_with(Counts::Required)
    }

    fn shape_with(&self, counts: Counts) -> u64 {
        let children = self.steps.iter().filter_map(Step::saga);
        let children: Vec<_> = children
            .map(|child| child.definition.shape_with(counts))
            .collect();
        shape(self.own_shape_with(counts), &children)
    }

    fn own_shape_with(&self, counts: Counts) -> u64 {
        let steps = self.steps.iter().filter(|step| counts.has(step));
        let steps: Vec<_> = steps.map(|step| self.shape_of(step, counts)).collect();
        let inputs = self.inputs.iter();
        let inputs: Vec<_> = inputs
            .map(|Field { name, ty }| (name, without_spaces(ty)))
            .collect();
        fnv_1a(format!("{:?}", (&self.name, inputs, steps)).as_bytes())
    }

    /// Whether `is` holds for a step of the saga, or of its child sagas.
    #[doc(hidden)]
    #[must_use]
    pub fn any_step(&self, is: &dyn Fn(&Step) -> bool) -> bool {
        let mut steps = self.steps.iter();
        steps.any(|step| {
            let child = step.saga().map(|child| &child.definition);
            is(step) || child.is_some_and(|child| child.any_step(is))
        })
    }
}

/// The steps that count.
#[derive(Clone, Copy)]
enum Counts {
    All,
    /// The steps that are not introduced.
    Required,
}

impl Counts {
    const fn has(self, step: &Step) -> bool {
        matches!(self, Self::All) || !step.introduced
    }
}

/// The shape of a saga; `children` are the shapes of its child sagas, in order.
#[doc(hidden)]
#[must_use]
pub const fn shape(own: u64, children: &[u64]) -> u64 {
    let (mut shape, mut index) = (own, 0);
    while index < children.len() {
        shape = (shape ^ children[index])
            .wrapping_mul(0x0100_0000_01b3)
            .rotate_left(32);
        index += 1;
    }
    shape
}

impl Definition {
    fn shape_of(&self, step: &Step, counts: Counts) -> String {
        let Step {
            name,
            kind,
            effect,
            group,
            condition,
            compensation,
            resolve,
            stands_on,
            idempotent,
            late,
            retired,
            introduced,
            // Properties of a run, not of a declaration.
            started: _,
            absent: _,
            rare,
            // What is `free()` does not count.
            ..
        } = step;
        let Rare {
            when,
            fallback,
            awaits,
            keyed_by,
            items,
            // The child has a shape of its own.
            child: _,
            // A child saga has no locks.
            lock: _,
            // A run that has completed does not go back.
            savepoint: _,
            ..
        } = rare.get();
        let undone = match compensation {
            Compensation::Absent => ("-", Vec::new(), None, None),
            Compensation::None { .. } => ("none", Vec::new(), None, None),
            Compensation::Declared { by_key, call } => {
                let how = if *by_key { "by key" } else { "declared" };
                let is_left_out = |read: &Text| {
                    let mut steps = self.steps.iter();
                    steps.any(|step| !counts.has(step) && step.name == *read)
                };
                let reads = call.reads.iter().filter(|read| !is_left_out(read));
                (how, reads.collect(), call.keyed_by.as_ref(), None)
            }
            Compensation::With(other) => ("with", Vec::new(), None, self.name_of(*other)),
        };
        let items = items.as_ref();
        let items = items.map(|Items { ty, when, each, .. }| {
            let own = each.steps.last().map(|step| each.shape_of(step, counts));
            (without_spaces(ty), when.is_some() && !introduced, own)
        });
        let clauses = (
            (when.is_some() && !introduced, retired),
            resolve.is_some(),
            fallback.is_some(),
            late.is_some(),
            idempotent,
            keyed_by,
        );
        let names = |places: &[u16]| -> Vec<&Text> {
            let steps = places.iter().filter(|place| {
                let step = self.steps.get(usize::from(**place));
                step.is_some_and(|step| counts.has(step))
            });
            steps.filter_map(|place| self.name_of(*place)).collect()
        };
        let place = (
            group.map(|group| (self.name_of(group.first), group.len)),
            condition,
            names(stands_on),
            names(awaits),
        );
        let what = (name, kind, without_spaces(effect));
        // As before there were arms, if the step is in none but the first.
        let arm = condition.and_then(|block| self.conditions.get(usize::from(block)));
        let arm = arm.map_or(Arm::When, |arm| arm.arm);
        let arm = if arm == Arm::When { "" } else { arm.words() };
        format!("{:?}{arm}", (what, place, clauses, undone, items))
    }

    fn name_of(&self, place: u16) -> Option<&Text> {
        let step = self.steps.get(usize::from(place));
        step.map(|step| &step.name)
    }
}

fn without_spaces(ty: &str) -> String {
    ty.split_whitespace().collect()
}

#[cfg(all(test, feature = "json"))]
mod tests {
    use crate::definition::{Child, Definition, Items, Step};

    fn step(name: &'static str) -> Step {
        Step {
            name: name.into(),
            ..Step::PLAIN
        }
    }

    fn saga(name: &'static str, steps: Vec<Step>) -> Definition {
        Definition {
            name: name.into(),
            steps: steps.into(),
            ..Definition::EMPTY
        }
    }

    fn child(definition: Definition) -> Step {
        let mut child = step("wrapped");
        child.child = Some(Child {
            definition: definition.into(),
            ..Child::PLAIN
        });
        child
    }

    fn looped(each: Step) -> Step {
        let mut looped = step("wrapped");
        looped.items = Some(Items {
            ty: "u8".into(),
            each: Items::each_of(each, false, false, false).into(),
            ..Items::PLAIN
        });
        looped
    }

    #[test]
    fn what_is_read_from_a_journal_has_the_shape_that_it_was_written_with() {
        let paper = || saga("Wrap", vec![step("paper"), step("ribbon")]);
        let shapes = [
            paper(),
            saga("Warp", vec![step("paper"), step("ribbon")]),
            saga("Wrap", vec![step("ribbon"), step("paper")]),
            saga("Wrap", vec![step("paper")]),
            saga("Send", vec![child(paper())]),
            saga("Send", vec![child(saga("Wrap", vec![step("paper")]))]),
            saga("Send", vec![looped(child(paper()))]),
            saga("Send", vec![looped(step("wrapped"))]),
        ]
        .map(|definition| {
            let read = Definition::from_json(&definition.to_json()).unwrap();
            assert_eq!(read.shape(), definition.shape(), "{definition:?}");
            definition.shape()
        });
        for (index, shape) in shapes.iter().enumerate() {
            assert!(!shapes[..index].contains(shape), "the shape of {index}");
        }
    }

    #[test]
    fn spaces_in_types_and_policies_do_not_count() {
        let typed = |effect: &'static str, line| Step {
            effect: effect.into(),
            line,
            late_undo: line > 1,
            ..step("paper")
        };
        let one = saga("Wrap", vec![typed("Vec<(u8, u16)>", 1)]);
        let other = saga("Wrap", vec![typed("Vec < ( u8,u16 ) >", 2)]);
        assert_eq!(one.shape(), other.shape());
    }

    #[test]
    fn what_is_introduced_does_not_count_until_it_is_required() {
        let bow = |introduced: bool| {
            let mut bow = step("bow");
            bow.introduced = introduced;
            bow.when = introduced.then(|| [][..].into());
            bow
        };
        let card = |on: &'static [u16]| Step {
            stands_on: on.into(),
            ..step("card")
        };
        let without = saga("Wrap", vec![step("paper"), card(&[0])]);
        let mut introduced = saga("Wrap", vec![step("paper"), bow(true), card(&[0, 1])]);
        let required = saga("Wrap", vec![step("paper"), bow(false), card(&[0, 1])]);
        assert_eq!(introduced.shape(), without.shape());
        assert_eq!(introduced.shape_once_required(), Some(required.shape()));
        assert_ne!(required.shape(), without.shape());
        assert_eq!(required.shape_once_required(), None);
        let parent = |wrap: &Definition| saga("Send", vec![child(wrap.clone())]);
        assert_eq!(parent(&introduced).shape(), parent(&without).shape());
        let once = parent(&introduced).shape_once_required();
        assert_eq!(once, Some(parent(&required).shape()));
        introduced.steps.to_mut()[1].absent = true;
        assert_eq!(parent(&introduced).shape_once_required(), None);
    }
}
