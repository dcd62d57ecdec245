//! The report.

use saga_definition::{Field, Limit, List, Step, Text};

use super::build::*;
use crate::Analysis;

fn reading(service: &'static str, step: Step) -> Step {
    Step {
        name: Text::Borrowed(service),
        reads: vec![Text::Borrowed(service)].into(),
        ..step
    }
}

fn services(names: [&'static str; 2]) -> List<Field> {
    let field = |name| Field {
        name: Text::Borrowed(name),
        ty: "Vendor".into(),
    };
    names.map(field).into_iter().collect()
}

#[test]
fn code_is_counted_by_the_service_that_it_reads() {
    let mut inside = saga([reading("theatre", step().tried(2))]);
    inside.services = services(["theatre", "other"]);
    let mut given = child(inside).tried(2);
    given.child.as_mut().unwrap().services = vec!["bank".into(), "other".into()].into();
    let mut saga = saga([reading("bank", pivot()), given]);
    saga.services = services(["bank", "other"]);
    let analysis = Analysis::with_journal(&saga, false);
    // After the pivot, the child is begun up to four times.
    let bank = Limit::Times(1 + 2 * 4);
    assert_eq!(
        analysis.services(),
        [("bank".into(), bank), ("other".into(), Limit::Times(0))]
    );
}

#[test]
fn the_text_rounds_up_and_names_what_leaves_a_time_without_a_bound() {
    let saga = saga([
        reading("bank", step().tried(2)),
        reading("printer", pivot()),
    ]);
    let text = Analysis::with_journal(&saga, false).report().to_string();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "decided within   4 s",
            "ends within      4 s",
            "parks when       bank cannot be undone",
            "parks when       bank stays unknown",
            "parks when       printer stays unknown",
        ]
    );
    let mut endless = saga;
    endless.steps.to_mut()[0].timeout = None;
    let text = Analysis::with_journal(&endless, false).report().to_string();
    let first =
        "decided within   no bound: action of `bank` has no limit: `#[timeout(d)]` would bound it";
    assert_eq!(text.lines().next(), Some(first));
}
