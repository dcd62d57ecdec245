//! A saga as data: the model as a [`Definition`], as far as the macro knows it. Only the program knows
//! the file, the values of expressions, the child sagas, and the names of locks.

mod looped;
mod written;

use std::cell::RefCell;
use std::time::Duration;

use proc_macro2::Span;
use quote::ToTokens;
use syn::Ident;
use typed_saga_definition::{
    Backoff, Call, Child, Compensation, Condition, Definition, Emit, Field, Hold, List, Lock, Rare,
    Ref, Retry, Savepoint, Side, Step, Text, Timing, Written,
};

use self::looped::declared_loop;
use self::written::{names, written, written_type};
use crate::model::{
    self, Attrs, Clause, Compensate, Keyed, Output, Read, Saga, Source, TimingValue, WaitEnd,
    effects_of, index,
};
use crate::names::recorded;

/// A saga as data.
pub(crate) struct Declared {
    pub(crate) definition: Definition,
    /// The durations that are expressions: the definition refers to them by number.
    pub(crate) durations: Vec<model::Timing>,
}

impl Declared {
    /// That of no saga.
    pub(crate) const EMPTY: Self = Self {
        definition: Definition::EMPTY,
        durations: Vec::new(),
    };
}

/// A saga as data, without what follows from its promises.
pub(crate) fn declared(saga: &Saga) -> Declared {
    in_order(saga, saga.order())
}

/// The same, with this order of the steps.
pub(crate) fn in_order(saga: &Saga, order: Definition) -> Declared {
    let declaring = Declaring {
        saga,
        order,
        durations: RefCell::default(),
    };
    let definition = declaring.definition();
    Declared {
        definition,
        durations: declaring.durations.into_inner(),
    }
}

/// A saga with mistakes, for items that refer to no child saga.
pub(crate) fn without_children(saga: &Saga) -> Declared {
    let mut declared = declared(saga);
    for step in declared.definition.steps.to_mut() {
        step.change_acting(|acting| acting.child = None);
    }
    declared
}

/// A saga while its definition is made.
struct Declaring<'a> {
    saga: &'a Saga,
    /// The order of the steps.
    order: Definition,
    /// The durations so far.
    durations: RefCell<Vec<model::Timing>>,
}

impl<'a> Declaring<'a> {
    fn definition(&self) -> Definition {
        let saga = self.saga;
        let timing = |timing| self.timing(timing);
        Definition {
            name: saga.journal_name().into(),
            durable: saga.durable.is_some(),
            classified: saga.is_classified(),
            inputs: saga.inputs.iter().map(field).collect(),
            services: saga.services.iter().map(field).collect(),
            output: match &saga.output {
                Output::Effects(_) => Text::Borrowed("_"),
                Output::Type(ty) => written_type(ty).into(),
            },
            error: written_type(&saga.error).into(),
            steps: saga
                .steps()
                .enumerate()
                .map(|(index, step)| self.step(index, step))
                .collect(),
            conditions: self.conditions(),
            pivot: self.order.pivot,
            emits: saga.emits.as_ref().map(|ty| written_type(ty).into()),
            events: saga.events.iter().map(emit).collect(),
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
        }
    }

    fn conditions(&self) -> List<Condition> {
        let conditions = self.order.conditions.iter().zip(&self.saga.conditions);
        let conditions = conditions.map(|(order, condition)| Condition {
            reads: names(condition.reads()),
            line: line_of(condition.span),
            ..order.clone()
        });
        conditions.collect()
    }

    fn step(&self, index: usize, step: &'a model::Step) -> Step {
        let alone = self.alone(index, step);
        match &step.looped {
            None => alone,
            Some(looped) => {
                let behind = self.is_behind(index);
                declared_loop(self.saga, alone, step, looped, behind)
            }
        }
    }

    /// A step, or what a loop does with one item.
    fn alone(&self, index: usize, step: &'a model::Step) -> Step {
        let (attrs, order) = (&step.attrs, &self.order.steps[index]);
        let call = |clause| self.call(step, clause);
        let (timing, retry) = (|timing| self.timing(timing), |retry| self.retry(retry));
        Step {
            name: step.journal_name().into(),
            kind: step.kind,
            effect: match &step.effect {
                None => Text::Borrowed("()"),
                Some(ty) => written_type(ty).into(),
            },
            group: order.group,
            condition: order.condition,
            reads: names(&step.reads),
            compensation: match &step.compensate {
                Compensate::Missing => Compensation::Absent,
                Compensate::None(_, again) => Compensation::None { again: *again },
                Compensate::With(_, other) => match other.source {
                    Source::Effect(other) => Compensation::With(model::index(other)),
                    _ => Compensation::Absent,
                },
                Compensate::Clause(clause) => Compensation::Declared {
                    by_key: clause.attrs.by_key.is_some(),
                    call: call(clause),
                },
            },
            resolve: step.resolve.as_ref().map(call).map(Ref::from),
            stands_on: indices(stands_on(index, step)),
            timeout: match &attrs.wait {
                Some(wait) => wait_timing(wait),
                None => self.saga.action_timeout(step).map(timing),
            },
            retry: self
                .saga
                .action_retry(step, self.is_behind(index))
                .map(retry),
            idempotent: attrs.idempotent.is_some(),
            late: self.saga.late(step).map(timing),
            late_undo: delays_undo(step),
            retired: attrs.retired.is_some(),
            started: false,
            introduced: attrs.introduced.is_some(),
            absent: false,
            line: line(&step.name),
            rare: self.rare(index, step).into(),
        }
    }

    fn rare(&self, index: usize, step: &'a model::Step) -> Rare {
        let attrs = &step.attrs;
        let fallback = step.fallback.as_ref();
        Rare {
            ident: attrs.name.as_ref().and_then(|name| {
                let ident = recorded(&step.name);
                (ident != name.value()).then(|| ident.into())
            }),
            when: attrs.when.as_ref().map(|when| names(&when.reads)),
            fallback: fallback.map(|clause| self.call(step, clause).into()),
            awaits: self.order.steps[index].awaits.clone(),
            keyed_by: keyed_by(attrs.idempotent.as_ref(), &step.reads),
            savepoint: attrs.savepoint.as_ref().map(|retry| self.savepoint(retry)),
            child: step.child().map(|child| Child {
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
            }),
            lock: step.lock().map(|_| Lock::PLAIN),
            items: None,
            holds: self.hold(attrs),
        }
    }

    /// The `#[holds]` of a step. `None` also if it names no step, which is reported elsewhere.
    fn hold(&self, attrs: &Attrs) -> Option<Hold> {
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

    fn retry(&self, retry: &'a model::Retry) -> Retry {
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

    fn savepoint(&self, savepoint: &'a model::Retry) -> Savepoint {
        Savepoint {
            on: savepoint.on.as_ref().map(|on| indices(effects_of(on))),
            conditional: savepoint.predicate.is_some(),
            ..Savepoint::of(self.retry(savepoint))
        }
    }

    fn timing(&self, timing: &'a model::Timing) -> Timing {
        let expr = match &timing.value {
            TimingValue::Literal(duration) => return Timing::Fixed(*duration),
            TimingValue::Expr(expr) => expr,
        };
        let mut durations = self.durations.borrow_mut();
        durations.push(timing.clone());
        Timing::Written(Box::new(Written {
            source: written(&expr.to_token_stream()).into(),
            number: Some(durations.len() - 1),
        }))
    }

    fn call(&self, step: &'a model::Step, clause: &'a Clause) -> Call {
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

    /// Whether a step comes after the pivot.
    fn is_behind(&self, step: usize) -> bool {
        self.order.side(index(step)) == Side::AfterPivot
    }
}

/// The steps that a step depends on: those that its action, `resolve` and `compensate` read, and those
/// in `#[after]`. A step that is undone with another depends on that other step, and not on the steps
/// that it reads.
fn stands_on(index: usize, step: &model::Step) -> Vec<usize> {
    if let Some(other) = step.with() {
        let after = step.attrs.after.iter().flatten();
        return effects_of(after.chain([other]));
    }
    let clauses = step.resolve.iter().chain(step.compensation());
    let reads = clauses.flat_map(|clause| &clause.reads);
    let mut steps = effects_of(step.starts_with().chain(reads));
    steps.retain(|&other| other != index);
    steps
}

fn emit(emit: &model::Emit) -> Emit {
    Emit {
        place: index(emit.place),
        failed: emit.failed.is_some(),
        condition: emit.condition.map(index),
        reads: names(&emit.reads),
        line: line_of(emit.span),
    }
}

fn field(field: &model::Field) -> Field {
    Field {
        name: recorded(&field.name).into(),
        ty: written_type(&field.ty).into(),
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
            TimingValue::Expr(expr) => expr.to_token_stream(),
        },
        WaitEnd::Expr(expr) => expr.clone(),
    };
    Some(Timing::written(written(&expr)))
}

fn indices(steps: Vec<usize>) -> List<u16> {
    steps.into_iter().map(index).collect()
}

/// The line of a declaration; 0 if the compiler does not reveal it (before 1.88).
fn line(name: &Ident) -> u32 {
    line_of(name.span())
}

fn line_of(span: Span) -> u32 {
    u32::try_from(span.start().line).unwrap_or(0)
}
