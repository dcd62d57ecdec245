//! Runs of steps outside of blocks that need no decision in between: actions that fall through from
//! one to the next as long as each returns `Ok`, and compensations that do so in reverse order.

use proc_macro2::TokenStream;
use quote::format_ident;
use syn::Ident;

use super::{code::Part, definition::index, ident::emit, lints, plan::Plan};
use crate::model::Step;

/// How many calls one function makes: the time that rustc spends on it grows with their square.
const STRETCH: usize = 16;

/// Which way a run goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Forward,
    Back,
}

/// `Machine::run` and `Machine::undo`, and the functions that they call.
pub(super) struct Runs {
    pub(super) functions: TokenStream,
    pub(super) methods: TokenStream,
}

impl Plan<'_> {
    pub(super) fn runs(&self) -> Runs {
        let p = &self.p;
        let sequential = self.every_step();
        let sequential = sequential.filter(|(k, step)| !self.is_apart(*k) && step.kind.acts());
        let sequential: Vec<_> = sequential.collect();
        let undone = sequential.iter().rev().copied();
        let undone =
            undone.filter(|(_, step)| step.compensation().is_some() || step.is_called_back());
        let (mut functions, run) = self.run(Way::Forward, &sequential);
        let (undo_functions, undo) = self.run(Way::Back, &undone.collect::<Vec<_>>());
        functions.extend(undo_functions);
        Runs {
            functions,
            methods: emit! {
                fn run<'a, __J: #p::Journal>(
                    &'a self, __slots: &'a mut Self::Slots,
                    __straight: &'a mut #p::Straight<'_, Self::Error>,
                    __scope: &'a #p::Scope<'a, __J>,
                ) -> impl #p::Future<Output = ()> + #p::Send + 'a {
                    async move {
                        let __run = self;
                        #run
                    }
                }

                fn undo<'a, __J: #p::Journal>(
                    &'a self, __slots: &'a mut Self::Slots,
                    __straight: &'a mut #p::Straight<'_, Self::Error>,
                    __scope: &'a #p::Scope<'a, __J>,
                ) -> impl #p::Future<Output = ()> + #p::Send + 'a {
                    async move {
                        let __run = self;
                        #undo
                    }
                }
            },
        }
    }

    /// The functions that a method calls, and its body.
    fn run(&self, way: Way, steps: &[(usize, &Step)]) -> (TokenStream, TokenStream) {
        let p = &self.p;
        if steps.len() <= STRETCH {
            let calls = self.run_calls(way, steps);
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
            let end = index(last);
            let (name, range) = match way {
                Way::Forward => (format_ident!("__run_{last}"), emit!(..=#end)),
                Way::Back => (format_ident!("__undo_{last}"), emit!(#end..)),
            };
            functions.extend(self.stretch(&name, way, stretch));
            arms.extend(emit! {
                #range => {
                    #name::<#names __J>(__run, &mut *__slots, &mut *__straight, __scope).await
                }
            });
            let next = stretches.peek().and_then(|stretch| stretch.first());
            if let Some(&(next, _)) = next.filter(|(next, _)| self.goes_on(way, last, *next)) {
                let onward = way.onward(next);
                goes_on.extend(
                    emit!(|| #p::Straight::reached(__straight, #end) && #p::Straight::#onward),
                );
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
    fn stretch(&self, name: &Ident, way: Way, steps: &[(usize, &Step)]) -> TokenStream {
        let p = &self.p;
        let (run, error) = (self.name("Run"), self.error_type());
        let (declared, names) = (self.all.declared(), self.all.names());
        let effect_names = self.effects_params().names();
        let predicates = self.steps_shared(steps.iter().map(|(_, step)| *step));
        let calls = self.run_calls(way, steps);
        let lints = lints::executor();
        emit! {
            #lints
            async fn #name<'a, #declared __J>(
                __run: &'a #run<#names>, __slots: &'a mut __Slots<#effect_names>,
                __straight: &'a mut #p::Straight<'_, #error>, __scope: &'a #p::Scope<'a, __J>,
            ) where #predicates __J: #p::Journal {
                #calls
                #p::Straight::undeclared(__straight)
            }
        }
    }

    /// Calls in a row: as long as each returns `Ok`, the function falls through from one to the
    /// next.
    fn run_calls(&self, way: Way, steps: &[(usize, &Step)]) -> TokenStream {
        let (p, at) = (&self.p, emit!(__straight.at));
        let calls = steps.iter().enumerate().map(|(position, &(k, step))| {
            let (value, done) = match way {
                Way::Forward => (emit!(__value), self.store(k, &emit!(__value))),
                Way::Back => (emit!(()), self.cleared(k)),
            };
            let result = match (way, step.child(), step.compensation()) {
                (Way::Forward, Some(child), _) => self.nest_call(k, child, &at),
                (Way::Forward, None, _) => self.result(self.action(k), &at),
                (Way::Back, _, Some(clause)) => {
                    self.result(self.clause_call(k, Part::Compensate, clause), &at)
                }
                (Way::Back, Some(child), None) => self.nest_back_call(k, child, &at),
                (Way::Back, None, None) => return TokenStream::new(),
            };
            let next = steps.get(position + 1).map(|&(next, _)| next);
            let next = next.filter(|&next| self.goes_on(way, k, next));
            let onward = next.map(|next| {
                let (onward, next) = (way.onward(next), index(next));
                emit!(if #p::Straight::#onward { __step = #next; } else)
            });
            let k = index(k);
            emit! {
                if __step == #k {
                    #result
                    match __result {
                        #p::Result::Ok(#value) => #done,
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

    /// Whether a run of steps may go on from one step with another.
    fn goes_on(&self, way: Way, from: usize, to: usize) -> bool {
        match way {
            Way::Forward => to == from + 1 && !self.is_optional(to),
            // It may skip steps that need not be undone, but no block or loop.
            Way::Back => (to..from).all(|between| !self.is_apart(between)),
        }
    }
}

impl Way {
    /// The call that continues with step `next`, and whether it does.
    fn onward(self, next: usize) -> TokenStream {
        let next = index(next);
        match self {
            Self::Forward => emit!(goes_on(__straight, #next)),
            Self::Back => emit!(goes_back(__straight, #next)),
        }
    }
}
