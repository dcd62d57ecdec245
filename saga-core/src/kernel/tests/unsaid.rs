//! A saga whose events could not be created.

use super::build::*;
use crate::{
    definition::Definition,
    kernel::{Cancellation, End, Event},
};

fn emits(steps: [crate::definition::Step; 2]) -> Saga {
    let definition = Definition {
        emits: Some("OrderEvent".into()),
        ..definition(steps)
    };
    saga(definition, true)
}

#[test]
fn it_is_parked_until_it_is_resumed_and_then_ends_as_before() {
    let mut completed = emits([step(), step()]);
    completed.apply_all([0, 1]);
    let mut undone = emits([step(), step()]);
    undone.apply_all([0]).act(1, refused);
    undone.compensate(0, compensated);
    for (mut saga, end) in [(completed, End::Completed), (undone, End::Compensated)] {
        for _ in 0..2 {
            assert_eq!(saga.end(), Some(end));
            saga.hear(Event::EmitFailed);
            assert!(saga.is_unsaid());
            assert_eq!(saga.end(), Some(End::Parked));
            assert!(saga.apply(Event::EmitFailed).is_err(), "once is enough");
            let settleable: Vec<_> = (0..2).flat_map(|step| saga.settleable(step)).collect();
            assert_eq!(settleable, [], "no step is at fault");
            saga.hear(Event::Resumed);
            assert!(!saga.is_unsaid());
        }
    }
}

#[test]
fn a_request_comes_too_late_for_it() {
    let mut saga = emits([step(), step()]);
    saga.apply_all([0, 1]).hear(Event::EmitFailed);
    saga.hear(Event::CancelRequested)
        .hear(Event::DeadlinePassed);
    assert_eq!(saga.cancellation(), Cancellation::TooLate);
    assert_eq!(saga.deadline(), Cancellation::TooLate);
    saga.hear(Event::Resumed);
    assert_eq!(saga.end(), Some(End::Completed));
}

#[test]
fn only_the_end_of_a_saga_that_has_events_is_one() {
    let mut saga = emits([step(), step()]);
    assert!(saga.apply(Event::EmitFailed).is_err());
    assert!(saga.apply_all([0]).apply(Event::EmitFailed).is_err());
    let mut silent = durable([step(), step()]);
    silent.apply_all([0, 1]);
    assert!(silent.apply(Event::EmitFailed).is_err());
}
