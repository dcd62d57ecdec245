//! `saga released`: the versions that may be in flight, in the file that the compiler reads.

use crate::{
    failure::Failure,
    journal::{Address, Journal},
    report::Report,
    style,
    table::{Cell, Table, styled},
};
use serde::Serialize;
use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};
use typed_saga_core::{
    Definition,
    definition::{Released, output_differs},
};
use typed_saga_engine::DefinitionRow;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The file, which is committed
    #[arg(long, value_name = "FILE", default_value = Released::FILE)]
    file: PathBuf,
    /// Also remove the versions that none of these journals uses: name all journals of the program
    #[arg(long)]
    prune: bool,
    /// Change nothing, and fail if the file lacks a version that is in use
    #[arg(long, conflicts_with = "prune")]
    check: bool,
}

#[derive(Serialize)]
struct View<'a> {
    file: String,
    versions: Vec<Version<'a>>,
    /// What prevents nothing, and may be noticed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

#[derive(Serialize)]
struct Version<'a> {
    saga: &'a str,
    fingerprint: String,
    released: &'a str,
    what: What,
}

#[derive(Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum What {
    /// In the file, and in use.
    Kept,
    /// Now in the file.
    Added,
    /// In the file, and not in use in any of the journals.
    Unused,
    /// No longer in the file.
    Removed,
}

/// Brings the file up to date, or says whether it is.
pub(crate) async fn released(
    journals: &[Address],
    schema: &str,
    args: &Args,
) -> Result<Report, Failure> {
    let before = read(&args.file)?;
    let is_new = before.is_none();
    let before = before.unwrap_or_default();
    let mut in_use: Vec<Released> = Vec::new();
    let mut undelivered = BTreeSet::new();
    for place in journals {
        let Journal { read, .. } = Journal::open(place, schema).await?;
        let date = read.now().await?.date();
        let events = read.undelivered().await?;
        undelivered.extend(events.into_iter().map(|events| events.saga));
        for row in read.in_use().await? {
            let version = version(&row, &date)?;
            if !has(&in_use, &version) {
                in_use.push(version);
            }
        }
    }
    // Its events may be of a version whose sagas have all ended.
    let tells = |version: &&Released| {
        let Released { definition, .. } = version;
        definition.emits.is_some() && undelivered.contains(&*definition.name)
    };
    let telling: Vec<_> = before.iter().filter(tells).cloned().collect();
    in_use.extend(telling);
    let is_missing = |version: &&Released| !has(&before, version);
    let missing: Vec<_> = in_use.iter().filter(is_missing).cloned().collect();
    if args.check && !missing.is_empty() {
        let missing: Vec<_> = missing.iter().map(named).collect();
        return Err(Failure::Refused(format!(
            "`{}` lacks {}, which may be in flight: add them with `saga released`, and commit the file",
            args.file.display(),
            missing.join(", ")
        )));
    }
    let told = |version| {
        let what = match (has(&before, version), has(&in_use, version)) {
            (false, _) => What::Added,
            (true, true) => What::Kept,
            (true, false) if args.prune => What::Removed,
            (true, false) => What::Unused,
        };
        (version, what)
    };
    let all = before.iter().chain(&missing).map(told);
    let all: Vec<(&Released, What)> = all.collect();
    let kept = all.iter().filter(|(_, what)| *what != What::Removed);
    let kept: Vec<_> = kept.map(|(version, _)| (*version).clone()).collect();
    let has_changed = all
        .iter()
        .any(|(_, what)| matches!(what, What::Added | What::Removed));
    if has_changed {
        let written = fs::write(&args.file, Released::file(&kept));
        written.map_err(|error| failed(&args.file, &error))?;
    }
    let view = View {
        file: args.file.display().to_string(),
        versions: all.iter().map(Version::of).collect(),
        notes: notes(&kept),
    };
    let mut text = shown(&view);
    if is_new && has_changed {
        text += "\nThe file is new: commit it, and build once from the start, so that cargo learns of it\n";
    }
    Report::of(&view, text)
}

/// `None`: there is no such file.
fn read(file: &Path) -> Result<Option<Vec<Released>>, Failure> {
    let text = match fs::read_to_string(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => text.map_err(|error| failed(file, &error))?,
    };
    let released = Released::all(&text, None);
    released.map(Some).map_err(|why| failed(file, &why))
}

fn failed(file: &Path, why: &dyn std::error::Error) -> Failure {
    Failure::Error(format!("`{}`: {why}", file.display()))
}

fn version(row: &DefinitionRow, date: &str) -> Result<Released, Failure> {
    let DefinitionRow {
        saga,
        fingerprint,
        json,
    } = row;
    let definition = Definition::from_json(json);
    let definition = definition.map_err(|error| Failure::Error(format!("{saga}: {error}")))?;
    Ok(Released {
        fingerprint: *fingerprint,
        date: date.to_owned().into(),
        definition: definition.into(),
    })
}

fn has(versions: &[Released], version: &Released) -> bool {
    let id = |it: &Released| (it.definition.name.clone(), it.fingerprint);
    versions.iter().any(|it| id(it) == id(version))
}

fn named(version: &Released) -> String {
    let Released {
        fingerprint,
        definition,
        ..
    } = version;
    format!("{} {fingerprint:016x}", definition.name)
}

impl<'a> Version<'a> {
    fn of((version, what): &(&'a Released, What)) -> Self {
        let Released {
            fingerprint,
            date,
            definition,
        } = version;
        Self {
            saga: &definition.name,
            fingerprint: format!("{fingerprint:016x}"),
            released: date,
            what: *what,
        }
    }
}

/// The sagas of which versions return different types.
fn notes(versions: &[Released]) -> Vec<String> {
    let mut notes = Vec::new();
    let mut first: Vec<&Released> = Vec::new();
    for version in versions {
        let is = &version.definition;
        let Some(known) = first.iter().find(|it| it.definition.name == is.name) else {
            first.push(version);
            continue;
        };
        let was = &known.definition;
        if output_differs(was, is) {
            notes.push(format!(
                "{} {:016x} returns `{}`, and {:016x} returns `{}`: a caller that joins a saga which completed \
                 under the other version gets `OutputLost` if the type of its own cannot read that JSON",
                is.name, known.fingerprint, was.output, version.fingerprint, is.output
            ));
        }
    }
    notes.dedup();
    notes
}

fn shown(view: &View<'_>) -> String {
    if view.versions.is_empty() {
        return "no version is in use\n".to_owned();
    }
    let mut table = Table::new(["saga", "version", "released", ""]);
    for version in &view.versions {
        let (style, what) = match version.what {
            What::Kept => (style::FAINT, "in use"),
            What::Added => (style::GOOD, "added"),
            What::Unused => (style::UNDONE, "not in use here: --prune removes it"),
            What::Removed => (style::UNDONE, "removed"),
        };
        table.row([
            version.saga.into(),
            version.fingerprint.as_str().into(),
            version.released.into(),
            Cell::new(style, what),
        ]);
    }
    let table = table.show("", None);
    let removed = view.versions.iter().filter(|it| it.what == What::Removed);
    let versions = view.versions.len() - removed.count();
    let versions = match versions {
        1 => "1 version".to_owned(),
        _ => format!("{versions} versions"),
    };
    let notes = view.notes.iter().map(|note| format!("note: {note}\n"));
    let notes: String = notes.collect();
    format!(
        "{table}\n{}: {versions}\n{notes}",
        styled(style::NAME, &view.file)
    )
}
