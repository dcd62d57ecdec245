//! `saga list`: many sagas, those that need an operator first.

use crate::{
    age, args,
    args::Condition,
    failure::Failure,
    look::Reader,
    report::Report,
    style,
    table::{Cell, Table, styled},
};
use saga_engine::{
    Filter, State,
    look::{Look, Place, STATES, places},
};
use serde::Serialize;

#[derive(Serialize)]
struct Listed {
    sagas: Vec<Line>,
    /// Whether there are more than the limit lets through.
    more: bool,
}

#[derive(Serialize)]
struct Line {
    saga: String,
    id: String,
    state: State,
    /// Why its journal cannot be read.
    unreadable: Option<String>,
    stuck: bool,
    /// When it was changed last.
    since: String,
    r#where: Vec<Place>,
    why: String,
}

/// Lists sagas.
pub(crate) async fn list(reader: &Reader, args: &args::List) -> Result<Report, Failure> {
    let (looks, more) = looks(reader, args).await?;
    let text = text(reader, &looks, more, args);
    let sagas = looks.iter().map(line).collect();
    Report::of(&Listed { sagas, more }, text)
}

/// The sagas that are wanted, and whether there are more.
async fn looks(reader: &Reader, args: &args::List) -> Result<(Vec<Look>, bool), Failure> {
    let mut looks = Vec::new();
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
                if looks.len() == args.limit {
                    return Ok((looks, true));
                }
                looks.push(look);
            }
        }
    }
    Ok((looks, false))
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

fn where_of(look: &Look) -> Vec<Place> {
    let folded = look.folded.as_ref();
    folded.map_or_else(|_| Vec::new(), |folded| places(folded, look.row().state))
}

fn line(look: &Look) -> Line {
    let row = look.row();
    Line {
        saga: row.saga.saga.to_string(),
        id: row.saga.id.to_string(),
        state: row.state,
        unreadable: look.unreadable(),
        stuck: look.is_stuck(),
        since: row.updated.to_string(),
        r#where: where_of(look),
        why: look.why.clone(),
    }
}

fn text(reader: &Reader, looks: &[Look], more: bool, args: &args::List) -> String {
    if looks.is_empty() && !more {
        let all = args.state.is_empty() && args.saga.is_none();
        let such = if all { "" } else { "such " };
        return format!("no {such}sagas\n");
    }
    let mut table = Table::new(["saga", "id", "state", "since", "where", "why"]);
    for look in looks {
        let row = look.row();
        let (state, tone) = look.state();
        let places: Vec<_> = where_of(look).iter().map(ToString::to_string).collect();
        table.row([
            row.saga.saga.as_ref().into(),
            Cell::new(style::NAME, &row.saga.id),
            Cell::new(style::toned(tone), state),
            age::show(reader.now.since(row.updated)).into(),
            places.join(", ").into(),
            look.why.as_str().into(),
        ]);
    }
    let text = table.show("", reader.width);
    if !more {
        return text;
    }
    let rest = format!(
        "the first {}; there are more: see --limit, --state, --saga",
        looks.len()
    );
    format!("{text}{}\n", styled(style::FAINT, &rest))
}
