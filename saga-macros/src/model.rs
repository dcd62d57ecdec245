//! What a `saga!` declaration says, after parsing and before any decision about code.
//!
//! `parse` builds these types, `check` fills in every [`Read::source`] and reports what is wrong, `expand` turns them into items.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::quote;
use syn::{Attribute, Expr, Generics, Ident, LitStr, Path, Type, Visibility};

/// One saga.
pub(crate) struct Saga {
    pub(crate) attrs: SagaAttrs,
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
    /// Why a durable saga could not be read without its services; stands in place of the types that could not be.
    pub(crate) unreadable: Option<syn::Error>,
}

/// The attributes of a saga that this macro understands, and those that go to the input struct.
pub(crate) struct SagaAttrs {
    pub(crate) classify: Option<Path>,
    pub(crate) timeout: Option<Timing>,
    pub(crate) retry: Option<Retry>,
    pub(crate) late: Option<Timing>,
    pub(crate) name: Option<LitStr>,
    /// `#[saga(crate = path)]`, else `::saga`.
    pub(crate) krate: Path,
    /// `#[saga(unchecked_reads)]`: leaves the proof of every read to rustc alone. Undocumented; a test uses it.
    pub(crate) unchecked_reads: bool,
    /// Derives, docs and everything else, in order.
    pub(crate) forward: Vec<Attribute>,
}

/// An input or a service.
pub(crate) struct Field {
    pub(crate) attrs: Vec<Attribute>,
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

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Read,
    Step,
    Pivot,
}

pub(crate) struct Step {
    pub(crate) attrs: StepAttrs,
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

#[derive(Default)]
pub(crate) struct StepAttrs {
    pub(crate) timeout: Option<Timing>,
    pub(crate) retry: Option<Retry>,
    /// The attribute's span.
    pub(crate) idempotent: Option<Span>,
    pub(crate) late: Option<Timing>,
    /// `n` is never `forever` here.
    pub(crate) savepoint: Option<Retry>,
    pub(crate) abort: Option<Predicate>,
    pub(crate) when: Option<When>,
    /// `#[after(x, y)]`; sources are effects.
    pub(crate) after: Vec<Read>,
    pub(crate) name: Option<LitStr>,
    pub(crate) docs: Vec<Attribute>,
    /// `allow`, `expect`, `warn`, `deny`, `forbid`.
    pub(crate) lints: Vec<Attribute>,
}

/// `#[when(reads => expr)]`.
pub(crate) struct When {
    /// Of the word `when`.
    pub(crate) span: Span,
    pub(crate) reads: Vec<Read>,
    /// Raw, so that half-typed code reaches rustc.
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
    pub(crate) timeout: Option<Timing>,
    pub(crate) retry: Option<Retry>,
    /// The attribute's span; only on `compensate`.
    pub(crate) by_key: Option<Span>,
    /// `allow`, `expect`, `warn`, `deny`, `forbid`.
    pub(crate) lints: Vec<Attribute>,
    pub(crate) reads: Vec<Read>,
    pub(crate) code: Code,
}

pub(crate) struct Read {
    pub(crate) name: Ident,
    pub(crate) source: Source,
}

/// Where a read's value comes from. Indices count inputs, services and steps (groups flattened) in order of declaration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    /// Not looked at yet, or not found (then an error is on record).
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
    /// `{ … }`, as one raw group: a syntax error in it is rustc's own.
    Block(Group),
    /// `= path`, as tokens of a path in expression position.
    Path(TokenStream),
}

impl Code {
    /// In place of code with a mistake that is on record: it fits any type.
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
    /// Default 50ms.
    pub(crate) base: Timing,
    /// Default 2s.
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
