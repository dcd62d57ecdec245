//! A typestate for each position: plain structs whose fields are what exists there, with a method for each step that can be taken.
//!
//! The methods read `self.<effect>` by the user's own token, so rustc proves every read: a field that is not there is an error at that token.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::Ident;

use super::{
    code::{Part, local, reads_context, reads_key, signature_lints},
    generics::Params,
    plan::{Plan, Unit, compensation},
};
use crate::model::{Clause, Read, Source, Step};
use crate::names::{camel, text};

/// The state of a sibling as a type argument of its block's typestate.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sibling {
    Pending,
    Done,
    /// Whatever it is.
    Any,
}

/// One move of a walk.
struct Move<'a> {
    name: Ident,
    doc: String,
    /// What the caller must give beside the services.
    failure: bool,
    /// The calls it makes, as a `Result` of the moved value.
    result: TokenStream,
    /// The state it leads to, and its literal, in which the local `value` is what `result` gave.
    next: TokenStream,
    literal: TokenStream,
    context: Option<(&'a Step, bool)>,
}

impl<'a> Plan<'a> {
    /// The structs, at the place of the call.
    pub(super) fn state_structs(&self) -> TokenStream {
        let units = self.units.iter().enumerate().filter(|(_, unit)| self.is_shown(unit.steps.start));
        let states = units.map(|(index, unit)| self.state_struct(index, unit));
        let completed = self.plain_struct(&self.name("Completed"), self.steps.len(), "the end: every step is applied, skipped or fallen back");
        quote!(#(#states)* #completed)
    }

    fn state_struct(&self, index: usize, unit: &Unit) -> TokenStream {
        let first = self.steps[unit.steps.start];
        let name = self.before(unit);
        if !unit.concurrent {
            return self.plain_struct(&name, unit.steps.start, &format!("before `{}`", text(&first.name)));
        }
        let (vis, p) = (&self.saga.vis, &self.p);
        let during = self.during(unit);
        let params = self.state_params_of(index);
        let (declared, names, predicates) = (params.declared(), params.names(), params.predicates());
        let states = self.state_params(unit);
        let fields = self.struct_fields(unit.steps.start);
        let siblings = self.shown(unit.steps.clone()).zip(&states).map(|((_, step), state)| {
            let name = &step.name;
            let doc = format!("The effect of `{}`, or `Pending`.", text(name));
            quote!(#[doc = #doc] #vis #name: #state,)
        });
        let types = self.marker(index, unit).map(|types| quote!(#[doc(hidden)] #vis __types: ::core::marker::PhantomData<fn() -> (#types)>,));
        let saga = text(&self.saga.name);
        let list = unit.steps.clone().map(|step| format!("`{}`", text(&self.steps[step].name))).collect::<Vec<_>>().join(", ");
        let doc = format!("[`{saga}`] in its block of {list}: a type parameter for each, its effect once it is there.");
        let alias_doc = format!("[`{saga}`] before its block of {list}.");
        let pending = states.iter().map(|_| quote!(#p::Pending));
        let debug = debug(p, &during, &quote!(#declared #(#states),*), &quote!(#names #(#states),*), &predicates);
        quote_spanned! {first.name.span()=>
            #[doc = #doc] #[allow(dead_code)]
            #vis struct #during<#declared #(#states),*> where #predicates { #fields #(#siblings)* #types }
            #[doc = #alias_doc] #[allow(dead_code, type_alias_bounds)]
            #vis type #name<#declared> = #during<#names #(#pending),*>;
            #debug
        }
    }

    fn plain_struct(&self, name: &Ident, end: usize, position: &str) -> TokenStream {
        let vis = &self.saga.vis;
        let params = self.fields_params(end);
        let (declared, names, predicates) = (params.declared(), params.names(), params.predicates());
        let fields = self.struct_fields(end);
        let doc = format!("[`{}`] {position}.", text(&self.saga.name));
        let debug = debug(&self.p, name, &declared, &names, &predicates);
        quote_spanned! {name.span()=>
            #[doc = #doc] #[allow(dead_code)]
            #vis struct #name<#declared> where #predicates { #fields }
            #debug
        }
    }

    fn struct_fields(&self, end: usize) -> TokenStream {
        let vis = &self.saga.vis;
        let inputs = self.inputs().map(|input| {
            let (name, ty) = (&input.name, &input.ty);
            let doc = format!("The input `{}`.", text(name));
            quote!(#[doc = #doc] #vis #name: #ty,)
        });
        let effects = self.shown(0..end).map(|(index, step)| {
            let (name, ty) = (&step.name, self.effect_type(index));
            let doc = format!("The effect of `{}`.", text(name));
            quote!(#[doc = #doc] #vis #name: #ty,)
        });
        quote!(#(#inputs)* #(#effects)*)
    }

    /// The methods and conversions, in the executor's block.
    pub(super) fn state_impls(&self) -> TokenStream {
        let units = self.units.iter().enumerate().filter(|(_, unit)| self.is_shown(unit.steps.start));
        let impls = units.map(|(index, unit)| if unit.concurrent { self.block_impls(index, unit) } else { self.single_impl(index, unit) });
        let completed = self.completed_impl();
        quote!(#(#impls)* #completed)
    }

    pub(super) fn walk_start(&self) -> TokenStream {
        let Some(first) = self.units.first().filter(|unit| self.is_shown(unit.steps.start)) else { return TokenStream::new() };
        let vis = &self.saga.vis;
        let (state, params) = (self.state_type(0), self.state_params_of(0));
        let rest = self.minus(&params, &self.inputs_params());
        let (declared, predicates) = (rest.0, rest.1);
        let during = if first.concurrent { self.during(first) } else { self.before(first) };
        let body = if self.broken {
            quote!(::core::unreachable!())
        } else {
            let inputs = self.inputs().map(|input| &input.name).map(|name| quote!(#name: self.#name,));
            let pending = self.pending_fields(0, first);
            quote!(#during { #(#inputs)* #pending })
        };
        let doc = "Starts a walk by hand: a step at a time, forward and back, each position a type of its own.";
        quote!(#[doc = #doc] #[allow(dead_code, unused)] #[must_use] #vis fn walk<#declared>(self) -> #state where #predicates { #body })
    }

    fn single_impl(&self, index: usize, unit: &Unit) -> TokenStream {
        let step = unit.steps.start;
        let params = self.fields_params(step);
        let state = self.before(unit);
        let names = params.names();
        let mut moves = self.forward_moves(index, step, None);
        moves.extend(self.undo_before(index));
        let methods = self.methods(&params, &moves);
        let reopen = self.reopen(index);
        self.implement(&params, &quote!(#state<#names>), &TokenStream::new(), &quote!(#methods #reopen))
    }

    fn completed_impl(&self) -> TokenStream {
        let end = self.units.len();
        let params = self.fields_params(self.steps.len());
        let (state, names) = (self.name("Completed"), params.names());
        let methods = self.methods(&params, &self.undo_before(end));
        let reopen = self.reopen(end);
        let (vis, output) = (&self.saga.vis, self.output_type());
        let (rest, predicates) = self.minus(&self.all, &params);
        let body = if self.broken {
            quote!(::core::unreachable!())
        } else {
            let all = self.all.names();
            let args = self.output_args(|name, lent| if lent { quote!(&self.#name) } else { quote!(self.#name) }, |step| {
                let name = &self.steps[step].name;
                quote!(self.#name)
            });
            quote!(__output::<#all>(#args))
        };
        let doc = "The saga's output.";
        let output = quote! {
            #[doc = #doc] #[must_use]
            #vis fn output<#rest>(self) -> #output where #predicates { #body }
        };
        self.implement(&params, &quote!(#state<#names>), &TokenStream::new(), &quote!(#methods #reopen #output))
    }

    /// One `impl` for each sibling and direction, and the conversions to and from what follows the block.
    fn block_impls(&self, index: usize, unit: &Unit) -> TokenStream {
        let params = self.state_params_of(index);
        let mut impls = TokenStream::new();
        for (step, declared) in self.shown(unit.steps.clone()) {
            let stands_on = self.all_awaited(step);
            let forward = self.sibling_states(unit, |other| match other {
                other if other == step => Sibling::Pending,
                other if stands_on.contains(&other) => Sibling::Done,
                _ => Sibling::Any,
            });
            let moves = self.forward_moves(index, step, Some(&forward));
            impls.extend(self.block_impl(index, unit, &params, &forward, &self.methods(&params, &moves)));
            let back = self.sibling_states(unit, |other| match other {
                other if other == step || stands_on.contains(&other) => Sibling::Done,
                other if self.all_awaited(other).contains(&step) => Sibling::Pending,
                _ => Sibling::Any,
            });
            let moves = [self.undo_sibling(index, unit, step, declared, &back)];
            impls.extend(self.block_impl(index, unit, &params, &back, &self.methods(&params, &moves)));
        }
        let nothing = self.sibling_states(unit, |_| Sibling::Pending);
        let methods = self.methods(&params, &self.undo_before(index));
        let reopen = self.reopen(index);
        impls.extend(self.block_impl(index, unit, &params, &nothing, &quote!(#methods #reopen)));
        impls.extend(self.join(index, unit, &params));
        impls
    }

    fn block_impl(&self, index: usize, unit: &Unit, params: &Params<'_>, states: &[Sibling], methods: &TokenStream) -> TokenStream {
        let any = self.state_params(unit).into_iter().zip(states).filter(|(_, state)| **state == Sibling::Any).map(|(param, _)| param);
        let ty = self.during_type(index, unit, states);
        self.implement(params, &ty, &quote!(#(#any),*), methods)
    }

    fn implement(&self, params: &Params<'_>, state: &TokenStream, more: &TokenStream, methods: &TokenStream) -> TokenStream {
        let (declared, predicates) = (params.declared(), params.shared(&self.p));
        quote! {
            #[allow(
                dead_code, unused_variables, clippy::missing_errors_doc, clippy::needless_lifetimes, clippy::result_large_err,
                clippy::return_self_not_must_use, clippy::type_complexity, clippy::unused_async, clippy::used_underscore_binding
            )]
            impl<#declared #more> #state where #predicates { #methods }
        }
    }

    /// The step itself, and its fallback.
    fn forward_moves(&self, index: usize, step: usize, siblings: Option<&[Sibling]>) -> Vec<Move<'a>> {
        let declared = self.steps[step];
        let p = &self.p;
        let all = self.all.names();
        let (next, literal) = self.after(index, step, siblings);
        let call = self.call(declared, Part::Action, &declared.reads, &all);
        let result = match &declared.attrs.when {
            None => call,
            Some(when) => {
                let function = self.function(declared, Part::When);
                let args = self.walk_args(&when.reads, None);
                quote!(if #function::<#all>(#args) { #p::Result::map(#call, #p::Option::Some) } else { #p::Result::Ok(#p::Option::None) })
            }
        };
        let name = text(&declared.name);
        let mut moves = vec![Move {
            name: declared.name.clone(),
            doc: format!("Takes the step `{name}`.\n\n# Errors\n\nIf the step gives an error; then nothing has changed."),
            failure: false,
            result,
            next: next.clone(),
            literal: literal.clone(),
            context: context(declared, &declared.reads),
        }];
        if let Some(fallback) = &declared.fallback {
            let call = self.call(declared, Part::Fallback, &fallback.reads, &all);
            let result = if declared.attrs.when.is_some() { quote!(#p::Result::map(#call, #p::Option::Some)) } else { call };
            moves.push(Move {
                name: format_ident!("fall_back_{name}", span = declared.name.span()),
                doc: format!("Takes the fallback of `{name}` in its place.\n\n# Errors\n\nIf the fallback gives an error."),
                failure: reads_failure(fallback),
                result,
                next,
                literal,
                context: context(declared, &fallback.reads),
            });
        }
        moves
    }

    /// The way back out of this position over a single step; a block is reopened first.
    fn undo_before(&self, index: usize) -> Vec<Move<'a>> {
        let Some(previous) = index.checked_sub(1).map(|index| &self.units[index]) else { return Vec::new() };
        let step = previous.steps.start;
        if previous.concurrent || !self.is_shown(step) || self.steps[step].kind == crate::model::Kind::Pivot {
            return Vec::new();
        }
        let next = self.state_type(index - 1);
        let before = self.before(previous);
        let carried = self.carry(step, None);
        vec![self.undo(step, next, quote!(#before { #carried }))]
    }

    fn undo_sibling(&self, index: usize, unit: &Unit, step: usize, _: &Step, states: &[Sibling]) -> Move<'a> {
        let after: Vec<_> = unit.steps.clone().zip(states).map(|(other, state)| if other == step { Sibling::Pending } else { *state }).collect();
        let next = self.during_type(index, unit, &after);
        let (during, p) = (self.during(unit), &self.p);
        let carried = self.carry(unit.steps.start, Some(unit));
        let name = &self.steps[step].name;
        let others = self.shown(unit.steps.clone()).filter(|(other, _)| *other != step).map(|(_, other)| &other.name);
        self.undo(step, next, quote!(#during { #carried #(#others: self.#others,)* #name: #p::Pending }))
    }

    fn undo(&self, step: usize, next: TokenStream, literal: TokenStream) -> Move<'a> {
        let declared = self.steps[step];
        let p = &self.p;
        let all = self.all.names();
        let name = text(&declared.name);
        let clause = compensation(declared);
        let result = match clause {
            None => quote!(#p::Result::Ok(())),
            Some(clause) if declared.attrs.when.is_some() => {
                let own = local("own");
                let field = &declared.name;
                let function = self.function(declared, Part::Compensate);
                let args = self.walk_args(&clause.reads, Some((step, quote!(#own))));
                quote!(match &self.#field {
                    #p::Option::Some(#own) => #function::<#all>(#args).await,
                    #p::Option::None => #p::Result::Ok(()),
                })
            }
            Some(clause) => self.call(declared, Part::Compensate, &clause.reads, &all),
        };
        let doc = if clause.is_some() { "Undoes" } else { "Takes back (it has no compensation: nothing is called)" };
        Move {
            name: format_ident!("undo_{name}", span = declared.name.span()),
            doc: format!("{doc} `{name}`.\n\n# Errors\n\nIf the compensation gives an error; then the step stands."),
            failure: clause.is_some_and(reads_failure),
            result,
            next,
            literal,
            context: clause.and_then(|clause| context(declared, &clause.reads)),
        }
    }

    fn call(&self, step: &Step, part: Part, reads: &[Read], all: &TokenStream) -> TokenStream {
        let function = self.function(step, part);
        let args = self.walk_args(reads, None);
        quote!(#function::<#all>(#args).await)
    }

    /// Reads as arguments, from the fields of `self` and of the services. `own` is what a step's own optional effect is bound to.
    fn walk_args(&self, reads: &[Read], own: Option<(usize, TokenStream)>) -> TokenStream {
        let args = reads.iter().filter(|read| self.is_known(read)).map(|read| {
            let name = &read.name;
            let value = match (read.source, &own) {
                (Source::Effect(step), Some((own, value))) if step == *own => return quote!(#value,),
                (Source::Input(_) | Source::Effect(_), _) => quote_spanned!(name.span()=> &self.#name),
                (Source::Service(_), _) => {
                    let services = local("services");
                    quote!(&#services.#name)
                }
                (Source::Key, _) => {
                    let key = local("key");
                    quote!(&#key)
                }
                (Source::Ctx, _) => {
                    let context = local("context");
                    quote!(&#context)
                }
                (Source::Failure, _) => {
                    let failure = local("failure");
                    quote!(#failure)
                }
                (Source::Outcome | Source::Unknown, _) => unreachable!("`outcome` is read by `finally` alone"),
            };
            quote!(#value,)
        });
        quote!(#(#args)*)
    }

    fn methods(&self, state: &Params<'_>, moves: &[Move<'_>]) -> TokenStream {
        moves.iter().map(|each| self.method(state, each)).collect()
    }

    fn method(&self, state: &Params<'_>, Move { name, doc, failure, result, next, literal, context }: &Move<'_>) -> TokenStream {
        let (vis, p, error) = (&self.saga.vis, &self.p, &self.saga.error);
        let (rest, predicates) = self.minus(&self.all, state);
        let (services, service_names) = (self.name("Services"), self.services_params().names());
        let [services_local, failure_local, value_local, error_local, result_local] = ["services", "failure", "value", "error", "result"].map(local);
        let failure = failure.then(|| quote!(, #failure_local: &#p::Failure<#error>));
        let body = if self.broken {
            quote!(::core::unreachable!())
        } else {
            let context = context.map(|(step, key)| {
                let (context, key_local, saga) = (local("context"), local("key"), self.journal_name());
                let step = step.attrs.name.as_ref().map_or_else(|| text(&step.name), syn::LitStr::value);
                let key = key.then(|| quote!(let #key_local = #context.key();));
                quote!(let #context = #p::walk_context(#saga, #step); #key)
            });
            quote! {
                #context
                let #result_local = #result;
                match #result_local {
                    #p::Result::Ok(#value_local) => #p::Result::Ok(#literal),
                    #p::Result::Err(#error_local) => #p::Result::Err(#p::Stopped { state: self, error: #error_local }),
                }
            }
        };
        let lints = signature_lints();
        quote! {
            #[doc = #doc] #lints #[inline]
            #vis async fn #name<#rest>(self, #services_local: &#services<#service_names> #failure) -> #p::Result<#next, #p::Stopped<Self, #error>> where #predicates { #body }
        }
    }

    /// What follows a step, as a type and a literal in which the local `value` is the effect.
    fn after(&self, index: usize, step: usize, siblings: Option<&[Sibling]>) -> (TokenStream, TokenStream) {
        let value = local("value");
        let name = &self.steps[step].name;
        let unit = &self.units[index];
        if let Some(states) = siblings {
            let after: Vec<_> = unit.steps.clone().zip(states).map(|(other, state)| if other == step { Sibling::Done } else { *state }).collect();
            let (during, carried) = (self.during(unit), self.carry(unit.steps.start, Some(unit)));
            let others = self.shown(unit.steps.clone()).filter(|(other, _)| *other != step).map(|(_, other)| &other.name);
            return (self.during_type(index, unit, &after), quote!(#during { #carried #(#others: self.#others,)* #name: #value }));
        }
        let carried = self.carry(step, None);
        let (target, pending) = match self.units.get(index + 1) {
            Some(next) if next.concurrent => (self.during(next), self.pending_fields(index + 1, next)),
            Some(next) => (self.before(next), TokenStream::new()),
            None => (self.name("Completed"), TokenStream::new()),
        };
        (self.state_type(index + 1), quote!(#target { #carried #name: #value, #pending }))
    }

    /// The inputs and the effects before `end`, out of `self`; with the marker of a block's struct.
    fn carry(&self, end: usize, block: Option<&Unit>) -> TokenStream {
        let inputs = self.inputs().map(|input| &input.name);
        let effects = self.shown(0..end).map(|(_, step)| &step.name);
        let names: Vec<_> = inputs.chain(effects).collect();
        let index = block.and_then(|block| self.units.iter().position(|unit| unit.steps == block.steps));
        let marker = block.zip(index).and_then(|(unit, index)| self.marker(index, unit)).map(|_| quote!(__types: ::core::marker::PhantomData,));
        quote!(#(#names: self.#names,)* #marker)
    }

    fn pending_fields(&self, index: usize, unit: &Unit) -> TokenStream {
        if !unit.concurrent {
            return TokenStream::new();
        }
        let p = &self.p;
        let names = self.shown(unit.steps.clone()).map(|(_, step)| &step.name);
        let marker = self.marker(index, unit).map(|_| quote!(__types: ::core::marker::PhantomData,));
        quote!(#(#names: #p::Pending,)* #marker)
    }

    /// `join` out of a block whose siblings have all happened; `From` does the same, whatever the steps are called.
    fn join(&self, index: usize, unit: &Unit, params: &Params<'_>) -> TokenStream {
        let states = self.sibling_states(unit, |_| Sibling::Done);
        let (during, next) = (self.during_type(index, unit, &states), self.state_type(index + 1));
        let (target, pending) = match self.units.get(index + 1) {
            Some(after) if after.concurrent => (self.during(after), self.pending_fields(index + 1, after)),
            Some(after) => (self.before(after), TokenStream::new()),
            None => (self.name("Completed"), TokenStream::new()),
        };
        let vis = &self.saga.vis;
        let (rest, rest_predicates) = self.minus(&self.state_params_of(index + 1), params);
        let carried = self.carry(unit.steps.end, None);
        let body = if self.broken { quote!(::core::unreachable!()) } else { quote!(#target { #carried #pending }) };
        let doc = "Leaves the block: all of it has happened.";
        let lints = signature_lints();
        let method = quote!(#[doc = #doc] #lints #[must_use] #[inline] #vis fn join<#rest>(self) -> #next where #rest_predicates { #body });
        let named_join = unit.steps.clone().any(|step| text(&self.steps[step].name) == "join");
        if named_join { TokenStream::new() } else { self.implement(params, &during, &TokenStream::new(), &method) }
    }

    /// `reopen` of the block before this position, to walk back through it.
    fn reopen(&self, index: usize) -> TokenStream {
        let Some(previous) = index.checked_sub(1).map(|index| &self.units[index]).filter(|unit| unit.concurrent) else { return TokenStream::new() };
        let named_reopen = |unit: &Unit| unit.steps.clone().any(|step| text(&self.steps[step].name) == "reopen");
        if self.units.get(index).is_some_and(named_reopen) || !self.is_shown(previous.steps.start) {
            return TokenStream::new();
        }
        let states = self.sibling_states(previous, |_| Sibling::Done);
        let (block, during) = (self.during_type(index - 1, previous, &states), self.during(previous));
        let carried = self.carry(previous.steps.end, None);
        let marker = self.marker(index - 1, previous).map(|_| quote!(__types: ::core::marker::PhantomData,));
        let vis = &self.saga.vis;
        let body = if self.broken { quote!(::core::unreachable!()) } else { quote!(#during { #carried #marker }) };
        let doc = "Goes back into the block before, all of which has happened.";
        let lints = signature_lints();
        quote!(#[doc = #doc] #lints #[must_use] #[inline] #vis fn reopen(self) -> #block { #body })
    }

    fn sibling_states(&self, unit: &Unit, state: impl Fn(usize) -> Sibling) -> Vec<Sibling> {
        let _ = self;
        unit.steps.clone().map(state).collect()
    }

    /// The siblings that must be there when it runs, directly or through others.
    fn all_awaited(&self, step: usize) -> Vec<usize> {
        let mut found = self.awaits(step);
        let mut next = 0;
        while let Some(&sibling) = found.get(next) {
            let more: Vec<_> = self.awaits(sibling).into_iter().filter(|more| !found.contains(more)).collect();
            found.extend(more);
            next += 1;
        }
        found
    }

    fn before(&self, unit: &Unit) -> Ident {
        let first = &self.steps[unit.steps.start].name;
        self.named(&format!("Before{}", camel(first)), first.span())
    }

    fn during(&self, unit: &Unit) -> Ident {
        let first = &self.steps[unit.steps.start].name;
        self.named(&format!("During{}", camel(first)), first.span())
    }

    fn during_type(&self, index: usize, unit: &Unit, states: &[Sibling]) -> TokenStream {
        let (during, names, p) = (self.during(unit), self.state_params_of(index).names(), &self.p);
        let states = self.shown(unit.steps.clone()).zip(states).zip(self.state_params(unit)).map(|(((step, _), state), param)| match state {
            Sibling::Pending => quote!(#p::Pending),
            Sibling::Done => self.effect_type(step),
            Sibling::Any => quote!(#param),
        });
        quote!(#during<#names #(#states),*>)
    }

    /// The state before a unit, or `Completed`.
    fn state_type(&self, index: usize) -> TokenStream {
        let (name, params) = match self.units.get(index) {
            Some(unit) if unit.concurrent => return self.during_type(index, unit, &self.sibling_states(unit, |_| Sibling::Pending)),
            Some(unit) => (self.before(unit), self.fields_params(unit.steps.start)),
            None => (self.name("Completed"), self.fields_params(self.steps.len())),
        };
        let names = params.names();
        quote!(#name<#names>)
    }

    fn state_params_of(&self, index: usize) -> Params<'a> {
        match self.units.get(index) {
            Some(unit) if unit.concurrent => self.fields_params(unit.steps.end),
            Some(unit) => self.fields_params(unit.steps.start),
            None => self.fields_params(self.steps.len()),
        }
    }

    /// What a state has whose fields are the inputs and the effects before `end`.
    fn fields_params(&self, end: usize) -> Params<'a> {
        Params::mentioned(&self.saga.generics, || {
            let inputs = self.inputs().map(|input| &input.ty).map(|ty| quote!(#ty));
            inputs.chain((0..end).map(|step| self.value_type(step))).collect()
        })
    }

    /// The siblings' types, where they mention parameters that nothing before the block does.
    fn marker(&self, index: usize, unit: &Unit) -> Option<TokenStream> {
        if self.saga.generics.params.is_empty() {
            return None;
        }
        let (before, with) = (self.fields_params(unit.steps.start), self.state_params_of(index));
        let types = unit.steps.clone().map(|step| self.value_type(step));
        (before.names().to_string() != with.names().to_string()).then(|| quote!(#(#types,)*))
    }

    /// The declaration and predicates of the parameters that `wanted` has and `present` has not.
    fn minus(&self, wanted: &Params<'a>, present: &Params<'_>) -> (TokenStream, TokenStream) {
        let rest = wanted.minus(present);
        (rest.declared(), if rest.is_empty() { TokenStream::new() } else { wanted.shared(&self.p) })
    }
}

fn context<'s>(step: &'s Step, reads: &[Read]) -> Option<(&'s Step, bool)> {
    reads_context(reads).then(|| (step, reads_key(reads)))
}

fn reads_failure(clause: &Clause) -> bool {
    clause.reads.iter().any(|read| read.source == Source::Failure)
}

/// A `Debug` that says which state it is, whatever the fields are.
fn debug(p: &TokenStream, name: &Ident, declared: &TokenStream, names: &TokenStream, predicates: &TokenStream) -> TokenStream {
    let text = name.to_string();
    quote! {
        const _: () = {
            impl<#declared> ::core::fmt::Debug for #name<#names> where #predicates {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    #p::debug_state(#text, f)
                }
            }
        };
    }
}
