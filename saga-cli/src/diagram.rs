//! `saga diagram`: a picture of a saga, by the definition that the journal keeps.

use crate::{
    args::{self, Format},
    failure::Failure,
    look::Reader,
    report::Report,
};
use serde::Serialize;
use typed_saga_core::Definition;
use typed_saga_engine::{Filter, Row};

#[derive(Serialize)]
struct Drawn {
    saga: String,
    /// Which version of its definition.
    fingerprint: String,
    format: Format,
    diagram: String,
}

/// Draws a saga.
pub(crate) async fn diagram(reader: &Reader, args: &args::Diagram) -> Result<Report, Failure> {
    let (row, mut definition) = declared(reader, &args.saga).await?;
    for step in args.step.iter().flat_map(|path| path.split('/')) {
        definition = within(&definition, step)?;
    }
    let diagram = match args.format {
        Format::Svg => definition.to_svg(),
        Format::Mermaid => definition.to_mermaid(),
    };
    let drawn = Drawn {
        saga: definition.name.to_string(),
        fingerprint: format!("{:016x}", row.fingerprint),
        format: args.format,
        diagram,
    };
    Report::of(&drawn, drawn.diagram.clone())
}

/// The saga of this name, as its latest run declared it, or of the run of this id.
pub(crate) async fn declared(reader: &Reader, name: &str) -> Result<(Row, Definition), Failure> {
    let row = match latest(reader, name).await? {
        Some(row) => row,
        None => reader.one(name).await?.stored.row,
    };
    let definition = definition(reader, &row).await?;
    Ok((row, definition))
}

/// The saga that a step of a saga is.
fn within(definition: &Definition, name: &str) -> Result<Definition, Failure> {
    let saga = &definition.name;
    let step = definition.step_named(name);
    let step = step.map(|step| &definition.steps[usize::from(step)]);
    let step = step.ok_or_else(|| Failure::NotFound(format!("{saga} has no step `{name}`")))?;
    let child = step.saga();
    let child =
        child.ok_or_else(|| Failure::NotFound(format!("`{name}` of {saga} is not a saga")))?;
    Ok((*child.definition).clone())
}

/// The latest run of the sagas of a name.
async fn latest(reader: &Reader, name: &str) -> Result<Option<Row>, Failure> {
    let mut rows = reader.rows(Filter {
        saga: Some(name.into()),
        ..Filter::default()
    });
    let mut latest: Option<Row> = None;
    while let Some(page) = rows.next().await? {
        latest = latest
            .into_iter()
            .chain(page)
            .max_by_key(|row| row.created.0);
    }
    Ok(latest)
}

async fn definition(reader: &Reader, row: &Row) -> Result<Definition, Failure> {
    let (name, fingerprint) = (row.saga.saga.clone(), row.fingerprint);
    let kept = reader.journal.definition(name.clone(), fingerprint).await?;
    let kept = kept.ok_or_else(|| {
        Failure::Error(format!(
            "the journal has no definition {fingerprint:016x} of {name}"
        ))
    })?;
    Definition::from_json(&kept.json).map_err(|error| Failure::Error(format!("{name}: {error}")))
}
