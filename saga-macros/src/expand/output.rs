//! The final expression as a function. It also makes rustc warn about what nothing reads, and lets
//! an editor link each read to what it names.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{Ident, Type, spanned::Spanned};

use super::arms::Shown;
use super::code::{arguments, called_at_end, numbered, parameters, reads_context};
use super::ident::{emit, ident};
use super::lints;
use super::plan::Plan;
use crate::model::{Output, Source, Step};
use crate::names::text;

/// A local with the name and span of the user's own token, so that rustc sees whether it is used.
struct Binding<'s> {
    name: &'s Ident,
    ty: TokenStream,
    /// Whether it may be unused.
    is_exempt: bool,
    lints: TokenStream,
}

impl Plan<'_> {
    /// `fn __output(inputs, effects, into)`: stores the output in `into` before it drops what the
    /// final expression has not moved, which may panic.
    pub(super) fn output_function(&self) -> TokenStream {
        let inputs = self
            .saga
            .inputs
            .iter()
            .enumerate()
            .filter(|(_, input)| self.is_shown(input));
        let is_silent = self.inputs().any(lints::allows_its_case);
        let inputs = inputs.map(|(index, input)| {
            let ty = self.checked(&input.ty);
            let is_reported = is_silent && !lints::allows_its_case(input);
            let of_name = lints::of_repeated(&input.name).filter(|_| !is_reported);
            let own = lints::of_input(&input.attrs);
            Binding {
                name: &input.name,
                ty: if self.is_lent(Source::Input(index)) {
                    emit!(&#ty)
                } else {
                    emit!(#ty)
                },
                is_exempt: false,
                lints: emit!(#of_name #own),
            }
        });
        let effects = self.shown_effects().into_iter().map(|shown| {
            let Shown { step, union, .. } = shown;
            let declared = self.steps[step];
            let (of_name, own) = (
                lints::of_name(declared),
                self.levels_of_effect(step, declared),
            );
            Binding {
                name: shown.name,
                ty: self.shown_type(&shown),
                is_exempt: own.is_none() || union.is_some(),
                lints: emit!(#of_name #own),
            }
        });
        let (params, bindings) = bind(&self.p, inputs.chain(effects));
        let used = self.used(|source| match source {
            Source::Effect(step) => self.steps[step].kind.has_effect(),
            source => matches!(source, Source::Input(_) | Source::Arms(_)),
        });
        let same = self.same_types();
        let (p, given, tail) = (&self.p, self.output_type(), self.tail());
        let output = self.shown_output();
        let [into, made] = ["__into", "__made"].map(ident);
        let value = emit!(let #made: #output = (|| -> #output #tail)(););
        let (generics, predicates) = (self.all.declared(), self.all.shared(&self.p));
        let unused = self.broken.then(|| emit!(#[allow(unused)]));
        emit! {
            #unused
            fn __output<#generics>(#params #into: &mut #p::Option<#given>) where #predicates {
                #same
                #bindings
                #used
                #value
                *#into = #p::Option::Some(#made);
            }
        }
    }

    /// The final expression, as a block.
    pub(super) fn tail(&self) -> TokenStream {
        match (&self.saga.tail, &self.saga.output) {
            (Some(tail), _) => quote_spanned!(self.saga.braces=> { #tail }),
            (None, Output::Type(_)) if self.broken => {
                emit!({ ::core::unreachable!() })
            }
            (None, Output::Type(ty)) => {
                let nothing = quote_spanned!(ty.span()=> ());
                emit!({ #nothing })
            }
            (None, Output::Effects(_)) => {
                let effects = self.name("Effects");
                let names = self.shown_effects().into_iter().map(|shown| shown.name);
                emit!({ #effects { #(#names),* } })
            }
        }
    }

    /// The arguments of `__output`: inputs, then effects.
    pub(super) fn output_args(
        &self,
        input: impl Fn(&Ident, bool) -> TokenStream,
        effect: impl Fn(usize) -> TokenStream,
    ) -> TokenStream {
        let inputs = self.saga.inputs.iter().enumerate();
        let inputs =
            inputs.map(|(index, field)| input(&field.name, self.is_lent(Source::Input(index))));
        let effects = self.shown_effects().into_iter();
        let effects = effects.map(|shown| match shown.union {
            None => effect(shown.step),
            Some(union) => self.taken_of_arms(union, &effect),
        });
        arguments(inputs.chain(effects))
    }

    /// Services as locals of their own names, which are used if they are read: rustc warns about
    /// the others.
    pub(super) fn services_function(&self) -> TokenStream {
        let services = self.services().map(|service| {
            let ty = self.checked(&service.ty);
            Binding {
                name: &service.name,
                ty: emit!(&#ty),
                is_exempt: false,
                lints: lints::of_binding(&service.attrs),
            }
        });
        let (params, bindings) = bind(&self.p, services);
        let used = self.used(|source| matches!(source, Source::Service(_)));
        let silent = self.names_without_effect();
        let (generics, predicates) = (self.all.declared(), self.all.shared(&self.p));
        let unused = self.broken.then(|| emit!(#[allow(unused)]));
        emit! {
            #unused
            fn __services<#generics>(#params) where #predicates { #bindings #used #silent }
        }
    }

    /// The names of sleeps and locks as locals, for rustc to report one that is not in snake case; but for those
    /// that constants may have.
    fn names_without_effect(&self) -> TokenStream {
        let steps = self.every_step().map(|(_, step)| step);
        let is_local = |name: &Ident| {
            let is_upper = text(name).starts_with(char::is_uppercase);
            !is_upper && lints::of_repeated(name).is_some()
        };
        let steps = steps.filter(|step| !step.kind.has_effect() && is_local(&step.name));
        steps
            .map(|step| {
                let (name, own) = (&step.name, lints::of_name(step));
                emit!(#own let #name = false; let _ = #name;)
            })
            .collect()
    }

    /// All reads of some sources again, as expressions.
    fn used(&self, is_meant: impl Fn(Source) -> bool) -> TokenStream {
        let reads = self.known_reads().filter(|read| is_meant(read.source));
        reads
            .map(|read| self.shown_name(read))
            .map(|name| emit!(let _ = &#name;))
            .collect()
    }

    /// For rust-analyzer alone: a half-typed read completes to everything that can be read there.
    pub(super) fn completion(&self) -> TokenStream {
        let unknown = self
            .every_read()
            .filter(|read| read.source == Source::Unknown);
        let unknown: Vec<_> = unknown.map(|read| &read.name).collect();
        if unknown.is_empty() {
            return TokenStream::new();
        }
        let (generics, predicates) = (self.all.declared(), self.all.shared(&self.private));
        let fields = self.inputs().chain(self.services());
        let fields = fields
            .map(|field| (&field.name, &field.ty))
            .map(|(name, ty)| emit!(#name: &#ty,));
        let effects = self.shown_effects().into_iter().map(|shown| {
            let (name, ty) = (shown.name, self.shown_type(&shown));
            emit!(#name: &#ty,)
        });
        emit! {
            #[allow(unexpected_cfgs, unused)]
            const _: () = {
                #[cfg(rust_analyzer)]
                fn __completion<#generics>(#(#fields)* #(#effects)*) where #predicates {
                    #(let _ = &#unknown;)*
                }
            };
        }
    }

    /// `finally` as the executor calls it: concurrently with the end of the saga.
    pub(super) fn finally_method(&self) -> TokenStream {
        let p = &self.p;
        let future = emit!(#p::Option<#p::Pin<#p::Box<dyn #p::Future<Output = ()> + #p::Send>>>);
        let Some(finally) = &self.saga.finally else {
            return emit! {
                fn finally(&self, _: &dyn #p::Fn() -> #p::Summary) -> #future { #p::Option::None }
            };
        };
        let (lent, names) = (super::input::lent(), self.all.names());
        let function = called_at_end("__finally");
        let args = arguments(finally.reads.iter().map(|read| match read.source {
            Source::Outcome => emit!(&__summary),
            Source::Ctx => emit!(&__context),
            _ => {
                let name = &read.name;
                if let Some(position) = self.lent_at(name) {
                    emit!(&__shared.#position)
                } else {
                    // An effect, in a saga whose reads are left to rustc: the run has no such
                    // field, which is an error.
                    let run = ident("self");
                    quote_spanned!(name.span()=> &((*#run).#name))
                }
            }
        }));
        let context = reads_context(&finally.reads)
            .then(|| emit!(let __context = #p::Summary::context(&__summary);));
        emit! {
            fn finally(&self, __summary: &dyn #p::Fn() -> #p::Summary) -> #future {
                let __shared = #p::cloned(&self.#lent);
                let __summary = __summary();
                #p::Option::Some(#p::pinned(async move {
                    #context
                    #function::<#names>(#args).await
                }))
            }
        }
    }
}

/// Whether a step has no effect, or `()`, as written for a signal that is sent without a value.
pub(super) fn returns_nothing(step: &Step) -> bool {
    let is_nothing = |ty: &Type| matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty());
    step.effect.as_ref().is_none_or(is_nothing)
}

/// Parameters with generated names, and the locals that they become.
fn bind<'s>(p: &Ident, bindings: impl Iterator<Item = Binding<'s>>) -> (TokenStream, TokenStream) {
    let (mut params, mut locals) = (Vec::new(), TokenStream::new());
    for (index, binding) in bindings.enumerate() {
        let Binding {
            name,
            ty,
            is_exempt,
            lints,
        } = binding;
        let param = numbered(index);
        // One called `_x` may be unused anyway, and a binding of it does something.
        let is_unused = name.to_string().starts_with('_');
        let used = (is_exempt && !is_unused).then(|| emit!(let _ = &#name;));
        let value = if is_unused {
            emit!(#p::same(#param))
        } else {
            emit!(#param)
        };
        locals.extend(emit!(#lints let #name = #value; #used));
        params.push((param, ty));
    }
    let params = params.iter().map(|(name, ty)| (name, ty.clone()));
    (parameters(params), locals)
}
