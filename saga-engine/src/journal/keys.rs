//! The place of a run inside of others, as it enters the keys of its steps.

use crate::store::{Row, SagaId};
use std::sync::Arc;
use typed_saga_core::{Operation, definition::Step};

/// What the keys of a run's steps have before the step: the steps above, each with its item and its
/// round, and the index of the item that the run is.
#[derive(Clone, Debug, Default)]
pub(super) struct Above {
    /// Shared, because the items of a loop have the same ones.
    levels: Arc<[Level]>,
    item: Option<u32>,
}

/// A step above, by its name in keys, with its item.
#[derive(Clone, Debug)]
struct Level {
    step: String,
    round: u32,
}

impl Above {
    /// That of an item of a loop of this run.
    pub(super) fn of_item(&self, index: u32) -> Self {
        Self {
            levels: Arc::clone(&self.levels),
            item: Some(index),
        }
    }

    /// That of the child saga of a step of this run.
    pub(super) fn of_child(&self, declared: &Step, round: u32) -> Self {
        let own = Level {
            step: self.named(declared),
            round,
        };
        Self {
            levels: self.levels.iter().cloned().chain([own]).collect(),
            item: None,
        }
    }

    /// The operation of a step of this run.
    pub(super) fn operation(&self, row: &Row, declared: &Step, round: u32) -> Option<Operation> {
        let above = self.levels.iter();
        let above = above.map(|Level { step, round }| format!("{step}#{round}"));
        let path: Vec<_> = above.chain([self.named(declared)]).collect();
        let SagaId { saga, id } = &row.saga;
        let operation = Operation::at(saga, id, path.join("/"), round).ok()?;
        Some(match &row.life {
            Some(life) => operation.in_life(life),
            None => operation,
        })
    }

    /// The name of a step in its key, with the item.
    fn named(&self, declared: &Step) -> String {
        match self.item {
            Some(item) => format!("{}[{item}]", declared.name),
            None => declared.name.to_string(),
        }
    }
}
