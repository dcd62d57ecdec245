//! The tokens that a rerun is a mistake about.

use proc_macro2::Span;
use typed_saga_definition::Why;

use super::words::Met;
use crate::model::{Compensate, Read, Step};
use crate::names::recorded;

impl Met<'_> {
    /// The token of this saga that the mistake is reported at.
    pub(super) fn place(&self) -> Span {
        let step = self.step();
        let read = match &self.obstacle.why {
            Why::Unsaid | Why::Forgotten | Why::Item => None,
            Why::Content { read } | Why::List { read } => span_of(action(step), read),
            Why::Decided { read } => span_of(self.conditions(), read),
            Why::Question { read } => {
                let resolve = step.resolve.iter().map(|clause| &*clause.reads);
                span_of(resolve, read)
            }
            Why::Key { by } | Why::SameKey { by } => key(step, by),
            Why::Mixed { read, with, .. } => self.together(read, with),
        };
        read.unwrap_or_else(|| none(step))
    }

    /// The lists that decide whether it runs.
    fn conditions(&self) -> impl Iterator<Item = &[Read]> {
        let own = self.step().attrs.when.iter().map(|when| &*when.reads);
        let (saga, definition) = (self.saga, self.definition);
        let block = definition.steps[usize::from(self.obstacle.step)].condition;
        // Those of the earlier arms decide, too.
        let arms = block.map_or(0..0, |block| definition.arms(block).start..block + 1);
        own.chain(arms.map(move |arm| saga.conditions[usize::from(arm)].reads()))
    }

    /// A read in a list that has both.
    fn together(&self, read: &str, with: &str) -> Option<Span> {
        let step = self.step();
        let has = |list: &&[Read], name: &str| list.iter().any(|read| is_called(read, name));
        let clauses = step.clauses().map(|clause| &*clause.reads);
        let lists = action(step).chain(self.conditions());
        let mut lists = lists.chain(clauses);
        let list = lists.find(|list| has(list, read) && has(list, with))?;
        span_of([list].into_iter(), read)
    }
}

/// The lists that its action and its items read.
fn action(step: &Step) -> impl Iterator<Item = &[Read]> {
    let items = step.looped.iter().map(|looped| &*looped.reads);
    [&*step.reads].into_iter().chain(items)
}

fn span_of<'a>(lists: impl Iterator<Item = &'a [Read]>, name: &str) -> Option<Span> {
    let mut reads = lists.flatten();
    let read = reads.find(|read| is_called(read, name))?;
    Some(read.name.span())
}

fn is_called(read: &Read, name: &str) -> bool {
    read.recorded().iter().any(|read| read == name)
}

/// `name` in `by = name`.
fn key(step: &Step, by: &str) -> Option<Span> {
    let undone = step.compensation().map(|clause| &clause.attrs.by_key);
    let all = [Some(&step.attrs.idempotent), undone].into_iter().flatten();
    let mut names = all.flatten().filter_map(|keyed| keyed.name());
    names
        .find(|name| recorded(name) == by)
        .map(proc_macro2::Ident::span)
}

/// `none` in `compensate none`.
fn none(step: &Step) -> Span {
    match &step.compensate {
        Compensate::None(none, _) => *none,
        Compensate::Missing | Compensate::With(..) | Compensate::Clause(_) => step.name.span(),
    }
}
