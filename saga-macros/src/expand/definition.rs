//! The declaration as data: the model as a [`Definition`], and that definition as a constant of the
//! program.

mod told;
mod written;

use std::time::Duration;

use proc_macro2::Span;
use saga_definition::{
    ATTEMPTS, Backoff, Call, Child, Compensation, Condition, Definition, Field, Given, Hold, Limit,
    List, Lock, Place, Rare, Ref, Retry, Savepoint, Step, Text, Timing, Written, bare,
};
use syn::{Ident, LitStr, Type};

use self::written::written;
pub(super) use self::written::written_type;
use super::ident::emit;
use super::plan::{Declared, Plan, effects_of, journal_name};
pub(super) use crate::model::index;
use crate::model::{
    self, Attrs, Clause, Compensate, Keyed, Output, Read, Source, TimingValue, WaitEnd,
};
use crate::names::{recorded, uses};

/// The part of the definition that the macro knows.
impl Plan<'_> {
    /// The saga as data, with what it says itself.
    pub(super) fn declared(&self) -> Declared {
        let saga = self.saga;
        let timing = |timing| self.timing(timing);
        let definition = Definition {
            name: self.journal_name().into(),
            durable: saga.durable.is_some(),
            classified: saga.is_classified(),
            inputs: self.inputs().map(field).collect(),
            services: self.services().map(field).collect(),
            output: match &saga.output {
                Output::Effects(_) => Text::Borrowed("_"),
                Output::Type(ty) => written_type(ty).into(),
            },
            error: written_type(&saga.error).into(),
            steps: self
                .every_step()
                .map(|(index, step)| self.declared_step(index, step))
                .collect(),
            conditions: self.declared_conditions(),
            pivot: self.order.pivot,
            emits: saga.emits.as_ref().map(|ty| written_type(ty).into()),
            events: saga.events.iter().map(Self::declared_emit).collect(),
            publish: saga.publish.as_ref().map(|publish| Call {
                reads: names(&publish.reads),
                keyed_by: None,
                timeout: saga.publish_timeout(publish).map(timing),
                retry: publish.attrs.retry.as_ref().map(|retry| self.retry(retry)),
                classified: publish.attrs.classify.is_some(),
            }),
            finally: saga.finally.as_ref().map(|finally| Call {
                reads: names(&finally.reads),
                ..Call::PLAIN
            }),
            within: saga.attrs.within.as_ref().and_then(literal),
            deadline: None,
            file: Text::Borrowed(""),
            line: line(&saga.name),
        };
        Declared {
            definition,
            durations: self.durations.take(),
        }
    }

    fn declared_conditions(&self) -> List<Condition> {
        let conditions = self.order.conditions.iter().zip(&self.saga.conditions);
        let conditions = conditions.map(|(order, condition)| Condition {
            reads: names(condition.reads()),
            line: line_of(condition.span),
            ..order.clone()
        });
        conditions.collect()
    }

    fn declared_step(&self, index: usize, step: &model::Step) -> Step {
        let alone = self.declared_alone(index, step);
        match &step.looped {
            None => alone,
            Some(looped) => {
                let behind = self.place(index) == Place::AfterPivot;
                self.declared_loop(alone, step, looped, behind)
            }
        }
    }

    /// A step, or what a loop does with one item.
    fn declared_alone(&self, index: usize, step: &model::Step) -> Step {
        let (attrs, order) = (&step.attrs, &self.order.steps[index]);
        let stands_on = self.stands_on(index).into_iter();
        let call = |clause| self.declared_call(step, clause);
        let (timing, retry) = (|timing| self.timing(timing), |retry| self.retry(retry));
        Step {
            name: journal_name(step).into(),
            underscored: false,
            kind: step.kind,
            effect: match &step.effect {
                None => Text::Borrowed("()"),
                Some(ty) => stored(attrs.stored_as.as_ref(), ty),
            },
            group: order.group,
            condition: order.condition,
            reads: names(&step.reads),
            compensation: match &step.compensate {
                Compensate::Missing => Compensation::Absent,
                Compensate::None(_, rerun) => Compensation::None(*rerun),
                Compensate::With(_, other) => match other.source {
                    Source::Effect(other) => Compensation::With(self::index(other)),
                    _ => Compensation::Absent,
                },
                Compensate::Clause(clause) => Compensation::Declared {
                    by_key: clause.attrs.by_key.is_some(),
                    call: call(clause),
                },
            },
            resolve: step.resolve.as_ref().map(call).map(Ref::from),
            stands_on: stands_on.map(self::index).collect(),
            timeout: match &attrs.wait {
                Some(wait) => wait_timing(wait),
                None => self.saga.action_timeout(step).map(timing),
            },
            retry: self.action_retry(index, step).map(retry),
            idempotent: attrs.idempotent.is_some(),
            late: self.saga.late(step).map(timing),
            late_undo: delays_undo(step),
            retired: attrs.retired.is_some(),
            started: false,
            said: None,
            introduced: attrs.introduced.is_some(),
            absent: false,
            line: line(&step.name),
            rare: self.declared_rare(index, step).into(),
        }
    }

    fn declared_rare(&self, index: usize, step: &model::Step) -> Rare {
        let attrs = &step.attrs;
        let fallback = step.fallback.as_ref();
        Rare {
            ident: attrs.name.as_ref().and_then(|name| {
                let ident = recorded(&step.name);
                (ident != name.value()).then(|| ident.into())
            }),
            when: attrs.when.as_ref().map(|when| names(&when.reads)),
            fallback: fallback.map(|clause| self.declared_call(step, clause).into()),
            awaits: self.order.steps[index].awaits.clone(),
            keyed_by: keyed_by(attrs.idempotent.as_ref(), &step.reads),
            savepoint: attrs.savepoint.as_ref().map(|retry| self.savepoint(retry)),
            child: step.child().filter(|_| !self.broken).map(|child| Child {
                // Only the program knows the child's definition; here it has only its name.
                definition: Definition {
                    name: written(&child.path).into(),
                    ..Definition::EMPTY
                }
                .into(),
                services: child
                    .services
                    .iter()
                    .map(|name| recorded(name).into())
                    .collect(),
                given: declared_inputs(step, child),
            }),
            lock: step.lock().map(|_| Lock::PLAIN),
            items: None,
            holds: self.declared_hold(attrs),
            never_without: indices(effects_of(attrs.never_without.iter().flatten())),
        }
    }

    /// The `#[holds]` of a step. `None` also if it names no step, which is reported elsewhere.
    fn declared_hold(&self, attrs: &Attrs) -> Option<Hold> {
        let hold = attrs.holds.as_ref()?;
        let until = match &hold.until {
            Some(until) => effects_of([until]).pop().map(index),
            None => self.order.pivot,
        };
        Some(Hold {
            lasts: literal(&hold.lasts)?,
            until: until?,
        })
    }

    fn retry(&self, retry: &model::Retry) -> Retry {
        Retry {
            limit: retry.limit,
            backoff: Backoff {
                base: self.timing(&retry.base),
                cap: self.timing(&retry.cap),
                jitter: retry.jitter,
            }
            .into(),
        }
    }

    fn savepoint(&self, savepoint: &model::Retry) -> Savepoint {
        Savepoint {
            on: savepoint.on.as_ref().map(|on| indices(effects_of(on))),
            conditional: savepoint.predicate.is_some(),
            ..Savepoint::of(self.retry(savepoint))
        }
    }

    fn timing(&self, timing: &model::Timing) -> Timing {
        let expr = match &timing.value {
            TimingValue::Literal(duration) => return Timing::Fixed(*duration),
            TimingValue::Expr(expr) => expr,
        };
        let mut durations = self.durations.borrow_mut();
        durations.push(self.evaluated(timing));
        Timing::Written(Box::new(Written {
            source: written(&emit!(#expr)).into(),
            number: Some(durations.len() - 1),
        }))
    }

    fn declared_call(&self, step: &model::Step, clause: &Clause) -> Call {
        Call {
            reads: names(&clause.reads),
            keyed_by: keyed_by(clause.attrs.by_key.as_ref(), &clause.reads),
            timeout: self
                .saga
                .clause_timeout(step, clause)
                .map(|timing| self.timing(timing)),
            retry: clause.attrs.retry.as_ref().map(|retry| self.retry(retry)),
            classified: clause.attrs.classify.is_some(),
        }
    }

    /// The `#[retry]` of an action: the step's, or else the saga's. After the pivot nothing is
    /// undone, so the saga's `#[retry]` never reduces the number of attempts there: on an engine it
    /// is unlimited.
    fn action_retry<'s>(&'s self, index: usize, step: &'s model::Step) -> Option<&'s model::Retry> {
        let is_behind = self.place(index) == Place::AfterPivot;
        let default = self.saga.attrs.retry.as_ref().filter(|retry| {
            step.kind.acts()
                && match retry.limit {
                    _ if !is_behind => true,
                    Limit::Forever => true,
                    Limit::Times(times) => self.saga.durable.is_none() && times > ATTEMPTS,
                }
        });
        step.attrs.retry.as_ref().or(default)
    }
}

fn field(field: &model::Field) -> Field {
    Field {
        name: recorded(&field.name).into(),
        ty: stored(field.stored_as.as_ref(), &field.ty),
    }
}

/// A type as journals have it: as an earlier version wrote it, or else as it is written.
fn stored(earlier: Option<&LitStr>, ty: &Type) -> Text {
    match earlier {
        Some(earlier) => earlier.value().into(),
        None => written_type(ty).into(),
    }
}

/// Whether a compensation waits for requests of the step that arrive late. A compensation by key
/// stops such requests.
fn delays_undo(step: &model::Step) -> bool {
    let is_undone = match &step.compensate {
        Compensate::Missing | Compensate::None(..) => false,
        Compensate::With(..) => true,
        Compensate::Clause(clause) => clause.attrs.by_key.is_none(),
    };
    let late = step.attrs.late.as_ref();
    is_undone && late.is_some_and(|late| literal(late) != Some(Duration::ZERO))
}

/// The inputs of a child saga, each with what it is made of.
fn declared_inputs(step: &model::Step, child: &model::Child) -> List<Given> {
    let reads = &step.reads[..child.written.min(step.reads.len())];
    let given = child.given_or_taken().into_iter().map(|(name, value)| {
        let used = reads.iter().filter(|read| uses(&value, &read.binding));
        let used = used.filter(|read| read.source != Source::Unknown);
        Given {
            name: bare(&name).to_owned().into(),
            reads: used.flat_map(Read::recorded).map(Text::from).collect(),
        }
    });
    given.collect()
}

fn keyed_by(keyed: Option<&Keyed>, reads: &[Read]) -> Option<Text> {
    let keyed = keyed?;
    let named = keyed.read(reads).map(|read| &read.name);
    named.or(keyed.name()).map(|name| recorded(name).into())
}

fn literal(timing: &model::Timing) -> Option<Duration> {
    match timing.value {
        TimingValue::Literal(duration) => Some(duration),
        TimingValue::Expr(_) => None,
    }
}

/// The limit of a wait; `None` if it waits forever. An expression has no value here, because it may
/// read values of a run.
fn wait_timing(wait: &model::Wait) -> Option<Timing> {
    let expr = match &wait.end {
        WaitEnd::Never => return None,
        WaitEnd::Timing(timing) => match &timing.value {
            TimingValue::Literal(duration) => return Some(Timing::Fixed(*duration)),
            TimingValue::Expr(expr) => emit!(#expr),
        },
        WaitEnd::Expr(expr) => expr.clone(),
    };
    Some(Timing::written(written(&expr)))
}

/// The names of reads, without unknown ones: an editor completes a half-typed read by comparing two
/// expansions, in which nothing before the read may differ.
pub(super) fn names(reads: &[Read]) -> List<Text> {
    let known = reads.iter().filter(|read| read.source != Source::Unknown);
    known.flat_map(Read::recorded).map(Text::from).collect()
}

fn indices(steps: Vec<usize>) -> List<u16> {
    steps.into_iter().map(index).collect()
}

/// The line of a declaration; 0 if the compiler does not reveal it (before 1.88).
fn line(name: &Ident) -> u32 {
    line_of(name.span())
}

pub(super) fn line_of(span: Span) -> u32 {
    u32::try_from(span.start().line).unwrap_or(0)
}
