//! The calls of a loop for the machine: they create the items, or run them.

use super::looped::{ItemLane, Lanes, LoopRun, MakeLane};
use crate::{
    basics::{
        discard::discard,
        panic::{Panic, caught},
    },
    calls::{
        journal::Journal,
        lane::LaneFuture,
        loops::{Each, Items, LoopCall, LoopReport, LoopState, Looped, Whole},
        perform::{Call, Scope},
        report::Report,
    },
    generated::machine::Machine,
    kernel::LoopEnd,
    values::codec::Codec,
};
use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::{Arc, OnceLock},
};
use tokio::time::Sleep;

impl<'a, E: Send + Sync + 'static> Call<'a, E> {
    /// Creates the items of a loop, unless those of an earlier round are kept. `equal` finds two
    /// equal items, if each item is its own key.
    pub fn items<I, T, J: Journal>(
        call: &mut Self,
        scope: &Scope<'_, J>,
        codec: Codec<I>,
        equal: fn(&[I]) -> Option<(usize, usize)>,
        items: impl FnOnce() -> Vec<I>,
    ) -> Report<E>
    where
        I: Send + Sync + 'static,
        T: Send + Sync + 'static,
    {
        let step = call.at.step;
        let Looped { state, limit, .. } = taken(call);
        let kept = state
            .items
            .and_then(|kept| kept.downcast::<Items<I, T>>().ok());
        let made = match kept {
            Some(kept) => Ok((Arc::clone(&kept.items), LoopCall::Made)),
            None => caught(|| {
                let items = items();
                let end = if items.len() > limit {
                    LoopCall::TooMany(limit)
                } else {
                    let two = equal(&items);
                    two.map_or(LoopCall::Made, |(first, second)| {
                        LoopCall::Equal(first, second)
                    })
                };
                (Arc::new(items), end)
            }),
        };
        let (items, end) = match made {
            Ok(made) => made,
            Err(panic) => return Report::panicked(panic),
        };
        if J::DURABLE && end == LoopCall::Made {
            let encoded = items.iter().enumerate().map(|(index, item)| {
                let encoded = codec.encode(item)?;
                Some(encoded.map_err(|why| format!("item {index}: {why}")))
            });
            // A saga that is not durable records nothing, even with a durable journal.
            let encoded: Option<Result<Vec<_>, String>> = encoded.collect();
            let kept = encoded.map_or(Ok(()), |encoded| {
                scope.journal.itemize(scope.place, step, encoded?)
            });
            if let Err(why) = kept {
                discard(items);
                let why = format!("its items cannot be recorded: {why}");
                return Report::panicked(Box::new(Panic::recorded(why)));
            }
        }
        let state = LoopState {
            count: items.len(),
            items: Some(Arc::new(Items::<I, T>::new(items))),
            ..LoopState::default()
        };
        Report::Looped(Box::new(LoopReport {
            state,
            end,
            failures: Vec::new(),
        }))
    }

    /// The maximum number of items to take from the expression: one more than the loop may have.
    #[must_use]
    pub fn most_items(&self) -> usize {
        let limit = self.looped.as_ref().map_or(0, |looped| looped.limit);
        limit.saturating_add(1)
    }

    /// Runs the items of a loop, forward or back, and fills the slot of the loop if all are
    /// applied. `lane` creates the lane of one item.
    ///
    /// # Panics
    /// If the executor passed no items to it: a defect of the library.
    pub async fn each<M, I, T, R, L, J>(
        mut call: Self,
        scope: &'a Scope<'a, J>,
        slot: &'a OnceLock<R>,
        lane: &(dyn Fn(Each<I, T>) -> Pin<Box<L>> + Sync),
    ) -> Report<E>
    where
        M: Machine<Error = E>,
        I: Send + Sync + 'static,
        T: Send + Sync + 'static,
        R: Whole<T> + Send + Sync,
        L: LaneFuture<'a, E> + 'a,
        J: Journal,
    {
        let mut looped = taken(&mut call);
        let all = looped.state.items.take();
        let all = all.and_then(|all| all.downcast::<Items<I, T>>().ok());
        let all = all.expect("a loop runs when its items are made");
        let mut report = {
            let lane = |index, link| -> ItemLane<'a, E> {
                let all = Arc::clone(&all);
                lane(Each { all, index, link })
            };
            drive_loop::<M, J>(&call, looped, scope, &lane).await
        };
        let all = if report.end == LoopCall::Ended(LoopEnd::Applied) {
            // All lanes are dropped, so this is the last reference.
            let all = Arc::into_inner(all).expect("the lanes are gone");
            let effects = all.effects.into_iter().map(OnceLock::into_inner);
            let effects: Option<Vec<T>> = effects.collect();
            let effects = effects.expect("each item has its effect");
            let filled = slot.set(R::of(effects));
            debug_assert!(filled.is_ok(), "a loop happens once in a run of its block");
            Arc::new(Items {
                items: all.items,
                effects: Vec::new(),
            })
        } else {
            all
        };
        report.state.items = Some(all);
        Report::Looped(Box::new(report))
    }
}

fn taken<E>(call: &mut Call<'_, E>) -> Looped {
    let looped = call.looped.take();
    *looped.expect("the executor hands a loop its state")
}

/// Runs the items of a loop to their end, forward or back. `lane` creates the lane of one item.
async fn drive_loop<'a, M: Machine, J: Journal>(
    call: &Call<'a, M::Error>,
    looped: Looped,
    scope: &'a Scope<'a, J>,
    lane: &MakeLane<'a, '_, M::Error>,
) -> LoopReport<M::Error> {
    let mut run = LoopRun::<M, J>::new(call, looped, scope);
    let mut lanes = Lanes {
        running: Vec::new(),
        make: lane,
    };
    let mut timer = pin!(None::<Sleep>);
    poll_fn(|cx| run.poll(&mut lanes, timer.as_mut(), cx)).await;
    drop(lanes);
    run.report()
}
