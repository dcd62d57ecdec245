//! The warning about a `read` whose effect nobody reads. Rustc would propose to write `_` before its
//! name; but a `read` is there for its effect alone.

use proc_macro2::TokenStream;

use super::ident::{declared, emit};
use super::lints;
use super::output::returns_nothing;
use super::plan::{Plan, effects_of};
use crate::model::{Kind, Output, Step};
use crate::names::{text, uses};

impl Plan<'_> {
    /// A use of something deprecated, at the name of each such `read`.
    pub(super) fn unread(&self) -> Option<TokenStream> {
        if self.broken || matches!(self.saga.output, Output::Effects(_)) {
            return None;
        }
        let read = effects_of(self.known_reads());
        let tail = self.saga.tail.clone().unwrap_or_default();
        let unread = self.every_effect().filter(|(k, step)| {
            is_for_its_effect(step) && !read.contains(k) && !uses(&tail, &step.name)
        });
        let warnings = unread.map(|(_, step)| {
            let (name, word) = (&step.name, text(&step.name));
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
}

/// Whether a step does nothing of use if nobody reads its effect, and says nothing about that.
fn is_for_its_effect(step: &Step) -> bool {
    step.kind == Kind::Read
        && !returns_nothing(step)
        && step.attrs.retired.is_none()
        && lints::of_effect(step).is_none()
        && !text(&step.name).starts_with('_')
}
