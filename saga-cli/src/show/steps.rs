//! The state of each step.

use crate::{
    style,
    table::{Cell, Table, short},
};
use typed_saga_engine::look::{StepLine, outcome};

/// The number of characters of an effect that are shown if the output is not a terminal.
const EFFECT: usize = 60;

pub(super) fn table(steps: &[StepLine], width: Option<usize>) -> String {
    let mut table = Table::new([
        "step",
        "kind",
        "phase",
        "attempts",
        "round",
        "effect or failure",
    ]);
    for step in steps {
        let effect = outcome(step);
        let effect = match width {
            Some(_) => effect,
            None => short(&effect, EFFECT),
        };
        table.row([
            Cell::new(style::NAME, &step.step),
            step.kind.into(),
            Cell::new(style::toned(step.shown.1), step.shown.0),
            step.attempts.to_string().into(),
            step.round.to_string().into(),
            effect.into(),
        ]);
    }
    table.show("  ", width)
}
