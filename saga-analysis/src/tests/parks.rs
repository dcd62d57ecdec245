//! Ways to park.

use saga_definition::Step;

use super::build::*;
use crate::{Analysis, Cause, Park};

fn causes(steps: impl IntoIterator<Item = Step>, durable: bool) -> Vec<(Vec<u16>, Cause)> {
    let saga = saga(steps);
    let parks = Analysis::with_journal(&saga, durable).parks();
    parks
        .into_iter()
        .map(|park| (park.path, park.cause))
        .collect()
}

#[test]
fn before_the_pivot_a_step_cannot_be_undone_or_stays_unknown() {
    use Cause::{CannotBeUndone, StaysUnknown};
    let both = [(vec![0], CannotBeUndone), (vec![0], StaysUnknown)];
    assert_eq!(causes([step()], false), both);
    assert_eq!(causes([lasting()], false), []);
    assert_eq!(causes([read()], false), []);
}

#[test]
fn after_the_pivot_it_is_given_up_and_conditions_panic() {
    use Cause::{GivenUp, NotEvaluated, StaysUnknown};
    let found = causes([pivot(), last().when()], false);
    let after: Vec<_> = found.into_iter().filter(|(path, _)| path == &[1]).collect();
    let expected = [StaysUnknown, GivenUp, NotEvaluated].map(|cause| (vec![1], cause));
    assert_eq!(after, expected);
}

#[test]
fn on_an_engine_calls_are_lost_and_results_not_recorded() {
    use Cause::{Lost, NotRecorded};
    let found = causes([read(), pivot()], true);
    assert!(found.contains(&(vec![0], Lost)) && found.contains(&(vec![1], NotRecorded)));
    assert!(!found.contains(&(vec![0], NotRecorded)));
}

#[test]
fn what_it_stands_on_is_kept_and_the_steps_of_a_child_are_named_by_path() {
    let inside = saga([named("room", step())]);
    let hotel = named("hotel", child(inside).on(&[1]));
    let saga = saga([named("card", step()), named("seat", step().on(&[0])), hotel]);
    let parks = Analysis::with_journal(&saga, false).parks();
    let of =
        |path: &[u16]| -> Vec<&Park> { parks.iter().filter(|park| park.path == path).collect() };
    assert!(of(&[1]).iter().all(|park| park.kept == ["card"]));
    assert!(of(&[2]).is_empty(), "only what is in it");
    assert!(
        !of(&[2, 0]).is_empty() && of(&[2, 0]).iter().all(|park| park.kept == ["card", "seat"])
    );
    assert!(of(&[2, 0]).iter().all(|park| park.step == "hotel/room"));
}
