//! A child saga as a step: its type, the function that makes its inputs, its calls, and its place
//! in the slots.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Ident, spanned::Spanned};

use super::{
    code::{Part, arguments, asked, function, hidden, lifetime, numbered},
    definition::index,
    ident::{declared, emit, ident},
    lints,
    plan::Plan,
};
use crate::model::{Child, Step};
use crate::names::text;

impl Plan<'_> {
    pub(super) fn children(&self) -> impl Iterator<Item = (usize, &Step, &Child)> {
        self.every_step()
            .filter_map(|(k, step)| Some((k, step, step.child()?)))
    }

    pub(super) fn nests(&self) -> bool {
        self.children().next().is_some()
    }

    /// The types of the child sagas. A mistake in one is reported at the alias for the fitting
    /// type, and rustc accepts that alias as any type from there on.
    pub(super) fn child_types(&self) -> TokenStream {
        if self.broken {
            return TokenStream::new();
        }
        let p = &self.p;
        let [is, nest, this] = ["Is", "Nest", "This"].map(ident);
        let [machine, output, error] = ["Machine", "Output", "Error"].map(ident);
        let [same, durable, definition, checked] =
            ["Type", "Durable", "DEFINITION", "CHECKED"].map(ident);
        let [unpivoted, unsignalled, unlocked, tail] =
            ["Unpivoted", "Unsignalled", "Unlocked", "Tail"].map(ident);
        let [gives, takes] = ["Gives", "Takes"].map(ident);
        let types = self.children().map(|(k, step, child)| {
            let (path, services) = (&child.path, self.services_of(child));
            let (found, fitting) = (found_type(step), child_type(step));
            let (at, written) = (path.span(), self.written_value(k).span());
            let run = emit!(<#found as #p::#nest<#services>>::#machine);
            let (value, fails) = (self.value_type(k), self.said_at(at, &self.error_type()));
            let output = self.said_at(written, &emit!(<#run as #p::#machine>::#output));
            let itself = self.said_at(at, &emit!(#found));
            let runs = self.said_at(at, &run);
            let keeps = self
                .saga
                .durable
                .map(|_| emit!(+ #p::defined(<#itself as #p::#durable>::#definition)));
            let hears = self.hears_child(at, &run);
            let anew = self.runs_again_check(k, &itself);
            let in_common = self.common_inputs(step, child);
            let fit = emit! {
                <#itself as #p::#unpivoted>::#checked + <#itself as #p::#unsignalled>::#checked
                    + <#itself as #p::#unlocked>::#checked
                    + <#runs as #p::#tail>::#checked + <#output as #p::#gives<#value>>::#checked
                    + <#fails as #p::#takes<<#run as #p::#machine>::#error>>::#checked
                    + #hears #keeps #anew #in_common
            };
            let nested = quote_spanned! {
                path.span()=> <#path as #p::#is<{ <#path as #p::#nest<#services>>::#checked }>>::#same
            };
            emit! {
                type #found = #nested;
                type #fitting =
                    <<#found as #p::#nest<#services>>::#this as #p::#is<{ #fit }>>::#same;
            }
        });
        types.collect()
    }

    /// A warning for each child saga that has a `finally`, which does not run there.
    pub(super) fn missed_finally(&self) -> Option<TokenStream> {
        if self.broken || !self.nests() {
            return None;
        }
        let p = &self.p;
        let missed = self.children().map(|(_, step, child)| {
            let (lints, fitting) = (lints::of_clause(&step.attrs.others), child_type(step));
            // The lint is shown at the last name of the path.
            let finally = Ident::new("__FINALLY", child.path.span());
            let named = quote_spanned!(child.path.span()=> <#fitting>::#finally::<>);
            emit!(#lints const _: () = #named;)
        });
        let missed: TokenStream = missed.collect();
        Some(emit!(const _: () = { use #p::WithoutFinally as _; #missed };))
    }

    /// A type that makes rustc report errors at this place: its first and its last token have this
    /// span.
    pub(super) fn said_at(&self, span: Span, ty: &TokenStream) -> TokenStream {
        let (p, [is, same]) = (&self.p, ["Is", "Type"].map(ident));
        quote_spanned!(span=> <#ty as #p::#is<0>>::#same<>)
    }

    /// The services that a child saga gets, as a tuple.
    pub(super) fn services_of(&self, child: &Child) -> TokenStream {
        let services = child.services.iter().map(|name| self.service_type(name));
        emit!((#(#services,)*))
    }

    fn service_type(&self, name: &Ident) -> Option<TokenStream> {
        let field = self.services().find(|field| field.name == *name);
        field.map(|field| self.checked(&field.ty))
    }

    /// `fn __input_x(reads) -> Child`.
    pub(super) fn child_input(&self, k: usize, step: &Step, child: &Child) -> TokenStream {
        let (Child { path, fields, .. }, reads) = (child, &step.reads[..child.written]);
        let (name, generics) = (input_name(step), self.all.declared());
        let predicates = self.step_shared(step);
        let params = self.params(Some((k, Part::Action)), reads);
        let hidden = hidden();
        let body = quote_spanned!(fields.span()=> { #hidden #path #fields });
        let fitting = if self.broken {
            path.clone()
        } else {
            child_type(step).into_token_stream()
        };
        emit!(fn #name<#generics>(#params) -> #fitting where #predicates #body)
    }

    /// The call of a child saga for a walk by hand.
    pub(super) fn child_by_hand(&self, k: usize, step: &Step, child: &Child) -> TokenStream {
        let p = &self.p;
        let (name, send) = (input_name(step), function(step, Part::Action));
        let predicates = self.step_shared(step);
        let (generics, names) = (self.all.declared(), self.all.names());
        let (send_params, _) = self.lent_params(Some((k, Part::Action)), &step.reads);
        let (life, bound) = lifetime(&step.reads);
        let written = self.written_value(k).span();
        let (value, error) = (self.value_type(k), self.error_type());
        let walked = emit!((#value, #p::Vec<#p::Walked<#error>>));
        let result = self.result_of(&walked, written);
        let promise = emit! {
            impl #bound #p::Future<Output = #result> + #p::Send
        };
        if self.broken {
            return emit! {
                fn #send<#life #generics>(#send_params) -> #promise where #predicates {
                    async { #p::unreachable!() }
                }
            };
        }
        let written =
            arguments((0..child.written).map(|index| numbered(index).into_token_stream()));
        let services = child.services.iter().map(|service| {
            let position = step.reads.iter().position(|read| read.name == *service);
            let position = position.unwrap_or_default();
            let arg = numbered(position);
            self.handed(service, &emit!(#arg))
        });
        let asked = asked();
        let input = emit!(#asked::#name::<#names>(#written));
        let step_name = step.journal_name();
        emit! {
            fn #send<#life #generics>(#send_params) -> #promise where #predicates {
                #p::by_hand::<_, _, #error>(#step_name, #input, (#(#services)*))
            }
        }
    }

    /// A clone of a service. If the service cannot be cloned, rustc reports that where it is passed
    /// on.
    fn handed(&self, service: &Ident, lent: &TokenStream) -> TokenStream {
        let (p, ty) = (&self.p, self.service_type(service));
        let ty = self.said_at(service.span(), &ty.unwrap_or_default());
        let [trait_, handed] = ["Handed", "handed"].map(ident);
        emit!(<#ty as #p::#trait_>::#handed(#lent),)
    }

    /// The attempt of a step that is a child saga, as the value of `__result`.
    pub(super) fn nest_call(&self, k: usize, child: &Child, at: &TokenStream) -> TokenStream {
        let p = &self.p;
        let step = self.steps[k];
        let (place, nesting) = (child_place(p, step), self.nesting(step));
        let (asked, input, names) = (asked(), input_name(step), self.all.names());
        let reads = &step.reads[..child.written];
        let (bindings, args) = (
            self.bindings(step, reads, at),
            self.args(k, Part::Action, reads),
        );
        let (services, codec) = (self.child_services(child), self.codec(k));
        emit! {
            #bindings
            let __result = #p::nest(
                #place, __scope, (#at, #nesting), || #asked::#input::<#names>(#args), #services, #codec,
            ).await;
        }
    }

    /// The rollback of a step that is a child saga, as the value of `__result`.
    pub(super) fn nest_back_call(&self, step: &Step, at: &TokenStream) -> TokenStream {
        let p = &self.p;
        let (place, nesting) = (child_place(p, step), self.nesting(step));
        emit! {
            let __result = #p::nest_back(#place, __scope, (#at, #nesting)).await;
        }
    }

    fn nesting(&self, step: &Step) -> TokenStream {
        let p = &self.p;
        let (saga, step_name) = (self.saga.journal_name(), step.journal_name());
        let limit = self.limit(self.saga.action_timeout(step));
        emit!(#p::Nesting { saga: #saga, step: #step_name, limit: #limit })
    }

    fn child_services(&self, child: &Child) -> TokenStream {
        let services = child.services.iter().map(|name| {
            let service = self.run_field(&emit!(__run), name);
            self.handed(name, &service)
        });
        emit!(|| (#(#services)*))
    }

    /// `struct __Children`, if the saga has child sagas.
    pub(super) fn children_struct(&self) -> TokenStream {
        if !self.nests() {
            return TokenStream::new();
        }
        let (p, vis) = (&self.p, self.vis());
        let fields = self.children().map(|(_, step, child)| {
            let (name, fitting, services) = (
                declared(&step.name),
                child_type(step),
                self.services_of(child),
            );
            let kept = ident(if step.looped.is_some() {
                "NestedItems"
            } else {
                "Nested"
            });
            emit!(#name: #p::#kept<#fitting, #services>,)
        });
        let names: Vec<_> = self.children().map(|(_, step, _)| &step.name).collect();
        emit! {
            #vis struct __Children { #(#fields)* }
            impl #p::Default for __Children {
                fn default() -> Self { Self { #(#names: #p::default(),)* } }
            }
        }
    }

    /// The field of the slots for the child sagas.
    pub(super) fn children_field(&self) -> TokenStream {
        if self.nests() {
            emit!(__children: __Children,)
        } else {
            TokenStream::new()
        }
    }

    pub(super) fn no_children(&self) -> TokenStream {
        let p = &self.p;
        if self.nests() {
            emit!(__children: #p::default(),)
        } else {
            TokenStream::new()
        }
    }

    /// The items of the machine for the child sagas.
    pub(super) fn children_items(&self) -> TokenStream {
        let p = &self.p;
        if !self.nests() {
            return emit!(
                type Children = ();
            );
        }
        let arms = self.children().map(|(k, step, _)| {
            let (k, name) = (index(k), &step.name);
            let kept = emit!(&__slots.__children.#name);
            if step.looped.is_some() {
                emit!(#k => #p::NestedItems::child(#kept, __node),)
            } else {
                emit!(#k => #p::Option::Some(#p::boxed(#kept)),)
            }
        });
        let given = self.saga.durable.map(|_| {
            let given = self.children().map(|(_, step, child)| {
                let (name, services) = (&step.name, self.child_services(child));
                emit!(__slots.__children.#name.give(#services);)
            });
            emit! {
                fn give_children(&self, __slots: &Self::Slots) {
                    let __run = self;
                    #(#given)*
                }
            }
        });
        emit! {
            const NESTS: #p::bool = true;
            type Children = __Children;

            fn children(__slots: &mut Self::Slots) -> #p::Option<&mut Self::Children> {
                #p::Option::Some(&mut __slots.__children)
            }

            fn child(__slots: &Self::Slots, __node: #p::Node)
                -> #p::Option<#p::Box<dyn #p::RunChild + '_>> {
                match __node.step { #(#arms)* _ => #p::Option::None }
            }

            #given
        }
    }
}

/// The type alias of a child saga, given its services.
pub(super) fn found_type(step: &Step) -> Ident {
    ident(&format!("__Found_{}", text(&step.name)))
}

/// The type alias of a child saga that is checked to fit its step.
pub(super) fn child_type(step: &Step) -> Ident {
    ident(&format!("__Child_{}", text(&step.name)))
}

/// The function that makes the inputs of a child saga.
fn input_name(step: &Step) -> Ident {
    ident(&format!("__input{}", function(step, Part::Action)))
}

/// The place where a run keeps the child saga of the step.
fn child_place(p: &Ident, step: &Step) -> TokenStream {
    let name = &step.name;
    if step.looped.is_some() {
        emit!(&#p::NestedItems::at(&__slots.__children.#name, #p::Each::index(&__each)))
    } else {
        emit!(&__slots.__children.#name)
    }
}
