//! Walks one path in a world of its own, or in one that is there already.

use super::{
    explore::Explorer,
    known::{Errors, late},
    ledger::Effect,
    path::Path,
    run::{Ran, run},
    stage::Stage,
};
use std::sync::{Arc, Mutex};
use typed_saga_core::{LockTable, Machine, Prepared};

impl<W: Send + Sync + 'static, M: Machine> Explorer<W, M> {
    /// Walks a path in a new world. Returns what happened, and the world with its effects.
    pub(super) fn walk(&self, path: &Path) -> (Ran, Vec<Effect>, Arc<W>) {
        let world = Arc::new((self.world)());
        let (ran, effects) = self.walk_in(&world, path, |saga| saga);
        (ran, effects, world)
    }

    /// Walks a path in this world. Returns what happened, and the effects in the world.
    pub(super) fn walk_in(
        &self,
        world: &Arc<W>,
        path: &Path,
        changed: impl Fn(Prepared<M>) -> Prepared<M>,
    ) -> (Ran, Vec<Effect>) {
        let errors = Arc::clone(&self.errors);
        let outage = self.outage.clone().map(|outage| {
            let world = Arc::clone(world);
            Arc::new(move |down| outage(&world, down)) as Arc<dyn Fn(bool) + Send + Sync>
        });
        let ledger = Arc::clone(&self.ledger);
        let of_world = Arc::clone(world);
        let (cast, lateness) = (Arc::clone(&self.cast), self.lateness.clone());
        let stage = Arc::new(Stage {
            cast: Arc::clone(&self.cast),
            path: path.clone(),
            errors: Box::new(move |ty, verdict| Errors::one_of(&errors, ty, verdict)),
            outage,
            ledger: Box::new(move || ledger(&of_world)),
            lateness: Box::new(move |step| late(&lateness, &cast.part(step))),
            seat: None,
            locks: LockTable::new(),
            state: Mutex::default(),
        });
        let ran = run(|| changed((self.saga)(world)), &self.signals, &stage);
        let effects = (self.ledger)(world);
        (ran, effects)
    }
}
