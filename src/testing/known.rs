//! What a test knows of a saga: its errors, and the values of its signals.

use super::{run::Signals, trouble::verdicts};
use saga_core::{Machine, Verdict};

/// What the test can make.
pub(super) struct Known {
    pub(super) verdicts: Vec<Verdict>,
    /// What `#[classify]` takes them for, in the same order.
    judged: Vec<Verdict>,
    /// The signals that it sends.
    pub(super) signals: Vec<u16>,
}

impl Known {
    pub(super) fn of<M: Machine>(
        error: &dyn Fn(Verdict) -> Option<M::Error>,
        signals: &Signals<M>,
    ) -> Self {
        let given = verdicts(M::DEFINITION).iter().filter_map(|verdict| {
            let error = error(*verdict)?;
            Some((*verdict, M::classify(&error)))
        });
        let (verdicts, judged) = given.unzip();
        Self {
            verdicts,
            judged,
            signals: signals.keys().copied().collect(),
        }
    }

    /// Errors that are taken for something else than they mean.
    pub(super) fn misjudged(&self) -> impl Iterator<Item = (Verdict, Verdict)> {
        let pairs = self
            .verdicts
            .iter()
            .copied()
            .zip(self.judged.iter().copied());
        pairs.filter(|(meant, judged)| meant != judged)
    }
}
