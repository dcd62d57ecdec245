//! Ways to park.

use typed_saga_definition::{CallKind, Limit, Step};

use super::build::*;
use crate::{Analysis, Cause, Park, Wrong};

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

/// The error of a child saga is final if a verdict says so: that of its parent, or of the child.
#[test]
fn after_the_pivot_an_error_of_a_child_may_be_final() {
    for (parent, inside) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut within = saga([step()]);
        within.classified = inside;
        let mut whole = saga([pivot(), child(within).tried(2)]);
        whole.classified = parent;
        let parks = Analysis::with_journal(&whole, false).parks();
        let mut given_up = parks
            .iter()
            .filter(|park| park.path == [1] && park.cause == Cause::GivenUp);
        let after = &given_up.next().unwrap().after;
        let may_be_final = after
            .iter()
            .flatten()
            .flatten()
            .any(|it| *it == Wrong::Final);
        assert_eq!(may_be_final, parent || inside);
    }
}

/// However often a compensation is tried, its own verdict may give it up.
#[test]
fn what_is_judged_itself_may_be_given_up() {
    for judged in [false, true] {
        let mut forever = step();
        if let typed_saga_definition::Compensation::Declared { call, .. } =
            &mut forever.compensation
        {
            call.retry = Some(times(1));
            call.retry.as_mut().unwrap().limit = Limit::Forever;
            call.classified = judged;
        }
        let saga = saga([forever]);
        let parks = Analysis::with_journal(&saga, false).parks();
        let mut stuck = parks
            .iter()
            .filter(|park| park.cause == Cause::CannotBeUndone);
        let expected = Wrong::GivenUp(CallKind::Compensate);
        assert_eq!(
            stuck.next().map(|park| park.after.clone()),
            judged.then(|| vec![vec![vec![expected]]])
        );
    }
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
