//! `Machine::undo`: the compensations of all steps outside of blocks, as one future.

use proc_macro2::TokenStream;
use syn::Ident;

use super::{
    calls::Call,
    code::Part,
    definition::index,
    ident::{emit, ident},
    plan::Plan,
    runs::Method,
};
use crate::model::Timing;

/// The number of futures from which one `OneOf` chooses.
const CHOICES: usize = 16;

/// A future, and the steps whose compensation it calls.
struct Choice {
    steps: Vec<usize>,
    future: TokenStream,
}

impl Choice {
    fn within(self, around: impl FnOnce(TokenStream) -> TokenStream) -> Self {
        Self {
            future: around(self.future),
            ..self
        }
    }
}

impl Plan<'_> {
    /// `Machine::undo`. The code around a call exists once for all compensations without a time
    /// limit, and once for those with one: if it were generated for each call, rustc would take
    /// twice as long.
    pub(super) fn undo(&self) -> Method {
        let p = &self.p;
        let sequential = || self.every_step().filter(|(k, _)| !self.is_apart(*k));
        let clauses = sequential().filter_map(|(k, step)| Some((k, step.compensation()?)));
        let clauses = clauses.map(|(k, clause)| self.clause_call(k, Part::Compensate, clause));
        let (untimed, timed): (Vec<_>, Vec<_>) = clauses.partition(|call| call.timeout.is_none());
        let mut functions = TokenStream::new();
        let untimed = self.choices("untimed", &untimed, &mut functions);
        let untimed = untimed
            .map(|choice| choice.within(|calls| emit!(#p::Scope::call(__scope, __at, #calls))));
        let limits = timed
            .iter()
            .filter_map(|call| Some((call.k, call.timeout?)));
        let limit = self.limit_at_hand(limits);
        let timed = self.choices("timed", &timed, &mut functions);
        let timed = timed.map(|choice| {
            choice.within(|calls| {
                let call = emit!(#p::timed(#limit, #calls));
                emit!(#p::valued(#p::Scope::perform(__scope, __at, #p::Unrecorded, #call)))
            })
        });
        let nested = sequential().filter(|(_, step)| step.is_called_back());
        let nested = nested.map(|(k, step)| {
            let back = self.nest_back_call(step, &emit!(__at));
            Choice {
                steps: vec![k],
                future: emit!(async move { #back __result }),
            }
        });
        let all: Vec<_> = untimed.into_iter().chain(timed).chain(nested).collect();
        let undo = match &all[..] {
            [Choice { future, .. }] => future.clone(),
            all => self.one_of(all),
        };
        Method {
            functions,
            method: emit! {
                #[inline]
                fn undo<'a, __J: #p::Journal>(
                    &'a self, __slots: &'a Self::Slots, __at: #p::CallSite,
                    __failure: #p::Option<&'a #p::Failure<Self::Error>>,
                    __scope: &'a #p::Scope<'a, __J>,
                ) -> impl #p::Future<Output = #p::Result<(), #p::Report<Self::Error>>> + #p::Send + 'a
                {
                    let __run = self;
                    #undo
                }
            },
        }
    }

    /// The futures of some compensations as one. If there are more than one function has room for,
    /// the rest are in functions of their own.
    fn choices(
        &self,
        kind: &str,
        calls: &[Call<'_>],
        functions: &mut TokenStream,
    ) -> Option<Choice> {
        let steps: Vec<_> = calls.iter().map(|call| call.k).collect();
        let first = *steps.first()?;
        let future = if calls.len() <= CHOICES {
            let calls = calls.iter().map(|call| Choice {
                steps: vec![call.k],
                future: self.undoing(*call),
            });
            self.one_of(&calls.collect::<Vec<_>>())
        } else {
            let size = calls.len().div_ceil(CHOICES).max(CHOICES);
            let parts = calls.chunks(size).enumerate().filter_map(|(part, calls)| {
                let choice = self.choices(&format!("{kind}_{part}"), calls, functions)?;
                let name = ident(&format!("__undo_{kind}_{part}_of_{first}"));
                functions.extend(self.undo_function(&name, calls, &choice.future));
                let names = self.all.names();
                Some(Choice {
                    future: emit!(#name::<#names __J>(__run, __slots, __at, __failure, __scope)),
                    ..choice
                })
            });
            self.one_of(&parts.collect::<Vec<_>>())
        };
        Some(Choice { steps, future })
    }

    fn undo_function(&self, name: &Ident, calls: &[Call<'_>], undo: &TokenStream) -> TokenStream {
        let (p, declared, error) = (&self.p, self.all.declared(), self.error_type());
        let (run, slots) = (self.run_type(), self.slots_type());
        let predicates = self.steps_shared(calls.iter().map(|call| self.steps[call.k]));
        emit! {
            fn #name<'a, #declared __J>(
                __run: &'a #run, __slots: &'a #slots,
                __at: #p::CallSite, __failure: #p::Option<&'a #p::Failure<#error>>,
                __scope: &'a #p::Scope<'a, __J>,
            ) -> impl #p::Future<Output = #p::Result<(), #error>> + #p::Send + 'a
            where #predicates __J: #p::Journal { #undo }
        }
    }

    /// The call of the user's code, with the context that it reads.
    fn undoing(&self, call: Call<'_>) -> TokenStream {
        let (bindings, future) = self.future(call, &emit!(__at));
        if bindings.is_empty() {
            future
        } else {
            emit!(async move { #bindings #future.await })
        }
    }

    /// The time limit of the current step's compensation.
    fn limit_at_hand<'t>(&self, limits: impl Iterator<Item = (usize, &'t Timing)>) -> TokenStream {
        let p = &self.p;
        let arms = limits.map(|(k, timeout)| {
            let (k, limit) = (index(k), self.evaluated(timeout));
            emit!(#k => #limit,)
        });
        emit!(match __at.step { #(#arms)* _ => || #p::Duration::ZERO })
    }

    /// The future of the current step's compensation.
    fn one_of(&self, choices: &[Choice]) -> TokenStream {
        let p = &self.p;
        let arms = choices
            .iter()
            .enumerate()
            .map(|(position, Choice { steps, future })| {
                let (steps, choice) = (
                    steps.iter().copied().map(index),
                    ident(&format!("C{position}")),
                );
                emit!(#(#steps)|* => #p::OneOf::#choice { call: #future },)
            });
        let chosen = choices.iter().map(|_| emit!(_));
        let unused = (choices.len()..CHOICES).map(|_| emit!(#p::Never<_>));
        emit! {
            match __at.step {
                #(#arms)*
                _ => #p::OneOf::<#(#chosen,)* #(#unused),*>::Undeclared,
            }
        }
    }
}
