//! The calls of each step: perform the user's code, put its value into the slot, and report. There
//! is one small `async fn` for all calls of a step that are not part of a [run](super::runs) of
//! steps, and one for the lanes of each block.

use proc_macro2::TokenStream;
use quote::{format_ident, quote_spanned};
use syn::Ident;

use super::{
    code::{Part, function, reads_context, reads_key},
    definition::index,
    ident::{emit, ident},
    lints,
    plan::{Plan, Unit, compensation, journal_name},
};
use crate::model::{Clause, Read, Source, Step, Timing};
use crate::names::text;

/// One call of a step.
#[derive(Clone, Copy)]
pub(super) struct Call<'s> {
    k: usize,
    part: Part,
    reads: &'s [Read],
    timeout: Option<&'s Timing>,
}

impl Plan<'_> {
    /// The action of a step.
    pub(super) fn action(&self, k: usize) -> Call<'_> {
        let step = self.steps[k];
        Call {
            k,
            part: Part::Action,
            reads: &step.reads,
            timeout: self.action_timeout(step),
        }
    }

    /// A clause of a step.
    pub(super) fn clause_call<'s>(&'s self, k: usize, part: Part, clause: &'s Clause) -> Call<'s> {
        Call {
            k,
            part,
            reads: &clause.reads,
            timeout: self.clause_timeout(self.steps[k], clause),
        }
    }

    /// `async fn __call_x`: the calls of one step that no run of steps makes; most steps have none.
    pub(super) fn step_call(&self, k: usize, step: &Step) -> TokenStream {
        if !self.is_called(k) {
            return TokenStream::new();
        }
        let p = &self.p;
        let (name, error, run) = (call_name(step), &self.saga.error, self.name("Run"));
        let (declared, names, predicates) = (
            self.all.declared(),
            self.all.names(),
            self.step_shared(step),
        );
        let effect_names = self.effects_params().names();
        let sibling = self.is_sibling(k);
        let mutable = (!sibling).then(|| emit!(mut));
        let when = step.attrs.when.as_ref().map(|when| {
            let function = function(step, Part::When);
            let args = self.args(k, Part::When, &when.reads);
            let skip = self.fill(k, &emit!(#p::Option::None));
            emit! {
                #p::CallKind::When => {
                    let goes = #function::<#names>(#args);
                    if !goes { #skip }
                    #p::Report::Decided(goes)
                }
            }
        });
        let action = sibling.then(|| self.arm(self.action(k)));
        let clause = |part, clause| self.arm(self.clause_call(k, part, clause));
        let resolve = step.resolve.as_ref();
        let resolve = resolve.map(|resolve| clause(Part::Resolve, resolve));
        let compensate = compensation(step).filter(|_| sibling);
        let compensate = compensate.map(|compensate| clause(Part::Compensate, compensate));
        let fallback = step.fallback.as_ref();
        let fallback = fallback.map(|fallback| clause(Part::Fallback, fallback));
        let lints = lints::executor();
        emit! {
            #lints
            async fn #name<'a, #declared __J>(
                run: &'a #run<#names>, slots: &'a #mutable __Slots<#effect_names>,
                call: #p::Call<'a, #error>, scope: &'a #p::Scope<'a, __J>,
            ) -> #p::Report<#error> where #predicates __J: #p::Journal {
                match call.at.call {
                    #when #action #resolve #compensate #fallback
                    _ => call.at.undeclared(),
                }
            }
        }
    }

    /// Whether a step has calls that are not part of a run.
    pub(super) fn is_called(&self, k: usize) -> bool {
        let step = self.steps[k];
        let clauses = step.resolve.is_some() || step.fallback.is_some();
        self.is_sibling(k) || step.attrs.when.is_some() || clauses
    }

    /// One kind of call as an arm: perform it, put its value into the slot, and report.
    fn arm(&self, call: Call<'_>) -> TokenStream {
        let p = &self.p;
        let kind = match call.part {
            Part::Action => emit!(Action),
            Part::Resolve => emit!(Resolve),
            Part::Compensate => emit!(Compensate),
            Part::Fallback => emit!(Fallback),
            Part::When => unreachable!("`when` is not performed"),
        };
        let (bindings, performed) = self.performed(call, &emit!(call.at));
        let store = self.store(call.k, &emit!(value));
        let report = match call.part {
            Part::Resolve => emit!(#p::Report::answer(attempt, |value| #store)),
            Part::Compensate => emit!(#p::Report::of(attempt, |()| {})),
            _ => emit!(#p::Report::of(attempt, |value| #store)),
        };
        emit!(#p::CallKind::#kind => { #bindings let attempt = #performed.await; #report })
    }

    /// Statements that define the local `result`, a value or a report.
    pub(super) fn result(&self, call: Call<'_>, at: &TokenStream) -> TokenStream {
        let keeps_nothing = call.part == Part::Compensate || self.saga.durable.is_none();
        if call.timeout.is_none() && keeps_nothing {
            let (bindings, future) = self.future(call, at);
            return emit!(#bindings let result = scope.call(#at, #future).await;);
        }
        let (bindings, performed) = self.performed(call, at);
        emit!(#bindings let result = #performed.await.value();)
    }

    /// The locals that a call reads, and its future, performed and recorded.
    fn performed(&self, call: Call<'_>, at: &TokenStream) -> (TokenStream, TokenStream) {
        let p = &self.p;
        let (bindings, future) = self.future(call, at);
        let limited = match call.timeout {
            None => emit!(#p::untimed(#future)),
            Some(timeout) => {
                let limit = self.evaluated(timeout);
                emit!(#p::timed(#limit, #future))
            }
        };
        let codec = match call.part {
            Part::Action | Part::Fallback => self.codec(call.k),
            Part::Resolve => self.answer(call.k),
            _ => emit!(#p::Codec::none()),
        };
        (bindings, emit!(scope.perform(#at, #codec, #limited)))
    }

    /// The locals that a call reads, and its future.
    fn future(&self, call: Call<'_>, at: &TokenStream) -> (TokenStream, TokenStream) {
        let Call { k, part, reads, .. } = call;
        let step = self.steps[k];
        let (saga_name, step_name) = (self.journal_name(), journal_name(step));
        let context = reads_context(reads)
            .then(|| emit!(let context = scope.context(#at, #saga_name, #step_name);));
        let key = reads_key(reads).then(|| emit!(let key = context.key();));
        let (function, names) = (function(step, part), self.all.names());
        let args = self.args(k, part, reads);
        (emit!(#context #key), emit!(#function::<#names>(#args)))
    }

    /// Puts the value of a step into its slot: behind a `when`, into one for two cases.
    pub(super) fn store(&self, k: usize, value: &TokenStream) -> TokenStream {
        let p = &self.p;
        if self.steps[k].attrs.when.is_some() {
            self.fill(k, &emit!(#p::Option::Some(#value)))
        } else {
            self.fill(k, value)
        }
    }

    /// How a durable saga keeps what `resolve` finds.
    fn answer(&self, k: usize) -> TokenStream {
        let (p, codec) = (&self.p, self.codec(k));
        if self.saga.durable.is_none() {
            return codec;
        }
        emit!(#p::Answer(#codec))
    }

    /// How a durable saga keeps a step's value.
    fn codec(&self, k: usize) -> TokenStream {
        if self.saga.durable.is_none() {
            let p = &self.p;
            return emit!(#p::Codec::none());
        }
        self.codec_of(&self.value_type(k))
    }

    fn fill(&self, k: usize, value: &TokenStream) -> TokenStream {
        let (name, p) = (&self.steps[k].name, &self.p);
        if self.is_sibling(k) {
            emit!(#p::fill(&slots.#name, #value))
        } else {
            emit!(slots.#name = #p::Option::Some(#value))
        }
    }

    /// Reads as arguments, from the run and the slots.
    fn args(&self, k: usize, part: Part, reads: &[Read]) -> TokenStream {
        let p = &self.p;
        let args = reads.iter().map(|read| {
            let name = &read.name;
            match read.source {
                Source::Input(_) | Source::Service(_) => self.run_field(&emit!(run), name),
                Source::Effect(step) => {
                    // Spanned at the read: that it cannot be shared is reported there.
                    let [filled, slot, get, slots] = ["filled", "Slot", "get", "slots"].map(ident);
                    let slot =
                        quote_spanned!(name.span()=> #p::#filled(#p::#slot::#get(&#slots.#name)));
                    let own_optional =
                        step == k && part == Part::Compensate && self.steps[k].attrs.when.is_some();
                    if own_optional {
                        emit!(#p::filled(#slot.as_ref()))
                    } else {
                        slot
                    }
                }
                Source::Key => {
                    emit!(&key)
                }
                Source::Ctx => {
                    emit!(&context)
                }
                Source::Failure if part == Part::Fallback => emit!(call.own()),
                Source::Failure if self.is_sibling(k) => emit!(#p::reported(call.failure)),
                Source::Failure => emit!(#p::reported(straight.failure)),
                Source::Outcome | Source::Unknown => {
                    unreachable!("checked: no such read in a step")
                }
            }
        });
        emit!(#(#args),*)
    }

    /// `async fn __block_x`: the lanes of a block, pinned on the stack.
    pub(super) fn block(&self, unit: &Unit) -> TokenStream {
        let p = &self.p;
        let (name, run) = (self.block_name(unit), self.name("Run"));
        let error = &self.saga.error;
        let (declared, names, predicates) =
            (self.all.declared(), self.all.names(), self.all_shared());
        let effect_names = self.effects_params().names();
        let lanes: Vec<_> = unit
            .steps
            .iter()
            .copied()
            .map(|k| format_ident!("lane_{k}"))
            .collect();
        let calls = unit.steps.iter().copied().map(|k| call_name(self.steps[k]));
        let indices = unit.steps.iter().copied().map(index);
        let lints = lints::executor();
        emit! {
            #lints
            async fn #name<'a, #declared __J>(
                run: &'a #run<#names>, slots: &'a __Slots<#effect_names>,
                lanes: #p::Lanes<'a, #error>, scope: &'a #p::Scope<'a, __J>,
            ) where #predicates __J: #p::Journal {
                #(let mut #lanes = #p::pin!(#p::lane(
                    #indices, |call| #calls::<#names __J>(run, slots, call, scope)
                ));)*
                lanes.run(&mut [#(#lanes.as_mut()),*]).await
            }
        }
    }

    pub(super) fn block_name(&self, unit: &Unit) -> Ident {
        format_ident!("__block_{}", text(&self.steps[unit.first()].name))
    }
}

pub(super) fn call_name(step: &Step) -> Ident {
    format_ident!("__call_{}", text(&step.name))
}
