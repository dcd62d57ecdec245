//! What a `saga!` declaration says, after parsing and before any decision about code.
//!
//! `parse` builds these types, `check` fills in every [`Read::source`] and reports what is wrong,
//! and `expand` turns them into items.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::quote;
pub(crate) use saga_definition::Kind;
use saga_definition::language::Attribute;
use syn::spanned::Spanned;
use syn::{Expr, Generics, Ident, LitStr, Path, Type, Visibility, parse_quote};

/// One saga.
pub(crate) struct Saga {
    pub(crate) attrs: Attrs,
    pub(crate) vis: Visibility,
    /// The span of the word `durable`, if it stands there.
    pub(crate) durable: Option<Span>,
    pub(crate) name: Ident,
    /// With the `where` clause.
    pub(crate) generics: Generics,
    pub(crate) inputs: Vec<Field>,
    pub(crate) services: Vec<Field>,
    pub(crate) output: Output,
    pub(crate) error: Type,
    pub(crate) nodes: Vec<Node>,
    pub(crate) finally: Option<Clause>,
    pub(crate) tail: Option<TokenStream>,
    /// Why the records of a durable saga could not be read without its services; takes the place of
    /// the types that depend on them.
    pub(crate) unreadable: Option<syn::Error>,
}

/// The attributes of a saga, a step or a clause. What may not stand there is absent: the table of
/// the language says where each may stand.
#[derive(Default)]
pub(crate) struct Attrs {
    pub(crate) timeout: Option<Timing>,
    pub(crate) retry: Option<Retry>,
    /// The attribute's span.
    pub(crate) idempotent: Option<Span>,
    pub(crate) late: Option<Timing>,
    /// The limit is never `Forever` here.
    pub(crate) savepoint: Option<Retry>,
    pub(crate) abort: Option<Predicate>,
    pub(crate) when: Option<When>,
    /// Their sources are effects.
    pub(crate) after: Option<Vec<Read>>,
    /// The attribute's span.
    pub(crate) by_key: Option<Span>,
    pub(crate) name: Option<LitStr>,
    pub(crate) classify: Option<Path>,
    pub(crate) settings: Option<Settings>,
    /// Whether one of these was misspelt, which is reported.
    pub(crate) misspelt: bool,
    /// Docs, lints and, of a saga, all that other macros may look for, in order.
    pub(crate) others: Vec<syn::Attribute>,
}

impl Attrs {
    /// What is there, with the token that an error about it points at.
    pub(crate) fn present(&self) -> impl Iterator<Item = (Attribute, Span)> {
        let Self {
            timeout,
            retry,
            idempotent,
            late,
            savepoint,
            abort,
            when,
            after,
            by_key,
            name,
            classify,
            settings,
            misspelt: _,
            others: _,
        } = self;
        let first = |reads: &Vec<Read>| reads.first().map(|read| read.name.span());
        let spans = [
            (Attribute::Timeout, timeout.as_ref().map(|it| it.span)),
            (Attribute::Retry, retry.as_ref().map(|it| it.span)),
            (Attribute::Idempotent, *idempotent),
            (Attribute::Late, late.as_ref().map(|it| it.span)),
            (Attribute::Savepoint, savepoint.as_ref().map(|it| it.span)),
            (Attribute::Abort, abort.as_ref().map(|it| it.span)),
            (Attribute::When, when.as_ref().map(|it| it.span)),
            (Attribute::After, after.as_ref().and_then(first)),
            (Attribute::ByKey, *by_key),
            (Attribute::Name, name.as_ref().map(LitStr::span)),
            (Attribute::Classify, classify.as_ref().map(Path::span)),
            (Attribute::Settings, settings.as_ref().map(|it| it.span)),
        ];
        spans
            .into_iter()
            .filter_map(|(attribute, span)| Some((attribute, span?)))
    }
}

/// `#[saga(…)]`.
pub(crate) struct Settings {
    /// Of the attribute's name.
    pub(crate) span: Span,
    /// `crate = path`.
    pub(crate) krate: Option<Path>,
    /// `unchecked_reads`: rustc alone proves that every read exists. Undocumented, for a test.
    pub(crate) unchecked_reads: bool,
}

/// An input or a service.
pub(crate) struct Field {
    pub(crate) attrs: Vec<syn::Attribute>,
    pub(crate) name: Ident,
    pub(crate) ty: Type,
}

/// The first argument of the saga's `Result`.
#[expect(clippy::large_enum_variant, reason = "a saga has one")]
pub(crate) enum Output {
    /// `_`: the struct of all effects.
    Effects(Span),
    Type(Type),
}

#[expect(
    clippy::large_enum_variant,
    reason = "few, built once, and mostly steps"
)]
pub(crate) enum Node {
    Step(Step),
    Group(Siblings),
}

/// `concurrent { … }`.
pub(crate) struct Siblings {
    /// Of the word `concurrent`.
    pub(crate) span: Span,
    pub(crate) steps: Vec<Step>,
}

pub(crate) struct Step {
    pub(crate) attrs: Attrs,
    pub(crate) kind: Kind,
    /// Of the word `read`, `step` or `pivot`.
    pub(crate) kind_span: Span,
    pub(crate) name: Ident,
    pub(crate) reads: Vec<Read>,
    /// `None` without `->`: the effect is `()`.
    pub(crate) effect: Option<Type>,
    pub(crate) code: Code,
    pub(crate) compensate: Compensate,
    pub(crate) resolve: Option<Clause>,
    pub(crate) fallback: Option<Clause>,
}

/// `#[when(reads => expr)]`.
pub(crate) struct When {
    /// Of the word `when`.
    pub(crate) span: Span,
    pub(crate) reads: Vec<Read>,
    /// Raw tokens, so that rustc sees half-typed code.
    pub(crate) condition: TokenStream,
}

#[expect(
    clippy::large_enum_variant,
    reason = "one for each step, mostly a clause"
)]
pub(crate) enum Compensate {
    Missing,
    /// `compensate none`, with the span of `none`.
    None(Span),
    Clause(Clause),
}

/// `compensate`, `resolve`, `fallback` or `finally`, with its reads and code.
pub(crate) struct Clause {
    /// Of the keyword.
    pub(crate) span: Span,
    pub(crate) attrs: Attrs,
    pub(crate) reads: Vec<Read>,
    pub(crate) code: Code,
}

pub(crate) struct Read {
    /// What is read.
    pub(crate) name: Ident,
    /// What the code calls it: the name, or `_name`.
    pub(crate) binding: Ident,
    pub(crate) source: Source,
}

impl Read {
    /// Reads that the checks have not looked at yet.
    pub(crate) fn unresolved(names: impl IntoIterator<Item = Ident>) -> Vec<Self> {
        let unresolved = |name: Ident| Self {
            binding: name.clone(),
            name,
            source: Source::Unknown,
        };
        names.into_iter().map(unresolved).collect()
    }
}

/// Where a read's value comes from. Indices count inputs, services and steps (groups flattened) in
/// order of declaration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    /// Not looked at yet, or not found (then an error is reported).
    Unknown,
    Input(usize),
    Service(usize),
    Effect(usize),
    Key,
    Ctx,
    Failure,
    Outcome,
}

pub(crate) enum Code {
    /// `{ … }`, as one raw group: rustc reports syntax errors in it.
    Block(Group),
    /// `= path`, as tokens of a path in expression position.
    Path(TokenStream),
}

impl Code {
    /// In place of code with a mistake that is already reported: fits any type.
    pub(crate) fn absent() -> Self {
        Code::Block(Group::new(Delimiter::Brace, quote!(::core::unreachable!())))
    }
}

/// A duration, `100ms` or any expression of type `Duration`.
pub(crate) struct Timing {
    pub(crate) span: Span,
    pub(crate) value: TimingValue,
}

pub(crate) enum TimingValue {
    Literal(std::time::Duration),
    Expr(Box<Expr>),
}

/// `n, base..cap, jitter = bool, if = predicate`.
pub(crate) struct Retry {
    /// Of the attribute's name.
    pub(crate) span: Span,
    pub(crate) limit: Limit,
    /// As in `Backoff::DEFAULT`, unless they are written.
    pub(crate) base: Timing,
    pub(crate) cap: Timing,
    pub(crate) jitter: bool,
    pub(crate) predicate: Option<Predicate>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Limit {
    Times(u32),
    Forever,
}

/// A path or closure `Fn(&E) -> bool`.
pub(crate) struct Predicate {
    pub(crate) span: Span,
    pub(crate) expr: Expr,
}

impl Saga {
    /// Where the library is.
    pub(crate) fn krate(&self) -> Path {
        let settings = self.attrs.settings.as_ref();
        let written = settings.and_then(|settings| settings.krate.clone());
        written.unwrap_or_else(default_crate)
    }

    /// All steps in order of declaration, groups flattened.
    pub(crate) fn steps(&self) -> impl Iterator<Item = &Step> {
        self.nodes.iter().flat_map(|node| match node {
            Node::Step(step) => std::slice::from_ref(step),
            Node::Group(siblings) => &siblings.steps[..],
        })
    }

    /// The same, to be changed.
    pub(crate) fn steps_mut(&mut self) -> impl Iterator<Item = &mut Step> {
        self.nodes.iter_mut().flat_map(|node| match node {
            Node::Step(step) => std::slice::from_mut(step),
            Node::Group(siblings) => &mut siblings.steps[..],
        })
    }
}

/// Where the library is unless `#[saga(crate = path)]` says otherwise.
pub(crate) fn default_crate() -> Path {
    parse_quote!(::saga)
}
