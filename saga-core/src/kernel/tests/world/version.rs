//! The facts outside, for a saga that continues under another version.

use super::{Stage, World};

impl World {
    /// Whether the step was ever called.
    pub(in crate::kernel::tests) fn knows(&self, step: usize) -> bool {
        self.0
            .get(step)
            .is_some_and(|of| of.stage != Stage::Untouched)
    }

    /// The same world, for a version of the saga that has so many steps.
    pub(in crate::kernel::tests) fn of_steps(&self, steps: usize) -> Self {
        let Self(mut operations, mut mail, _, mut flights) = Self::new(steps);
        for step in 0..steps.min(self.0.len()) {
            (operations[step], mail[step]) = (self.0[step], self.1[step]);
            flights[step] = self.3[step];
        }
        Self(operations, mail, self.2, flights)
    }
}
