//! What the executor calls: slots for the effects, one small `async fn` for the calls of each step, one for the lanes of each block.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{Ident, spanned::Spanned};

use super::{
    code::{Part, local, reads_context, reads_key},
    definition::index,
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
        let calls = self.every_step().map(|(index, step)| self.step_call(index, step));
        let blocks = self.units.iter().filter(|unit| unit.concurrent).map(|unit| self.block(unit));
        let machine = self.machine_impl();
        quote!(#slots #(#calls)* #(#blocks)* #machine)
    }

    fn machine_impl(&self) -> TokenStream {
        let p = &self.p;
        let (saga, run) = (self.saga, self.name("Run"));
        let (declared, names, predicates) = (self.all.declared(), self.all.names(), self.all.shared(p));
        let (input, input_names) = (&saga.name, self.inputs_params().names());
        let (output, error) = (self.output_type(), &saga.error);
        let count = self.steps.len();
        let effect_names = self.effects_params().names();
        let snapshot = self.name("Snapshot");
        let arms = self.every_step().map(|(k, step)| {
            let (k, call) = (index(k), call_name(step));
            quote!(#k => #call::<#names __J>(self, slots, call, scope).await,)
        });
        let runs = self.run_actions();
        let blocks = self.units.iter().filter(|unit| unit.concurrent).map(|unit| {
            let (first, block) = (index(unit.steps.start), self.block_name(unit));
            quote!(#first => #block::<#names __J>(self, slots, lanes, scope).await,)
        });
        let clears = self.every_step().map(|(k, step)| {
            let (k, name) = (index(k), &step.name);
            quote!(#k => #p::Slot::clear(&mut slots.#name),)
        });
        let classify = saga.attrs.classify.as_ref().map(|classify| {
            quote_spanned!(classify.span()=> fn classify(error: &Self::Error) -> #p::Verdict { #classify(error) })
        });
        let aborts = self.predicates("aborts", false, |step| step.attrs.abort.as_ref());
        let again = self.predicates("again", true, |step| self.action_retry(step).and_then(|retry| retry.predicate.as_ref()));
        let turns = self.predicates("turns", true, |step| step.attrs.savepoint.as_ref().and_then(|savepoint| savepoint.predicate.as_ref()));
        let args = self.output_args(
            |name, lent| if lent { self.run_field(&quote!(self), name) } else { quote!(self.#name) },
            |step| {
                let name = &self.steps[step].name;
                quote!(#p::effect(slots.#name))
            },
        );
        let finally = self.finally_method();
        let fields: Vec<_> = self.every_step().map(|(_, step)| &step.name).collect();
        quote! {
            #[allow(unused_variables, clippy::too_many_lines, clippy::used_underscore_binding)]
            impl<#declared> #p::Machine for #run<#names> where #predicates {
                const DEFINITION: &'static #p::Definition = &#input::<#input_names>::DEFINITION;
                type Output = #output;
                type Error = #error;
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
        let (declared, names, predicates) = (self.all.declared(), self.all.names(), self.all.shared(p));
        let (output, error) = (self.output_type(), &self.saga.error);
        quote! {
            #[allow(unused_variables)]
            impl<#declared> #p::Machine for #run<#names> where #predicates {
                const DEFINITION: &'static #p::Definition = &#p::NOTHING;
                type Output = #output;
                type Error = #error;
                type Slots = ();
                type States = [#p::StepState; 0];
                type Snapshot = ();
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
                fn snapshot(_: ()) {}
                fn restore(_: ()) {}
            }
        }
    }

    fn slots_struct(&self) -> TokenStream {
        let p = &self.p;
        let params = self.effects_params();
        let (declared, names, predicates) = (params.declared(), params.names(), params.predicates());
        let fields = self.every_step().map(|(k, step)| {
            let (name, ty) = (&step.name, self.effect_type(k));
            // Siblings run beside each other and read each other's effects: their slots are filled through a shared reference.
            if self.is_sibling(k) { quote!(#name: #p::OnceLock<#ty>,) } else { quote!(#name: #p::Option<#ty>,) }
        });
        let empty = self.every_step().map(|(_, step)| &step.name).map(|name| quote!(#name: #p::Default::default(),));
        quote! {
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
        let (declared, names, predicates) = (self.all.declared(), self.all.names(), self.all.shared(p));
        let effect_names = self.effects_params().names();
        let mutable = (!self.is_sibling(k)).then(|| quote!(mut));
        let when = step.attrs.when.as_ref().map(|when| {
            let function = self.function(step, Part::When);
            let args = self.args(k, Part::When, &when.reads);
            let skip = self.fill(k, &quote!(#p::Option::None));
            let decision = local("decision");
            quote! {
                #p::CallKind::When => {
                    let #decision = #p::decide(|| #function::<#names>(#args));
                    if let #p::Report::Decided(false) = #decision { #skip }
                    #decision
                }
            }
        });
        let action = self.is_sibling(k).then(|| self.arm(k, step, Part::Action, &step.reads, self.action_timeout(step)));
        let clause = |part, clause: &crate::model::Clause| self.arm(k, step, part, &clause.reads, self.clause_timeout(clause));
        let resolve = step.resolve.as_ref().map(|resolve| clause(Part::Resolve, resolve));
        let compensate = compensation(step).map(|compensate| clause(Part::Compensate, compensate));
        let fallback = step.fallback.as_ref().map(|fallback| clause(Part::Fallback, fallback));
        quote! {
            #[allow(unused_variables)]
            async fn #name<'a, #declared __J: #p::Journal>(
                run: &'a #run<#names>, slots: &'a #mutable __Slots<#effect_names>, call: #p::Call<'a, #error>, scope: &'a #p::Scope<'a, __J>,
            ) -> #p::Report<#error> where #predicates {
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
            let (attempt, value) = (local("attempt"), local("value"));
            let perform = self.perform(k, step, Part::Action, &step.reads, self.action_timeout(step), &quote!(at));
            let store = self.store(k, &quote!(#value));
            let goes_on = self.steps.get(k + 1).is_some_and(|next| next.attrs.when.is_none()) && !self.is_sibling(k + 1);
            let next = if goes_on {
                quote!(if at.is_last(until) { return (at.step, #p::Report::Done); } at = at.following();)
            } else {
                quote!(return (at.step, #p::Report::Done);)
            };
            let k = index(k);
            quote! {
                if at.step == #k {
                    #perform
                    match #attempt {
                        #p::Attempt::Ok(#value) => #store,
                        #attempt => return (at.step, #p::Report::failed(#attempt)),
                    }
                    #next
                }
            }
        });
        quote!(#(#actions)*)
    }

    /// One kind of call as an arm: perform it, put its value into the slot, report.
    fn arm(&self, k: usize, step: &Step, part: Part, reads: &[Read], timeout: Option<&Timing>) -> TokenStream {
        let p = &self.p;
        let kind = match part {
            Part::Action => quote!(Action),
            Part::Resolve => quote!(Resolve),
            Part::Compensate => quote!(Compensate),
            Part::Fallback => quote!(Fallback),
            Part::When => unreachable!("`when` is not performed"),
        };
        let (attempt, value) = (local("attempt"), local("value"));
        let perform = self.perform(k, step, part, reads, timeout, &quote!(call.at));
        let store = self.store(k, &quote!(#value));
        let report = match part {
            Part::Resolve => quote!(#p::Report::answer(#attempt, |#value| #store)),
            Part::Compensate => quote!(#p::Report::of(#attempt, |()| {})),
            _ => quote!(#p::Report::of(#attempt, |#value| #store)),
        };
        quote!(#p::CallKind::#kind => { #perform #report })
    }

    /// Statements that leave the local `attempt`.
    fn perform(&self, k: usize, step: &Step, part: Part, reads: &[Read], timeout: Option<&Timing>, at: &TokenStream) -> TokenStream {
        let p = &self.p;
        let (context, key, attempt) = (local("context"), local("key"), local("attempt"));
        let context_binding = reads_context(reads).then(|| quote!(let #context = scope.context(#at);));
        let key_binding = reads_key(reads).then(|| quote!(let #key = #context.key();));
        let function = self.function(step, part);
        let names = self.all.names();
        let args = self.args(k, part, reads);
        let future = quote!(#function::<#names>(#args));
        let limited = match timeout {
            None => quote!(#p::untimed(#future)),
            Some(timeout) => {
                let timing = self.timing_value(timeout);
                quote!(#p::timed(#timing, #future))
            }
        };
        let codec = match part {
            Part::Action | Part::Fallback => self.codec(k),
            _ => quote!(#p::Codec::none()),
        };
        quote! {
            #context_binding
            #key_binding
            let #attempt = scope.perform(#at, #codec, #limited).await;
        }
    }

    /// The value of a step into its slot; behind a `when` it is one of two.
    fn store(&self, k: usize, value: &TokenStream) -> TokenStream {
        let p = &self.p;
        if self.steps[k].attrs.when.is_some() { self.fill(k, &quote!(#p::Option::Some(#value))) } else { self.fill(k, value) }
    }

    /// How a durable saga keeps a step's value: spanned at the written type, where it is reported if that is not serde.
    pub(super) fn codec(&self, k: usize) -> TokenStream {
        let p = &self.p;
        if self.saga.durable.is_none() {
            return quote!(#p::Codec::none());
        }
        let value = self.value_type(k);
        let span = value.span();
        quote_spanned!(span=> #p::codec::<#value>())
    }

    fn fill(&self, k: usize, value: &TokenStream) -> TokenStream {
        let (name, p) = (&self.steps[k].name, &self.p);
        if self.is_sibling(k) { quote!(#p::fill(&slots.#name, #value)) } else { quote!(slots.#name = #p::Option::Some(#value)) }
    }

    /// Reads as arguments, from the run and the slots.
    fn args(&self, k: usize, part: Part, reads: &[Read]) -> TokenStream {
        let p = &self.p;
        let args = reads.iter().map(|read| {
            let name = &read.name;
            match read.source {
                Source::Input(_) | Source::Service(_) => self.run_field(&quote!(run), name),
                Source::Effect(step) => {
                    // Spanned at the read: that it cannot be shared is reported there.
                    let slot = quote_spanned!(name.span()=> #p::filled(#p::Slot::get(&slots.#name)));
                    let own_optional = step == k && part == Part::Compensate && self.steps[k].attrs.when.is_some();
                    if own_optional { quote!(#p::filled(#slot.as_ref())) } else { slot }
                }
                Source::Key => {
                    let key = local("key");
                    quote!(&#key)
                }
                Source::Ctx => {
                    let context = local("context");
                    quote!(&#context)
                }
                Source::Failure if part == Part::Fallback => quote!(call.own()),
                Source::Failure => quote!(call.failure()),
                Source::Outcome | Source::Unknown => unreachable!("checked: no such read in a step"),
            }
        });
        quote!(#(#args),*)
    }

    /// `async fn __block_x`: the lanes of a block, pinned on the stack.
    fn block(&self, unit: &Unit) -> TokenStream {
        let p = &self.p;
        let (name, run) = (self.block_name(unit), self.name("Run"));
        let (declared, names, predicates) = (self.all.declared(), self.all.names(), self.all.shared(p));
        let effect_names = self.effects_params().names();
        let lanes: Vec<_> = unit.steps.clone().map(|k| format_ident!("lane_{k}")).collect();
        let calls = unit.steps.clone().map(|k| call_name(self.steps[k]));
        let indices = unit.steps.clone().map(index);
        quote! {
            async fn #name<'a, #declared __J: #p::Journal>(
                run: &'a #run<#names>, slots: &'a __Slots<#effect_names>, lanes: #p::Lanes<'a, #run<#names>>, scope: &'a #p::Scope<'a, __J>,
            ) where #predicates {
                #(let mut #lanes = #p::pin!(#p::lane(#indices, |call| #calls::<#names __J>(run, slots, call, scope)));)*
                lanes.run(scope, &mut [#(#lanes.as_mut()),*]).await
            }
        }
    }

    fn block_name(&self, unit: &Unit) -> Ident {
        format_ident!("__block_{}", text(&self.steps[unit.steps.start].name))
    }

    /// `fn <method>(step, error) -> bool`, if any step has such a predicate.
    fn predicates<'s>(&'s self, method: &str, otherwise: bool, predicate: impl Fn(&'s Step) -> Option<&'s Predicate>) -> TokenStream {
        let p = &self.p;
        let arms: Vec<_> = self
            .every_step()
            .filter_map(|(k, _)| {
                let Predicate { span, expr } = predicate(self.steps[k])?;
                let (k, error) = (index(k), &self.saga.error);
                Some(quote_spanned!(*span=> #k => #p::agrees::<#error>(#expr, error),))
            })
            .collect();
        if arms.is_empty() {
            return TokenStream::new();
        }
        let method = format_ident!("{method}");
        quote!(fn #method(step: #p::u16, error: &Self::Error) -> #p::bool { match step { #(#arms)* _ => #otherwise } })
    }
}

fn call_name(step: &Step) -> Ident {
    format_ident!("__call_{}", text(&step.name))
}
