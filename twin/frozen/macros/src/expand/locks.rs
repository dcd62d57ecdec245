//! Locks: their keys, and the order of their names.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::spanned::Spanned;

use super::code::{Part, called, function, hidden};
use super::ident::{emit, ident};
use super::plan::Plan;
use crate::model::{Lock, Step, WaitEnd};
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

    /// The name of a lock. If there is an earlier lock, it is a constant that fails to compile with
    /// a message unless this name comes after that of the earlier lock.
    pub(super) fn lock_name(&self, step: &Step) -> Option<TokenStream> {
        let written = &step.lock()?.ty;
        let (p, ty) = (&self.p, self.checked(written));
        let [locks, name, ascending] = ["Locks", "NAME", "ascending"].map(ident);
        let before = self
            .steps
            .iter()
            .take_while(|other| !std::ptr::eq(**other, step));
        let before = before
            .filter_map(|other| Some((*other, other.lock()?)))
            .last();
        let Some((other, before)) = before else {
            return Some(quote_spanned!(written.span()=> <#ty as #p::#locks>::#name));
        };
        let (name, first) = (text(&step.name), text(&other.name));
        let why = "a saga takes its locks in ascending order of their `NAME`s, each once, so that no two sagas \
                   can wait for each other";
        let equal = format!(
            "the locks `{first}` and `{name}` have the same `NAME`\n\n\
             note: {why}\n\
             help: lock all keys at once, with one `lock` of a `Vec`; or, if they have nothing to do with each \
             other, give their types different `NAME`s"
        );
        let less = format!(
            "the lock `{name}` is declared after `{first}`, but its `NAME` comes before that of `{first}`\n\n\
             note: {why}\n\
             help: declare `{name}` before `{first}`"
        );
        let before = self.checked(&before.ty);
        let checked = emit!(#p::#ascending::<#before, #ty>);
        Some(quote_spanned!(step.name.span()=> (#checked)(#equal, #less)))
    }
}
