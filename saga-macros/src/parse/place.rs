//! Which attributes stand where.

use syn::{Attribute, Path};

use super::Notes;
use super::saga::span_of;
use crate::errors::list;
use crate::similar::similar;

/// Where attributes stand, and which this macro gives a meaning there.
pub(super) struct Place {
    /// With its article, if it has one.
    name: &'static str,
    pub(super) accepts: &'static [&'static str],
}

pub(super) const SAGA: Place = Place {
    name: "a saga",
    accepts: &["classify", "timeout", "retry", "late", "name", "saga"],
};
pub(super) const STEP: Place = Place {
    name: "a step",
    accepts: &[
        "timeout",
        "retry",
        "idempotent",
        "late",
        "savepoint",
        "abort",
        "when",
        "after",
        "name",
    ],
};
pub(super) const COMPENSATE: Place = Place {
    name: "`compensate`",
    accepts: &["timeout", "retry", "by_key"],
};
pub(super) const RESOLVE: Place = Place {
    name: "`resolve`",
    accepts: &["timeout", "retry"],
};
pub(super) const FALLBACK: Place = Place {
    name: "`fallback`",
    accepts: &[],
};
pub(super) const FINALLY: Place = Place {
    name: "`finally`",
    accepts: &[],
};
pub(super) const NONE: Place = Place {
    name: "`compensate none`",
    accepts: &[],
};
pub(super) const GROUP: Place = Place {
    name: "`concurrent`",
    accepts: &[],
};
pub(super) const INPUT: Place = Place {
    name: "an input",
    accepts: &[],
};
pub(super) const SERVICE: Place = Place {
    name: "a service",
    accepts: &[],
};

const PLACES: [&Place; 4] = [&STEP, &COMPENSATE, &RESOLVE, &SAGA];
const LATER: [&str; 2] = ["transactional", "since"];
const LINTS: [&str; 5] = ["allow", "expect", "warn", "deny", "forbid"];

/// The attribute's name; empty for a path of several words.
pub(super) fn word(attribute: &Attribute) -> String {
    attribute
        .path()
        .get_ident()
        .map(ToString::to_string)
        .unwrap_or_default()
}

pub(super) fn is_lint(word: &str) -> bool {
    LINTS.contains(&word)
}

pub(super) fn is_doc_or_lint(attribute: &Attribute) -> bool {
    let word = word(attribute);
    word == "doc" || is_lint(&word)
}

/// Whether it is one of ours, which no derive may mean.
pub(super) fn belongs_elsewhere(attribute: &Attribute) -> bool {
    let word = word(attribute);
    LATER.contains(&word.as_str())
        || PLACES
            .iter()
            .any(|place| place.accepts.contains(&word.as_str()))
}

/// Reports an attribute that `place` does not accept.
pub(super) fn misplaced(notes: &mut Notes<'_>, attribute: &Attribute, place: &Place) {
    let span = span_of(attribute.path());
    let word = word(attribute);
    if LATER.contains(&word.as_str()) {
        let what = format!("`#[{word}]` is reserved for a later version");
        notes.errors.add(span, what, accepted(place));
        return;
    }
    if word == "cfg_attr" {
        let help = "write the element twice, under `#[cfg(…)]` and under `#[cfg(not(…))]`";
        notes.errors.add(
            span,
            format_args!("`#[cfg_attr]` does not work on {}", place.name),
            help,
        );
        return;
    }
    let accepted = accepted(place);
    let homes: Vec<_> = PLACES
        .iter()
        .filter(|home| home.accepts.contains(&word.as_str()))
        .map(|home| home.name)
        .collect();
    if !homes.is_empty() {
        let what = format!("`#[{word}]` does not belong on {}", place.name);
        notes.errors.add(
            span,
            what,
            format_args!("it belongs on {}; {accepted}", either(&homes)),
        );
        return;
    }
    let path = path_text(attribute.path());
    let near = similar(&word, place.accepts.iter().copied())
        .map_or_else(String::new, |near| format!("did you mean `#[{near}]`? "));
    notes.errors.add(
        span,
        format_args!("unknown attribute `#[{path}]` on {}", place.name),
        format_args!("{near}{accepted}"),
    );
}

/// `a, b or c`.
fn either(names: &[&str]) -> String {
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => names.concat(),
    }
}

fn accepted(place: &Place) -> String {
    let names = place.accepts.iter().map(|name| format!("#[{name}]"));
    match place.accepts {
        [] => format!("{} takes docs, lints and `#[cfg]`", place.name),
        _ => format!(
            "{} takes {}, docs, lints and `#[cfg]`",
            place.name,
            list(names)
        ),
    }
}

fn path_text(path: &Path) -> String {
    path.segments
        .iter()
        .map(|segment| segment.ident.to_string())
        .collect::<Vec<_>>()
        .join("::")
}
