//! What a `saga!` block is made of, as places in its tokens.

use std::ops::Range;

/// Indices of tokens.
pub(crate) type Tokens = Range<usize>;

/// Documentation or an attribute.
#[derive(Debug)]
pub(crate) struct Attr {
    pub(crate) tokens: Tokens,
}

/// What stands between parentheses and commas.
#[derive(Debug)]
pub(crate) struct List {
    pub(crate) open: usize,
    pub(crate) items: Vec<Item>,
    pub(crate) close: usize,
}

#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) attrs: Vec<Attr>,
    pub(crate) name: usize,
    pub(crate) ty: Option<Tokens>,
}

#[derive(Debug)]
pub(crate) struct Saga {
    pub(crate) attrs: Vec<Attr>,
    /// `pub durable saga Name`.
    pub(crate) title: Tokens,
    pub(crate) generics: Option<Tokens>,
    pub(crate) inputs: List,
    /// From the word `with`.
    pub(crate) services: Option<(usize, List)>,
    pub(crate) arrow: usize,
    pub(crate) result: Tokens,
    /// The word `emit`, and the type behind it.
    pub(crate) emits: Option<(usize, Tokens)>,
    /// The word `where`, and what follows it.
    pub(crate) bounds: Option<(usize, Tokens)>,
    pub(crate) body: Body,
}

/// Steps between braces.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) open: usize,
    pub(crate) nodes: Vec<Node>,
    pub(crate) tail: Option<Tokens>,
    pub(crate) close: usize,
}

#[derive(Debug)]
pub(crate) enum Node {
    Step(Step),
    Group {
        attrs: Vec<Attr>,
        /// `concurrent`, or `when`.
        word: usize,
        /// The parentheses of `when`, from the first to the last.
        condition: Option<(usize, usize)>,
        body: Body,
        /// What follows a `when`.
        arms: Vec<Arm>,
    },
    /// An `emit`, or a clause of the saga.
    Part(Part),
}

/// `else when (…) { … }`, or `else { … }`.
#[derive(Debug)]
pub(crate) struct Arm {
    pub(crate) condition: Option<(usize, usize)>,
    pub(crate) body: Body,
}

#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) looped: Option<Loop>,
    pub(crate) part: Part,
    pub(crate) clauses: Vec<Part>,
}

/// `for item: Type in (reads => expression)`.
#[derive(Debug)]
pub(crate) struct Loop {
    pub(crate) attrs: Vec<Attr>,
    pub(crate) word: usize,
    pub(crate) item: usize,
    pub(crate) ty: Tokens,
    /// Of the items.
    pub(crate) open: usize,
    pub(crate) close: usize,
}

/// A step without its clauses, a clause, or an `emit`.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) attrs: Vec<Attr>,
    /// `step hotel`, `compensate`, `compensate none`, `compensate none again`, `compensate with
    /// record`.
    pub(crate) title: Tokens,
    pub(crate) reads: Option<List>,
    pub(crate) effect: Option<Tokens>,
    pub(crate) code: Code,
    /// `;` behind it; mostly one or none.
    pub(crate) ends: usize,
}

#[derive(Debug)]
pub(crate) enum Code {
    /// From `{` to `}`.
    Block(usize, usize),
    /// A path; or `saga`, its path, its inputs, and `with` its services, which stay as they are.
    Path(Tokens),
    /// How long a sleep is, or what an `emit` gives, from `(` to `)`.
    Wait(usize, usize),
    /// Of a signal, `compensate none` and `compensate with`.
    None,
}
