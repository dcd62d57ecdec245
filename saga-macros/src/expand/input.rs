//! The items that users name first: the input struct and its `with`, the structs of services and
//! effects, the run and the snapshot.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{Ident, Type};

use super::generics::Params;
use super::ident::{declared, emit, ident, used, written};
use super::lints;
use super::plan::Plan;
use crate::model::{Field, Source};
use crate::names::text;

impl Plan<'_> {
    /// The structs that hold user tokens, for the place where the macro is called, except the input
    /// struct.
    pub(super) fn structs(&self) -> TokenStream {
        let effects = self.shown_effects().into_iter().map(|shown| shown.name);
        let slots = self.every_effect().map(|(_, step)| &step.name);
        let structs = [
            self.services_struct(),
            self.effects_struct(),
            self.run_struct(),
            self.snapshot_struct(),
            self.debug(&self.name("Services"), &self.services_params()),
            self.debug_effects("Effects", effects),
            self.debug_effects("Snapshot", slots),
            self.debug(&self.name("Run"), &self.all),
        ];
        structs.into_iter().collect()
    }

    /// A `Debug` that prints the struct's name, whatever its fields are.
    pub(super) fn debug(&self, name: &Ident, params: &Params<'_>) -> TokenStream {
        let (text, p) = (name.to_string(), &self.private);
        let (generics, names, predicates) =
            (params.declared(), params.names(), params.predicates());
        emit! {
            const _: () = {
                #[automatically_derived]
                impl<#generics> ::core::fmt::Debug for #name<#names> where #predicates {
                    fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                        #p::debug_state(#text, __f)
                    }
                }
            };
        }
    }

    /// A `Debug` that prints each of these effects whose type has it. The others are there, or not.
    fn debug_effects<'e>(
        &self,
        suffix: &str,
        effects: impl Iterator<Item = &'e Ident>,
    ) -> TokenStream {
        let (name, params) = (self.name(suffix), self.effects_params());
        // After an error, their types may have none of the traits that the saga asks for.
        if self.broken || self.every_effect().next().is_none() {
            return self.debug(&name, &params);
        }
        let (shown, p) = (name.to_string(), &self.private);
        let (generics, names, predicates) =
            (params.declared(), params.names(), params.predicates());
        let fields = effects.map(|effect| {
            let (field, shown) = (used(&written(effect)), text(effect));
            emit!((&&&#p::Shown(&self.#field)).__show(#shown, &mut __to);)
        });
        emit! {
            const _: () = {
                #[automatically_derived]
                impl<#generics> ::core::fmt::Debug for #name<#names> where #predicates {
                    fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                        use #p::{ByItsDebug as _, ByPresence as _, Unshown as _};
                        let mut __to = __f.debug_struct(#shown);
                        #(#fields)*
                        __to.finish()
                    }
                }
            };
        }
    }

    /// The struct that users call by the saga's name, with the picture of the saga's steps.
    pub(super) fn input_struct(&self) -> TokenStream {
        let saga = self.saga;
        let (name, vis, forward) = (written(&saga.name), self.vis(), &saga.attrs.others);
        let params = self.inputs_params();
        let (generics, predicates) = (params.defaulted(), params.predicates());
        let fields = self.inputs().map(
            |Field {
                 attrs, name, ty, ..
             }| {
                let doc = doc_unless_written(attrs, || format!("The input `{}`.", text(name)));
                let attrs = attrs.iter().filter(|attr| lints::is_for_field(attr));
                // A derive's attribute may name the field.
                let (ty, hidden) = (self.shown(ty), lints::of_field(name));
                emit!(#doc #hidden #(#attrs)* #vis #name: #ty,)
            },
        );
        let doc = doc_unless_written(forward, || {
            format!("The saga `{}`, with its inputs.", text(&name))
        });
        let structure =
            quote_spanned!(name.span()=> struct #name<#generics> where #predicates { #(#fields)* });
        let drawn = self.drawn();
        let levels = lints::of_fields(self.inputs());
        emit!(#doc #(#forward)* #drawn #levels #vis #structure)
    }

    /// The type of a field that users see: as they wrote it, unless an engine shares the struct. A
    /// list or an `Option` is shown as written even then, since derives look for these.
    fn shown(&self, ty: &Type) -> TokenStream {
        let is_looked_for = match ty {
            Type::Path(ty) => ty
                .path
                .segments
                .last()
                .is_some_and(|last| last.ident == "Option" || last.ident == "Vec"),
            _ => false,
        };
        if self.saga.durable.is_some() && !is_looked_for {
            self.checked(ty)
        } else {
            emit!(#ty)
        }
    }

    fn services_struct(&self) -> TokenStream {
        let levels = self.levels();
        let (vis, name) = (self.vis(), self.name("Services"));
        let params = self.services_params();
        let (generics, predicates) = (params.defaulted(), params.predicates());
        let fields = self.services().map(
            |Field {
                 attrs, name, ty, ..
             }| {
                let doc = doc_unless_written(attrs, || format!("The service `{}`.", text(name)));
                let docs = attrs.iter().filter(|attr| is_doc(attr));
                let hidden = lints::of_field(name);
                let (name, ty) = (declared(name), self.shown(ty));
                emit!(#doc #hidden #(#docs)* #vis #name: #ty,)
            },
        );
        let doc = format!("The services of [`{}`].", text(&self.saga.name));
        let body = if self.services().next().is_some() {
            emit!({ #(#fields)* })
        } else {
            emit!(;)
        };
        emit!(#[doc = #doc] #levels #vis struct #name<#generics> where #predicates #body)
    }

    fn effects_struct(&self) -> TokenStream {
        let doc = format!("All effects of [`{}`].", text(&self.saga.name));
        let shown = self.shown_effects().into_iter();
        let effects = shown.map(|shown| (shown.name, self.shown_type(&shown)));
        self.struct_of_effects("Effects", &doc, effects, |step, ty| {
            (format!("The effect of `{step}`."), ty)
        })
    }

    fn snapshot_struct(&self) -> TokenStream {
        let p = &self.private;
        let doc = format!(
            "Where a run of [`{}`] is: its effects, each if it is there.",
            text(&self.saga.name)
        );
        let effects = self
            .every_effect()
            .map(|(index, step)| (&step.name, self.effect_type(index)));
        self.struct_of_effects("Snapshot", &doc, effects, |step, ty| {
            (
                format!("The effect of `{step}`, if it exists."),
                emit!(#p::Option<#ty>),
            )
        })
    }

    fn struct_of_effects<'e>(
        &self,
        suffix: &str,
        doc: &str,
        effects: impl Iterator<Item = (&'e Ident, TokenStream)>,
        field: impl Fn(&str, TokenStream) -> (String, TokenStream),
    ) -> TokenStream {
        let levels = self.levels();
        let (vis, name) = (self.vis(), self.name(suffix));
        let params = self.effects_params();
        let (generics, predicates) = (params.declared(), params.predicates());
        let fields = effects.map(|(name, ty)| {
            let (doc, ty) = field(&text(name), ty);
            let (name, hidden) = (declared(name), lints::of_field(name));
            emit!(#hidden #[doc = #doc] #vis #name: #ty,)
        });
        emit!(#[doc = #doc] #levels #vis struct #name<#generics> where #predicates { #(#fields)* })
    }

    /// The inputs and services of one run. Those that `finally` and `publish` read are shared with
    /// them, because these may outlive the run.
    fn run_struct(&self) -> TokenStream {
        let levels = self.levels();
        let (vis, name, p) = (self.vis(), self.name("Run"), &self.private);
        let (generics, predicates) = (self.all.declared(), self.all.predicates());
        let fields = self
            .owned()
            .map(|Field { name, ty, .. }| (declared(name), self.checked(ty)))
            .map(|(name, ty)| emit!(#name: #ty,));
        let lent = self.lends().then(|| {
            let (lent, types) = (lent(), self.lent().map(|field| self.checked(&field.ty)));
            emit!(#lent: #p::Arc<(#(#types,)*)>,)
        });
        let mail = self.signals().next().map(|_| {
            let mail = mail();
            emit!(#mail: #p::Mail,)
        });
        let doc = format!(
            "A [`{}`] with its services, ready to run.",
            text(&self.saga.name)
        );
        emit!(#[doc = #doc] #levels #vis struct #name<#generics> where #predicates { #(#fields)* #lent #mail })
    }

    /// `with` (or `run`, without services), `walk` and `DEFINITION`.
    pub(super) fn input_impl(&self) -> TokenStream {
        let (input, vis, p) = (self.input_type(), self.vis(), &self.p);
        let inputs = self.inputs_params();
        let (generics, predicates) = (inputs.declared(), inputs.shared(p));
        let (steps, definition) = (self.steps_constant(), self.definition());
        let (with, walk) = (self.with(), self.walk_start());
        let finally = self.finally_of_a_child();
        emit! {
            impl<#generics> #input where #predicates {
                #steps

                /// What this saga is, as data.
                #vis const DEFINITION: #p::Definition = #definition;
                #finally
                #with
                #walk
            }
        }
    }

    /// What warns about the `finally` of this saga where the saga is a child.
    fn finally_of_a_child(&self) -> Option<TokenStream> {
        self.saga.finally.as_ref()?;
        let (vis, name) = (self.vis(), text(&self.saga.name));
        let note = format!(
            "`finally` of `{name}` does not run while `{name}` is a child saga: what the child has done \
             may still be undone, and the `finally` of its parent knows how everything ended. Move the \
             code there, or write `#[allow(deprecated)]` on this step"
        );
        Some(emit! {
            #[doc(hidden)] #[deprecated(note = #note)]
            #vis const __FINALLY: () = ();
        })
    }

    fn with(&self) -> TokenStream {
        let (vis, p) = (self.vis(), &self.p);
        let rest = self.all.minus(&self.inputs_params());
        let (generics, predicates) = (rest.declared(), self.all_shared());
        let services: Vec<_> = self.services().collect();
        let (name, doc) = if services.is_empty() {
            (
                "run",
                "Prepares the saga to run. Nothing runs until you await or start it.",
            )
        } else {
            (
                "with",
                "Passes the saga its services. Nothing runs until you await or start it.",
            )
        };
        let params = services
            .iter()
            .map(|Field { name, ty, .. }| (declared(name), self.checked(ty)))
            .map(|(name, ty)| emit!(#name: #ty,));
        // Where rustc says that the method is defined, if it gets too few services.
        let at = self.saga.with.filter(|_| !services.is_empty());
        let at = at.map_or_else(Span::mixed_site, |with| {
            with.resolved_at(Span::mixed_site())
        });
        let (name, run) = (Ident::new(name, at), self.run_type());
        // The one list of parameters that can have no other form: users call it.
        let many = services.len() > 6;
        let many = many.then(|| emit!(#[allow(clippy::too_many_arguments)]));
        let prepared = if self.saga.durable.is_some() && !self.broken {
            let body = self.run_literal(&emit!(__input.), &emit!());
            emit! {
                #p::Prepared::recorded(<Self as #p::Durable>::INPUT, self, |__input| #body)
            }
        } else {
            let body = self.run_literal(&emit!(self.), &emit!());
            emit!(#p::Prepared::new(#body))
        };
        emit! {
            #[doc = #doc] #many
            #vis fn #name<#generics>(self, #(#params)*) -> #p::Prepared<#run>
                where #predicates {
                #prepared
            }
        }
    }

    /// A run, made of inputs and services, with the tokens `inputs` before each input and
    /// `services` before each service.
    pub(super) fn run_literal(&self, inputs: &TokenStream, services: &TokenStream) -> TokenStream {
        let (run, p) = (self.name("Run"), &self.p);
        let value = |name: &Ident| {
            let is_service = self.services().any(|service| service.name == *name);
            let before = if is_service { services } else { inputs };
            let name = declared(name);
            emit!(#before #name)
        };
        let owned = self.owned().map(|Field { name, .. }| {
            let value = value(name);
            emit!(#name: #value,)
        });
        let shared = self.lends().then(|| {
            let (field, values) = (lent(), self.lent().map(|field| value(&field.name)));
            emit!(#field: #p::arc((#(#values,)*)),)
        });
        let mail = self.signals().next().map(|_| {
            let mail = mail();
            emit!(#mail: #p::default(),)
        });
        emit!(#run { #(#owned)* #shared #mail })
    }

    /// Whether this input or service is part of the generated items. One with a name that is
    /// already taken is not.
    pub(super) fn is_shown(&self, field: &Field) -> bool {
        let mut shown = self.inputs().chain(self.services());
        !self.broken || shown.any(|other| std::ptr::eq(other, field))
    }

    /// The inputs and services that only the run itself reads.
    pub(super) fn owned(&self) -> impl Iterator<Item = &Field> {
        let held = self.held().filter(|(_, source)| !self.is_lent(*source));
        held.map(|(field, _)| field)
    }

    /// The inputs and services that `finally` or `publish` read, too.
    pub(super) fn lent(&self) -> impl Iterator<Item = &Field> {
        let held = self.held().filter(|(_, source)| self.is_lent(*source));
        held.map(|(field, _)| field)
    }

    /// The position of an input or a service among those that are [lent](Self::lent).
    pub(super) fn lent_at(&self, name: &Ident) -> Option<syn::Index> {
        let position = self.lent().position(|field| field.name == *name);
        position.map(syn::Index::from)
    }

    fn held(&self) -> impl Iterator<Item = (&Field, Source)> {
        let inputs = self.saga.inputs.iter().enumerate();
        let inputs = inputs.map(|(index, field)| (field, Source::Input(index)));
        let services = self.saga.services.iter().enumerate();
        let services = services.map(|(index, field)| (field, Source::Service(index)));
        inputs
            .chain(services)
            .filter(|(field, _)| self.is_shown(field))
    }

    /// A reference to an input or a service of a run.
    pub(super) fn run_field(&self, run: &TokenStream, name: &Ident) -> TokenStream {
        if let Some(position) = self.lent_at(name) {
            let lent = lent();
            emit!(&#run.#lent.#position)
        } else {
            emit!(&#run.#name)
        }
    }
}

/// The field of a run for the signals that are sent to it.
pub(super) fn mail() -> Ident {
    ident("__mail")
}

/// The field of a run that is shared with `finally` and `publish`.
pub(super) fn lent() -> Ident {
    ident("__lent")
}

fn is_doc(attr: &syn::Attribute) -> bool {
    attr.path().is_ident("doc")
}

fn doc_unless_written(
    attrs: &[syn::Attribute],
    doc: impl FnOnce() -> String,
) -> Option<TokenStream> {
    let written = attrs.iter().any(is_doc);
    (!written).then(doc).map(|doc| emit!(#[doc = #doc]))
}
