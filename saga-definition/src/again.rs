//! What a rerun, from a savepoint or of a child saga, means for what is still applied.
//!
//! A rerun undoes what can be undone, and calls it again in a new round, with a new key. A step that
//! says `compensate none` remains. [`Step::again`] is what a rerun may do about such a step, and
//! [`Renewal`] says which values are the same after the rerun. From both follow the obstacles to a
//! rerun that the declaration shows ([`Obstacle`]), and what a saga asks of its child sagas
//! ([`Ask`]).

mod asks;
mod mixed;
mod obstacles;
mod renewal;
mod round;
#[cfg(test)]
mod tests;

pub use asks::Ask;
pub use obstacles::{Obstacle, Why};
pub use renewal::{Begin, REST, Renewal};
pub use round::Stale;

use crate::{
    definition::{Compensation, Items, Rerun, Step},
    text::{List, Text},
};

/// What a rerun does about a step that remains, and is applied or may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Again {
    /// `compensate none once`: once it is applied, it is not called again, and keeps its effect.
    Kept,
    /// `compensate none again`: it is called in a new round, with a new key.
    Anew,
    /// The saga asks under its old key whether it happened (`resolve`), and calls it only if it did
    /// not.
    Asked,
    /// It is called again under its old key (`#[idempotent]`).
    Repeated,
    /// There is no rerun over it.
    Forbidden,
}

impl Step {
    /// The step with the code: of a loop, the step of its items.
    #[must_use]
    pub fn acting(&self) -> &Step {
        let items = self.items.as_ref();
        let each = items.and_then(|items| items.each.steps.get(usize::from(Items::STEP)));
        each.unwrap_or(self)
    }

    /// The names that the `when` of the step reads, if it has one; of a loop, that of the loop as a
    /// whole.
    #[doc(hidden)]
    #[must_use]
    pub fn own_when(&self) -> Option<&List<Text>> {
        match &self.items {
            Some(items) => items.when.as_ref(),
            None => self.when.as_ref(),
        }
    }

    /// Changes the step with the code.
    #[doc(hidden)]
    pub fn change_acting(&mut self, change: impl FnOnce(&mut Step)) {
        match &mut self.items {
            None => change(self),
            Some(items) => {
                let mut each = (*items.each).clone();
                change(&mut each.steps.to_mut()[usize::from(Items::STEP)]);
                items.each = each.into();
            }
        }
    }

    /// The identifier by which code reads its effect.
    #[must_use]
    pub fn read_as(&self) -> &str {
        self.ident.as_deref().unwrap_or(&self.name)
    }

    /// What `compensate none` said about reruns when the saga called the step, or says now. Its key is
    /// made by that.
    #[must_use]
    pub fn keyed_as(&self) -> Option<Rerun> {
        match self.compensation {
            Compensation::None(says) => Some(self.said.unwrap_or(says)),
            _ => None,
        }
    }

    /// Whether its key is not the one that its declaration makes now.
    #[must_use]
    pub fn keeps_key(&self) -> bool {
        let anew = |rerun| rerun == Rerun::Again;
        match (&self.compensation, self.said) {
            (Compensation::None(says), Some(said)) => anew(*says) != anew(said),
            _ => false,
        }
    }

    /// What a rerun does about the step if it is applied, or may be, and remains. `None` if it does
    /// not say `compensate none`: then it does not remain by declaration.
    ///
    /// The items of a loop are as its step says, if the rerun keeps their list
    /// ([`Renewal::keeps_list`]). If it makes another list, what is `Asked` or `Repeated` here
    /// forbids the rerun, since it would be another operation under an old key.
    #[must_use]
    pub fn again(&self) -> Option<Again> {
        let acting = self.acting();
        let Compensation::None(rerun) = &self.compensation else {
            return None;
        };
        Some(match (rerun, &acting.child) {
            (Rerun::Once, _) => Again::Kept,
            (Rerun::Again, _) => Again::Anew,
            (Rerun::Undeclared, None) if acting.resolve.is_some() => Again::Asked,
            (Rerun::Undeclared, None) if acting.idempotent => Again::Repeated,
            (Rerun::Undeclared, _) => Again::Forbidden,
        })
    }
}
