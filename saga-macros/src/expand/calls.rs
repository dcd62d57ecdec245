//! The calls of each step: perform the user's code, put its value into the slot, and report. There
//! is one small `async fn` for all calls of a step that are not part of a [run](super::runs) of
//! steps, and one for the lanes of each block.

use proc_macro2::TokenStream;
use syn::Ident;

use super::{
    code::{Part, called, reads_context, reads_from},
    definition::index,
    ident::{emit, ident},
    plan::{Plan, Unit},
};
use crate::model::{Child, Clause, Kind, Read, Source, Step, Timing};
use crate::names::text;

/// One call of a step.
#[derive(Clone, Copy)]
pub(super) struct Call<'s> {
    pub(super) k: usize,
    part: Part,
    reads: &'s [Read],
    pub(super) timeout: Option<&'s Timing>,
}

impl Plan<'_> {
    /// The action of a step.
    pub(super) fn action(&self, k: usize) -> Call<'_> {
        let step = self.steps[k];
        Call {
            k,
            part: Part::Action,
            reads: &step.reads,
            timeout: self.saga.action_timeout(step),
        }
    }

    /// A clause of a step.
    pub(super) fn clause_call<'s>(&'s self, k: usize, part: Part, clause: &'s Clause) -> Call<'s> {
        Call {
            k,
            part,
            reads: &clause.reads,
            timeout: self.saga.clause_timeout(self.steps[k], clause),
        }
    }

    /// `async fn __call_x`: the calls of one step that no run of steps makes. Most steps have none.
    pub(super) fn step_call(&self, k: usize, step: &Step) -> TokenStream {
        if !self.is_called(k) {
            return TokenStream::new();
        }
        if step.looped.is_some() {
            return self.loop_call(k, step);
        }
        let (p, name, error) = (&self.p, call_name(step), self.error_type());
        let (run, slots) = (self.run_type(), self.slots_type());
        let (declared, predicates) = (self.all.declared(), self.step_shared(step));
        let sibling = self.is_sibling(k);
        let mutable = (!sibling).then(|| emit!(mut));
        let when = if step.kind.acts() {
            self.when_arm(k, step)
        } else {
            Some(self.wait_arm(k, step))
        };
        let action = match step.kind {
            Kind::Signal => Some(self.receive_arm(k)),
            Kind::Sleep | Kind::Lock => None,
            Kind::Read | Kind::Step | Kind::Pivot => {
                let child = step.child().filter(|_| sibling);
                child.map(|child| self.child_arms(k, step, child))
            }
        };
        let clauses = self.clause_arms(k, step, sibling);
        emit! {
            async fn #name<'a, #declared __J>(
                __run: &'a #run, __slots: &'a #mutable #slots,
                __call: #p::Call<'a, #error>, __scope: &'a #p::Scope<'a, __J>,
            ) -> #p::Report<#error> where #predicates __J: #p::Journal {
                match __call.at.call {
                    #when #action #clauses
                    _ => #p::CallSite::undeclared(__call.at),
                }
            }
        }
    }

    /// The calls of a step's clauses. `undoes` says whether its compensation is among them;
    /// otherwise `Machine::undo` makes that call.
    pub(super) fn clause_arms(&self, k: usize, step: &Step, undoes: bool) -> TokenStream {
        let compensate = step.compensation().filter(|_| undoes);
        let clauses = [
            (Part::Resolve, step.resolve.as_ref()),
            (Part::Compensate, compensate),
            (Part::Fallback, step.fallback.as_ref()),
        ];
        let arms = clauses
            .into_iter()
            .filter_map(|(part, clause)| Some(self.arm(self.clause_call(k, part, clause?))));
        arms.collect()
    }

    /// The call of a `when`.
    pub(super) fn when_arm(&self, k: usize, step: &Step) -> Option<TokenStream> {
        let (p, names, when) = (&self.p, self.all.names(), step.attrs.when.as_ref()?);
        let function = called(step, Part::When);
        let args = self.args(k, Part::When, &when.reads);
        let skip = self.fill(k, &emit!(#p::Option::None));
        Some(emit! {
            #p::CallKind::When => {
                let __goes = #function::<#names>(#args);
                if !__goes { #skip }
                #p::Report::Decided(__goes)
            }
        })
    }

    /// The calls of a sibling that is a child saga.
    pub(super) fn child_arms(&self, k: usize, step: &Step, child: &Child) -> TokenStream {
        let (p, at) = (&self.p, emit!(__call.at));
        let attempt = self.nest_call(k, child, &at);
        let store = self.store(k, &emit!(__value));
        let back = step.is_called_back().then(|| {
            let back = self.nest_back_call(step, &at);
            emit! {
                #p::CallKind::Compensate => {
                    #back
                    match __result {
                        #p::Result::Ok(()) => #p::Report::Done,
                        #p::Result::Err(__report) => __report,
                    }
                }
            }
        });
        emit! {
            #p::CallKind::Action => {
                #attempt
                match __result {
                    #p::Result::Ok(__value) => { #store; #p::Report::Done }
                    #p::Result::Err(__report) => __report,
                }
            }
            #back
        }
    }

    /// Whether a step has calls that are not part of a run.
    pub(super) fn is_called(&self, k: usize) -> bool {
        let step = self.steps[k];
        let clauses = step.resolve.is_some() || step.fallback.is_some();
        self.is_apart(k) || step.attrs.when.is_some() || clauses || !step.kind.acts()
    }

    /// The calls of a step that waits: how long it waits, or which keys it requests.
    fn wait_arm(&self, k: usize, step: &Step) -> TokenStream {
        let (p, names) = (&self.p, self.all.names());
        let awaits = if let Some(lock) = step.lock() {
            self.requests(k, step, lock)
        } else {
            let wait = called(step, Part::Wait);
            let args = self.args(k, Part::Wait, &step.reads);
            emit!(#p::Report::Awaits(#wait::<#names>(#args)))
        };
        let Some(when) = &step.attrs.when else {
            return emit!(#p::CallKind::When => #awaits,);
        };
        let goes = called(step, Part::When);
        let args = self.args(k, Part::When, &when.reads);
        let skip = self.skip(k);
        emit! {
            #p::CallKind::When => {
                if #goes::<#names>(#args) {
                    #awaits
                } else {
                    #skip
                    #p::Report::Decided(false)
                }
            }
        }
    }

    /// Takes the signal that was sent.
    fn receive_arm(&self, k: usize) -> TokenStream {
        let (p, codec, ty) = (&self.p, self.codec(k), self.value_type(k));
        let (mail, store) = (super::input::mail(), self.store(k, &emit!(__value)));
        let step = index(k);
        emit! {
            #p::CallKind::Action => {
                let __value = #p::received::<#ty, __J>(__scope, &__run.#mail, #step, #codec);
                #store;
                #p::Report::Received
            }
        }
    }

    /// One kind of call as an arm: perform it, put its value into the slot, and report.
    pub(super) fn arm(&self, call: Call<'_>) -> TokenStream {
        let p = &self.p;
        let kind = match call.part {
            Part::Action => emit!(Action),
            Part::Resolve => emit!(Resolve),
            Part::Compensate => emit!(Compensate),
            Part::Fallback => emit!(Fallback),
            Part::When | Part::Wait | Part::Keys => unreachable!("none is performed"),
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

    /// Statements that define the local `__result`, which is a value or a report.
    pub(super) fn result(&self, call: Call<'_>, at: &TokenStream) -> TokenStream {
        let p = &self.p;
        if call.timeout.is_none() && self.saga.durable.is_none() {
            let (bindings, future) = self.future(call, at);
            return emit!(#bindings let __result = #p::Scope::call(__scope, #at, #future).await;);
        }
        let (bindings, performed) = self.performed(call, at);
        emit!(#bindings let __result = #p::Result::map_err(#performed.await, #p::Report::Failed);)
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
            _ if self.saga.durable.is_none() => emit!(#p::Unrecorded),
            Part::Action | Part::Fallback => self.codec(call.k),
            Part::Resolve => {
                let codec = self.codec(call.k);
                emit!(#p::Answer(#codec))
            }
            _ => emit!(#p::Unrecorded),
        };
        (
            bindings,
            emit!(#p::Scope::perform(__scope, #at, #codec, #limited)),
        )
    }

    /// The locals that a call reads, and its future.
    pub(super) fn future(&self, call: Call<'_>, at: &TokenStream) -> (TokenStream, TokenStream) {
        let Call { k, part, reads, .. } = call;
        let step = self.steps[k];
        let bindings = self.bindings(step, reads, at);
        let (function, names) = (called(step, part), self.all.names());
        let args = self.args(k, part, reads);
        (bindings, emit!(#function::<#names>(#args)))
    }

    /// The reads of a call that come from its context, as locals.
    pub(super) fn bindings(&self, step: &Step, reads: &[Read], at: &TokenStream) -> TokenStream {
        let p = &self.p;
        let (saga_name, step_name) = (self.saga.journal_name(), step.journal_name());
        let context = reads_context(reads).then(
            || emit!(let __context = #p::Scope::context(__scope, #at, #saga_name, #step_name);),
        );
        let key = reads_from(reads, Source::Key)
            .then(|| emit!(let __key = #p::Context::key(&__context);));
        let undo_key = reads_from(reads, Source::UndoKey)
            .then(|| emit!(let __undo_key = #p::Key::of_undo(&__context);));
        emit!(#context #key #undo_key)
    }

    /// The codec with which a durable saga stores a step's value.
    pub(super) fn codec(&self, k: usize) -> TokenStream {
        if self.saga.durable.is_none() {
            let p = &self.p;
            return emit!(#p::Codec::none());
        }
        self.codec_of(&self.written_value(k))
    }

    /// A call of a sibling, in its lane. The action of an ordinary sibling is a future of the
    /// library, not an `async` block: the future of the block of steps has room for the futures of
    /// all siblings, and an `async` block retains whatever it was made of.
    fn in_lane(&self, k: usize) -> TokenStream {
        let (p, step, names) = (&self.p, self.steps[k], self.all.names());
        let name = call_name(step);
        let call = emit!(#name::<#names __J>(__run, __slots, __call, __scope));
        if step.looped.is_some() || step.child().is_some() || !step.kind.acts() {
            return emit!(#p::here(#p::whole(#call)));
        }
        let (bindings, performed) = self.performed(self.action(k), &emit!(__call.at));
        let action = if self.is_held(k) {
            emit!(#p::valued(#performed))
        } else {
            let store = self.store(k, &emit!(__value));
            emit!(#p::stored(#performed, move |__value| #store))
        };
        let action = if bindings.is_empty() {
            action
        } else {
            emit!(async move { #bindings #action.await })
        };
        emit! {
            match __call.at.call {
                #p::CallKind::Action => #p::here(#action),
                _ => #p::apart(#call),
            }
        }
    }

    /// `async fn __block_x`: the lanes of a block, pinned in its own frame.
    pub(super) fn block(&self, unit: &Unit) -> TokenStream {
        let (p, name, error) = (&self.p, self.block_name(unit), self.error_type());
        let (run, all_slots) = (self.run_type(), self.slots_type());
        let (declared, predicates) = (self.all.declared(), self.all_shared());
        let steps = || unit.steps.iter().copied();
        let lanes: Vec<_> = steps().map(|k| ident(&format!("__lane_{k}"))).collect();
        let calls = steps().map(|k| self.in_lane(k));
        let indices = steps().map(index);
        let held: Vec<_> = steps().filter(|k| self.is_held(*k)).collect();
        let slots = held.iter().map(|k| &self.steps[*k].name);
        let values: Vec<_> = held
            .iter()
            .map(|k| ident(&format!("__value_{k}")))
            .collect();
        let held: Vec<_> = held.iter().map(|k| ident(&format!("__lane_{k}"))).collect();
        let (taken, given) = if held.is_empty() {
            Default::default()
        } else {
            (
                emit!(let (#(#values,)*) =),
                emit!((#(#p::Lane::held(#held),)*)),
            )
        };
        emit! {
            async fn #name<'a, #declared __J>(
                __run: &'a #run, __slots: &'a mut #all_slots,
                __lanes: #p::Lanes<'a, #error>, __scope: &'a #p::Scope<'a, __J>,
            ) where #predicates __J: #p::Journal {
                #taken {
                    // One reference in each lane instead of three.
                    let __with = &(__run, &*__slots, __scope);
                    #(let mut #lanes = #p::pin!(#p::lane(#indices, move |__call| {
                        let &(__run, __slots, __scope) = __with;
                        #calls
                    }));)*
                    #p::Lanes::run(__lanes, &mut [#(#p::as_mut(&mut #lanes)),*]).await;
                    #given
                };
                #(#p::keep(&mut __slots.#slots, #values);)*
            }
        }
    }

    pub(super) fn block_name(&self, unit: &Unit) -> Ident {
        ident(&format!("__block_{}", text(&self.steps[unit.first()].name)))
    }
}

pub(super) fn call_name(step: &Step) -> Ident {
    ident(&format!("__call_{}", text(&step.name)))
}
