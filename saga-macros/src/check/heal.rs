//! Repairs a saga with mistakes so that it can be expanded: removes whatever would make rustc
//! report the same mistake again.

use quote::ToTokens;
use syn::{GenericParam, WherePredicate};
use typed_saga_definition::language::Attribute;

use super::shape::is_used;
use crate::errors::poison;
use crate::model::{Code, Compensate, Keyed, Output, Read, Saga, Source, Step};
use crate::names::mentions;
use crate::parse::Lost;

/// `known` is one of the errors of the saga, which are reported.
pub(super) fn heal(saga: &mut Saga, lost: &Lost, known: &syn::Error) {
    if matches!(saga.output, Output::Effects(_)) {
        saga.tail = None;
    }
    drop_unused_parameters(saga);
    lose_effects(saga, lost, known);
    let services: Vec<_> = saga
        .services
        .iter()
        .map(|field| field.name.clone())
        .collect();
    for step in saga.steps_mut() {
        let Step {
            reads,
            code,
            compensate,
            resolve,
            fallback,
            looped: _,
            attrs,
            kind: _,
            kind_span: _,
            name: _,
            effect: _,
        } = step;
        uncall(reads, code, attrs.idempotent.as_ref());
        if let Code::Saga(child) = code {
            // The struct of the child's inputs would have no field of that name.
            if child
                .given()
                .iter()
                .any(|(field, _)| services.contains(field))
            {
                *code = Code::absent();
            }
        }
        let compensate = match compensate {
            Compensate::Clause(clause) => Some(clause),
            Compensate::None(..) | Compensate::With(..) | Compensate::Missing => None,
        };
        let clauses = [compensate, resolve.as_mut(), fallback.as_mut()];
        for clause in clauses.into_iter().flatten() {
            uncall(
                &clause.reads,
                &mut clause.code,
                clause.attrs.by_key.as_ref(),
            );
        }
    }
    if let Some(publish) = &mut saga.publish {
        let is_event = |read: &Read| read.source == Source::Event;
        if matches!(publish.code, Code::Path(_)) && !publish.reads.iter().any(is_event) {
            publish.code = Code::absent();
        }
    }
    for clause in [&mut saga.publish, &mut saga.finally].into_iter().flatten() {
        uncall(&clause.reads, &mut clause.code, None);
    }
}

/// The attributes that make an `Option` of an effect.
const DECIDES: [Attribute; 3] = [Attribute::When, Attribute::Retired, Attribute::Introduced];

/// Replaces the effects of which it is not known whether they are an `Option`.
fn lose_effects(saga: &mut Saga, lost: &Lost, known: &syn::Error) {
    for step in saga.steps_mut() {
        if step.kind.has_effect() && lost.strays(&step.attrs, &DECIDES) {
            step.effect = Some(poison(known));
        }
    }
}

/// Removes a path some of whose reads are unknown: it would be called with too few arguments. So
/// would a child saga get too few services.
fn uncall(reads: &[Read], code: &mut Code, keyed: Option<&Keyed>) {
    let unknown = reads.iter().any(|read| read.source == Source::Unknown);
    let keyless = keyed.is_some_and(|keyed| keyed.lacks_key(reads));
    if (unknown || keyless) && matches!(code, Code::Path(_) | Code::Saga(_)) {
        *code = Code::absent();
    }
}

fn drop_unused_parameters(saga: &mut Saga) {
    let mut generics = saga.generics.clone();
    let fields = || saga.inputs.iter().chain(&saga.services);
    let unused = |parameter: &GenericParam| match parameter {
        GenericParam::Type(ty) => !is_used(fields(), &ty.ident),
        GenericParam::Const(constant) => !is_used(fields(), &constant.ident),
        GenericParam::Lifetime(_) => false,
    };
    let (dropped, kept): (Vec<_>, Vec<_>) = generics.params.into_iter().partition(unused);
    let bounds = |predicate: &WherePredicate| {
        let tokens = predicate.to_token_stream();
        dropped.iter().any(|parameter| match parameter {
            GenericParam::Type(ty) => mentions(&tokens, &ty.ident),
            _ => false,
        })
    };
    if let Some(clause) = &mut generics.where_clause {
        let predicates = std::mem::take(&mut clause.predicates).into_iter();
        clause.predicates = predicates.filter(|predicate| !bounds(predicate)).collect();
    }
    generics.params = kept.into_iter().collect();
    saga.generics = generics;
}
