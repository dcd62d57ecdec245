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
                    let __goes = #function::<#names>(#args);
                    if !__goes { #skip }
                    #p::Report::Decided(__goes)
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
                __run: &'a #run<#names>, __slots: &'a #mutable __Slots<#effect_names>,
                __call: #p::Call<'a, #error>, __scope: &'a #p::Scope<'a, __J>,
            ) -> #p::Report<#error> where #predicates __J: #p::Journal {
                match __call.at.call {
                    #when #action #resolve #compensate #fallback
                    _ => #p::CallSite::undeclared(__call.at),
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
        let (bindings, performed) = self.performed(call, &emit!(__call.at));
        let store = self.store(call.k, &emit!(__value));
        let report = match call.part {
            Part::Resolve => emit!(#p::Report::answer(__attempt, |__value| #store)),
            Part::Compensate => emit!(#p::Report::of(__attempt, |()| {})),
            _ => emit!(#p::Report::of(__attempt, |__value| #store)),
        };
        emit!(#p::CallKind::#kind => { #bindings let __attempt = #performed.await; #report })
    }

    /// Statements that define the local `__result`, a value or a report.
    pub(super) fn result(&self, call: Call<'_>, at: &TokenStream) -> TokenStream {
        let p = &self.p;
        let keeps_nothing = call.part == Part::Compensate || self.saga.durable.is_none();
        if call.timeout.is_none() && keeps_nothing {
            let (bindings, future) = self.future(call, at);
            return emit!(#bindings let __result = #p::Scope::call(__scope, #at, #future).await;);
        }
        let (bindings, performed) = self.performed(call, at);
        emit!(#bindings let __result = #p::Attempt::value(#performed.await);)
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
        (
            bindings,
            emit!(#p::Scope::perform(__scope, #at, #codec, #limited)),
        )
    }

    /// The locals that a call reads, and its future.
    fn future(&self, call: Call<'_>, at: &TokenStream) -> (TokenStream, TokenStream) {
        let p = &self.p;
        let Call { k, part, reads, .. } = call;
        let step = self.steps[k];
        let (saga_name, step_name) = (self.journal_name(), journal_name(step));
        let context = reads_context(reads).then(
            || emit!(let __context = #p::Scope::context(__scope, #at, #saga_name, #step_name);),
        );
        let key = reads_key(reads).then(|| emit!(let __key = #p::Context::key(&__context);));
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
            emit!(#p::fill(&__slots.#name, #value))
        } else {
            emit!(__slots.#name = #p::Option::Some(#value))
        }
    }

    /// Reads as arguments, from the run and the slots.
    fn args(&self, k: usize, part: Part, reads: &[Read]) -> TokenStream {
        let p = &self.p;
        let args = reads.iter().map(|read| {
            let name = &read.name;
            match read.source {
                Source::Input(_) | Source::Service(_) => self.run_field(&emit!(__run), name),
                Source::Effect(step) => {
                    // Spanned at the read: that it cannot be shared is reported there.
                    let [filled, slot, get, slots] =
                        ["filled", "Slot", "get", "__slots"].map(ident);
                    let slot =
                        quote_spanned!(name.span()=> #p::#filled(#p::#slot::#get(&#slots.#name)));
                    let own_optional =
                        step == k && part == Part::Compensate && self.steps[k].attrs.when.is_some();
                    if own_optional {
                        emit!(#p::filled(#p::Option::as_ref(#slot)))
                    } else {
                        slot
                    }
                }
                Source::Key => {
                    emit!(&__key)
                }
                Source::Ctx => {
                    emit!(&__context)
                }
                Source::Failure if part == Part::Fallback => emit!(#p::Call::own(&__call)),
                Source::Failure if self.is_sibling(k) => emit!(#p::reported(__call.failure)),
                Source::Failure => emit!(#p::reported(__straight.failure)),
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
            .map(|k| format_ident!("__lane_{k}"))
            .collect();
        let calls = unit.steps.iter().copied().map(|k| call_name(self.steps[k]));
        let indices = unit.steps.iter().copied().map(index);
        let lints = lints::executor();
        emit! {
            #lints
            async fn #name<'a, #declared __J>(
                __run: &'a #run<#names>, __slots: &'a __Slots<#effect_names>,
                __lanes: #p::Lanes<'a, #error>, __scope: &'a #p::Scope<'a, __J>,
            ) where #predicates __J: #p::Journal {
                #(let mut #lanes = #p::pin!(#p::lane(
                    #indices, |__call| #calls::<#names __J>(__run, __slots, __call, __scope)
                ));)*
                #p::Lanes::run(__lanes, &mut [#(#p::Pin::as_mut(&mut #lanes)),*]).await
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
