//! The attributes of a saga and of its parts.

use proc_macro2::Span;
use syn::Attribute;

use super::Notes;
use super::arguments::{
    abort, after, classify, duration, flag, name, once, retry, savepoint, settings, timeout, when,
};
use super::place::{self, Place, belongs_elsewhere, is_doc_or_lint, is_lint, misplaced, word};
use super::saga::default_crate;
use crate::model::{Retry, SagaAttrs, StepAttrs, Timing};

/// The clauses' attributes; `by_key` is only ever set on `compensate`.
pub(super) struct ClauseAttrs {
    pub(super) timeout: Option<Timing>,
    pub(super) retry: Option<Retry>,
    pub(super) by_key: Option<Span>,
    pub(super) lints: Vec<Attribute>,
}

pub(super) fn saga(notes: &mut Notes<'_>, attributes: Vec<Attribute>) -> SagaAttrs {
    let mut attrs = SagaAttrs {
        classify: None,
        timeout: None,
        retry: None,
        late: None,
        name: None,
        krate: default_crate(),
        unchecked_reads: false,
        forward: Vec::new(),
    };
    for attribute in attributes {
        match word(&attribute).as_str() {
            "classify" => once(notes, &mut attrs.classify, &attribute, classify),
            "timeout" => once(notes, &mut attrs.timeout, &attribute, timeout),
            "retry" => once(notes, &mut attrs.retry, &attribute, retry),
            "late" => once(notes, &mut attrs.late, &attribute, duration),
            "name" => once(notes, &mut attrs.name, &attribute, name),
            "saga" => settings(notes, &mut attrs, &attribute),
            "cfg" => {}
            _ if belongs_elsewhere(&attribute) => misplaced(notes, &attribute, &place::SAGA),
            _ => attrs.forward.push(attribute),
        }
    }
    attrs
}

pub(super) fn step(notes: &mut Notes<'_>, attributes: Vec<Attribute>) -> StepAttrs {
    let mut attrs = StepAttrs::default();
    let mut earlier = None;
    for attribute in attributes {
        match word(&attribute).as_str() {
            "timeout" => once(notes, &mut attrs.timeout, &attribute, timeout),
            "retry" => once(notes, &mut attrs.retry, &attribute, retry),
            "idempotent" => once(notes, &mut attrs.idempotent, &attribute, flag),
            "late" => once(notes, &mut attrs.late, &attribute, duration),
            "savepoint" => once(notes, &mut attrs.savepoint, &attribute, savepoint),
            "abort" => once(notes, &mut attrs.abort, &attribute, abort),
            "when" => once(notes, &mut attrs.when, &attribute, when),
            "after" => once(notes, &mut earlier, &attribute, after),
            "name" => once(notes, &mut attrs.name, &attribute, name),
            "doc" => attrs.docs.push(attribute),
            lint if is_lint(lint) => attrs.lints.push(attribute),
            "cfg" => {}
            _ => misplaced(notes, &attribute, &place::STEP),
        }
    }
    attrs.after = earlier.unwrap_or_default();
    attrs
}

/// For `compensate`, `resolve`, `fallback` and `finally`.
pub(super) fn clause(
    notes: &mut Notes<'_>,
    attributes: Vec<Attribute>,
    keyword: &str,
) -> ClauseAttrs {
    let place = match keyword {
        "compensate" => &place::COMPENSATE,
        "resolve" => &place::RESOLVE,
        "fallback" => &place::FALLBACK,
        _ => &place::FINALLY,
    };
    let mut attrs = ClauseAttrs {
        timeout: None,
        retry: None,
        by_key: None,
        lints: Vec::new(),
    };
    for attribute in attributes {
        match word(&attribute).as_str() {
            "doc" | "cfg" => {}
            lint if is_lint(lint) => attrs.lints.push(attribute),
            known if !place.accepts.contains(&known) => misplaced(notes, &attribute, place),
            "timeout" => once(notes, &mut attrs.timeout, &attribute, timeout),
            "retry" => once(notes, &mut attrs.retry, &attribute, retry),
            _ => once(notes, &mut attrs.by_key, &attribute, flag),
        }
    }
    attrs
}

/// Keeps docs, lints, and what a derive on the saga may look for.
pub(super) fn input(notes: &mut Notes<'_>, attributes: Vec<Attribute>) -> Vec<Attribute> {
    kept(notes, attributes, &place::INPUT, |attribute| {
        word(attribute) != "cfg" && !belongs_elsewhere(attribute)
    })
}

/// Keeps docs and lints.
pub(super) fn service(notes: &mut Notes<'_>, attributes: Vec<Attribute>) -> Vec<Attribute> {
    kept(notes, attributes, &place::SERVICE, is_doc_or_lint)
}

pub(super) fn group(notes: &mut Notes<'_>, attributes: Vec<Attribute>) {
    drop(kept(notes, attributes, &place::GROUP, |attribute| {
        word(attribute) == "doc"
    }));
}

/// For `compensate none`.
pub(super) fn none(notes: &mut Notes<'_>, attributes: Vec<Attribute>) {
    drop(kept(notes, attributes, &place::NONE, is_doc_or_lint));
}

fn kept(
    notes: &mut Notes<'_>,
    attributes: Vec<Attribute>,
    place: &Place,
    keep: fn(&Attribute) -> bool,
) -> Vec<Attribute> {
    let mut kept = Vec::new();
    for attribute in attributes {
        if keep(&attribute) {
            kept.push(attribute);
        } else if word(&attribute) != "cfg" {
            misplaced(notes, &attribute, place);
        }
    }
    kept
}
