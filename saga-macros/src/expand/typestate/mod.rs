//! A typestate for each position: a struct that dereferences to what exists there, with a method
//! for each step that can happen there.
//!
//! A position proves that its steps were taken: its fields are in a type of the library that only
//! generated code can make, and that only lends them. The methods read `state.<effect>` by the
//! user's own token, so rustc proves every read: a field that does not exist is an error at that
//! token.

mod behind;
mod block;
mod branch;
mod ending;
mod fields;
mod looped;
mod moves;
mod stand;
mod structs;

use proc_macro2::{Span, TokenStream};
use syn::Ident;

use super::generics::Params;
use super::ident::{emit, ident, item};
use super::plan::{Plan, Unit};
use crate::names::{camel, text};

use self::stand::Stand;

/// Whether a sibling has happened, as a type argument of its block's typestate.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sibling {
    Pending,
    Done,
    /// Pending or done.
    Any,
}

/// A typestate.
#[derive(Clone)]
struct State<'s, 'a> {
    plan: &'s Plan<'a>,
    stand: Stand,
    /// The states of the siblings of the block that comes next or has started; empty for any other
    /// position.
    siblings: Vec<Sibling>,
}

impl<'a> Plan<'a> {
    /// The state at a position; for a block, before any of its siblings has happened.
    fn state(&self, stand: Stand) -> State<'_, 'a> {
        self.state_where(stand, |_| Sibling::Pending)
    }

    /// The state at a position; for a block, with its siblings in these states.
    fn state_where(&self, stand: Stand, sibling: impl Fn(usize) -> Sibling) -> State<'_, 'a> {
        let mut state = State {
            plan: self,
            stand,
            siblings: Vec::new(),
        };
        let block = state.unit().filter(|unit| unit.concurrent);
        let steps = block.iter().flat_map(|unit| &unit.steps);
        state.siblings = steps.map(|&step| sibling(step)).collect();
        state
    }

    /// The methods of all typestates.
    pub(super) fn state_impls(&self) -> TokenStream {
        let mut impls = TokenStream::new();
        for stand in self.stands() {
            let state = self.state(stand);
            let back = [
                state.methods(&state.back()),
                state.reopen(),
                state.back_out(),
            ];
            let back: TokenStream = back.into_iter().collect();
            match stand {
                Stand::Unit(unit) if self.units[unit].concurrent => {
                    impls.extend(self.block_impls(stand, &self.units[unit], back));
                }
                Stand::Unit(unit) => {
                    let step = self.units[unit].first();
                    let forward = state.methods(&state.forward(step));
                    let signal = state.signal(step);
                    impls.extend(state.implement(&[forward, signal, back]));
                    impls.extend(state.proof(step));
                }
                Stand::When(block) => impls.extend(state.implement(&[state.enter(block), back])),
                Stand::Leaving(block) => {
                    impls.extend(state.implement(&[state.leave(block), back]));
                }
                Stand::End => {
                    let end = [back, state.output(), state.events().unwrap_or_default()];
                    impls.extend(state.implement(&end));
                }
            }
            impls.extend(state.traits());
            impls.extend(state.emit_proofs());
        }
        impls
    }

    /// `walk`, which starts from the inputs.
    pub(super) fn walk_start(&self) -> TokenStream {
        let (vis, start) = (self.vis(), self.state(self.at(0)));
        let (declared, predicates) = self.more_params(&start.params(), &self.inputs_params());
        let (ty, name, p) = (start.ty(), start.name(), &self.p);
        let saga = self.saga.journal_name();
        let fields = start.literal(&start, &ident("self"), None);
        let body = self.unless_broken(emit!(#name(#p::begin(#saga, #fields))));
        let doc = "Starts a walk by hand: one step at a time, forward and back, through positions \
            that are types.";
        emit! {
            #[doc = #doc] #[must_use]
            #vis fn walk<#declared>(self) -> #ty where #predicates { #body }
        }
    }

    /// The declaration and predicates of the parameters that `wanted` has and `present` has not.
    fn more_params(&self, wanted: &Params<'a>, present: &Params<'_>) -> (TokenStream, TokenStream) {
        let more = wanted.minus(present);
        let predicates = (!more.is_empty()).then(|| wanted.shared(&self.p));
        (more.declared(), predicates.unwrap_or_default())
    }

    /// The body of a method, unless an error is already reported.
    fn unless_broken(&self, body: TokenStream) -> TokenStream {
        if self.broken {
            emit!(::core::unreachable!())
        } else {
            body
        }
    }
}

impl<'s, 'a> State<'s, 'a> {
    /// The unit that comes next, if the position is before one.
    fn unit(&self) -> Option<&'s Unit> {
        match self.stand {
            Stand::Unit(unit) => self.plan.units.get(unit),
            Stand::When(_) | Stand::Leaving(_) | Stand::End => None,
        }
    }

    fn is_block(&self) -> bool {
        self.unit().is_some_and(|unit| unit.concurrent)
    }

    /// The struct's name, where it is used.
    fn name(&self) -> Ident {
        self.plan.name(&self.suffix())
    }

    fn named(&self, span: Span) -> Ident {
        self.plan.name_at(&self.suffix(), span)
    }

    /// The name of the struct with the fields.
    fn fields_name(&self) -> Ident {
        let (saga, suffix) = (text(&self.plan.saga.name), self.suffix());
        item(&format!("__{saga}{suffix}"))
    }

    fn suffix(&self) -> String {
        let plan = self.plan;
        let first = |block| plan.camel(&plan.units[plan.inside(block).start]);
        match self.stand {
            Stand::Unit(unit) if plan.units[unit].concurrent => {
                format!("During{}", plan.camel(&plan.units[unit]))
            }
            Stand::Unit(unit) => format!("Before{}", plan.camel(&plan.units[unit])),
            Stand::When(block) => format!("When{}", first(block)),
            Stand::Leaving(block) => format!("Leaving{}", first(block)),
            Stand::End => "Completed".to_owned(),
        }
    }

    /// The steps whose effects exist here, without the siblings of a block.
    fn over(&self) -> impl Iterator<Item = usize> + Clone + use<'s, 'a> {
        let over = &self.plan.units[..self.plan.over(self.stand)];
        let steps = over.iter().flat_map(|unit| unit.steps.iter().copied());
        steps.filter(|&step| self.plan.steps[step].kind.has_effect())
    }

    /// The siblings of the block, if the position is in one.
    fn block(&self) -> impl Iterator<Item = (usize, Sibling)> + Clone + '_ {
        let steps = self
            .unit()
            .filter(|unit| unit.concurrent)
            .map(|unit| &unit.steps);
        let steps = steps.into_iter().flatten().copied();
        steps.zip(self.siblings.iter().copied())
    }

    /// The saga's parameters that the struct has.
    fn params(&self) -> Params<'a> {
        let siblings = self.block().map(|(step, _)| step);
        self.params_with(siblings)
    }

    /// The parameters that inputs, the effects before a block, and some of its siblings mention.
    fn params_with(&self, siblings: impl Iterator<Item = usize>) -> Params<'a> {
        let plan = self.plan;
        plan.params_of(|| {
            let inputs = plan.inputs().map(|input| &input.ty).map(|ty| emit!(#ty));
            let effects = self
                .over()
                .chain(siblings)
                .map(|step| plan.value_type(step));
            let all = self.over().chain(self.block().map(|(step, _)| step));
            let items = all.filter_map(|step| plan.part(step));
            inputs.chain(effects).chain(items).collect()
        })
    }

    /// The type parameters for the siblings of a block. No type that a user writes, or that another
    /// macro generates, has such a name.
    fn sibling_params(&self) -> Vec<Ident> {
        let name = |(step, _): (usize, Sibling)| {
            let step = camel(&self.plan.steps[step].name);
            item(&format!("__{step}State"))
        };
        self.block().map(name).collect()
    }

    fn ty(&self) -> TokenStream {
        let (name, arguments) = (self.name(), self.arguments());
        emit!(#name<#arguments>)
    }

    /// The type of the struct with the fields.
    fn fields_ty(&self) -> TokenStream {
        let (name, arguments) = (self.fields_name(), self.arguments());
        emit!(#name<#arguments>)
    }

    fn arguments(&self) -> TokenStream {
        let (params, p) = (self.params().names(), &self.plan.private);
        let siblings = self.block().zip(self.sibling_params());
        let siblings = siblings.map(|((step, sibling), param)| match sibling {
            Sibling::Pending => emit!(#p::Pending),
            Sibling::Done => {
                // The type as the user wrote it: messages about states show it.
                let (block, value) = (self.block_at_hand(), self.plan.written_value(step));
                let effect = self.plan.seen_of(step, block, value);
                emit!(#p::Done<#effect>)
            }
            Sibling::Any => emit!(#param),
        });
        emit!(#params #(#siblings),*)
    }

    /// The parameters for the siblings that may or may not have happened, as they are declared.
    fn any_siblings(&self) -> TokenStream {
        let p = &self.plan.p;
        let siblings = self.block().zip(self.sibling_params());
        let any = siblings.filter(|((_, sibling), _)| *sibling == Sibling::Any);
        let any = any.map(|(_, param)| emit!(#param: #p::Sibling));
        emit!(#(#any),*)
    }

    /// The type of an effect as it is read here.
    fn seen(&self, step: usize) -> TokenStream {
        self.plan.seen_type(step, self.block_at_hand())
    }

    /// `impl State { … }`, unless it would be empty.
    fn implement(&self, methods: &[TokenStream]) -> TokenStream {
        if methods.iter().all(TokenStream::is_empty) {
            return TokenStream::new();
        }
        let params = self.params();
        let (ty, declared, predicates) =
            (self.ty(), params.declared(), params.shared(&self.plan.p));
        let any = self.any_siblings();
        emit! {
            impl<#declared #any> #ty where #predicates { #(#methods)* }
        }
    }

    /// This position turned into another, without a call.
    fn renamed(&self, next: &Self) -> TokenStream {
        let (name, p) = (next.name(), &self.plan.p);
        let fields = next.literal(self, &ident("__state"), None);
        emit!(#name(#p::rename(self.0, |__state| #fields)))
    }

    /// A method that only changes the position of the walk.
    fn renaming(&self, method: &str, doc: &str, next: &Self) -> TokenStream {
        let (vis, method) = (self.plan.vis(), ident(method));
        let (more, predicates) = self.plan.more_params(&next.params(), &self.params());
        let (ty, body) = (next.ty(), self.plan.unless_broken(self.renamed(next)));
        emit! {
            #[doc = #doc] #[must_use] #[inline]
            #vis fn #method<#more>(self) -> #ty where #predicates { #body }
        }
    }

    /// A name for a method, with an underscore after it if a step has that name.
    fn free(&self, name: &str) -> Ident {
        let is_step = |name: &str| {
            let unit = self.unit();
            unit.is_some_and(|unit| self.plan.has_step_called(unit, name))
        };
        let mut name = name.to_owned();
        while is_step(&name) {
            name.push('_');
        }
        ident(&name)
    }
}

impl Plan<'_> {
    /// The part of a state's name for a unit: the name of its first step.
    fn camel(&self, unit: &Unit) -> String {
        camel(&self.steps[unit.first()].name)
    }

    /// Whether a step of this unit has this name.
    fn has_step_called(&self, unit: &Unit, name: &str) -> bool {
        let mut steps = unit.steps.iter();
        steps.any(|&step| text(&self.steps[step].name) == name)
    }
}
