//! The user's code as functions of its reads: here the code of conditions and waits, which does not
//! act. The [bodies](super::bodies) act.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use syn::{Ident, spanned::Spanned};

use super::ident::{emit, ident};
use super::lints;
use super::plan::Plan;
use super::shared::called_with;
use crate::model::{Read, Source, Step, TimingValue, Wait, WaitEnd, When};
use crate::names::text;

/// The code of a step that a function holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Action,
    Resolve,
    Compensate,
    Fallback,
    When,
    /// The duration of a wait.
    Wait,
    /// The keys of a lock.
    Keys,
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
            Self::Keys => "keys",
        }
    }
}

impl Plan<'_> {
    /// The functions of the conditions of `when` blocks.
    pub(super) fn block_functions(&self) -> TokenStream {
        let conditions = self.conditions().filter_map(|(_, first, condition)| {
            let (name, when) = (condition_function(first), condition.when.as_ref()?);
            Some(self.condition(&name, (None, when), &self.all_shared()))
        });
        conditions.collect()
    }

    /// The functions of conditions, waits and loops, and those that make the inputs of child sagas.
    /// Calling one of them does nothing that would have to be undone.
    pub(super) fn step_functions(&self, index: usize, step: &Step) -> TokenStream {
        let inputs = step.child();
        let inputs = inputs.map(|child| self.child_input(index, step, child));
        let keys = step.lock().map(|lock| self.keys(index, step, lock));
        let wait = step.attrs.wait.as_ref();
        let wait = wait.filter(|_| !step.kind.acts() && keys.is_none());
        let wait = wait.map(|wait| self.wait(index, step, wait));
        let when = step.attrs.when.as_ref();
        let when = when.map(|when| self.when(index, step, when));
        let looped = self.looped_functions(index);
        emit!(#inputs #keys #wait #when #looped)
    }

    fn when(&self, index: usize, step: &Step, when: &When) -> TokenStream {
        let (name, place) = (function(step, Part::When), Some((index, Part::When)));
        self.condition(&name, (place, when), &self.step_shared(step))
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
        let hidden = hidden();
        let body = quote_spanned!(when.around=> { #hidden #condition });
        let result = quote_spanned!(when.span=> -> #p::#bool);
        emit!(fn #name<#generics>(#params) #result where #predicates #body)
    }

    /// The duration of a signal or a sleep, as a function of its reads.
    fn wait(&self, index: usize, step: &Step, wait: &Wait) -> TokenStream {
        let name = function(step, Part::Wait);
        let params = self.params(Some((index, Part::Wait)), &step.reads);
        let (generics, predicates) = (self.all.declared(), self.step_shared(step));
        let (p, [trait_, until]) = (&self.p, ["Until", "until"].map(ident));
        let (span, end) = match &wait.end {
            WaitEnd::Never => (wait.span, emit!(#p::NEVER)),
            WaitEnd::Timing(timing) => {
                let end = match &timing.value {
                    TimingValue::Literal(duration) => self.duration(*duration),
                    TimingValue::Expr(expr) => emit!(#expr),
                };
                (timing.span, end)
            }
            // Without braces, so that an error about its type is at the user's expression.
            WaitEnd::Expr(expr) => (expr.span(), expr.clone()),
        };
        let path = quote_spanned!(span=> #p::#trait_::#until);
        let called = called_with(&path, &end);
        let hidden = hidden();
        let body = quote_spanned!(self.saga.braces=> { #hidden #called });
        emit! {
            fn #name<#generics>(#params) -> #p::Duration where #predicates #body
        }
    }

    /// Reads as parameters, named by the user's tokens.
    pub(super) fn params(&self, place: Option<(usize, Part)>, reads: &[Read]) -> TokenStream {
        let known = reads.iter().filter(|read| self.is_known(read));
        parameters(known.map(|read| {
            let ty = self.read_type(place, read, &emit!('_));
            (&read.binding, emit!(&#ty))
        }))
    }

    /// Reads as parameters of one lifetime with generated names, and these names as arguments.
    pub(super) fn lent_params(
        &self,
        place: Option<(usize, Part)>,
        reads: &[Read],
    ) -> (TokenStream, TokenStream) {
        let life = emit!('__r);
        let known = reads.iter().filter(|read| self.is_known(read)).enumerate();
        let (names, types): (Vec<_>, Vec<_>) = known
            .map(|(index, read)| {
                let ty = self.read_type(place, read, &life);
                (numbered(index), emit!(&#life #ty))
            })
            .unzip();
        let arguments = arguments(names.iter().map(ToTokens::to_token_stream));
        (parameters(names.iter().zip(types)), arguments)
    }

    /// The type to which the reference of a read points.
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
                let block = place.and_then(|(reader, _)| self.condition_of(reader));
                self.read_type_in(block, read, life)
            }
        }
    }

    /// The type to which the reference of a read points, when the read is in this `when` block, if
    /// any.
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
            Source::Arms(union) => self.arms_type(&self.saga.unions[union]),
            Source::Event => {
                let ty = self.saga.emits.as_ref();
                ty.map_or_else(|| emit!(()), |ty| self.checked(ty))
            }
            Source::Key | Source::UndoKey => emit!(#p::Key),
            Source::Ctx => emit!(#p::Context<#life>),
            Source::Failure => emit!(#p::Failure<#error>),
            Source::Outcome => emit!(#p::Summary),
            Source::Unknown => unreachable!("unknown reads are left out"),
        }
    }
}

/// The parameters of a generated function, as one: lints about their number and their types have nothing to
/// find.
pub(super) fn parameters<'n>(of: impl Iterator<Item = (&'n Ident, TokenStream)>) -> TokenStream {
    let (names, types): (Vec<_>, Vec<_>) = of.unzip();
    let level = names.iter().find_map(|name| lints::of_repeated(name));
    if names.is_empty() {
        return TokenStream::new();
    }
    emit!(#level (#(#names,)*): (#(#types,)*),)
}

/// The arguments of a function with such parameters.
pub(super) fn arguments(of: impl Iterator<Item = TokenStream>) -> TokenStream {
    let of: Vec<_> = of.collect();
    if of.is_empty() {
        return TokenStream::new();
    }
    emit!((#(#of,)*),)
}

/// The name of a parameter that the user has not named.
pub(super) fn numbered(index: usize) -> Ident {
    ident(&format!("__{index}"))
}

/// The type to which the functions of the bodies belong.
pub(super) fn code() -> Ident {
    ident("__Code")
}

/// An item before code of the user that is placed where the type of the bodies has a name. It gives
/// that name another meaning.
pub(super) fn hidden() -> TokenStream {
    let code = code();
    emit!(type #code = ();)
}

/// The type to which the functions belong that do not act. Their code may name it, as `Self`.
pub(super) fn asked() -> Ident {
    ident("__Asked")
}

/// The function that the walk and the executor call for a part of a step.
pub(super) fn called(step: &Step, part: Part) -> TokenStream {
    let of = match part {
        Part::Action | Part::Resolve | Part::Compensate | Part::Fallback => code(),
        Part::When | Part::Wait | Part::Keys => asked(),
    };
    let function = function(step, part);
    emit!(#of::#function)
}

/// The function of `finally`, or of `publish`.
pub(super) fn called_at_end(name: &str) -> TokenStream {
    let (code, function) = (code(), ident(&sending(name)));
    emit!(#code::#function)
}

/// The lifetime of reads as a parameter, and as the first of several bounds: what is called lives no longer.
/// Editions before 2024 need to be told, and in all of them the last bound ends at the user's word.
pub(super) fn lifetime(reads: &[Read]) -> (Option<TokenStream>, Option<TokenStream>) {
    let read = !reads.is_empty();
    (read.then(|| emit!('__r,)), read.then(|| emit!('__r+)))
}

/// The name of the function that the walk and the executor call for a part of a step.
pub(super) fn function(step: &Step, part: Part) -> Ident {
    let name = function_name(step, part);
    ident(&if matches!(part, Part::When | Part::Wait | Part::Keys) {
        name
    } else {
        sending(&name)
    })
}

/// The function of the condition of the `when` block that begins with this step.
pub(super) fn condition_function(first: &Step) -> Ident {
    ident(&format!("__enter_{}", text(&first.name).trim_matches('_')))
}

/// The name of the function around `name` that requires `Send`. It has a prefix, because no name of
/// a step can collide with that.
pub(super) fn sending(name: &str) -> String {
    format!("__send_{}", name.trim_start_matches('_'))
}

/// The function of the user's code, such as `__action_hotel`. With the prefix, a user's function
/// called `hotel` stays visible in the step `hotel`.
pub(super) fn function_name(step: &Step, part: Part) -> String {
    // The names are in snake case, even if the user chose `_name` or `name_`. Two steps that differ
    // only in these underscores are an error.
    format!("__{}_{}", part.prefix(), text(&step.name).trim_matches('_'))
}

/// Whether a call needs a context made for it.
pub(super) fn reads_context(reads: &[Read]) -> bool {
    let made = [Source::Key, Source::UndoKey, Source::Ctx];
    made.into_iter().any(|source| reads_from(reads, source))
}

/// Whether a call reads something of this source.
pub(super) fn reads_from(reads: &[Read], source: Source) -> bool {
    reads.iter().any(|read| read.source == source)
}
