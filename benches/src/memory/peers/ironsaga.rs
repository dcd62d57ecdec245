//! [ironsaga](https://docs.rs/ironsaga): a list of commands, each with a command that rolls it
//! back. They share a context under a mutex, which holds the effects, and are made for each run
//! because a command runs once.

use crate::{memory::shop::Shop, rounds::Case};
use ironsaga::{IronSagaAsync, anyhow, ironcmd};
use std::{
    hint::black_box,
    sync::{Arc, Mutex, PoisonError},
};

type Effects = Arc<Mutex<Vec<u64>>>;

fn last(effects: &Effects) -> u64 {
    let effects = effects.lock().unwrap_or_else(PoisonError::into_inner);
    effects.last().copied().unwrap_or(0)
}

#[ironcmd(result, rename = "Act")]
async fn act(shop: Shop, effects: Effects) -> anyhow::Result<u64> {
    let effect = shop.act(last(&effects)).await;
    let effect = effect.map_err(|error| anyhow::anyhow!("step {} is refused", error.0))?;
    effects
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(effect);
    Ok(effect)
}

#[ironcmd(result, rename = "Undo")]
async fn undo(shop: Shop, effects: Effects) -> anyhow::Result<()> {
    let effect = effects.lock().unwrap_or_else(PoisonError::into_inner).pop();
    if let Some(effect) = effect {
        let _ = shop.undo(effect).await;
    }
    Ok(())
}

/// This many steps.
#[must_use]
pub fn steps(steps: usize, shop: Shop) -> Case {
    Case::new("ironsaga 0.2", move || async move {
        let shop = black_box(shop);
        let effects = Effects::default();
        let mut saga = IronSagaAsync::default();
        for _ in 0..steps {
            let mut step = Act::new(shop, Arc::clone(&effects));
            step.set_rollback(Undo::new(shop, Arc::clone(&effects)));
            saga.add_command(step);
        }
        saga.execute_all().await.is_ok()
    })
}
