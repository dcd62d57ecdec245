//! A loop as data: of what is done with one item.

use proc_macro2::TokenStream;
use saga_definition::{Call, Compensation, Items, List, Step, Text};

use super::definition::{names, written};
use super::ident::emit;
use super::plan::Plan;
use crate::model;
use crate::names::text;

impl Plan<'_> {
    /// A loop, of what is done with one item.
    pub(super) fn declared_loop(
        &self,
        alone: Step,
        step: &model::Step,
        looped: &model::Loop,
        behind: bool,
    ) -> Step {
        let item = text(&looped.item);
        let others = |names: &List<Text>| -> List<Text> {
            let others = names.iter().filter(|name| **name != *item);
            others.cloned().collect()
        };
        let reads = names(&looped.reads);
        let when = alone.when.clone().filter(|_| !step.decides_each());
        let mut decided = when.clone().unwrap_or_default().into_owned();
        decided.extend(
            reads
                .iter()
                .filter(|name| !decided.contains(name))
                .cloned()
                .collect::<Vec<_>>(),
        );
        let effect = match &*alone.effect {
            "()" => alone.effect.clone(),
            effect => format!("Vec<{effect}>").into(),
        };
        let compensation = match &alone.compensation {
            Compensation::Declared { by_key: _, call } => Compensation::Declared {
                by_key: false,
                call: Call {
                    reads: others(&call.reads),
                    ..Call::ONCE
                },
            },
            other => other.clone(),
        };
        let concurrent = step.attrs.concurrent.as_ref();
        let (durable, classified) = (
            self.saga.durable.is_some(),
            self.saga.attrs.classify.is_some(),
        );
        Step {
            name: alone.name.clone(),
            kind: alone.kind,
            effect,
            group: alone.group,
            condition: alone.condition,
            reads: others(&alone.reads),
            when: Some(decided.into()),
            compensation,
            stands_on: alone.stands_on.clone(),
            awaits: alone.awaits.clone(),
            savepoint: alone.savepoint.clone(),
            abort: alone.abort,
            line: alone.line,
            items: Some(Items {
                item: item.into(),
                ty: {
                    let ty = &looped.ty;
                    written(&emit!(#ty)).into()
                },
                reads,
                when,
                concurrent: concurrent.map_or(1, |count| count.value),
                each: {
                    let each = Step {
                        group: None,
                        condition: None,
                        when: alone.when.clone().filter(|_| step.decides_each()),
                        stands_on: List::Borrowed(&[]),
                        awaits: List::Borrowed(&[]),
                        savepoint: None,
                        compensation: match &alone.compensation {
                            Compensation::With(_) => Compensation::With(Items::BEFORE),
                            other => other.clone(),
                        },
                        ..alone
                    };
                    Items::each_of(each, durable, classified, behind).into()
                },
            }),
            ..Step::PLAIN
        }
    }

    /// How a loop is undone.
    pub(super) fn const_undo_of_loop(&self, call: &Call) -> TokenStream {
        let (p, reads) = (&self.p, self.texts(&call.reads));
        emit!(Declared {
            by_key: false,
            call: #p::CallDefinition { reads: #reads, ..#p::CallDefinition::ONCE },
        })
    }

    /// The same as a constant.
    pub(super) fn const_items(&self, items: &Items, declared: &model::Step) -> TokenStream {
        let p = &self.p;
        let Items {
            item,
            ty,
            reads,
            when,
            concurrent,
            each,
        } = items;
        let [item, ty] = [item, ty].map(|text| self.text(text));
        let reads = self.texts(reads);
        let when = when.as_ref().map(|reads| self.texts(reads));
        let when = when.map_or(
            emit!(#p::Option::None),
            |when| emit!(#p::Option::Some(#when)),
        );
        let steps = self.list(
            each.steps
                .iter()
                .map(|step| self.const_step(step, declared)),
        );
        let (durable, classified) = (each.durable, each.classified);
        let pivot = self.given("pivot", each.pivot.map(|pivot| emit!(#pivot)));
        emit! {
            #p::Items {
                item: #item, ty: #ty, reads: #reads, when: #when, concurrent: #concurrent,
                each: #p::DefinitionRef::Static(&#p::Definition {
                    durable: #durable, classified: #classified, steps: #steps,
                    #pivot ..#p::Definition::EMPTY
                }),
            }
        }
    }
}
