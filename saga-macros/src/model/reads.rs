//! The clauses of a step, and what a step reads.

use typed_saga_definition::CallKind;

use super::{Clause, Read, Step};

/// The steps whose effects these reads are, or may be, each once, in order.
pub(crate) fn effects_of<'a>(reads: impl IntoIterator<Item = &'a Read>) -> Vec<usize> {
    let mut steps: Vec<usize> = reads.into_iter().flat_map(Read::effects).collect();
    steps.sort_unstable();
    steps.dedup();
    steps
}

impl Step {
    /// Its clauses with code.
    pub(crate) fn clauses(&self) -> impl Iterator<Item = &Clause> {
        let clauses = self.resolve.iter().chain(self.compensation());
        clauses.chain(&self.fallback)
    }

    /// The clause that has the code of this call, if the step itself does not have it.
    pub(crate) fn clause(&self, call: CallKind) -> Option<&Clause> {
        match call {
            CallKind::Action | CallKind::When => None,
            CallKind::Resolve => self.resolve.as_ref(),
            CallKind::Compensate => self.compensation(),
            CallKind::Fallback => self.fallback.as_ref(),
        }
    }

    /// The reads that must exist when the step starts: those of its action, those of its list of items,
    /// and `#[after]`.
    pub(crate) fn starts_with(&self) -> impl Iterator<Item = &Read> {
        let items = self.looped.iter().flat_map(|looped| &looped.reads);
        let after = self.attrs.after.iter().flatten();
        self.reads.iter().chain(items).chain(after)
    }

    /// All its reads.
    pub(crate) fn all_reads(&self) -> impl Iterator<Item = &Read> {
        let Self {
            attrs,
            looped,
            reads,
            compensate: _,
            resolve: _,
            fallback: _,
            kind: _,
            kind_span: _,
            name: _,
            effect: _,
            code: _,
        } = self;
        let when = attrs.when.iter().flat_map(|when| &when.reads);
        let clauses = self.clauses().flat_map(|clause| &clause.reads);
        let items = looped.iter().flat_map(|looped| &looped.reads);
        let named = attrs.after.iter().flatten().chain(self.with());
        reads
            .iter()
            .chain(clauses)
            .chain(items)
            .chain(when)
            .chain(named)
    }
}
