//! What a `saga!` declaration says, after parsing and before any decision about code.
//!
//! `parse` builds these types, `check` fills in every [`Read::source`] and reports what is wrong,
//! and `expand` turns them into items.

use std::ops::Range;

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::quote;
pub(crate) use saga_definition::Kind;
use syn::{Generics, Ident, Path, Type, Visibility, parse_quote};

mod attrs;
mod origin;
mod read;

pub(crate) use attrs::{
    Attrs, Count, Hold, KeySource, Keyed, Limit, Predicate, Retry, Settings, Timing, TimingValue,
    Wait, WaitEnd, When,
};
pub(crate) use origin::Origin;
pub(crate) use read::{Read, Source};

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
    /// The type of its events.
    pub(crate) emits: Option<Type>,
    pub(crate) nodes: Vec<Node>,
    /// Its `when` blocks, in order.
    pub(crate) conditions: Vec<Condition>,
    /// What its events are made of, in order.
    pub(crate) events: Vec<Emit>,
    pub(crate) publish: Option<Clause>,
    pub(crate) finally: Option<Clause>,
    pub(crate) tail: Option<TokenStream>,
    /// Why the records of a durable saga could not be read without its services; takes the place of
    /// the types that depend on them.
    pub(crate) unreadable: Option<syn::Error>,
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

/// `when (reads => expr) { … }`, around whole nodes.
pub(crate) struct Condition {
    /// With the span of the word `when`.
    pub(crate) when: When,
    /// The steps inside, by index; not empty unless an error is reported.
    pub(crate) steps: Range<usize>,
}

/// `emit (reads => events);`
pub(crate) struct Emit {
    pub(crate) attrs: Attrs,
    /// Of the word `emit`.
    pub(crate) span: Span,
    /// Of the word `failed`, if it stands there.
    pub(crate) failed: Option<Span>,
    /// How many steps stand before it.
    pub(crate) place: usize,
    /// The `when` block that it is in, by index.
    pub(crate) condition: Option<usize>,
    pub(crate) reads: Vec<Read>,
    /// Raw tokens, so that rustc sees half-typed code.
    pub(crate) events: TokenStream,
}

/// `concurrent { … }`.
pub(crate) struct Siblings {
    /// Of the word `concurrent`.
    pub(crate) span: Span,
    pub(crate) steps: Vec<Step>,
}

pub(crate) struct Step {
    pub(crate) attrs: Attrs,
    pub(crate) looped: Option<Loop>,
    pub(crate) kind: Kind,
    /// Of the word for its kind.
    pub(crate) kind_span: Span,
    pub(crate) name: Ident,
    pub(crate) reads: Vec<Read>,
    /// `None` without `->`: the effect is `()`.
    pub(crate) effect: Option<Type>,
    /// Nothing, of a signal or a sleep.
    pub(crate) code: Code,
    pub(crate) compensate: Compensate,
    pub(crate) resolve: Option<Clause>,
    pub(crate) fallback: Option<Clause>,
}

/// `for item: Type in (reads => expr)` before a step.
pub(crate) struct Loop {
    /// Of the word `for`.
    pub(crate) span: Span,
    pub(crate) item: Ident,
    pub(crate) ty: Type,
    pub(crate) reads: Vec<Read>,
    /// Raw tokens, so that rustc sees half-typed code.
    pub(crate) items: TokenStream,
}

#[expect(
    clippy::large_enum_variant,
    reason = "one for each step, mostly a clause"
)]
pub(crate) enum Compensate {
    Missing,
    /// `compensate none`, with the span of `none`.
    None(Span),
    /// `compensate with`, with the span of `with`, and the step whose compensation covers it.
    With(Span, Read),
    Clause(Clause),
}

/// `compensate`, `resolve`, `fallback`, `publish` or `finally`, with its reads and code.
pub(crate) struct Clause {
    /// Of the keyword.
    pub(crate) span: Span,
    pub(crate) attrs: Attrs,
    pub(crate) reads: Vec<Read>,
    pub(crate) code: Code,
}

impl Step {
    /// Its compensation, if it is code of its own.
    pub(crate) fn compensation(&self) -> Option<&Clause> {
        match &self.compensate {
            Compensate::Clause(clause) => Some(clause),
            Compensate::Missing | Compensate::None(_) | Compensate::With(..) => None,
        }
    }

    /// Whether it says `compensate none`.
    pub(crate) fn is_left(&self) -> bool {
        matches!(self.compensate, Compensate::None(_))
    }

    /// The step that it is undone with.
    pub(crate) fn with(&self) -> Option<&Read> {
        match &self.compensate {
            Compensate::With(_, other) => Some(other),
            Compensate::Missing | Compensate::None(_) | Compensate::Clause(_) => None,
        }
    }
}

pub(crate) enum Code {
    /// `{ … }`, as one raw group: rustc reports syntax errors in it.
    Block(Group),
    /// `= path`, as tokens of a path in expression position.
    Path(TokenStream),
    /// `= saga Path { … } with (…)`.
    Saga(Child),
    /// `(reads => keys) -> Type`.
    Lock(Box<Lock>),
}

/// What a lock is on. What its keys are made of is among the reads of the step.
pub(crate) struct Lock {
    pub(crate) ty: Type,
    /// Raw tokens, so that rustc sees half-typed code.
    pub(crate) keys: TokenStream,
}

/// A saga as a step.
pub(crate) struct Child {
    /// Of the word `saga`.
    pub(crate) span: Span,
    /// The saga, as tokens of a path in expression position.
    pub(crate) path: TokenStream,
    /// Its inputs, in braces, as in a literal of a struct.
    pub(crate) fields: Group,
    /// Its services: they are at the end of the step's reads, or among them.
    pub(crate) services: Vec<Ident>,
    /// How many of the step's reads are written in parentheses.
    pub(crate) written: usize,
}

impl Child {
    /// The saga with its inputs, as a literal of a struct.
    pub(crate) fn literal(&self) -> TokenStream {
        let (path, fields) = (&self.path, &self.fields);
        quote!(#path #fields)
    }
}

impl Code {
    /// In place of code with a mistake that is already reported: fits any type.
    pub(crate) fn absent() -> Self {
        Code::Block(Group::new(Delimiter::Brace, quote!(::core::unreachable!())))
    }
}

impl Step {
    /// Whether its `when` is asked for each item of its loop: it reads the item.
    pub(crate) fn decides_each(&self) -> bool {
        let (Some(looped), Some(when)) = (&self.looped, &self.attrs.when) else {
            return false;
        };
        when.reads.iter().any(|read| read.name == looped.item)
    }

    /// The saga that it is, if it is one.
    pub(crate) fn child(&self) -> Option<&Child> {
        match &self.code {
            Code::Saga(child) => Some(child),
            Code::Block(_) | Code::Path(_) | Code::Lock(_) => None,
        }
    }

    /// What it is on, if it is a lock.
    pub(crate) fn lock(&self) -> Option<&Lock> {
        match &self.code {
            Code::Lock(lock) => Some(lock),
            Code::Block(_) | Code::Path(_) | Code::Saga(_) => None,
        }
    }

    /// Whether it is a child saga that is rolled back with its parent.
    pub(crate) fn is_called_back(&self) -> bool {
        self.child().is_some() && matches!(self.compensate, Compensate::Missing)
    }
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

    /// The `when` block that a step is in, by index.
    pub(crate) fn condition_of(&self, step: usize) -> Option<usize> {
        let mut conditions = self.conditions.iter();
        conditions.position(|condition| condition.steps.contains(&step))
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
