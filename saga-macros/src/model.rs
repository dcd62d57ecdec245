//! The content of a `saga!` declaration, after parsing and before any decision about generated
//! code.
//!
//! `parse` builds these types, `check` fills in every [`Read::source`] and reports mistakes, and
//! `expand` turns them into items.

use std::ops::Range;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::quote;
use syn::{Generics, Ident, Type, Visibility};
pub(crate) use typed_saga_definition::{Arm, Kind, Limit};

mod attrs;
mod facade;
mod in_force;
mod judged;
mod origin;
mod outline;
mod read;
mod reads;
mod recorded;

pub(crate) use attrs::{
    Attrs, Hold, KeySource, Keyed, Predicate, Retry, Timing, TimingValue, Wait, WaitEnd, When,
};
pub(crate) use facade::Facade;
pub(crate) use origin::Origin;
pub(crate) use outline::{await_siblings, index};
pub(crate) use read::{Read, Source};
pub(crate) use reads::effects_of;

/// One saga.
pub(crate) struct Saga {
    /// The path of the library.
    pub(crate) facade: Facade,
    pub(crate) attrs: Attrs,
    pub(crate) vis: Visibility,
    /// The span of the word `durable`, if the saga is durable.
    pub(crate) durable: Option<Span>,
    pub(crate) name: Ident,
    /// With the `where` clause.
    pub(crate) generics: Generics,
    pub(crate) inputs: Vec<Field>,
    /// The span of the word `with`, if it is there.
    pub(crate) with: Option<Span>,
    pub(crate) services: Vec<Field>,
    pub(crate) output: Output,
    pub(crate) error: Type,
    /// The type of the saga's events.
    pub(crate) emits: Option<Type>,
    pub(crate) nodes: Vec<Node>,
    /// The blocks of the saga's `when`s, in order, one for each arm.
    pub(crate) conditions: Vec<Condition>,
    /// The names that steps in several arms have.
    pub(crate) unions: Vec<Union>,
    /// The saga's `emit`s, in order.
    pub(crate) events: Vec<Emit>,
    pub(crate) publish: Option<Clause>,
    pub(crate) finally: Option<Clause>,
    pub(crate) tail: Option<TokenStream>,
    /// The span of the braces around all of these.
    pub(crate) braces: Span,
    /// The error if the records of a durable saga could not be read without its services; it
    /// replaces the types that depend on them.
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

/// An arm of a `when`, around whole nodes: `when (reads => expr) { … }`, `else when (…) { … }`, or
/// `else { … }`.
pub(crate) struct Condition {
    pub(crate) arm: Arm,
    /// The span of the word `when`, or else of `else`.
    pub(crate) span: Span,
    /// `None` for `else`.
    pub(crate) when: Option<When>,
    /// The steps inside, by index. Only an `else` may have none, unless an error is reported.
    pub(crate) steps: Range<usize>,
}

impl Condition {
    /// What its condition reads.
    pub(crate) fn reads(&self) -> &[Read] {
        self.when.as_ref().map_or(&[], |when| &when.reads)
    }
}

/// Steps with one name, each in another arm of one `when`.
pub(crate) struct Union {
    /// The name, at the first of these steps.
    pub(crate) name: Ident,
    /// The steps, by index. Each has a name of its own, which is that of its `#[name]`; at most one has
    /// none, and is called as the others were.
    pub(crate) members: Vec<usize>,
    /// Whether one of them runs for certain: each arm has one that is not skipped by itself, and the last
    /// arm is `else`.
    pub(crate) whole: bool,
}

/// `emit (reads => events);`
pub(crate) struct Emit {
    pub(crate) attrs: Attrs,
    /// The span of the word `emit`.
    pub(crate) span: Span,
    /// The span of the word `failed`, if it is there.
    pub(crate) failed: Option<Span>,
    /// The number of steps before it.
    pub(crate) place: usize,
    /// The `when` block that contains it, by index.
    pub(crate) condition: Option<usize>,
    pub(crate) reads: Vec<Read>,
    /// The span of the parentheses.
    pub(crate) around: Span,
    /// Raw tokens, so that rustc sees half-typed code.
    pub(crate) events: TokenStream,
}

/// `concurrent { … }`.
pub(crate) struct Siblings {
    /// The span of the word `concurrent`.
    pub(crate) span: Span,
    pub(crate) steps: Vec<Step>,
}

pub(crate) struct Step {
    pub(crate) attrs: Attrs,
    pub(crate) looped: Option<Loop>,
    pub(crate) kind: Kind,
    /// The span of the word for the step's kind.
    pub(crate) kind_span: Span,
    pub(crate) name: Ident,
    pub(crate) reads: Vec<Read>,
    /// `None` without `->`: the effect is `()`.
    pub(crate) effect: Option<Type>,
    /// Empty for a signal or a sleep.
    pub(crate) code: Code,
    pub(crate) compensate: Compensate,
    pub(crate) resolve: Option<Clause>,
    pub(crate) fallback: Option<Clause>,
}

/// `for item: Type in (reads => expr)` before a step.
pub(crate) struct Loop {
    /// The span of the word `for`.
    pub(crate) span: Span,
    pub(crate) item: Ident,
    pub(crate) ty: Type,
    pub(crate) reads: Vec<Read>,
    /// The span of the parentheses.
    pub(crate) around: Span,
    /// Raw tokens, so that rustc sees half-typed code.
    pub(crate) items: TokenStream,
}

#[expect(
    clippy::large_enum_variant,
    reason = "one for each step, mostly a clause"
)]
pub(crate) enum Compensate {
    Missing,
    /// `compensate none`, with the span of `none`, and whether it says `again`.
    None(Span, bool),
    /// `compensate with`, with the span of `with`, and the step whose compensation also undoes this
    /// one.
    With(Span, Read),
    Clause(Clause),
}

/// `compensate`, `resolve`, `fallback`, `publish` or `finally`, with its reads and code.
pub(crate) struct Clause {
    /// The span of the keyword.
    pub(crate) span: Span,
    pub(crate) attrs: Attrs,
    pub(crate) reads: Vec<Read>,
    pub(crate) code: Code,
}

impl Step {
    /// Marks the expressions in the attributes of the step and of its clauses with the levels that hold for
    /// them.
    pub(crate) fn level(&mut self) {
        self.attrs.level(&[]);
        let compensation = match &mut self.compensate {
            Compensate::Clause(clause) => Some(clause),
            Compensate::Missing | Compensate::None(..) | Compensate::With(..) => None,
        };
        let clauses = [compensation, self.resolve.as_mut(), self.fallback.as_mut()];
        for clause in clauses.into_iter().flatten() {
            clause.attrs.level(&self.attrs.others);
        }
    }

    /// The step's compensation, if it is code of its own.
    pub(crate) fn compensation(&self) -> Option<&Clause> {
        match &self.compensate {
            Compensate::Clause(clause) => Some(clause),
            Compensate::Missing | Compensate::None(..) | Compensate::With(..) => None,
        }
    }

    /// The step with which this one is undone.
    pub(crate) fn with(&self) -> Option<&Read> {
        match &self.compensate {
            Compensate::With(_, other) => Some(other),
            Compensate::Missing | Compensate::None(..) | Compensate::Clause(_) => None,
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

/// The type and the keys of a lock. The reads of its keys are the reads of the step.
pub(crate) struct Lock {
    pub(crate) ty: Type,
    /// Raw tokens, so that rustc sees half-typed code.
    pub(crate) keys: TokenStream,
}

/// A child saga as the code of a step.
pub(crate) struct Child {
    /// The span of the word `saga`.
    pub(crate) span: Span,
    /// The path of the child saga, as tokens of a path in expression position.
    pub(crate) path: TokenStream,
    /// The child's inputs, in braces, as in a struct literal.
    pub(crate) fields: Group,
    /// The child's services: at the end of the step's reads, or among them.
    pub(crate) services: Vec<Ident>,
    /// The number of the step's reads that are written in parentheses.
    pub(crate) written: usize,
}

impl Child {
    /// The name of the child saga, if its path is a single name: the saga may then be declared in the
    /// same call of the macro.
    pub(crate) fn name(&self) -> Option<Ident> {
        let mut tokens = self.path.clone().into_iter();
        match (tokens.next()?, tokens.next()) {
            (TokenTree::Ident(name), None) => Some(name),
            _ => None,
        }
    }

    /// The child saga with its inputs, as a struct literal.
    pub(crate) fn literal(&self) -> TokenStream {
        let (path, fields) = (&self.path, &self.fields);
        quote!(#path #fields)
    }
}

impl Code {
    /// Replaces code with a mistake that is already reported, and fits any type.
    pub(crate) fn absent() -> Self {
        Code::Block(Group::new(Delimiter::Brace, quote!(::core::unreachable!())))
    }
}

impl Step {
    /// Whether the step's `when` is evaluated for each item of its loop, because it reads the item.
    pub(crate) fn decides_each(&self) -> bool {
        let (Some(looped), Some(when)) = (&self.looped, &self.attrs.when) else {
            return false;
        };
        when.reads.iter().any(|read| read.name == looped.item)
    }

    /// The child saga, if the step is one.
    pub(crate) fn child(&self) -> Option<&Child> {
        match &self.code {
            Code::Saga(child) => Some(child),
            Code::Block(_) | Code::Path(_) | Code::Lock(_) => None,
        }
    }

    /// The type and the keys, if the step is a lock.
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
    /// The step at this index.
    pub(crate) fn step(&self, index: u16) -> &Step {
        let step = self.steps().nth(index.into());
        step.expect("the index is that of a step")
    }

    /// All steps in order of declaration, groups flattened.
    pub(crate) fn steps(&self) -> impl Iterator<Item = &Step> {
        self.nodes.iter().flat_map(|node| match node {
            Node::Step(step) => std::slice::from_ref(step),
            Node::Group(siblings) => &siblings.steps[..],
        })
    }

    /// All steps in order of declaration, groups flattened, as mutable references.
    pub(crate) fn steps_mut(&mut self) -> impl Iterator<Item = &mut Step> {
        self.nodes.iter_mut().flat_map(|node| match node {
            Node::Step(step) => std::slice::from_mut(step),
            Node::Group(siblings) => &mut siblings.steps[..],
        })
    }
}
