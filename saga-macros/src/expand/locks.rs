//! Locks: their keys, and the order of their names.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::spanned::Spanned;

use super::code::{Part, called, function, hidden};
use super::ident::{emit, ident};
use super::plan::Plan;
use crate::model::{Lock, Step, WaitEnd, index};
use crate::names::text;

impl Plan<'_> {
    /// The keys of a lock, as a function of its reads.
    pub(super) fn keys(&self, index: usize, step: &Step, lock: &Lock) -> TokenStream {
        let name = function(step, Part::Keys);
        let params = self.params(Some((index, Part::Keys)), &step.reads);
        let (generics, predicates) = (self.all.declared(), self.step_shared(step));
        let Lock { ty, keys } = lock;
        let ty = self.checked_at(ty);
        let hidden = hidden();
        let body = quote_spanned!(self.saga.braces=> { #hidden #keys });
        emit!(fn #name<#generics>(#params) -> #ty where #predicates #body)
    }

    /// The report of a lock when the saga reaches it: its keys, and how long it waits for them.
    pub(super) fn requests(&self, k: usize, step: &Step, lock: &Lock) -> TokenStream {
        let (p, names, ty) = (&self.p, self.all.names(), self.checked(&lock.ty));
        let keys = called(step, Part::Keys);
        let args = self.args(k, Part::Keys, &step.reads);
        let wait = match step.attrs.wait.as_ref().map(|wait| &wait.end) {
            Some(WaitEnd::Timing(timing)) => self.duration_of(timing),
            Some(WaitEnd::Never | WaitEnd::Expr(_)) | None => emit!(#p::NEVER),
        };
        emit!(#p::lock::<#ty, _>(#wait, #keys::<#names>(#args)))
    }

    /// The name of a lock: a constant that fails to compile with a message unless every store takes
    /// the name, and it comes after the names of earlier locks.
    pub(super) fn lock_name(&self, step: &Step) -> Option<TokenStream> {
        let written = &step.lock()?.ty;
        let (p, ty) = (&self.p, self.checked(written));
        let [locks, constant, named] = ["Locks", "NAME", "named"].map(ident);
        let value = self
            .after_earlier_locks(step, &ty)
            .unwrap_or_else(|| quote_spanned!(written.span()=> <#ty as #p::#locks>::#constant));
        let name = text(&step.name);
        let long = format!(
            "the `NAME` of the lock `{name}` has more than 1,024 bytes\n\n\
             note: a store keeps it in an index\n\
             help: write a shorter one, and put what tells one lock from another into `key`"
        );
        let nul = format!(
            "the `NAME` of the lock `{name}` contains NUL\n\n\
             note: not every store can keep such a text\n\
             help: remove the NUL"
        );
        let checked = emit!(#p::#named);
        Some(quote_spanned!(step.name.span()=> (#checked)(#value, #long, #nul)))
    }

    /// The name of a lock, if there are earlier ones: it fails to compile unless it comes after the name
    /// of each that the saga may have by then.
    fn after_earlier_locks(&self, step: &Step, ty: &TokenStream) -> Option<TokenStream> {
        let (p, ascending) = (&self.p, ident("ascending"));
        let name = text(&step.name);
        let why = "a saga takes its locks in ascending order of their `NAME`s, each once, so that no two sagas \
                   can wait for each other";
        let after = self.earlier_locks(step).into_iter().map(|(other, before)| {
            let first = text(&other.name);
            let equal = format!(
                "the locks `{first}` and `{name}` have the same `NAME`\n\n\
                 note: {why}\n\
                 help: lock all keys at once, with one `lock` of a `Vec`; or, if they have nothing to do with \
                 each other, give their types different `NAME`s"
            );
            let less = format!(
                "the lock `{name}` is declared after `{first}`, but its `NAME` comes before that of `{first}`\n\n\
                 note: {why}\n\
                 help: declare `{name}` before `{first}`"
            );
            let before = self.checked(&before.ty);
            let checked = emit!(#p::#ascending::<#before, #ty>);
            quote_spanned!(step.name.span()=> (#checked)(#equal, #less))
        });
        let mut after: Vec<_> = after.collect();
        let last = after.pop()?;
        Some(quote_spanned!(step.name.span()=> { #(let _ = #after;)* #last }))
    }

    /// The locks that the saga may have when it reaches this one, without those after which another of
    /// them comes.
    fn earlier_locks(&self, step: &Step) -> Vec<(&Step, &Lock)> {
        let definition = &self.data.definition;
        let both = |one, other| !definition.excludes(index(one), index(other));
        let place = |other: &&Step| std::ptr::eq(*other, step);
        let Some(place) = self.steps.iter().position(place) else {
            return Vec::new();
        };
        let mut next: Vec<usize> = Vec::new();
        let mut found = Vec::new();
        for (at, other) in self.steps.iter().enumerate().take(place).rev() {
            let Some(lock) = other.lock().filter(|_| both(at, place)) else {
                continue;
            };
            if !next.iter().any(|later| both(at, *later)) {
                found.push((*other, lock));
            }
            next.push(at);
        }
        found
    }
}
