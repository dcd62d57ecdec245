//! Requests that no engine has answered yet.

use crate::{
    style,
    table::{Cell, Table},
};
use typed_saga_engine::{
    Request,
    look::{AskedLine, name, said},
};

pub(super) fn table(lines: &[AskedLine], width: Option<usize>) -> String {
    let mut table = Table::new(["time", "message", "what", "detail"]);
    for line in lines {
        let text = line.request.get();
        let (what, detail) = match serde_json::from_str::<Request>(text) {
            Ok(request) => (name(&request.action), said(&request)),
            Err(_) => ("unreadable", text.to_owned()),
        };
        table.row([
            Cell::new(style::FAINT, &line.at),
            Cell::new(style::FAINT, &line.message.to_string()),
            Cell::new(style::NAME, what),
            detail.into(),
        ]);
    }
    table.show("  ", width)
}
