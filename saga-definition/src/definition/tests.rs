//! The parts as data: their size, and their fields.

use std::time::Duration;

use super::{Key, Rare, Step, Visit};
use crate::{policy::Timing, reference::Ref};

/// Each program has all steps of its sagas as data. So a field that is plain in most steps belongs
/// to `Rare`, and a large one behind a `Ref`.
#[test]
fn a_step_is_small() {
    let size = size_of::<Step>();
    assert!(size <= 320, "a step has {size} bytes");
    assert_eq!(size_of::<Option<Timing>>(), size_of::<Duration>());
}

#[derive(Default)]
struct Fields(Vec<(&'static str, Key)>);

impl<T> Visit<T> for Fields {
    fn field(&mut self, name: &'static str, key: Key, _: &T, _: &T) {
        self.0.push((name, key));
    }
}

#[test]
fn json_has_each_rare_field_after_one_of_the_step() {
    let (mut of_step, mut rare) = (Fields::default(), Fields::default());
    Step::PLAIN.fields(&mut of_step);
    Rare::PLAIN.fields(&mut rare);
    for (name, key) in rare.0 {
        let is_before = |(field, _): &(&str, Key)| Some(*field) == key.after;
        assert!(of_step.0.iter().any(is_before), "{name}");
    }
    assert!(of_step.0.iter().all(|(_, key)| key.after.is_none()));
}

/// Where these differ, a run may not continue, and a child saga is another one: `difference` and `shape`
/// compare them, or say why not. A field that is `free()` is named in neither.
#[test]
fn these_fields_may_not_change_while_runs_are_in_flight() {
    let fixed = |fields: Fields| -> Vec<&str> {
        let fixed = fields.0.into_iter().filter(|(_, key)| !key.free);
        fixed.map(|(name, _)| name).collect()
    };
    let (mut of_step, mut rare) = (Fields::default(), Fields::default());
    Step::PLAIN.fields(&mut of_step);
    Rare::PLAIN.fields(&mut rare);
    let of_step = fixed(of_step).join(" ");
    assert_eq!(
        of_step,
        "name kind effect group condition compensation resolve stands_on idempotent late \
         retired started introduced absent rare"
    );
    let rare = fixed(rare).join(" ");
    assert_eq!(
        rare,
        "when fallback awaits keyed_by savepoint child lock items"
    );
}

#[test]
fn a_change_of_a_rare_field_is_one_of_this_step() {
    let (mut step, other) = (Step::PLAIN, Step::PLAIN);
    assert!(matches!(step.rare, Ref::Static(_)));
    assert_eq!(step, other);
    step.awaits = vec![0].into();
    assert_eq!(*step.awaits, [0]);
    assert!(other.awaits.is_empty());
    assert_ne!(step, other);
    step.awaits.clone_from(&other.awaits);
    assert_eq!(step, other);
    assert_eq!(format!("{step:?}"), format!("{other:?}"));
}
