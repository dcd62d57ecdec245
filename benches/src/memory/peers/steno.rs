//! [steno](https://docs.rs/steno): a graph of actions, run by an execution coordinator with a log;
//! here the log is in memory and stores nothing. Effects pass between actions as JSON. The graph
//! and the registry are made once and shared by all runs; the authors' example makes a graph for
//! each run.

use crate::{
    memory::shop::{Refused, Shop},
    rounds::Case,
};
use std::{hint::black_box, sync::Arc};
use steno::{
    Action, ActionContext, ActionError, ActionFunc, ActionRegistry, DagBuilder, InMemorySecStore,
    Node, SagaDag, SagaId, SagaName, SagaType, SecClient,
};

#[derive(Debug)]
struct AtTheShop;

impl SagaType for AtTheShop {
    type ExecContextType = Arc<Shop>;
}

/// A graph, and everything that is needed to run it.
#[derive(Clone)]
struct Graph {
    coordinator: Arc<SecClient>,
    shop: Arc<Shop>,
    dag: Arc<SagaDag>,
    registry: Arc<ActionRegistry<AtTheShop>>,
}

/// An action, and the name of its effect.
type Named = (String, Arc<dyn Action<AtTheShop>>);

/// An action that reads the effects of others, adds them up, and calls the shop.
fn action(name: &str, reads: Vec<String>) -> Named {
    let own = name.to_owned();
    let reads = Arc::new(reads);
    let action = ActionFunc::new_action(
        name,
        move |context: ActionContext<AtTheShop>| {
            let reads = Arc::clone(&reads);
            async move {
                let mut sum = 0;
                for read in reads.iter() {
                    sum += context.lookup::<u64>(read)?;
                }
                let effect = context.user_data().act(sum).await;
                effect.map_err(ActionError::action_failed::<Refused>)
            }
        },
        move |context: ActionContext<AtTheShop>| {
            let own = own.clone();
            async move {
                let effect = context.lookup::<u64>(&own)?;
                let _ = context.user_data().undo(effect).await;
                Ok(())
            }
        },
    );
    (name.to_owned(), action)
}

impl Graph {
    /// `blocks` of actions: the blocks run one after the other, the actions of a block
    /// concurrently.
    fn new(blocks: &[Vec<Named>], shop: Shop) -> Self {
        let mut registry = ActionRegistry::new();
        let mut builder = DagBuilder::new(SagaName::new("at-the-shop"));
        for block in blocks {
            let nodes = block.iter().map(|(name, action)| {
                registry.register(Arc::clone(action));
                Node::action(name, name, action.as_ref())
            });
            let mut nodes: Vec<_> = nodes.collect();
            if nodes.len() == 1 {
                builder.append(nodes.remove(0));
            } else {
                builder.append_parallel(nodes);
            }
        }
        let dag = builder.build().expect("the graph has one last node");
        let log = slog::Logger::root(slog::Discard, slog::o!());
        Self {
            coordinator: Arc::new(steno::sec(log, Arc::new(InMemorySecStore::new()))),
            shop: Arc::new(shop),
            dag: Arc::new(SagaDag::new(dag, serde_json::Value::Null)),
            registry: Arc::new(registry),
        }
    }

    fn case(self) -> Case {
        Case::new("steno 0.5", move || {
            let it = self.clone();
            async move {
                let id = SagaId::new_v4();
                let context = Arc::new(Arc::clone(black_box(&it.shop)));
                let created = it.coordinator.saga_create(id, context, it.dag, it.registry);
                let ended = created.await.expect("its id is new");
                let started = it.coordinator.saga_start(id).await;
                started.expect("it was created");
                ended.await.kind.is_ok()
            }
        })
    }
}

/// This many actions, each of which reads the effect of the previous one.
#[must_use]
pub fn steps(steps: usize, shop: Shop) -> Case {
    let name = |step| format!("s{step}");
    let blocks = (0..steps).map(|step: usize| {
        let reads = step.checked_sub(1).map(name).into_iter().collect();
        vec![action(&name(step), reads)]
    });
    Graph::new(&blocks.collect::<Vec<_>>(), shop).case()
}

/// Eight concurrent actions, and one that reads them all.
#[must_use]
pub fn joined(shop: Shop) -> Case {
    let name = |step: usize| format!("s{step}");
    let eight = (0..8).map(|step| action(&name(step), Vec::new())).collect();
    let join = action("joined", (0..8).map(name).collect());
    Graph::new(&[eight, vec![join]], shop).case()
}
