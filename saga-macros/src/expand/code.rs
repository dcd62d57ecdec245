//! The user's code as functions: one `async fn` for each body, which gives the best errors, and beside it one that says `Send` at the step's name.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Attribute, Ident, spanned::Spanned};

use super::plan::{Plan, compensation};
use crate::model::{Clause, Code, Read, Source, Step};
use crate::names::text;

/// Which code of a step a function holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Action,
    Resolve,
    Compensate,
    Fallback,
    When,
}

impl Part {
    fn prefix(self) -> &'static str {
        match self {
            Self::Action => "action",
            Self::Resolve => "resolve",
            Self::Compensate => "compensate",
            Self::Fallback => "fallback",
            Self::When => "when",
        }
    }
}

/// Lints about signatures that the user did not choose; the bodies are the user's and stay linted.
pub(super) fn signature_lints() -> TokenStream {
    quote!(#[allow(
        clippy::needless_question_mark, clippy::ptr_arg, clippy::ref_option, clippy::too_many_arguments, clippy::trivially_copy_pass_by_ref,
        clippy::type_complexity, clippy::unnecessary_wraps, clippy::unused_async, clippy::unused_unit
    )])
}

impl Plan<'_> {
    /// The function that the walk and the executor call for a part of a step.
    pub(super) fn function(&self, step: &Step, part: Part) -> Ident {
        format_ident!("__{}_{}_send", part.prefix(), text(&step.name), span = step.name.span())
    }

    /// All functions of all steps.
    pub(super) fn functions(&self) -> TokenStream {
        self.every_step().map(|(index, step)| self.step_functions(index, step)).collect()
    }

    fn step_functions(&self, index: usize, step: &Step) -> TokenStream {
        let value = self.value_type(index);
        let unit = quote_spanned!(step.name.span()=> ());
        let p = &self.p;
        let lints = &step.attrs.lints;
        let mut functions = self.async_function(step, index, Part::Action, &step.reads, &step.code, &value, lints);
        if let Some(resolve) = &step.resolve {
            let answer = quote_spanned!(value.span()=> #p::Option<#value>);
            functions.extend(self.clause(step, index, Part::Resolve, resolve, &answer));
        }
        if let Some(compensate) = compensation(step) {
            functions.extend(self.clause(step, index, Part::Compensate, compensate, &unit));
        }
        if let Some(fallback) = &step.fallback {
            functions.extend(self.clause(step, index, Part::Fallback, fallback, &value));
        }
        if let Some(when) = &step.attrs.when {
            let name = self.function(step, Part::When);
            let (params, _) = self.params(Some((index, Part::When)), &when.reads, None);
            let condition = &when.condition;
            let generics = self.all.declared();
            let predicates = self.all.shared(p);
            let signature_lints = signature_lints();
            functions.extend(quote_spanned!(when.span=> #signature_lints #(#lints)* fn #name<#generics>(#params) -> #p::bool where #predicates { #condition }));
        }
        functions
    }

    fn clause(&self, step: &Step, index: usize, part: Part, clause: &Clause, ty: &TokenStream) -> TokenStream {
        self.async_function(step, index, part, &clause.reads, &clause.code, ty, &clause.lints)
    }

    #[allow(clippy::too_many_arguments, reason = "a function has that many parts")]
    fn async_function(&self, step: &Step, index: usize, part: Part, reads: &[Read], code: &Code, ty: &TokenStream, lints: &[Attribute]) -> TokenStream {
        let name = format_ident!("__{}_{}", part.prefix(), text(&step.name), span = step.name.span());
        self.async_pair(&name, Some((index, part)), reads, code, &self.result_of(ty), lints)
    }

    /// `async fn name(reads) -> ty { code }`, and `fn name_send` that promises its future to be `Send`, whatever it captures.
    pub(super) fn async_pair(
        &self,
        name: &Ident,
        place: Option<(usize, Part)>,
        reads: &[Read],
        code: &Code,
        ty: &TokenStream,
        lints: &[Attribute],
    ) -> TokenStream {
        let p = &self.p;
        let send = format_ident!("{name}_send", span = name.span());
        let body = self.body(reads, code);
        let generics = self.all.declared();
        let names = self.all.names();
        let predicates = self.all.shared(p);
        let (params, _) = self.params(place, reads, None);
        let life = (!reads.is_empty()).then(|| quote!('__r,));
        let (send_params, args) = self.params(place, reads, Some(&quote!('__r)));
        let signature_lints = signature_lints();
        let span = name.span();
        let unused = self.broken.then(|| quote!(#[allow(unused)]));
        quote_spanned! {span=>
            #signature_lints #unused #(#lints)*
            async fn #name<#generics>(#params) -> #ty where #predicates #body

            #signature_lints #[allow(unused)]
            fn #send<#life #generics>(#send_params) -> impl #p::Future<Output = #ty> + #p::Send + use<#life #names> where #predicates {
                #name::<#names>(#args)
            }
        }
    }

    fn body(&self, reads: &[Read], code: &Code) -> TokenStream {
        match code {
            Code::Block(block) => block.to_token_stream(),
            Code::Path(path) => {
                let p = &self.p;
                let args = reads.iter().filter(|read| self.is_known(read)).map(|read| &read.name);
                let mut list = Group::new(Delimiter::Parenthesis, quote!(#(#args),*));
                let span = path.clone().into_iter().last().map_or_else(Span::call_site, |token| token.span());
                list.set_span(span);
                quote_spanned!(path.span()=> { #p::Result::Ok(#path #list.await?) })
            }
        }
    }

    pub(super) fn is_known(&self, read: &Read) -> bool {
        match read.source {
            Source::Unknown => false,
            Source::Effect(step) => self.is_shown(step),
            Source::Input(_) | Source::Service(_) | Source::Key | Source::Ctx | Source::Failure | Source::Outcome => true,
        }
    }

    /// Reads as parameters (named by the user's tokens; with a lifetime, by generated ones), and those generated ones as arguments.
    fn params(&self, place: Option<(usize, Part)>, reads: &[Read], life: Option<&TokenStream>) -> (TokenStream, TokenStream) {
        let mut params = TokenStream::new();
        let mut args = TokenStream::new();
        for (index, read) in reads.iter().enumerate().filter(|(_, read)| self.is_known(read)) {
            let ty = self.read_type(place, read, life);
            let generated = format_ident!("__{index}", span = Span::mixed_site());
            let name = if life.is_some() { &generated } else { &read.name };
            params.extend(quote!(#name: & #life #ty,));
            args.extend(quote!(#generated,));
        }
        (params, args)
    }

    /// The type behind the reference that a read is.
    fn read_type(&self, place: Option<(usize, Part)>, read: &Read, life: Option<&TokenStream>) -> TokenStream {
        let (p, error) = (&self.p, &self.saga.error);
        match read.source {
            Source::Input(index) => self.saga.inputs[index].ty.to_token_stream(),
            Source::Service(index) => self.saga.services[index].ty.to_token_stream(),
            Source::Effect(step) if place == Some((step, Part::Compensate)) => self.value_type(step),
            Source::Effect(step) => self.effect_type(step),
            Source::Key => quote!(#p::Key),
            Source::Ctx => life.map_or_else(|| quote!(#p::Context<'_>), |life| quote!(#p::Context<#life>)),
            Source::Failure => quote!(#p::Failure<#error>),
            Source::Outcome => quote!(#p::Summary),
            Source::Unknown => unreachable!("unknown reads are left out"),
        }
    }
}

/// Whether a call needs a context made for it.
pub(super) fn reads_context(reads: &[Read]) -> bool {
    reads.iter().any(|read| matches!(read.source, Source::Key | Source::Ctx))
}

pub(super) fn reads_key(reads: &[Read]) -> bool {
    reads.iter().any(|read| read.source == Source::Key)
}

/// The generated local of this name: it neither shadows the user's nor is shadowed by them.
pub(super) fn local(name: &str) -> TokenTree {
    Ident::new(name, Span::mixed_site()).into()
}
