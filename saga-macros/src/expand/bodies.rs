//! The user's code that acts, as functions: for each body one `async fn`, which gives the best
//! errors, and a function around it that requires `Send`.
//!
//! Calling one of these functions runs or undoes a step. So they are functions of a type that only
//! generated code can name: inside a body, another item has its name. The functions of a step that sets
//! levels of lints are in one item, which has these: the lint may fire anywhere in the step.
//!
//! Coverage counts the lines of a body if its function has the user's span from `async` to the brace.
//!
//! An `async` block with a `let` for each read would give three errors for one mistake; an
//! `async fn` gives exactly rustc's own. The type around the functions is needed because macros
//! have no hygiene for functions.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::{Ident, spanned::Spanned};

use super::code::{Part, asked, code, function_name, hidden, lifetime, sending};
use super::ident::{emit, ident};
use super::lints;
use super::plan::Plan;
use crate::model::{Clause, Code, Read, Step};
use crate::parse::without_marker;

/// One body, with all that its functions are made of.
struct Body<'s> {
    name: String,
    /// The span of the user's token after which the functions are named.
    span: Span,
    /// The step and the part of it.
    place: Option<(usize, Part)>,
    reads: &'s [Read],
    code: &'s Code,
    /// The type of the functions' result.
    ty: TokenStream,
    predicates: TokenStream,
    lints: TokenStream,
    /// Whether the path returns a `Result`, whose error is converted.
    converts: bool,
}

impl Plan<'_> {
    /// The functions of all bodies.
    pub(super) fn bodies(&self) -> TokenStream {
        let (code, asked) = (code(), asked());
        let unused = self.broken.then(|| emit!(#[allow(unused)]));
        let ends = [self.finally_body(), self.publish_body()];
        let mut acting: TokenStream = ends.into_iter().flatten().collect();
        let (mut asking, mut apart) = (TokenStream::new(), TokenStream::new());
        for (index, step) in self.every_step() {
            let functions = self.step_functions(index, step);
            let bodies = self.step_bodies(index, step);
            let is_linted = self.levels_of_effect(index, step).is_some();
            let levels = lints::of_step(step, is_linted && !self.is_read(index, step));
            if levels.is_empty() {
                asking.extend(functions);
                acting.extend(bodies);
            } else {
                apart.extend(emit! {
                    #unused #levels
                    const _: () = { impl #code { #bodies } impl #asked { #functions } };
                });
            }
        }
        if acting.is_empty() && asking.is_empty() && apart.is_empty() {
            return apart;
        }
        emit! {
            enum #code {}
            enum #asked {}
            #unused
            impl #code { #acting }
            #unused
            impl #asked { #asking }
            #apart
        }
    }

    fn step_bodies(&self, index: usize, step: &Step) -> TokenStream {
        let p = &self.p;
        let (name, written) = (step.name.span(), self.written_value(index).span());
        let value = self.value_type(index);
        let acts = step.kind.acts() && step.child().is_none();
        let action = acts.then(|| {
            self.body(&Body {
                name: function_name(step, Part::Action),
                span: name,
                place: Some((index, Part::Action)),
                reads: &step.reads,
                code: &step.code,
                ty: self.result_of(&value, written),
                predicates: self.step_shared(step),
                lints: TokenStream::new(),
                converts: true,
            })
        });
        let (answer, unit) = (emit!(#p::Option<#value>), emit!(()));
        let resolve = step.resolve.as_ref();
        let resolve = resolve.map(|clause| (Part::Resolve, clause, &answer, written));
        let compensate = step.compensation();
        let compensate = compensate.map(|clause| (Part::Compensate, clause, &unit, name));
        let fallback = step.fallback.as_ref();
        let fallback = fallback.map(|clause| (Part::Fallback, clause, &value, written));
        let clauses = [resolve, compensate, fallback].into_iter().flatten();
        let clauses = clauses.map(|(part, clause, ty, written)| {
            self.clause_body((index, part), clause, self.result_of(ty, written))
        });
        let by_hand = step
            .child()
            .map(|child| self.child_by_hand(index, step, child));
        by_hand.into_iter().chain(action).chain(clauses).collect()
    }

    fn clause_body(&self, place: (usize, Part), clause: &Clause, ty: TokenStream) -> TokenStream {
        let step = self.steps[place.0];
        let own = lints::levels(&clause.attrs.others);
        self.body(&Body {
            name: function_name(step, place.1),
            span: clause.span,
            place: Some(place),
            reads: &clause.reads,
            code: &clause.code,
            ty,
            predicates: self.step_shared(step),
            lints: emit!(#(#own)*),
            converts: true,
        })
    }

    /// The body of `finally`, which returns nothing.
    fn finally_body(&self) -> Option<TokenStream> {
        let finally = self.saga.finally.as_ref()?;
        let ty = quote_spanned!(finally.span=> ());
        Some(self.end_body("__finally", finally, ty, false))
    }

    fn publish_body(&self) -> Option<TokenStream> {
        self.saga.emits.as_ref()?;
        let publish = self.saga.publish.as_ref()?;
        let ty = self.result_of(&emit!(()), publish.span);
        Some(self.end_body("__publish", publish, ty, true))
    }

    fn end_body(
        &self,
        name: &str,
        clause: &Clause,
        ty: TokenStream,
        converts: bool,
    ) -> TokenStream {
        let lints = lints::levels(&clause.attrs.others);
        self.body(&Body {
            name: name.to_owned(),
            span: clause.span,
            place: None,
            reads: &clause.reads,
            code: &clause.code,
            ty,
            predicates: self.all_shared(),
            lints: emit!(#(#lints)*),
            converts,
        })
    }

    /// `fn __send<name>`, which requires that the future of `async fn name(reads) -> ty { code }`
    /// is `Send`, whatever it captures.
    fn body(&self, body: &Body<'_>) -> TokenStream {
        let Body {
            name,
            span,
            ty,
            lints,
            predicates,
            ..
        } = body;
        let p = &self.p;
        // Named at the user's word, but no lint is about such a name.
        let at = span.resolved_at(Span::mixed_site());
        let (function, send) = (Ident::new(name, at), Ident::new(&sending(name), at));
        let call = ident(name);
        let [future, output, send_bound] = ["Future", "Output", "Send"].map(ident);
        let (generics, names) = (self.all.declared(), self.all.names());
        let (params, block) = (self.params(body.place, body.reads), self.block_of(body));
        let (life, bound) = lifetime(body.reads);
        let (send_params, args) = self.lent_params(body.place, body.reads);
        let promise = quote_spanned! {
            *span=> impl #bound #p::#send_bound + #p::#future<#output = #ty>
        };
        let asynchronous = quote_spanned!(*span=> async);
        let predicates = ending_at(*span, emit!(where #predicates));
        let hidden = hidden();
        emit! {
            fn #send<#life #generics>(#send_params) -> #promise #predicates {
                #hidden
                #lints
                #asynchronous fn #function<#generics>(#params) -> #ty #predicates #block

                #call::<#names>(#args)
            }
        }
    }

    /// The user's block. If nothing in it waits, something does that is never reached: an `async fn` without
    /// an `.await` is not what the user chose.
    fn awaiting(&self, block: &Group) -> TokenStream {
        let whole = block.to_token_stream();
        if waits(block.stream()) {
            return whole;
        }
        // A mistake at the end of a block is underlined there only if the block stays as it is.
        let typed = without_marker(whole.clone());
        if waits(typed.clone()) || syn::parse2::<syn::Block>(typed).is_err() {
            return whole;
        }
        // An item after it, since what follows may be one of the user's.
        let (p, hidden) = (&self.p, hidden());
        let mut content: Vec<_> = block.stream().into_iter().collect();
        let code = content.split_off(inner_attributes(&content));
        let content = emit!(#(#content)* if false { #p::ready(()).await; }; #hidden #(#code)*);
        let mut awaiting = Group::new(Delimiter::Brace, content);
        awaiting.set_span(block.span());
        TokenTree::Group(awaiting).into()
    }

    /// The user's block, or the call of the user's path, whose error is converted.
    fn block_of(&self, body: &Body<'_>) -> TokenStream {
        let path = match body.code {
            Code::Block(block) => return self.awaiting(block),
            Code::Path(path) => path,
            Code::Saga(_) | Code::Lock(_) => unreachable!("it has functions of its own"),
        };
        let args = body
            .reads
            .iter()
            .filter(|read| self.is_known(read))
            .map(|read| &read.binding);
        let end = path.clone().into_iter().last();
        let end = end.map_or_else(Span::call_site, |token| token.span());
        // Spanned from the path's first token to its last, as rustc underlines it.
        let call = |function: TokenStream, arguments: TokenStream| {
            let mut list = Group::new(Delimiter::Parenthesis, arguments);
            list.set_span(end);
            emit!(#function #list)
        };
        let library = |function: TokenStream, span| quote_spanned!(span=> (#function));
        let p = &self.p;
        let [trait_, method] = ["Awaited", "awaited"].map(ident);
        let path_of_awaited = quote_spanned!(end=> <_ as #p::#trait_>::#method);
        let called = call(without_proposals(path), emit!(#(#args),*));
        // The future gets a name, so that the `.await` is at the same place as the call: rustc then
        // reports an error about both only once.
        let future = Ident::new("__future", end);
        let awaited = call(library(path_of_awaited, end), emit!(#future));
        let value = quote_spanned!(end=> #awaited.await);
        let code = if body.converts {
            let [trait_, method] = ["Converts", "convert"].map(ident);
            let convert = quote_spanned!(path.span()=> <_ as #p::#trait_<_>>::#method::<>);
            let [trait_, method] = ["Returned", "returned"].map(ident);
            let returned = quote_spanned!(path.span()=> <_ as #p::#trait_>::#method);
            call(library(returned, path.span()), emit!(#value, #convert))
        } else {
            value
        };
        quote_spanned!(path.span()=> { let #future = #called; #code })
    }
}

/// The path of a function whose arguments are written elsewhere. Rustc takes a path that a macro has completed
/// for the macro's, and proposes nothing to write after it.
fn without_proposals(path: &TokenStream) -> TokenStream {
    match path.clone().into_iter().last() {
        Some(TokenTree::Ident(name)) => {
            let end = name.span().resolved_at(Span::mixed_site());
            quote_spanned!(end=> #path::<>)
        }
        // It has arguments of its own.
        _ => path.clone(),
    }
}

/// The number of tokens of the inner attributes with which a block begins.
fn inner_attributes(block: &[TokenTree]) -> usize {
    let is = |token: &TokenTree, mark| matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark);
    let attributes = block
        .chunks(3)
        .take_while(|tokens| matches!(tokens, [a, b, _] if is(a, '#') && is(b, '!')));
    3 * attributes.count()
}

/// Whether there is an `await` in these tokens.
fn waits(tokens: TokenStream) -> bool {
    // That of a block or a function within does not count.
    let mut within = false;
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(word) => {
            within |= word == "async";
            word == "await"
        }
        TokenTree::Group(group) if within && group.delimiter() == Delimiter::Brace => {
            within = false;
            false
        }
        TokenTree::Group(group) => waits(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// Tokens whose last one is at this place.
fn ending_at(span: Span, tokens: TokenStream) -> TokenStream {
    let mut tokens: Vec<_> = tokens.into_iter().collect();
    if let Some(last) = tokens.last_mut() {
        last.set_span(span);
    }
    tokens.into_iter().collect()
}
