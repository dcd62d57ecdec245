//! What a test can make for a saga: errors, and the values of signals.

use super::{
    cast::Part,
    fault::{lateness, verdicts},
    run::Signals,
};
use std::{
    any::{Any, TypeId},
    collections::HashMap,
    sync::Arc,
    time::Duration,
};
use typed_saga_core::{
    Machine, Verdict,
    definition::{Definition, Kind},
};

/// Makes errors of one type.
pub(super) struct Errors {
    pub(super) ty: TypeId,
    make: Box<dyn Fn(Verdict) -> Option<Box<dyn Any + Send>> + Send + Sync>,
}

impl Errors {
    pub(super) fn of<E: Send + 'static>(
        error: impl Fn(Verdict) -> Option<E> + Send + Sync + 'static,
    ) -> Self {
        Self {
            ty: TypeId::of::<E>(),
            make: Box::new(move |verdict| Some(Box::new(error(verdict)?))),
        }
    }

    fn make(&self, verdict: Verdict) -> Option<Box<dyn Any + Send>> {
        (self.make)(verdict)
    }

    /// Adds these to the errors that a test makes, replacing those of the same type.
    pub(super) fn add_to(self, all: &mut Arc<Vec<Self>>) {
        if let Some(all) = Arc::get_mut(all) {
            all.retain(|other| other.ty != self.ty);
            all.push(self);
        }
    }

    /// Makes an error of a type, if the test can.
    pub(super) fn one_of(
        all: &[Self],
        ty: TypeId,
        verdict: Verdict,
    ) -> Option<Box<dyn Any + Send>> {
        let errors = all.iter().find(|errors| errors.ty == ty);
        errors.and_then(|errors| errors.make(verdict))
    }
}

/// A note for each signal of a saga that the test does not send.
pub(super) fn never_sent(
    of: &Definition,
    is_sent: impl Fn(u16) -> bool,
) -> impl Iterator<Item = String> {
    let signals = (0..).zip(of.steps.iter());
    let signals = signals.filter(|(_, step)| step.kind == Kind::Signal);
    let unsent = signals.filter(move |(step, _)| !is_sent(*step));
    unsent.map(|(_, step)| format!("`{}` is never sent: see `signal`", step.name))
}

/// What the test can make: errors, by verdict, and signals.
pub(super) struct Known {
    pub(super) verdicts: Vec<Verdict>,
    /// For each error type of the test, the verdicts for which it makes an error.
    given: Vec<(TypeId, Vec<Verdict>)>,
    /// The verdicts that `#[classify]` returns for the errors of `verdicts`, in the same order.
    judged: Vec<Verdict>,
    /// The signals that the test sends.
    pub(super) signals: Vec<u16>,
}

impl Known {
    pub(super) fn of<M: Machine>(errors: &[Errors], signals: &Signals<M>) -> Self {
        let own = errors
            .iter()
            .find(|errors| errors.ty == TypeId::of::<M::Error>());
        let judged = verdicts(M::DEFINITION).iter().filter_map(|verdict| {
            let error = own?.make(*verdict)?.downcast::<M::Error>().ok()?;
            // Steps may judge it differently: what one of them means is no mistake.
            let steps = (0..=u16::MAX).take(M::DEFINITION.steps.len());
            let judged = steps.map(|step| M::classify(step, &error).happened());
            let judged: Vec<_> = judged.collect();
            let as_meant = judged.iter().find(|judged| *judged == verdict);
            Some((*verdict, *as_meant.or(judged.first())?))
        });
        let (verdicts, judged) = judged.unzip();
        let given = errors.iter().map(|errors| {
            let verdicts = Verdict::ALL.into_iter();
            let given = verdicts.filter(|verdict| errors.make(*verdict).is_some());
            (errors.ty, given.collect())
        });
        let given = given.collect();
        Self {
            verdicts,
            given,
            judged,
            signals: signals.keys().copied().collect(),
        }
    }

    /// Whether the test makes errors of this type.
    pub(super) fn makes(&self, error: TypeId) -> bool {
        self.given.iter().any(|(ty, _)| *ty == error)
    }

    /// The possible verdicts on errors of this type for which the test makes an error.
    pub(super) fn verdicts_of(&self, error: Option<TypeId>, of: &Definition) -> Vec<Verdict> {
        let given = self.given.iter().find(|(ty, _)| Some(*ty) == error);
        let possible = verdicts(of).iter().copied();
        let given = |verdict: &Verdict| given.is_some_and(|(_, given)| given.contains(verdict));
        possible.filter(given).collect()
    }

    /// The verdicts that `#[classify]` does not return for the errors that mean them: the verdict
    /// that was meant, and the one that it returns.
    pub(super) fn misjudged(&self) -> impl Iterator<Item = (Verdict, Verdict)> {
        let pairs = self
            .verdicts
            .iter()
            .copied()
            .zip(self.judged.iter().copied());
        pairs.filter(|(meant, judged)| meant != judged)
    }
}

/// How long after its attempt a request of a step may arrive.
pub(super) fn late(known: &HashMap<&'static str, Duration>, part: &Part) -> Duration {
    let known = known.get(&*part.plain).copied();
    known.unwrap_or_else(|| lateness(part.declared))
}
