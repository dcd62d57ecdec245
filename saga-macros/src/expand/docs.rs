//! The picture of a saga and the table of its steps, for its documentation.

use proc_macro2::TokenStream;
use saga_diagram::{Clause, Graph, Undo};

use super::definition::written;
use super::ident::emit;
use super::plan::{Plan, journal_name};
use crate::model::{
    self, Compensate, Kind, Limit, Output, Read, Retry, Source, Step, Timing, TimingValue,
};
use crate::names::text;

impl Plan<'_> {
    /// What the documentation says after the user's own words. It is for rustdoc alone: for any other compiler, an attribute that it drops.
    pub(super) fn drawn(&self) -> TokenStream {
        if self.broken {
            return TokenStream::new();
        }
        let graph = self.graph();
        let docs = format!(
            "\n\n# Steps\n\n<div>\n{}</div>\n\n{}",
            graph.to_svg(),
            graph.to_table()
        );
        emit!(#[cfg_attr(doc, doc = #docs)])
    }

    /// The same as what the runtime makes of `DEFINITION`, but for durations that are expressions: these are shown as they are written.
    pub(crate) fn graph(&self) -> Graph {
        let inputs = self.inputs().map(|input| text(&input.name));
        Graph {
            name: self.journal_name(),
            durable: self.saga.durable.is_some(),
            inputs: inputs.collect(),
            output: match &self.saga.output {
                Output::Effects(_) => "_".to_owned(),
                Output::Type(ty) => written(&emit!(#ty)),
            },
            steps: self
                .every_step()
                .map(|(index, step)| self.graph_step(index, step))
                .collect(),
        }
    }

    fn graph_step(&self, index: usize, step: &Step) -> saga_diagram::Step {
        let (attrs, unit) = (&step.attrs, self.unit_of(index));
        let clause = |clause: &model::Clause| self.graph_clause(clause);
        saga_diagram::Step {
            name: journal_name(step),
            kind: match step.kind {
                Kind::Read => saga_diagram::Kind::Read,
                Kind::Step => saga_diagram::Kind::Step,
                Kind::Pivot => saga_diagram::Kind::Pivot,
            },
            effect: match &step.effect {
                None => "()".to_owned(),
                Some(ty) => written(&emit!(#ty)),
            },
            block: unit.concurrent.then(|| unit.first()),
            reads: names(&step.reads),
            when: attrs.when.as_ref().map(|when| names(&when.reads)),
            undo: match &step.compensate {
                Compensate::Missing => Undo::Absent,
                Compensate::None(_) => Undo::None,
                Compensate::Clause(declared) => Undo::Declared {
                    by_key: declared.attrs.by_key.is_some(),
                    clause: clause(declared),
                },
            },
            resolve: step.resolve.as_ref().map(clause),
            fallback: step.fallback.as_ref().map(clause),
            awaits: self.awaits(index),
            timeout: self.action_timeout(step).map(timing),
            retry: self.action_retry(step).map(retry),
            idempotent: attrs.idempotent.is_some(),
            late: self.late(step).map(timing),
            savepoint: attrs.savepoint.as_ref().map(retry),
            abort: attrs.abort.is_some(),
        }
    }

    fn graph_clause(&self, clause: &model::Clause) -> Clause {
        Clause {
            reads: names(&clause.reads),
            timeout: self.clause_timeout(clause).map(timing),
            retry: clause.attrs.retry.as_ref().map(retry),
        }
    }
}

fn names(reads: &[Read]) -> Vec<String> {
    let known = reads.iter().filter(|read| read.source != Source::Unknown);
    known.map(|read| text(&read.name)).collect()
}

fn retry(retry: &Retry) -> saga_diagram::Retry {
    saga_diagram::Retry {
        limit: match retry.limit {
            Limit::Times(times) => Some(times),
            Limit::Forever => None,
        },
        waits: Some((timing(&retry.base), timing(&retry.cap))),
        conditional: retry.predicate.is_some(),
    }
}

fn timing(timing: &Timing) -> String {
    match &timing.value {
        TimingValue::Literal(duration) => saga_diagram::duration(*duration),
        TimingValue::Expr(expr) => written(&emit!(#expr)),
    }
}
