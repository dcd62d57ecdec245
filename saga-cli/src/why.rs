//! `saga why`: one sentence.

use crate::{args, failure::Failure, look::Reader, report::Report, table::plain};
use typed_saga_engine::look::SagaLine;

/// Says why a saga is where it is.
pub(crate) async fn why(reader: &Reader, args: &args::Target) -> Result<Report, Failure> {
    let look = reader.one(&args.id).await?;
    let line = SagaLine::of(&look, reader.now);
    let text = format!("{}\n", plain(&line.why));
    Ok(Report::of(&line, text)?.of_one(&look))
}
