//! Runs of steps outside of blocks that need no decision in between: the actions are called one
//! after the other, as long as each returns `Ok`.

use proc_macro2::TokenStream;
use syn::Ident;

use super::{
    definition::index,
    ident::{emit, ident},
    plan::Plan,
};
use crate::model::Step;

/// The greatest number of calls in one function: the time that rustc spends on it grows with the
/// square of that number.
const STRETCH: usize = 16;

/// A method of `Machine`, and the functions that the method calls.
pub(super) struct Method {
    pub(super) functions: TokenStream,
    pub(super) method: TokenStream,
}

impl Plan<'_> {
    /// `Machine::run`.
    pub(super) fn runs(&self) -> Method {
        let p = &self.p;
        let sequential = self.every_step();
        let sequential = sequential.filter(|(k, step)| !self.is_apart(*k) && step.kind.acts());
        let (functions, run) = self.run(&sequential.collect::<Vec<_>>());
        Method {
            functions,
            method: emit! {
                fn run<'a, __J: #p::Journal>(
                    &'a self, __slots: &'a mut Self::Slots,
                    __straight: &'a mut #p::Straight<Self::Error>,
                    __scope: &'a #p::Scope<'a, __J>,
                ) -> impl #p::Future<Output = ()> + #p::Send + 'a {
                    async move {
                        let __run = self;
                        #run
                    }
                }
            },
        }
    }

    /// The functions that `Machine::run` calls, and its body.
    fn run(&self, steps: &[(usize, &Step)]) -> (TokenStream, TokenStream) {
        let p = &self.p;
        if steps.len() <= STRETCH {
            let calls = self.run_calls(steps);
            return (
                TokenStream::new(),
                emit!(#calls #p::Straight::undeclared(__straight)),
            );
        }
        let names = self.all.names();
        let (mut functions, mut arms, mut goes_on) =
            (TokenStream::new(), TokenStream::new(), TokenStream::new());
        let mut stretches = steps.chunks(STRETCH).peekable();
        while let Some(stretch) = stretches.next() {
            let Some(&(last, _)) = stretch.last() else {
                continue;
            };
            let (end, name) = (index(last), ident(&format!("__run_{last}")));
            functions.extend(self.stretch(&name, stretch));
            arms.extend(emit! {
                ..=#end => {
                    #name::<#names __J>(__run, &mut *__slots, &mut *__straight, __scope).await
                }
            });
            let next = stretches.peek().and_then(|stretch| stretch.first());
            if let Some(&(next, _)) = next.filter(|(next, _)| self.goes_on(last, *next)) {
                let next = index(next);
                goes_on.extend(emit! {
                    || #p::Straight::reached(__straight, #end)
                        && #p::Straight::goes_on(__straight, #next)
                });
            }
        }
        let body = emit! {
            loop {
                match __straight.at.step { #arms _ => #p::Straight::undeclared(__straight) }
                if !(false #goes_on) { return; }
            }
        };
        (functions, body)
    }

    /// Some of the calls as a function of their own.
    fn stretch(&self, name: &Ident, steps: &[(usize, &Step)]) -> TokenStream {
        let (p, declared, error) = (&self.p, self.all.declared(), self.error_type());
        let (run, slots) = (self.run_type(), self.slots_type());
        let predicates = self.steps_shared(steps.iter().map(|(_, step)| *step));
        let calls = self.run_calls(steps);
        emit! {
            async fn #name<'a, #declared __J>(
                __run: &'a #run, __slots: &'a mut #slots,
                __straight: &'a mut #p::Straight<#error>, __scope: &'a #p::Scope<'a, __J>,
            ) where #predicates __J: #p::Journal {
                #calls
                #p::Straight::undeclared(__straight)
            }
        }
    }

    /// Calls in a row: as long as each returns `Ok`, the function falls through from one to the
    /// next.
    fn run_calls(&self, steps: &[(usize, &Step)]) -> TokenStream {
        let (p, at) = (&self.p, emit!(__straight.at));
        let calls = steps.iter().enumerate().map(|(position, &(k, step))| {
            let done = self.store(k, &emit!(__value));
            let result = match step.child() {
                Some(child) => self.nest_call(k, child, &at),
                None => self.result(self.action(k), &at),
            };
            let next = steps.get(position + 1).map(|&(next, _)| next);
            let next = next.filter(|&next| self.goes_on(k, next)).map(index);
            let onward = next.map(
                |next| emit!(if #p::Straight::goes_on(__straight, #next) { __step = #next; } else),
            );
            let k = index(k);
            emit! {
                if __step == #k {
                    #result
                    match __result {
                        #p::Result::Ok(__value) => #done,
                        #p::Result::Err(__report) => {
                            __straight.report = __report;
                            return;
                        }
                    }
                    #onward { return; }
                }
            }
        });
        // A local, so that rustc knows from one call to the next which one follows.
        emit!(let mut __step = __straight.at.step; #(#calls)*)
    }

    /// Whether a run of steps may continue from one step to another.
    fn goes_on(&self, from: usize, to: usize) -> bool {
        to == from + 1 && !self.is_optional(to)
    }
}
