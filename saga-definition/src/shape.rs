//! Whether a saga has changed that may have completed as a step of another: one number, since such a
//! saga may change in nothing.

use crate::{
    definition::{Compensation, Definition, Items, Step},
    text::fnv_1a,
};

impl Definition {
    /// A number that is the same for versions of a saga between which its parent's runs cannot tell: by
    /// names, order, kinds, blocks, types, clauses and dependencies of its steps, and the same of the
    /// sagas that are steps of it. Policies, promises and docs do not count. The number may be another in
    /// another release of this library.
    #[must_use]
    pub fn shape(&self) -> u64 {
        let children = self.steps.iter().filter_map(Step::saga);
        let children: Vec<_> = children.map(|child| child.definition.shape()).collect();
        shape(self.own_shape(), &children)
    }

    /// The same without the sagas that are steps: while a saga is compiled, it does not know them.
    #[doc(hidden)]
    #[must_use]
    pub fn own_shape(&self) -> u64 {
        let steps: Vec<_> = self.steps.iter().map(of_step).collect();
        fnv_1a(format!("{:?}", (&self.name, steps)).as_bytes())
    }
}

/// The shape of a saga; `children`: the shapes of its steps that are sagas, in order.
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

fn of_step(step: &Step) -> String {
    let Step {
        name,
        kind,
        effect,
        group,
        condition,
        when,
        compensation,
        resolve,
        fallback,
        stands_on,
        awaits,
        idempotent,
        keyed_by,
        late,
        items,
        retired,
        // It has a shape of its own.
        child: _,
        // Of a run, not of a declaration.
        begun: _,
        // Up to the code, or to people.
        reads: _,
        timeout: _,
        retry: _,
        savepoint: _,
        abort: _,
        holds: _,
        never_without: _,
        line: _,
    } = step;
    let undone = match compensation {
        Compensation::Absent => ("-", &[][..], None, None),
        Compensation::None => ("none", &[][..], None, None),
        Compensation::Declared { by_key, call } => {
            let how = if *by_key { "by key" } else { "declared" };
            (how, &*call.reads, call.keyed_by.as_ref(), None)
        }
        Compensation::With(other) => ("with", &[][..], None, Some(other)),
    };
    let items = items.as_ref();
    let items = items.map(|Items { ty, when, each, .. }| {
        let each = each.steps.last().map(of_step);
        (without_spaces(ty), when.is_some(), each)
    });
    let clauses = (
        (when.is_some(), retired),
        resolve.is_some(),
        fallback.is_some(),
        late.is_some(),
        idempotent,
        keyed_by,
    );
    let place = (group, condition, stands_on, awaits);
    let what = (name, kind, without_spaces(effect));
    format!("{:?}", (what, place, clauses, undone, items))
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
        Step {
            child: Some(Child {
                definition: definition.into(),
                ..Child::PLAIN
            }),
            ..step("wrapped")
        }
    }

    fn looped(each: Step) -> Step {
        Step {
            items: Some(Items {
                ty: "u8".into(),
                each: Items::each_of(each, false, false, false).into(),
                ..Items::PLAIN
            }),
            ..step("wrapped")
        }
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
            abort: line > 1,
            ..step("paper")
        };
        let one = saga("Wrap", vec![typed("Vec<(u8, u16)>", 1)]);
        let other = saga("Wrap", vec![typed("Vec < ( u8,u16 ) >", 2)]);
        assert_eq!(one.shape(), other.shape());
    }
}
