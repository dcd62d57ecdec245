//! The user's code as functions: one `async fn` for each body, which gives the best errors, and
//! beside it one that requires `Send`, at the step's name.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::{Ident, spanned::Spanned};

use super::ident::{emit, ident};
use super::lints;
use super::plan::Plan;
use crate::model::{Clause, Code, Read, Source, Step, TimingValue, Wait, WaitEnd, When};
use crate::names::text;

/// Which code of a step a function holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Action,
    Resolve,
    Compensate,
    Fallback,
    When,
    /// How long it waits.
    Wait,
}

impl Part {
    fn prefix(self) -> &'static str {
        match self {
            Self::Action => "action",
            Self::Resolve => "resolve",
            Self::Compensate => "compensate",
            Self::Fallback => "fallback",
            Self::When => "when",
            Self::Wait => "wait",
        }
    }
}

/// One body, with all that its functions are made of.
pub(super) struct Body<'s> {
    pub(super) name: String,
    /// Of the user's token that the functions are named for.
    pub(super) span: Span,
    /// The step and the part of it.
    pub(super) place: Option<(usize, Part)>,
    pub(super) reads: &'s [Read],
    pub(super) code: &'s Code,
    /// What the functions give.
    pub(super) ty: TokenStream,
    pub(super) predicates: TokenStream,
    pub(super) lints: TokenStream,
    /// Whether what a path gives is a `Result`, whose error converts.
    pub(super) converts: bool,
}

impl Plan<'_> {
    /// All functions of all steps.
    pub(super) fn functions(&self) -> TokenStream {
        let steps = self.every_step();
        let steps = steps.map(|(index, step)| self.step_functions(index, step));
        let conditions = self.conditions().map(|(_, first, condition)| {
            let predicates = self.all_shared();
            self.condition(
                &condition_function(first),
                (None, &condition.when),
                &predicates,
            )
        });
        steps.chain(conditions).collect()
    }

    fn step_functions(&self, index: usize, step: &Step) -> TokenStream {
        let p = &self.p;
        let value = self.value_type(index);
        let written = self.written_value(index).span();
        let action = || {
            self.async_pair(&Body {
                name: function_name(step, Part::Action),
                span: step.name.span(),
                place: Some((index, Part::Action)),
                reads: &step.reads,
                code: &step.code,
                ty: self.result_of(&value, written),
                predicates: self.step_shared(step),
                lints: lints::of_action(&step.attrs.others),
                converts: true,
            })
        };
        let action = match &step.attrs.wait {
            _ if step.child().is_some() => {
                let child = step
                    .child()
                    .map(|child| self.child_functions(index, step, child));
                child.unwrap_or_default()
            }
            _ if step.kind.acts() => action(),
            Some(wait) => self.wait(index, step, wait),
            None => TokenStream::new(),
        };
        let name = step.name.span();
        let (answer, unit) = (emit!(#p::Option<#value>), emit!(()));
        let resolve = step
            .resolve
            .as_ref()
            .map(|clause| (Part::Resolve, clause, &answer, written));
        let compensate = step
            .compensation()
            .map(|clause| (Part::Compensate, clause, &unit, name));
        let fallback = step
            .fallback
            .as_ref()
            .map(|clause| (Part::Fallback, clause, &value, written));
        let clauses = [resolve, compensate, fallback].into_iter().flatten();
        let clauses = clauses.map(|(part, clause, ty, written)| {
            self.clause((index, part), clause, self.result_of(ty, written))
        });
        let when = step
            .attrs
            .when
            .as_ref()
            .map(|when| self.when(index, step, when));
        let looped = self.looped_functions(index);
        emit!(#action #(#clauses)* #when #looped)
    }

    fn clause(&self, place: (usize, Part), clause: &Clause, ty: TokenStream) -> TokenStream {
        let step = self.steps[place.0];
        let (of_step, own) = (
            lints::of_clause(&step.attrs.others),
            lints::levels(&clause.attrs.others),
        );
        self.async_pair(&Body {
            name: function_name(step, place.1),
            span: step.name.span(),
            place: Some(place),
            reads: &clause.reads,
            code: &clause.code,
            ty,
            predicates: self.step_shared(step),
            lints: emit!(#of_step #(#own)*),
            converts: true,
        })
    }

    fn when(&self, index: usize, step: &Step, when: &When) -> TokenStream {
        let (name, place) = (function(step, Part::When), Some((index, Part::When)));
        let lints = lints::of_clause(&step.attrs.others);
        let condition = self.condition(&name, (place, when), &self.step_shared(step));
        emit!(#lints #condition)
    }

    /// A condition as a function of its reads.
    fn condition(
        &self,
        name: &Ident,
        (place, when): (Option<(usize, Part)>, &When),
        predicates: &TokenStream,
    ) -> TokenStream {
        let (params, generics) = (self.params(place, &when.reads), self.all.declared());
        let (p, bool, condition) = (&self.p, ident("bool"), &when.condition);
        let body = quote_spanned!(when.span=> { #condition });
        let result = quote_spanned!(when.span=> -> #p::#bool);
        emit!(fn #name<#generics>(#params) #result where #predicates #body)
    }

    /// How long a signal or a sleep waits.
    fn wait(&self, index: usize, step: &Step, wait: &Wait) -> TokenStream {
        let name = function(step, Part::Wait);
        let params = self.params(Some((index, Part::Wait)), &step.reads);
        let (generics, predicates) = (self.all.declared(), self.step_shared(step));
        let lints = lints::of_clause(&step.attrs.others);
        let (p, until) = (&self.p, ident("until"));
        let (span, end) = match &wait.end {
            WaitEnd::Never => (wait.span, emit!(#p::NEVER)),
            WaitEnd::Timing(timing) => {
                let end = match &timing.value {
                    TimingValue::Literal(duration) => self.duration(*duration),
                    TimingValue::Expr(expr) => emit!(#expr),
                };
                (timing.span, end)
            }
            // No braces, so that an error about its type is at the user's expression.
            WaitEnd::Expr(expr) => (expr.span(), expr.clone()),
        };
        let body = quote_spanned!(span=> { #p::#until(#end) });
        emit! {
            #lints fn #name<#generics>(#params) -> #p::Duration where #predicates #body
        }
    }

    /// The functions of `finally`, which gives nothing.
    pub(super) fn finally_function(&self) -> TokenStream {
        let finally = self.saga.finally.as_ref().map(|finally| {
            let lints = lints::levels(&finally.attrs.others);
            self.async_pair(&Body {
                name: "__finally".to_owned(),
                span: finally.span,
                place: None,
                reads: &finally.reads,
                code: &finally.code,
                ty: quote_spanned!(finally.span=> ()),
                predicates: self.all_shared(),
                lints: emit!(#(#lints)*),
                converts: false,
            })
        });
        finally.unwrap_or_default()
    }

    /// `async fn name(reads) -> ty { code }`, and `fn __send<name>`, which requires its future to
    /// be `Send`, whatever it captures.
    pub(super) fn async_pair(&self, body: &Body<'_>) -> TokenStream {
        let Body {
            name,
            span,
            ty,
            lints,
            ..
        } = body;
        let p = &self.p;
        let (function, send) = (Ident::new(name, *span), Ident::new(&sending(name), *span));
        let call = ident(name);
        let [future, output, send_bound] = ["Future", "Output", "Send"].map(ident);
        let (generics, names) = (self.all.declared(), self.all.names());
        let predicates = &body.predicates;
        let (params, block) = (self.params(body.place, body.reads), self.block_of(body));
        let life = (!body.reads.is_empty()).then(|| emit!('__r,));
        let (send_params, args) = self.lent_params(body.place, body.reads);
        let promise = quote_spanned! {
            *span=> impl #p::#future<#output = #ty> + #p::#send_bound + use<#life #names>
        };
        let unused = self.broken.then(|| emit!(#[allow(unused)]));
        emit! {
            #unused #lints
            async fn #function<#generics>(#params) -> #ty where #predicates #block

            fn #send<#life #generics>(#send_params) -> #promise where #predicates {
                #call::<#names>(#args)
            }
        }
    }

    /// The user's block; or the call of the user's path, whose error converts.
    fn block_of(&self, body: &Body<'_>) -> TokenStream {
        let path = match body.code {
            Code::Block(block) => return block.to_token_stream(),
            Code::Path(path) => path,
            Code::Saga(_) => unreachable!("a saga has functions of its own"),
        };
        let args = body
            .reads
            .iter()
            .filter(|read| self.is_known(read))
            .map(|read| &read.binding);
        let end = path.clone().into_iter().last();
        let end = end.map_or_else(Span::call_site, |token| token.span());
        // From the path's first token to its last, as rustc underlines it.
        let call = |function: TokenStream, arguments: TokenStream| {
            let mut list = Group::new(Delimiter::Parenthesis, arguments);
            list.set_span(end);
            emit!(#function #list)
        };
        let library = |name, span| {
            let (p, name) = (&self.p, ident(name));
            quote_spanned!(span=> (#p::#name))
        };
        let called = call(path.clone(), emit!(#(#args),*));
        // By a name, so that it stands where the `.await` does: what rustc has to say of both at one
        // place, it says once.
        let future = Ident::new("__future", end);
        let awaited = call(library("awaited", end), emit!(#future));
        let value = quote_spanned!(end=> #awaited.await);
        let code = if body.converts {
            call(library("returned", path.span()), value)
        } else {
            value
        };
        quote_spanned!(path.span()=> { let #future = #called; #code })
    }

    /// Reads as parameters, named by the user's tokens.
    pub(super) fn params(&self, place: Option<(usize, Part)>, reads: &[Read]) -> TokenStream {
        let known = reads.iter().filter(|read| self.is_known(read));
        let params = known.map(|read| {
            let (name, ty) = (&read.binding, self.read_type(place, read, &emit!('_)));
            emit!(#name: &#ty,)
        });
        params.collect()
    }

    /// Reads as parameters of one lifetime with generated names, and those names as arguments.
    pub(super) fn lent_params(
        &self,
        place: Option<(usize, Part)>,
        reads: &[Read],
    ) -> (TokenStream, TokenStream) {
        let life = emit!('__r);
        let known = reads.iter().filter(|read| self.is_known(read)).enumerate();
        let params = known.map(|(index, read)| {
            let name = format_ident!("__{index}", span = Span::mixed_site());
            let ty = self.read_type(place, read, &life);
            (emit!(#name: &#life #ty,), emit!(#name,))
        });
        params.unzip()
    }

    /// The type behind the reference that a read is.
    pub(super) fn read_type(
        &self,
        place: Option<(usize, Part)>,
        read: &Read,
        life: &TokenStream,
    ) -> TokenStream {
        match read.source {
            Source::Effect(step) if place == Some((step, Part::Compensate)) => {
                self.value_type(step)
            }
            _ => {
                let block = place.and_then(|(reader, _)| self.saga.condition_of(reader));
                self.read_type_in(block, read, life)
            }
        }
    }

    /// The same of what is read in this `when` block, if it is in one.
    pub(super) fn read_type_in(
        &self,
        block: Option<usize>,
        read: &Read,
        life: &TokenStream,
    ) -> TokenStream {
        let (p, error) = (&self.p, &self.saga.error);
        match read.source {
            Source::Input(index) => self.checked(&self.saga.inputs[index].ty),
            Source::Service(index) => self.checked(&self.saga.services[index].ty),
            Source::Item(step) => self.item_type(step).expect("the step of an item is a loop"),
            Source::Effect(step) => self.seen_type(step, block),
            Source::Event => {
                let ty = self.saga.emits.as_ref();
                ty.map_or_else(|| emit!(()), |ty| self.checked(ty))
            }
            Source::Key => emit!(#p::Key),
            Source::Ctx => emit!(#p::Context<#life>),
            Source::Failure => emit!(#p::Failure<#error>),
            Source::Outcome => emit!(#p::Summary),
            Source::Unknown => unreachable!("unknown reads are left out"),
        }
    }
}

/// The function that the walk and the executor call for a part of a step.
pub(super) fn function(step: &Step, part: Part) -> Ident {
    let name = function_name(step, part);
    ident(&if matches!(part, Part::When | Part::Wait) {
        name
    } else {
        sending(&name)
    })
}

/// The function of the condition of the `when` block that begins with this step.
pub(super) fn condition_function(first: &Step) -> Ident {
    ident(&format!("__enter_{}", text(&first.name).trim_matches('_')))
}

/// The name of the function beside `name` that requires `Send`. A prefix, because no name of a step
/// can collide with that.
pub(super) fn sending(name: &str) -> String {
    format!("__send_{}", name.trim_start_matches('_'))
}

/// `__action_hotel`: a user's function called `hotel` stays visible in the step `hotel`.
fn function_name(step: &Step, part: Part) -> String {
    // The names are in snake case, whatever `_name` or `name_` the user chose; two steps that
    // differ only in these underscores are an error.
    format!("__{}_{}", part.prefix(), text(&step.name).trim_matches('_'))
}

/// Whether a call needs a context made for it.
pub(super) fn reads_context(reads: &[Read]) -> bool {
    let is_made = |read: &Read| matches!(read.source, Source::Key | Source::Ctx);
    reads.iter().any(is_made)
}

pub(super) fn reads_key(reads: &[Read]) -> bool {
    reads.iter().any(|read| read.source == Source::Key)
}
