//! `saga why`: one sentence.

use crate::{args, failure::Failure, look::Reader, report::Report, table::plain};
use saga_engine::State;
use serde::Serialize;

#[derive(Serialize)]
struct Sentence {
    saga: String,
    id: String,
    state: State,
    /// Why its journal cannot be read.
    unreadable: Option<String>,
    why: String,
}

/// Says why a saga is where it is.
pub(crate) async fn why(reader: &Reader, args: &args::Target) -> Result<Report, Failure> {
    let look = reader.one(&args.id).await?;
    let text = format!("{}\n", plain(&look.why));
    let saga = look.saga();
    let view = Sentence {
        saga: saga.saga.to_string(),
        id: saga.id.to_string(),
        state: look.row().state,
        unreadable: look.unreadable(),
        why: look.why.clone(),
    };
    Ok(Report::of(&view, text)?.of_one(&look))
}
