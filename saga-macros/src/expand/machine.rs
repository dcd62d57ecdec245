//! The executor's view of a saga: slots for its effects, and the implementation of `Machine`.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{Ident, Type, spanned::Spanned};

use super::{
    calls::call_name,
    code::{condition_function, hidden},
    definition::index,
    ident::{self, emit, ident},
    lints,
    plan::Plan,
};
use crate::model::{Predicate, Source, Step};

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
        let (declared, predicates) = (self.all.declared(), self.all_shared());
        let (run, slots, snapshot) = (self.run_type(), self.slots_type(), self.snapshot_type());
        let (runs, undo) = (self.runs(), self.undo());
        let functions = [runs.functions, undo.functions];
        let (run_method, undo_method) = (runs.method, undo.method);
        let decide = self.decide_method();
        let (classify, gives_up) = (self.classify_method(), self.gives_up_method());
        let (turns, dispatch) = (self.turns_method(), self.dispatch_methods());
        let (words, output) = (self.error_methods(), self.output_method());
        let finally = self.finally_method();
        let (said, events) = (self.assigned_events(), self.event_methods());
        let children = self.children_items();
        let (load, load_items) = (self.load_method(), self.load_items_method());
        let error_items = self.error_items();
        let loops = self.says_that_it_loops();
        let (output_type, error_type) = (self.assigned_output(), self.assigned_error());
        let output_codec = self.output_codec_method();
        let snapshot_methods = self.snapshot_methods();
        let (signal, mail) = (self.signal_type(), self.mail_method());
        let (in_place, definition) = (self.definition_static(), self.placed_definition());
        emit! {
            #(#functions)*
            #in_place

            impl<#declared> #p::Machine for #run where #predicates {
                const DEFINITION: &'static #p::Definition = #definition;
                #output_type
                #error_type
                type Slots = #slots;
                #said
                type Signal = #signal;
                type Snapshot = #snapshot;
                #error_items
                #loops

                #children


                #mail

                #run_method #undo_method

                #dispatch

                #decide #classify #gives_up #turns #load #load_items

                #words #output

                #output_codec #events #finally #snapshot_methods
            }
        }
    }

    /// The methods that find a step, or a block, by its index.
    fn dispatch_methods(&self) -> TokenStream {
        let (p, names) = (&self.p, self.all.names());
        let called = self.every_step().filter(|(k, _)| self.is_called(*k));
        let arms = called.map(|(k, step)| {
            let (k, call) = (index(k), call_name(step));
            emit!(#k => #call::<#names __J>(self, __slots, __call, __scope).await,)
        });
        let blocks = self
            .units
            .iter()
            .filter(|unit| unit.concurrent)
            .map(|unit| {
                let (first, block) = (index(unit.first()), self.block_name(unit));
                emit! {
                    #first => #p::pinned(#block::<#names __J>(self, __slots, __lanes, __scope)),
                }
            });
        let clears = self.every_effect().map(|(k, step)| {
            let name = &step.name;
            let forgotten = step
                .child()
                .map(|_| emit!(__slots.__children.#name.forget();));
            let (k, cleared) = (index(k), self.cleared(k));
            emit!(#k => { #forgotten #cleared })
        });
        emit! {
            fn call<'a, __J: #p::Journal>(
                &'a self, __slots: &'a mut Self::Slots, __call: #p::Call<'a, Self::Error>,
                __scope: &'a #p::Scope<'a, __J>,
            ) -> impl #p::Future<Output = #p::Report<Self::Error>> + #p::Send + 'a {
                let __at = __call.at;
                async move { match __at.step { #(#arms)* _ => #p::CallSite::undeclared(__at) } }
            }

            fn group<'a, __J: #p::Journal>(
                &'a self, __slots: &'a mut Self::Slots, __first: #p::u16,
                __lanes: #p::Lanes<'a, Self::Error>, __scope: &'a #p::Scope<'a, __J>,
            ) -> #p::Pin<#p::Box<dyn #p::Future<Output = ()> + #p::Send + 'a>> {
                match __first { #(#blocks)* _ => #p::unreachable!() }
            }

            fn clear(__slots: &mut Self::Slots, __step: #p::u16) {
                match __step { #(#clears)* _ => {} }
            }
        }
    }

    /// What errors say, and what is below them.
    fn error_methods(&self) -> TokenStream {
        let p = &self.p;
        emit! {
            fn describe(__error: &Self::Error) -> #p::Option<#p::String> {
                use #p::{ByDebug as _, ByDisplay as _, NotAtAll as _};
                (&&&#p::Describe(__error)).__describe()
            }

            fn below(__error: &Self::Error) -> #p::Source<'_> {
                use #p::{ByDeref as _, ByError as _, NoSource as _};
                (&&&#p::Below(__error)).__below()
            }
        }
    }

    fn output_method(&self) -> TokenStream {
        let (p, names) = (&self.p, self.all.names());
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
                emit!(#p::effect(&mut __slots.#name))
            },
        );
        emit! {
            fn output(
                self, __slots: &mut Self::Slots, __completed: #p::Completed<'_, Self::Output>,
            ) {
                __output::<#names>(#args #p::Completed::place(__completed))
            }
        }
    }

    fn snapshot_methods(&self) -> TokenStream {
        let (p, snapshot) = (&self.p, self.name("Snapshot"));
        let no_children = self.no_children();
        let fields: Vec<_> = self.every_effect().map(|(_, step)| &step.name).collect();
        emit! {
            fn snapshot(mut __slots: Self::Slots) -> Self::Snapshot {
                #snapshot { #(#fields: #p::Slot::take(&mut __slots.#fields)),* }
            }

            fn restore(__snapshot: Self::Snapshot) -> Self::Slots {
                __Slots { #(#fields: #p::Slot::new(__snapshot.#fields),)* #no_children }
            }
        }
    }

    /// The machine after an error: enough for the rest of the crate to be checked, and nothing that
    /// could repeat the error.
    fn broken_machine(&self) -> TokenStream {
        let (p, run, snapshot) = (&self.p, self.run_type(), self.snapshot_type());
        let (declared, predicates) = (self.all.declared(), self.all_shared());
        let (output_type, error_type) = (self.assigned_output(), self.assigned_error());
        let (signal, said) = (self.signal_type(), self.assigned_events());
        emit! {
            impl<#declared> #p::Machine for #run where #predicates {
                const DEFINITION: &'static #p::Definition = &#p::Definition::EMPTY;
                #output_type
                #error_type
                type Slots = ();
                #said
                type Signal = #signal;
                type Snapshot = #snapshot;
                type Children = ();
                fn run<'a, __J: #p::Journal>(
                    &'a self, _: &'a mut (), _: &'a mut #p::Straight<Self::Error>,
                    _: &'a #p::Scope<'a, __J>,
                ) -> impl #p::Future<Output = ()> + #p::Send + 'a { async move {} }
                fn undo<'a, __J: #p::Journal>(
                    &'a self, _: &'a (), _: #p::CallSite, _: #p::Option<&'a #p::Failure<Self::Error>>,
                    _: &'a #p::Scope<'a, __J>,
                ) -> impl #p::Future<Output = #p::Result<(), #p::Report<Self::Error>>> + #p::Send + 'a {
                    async move { #p::Result::Ok(()) }
                }
                fn call<'a, __J: #p::Journal>(
                    &'a self, _: &'a mut (), __call: #p::Call<'a, Self::Error>,
                    _: &'a #p::Scope<'a, __J>,
                ) -> impl #p::Future<Output = #p::Report<Self::Error>> + #p::Send + 'a {
                    async move { #p::CallSite::undeclared(__call.at) }
                }
                fn group<'a, __J: #p::Journal>(
                    &'a self, _: &'a mut (), _: #p::u16, _: #p::Lanes<'a, Self::Error>,
                    _: &'a #p::Scope<'a, __J>,
                ) -> #p::Pin<#p::Box<dyn #p::Future<Output = ()> + #p::Send + 'a>> {
                    #p::pinned(#p::ready(()))
                }
                fn clear(_: &mut (), _: #p::u16) {}
                fn describe(_: &Self::Error) -> #p::Option<#p::String> { #p::Option::None }
                fn output(self, _: &mut (), _: #p::Completed<'_, Self::Output>) {}
                fn finally(&self, _: &dyn #p::Fn() -> #p::Summary)
                    -> #p::Option<#p::Pin<#p::Box<dyn #p::Future<Output = ()> + #p::Send>>>
                { #p::Option::None }
                fn snapshot(_: ()) -> Self::Snapshot { #p::unreachable!() }
                fn restore(_: Self::Snapshot) {}
            }
        }
    }

    fn says_that_it_loops(&self) -> Option<TokenStream> {
        let p = &self.p;
        let loops = self.steps.iter().any(|step| step.looped.is_some());
        loops.then(|| emit!(const LOOPS: #p::bool = true;))
    }

    /// `type Output = …;`, spanned at the type: if the type is private, or cannot be sent to
    /// another thread, rustc reports that there.
    pub(super) fn assigned_output(&self) -> TokenStream {
        let name = ident("Output");
        let Some(ty) = self.written_output() else {
            let output = self.output_type();
            return emit!(type #name = #output;);
        };
        self.assigned(&name, ty)
    }

    pub(super) fn assigned_error(&self) -> TokenStream {
        self.assigned(&ident("Error"), &self.saga.error)
    }

    fn assigned(&self, name: &Ident, ty: &Type) -> TokenStream {
        let checked = self.checked_at(ty);
        quote_spanned!(ty.span()=> type #name = #checked;)
    }

    /// `fn decide`, if there are `when` blocks.
    fn decide_method(&self) -> TokenStream {
        let (p, names) = (&self.p, self.all.names());
        let arms = self.conditions().filter_map(|(block, first, condition)| {
            let function = condition_function(first);
            let args = self.run_args(&condition.when.as_ref()?.reads);
            let block = index(block);
            let omit = |taken| -> Vec<_> {
                let steps = self.data.definition.skipped_by(block, taken);
                steps.map(|step| self.skip(step.into())).collect()
            };
            let (own, later) = (omit(false), omit(true));
            let skipped = if later.is_empty() {
                emit!(if !__taken { #(#own)* })
            } else {
                emit!(if __taken { #(#later)* } else { #(#own)* })
            };
            Some(emit! {
                #block => {
                    let __taken = #function::<#names>(#args);
                    #skipped
                    __taken
                }
            })
        });
        let arms: Vec<_> = arms.collect();
        if arms.is_empty() {
            return TokenStream::new();
        }
        emit! {
            fn decide(&self, __slots: &mut Self::Slots, __block: #p::u16) -> #p::bool {
                let __run = self;
                match __block { #(#arms)* _ => #p::unreachable!() }
            }
        }
    }

    /// Clears the effect of a step, and those of the steps that are undone with it.
    pub(super) fn cleared(&self, k: usize) -> TokenStream {
        let p = &self.p;
        let with = |step: &Step| step.with().is_some_and(|by| by.source == Source::Effect(k));
        let gone = self
            .every_step()
            .filter(|(other, step)| *other == k || with(step));
        let names: Vec<_> = gone.map(|(_, step)| &step.name).collect();
        if let [name] = names[..] {
            emit!(#p::Slot::clear(&mut __slots.#name))
        } else {
            emit!({ #(#p::Slot::clear(&mut __slots.#names);)* })
        }
    }

    fn slots_struct(&self) -> TokenStream {
        let (p, vis) = (&self.p, self.vis());
        let params = self.effects_params();
        let (declared, names, predicates) =
            (params.declared(), params.names(), params.predicates());
        let fields = self.every_effect().map(|(k, step)| {
            let (name, ty) = (ident::declared(&step.name), self.effect_type(k));
            // Siblings run concurrently and read each other's effects, and so do the items of a
            // loop, so their slots are filled through a shared reference.
            if self.is_apart(k) && !self.is_held(k) {
                emit!(#name: #p::OnceLock<#ty>,)
            } else {
                emit!(#name: #p::Option<#ty>,)
            }
        });
        let (children, children_field, no_children) = (
            self.children_struct(),
            self.children_field(),
            self.no_children(),
        );
        let empty = self
            .every_effect()
            .map(|(_, step)| &step.name)
            .map(|name| emit!(#name: #p::default(),));
        emit! {
            #children
            #vis struct __Slots<#declared> where #predicates { #(#fields)* #children_field }
            impl<#declared> #p::Default for __Slots<#names> where #predicates {
                fn default() -> Self { Self { #(#empty)* #no_children } }
            }
        }
    }

    /// `fn turns`, which evaluates the `if` of the savepoints, if there are any.
    fn turns_method(&self) -> TokenStream {
        let (p, error) = (&self.p, self.error_type());
        let failure = emit!(#p::Failure<#error>);
        let arms: Vec<_> = self
            .every_step()
            .filter_map(|(k, step)| {
                let savepoint = step.attrs.savepoint.as_ref()?;
                let Predicate { span, levels, expr } = savepoint.predicate.as_ref()?;
                let levels = lints::of_clause(levels);
                let k = index(k);
                let [agrees, given] = ["agrees", "__of"].map(ident);
                Some(quote_spanned!(*span=> #levels #k => #p::#agrees::<#failure>(#expr, #given),))
            })
            .collect();
        if arms.is_empty() {
            return TokenStream::new();
        }
        let hidden = hidden();
        emit! {
            fn turns(__step: #p::u16, __of: &#failure) -> #p::bool {
                #hidden
                match __step { #(#arms)* _ => true }
            }
        }
    }
}
