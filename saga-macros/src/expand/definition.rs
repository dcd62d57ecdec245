//! The declaration as data.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::Ident;

use super::ident::{emit, ident};
use super::plan::{Plan, journal_name};
use crate::model::{
    Clause, Compensate, Field, Kind, Limit, Output, Read, Retry, Source, Step, Timing, TimingValue,
};
use crate::names::text;

impl Plan<'_> {
    pub(super) fn definition(&self) -> TokenStream {
        let (saga, p) = (self.saga, &self.p);
        let name = self.journal_name();
        let durable = saga.durable.is_some();
        let classified = saga.attrs.classify.is_some();
        let inputs = self.fields(self.inputs());
        let services = self.fields(self.services());
        let output = match &saga.output {
            Output::Effects(_) => "_".to_owned(),
            Output::Type(ty) => written(&emit!(#ty)),
        };
        let error = &saga.error;
        let error = written(&emit!(#error));
        let steps = self
            .every_step()
            .map(|(index, step)| self.step_definition(index, step));
        let pivot = self.given_options([("pivot", self.pivot().map(index))]);
        let line = self.line(&saga.name);
        emit! {
            #p::Definition {
                name: #name, durable: #durable, classified: #classified, inputs: #inputs, services: #services, output: #output, error: #error,
                steps: &[#(#steps),*], file: #p::file!(), line: #line, #pivot ..#p::NOTHING
            }
        }
    }

    fn fields<'f>(&self, fields: impl Iterator<Item = &'f Field>) -> TokenStream {
        let p = &self.p;
        let fields = fields.map(|Field { name, ty, .. }| {
            let (name, ty) = (text(name), written(&emit!(#ty)));
            emit!(#p::Field { name: #name, ty: #ty })
        });
        emit!(&[#(#fields),*])
    }

    fn step_definition(&self, index: usize, step: &Step) -> TokenStream {
        let p = &self.p;
        let attrs = &step.attrs;
        let name = journal_name(step);
        let kind = match step.kind {
            Kind::Read => emit!(Read),
            Kind::Step => emit!(Step),
            Kind::Pivot => emit!(Pivot),
        };
        let effect = step
            .effect
            .as_ref()
            .map_or_else(|| "()".to_owned(), |ty| written(&emit!(#ty)));
        let unit = self.unit_of(index);
        let group = unit.concurrent.then(|| {
            let (first, len) = (self::index(unit.first()), self::index(unit.steps.len()));
            emit!(#p::Group { first: #first, len: #len })
        });
        let reads = names(&step.reads);
        let call = |clause: &Clause| self.call_definition(clause);
        let compensation = match &step.compensate {
            Compensate::Missing => emit!(Absent),
            Compensate::None(_) => emit!(None),
            Compensate::Clause(clause) => {
                let (by_key, call) = (clause.attrs.by_key.is_some(), call(clause));
                emit!(Declared { by_key: #by_key, call: #call })
            }
        };
        let options = [
            ("group", group),
            ("when", attrs.when.as_ref().map(|when| names(&when.reads))),
            ("resolve", step.resolve.as_ref().map(call)),
            ("fallback", step.fallback.as_ref().map(call)),
            ("timeout", self.timing(self.action_timeout(step))),
            ("retry", self.retry(self.action_retry(step))),
            ("late", self.timing(self.late(step))),
            ("savepoint", self.retry(attrs.savepoint.as_ref())),
        ];
        let options = self.given_options(options);
        let indices = [
            ("stands_on", self.stands_on(index)),
            ("awaits", self.awaits(index)),
        ];
        let indices = indices.into_iter().filter(|(_, steps)| !steps.is_empty());
        let indices = indices.map(|(field, steps)| {
            let (field, steps) = (ident(field), steps.into_iter().map(self::index));
            emit!(#field: &[#(#steps),*],)
        });
        let flags = [
            ("idempotent", attrs.idempotent.is_some()),
            ("abort", attrs.abort.is_some()),
        ];
        let flags = flags.into_iter().filter(|(_, is_set)| *is_set);
        let flags = flags.map(|(field, _)| ident(field));
        let line = self.line(&step.name);
        // What is as in a plain step is left out: one of 64 says 1000 fields otherwise, each to be checked and evaluated.
        emit! {
            #p::Step {
                name: #name, kind: #p::Kind::#kind, effect: #effect, reads: #reads, compensation: #p::Compensation::#compensation, line: #line,
                #options #(#indices)* #(#flags: true,)* ..#p::PLAIN
            }
        }
    }

    /// Those fields that are `Some`.
    fn given_options<const N: usize>(
        &self,
        fields: [(&str, Option<TokenStream>); N],
    ) -> TokenStream {
        let p = &self.p;
        let given = fields.into_iter().filter_map(|(field, value)| {
            let (field, value) = (ident(field), value?);
            Some(emit!(#field: #p::Option::Some(#value),))
        });
        given.collect()
    }

    /// The line of a declaration; the macro call's where the compiler does not tell (before 1.88).
    fn line(&self, name: &Ident) -> TokenStream {
        let p = &self.p;
        match u32::try_from(name.span().start().line) {
            Ok(line) if line > 0 => emit!(#line),
            _ => emit!(#p::line!()),
        }
    }

    fn call_definition(&self, clause: &Clause) -> TokenStream {
        let p = &self.p;
        let reads = names(&clause.reads);
        let options = self.given_options([
            ("timeout", self.timing(self.clause_timeout(clause))),
            ("retry", self.retry(clause.attrs.retry.as_ref())),
        ]);
        emit!(#p::CallDefinition { reads: #reads, #options ..#p::PLAIN_CALL })
    }

    /// The limit of an action's attempt: its own, or the saga's.
    pub(super) fn action_timeout<'s>(&'s self, step: &'s Step) -> Option<&'s Timing> {
        step.attrs
            .timeout
            .as_ref()
            .or(self.saga.attrs.timeout.as_ref())
    }

    /// The limit of a clause's attempt: its own, or the saga's.
    pub(super) fn clause_timeout<'s>(&'s self, clause: &'s Clause) -> Option<&'s Timing> {
        clause
            .attrs
            .timeout
            .as_ref()
            .or(self.saga.attrs.timeout.as_ref())
    }

    pub(super) fn action_retry<'s>(&'s self, step: &'s Step) -> Option<&'s Retry> {
        step.attrs.retry.as_ref().or(self.saga.attrs.retry.as_ref())
    }

    /// How late an operation may arrive: a `read` has none.
    pub(super) fn late<'s>(&'s self, step: &'s Step) -> Option<&'s Timing> {
        if step.kind == Kind::Read {
            None
        } else {
            step.attrs.late.as_ref().or(self.saga.attrs.late.as_ref())
        }
    }

    fn timing(&self, timing: Option<&Timing>) -> Option<TokenStream> {
        timing.map(|timing| self.timing_value(timing))
    }

    pub(super) fn timing_value(&self, timing: &Timing) -> TokenStream {
        let p = &self.p;
        let [timing_type, new] = ["Timing", "new"].map(ident);
        let value = match &timing.value {
            TimingValue::Literal(duration) => {
                let (secs, nanos) = (duration.as_secs(), duration.subsec_nanos());
                emit!(#p::Duration::new(#secs, #nanos))
            }
            TimingValue::Expr(expr) => emit!(#expr),
        };
        // Spanned at the expression: that it is no `Duration` is reported there.
        quote_spanned!(timing.span=> #p::#timing_type::#new(|| #value))
    }

    fn retry(&self, retry: Option<&Retry>) -> Option<TokenStream> {
        let p = &self.p;
        retry.map(|retry| {
            let limit = match retry.limit {
                Limit::Times(times) => emit!(Times(#times)),
                Limit::Forever => emit!(Forever),
            };
            let (base, cap, jitter, conditional) =
                (self.timing_value(&retry.base), self.timing_value(&retry.cap), retry.jitter, retry.predicate.is_some());
            emit!(#p::Retry { limit: #p::Limit::#limit, backoff: #p::Backoff { base: #base, cap: #cap, jitter: #jitter }, conditional: #conditional })
        })
    }
}

/// Without unknown names: an editor completes a half-typed read by comparing two expansions, in which nothing before it may differ.
fn names(reads: &[Read]) -> TokenStream {
    let known = reads.iter().filter(|read| read.source != Source::Unknown);
    let names = known.map(|read| text(&read.name));
    emit!(&[#(#names),*])
}

/// An index as a `u16`; a saga is checked to have fewer steps.
pub(super) fn index(index: usize) -> TokenStream {
    let index = u16::try_from(index).unwrap_or(u16::MAX);
    emit!(#index)
}

/// A type as it is written, without the spaces that tokens are printed with.
pub(super) fn written(ty: &TokenStream) -> String {
    let mut text = ty.to_string();
    for (spaced, tight) in [
        (" :: ", "::"),
        (":: ", "::"),
        (" <", "<"),
        ("< ", "<"),
        (" >", ">"),
        (" ,", ","),
        ("& ", "&"),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
    ] {
        text = text.replace(spaced, tight);
    }
    text
}
