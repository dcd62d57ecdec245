//! The slots of effects: how they are filled and read.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::ident::{emit, ident};
use super::plan::{Plan, has_effect};
use crate::model::Read;

impl Plan<'_> {
    /// Puts the value of a step into its slot: behind a `when`, into one for two cases.
    pub(super) fn store(&self, k: usize, value: &TokenStream) -> TokenStream {
        let p = &self.p;
        if self.stores_option(k) {
            self.fill(k, &emit!(#p::Option::Some(#value)))
        } else {
            self.fill(k, value)
        }
    }

    /// Fills the slot of a step that is skipped, of a loop as a whole.
    pub(super) fn skip(&self, k: usize) -> TokenStream {
        let (p, step) = (&self.p, self.steps[k]);
        let name = &step.name;
        if !has_effect(step) {
            TokenStream::new()
        } else if self.is_apart(k) {
            emit!(#p::fill(&__slots.#name, #p::Option::None);)
        } else {
            emit!(__slots.#name = #p::Option::Some(#p::Option::None);)
        }
    }

    pub(super) fn fill(&self, k: usize, value: &TokenStream) -> TokenStream {
        let (name, p) = (&self.steps[k].name, &self.p);
        if self.steps[k].looped.is_some() {
            emit!(#p::Each::fill(&__each, #value))
        } else if self.is_sibling(k) && !self.is_held(k) {
            emit!(#p::fill(&__slots.#name, #value))
        } else {
            emit!(__slots.#name = #p::Option::Some(#value))
        }
    }

    /// An effect that is read from its slot; what may be skipped, and is surely `there`, plainly.
    pub(super) fn slot(&self, read: &Read, there: bool) -> TokenStream {
        let (p, name) = (&self.p, &read.name);
        // Spanned at the read: that it cannot be shared is reported there.
        let [filled, slot, get, slots] = ["filled", "Slot", "get", "__slots"].map(ident);
        let slot = quote_spanned!(name.span()=> #p::#filled(#p::#slot::#get(&#slots.#name)));
        self.whole(slot, there)
    }

    /// What is read from a slot; what may be skipped, and is surely `there`, plainly.
    pub(super) fn whole(&self, slot: TokenStream, there: bool) -> TokenStream {
        let p = &self.p;
        if there {
            emit!(#p::filled(#p::Option::as_ref(#slot)))
        } else {
            slot
        }
    }
}
