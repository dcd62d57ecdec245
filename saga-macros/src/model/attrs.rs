//! The attributes of a saga, a step or a clause.

use proc_macro2::{Span, TokenStream};
use syn::{Expr, Ident, LitStr, Path};
use typed_saga_definition::{Limit, language::Attribute};

use super::read::{Read, Source};

/// The attributes of a saga, a step or a clause. An attribute that is not allowed at the place is
/// absent: the table of the language lists the places of each.
#[derive(Default)]
pub(crate) struct Attrs {
    pub(crate) timeout: Option<Timing>,
    pub(crate) retry: Option<Retry>,
    pub(crate) idempotent: Option<Keyed>,
    pub(crate) late: Option<Timing>,
    /// The wait of a signal or a sleep; the reads of its expression are among the reads of the
    /// step.
    pub(crate) wait: Option<Wait>,
    /// The limit is never `Forever` here.
    pub(crate) savepoint: Option<Retry>,
    pub(crate) when: Option<When>,
    /// Reads whose sources are effects.
    pub(crate) after: Option<Vec<Read>>,
    /// A literal.
    pub(crate) within: Option<Timing>,
    pub(crate) holds: Option<Hold>,
    /// The span of the attribute's name. The step then has a `when` that is false.
    pub(crate) retired: Option<Span>,
    /// The span of the attribute's name. The step then has a `when` that is true.
    pub(crate) introduced: Option<Span>,
    /// The number of items of a loop that run at the same time.
    pub(crate) concurrent: Option<u32>,
    pub(crate) by_key: Option<Keyed>,
    pub(crate) name: Option<LitStr>,
    pub(crate) classify: Option<Path>,
    /// The attributes that are present, each with the span of its name.
    pub(crate) present: Vec<(Attribute, Span)>,
    /// Attributes that are misspelt or broken, or written where they are not allowed, which is reported:
    /// they do not count as missing. Those of the clauses of a step are among those of the step.
    pub(crate) stray: Vec<Attribute>,
    /// Docs, lints and, on a saga, all attributes that other macros may look for, in order.
    pub(crate) others: Vec<syn::Attribute>,
}

impl Attrs {
    /// Marks the key as lost if a read was lost, since that read may have been the key.
    pub(crate) fn lose_key(&mut self, is_lost: bool) {
        for keyed in [&mut self.idempotent, &mut self.by_key] {
            if let Some(keyed) = keyed.as_mut().filter(|_| is_lost) {
                keyed.by = KeySource::Lost;
            }
        }
    }

    /// Marks the expressions in all attributes with the levels that hold for them: those of `outer`, which is
    /// around it, and then these.
    pub(crate) fn level(&mut self, outer: &[syn::Attribute]) {
        let levels: Vec<_> = outer.iter().chain(&self.others).cloned().collect();
        let Self {
            timeout,
            retry,
            late,
            wait,
            savepoint,
            within,
            holds,
            // Without expressions, or with such as are in the code of the step.
            idempotent: _,
            when: _,
            after: _,
            retired: _,
            introduced: _,
            concurrent: _,
            by_key: _,
            name: _,
            classify: _,
            present: _,
            stray: _,
            others: _,
        } = self;
        let retries = [retry, savepoint].into_iter().flatten();
        let (mut timings, mut predicates) = (Vec::new(), Vec::new());
        for Retry {
            base,
            cap,
            predicate,
            ..
        } in retries
        {
            timings.extend([base, cap]);
            predicates.extend(predicate);
        }
        timings.extend([timeout, late, within].into_iter().flatten());
        timings.extend(holds.as_mut().map(|hold| &mut hold.lasts));
        timings.extend(wait.as_mut().and_then(|wait| match &mut wait.end {
            WaitEnd::Timing(timing) => Some(timing),
            WaitEnd::Never | WaitEnd::Expr(_) => None,
        }));
        for timing in timings {
            timing.levels.clone_from(&levels);
        }
        for predicate in predicates {
            predicate.levels.clone_from(&levels);
        }
    }

    /// The span of the attribute's name, if the attribute is present.
    pub(crate) fn span_of(&self, attribute: Attribute) -> Option<Span> {
        let mut present = self.present.iter();
        present.find_map(|(known, span)| (*known == attribute).then_some(*span))
    }
}

/// `#[idempotent]` or `#[by_key]`.
pub(crate) struct Keyed {
    /// The span of the attribute's name.
    pub(crate) span: Span,
    pub(crate) by: KeySource,
}

/// The value by which the service identifies an operation.
pub(crate) enum KeySource {
    /// `key`, or a value that the code makes from `ctx`.
    Key,
    /// `by = name`.
    Named(Ident),
    /// The argument is wrong, which is reported.
    Lost,
}

impl Keyed {
    /// The name in `by = name`.
    pub(crate) fn name(&self) -> Option<&Ident> {
        match &self.by {
            KeySource::Named(name) => Some(name),
            KeySource::Key | KeySource::Lost => None,
        }
    }

    /// Whether code with these reads does not get the key.
    pub(crate) fn lacks_key(&self, reads: &[Read]) -> bool {
        let is_key = |read: &Read| matches!(read.source, Source::Key | Source::Ctx);
        matches!(self.by, KeySource::Key) && !reads.iter().any(is_key)
    }
}

/// `#[holds(d, until = step)]`.
pub(crate) struct Hold {
    /// The span of the attribute's name.
    pub(crate) span: Span,
    /// A literal.
    pub(crate) lasts: Timing,
    /// A read whose source is an effect. `None`: the pivot.
    pub(crate) until: Option<Read>,
}

/// The limit of a wait: `#[timeout(…)]` of a signal, or the duration of a sleep.
pub(crate) struct Wait {
    /// The span of the word `timeout`, or of the sleep's name.
    pub(crate) span: Span,
    /// The reads of the expression; they move to the step that waits.
    pub(crate) reads: Vec<Read>,
    pub(crate) end: WaitEnd,
}

pub(crate) enum WaitEnd {
    Never,
    Timing(Timing),
    /// An expression of the reads, as raw tokens, so that rustc sees half-typed code.
    Expr(TokenStream),
}

/// `#[when(reads => expr)]`.
pub(crate) struct When {
    /// The span of the word `when`.
    pub(crate) span: Span,
    pub(crate) reads: Vec<Read>,
    /// The span of the parentheses.
    pub(crate) around: Span,
    /// Raw tokens, so that rustc sees half-typed code.
    pub(crate) condition: TokenStream,
}

/// A duration, `100ms` or any expression of type `Duration`.
#[derive(Clone)]
pub(crate) struct Timing {
    pub(crate) span: Span,
    /// The attributes of the step and the clause among whose own it is: lint levels are among them.
    pub(crate) levels: Vec<syn::Attribute>,
    pub(crate) value: TimingValue,
}

#[derive(Clone)]
pub(crate) enum TimingValue {
    Literal(std::time::Duration),
    Expr(Box<Expr>),
}

/// `n, base..cap, jitter = bool`, and in a savepoint `on(step, …)` and `if = predicate`.
pub(crate) struct Retry {
    /// The span of the attribute's name.
    pub(crate) span: Span,
    pub(crate) limit: Limit,
    /// As in `Backoff::DEFAULT`, unless they are written.
    pub(crate) base: Timing,
    pub(crate) cap: Timing,
    pub(crate) jitter: bool,
    /// Reads whose sources are effects.
    pub(crate) on: Option<Vec<Read>>,
    pub(crate) predicate: Option<Predicate>,
}

/// A path or closure `Fn(&Failure<E>) -> bool`.
pub(crate) struct Predicate {
    pub(crate) span: Span,
    /// As those of a [`Timing`].
    pub(crate) levels: Vec<syn::Attribute>,
    pub(crate) expr: Expr,
}
