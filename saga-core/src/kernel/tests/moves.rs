//! The phases into which events lead their steps: `kernel/states.md` lists them, and the
//! enumeration checks the list. After a change, write it again by
//! `SAGA_EXHAUSTIVE=1 OVERWRITE_REFERENCE=1 cargo test -p typed-saga-core every_run_keeps_the_rules`.

use super::{build::Saga, events::number, situation::phase_number};
use crate::kernel::Event;
use std::collections::BTreeMap;

const PAGE: &str = "saga-core/src/kernel/states.md";

/// Transitions: the phase before, the event, and the phase after, each as its number, with the
/// names of the three.
#[derive(Default)]
pub(super) struct Moves(BTreeMap<(u8, usize, u8), [String; 3]>);

impl Moves {
    pub(super) fn note(&mut self, before: &Saga, event: Event, after: &Saga) {
        let Some(step) = event.step() else { return };
        let phase = |saga: &Saga| saga.states[usize::from(step)].at;
        let (from, to) = (phase(before), phase(after));
        self.0
            .entry((phase_number(from), number(event), phase_number(to)))
            .or_insert_with(|| {
                let event = format!("{event:?}");
                let name = event.split([' ', '{']).next().unwrap_or_default();
                [format!("{from:?}"), name.to_owned(), format!("{to:?}")]
            });
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// A row for each phase: the events that a step may get in that phase, and the phases that they
    /// lead to.
    fn table(&self) -> String {
        let mut table = vec!["| a step that is | goes on |\n|---|---|".to_owned()];
        let mut last = None;
        for (&(from, event, _), [phase, name, to]) in &self.0 {
            table.push(match last {
                Some((same, other)) if same == from && other == event => format!(" / {to}"),
                Some((same, _)) if same == from => format!("<br>{name} → {to}"),
                Some(_) => format!(" |\n| **{phase}** | {name} → {to}"),
                None => format!("\n| **{phase}** | {name} → {to}"),
            });
            last = Some((from, event));
        }
        table.push(" |\n".to_owned());
        table.concat()
    }
}

/// # Panics
/// If the page has another table than that of the largest bound, or lacks a row that a smaller
/// bound shows.
pub(super) fn check(of_threads: Vec<Moves>) {
    let mut all = Moves::default();
    for moves in of_threads {
        all.merge(moves);
    }
    let shown = saga_tests::read(PAGE);
    let (head, listed) = shown.split_once("| a step").expect("a table");
    let listed = format!("| a step{listed}");
    if saga_tests::is_exhaustive() {
        saga_tests::compare_with_file(PAGE, &(head.to_owned() + &all.table()));
    } else {
        for (_, [phase, event, to]) in all.0 {
            let row = listed
                .lines()
                .find(|row| row.contains(&format!("**{phase}**")));
            let moves = row.into_iter().flat_map(|row| row.split(['|', '>', '<']));
            let mut moves = moves.filter_map(|cell| cell.trim().split_once(" → "));
            let is_listed =
                moves.any(|(it, ends)| it == event && ends.split(" / ").any(|end| end == to));
            assert!(is_listed, "not in `states.md`: {phase}, {event} → {to}");
        }
    }
}
