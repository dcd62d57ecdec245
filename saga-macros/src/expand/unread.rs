//! The warning about a `read` whose effect nobody reads. Rustc would propose to write `_` before its
//! name; but a `read` is there for its effect alone.

use proc_macro2::TokenStream;

use super::ident::{declared, emit};
use super::lints;
use super::output::returns_nothing;
use super::plan::Plan;
use crate::model::{Kind, Output, Step, effects_of};
use crate::names::{text, uses};

impl Plan<'_> {
    /// A use of something deprecated, at the name of each such `read`.
    pub(super) fn unread(&self) -> Option<TokenStream> {
        if self.broken {
            return None;
        }
        let unread = self.every_effect().filter(|(k, step)| {
            is_for_its_effect(step, &self.word_of(*k)) && !self.is_read(*k, step)
        });
        let warnings = unread.map(|(k, step)| {
            let (name, word) = (&step.name, self.word_of(k));
            let note = format!(
                "nothing reads what `{word}` returns. Remove `{word}`; or if it is there to fail, call it `_{word}`"
            );
            let (function, lints) = (declared(name), lints::of_clause(&step.attrs.others));
            emit! {
                #[deprecated(note = #note)]
                const fn #function() {}
                #lints const _: fn() = #name;
            }
        });
        let (warnings, levels): (Vec<_>, _) = (warnings.collect(), self.levels());
        (!warnings.is_empty()).then(|| emit!(#levels const _: () = { #(#warnings)* };))
    }

    /// What code calls a step.
    fn word_of(&self, k: usize) -> String {
        let union = self.union_of(k).map(|union| &union.name);
        text(union.unwrap_or(&self.steps[k].name))
    }

    /// Whether anything reads the effect of a step.
    pub(super) fn is_read(&self, k: usize, step: &Step) -> bool {
        let tail = self.saga.tail.as_ref();
        let name = self.union_of(k).map_or(&step.name, |union| &union.name);
        matches!(self.saga.output, Output::Effects(_))
            || effects_of(self.known_reads()).contains(&k)
            || tail.is_some_and(|tail| uses(tail, name))
    }

    /// The levels for the binding of an effect, if that is where rustc is to warn.
    pub(super) fn levels_of_effect(&self, k: usize, step: &Step) -> Option<TokenStream> {
        lints::of_effect(step, self.is_read(k, step)).filter(|_| !returns_nothing(step))
    }
}

/// Whether a step does nothing of use if nobody reads its effect, and says nothing about that.
fn is_for_its_effect(step: &Step, word: &str) -> bool {
    step.kind == Kind::Read
        && !returns_nothing(step)
        && step.attrs.retired.is_none()
        && lints::of_effect(step, false).is_none()
        && !word.starts_with('_')
}
