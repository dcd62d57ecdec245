//! The calls of a loop for the machine: they create the items, or run them.

use super::{machine::Machine, object::rules};
use crate::{
    basics::{
        discard::discard,
        list,
        panic::{Panic, caught},
    },
    calls::{
        journal::{Journal, limited},
        lane::LaneFuture,
        loops::{Each, Items, LoopCall, LoopReport, LoopState, Looped, Whole},
        perform::{Call, Scope},
        report::Report,
    },
    executor::{
        driven::Drives,
        items::item_place,
        looped::{ItemLane, driven::DrivenItems},
    },
    kernel::LoopEnd,
    report::{claims::reserve_items, error::Failure, place::Place, raised::AnyFailure},
    values::{
        codec::{Codec, Encoded},
        key_digest::DigestOf,
    },
};
use std::{
    pin::Pin,
    sync::{Arc, OnceLock},
};

impl<'a, E: Send + Sync + 'static> Call<'a, E> {
    /// Creates the items of the loop `name`. `key` is the digest of an item that is its own key.
    pub fn items<I, T, J: Journal>(
        call: &mut Self,
        scope: &Scope<'_, J>,
        codec: Codec<I>,
        (name, key): (&'static str, Option<DigestOf<I>>),
        items: impl FnOnce() -> Vec<I>,
    ) -> Report<E>
    where
        I: Send + Sync + 'static,
        T: Send + Sync + 'static,
    {
        let step = call.at.step;
        let Looped { limit, .. } = *taken(call);
        let made = caught(|| {
            let items = items();
            if items.len() > limit {
                return (Arc::new(items), None, LoopCall::TooMany(limit));
            }
            let (items, json) = read_back(scope, step, &codec, items);
            let keys = key.map_or_else(Vec::new, |key| items.iter().map(key).collect());
            let reserved = reserve_items(scope.place, name, &keys);
            let end = reserved.map_or_else(LoopCall::Equal, |()| LoopCall::Made);
            (Arc::new(items), json, end)
        });
        let (items, json, end) = match made {
            Ok(made) => made,
            Err(panic) => return Report::panicked(panic),
        };
        // A saga that is not durable records nothing, even with a durable journal.
        let json = json.filter(|_| J::DURABLE && end == LoopCall::Made);
        let limit = scope.value_limit();
        let listed = match json.map(|json| listed(json?, limit)).transpose() {
            Ok(listed) => listed,
            Err(why) => {
                discard(items);
                let why = format!("its items cannot be recorded: {why}");
                return Report::panicked(Box::new(Panic::recorded(why)));
            }
        };
        let count = items.len();
        let items = Items::<I, T>::new(items);
        let state = LoopState {
            count,
            items: Some(Arc::new(items)),
            listed,
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
        L: LaneFuture<'a> + 'a,
        J: Drives,
    {
        let mut looped = taken(&mut call);
        let keys = looped.state.keys.clone();
        let all = looped.state.items.take();
        let all = all.and_then(|all| all.downcast::<Items<I, T>>().ok());
        let all = all.expect("a loop runs when its items are made");
        let mut report = {
            let lane = |index, link| -> ItemLane<'a> {
                lane(Each {
                    all: Arc::clone(&all),
                    index,
                    link,
                    keys: keys.clone(),
                })
            };
            let failure = call.failure.map(erased);
            let items = DrivenItems {
                rules: rules::<M>(),
                at: call.at,
                failure,
                looped,
                scope,
                make: &lane,
            };
            J::drive_items(items).await
        };
        let all = if report.end == LoopCall::Ended(LoopEnd::Applied) {
            // All lanes are dropped, so this is the last reference.
            let all = Arc::into_inner(all).expect("the lanes are gone");
            let items = Arc::clone(&all.items);
            let effects: Option<Vec<T>> = all.into_effects().collect();
            let effects = effects.expect("each item has its effect");
            let filled = slot.set(R::of(effects));
            debug_assert!(filled.is_ok(), "a loop happens once in a run of its block");
            Arc::new(Items::without_effects(items))
        } else {
            all
        };
        report.state.items = Some(all);
        Report::Looped(report)
    }
}

impl<I, T> Each<I, T> {
    /// The place of the item's calls; `step` is the loop.
    #[must_use]
    pub fn place<'a, M: Machine, J>(&'a self, step: u16, scope: &Scope<'a, J>) -> Place<'a> {
        item_place(rules::<M>(), step, self.index, scope).with_keys(self.keys.as_deref())
    }

    /// The scope of the item's calls.
    #[must_use]
    pub fn scope<'p, J>(&'p self, scope: &'p Scope<'p, J>, place: &'p Place<'p>) -> Scope<'p, J> {
        scope.within(place, self.link.as_deref())
    }
}

/// The JSON of all items, or the reason why one cannot be recorded. `None` if they are not recorded.
type Listed = Option<Result<Vec<String>, String>>;

/// The items as they are read back, and their JSON.
fn read_back<I, J: Journal>(
    scope: &Scope<'_, J>,
    step: u16,
    codec: &Codec<I>,
    items: Vec<I>,
) -> (Vec<I>, Listed) {
    if codec.is_none() {
        return (items, None);
    }
    let read = |item| scope.read_back(Some(step), "an item", codec, item);
    let (items, json): (Vec<_>, Vec<_>) = items.into_iter().map(read).unzip();
    (items, list_of(json))
}

/// The items as they are recorded.
fn listed(items: Vec<String>, limit: usize) -> Result<String, String> {
    let items = items.into_iter().enumerate().map(|(index, item)| {
        let item = limited(item, limit);
        item.map_err(|why| format!("item {index}: {why}"))
    });
    let items: Vec<_> = items.collect::<Result<_, _>>()?;
    Ok(list::list_of(items))
}

fn list_of(json: impl IntoIterator<Item = Encoded>) -> Listed {
    let items = json.into_iter().enumerate().map(|(index, json)| {
        let json = json?;
        Some(json.map_err(|why| format!("item {index}: {why}")))
    });
    items.collect()
}

fn erased<E: Send + Sync + 'static>(failure: &Failure<E>) -> &dyn AnyFailure {
    failure
}

fn taken<E>(call: &mut Call<'_, E>) -> Box<Looped> {
    let looped = call.looped.take();
    looped.expect("the executor hands a loop its state")
}
