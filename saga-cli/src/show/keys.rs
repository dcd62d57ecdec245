//! The keys that the calls of a saga send.

use crate::{
    style,
    table::{Cell, Table},
};
use typed_saga_engine::look::KeyLine;

pub(super) fn table(lines: &[KeyLine]) -> String {
    let mut table = Table::new(["step", "round", "calls", "key"]);
    for line in lines {
        table.row([
            Cell::new(style::NAME, &line.step),
            line.round.to_string().into(),
            line.calls.join(", ").into(),
            (&line.key).into(),
        ]);
    }
    // Whole, however narrow the terminal is: a part of a key is of no use.
    table.show("  ", None)
}
