//! `saga list`: many sagas, those that need an operator first.

use crate::{
    args,
    args::Condition,
    failure::Failure,
    look::Reader,
    report::Report,
    style,
    table::{Cell, Table, styled},
};
use typed_saga_engine::{
    Filter, State,
    look::{Listed, Look, STATES, SagaLine},
};

/// Lists sagas.
pub(crate) async fn list(reader: &Reader, args: &args::List) -> Result<Report, Failure> {
    let listed = listed(reader, args).await?;
    let text = text(reader, &listed, args);
    Report::of(&listed, text)
}

/// The sagas that are wanted, and whether there are more.
async fn listed(reader: &Reader, args: &args::List) -> Result<Listed, Failure> {
    let mut sagas = Vec::new();
    for state in STATES {
        let Some(unreadable) = searched(&args.state, state) else {
            continue;
        };
        let filter = Filter {
            saga: args.saga.as_deref().map(Into::into),
            states: vec![state],
            unreadable,
            ..Filter::default()
        };
        let mut rows = reader.rows(filter);
        while let Some(page) = rows.next().await? {
            for row in page {
                let look = reader.look(row).await?;
                let Some(look) = look.filter(|look| is_wanted(&args.state, look)) else {
                    continue;
                };
                if sagas.len() == args.limit {
                    return Ok(Listed { sagas, more: true });
                }
                sagas.push(SagaLine::of(&look, reader.now));
            }
        }
    }
    Ok(Listed { sagas, more: false })
}

/// Whether those in this state are looked at, and then whether only those are that are known to be
/// unreadable or quarantined: an index finds them. Whether others are, and what is stuck, shows only
/// when a journal is read; those that have ended, of which there may be millions, are not read for it.
fn searched(wanted: &[Condition], state: State) -> Option<bool> {
    use Condition::{Quarantined, Stuck, Unreadable};
    let moves = matches!(state, State::Running | State::Waiting);
    let ended = matches!(
        state,
        State::Abandoned | State::Compensated | State::Completed
    );
    if wanted.is_empty() || wanted.iter().any(|wanted| wanted.state() == Some(state)) {
        return Some(false);
    }
    let marked = wanted.contains(&Unreadable) || wanted.contains(&Quarantined);
    match (marked, wanted.contains(&Stuck)) {
        (true, _) => Some(ended),
        (false, true) if moves => Some(false),
        (false, _) => None,
    }
}

fn is_wanted(wanted: &[Condition], look: &Look) -> bool {
    let fits = |wanted: &Condition| match wanted {
        Condition::Unreadable => look.is_unreadable(),
        Condition::Quarantined => look.is_quarantined(),
        Condition::Stuck => look.is_stuck(),
        wanted => wanted.state() == Some(look.row().state),
    };
    wanted.is_empty() || wanted.iter().any(fits)
}

fn text(reader: &Reader, Listed { sagas, more }: &Listed, args: &args::List) -> String {
    if sagas.is_empty() && !more {
        let all = args.state.is_empty() && args.saga.is_none();
        let such = if all { "" } else { "such " };
        return format!("no {such}sagas\n");
    }
    let mut table = Table::new(["saga", "id", "state", "since", "where", "why"]);
    for line in sagas {
        let (state, tone) = line.badge;
        let places: Vec<_> = line.r#where.iter().map(ToString::to_string).collect();
        table.row([
            line.saga.as_str().into(),
            Cell::new(style::NAME, &line.id),
            Cell::new(style::toned(tone), state),
            line.age.as_str().into(),
            places.join(", ").into(),
            line.why.as_str().into(),
        ]);
    }
    let text = table.show("", reader.width);
    if !more {
        return text;
    }
    let rest = format!(
        "the first {}; there are more: see --limit, --state, --saga",
        sagas.len()
    );
    format!("{text}{}\n", styled(style::FAINT, &rest))
}
