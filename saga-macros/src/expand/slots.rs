//! The slots of effects: how they are filled, and how code reads them and the run.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::code::{Part, arguments};
use super::ident::{emit, ident};
use super::plan::Plan;
use crate::model::{Read, Source};

impl Plan<'_> {
    /// Puts the value of a step into its slot, in a `Some` if the step may be skipped.
    pub(super) fn store(&self, k: usize, value: &TokenStream) -> TokenStream {
        let p = &self.p;
        if self.stores_option(k) {
            self.fill(k, &emit!(#p::Option::Some(#value)))
        } else {
            self.fill(k, value)
        }
    }

    /// Fills the slot of a step that is skipped, or of a loop that is skipped as a whole.
    pub(super) fn skip(&self, k: usize) -> TokenStream {
        let (p, step) = (&self.p, self.steps[k]);
        let name = &step.name;
        if !step.kind.has_effect() {
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

    /// An effect that is read from its slot. The effect of a step that may be skipped is read
    /// without its `Option` if it is known to be `there`.
    pub(super) fn slot(&self, read: &Read, there: bool) -> TokenStream {
        let (p, name) = (&self.p, &read.name);
        // Spanned at the read, so that rustc reports there that the effect cannot be shared.
        let [filled, slot, get, slots] = ["filled", "Slot", "get", "__slots"].map(ident);
        let slot = quote_spanned!(name.span()=> #p::#filled(#p::#slot::#get(&#slots.#name)));
        self.whole(slot, there)
    }

    /// The value of a slot. That of a step that may be skipped is read without its `Option` if it
    /// is known to be `there`.
    pub(super) fn whole(&self, slot: TokenStream, there: bool) -> TokenStream {
        let p = &self.p;
        if there {
            emit!(#p::there_is(#slot))
        } else {
            slot
        }
    }
    /// Reads as arguments, from the run and the slots.
    pub(super) fn args(&self, k: usize, part: Part, reads: &[Read]) -> TokenStream {
        let p = &self.p;
        let args = reads.iter().map(|read| {
            let name = &read.name;
            match read.source {
                Source::Input(_) | Source::Service(_) => self.run_field(&emit!(__run), name),
                Source::Effect(step) => {
                    let is_own = step == k && part == Part::Compensate;
                    if is_own && self.steps[k].looped.is_some() {
                        let slots = ident("__slots");
                        let own = emit!(#p::Each::own(&__each, #p::Slot::get(&#slots.#name)));
                        self.whole(emit!(#p::filled(#own)), self.stores_option(k))
                    } else {
                        let within = self.condition_of(k);
                        let plain = self.may_lack(step) && self.is_plain_in(step, within);
                        self.slot(read, is_own && self.stores_option(k) || plain)
                    }
                }
                Source::Arms(_) => self.arms_read(read),
                Source::Item(step) if step == k => emit!(#p::Each::item(&__each)),
                // In a saga whose reads are left to rustc: the walk has no such field, which is an
                // error.
                Source::Item(_) => emit!(#p::filled(#p::Option::None)),
                Source::Key => emit!(&__key),
                Source::UndoKey => emit!(&__undo_key),
                Source::Ctx => emit!(&__context),
                Source::Failure if part == Part::Fallback => emit!(#p::Call::own(&__call)),
                Source::Failure if self.steps[k].looped.is_some() => {
                    emit!(#p::Call::reason(&__call))
                }
                Source::Failure if self.is_sibling(k) => emit!(#p::reported(__call.failure)),
                Source::Failure => emit!(#p::reported(__failure)),
                Source::Outcome | Source::Event | Source::Unknown => {
                    unreachable!("checked: no such read in a step")
                }
            }
        });
        arguments(args)
    }

    /// The reads of the condition of a `when` block as arguments.
    pub(super) fn run_args(&self, reads: &[Read]) -> TokenStream {
        let args = reads.iter().map(|read| match read.source {
            Source::Input(_) | Source::Service(_) => self.run_field(&emit!(__run), &read.name),
            Source::Effect(_) => self.slot(read, false),
            Source::Arms(_) => self.arms_read(read),
            _ => unreachable!("checked: no such read in a condition"),
        });
        arguments(args)
    }
}
