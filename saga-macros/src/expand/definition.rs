//! The declaration as data: the model's [`Definition`], and the same as a constant of the program.

use proc_macro2::TokenStream;
use saga_definition::{
    Backoff, Call, Compensation, Definition, Field, Group, Kind, Limit, List, Retry, Step, Text,
    Timing,
};
use syn::Ident;

use super::ident::{emit, ident};
use super::plan::{Plan, journal_name};
use crate::model::{self, Clause, Compensate, Output, Read, Source, TimingValue};
use crate::names::text;

/// What the macro knows of the saga.
impl Plan<'_> {
    /// The definition of the saga. Its file is not known here, and durations that are expressions
    /// have no value.
    pub(super) fn declared(&self) -> Definition {
        let saga = self.saga;
        let error = &saga.error;
        Definition {
            name: self.journal_name().into(),
            durable: saga.durable.is_some(),
            classified: saga.attrs.classify.is_some(),
            inputs: self.inputs().map(field).collect(),
            services: self.services().map(field).collect(),
            output: match &saga.output {
                Output::Effects(_) => Text::Borrowed("_"),
                Output::Type(ty) => written(&emit!(#ty)).into(),
            },
            error: written(&emit!(#error)).into(),
            steps: self
                .every_step()
                .map(|(index, step)| self.declared_step(index, step))
                .collect(),
            pivot: self.pivot().map(self::index),
            file: Text::Borrowed(""),
            line: line(&saga.name),
        }
    }

    fn declared_step(&self, index: usize, step: &model::Step) -> Step {
        let (attrs, unit) = (&step.attrs, self.unit_of(index));
        let indices = |steps: Vec<usize>| steps.into_iter().map(self::index).collect();
        let call = |clause| self.declared_call(step, clause);
        Step {
            name: journal_name(step).into(),
            kind: step.kind,
            effect: match &step.effect {
                None => Text::Borrowed("()"),
                Some(ty) => written(&emit!(#ty)).into(),
            },
            group: unit.concurrent.then(|| Group {
                first: self::index(unit.first()),
                len: self::index(unit.steps.len()),
            }),
            reads: names(&step.reads),
            when: attrs.when.as_ref().map(|when| names(&when.reads)),
            compensation: match &step.compensate {
                Compensate::Missing => Compensation::Absent,
                Compensate::None(_) => Compensation::None,
                Compensate::Clause(clause) => Compensation::Declared {
                    by_key: clause.attrs.by_key.is_some(),
                    call: call(clause),
                },
            },
            resolve: step.resolve.as_ref().map(call),
            fallback: step.fallback.as_ref().map(call),
            stands_on: indices(self.stands_on(index)),
            awaits: indices(self.awaits(index)),
            timeout: self.action_timeout(step).map(timing),
            retry: self.action_retry(step).map(retry),
            idempotent: attrs.idempotent.is_some(),
            late: self.late(step).map(timing),
            savepoint: attrs.savepoint.as_ref().map(retry),
            abort: attrs.abort.is_some(),
            line: line(&step.name),
        }
    }

    fn declared_call(&self, step: &model::Step, clause: &Clause) -> Call {
        Call {
            reads: names(&clause.reads),
            timeout: self.clause_timeout(step, clause).map(timing),
            retry: clause.attrs.retry.as_ref().map(retry),
        }
    }

    /// The limit of an action's attempt: its own, or the saga's.
    pub(super) fn action_timeout<'s>(&'s self, step: &'s model::Step) -> Option<&'s model::Timing> {
        let own = step.attrs.timeout.as_ref();
        own.or(self.saga.attrs.timeout.as_ref())
    }

    /// The limit of a clause's attempt: its own, or the saga's. In a durable saga its step's comes
    /// before the saga's, so that no call of it can hang for ever.
    pub(super) fn clause_timeout<'s>(
        &'s self,
        step: &'s model::Step,
        clause: &'s Clause,
    ) -> Option<&'s model::Timing> {
        let of_step = step.attrs.timeout.as_ref();
        let of_step = of_step.filter(|_| self.saga.durable.is_some());
        let own = clause.attrs.timeout.as_ref().or(of_step);
        own.or(self.saga.attrs.timeout.as_ref())
    }

    pub(super) fn action_retry<'s>(&'s self, step: &'s model::Step) -> Option<&'s model::Retry> {
        step.attrs.retry.as_ref().or(self.saga.attrs.retry.as_ref())
    }

    /// How late an operation may arrive: a `read` has none.
    pub(super) fn late<'s>(&'s self, step: &'s model::Step) -> Option<&'s model::Timing> {
        match step.kind {
            Kind::Read => None,
            Kind::Step | Kind::Pivot => step.attrs.late.as_ref().or(self.saga.attrs.late.as_ref()),
        }
    }
}

fn field(field: &model::Field) -> Field {
    let ty = &field.ty;
    Field {
        name: text(&field.name).into(),
        ty: written(&emit!(#ty)).into(),
    }
}

fn retry(retry: &model::Retry) -> Retry {
    Retry {
        limit: match retry.limit {
            model::Limit::Times(times) => Limit::Times(times),
            model::Limit::Forever => Limit::Forever,
        },
        backoff: Backoff {
            base: timing(&retry.base),
            cap: timing(&retry.cap),
            jitter: retry.jitter,
        },
        conditional: retry.predicate.is_some(),
    }
}

fn timing(timing: &model::Timing) -> Timing {
    match &timing.value {
        TimingValue::Literal(duration) => Timing::Fixed(*duration),
        TimingValue::Expr(expr) => Timing::Computed {
            source: written(&emit!(#expr)).into(),
            value: None,
        },
    }
}

/// Without unknown names: an editor completes a half-typed read by comparing two expansions, in
/// which nothing before it may differ.
fn names(reads: &[Read]) -> List<Text> {
    let known = reads.iter().filter(|read| read.source != Source::Unknown);
    known.map(|read| text(&read.name).into()).collect()
}

/// An index; a saga is checked to have fewer steps.
pub(super) fn index(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}

/// The line of a declaration; 0 where the compiler does not tell (before 1.88).
fn line(name: &Ident) -> u32 {
    u32::try_from(name.span().start().line).unwrap_or(0)
}

/// A type or expression as it is written, without the spaces that tokens are printed with.
fn written(tokens: &TokenStream) -> String {
    let mut text = tokens.to_string();
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

/// What the program is told. Each part is destructured in full: one that is added must be told, too.
///
/// What is as in a plain step is left out of the constant: one of 64 steps says 1000 fields
/// otherwise, each for rustc to check and evaluate.
impl Plan<'_> {
    /// The definition as a constant. Enums and structs are built in place, not by functions: so
    /// rustc sees that nothing needs to be dropped, and `&BookTrip::DEFINITION` is `'static`.
    pub(super) fn definition(&self) -> TokenStream {
        let p = &self.p;
        let Definition {
            name,
            durable,
            classified,
            inputs,
            services,
            output,
            error,
            steps,
            pivot,
            file: _,
            line,
        } = self.declared();
        let [name, output, error] = [name, output, error].map(|text| self.text(&text));
        let [inputs, services] = [inputs, services].map(|fields| {
            let fields = fields.iter().map(|field| self.const_field(field));
            self.list(fields)
        });
        let declared = steps.iter().zip(self.every_step());
        let steps = declared.map(|(step, (_, declared))| self.const_step(step, declared));
        let steps = self.list(steps);
        let pivot = self.given("pivot", pivot.map(|pivot| emit!(#pivot)));
        let line = self.line(line);
        emit! {
            #p::Definition {
                name: #name, durable: #durable, classified: #classified,
                inputs: #inputs, services: #services, output: #output, error: #error,
                steps: #steps, file: #p::Borrowed(#p::file!()), line: #line,
                #pivot ..#p::Definition::EMPTY
            }
        }
    }

    fn const_field(&self, field: &Field) -> TokenStream {
        let p = &self.p;
        let Field { name, ty } = field;
        let [name, ty] = [name, ty].map(|text| self.text(text));
        emit!(#p::Field { name: #name, ty: #ty })
    }

    fn const_step(&self, step: &Step, declared: &model::Step) -> TokenStream {
        let p = &self.p;
        let Step {
            name,
            kind,
            effect,
            group,
            reads,
            when,
            compensation,
            resolve,
            fallback,
            stands_on,
            awaits,
            timeout,
            retry,
            idempotent,
            late,
            savepoint,
            abort,
            line,
        } = step;
        let call = |call: &Option<Call>, clause: &Option<Clause>| {
            let both = call.as_ref().zip(clause.as_ref());
            both.map(|(call, clause)| self.const_call(call, declared, clause))
        };
        let group = group.map(|Group { first, len }| emit!(#p::Group { first: #first, len: #len }));
        let compensation = match (compensation, &declared.compensate) {
            (Compensation::Declared { by_key, call }, Compensate::Clause(clause)) => {
                let call = self.const_call(call, declared, clause);
                Some(emit!(Declared { by_key: #by_key, call: #call }))
            }
            (Compensation::None, _) => Some(emit!(None)),
            _ => None,
        };
        let kind = match kind {
            Kind::Read => Some(emit!(Read)),
            Kind::Step => None,
            Kind::Pivot => Some(emit!(Pivot)),
        };
        let effect = Some(effect).filter(|effect| *effect != "()");
        let fields = [
            ("kind", kind.map(|kind| emit!(#p::Kind::#kind))),
            ("effect", effect.map(|effect| self.text(effect))),
            ("reads", self.some_texts(reads)),
            (
                "compensation",
                compensation.map(|how| emit!(#p::Compensation::#how)),
            ),
            ("stands_on", self.some_indices(stands_on)),
            ("awaits", self.some_indices(awaits)),
            ("idempotent", idempotent.then(|| emit!(true))),
            ("abort", abort.then(|| emit!(true))),
        ];
        let fields = fields.into_iter().filter_map(|(field, value)| {
            let (field, value) = (ident(field), value?);
            Some(emit!(#field: #value,))
        });
        let options = [
            ("group", group),
            ("when", when.as_ref().map(|reads| self.texts(reads))),
            ("resolve", call(resolve, &declared.resolve)),
            ("fallback", call(fallback, &declared.fallback)),
            (
                "timeout",
                self.const_timing(timeout.as_ref(), self.action_timeout(declared)),
            ),
            (
                "retry",
                self.const_retry(retry.as_ref(), self.action_retry(declared)),
            ),
            (
                "late",
                self.const_timing(late.as_ref(), self.late(declared)),
            ),
            (
                "savepoint",
                self.const_retry(savepoint.as_ref(), declared.attrs.savepoint.as_ref()),
            ),
        ];
        let options = options.map(|(field, value)| self.given(field, value));
        let (name, line) = (self.text(name), self.line(*line));
        emit! {
            #p::Step { name: #name, line: #line, #(#fields)* #(#options)* ..#p::Step::PLAIN }
        }
    }

    fn const_call(&self, call: &Call, step: &model::Step, declared: &Clause) -> TokenStream {
        let p = &self.p;
        let Call {
            reads,
            timeout,
            retry,
        } = call;
        let reads = self.texts(reads);
        let timeout = self.const_timing(timeout.as_ref(), self.clause_timeout(step, declared));
        let retry = self.const_retry(retry.as_ref(), declared.attrs.retry.as_ref());
        let options = [("timeout", timeout), ("retry", retry)];
        let options = options.map(|(field, value)| self.given(field, value));
        emit!(#p::CallDefinition { reads: #reads, #(#options)* ..#p::CallDefinition::PLAIN })
    }

    fn const_retry(
        &self,
        retry: Option<&Retry>,
        declared: Option<&model::Retry>,
    ) -> Option<TokenStream> {
        let p = &self.p;
        let (retry, declared) = retry.zip(declared)?;
        let Retry {
            limit,
            backoff,
            conditional,
        } = retry;
        let Backoff { base, cap, jitter } = backoff;
        let limit = match limit {
            Limit::Times(times) => emit!(Times(#times)),
            Limit::Forever => emit!(Forever),
        };
        let base = self.const_timing(Some(base), Some(&declared.base));
        let cap = self.const_timing(Some(cap), Some(&declared.cap));
        Some(emit! {
            #p::Retry {
                limit: #p::Limit::#limit,
                backoff: #p::Backoff { base: #base, cap: #cap, jitter: #jitter },
                conditional: #conditional,
            }
        })
    }

    fn const_timing(
        &self,
        timing: Option<&Timing>,
        declared: Option<&model::Timing>,
    ) -> Option<TokenStream> {
        let p = &self.p;
        let (timing, declared) = timing.zip(declared)?;
        Some(match timing {
            Timing::Fixed(duration) => {
                let duration = self.duration(*duration);
                emit!(#p::Timing::Fixed(#duration))
            }
            Timing::Computed { source, value: _ } => {
                let (source, value) = (self.text(source), self.evaluated(declared));
                emit!(#p::Timing::Computed { source: #source, value: #p::Option::Some(#value) })
            }
        })
    }
}
