//! What the executor calls: slots for the effects, one small `async fn` for the calls of each step, one for the lanes of each block.

use proc_macro2::TokenStream;
use quote::{format_ident, quote_spanned};
use syn::{Ident, spanned::Spanned};

use super::{
    code::{Part, function, reads_context, reads_key},
    definition::index,
    ident::{emit, ident},
    plan::{Plan, Unit, compensation},
};
use crate::model::{Predicate, Read, Source, Step, Timing};
use crate::names::text;

impl Plan<'_> {
    /// The slots, the calls and the implementation of `Machine`.
    pub(super) fn machine(&self) -> TokenStream {
        if self.broken {
            return self.broken_machine();
        }
        let slots = self.slots_struct();
        let calls = self
            .every_step()
            .map(|(index, step)| self.step_call(index, step));
        let blocks = self
            .units
            .iter()
            .filter(|unit| unit.concurrent)
            .map(|unit| self.block(unit));
        let machine = self.machine_impl();
        emit!(#slots #(#calls)* #(#blocks)* #machine)
    }

    fn machine_impl(&self) -> TokenStream {
        let p = &self.p;
        let (saga, run) = (self.saga, self.name("Run"));
        let (declared, names, predicates) =
            (self.all.declared(), self.all.names(), self.all_shared());
        let (input, input_names) = (self.input(), self.inputs_params().names());
        let count = self.steps.len();
        let effect_names = self.effects_params().names();
        let snapshot = self.name("Snapshot");
        let arms = self.every_step().map(|(k, step)| {
            let (k, call) = (index(k), call_name(step));
            emit!(#k => #call::<#names __J>(self, slots, call, scope).await,)
        });
        let runs = self.run_actions();
        let blocks = self
            .units
            .iter()
            .filter(|unit| unit.concurrent)
            .map(|unit| {
                let (first, block) = (index(unit.first()), self.block_name(unit));
                emit!(#first => #block::<#names __J>(self, slots, lanes, scope).await,)
            });
        let clears = self.every_step().map(|(k, step)| {
            let (k, name) = (index(k), &step.name);
            emit!(#k => #p::Slot::clear(&mut slots.#name),)
        });
        let classify = saga.attrs.classify.as_ref().map(|classify| {
            let error = ident("error");
            let verdict = quote_spanned!(classify.span()=> { #classify(#error) });
            emit!(fn classify(#error: &Self::Error) -> #p::Verdict #verdict)
        });
        let aborts = self.predicates("aborts", false, |step| step.attrs.abort.as_ref());
        let again = self.predicates("again", true, |step| {
            self.action_retry(step)
                .and_then(|retry| retry.predicate.as_ref())
        });
        let turns = self.predicates("turns", true, |step| {
            step.attrs
                .savepoint
                .as_ref()
                .and_then(|savepoint| savepoint.predicate.as_ref())
        });
        let args = self.output_args(
            |name, lent| {
                if lent {
                    self.run_field(&emit!(self), name)
                } else {
                    emit!(self.#name)
                }
            },
            |step| {
                let name = &self.steps[step].name;
                emit!(#p::effect(slots.#name))
            },
        );
        let finally = self.finally_method();
        let (output_type, error_type) = (self.assigned_output(), self.assigned_error());
        let fields: Vec<_> = self.every_step().map(|(_, step)| &step.name).collect();
        emit! {
            #[allow(trivial_bounds, clippy::multiple_bound_locations, unused_variables, clippy::too_many_lines, clippy::used_underscore_binding)]
            impl<#declared> #p::Machine for #run<#names> where #predicates {
                const DEFINITION: &'static #p::Definition = &#input::<#input_names>::DEFINITION;
                #output_type
                #error_type
                type Slots = __Slots<#effect_names>;
                type States = [#p::StepState; #count];
                type Snapshot = #snapshot<#effect_names>;

                fn states() -> Self::States { [#p::StepState::NEW; #count] }

                fn run<'a, __J: #p::Journal>(
                    &'a self, slots: &'a mut Self::Slots, #[allow(unused_mut)] mut at: #p::At, until: #p::u16, scope: &'a #p::Scope<'a, __J>,
                ) -> impl #p::Future<Output = (#p::u16, #p::Report<Self::Error>)> + #p::Send + 'a {
                    async move {
                        let run = self;
                        #runs
                        (at.step, at.undeclared())
                    }
                }

                fn call<'a, __J: #p::Journal>(
                    &'a self, slots: &'a mut Self::Slots, call: #p::Call<'a, Self::Error>, scope: &'a #p::Scope<'a, __J>,
                ) -> impl #p::Future<Output = #p::Report<Self::Error>> + #p::Send + 'a {
                    async move { match call.at.step { #(#arms)* _ => call.at.undeclared() } }
                }

                fn group<'a, __J: #p::Journal>(
                    &'a self, slots: &'a Self::Slots, first: #p::u16, lanes: #p::Lanes<'a, Self>, scope: &'a #p::Scope<'a, __J>,
                ) -> impl #p::Future<Output = ()> + #p::Send + 'a {
                    async move { match first { #(#blocks)* _ => #p::unreachable!() } }
                }

                fn clear(slots: &mut Self::Slots, step: #p::u16) { match step { #(#clears)* _ => {} } }

                #classify #aborts #again #turns

                fn describe(error: &Self::Error) -> #p::Option<#p::String> {
                    use #p::{ByDebug as _, ByDisplay as _, NotAtAll as _};
                    (&&&#p::Describe(error)).describe()
                }

                fn output(self, slots: Self::Slots) -> Self::Output { __output::<#names>(#args) }

                #finally

                fn snapshot(slots: Self::Slots) -> Self::Snapshot { #snapshot { #(#fields: #p::Slot::take(slots.#fields)),* } }

                fn restore(snapshot: Self::Snapshot) -> Self::Slots { __Slots { #(#fields: #p::Slot::new(snapshot.#fields)),* } }
            }
        }
    }

    /// After an error: enough for the rest of the crate to be checked, nothing that could repeat the error.
    fn broken_machine(&self) -> TokenStream {
        let p = &self.p;
        let run = self.name("Run");
        let (declared, names, predicates) =
            (self.all.declared(), self.all.names(), self.all_shared());
        let (output_type, error_type) = (self.assigned_output(), self.assigned_error());
        let (snapshot, effect_names) = (self.name("Snapshot"), self.effects_params().names());
        emit! {
            #[allow(trivial_bounds, clippy::multiple_bound_locations, unused_variables)]
            impl<#declared> #p::Machine for #run<#names> where #predicates {
                const DEFINITION: &'static #p::Definition = &#p::NOTHING;
                #output_type
                #error_type
                type Slots = ();
                type States = [#p::StepState; 0];
                type Snapshot = #snapshot<#effect_names>;
                fn states() -> Self::States { [] }
                fn run<'a, __J: #p::Journal>(&'a self, _: &'a mut (), at: #p::At, _: #p::u16, _: &'a #p::Scope<'a, __J>)
                    -> impl #p::Future<Output = (#p::u16, #p::Report<Self::Error>)> + #p::Send + 'a { async move { (at.step, at.undeclared()) } }
                fn call<'a, __J: #p::Journal>(&'a self, _: &'a mut (), call: #p::Call<'a, Self::Error>, _: &'a #p::Scope<'a, __J>)
                    -> impl #p::Future<Output = #p::Report<Self::Error>> + #p::Send + 'a { async move { call.at.undeclared() } }
                fn group<'a, __J: #p::Journal>(&'a self, _: &'a (), _: #p::u16, lanes: #p::Lanes<'a, Self>, _: &'a #p::Scope<'a, __J>)
                    -> impl #p::Future<Output = ()> + #p::Send + 'a { async move {} }
                fn clear(_: &mut (), _: #p::u16) {}
                fn describe(_: &Self::Error) -> #p::Option<#p::String> { #p::Option::None }
                fn output(self, _: ()) -> Self::Output { #p::unreachable!() }
                fn finally(&self, _: &dyn Fn() -> #p::Summary) -> #p::Option<#p::Pin<#p::Box<dyn #p::Future<Output = ()> + #p::Send>>> { #p::Option::None }
                fn snapshot(_: ()) -> Self::Snapshot { #p::unreachable!() }
                fn restore(_: Self::Snapshot) {}
            }
        }
    }

    /// `type Output = …;`, at the type: that it is private, or stays on one thread, is reported there.
    fn assigned_output(&self) -> TokenStream {
        let (output, name) = (self.output_type(), ident("Output"));
        quote_spanned!(output.span()=> type #name = #output;)
    }

    fn assigned_error(&self) -> TokenStream {
        let (error, name) = (&self.saga.error, ident("Error"));
        quote_spanned!(error.span()=> type #name = #error;)
    }

    fn slots_struct(&self) -> TokenStream {
        let p = &self.p;
        let params = self.effects_params();
        let (declared, names, predicates) =
            (params.declared(), params.names(), params.predicates());
        let fields = self.every_step().map(|(k, step)| {
            let (name, ty) = (&step.name, self.effect_type(k));
            // Siblings run beside each other and read each other's effects: their slots are filled through a shared reference.
            if self.is_sibling(k) {
                emit!(#name: #p::OnceLock<#ty>,)
            } else {
                emit!(#name: #p::Option<#ty>,)
            }
        });
        let empty = self
            .every_step()
            .map(|(_, step)| &step.name)
            .map(|name| emit!(#name: #p::Default::default(),));
        emit! {
            #[allow(unreachable_pub)]
            pub struct __Slots<#declared> where #predicates { #(#fields)* }
            impl<#declared> #p::Default for __Slots<#names> where #predicates {
                fn default() -> Self { Self { #(#empty)* } }
            }
        }
    }

    /// `async fn __call_x`: every call of one step.
    fn step_call(&self, k: usize, step: &Step) -> TokenStream {
        let p = &self.p;
        let (name, error, run) = (call_name(step), &self.saga.error, self.name("Run"));
        let (declared, names, predicates) = (
            self.all.declared(),
            self.all.names(),
            self.step_shared(step),
        );
        let effect_names = self.effects_params().names();
        let mutable = (!self.is_sibling(k)).then(|| emit!(mut));
        let when = step.attrs.when.as_ref().map(|when| {
            let function = function(step, Part::When);
            let args = self.args(k, Part::When, &when.reads);
            let skip = self.fill(k, &emit!(#p::Option::None));
            emit! {
                #p::CallKind::When => {
                    let decision = #p::decide(|| #function::<#names>(#args));
                    if let #p::Report::Decided(false) = decision { #skip }
                    decision
                }
            }
        });
        let action = self.is_sibling(k).then(|| {
            self.arm(
                k,
                step,
                Part::Action,
                &step.reads,
                self.action_timeout(step),
            )
        });
        let clause = |part, clause: &crate::model::Clause| {
            self.arm(k, step, part, &clause.reads, self.clause_timeout(clause))
        };
        let resolve = step
            .resolve
            .as_ref()
            .map(|resolve| clause(Part::Resolve, resolve));
        let compensate = compensation(step).map(|compensate| clause(Part::Compensate, compensate));
        let fallback = step
            .fallback
            .as_ref()
            .map(|fallback| clause(Part::Fallback, fallback));
        emit! {
            #[allow(trivial_bounds, clippy::multiple_bound_locations, unused_variables)]
            async fn #name<'a, #declared __J>(
                run: &'a #run<#names>, slots: &'a #mutable __Slots<#effect_names>, call: #p::Call<'a, #error>, scope: &'a #p::Scope<'a, __J>,
            ) -> #p::Report<#error> where #predicates __J: #p::Journal {
                match call.at.call {
                    #when #action #resolve #compensate #fallback
                    _ => call.at.undeclared(),
                }
            }
        }
    }

    /// The actions of steps in no block, one behind the other: a run of steps that all give `Ok` falls through.
    fn run_actions(&self) -> TokenStream {
        let p = &self.p;
        let sequential = self.every_step().filter(|(k, _)| !self.is_sibling(*k));
        let actions = sequential.map(|(k, step)| {
                let perform = self.perform(k, step, Part::Action, &step.reads, self.action_timeout(step), &emit!(at));
            let store = self.store(k, &emit!(value));
            let goes_on = self.steps.get(k + 1).is_some_and(|next| next.attrs.when.is_none()) && !self.is_sibling(k + 1);
            let next = if goes_on {
                emit!(if at.is_last(until) { return (at.step, #p::Report::Done); } at = at.following();)
            } else {
                emit!(return (at.step, #p::Report::Done);)
            };
            let k = index(k);
            emit! {
                if at.step == #k {
                    #perform
                    match attempt {
                        #p::Attempt::Ok(value) => #store,
                        attempt => return (at.step, #p::Report::failed(attempt)),
                    }
                    #next
                }
            }
        });
        emit!(#(#actions)*)
    }

    /// One kind of call as an arm: perform it, put its value into the slot, report.
    fn arm(
        &self,
        k: usize,
        step: &Step,
        part: Part,
        reads: &[Read],
        timeout: Option<&Timing>,
    ) -> TokenStream {
        let p = &self.p;
        let kind = match part {
            Part::Action => emit!(Action),
            Part::Resolve => emit!(Resolve),
            Part::Compensate => emit!(Compensate),
            Part::Fallback => emit!(Fallback),
            Part::When => unreachable!("`when` is not performed"),
        };
        let perform = self.perform(k, step, part, reads, timeout, &emit!(call.at));
        let store = self.store(k, &emit!(value));
        let report = match part {
            Part::Resolve => emit!(#p::Report::answer(attempt, |value| #store)),
            Part::Compensate => emit!(#p::Report::of(attempt, |()| {})),
            _ => emit!(#p::Report::of(attempt, |value| #store)),
        };
        emit!(#p::CallKind::#kind => { #perform #report })
    }

    /// Statements that leave the local `attempt`.
    fn perform(
        &self,
        k: usize,
        step: &Step,
        part: Part,
        reads: &[Read],
        timeout: Option<&Timing>,
        at: &TokenStream,
    ) -> TokenStream {
        let p = &self.p;
        let (run, names) = (self.name("Run"), self.all.names());
        let context_binding =
            reads_context(reads).then(|| emit!(let context = scope.context::<#run<#names>>(#at);));
        let key_binding = reads_key(reads).then(|| emit!(let key = context.key();));
        let function = function(step, part);
        let args = self.args(k, part, reads);
        let future = emit!(#function::<#names>(#args));
        let limited = match timeout {
            None => emit!(#p::untimed(#future)),
            Some(timeout) => {
                let timing = self.timing_value(timeout);
                emit!(#p::timed(#timing, #future))
            }
        };
        let codec = match part {
            Part::Action | Part::Fallback => self.codec(k),
            _ => emit!(#p::Codec::none()),
        };
        emit! {
            #context_binding
            #key_binding
            let attempt = scope.perform(#at, #codec, #limited).await;
        }
    }

    /// The value of a step into its slot; behind a `when` it is one of two.
    fn store(&self, k: usize, value: &TokenStream) -> TokenStream {
        let p = &self.p;
        if self.steps[k].attrs.when.is_some() {
            self.fill(k, &emit!(#p::Option::Some(#value)))
        } else {
            self.fill(k, value)
        }
    }

    /// How a durable saga keeps a step's value: spanned at the written type, where it is reported if that is not serde.
    pub(super) fn codec(&self, k: usize) -> TokenStream {
        let p = &self.p;
        if self.saga.durable.is_none() {
            return emit!(#p::Codec::none());
        }
        let value = self.value_type(k);
        let (span, codec) = (value.span(), ident("codec"));
        quote_spanned!(span=> #p::#codec::<#value>())
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
                Source::Failure => emit!(call.failure()),
                Source::Outcome | Source::Unknown => {
                    unreachable!("checked: no such read in a step")
                }
            }
        });
        emit!(#(#args),*)
    }

    /// `async fn __block_x`: the lanes of a block, pinned on the stack.
    fn block(&self, unit: &Unit) -> TokenStream {
        let p = &self.p;
        let (name, run) = (self.block_name(unit), self.name("Run"));
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
        emit! {
            #[allow(trivial_bounds, clippy::multiple_bound_locations)]
            async fn #name<'a, #declared __J>(
                run: &'a #run<#names>, slots: &'a __Slots<#effect_names>, lanes: #p::Lanes<'a, #run<#names>>, scope: &'a #p::Scope<'a, __J>,
            ) where #predicates __J: #p::Journal {
                #(let mut #lanes = #p::pin!(#p::lane(#indices, |call| #calls::<#names __J>(run, slots, call, scope)));)*
                lanes.run(scope, &mut [#(#lanes.as_mut()),*]).await
            }
        }
    }

    fn block_name(&self, unit: &Unit) -> Ident {
        format_ident!("__block_{}", text(&self.steps[unit.first()].name))
    }

    /// `fn <method>(step, error) -> bool`, if any step has such a predicate.
    fn predicates<'s>(
        &'s self,
        method: &str,
        otherwise: bool,
        predicate: impl Fn(&'s Step) -> Option<&'s Predicate>,
    ) -> TokenStream {
        let p = &self.p;
        let arms: Vec<_> = self
            .every_step()
            .filter_map(|(k, _)| {
                let Predicate { span, expr } = predicate(self.steps[k])?;
                let (k, ty) = (index(k), &self.saga.error);
                let [agrees, error] = ["agrees", "error"].map(ident);
                Some(quote_spanned!(*span=> #k => #p::#agrees::<#ty>(#expr, #error),))
            })
            .collect();
        if arms.is_empty() {
            return TokenStream::new();
        }
        let method = format_ident!("{method}");
        emit!(fn #method(step: #p::u16, error: &Self::Error) -> #p::bool { match step { #(#arms)* _ => #otherwise } })
    }
}

fn call_name(step: &Step) -> Ident {
    format_ident!("__call_{}", text(&step.name))
}
