//! Paths of steps that are left behind: how they are combined and shown.

use super::{AnyChild, LeftPaths, Remains, UnsettledPaths, shown};
use crate::definition::{self, Definition, Items, Step};
use crate::kernel::Left;
use crate::values::node::Node;
use std::time::{Duration, Instant};

fn left(how: Left) -> LeftPaths {
    let items = 0..50_000;
    LeftPaths(
        items
            .map(|index| (vec![Node::item(0, index)], how))
            .collect(),
    )
}

struct Child;

impl AnyChild for Child {
    fn left(&self, _: bool) -> LeftPaths {
        left(Left::Certain)
    }

    fn unsettled(&self) -> UnsettledPaths {
        UnsettledPaths {
            still_applied: left(Left::Certain).0.into_keys().collect(),
            ..UnsettledPaths::default()
        }
    }
}

#[test]
fn what_many_items_leave_is_put_together_in_time_that_grows_with_their_number() {
    let start = Instant::now();
    let mut all = left(Left::Perhaps);
    all.merge(left(Left::Certain));
    assert_eq!(all.0, left(Left::Certain).0);
    let mut unsettled = UnsettledPaths::default();
    unsettled.add_child(Node::child(0), &Child, true);
    assert_eq!(unsettled.left.0.len(), all.0.len());
    // With quadratic cost this would take minutes.
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
        ..definition::Child::PLAIN
    };
    let mut wrapped = step("wrapped");
    wrapped.child = Some(child);
    let each = Items::each_of(wrapped, false, false, false).into();
    let items = Items {
        item: "gift".into(),
        ty: "Gift".into(),
        reads: Vec::new().into(),
        when: None,
        concurrent: 1,
        each,
    };
    let mut looped = step("wrapped");
    looped.items = Some(items);
    let definition = of(vec![step("held"), looped]);
    let bow = [Node::item(1, 2), Node::child(1)];
    assert_eq!(shown(&definition, &bow), "wrapped[2]/bow");
    assert_eq!(shown(&definition, &[Node::child(0)]), "held");
}
