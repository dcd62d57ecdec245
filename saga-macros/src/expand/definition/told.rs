//! The declaration as a constant of the program.

use proc_macro2::TokenStream;
use saga_definition::{
    Backoff, Call, Compensation, Condition, Definition, Emit, Field, Group, Kind, Limit, Retry,
    Step, Text, Timing,
};

use crate::expand::child::child_type;
use crate::expand::ident::{emit, ident};
use crate::expand::plan::Plan;
use crate::model::{self, Clause, Compensate};

/// What the program is told. Each part is destructured in full: one that is added must be told, too.
///
/// What is as in a plain step is left out of the constant: one of 64 steps says 1000 fields
/// otherwise, each for rustc to check and evaluate.
impl Plan<'_> {
    /// The definition as a constant. Enums and structs are built in place, not by functions: so
    /// rustc sees that nothing needs to be dropped, and `&BookTrip::DEFINITION` is `'static`.
    pub(in super::super) fn definition(&self, declared: Definition) -> TokenStream {
        let p = &self.p;
        let Definition {
            name,
            durable,
            classified,
            inputs,
            services,
            output,
            error,
            steps: _,
            conditions,
            pivot,
            emits,
            events,
            publish,
            file: _,
            line,
        } = declared;
        let [name, output, error] = [name, output, error].map(|text| self.text(&text));
        let [inputs, services] = [inputs, services].map(|fields| {
            let fields = fields.iter().map(|field| self.const_field(field));
            self.list(fields)
        });
        let conditions = conditions.iter();
        let conditions: Vec<_> = conditions.map(|each| self.const_condition(each)).collect();
        let conditions = (!conditions.is_empty()).then(|| {
            let conditions = self.list(conditions.into_iter());
            emit!(conditions: #conditions,)
        });
        let pivot = self.given("pivot", pivot.map(|pivot| emit!(#pivot)));
        let emits = self.given("emits", emits.map(|ty| self.text(&ty)));
        let events = (!events.is_empty()).then(|| {
            let events = self.list(events.iter().map(|each| self.const_emit(each)));
            emit!(events: #events,)
        });
        let publish = publish.as_ref().zip(self.saga.publish.as_ref());
        let publish = publish
            .map(|(call, clause)| self.const_call(call, clause, self.publish_timeout(clause)));
        let publish = self.given("publish", publish);
        let line = self.line(line);
        emit! {
            #p::Definition {
                name: #name, durable: #durable, classified: #classified,
                inputs: #inputs, services: #services, output: #output, error: #error,
                steps: #p::Borrowed(Self::__STEPS), file: #p::Borrowed(#p::file!()), line: #line,
                #conditions #pivot #emits #events #publish ..#p::Definition::EMPTY
            }
        }
    }

    /// The definition as one value in the program, wherever it is used: rustc puts a copy of a
    /// constant into each unit of code that refers to it. A saga with parameters cannot have it.
    pub(in super::super) fn definition_static(&self) -> Option<TokenStream> {
        let (p, input) = (&self.p, self.input());
        let alone = self.inputs_params().is_empty();
        alone.then(|| emit!(static __DEFINITION: #p::Definition = #input::DEFINITION;))
    }

    /// A reference to it.
    pub(in super::super) fn placed_definition(&self) -> TokenStream {
        let (input, params) = (self.input(), self.inputs_params());
        if params.is_empty() {
            return emit!(&__DEFINITION);
        }
        let names = params.names();
        emit!(&#input::<#names>::DEFINITION)
    }

    /// All steps, as a constant of their own: the calls of functions that are in it are evaluated
    /// where they stand.
    pub(in super::super) fn steps_constant(&self, steps: &[Step]) -> TokenStream {
        let p = &self.p;
        let steps = steps.iter().zip(self.every_step());
        let steps = steps.map(|(step, (_, declared))| {
            let simple = self.simple_step(step);
            simple.unwrap_or_else(|| self.const_step(step, declared))
        });
        emit!(const __STEPS: &'static [#p::Step] = &[#(#steps),*];)
    }

    /// A step that says no more than most.
    fn simple_step(&self, step: &Step) -> Option<TokenStream> {
        let p = &self.p;
        let Step {
            name,
            effect,
            reads,
            compensation,
            stands_on,
            awaits,
            line,
            kind: Kind::Step,
            group: None,
            condition: None,
            when: None,
            resolve: None,
            fallback: None,
            timeout: None,
            retry: None,
            idempotent: false,
            keyed_by: None,
            late: None,
            savepoint: None,
            abort: false,
            child: None,
            items: None,
        } = step
        else {
            return None;
        };
        let texts = |texts: &[Text]| {
            let texts = texts.iter().map(|text| self.text(text));
            emit!(&[#(#texts),*])
        };
        let compensation = match compensation {
            Compensation::Absent => emit!(Absent),
            Compensation::Declared {
                by_key: false,
                call:
                    Call {
                        reads,
                        keyed_by: None,
                        timeout: None,
                        retry: None,
                    },
            } => {
                let reads = texts(reads);
                emit!(simple(#reads))
            }
            _ => return None,
        };
        let (line, reads) = (self.line(*line), texts(reads));
        let (name, effect, stands_on) = (&**name, &**effect, stands_on.iter());
        awaits.is_empty().then(|| {
            emit! {
                #p::Step::simple(
                    #name, #line, #effect, #reads, #p::Compensation::#compensation,
                    &[#(#stands_on),*],
                )
            }
        })
    }

    fn const_emit(&self, emit: &Emit) -> TokenStream {
        let p = &self.p;
        let Emit {
            place,
            failed,
            condition,
            reads,
            line,
        } = emit;
        let condition = condition.map_or_else(
            || emit!(#p::Option::None),
            |block| emit!(#p::Option::Some(#block)),
        );
        let (reads, line) = (self.texts(reads), self.line(*line));
        emit! {
            #p::EmitDefinition {
                place: #place, failed: #failed, condition: #condition, reads: #reads, line: #line,
            }
        }
    }

    fn const_condition(&self, condition: &Condition) -> TokenStream {
        let p = &self.p;
        let Condition {
            first,
            len,
            reads,
            line,
        } = condition;
        let (reads, line) = (self.texts(reads), self.line(*line));
        emit!(#p::Condition { first: #first, len: #len, reads: #reads, line: #line })
    }

    fn const_field(&self, field: &Field) -> TokenStream {
        let p = &self.p;
        let Field { name, ty } = field;
        let [name, ty] = [name, ty].map(|text| self.text(text));
        emit!(#p::Field { name: #name, ty: #ty })
    }

    #[expect(clippy::too_many_lines, reason = "a list of all that a step says")]
    pub(in super::super) fn const_step(&self, step: &Step, declared: &model::Step) -> TokenStream {
        let p = &self.p;
        let Step {
            name,
            kind,
            effect,
            group,
            condition,
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
            keyed_by,
            late,
            savepoint,
            abort,
            child,
            items,
            line,
        } = step;
        let call = |call: &Option<Call>, clause: &Option<Clause>| {
            let both = call.as_ref().zip(clause.as_ref());
            both.map(|(call, clause)| {
                self.const_call(call, clause, self.clause_timeout(declared, clause))
            })
        };
        let group = group.map(|Group { first, len }| emit!(#p::Group { first: #first, len: #len }));
        let compensation = match (compensation, &declared.compensate) {
            (Compensation::Declared { call, .. }, _) if items.is_some() => {
                Some(self.const_undo_of_loop(call))
            }
            (Compensation::Declared { by_key, call }, Compensate::Clause(clause)) => {
                let call = self.const_call(call, clause, self.clause_timeout(declared, clause));
                Some(emit!(Declared { by_key: #by_key, call: #call }))
            }
            (Compensation::None, _) => Some(emit!(None)),
            (Compensation::With(other), _) => Some(emit!(With(#other))),
            _ => None,
        };
        let kind = match kind {
            Kind::Read => Some(emit!(Read)),
            Kind::Step => None,
            Kind::Pivot => Some(emit!(Pivot)),
            Kind::Signal => Some(emit!(Signal)),
            Kind::Sleep => Some(emit!(Sleep)),
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
            ("condition", condition.map(|block| emit!(#block))),
            (
                "child",
                child.as_ref().filter(|_| !self.broken).map(|child| {
                    let (fitting, services) = (child_type(declared), self.texts(&child.services));
                    emit!(#p::Child {
                        definition: #p::DefinitionRef::Static(&#fitting::DEFINITION),
                        services: #services,
                    })
                }),
            ),
            ("keyed_by", keyed_by.as_ref().map(|name| self.text(name))),
            ("when", when.as_ref().map(|reads| self.texts(reads))),
            ("resolve", call(resolve, &declared.resolve)),
            ("fallback", call(fallback, &declared.fallback)),
            ("timeout", self.const_timeout(timeout.as_ref(), declared)),
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
            (
                "items",
                items
                    .as_ref()
                    .map(|items| self.const_items(items, declared)),
            ),
        ];
        let options = options.map(|(field, value)| self.given(field, value));
        let (name, line) = (self.text(name), self.line(*line));
        emit! {
            #p::Step { name: #name, line: #line, #(#fields)* #(#options)* ..#p::Step::PLAIN }
        }
    }

    /// What a signal or a sleep waits reads, or may: there is no value without a run.
    fn const_timeout(
        &self,
        timeout: Option<&Timing>,
        declared: &model::Step,
    ) -> Option<TokenStream> {
        let p = &self.p;
        match timeout {
            Some(Timing::Computed { source, .. }) if !declared.kind.acts() => {
                let source = self.text(source);
                Some(emit!(#p::Timing::Computed { source: #source, value: #p::Option::None }))
            }
            timeout => self.const_timing(timeout, self.action_timeout(declared)),
        }
    }

    fn const_call(
        &self,
        call: &Call,
        declared: &Clause,
        limit: Option<&model::Timing>,
    ) -> TokenStream {
        let p = &self.p;
        let Call {
            reads,
            keyed_by,
            timeout,
            retry,
        } = call;
        let reads = self.texts(reads);
        let keyed_by = keyed_by.as_ref().map(|name| self.text(name));
        let timeout = self.const_timing(timeout.as_ref(), limit);
        let retry = self.const_retry(retry.as_ref(), declared.attrs.retry.as_ref());
        let options = [
            ("keyed_by", keyed_by),
            ("timeout", timeout),
            ("retry", retry),
        ];
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
