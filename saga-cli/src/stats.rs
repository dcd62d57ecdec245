//! `saga stats`: how many sagas there are, and how many need an operator.

use crate::{
    failure::Failure,
    look::Reader,
    report::Report,
    style,
    table::{Cell, Table, styled},
};
use typed_saga_engine::look::Overview;

/// Counts sagas.
pub(crate) async fn stats(reader: &Reader) -> Result<Report, Failure> {
    let view = reader.overview(None).await?;
    let text = text(&view);
    Report::of(&view, text)
}

fn text(view: &Overview) -> String {
    if view.sagas.is_empty() {
        return "no sagas\n".to_owned();
    }
    let mut table = Table::new(["saga", "state", "count", "oldest"]);
    for group in &view.sagas {
        table.row([
            group.saga.as_str().into(),
            Cell::new(style::of(group.state), group.state.as_str()),
            group.count.to_string().into(),
            group.age.as_str().into(),
        ]);
    }
    let troubles = [
        (view.unreadable, "unreadable", style::UNKNOWN),
        (view.quarantined, "quarantined", style::BAD),
        (view.stuck, "stuck", style::BAD),
    ];
    let troubles = troubles.map(|(count, what, style)| {
        let style = if count == 0 { style::FAINT } else { style };
        styled(style, &format!("{count} {what}"))
    });
    let (table, total) = (table.show("", None), view.total);
    let (events, stuck) = (view.undelivered, view.undeliverable);
    let untold = if events > 0 {
        let style = if stuck == 0 { style::FAINT } else { style::BAD };
        let stuck = styled(style, &format!("{stuck} stuck"));
        format!("events not delivered: {events}, {stuck}\n")
    } else {
        String::new()
    };
    format!("{table}\ntotal {total}, {}\n{untold}", troubles.join(", "))
}
