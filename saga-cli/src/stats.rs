//! `saga stats`: how many sagas there are, and how many need an operator.

use crate::{
    age,
    failure::Failure,
    look::Reader,
    report::Report,
    style,
    table::{Cell, Table, styled},
};
use saga_engine::{Filter, Stat, State, Time};
use serde::Serialize;

#[derive(Serialize)]
struct Stats {
    sagas: Vec<Group>,
    total: u64,
    /// Of those that have ended, only the ones that an engine has found to be.
    unreadable: u64,
    quarantined: u64,
    stuck: u64,
    /// Events that are not delivered.
    undelivered: u64,
    /// Those of them that could not be, ten times in a row or more.
    undeliverable: u64,
}

#[derive(Serialize)]
struct Group {
    saga: String,
    state: State,
    count: u64,
    /// When the one that has not changed for longest was changed last.
    oldest: String,
}

/// Counts sagas.
pub(crate) async fn stats(reader: &Reader) -> Result<Report, Failure> {
    let stats = reader.journal.stats().await?;
    let [unreadable, quarantined, stuck] = troubles(reader).await?;
    let events = reader.journal.undelivered().await?;
    let view = Stats {
        undelivered: events.iter().map(|stat| stat.undelivered).sum(),
        undeliverable: events.iter().map(|stat| stat.stuck).sum(),
        sagas: stats.iter().map(count).collect(),
        total: stats.iter().map(|stat| stat.count).sum(),
        unreadable,
        quarantined,
        stuck,
    };
    let text = text(&stats, &view, reader.now);
    Report::of(&view, text)
}

/// How many are unreadable, quarantined, and stuck: those that have not ended, or are parked, are read;
/// of the others an index says which cannot be.
async fn troubles(reader: &Reader) -> Result<[u64; 3], Failure> {
    const ENDED: [State; 3] = [State::Completed, State::Compensated, State::Abandoned];
    let (mut unreadable, mut quarantined, mut stuck) = (0, 0, 0);
    let known = Filter {
        states: ENDED.to_vec(),
        unreadable: true,
        ..Filter::default()
    };
    let mut rows = reader.rows(known);
    while let Some(page) = rows.next().await? {
        unreadable += page.len() as u64;
    }
    for state in [
        State::Damaged,
        State::Running,
        State::Waiting,
        State::Parked,
    ] {
        let filter = Filter {
            states: vec![state],
            ..Filter::default()
        };
        let mut rows = reader.rows(filter);
        while let Some(page) = rows.next().await? {
            for row in page {
                let Some(look) = reader.look(row).await? else {
                    continue;
                };
                unreadable += u64::from(look.is_unreadable());
                quarantined += u64::from(look.is_quarantined());
                stuck += u64::from(look.is_stuck());
            }
        }
    }
    Ok([unreadable, quarantined, stuck])
}

fn count(stat: &Stat) -> Group {
    Group {
        saga: stat.saga.to_string(),
        state: stat.state,
        count: stat.count,
        oldest: stat.oldest.to_string(),
    }
}

fn text(stats: &[Stat], view: &Stats, now: Time) -> String {
    if stats.is_empty() {
        return "no sagas\n".to_owned();
    }
    let mut table = Table::new(["saga", "state", "count", "oldest"]);
    for stat in stats {
        table.row([
            stat.saga.as_ref().into(),
            Cell::new(style::of(stat.state), stat.state.as_str()),
            stat.count.to_string().into(),
            age::show(now.since(stat.oldest)).into(),
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
