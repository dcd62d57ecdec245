//! The service that all steps call.

use std::hint::black_box;

/// Answers at once.
#[derive(Clone, Copy, Debug)]
pub struct Shop {
    refuses: u64,
}

/// The shop refused the step of that number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "full", derive(serde::Serialize, serde::Deserialize))]
pub struct Refused(pub u64);

#[allow(
    clippy::unused_async,
    reason = "what a step awaits is a future, as it would be with a real service"
)]
impl Shop {
    /// Refuses nothing.
    #[must_use]
    pub const fn open() -> Self {
        Self { refuses: u64::MAX }
    }

    /// Refuses the step that comes after this many others.
    #[must_use]
    pub const fn refusing(step: u64) -> Self {
        Self { refuses: step }
    }

    /// Performs the step that comes after `n` others.
    ///
    /// # Errors
    /// If the shop refuses it.
    pub async fn act(&self, n: u64) -> Result<u64, Refused> {
        if n == self.refuses {
            return Err(Refused(n));
        }
        #[cfg(test)]
        tests::ACTED.with(|acted| acted.set(acted.get() + 1));
        Ok(work(n))
    }

    /// Undoes a step.
    ///
    /// # Errors
    /// Never.
    pub async fn undo(&self, n: u64) -> Result<(), Refused> {
        #[cfg(test)]
        tests::UNDONE.with_borrow_mut(|undone| undone.push(n));
        work(n);
        Ok(())
    }
}

/// A little work that the compiler cannot do in advance.
#[inline(never)]
fn work(n: u64) -> u64 {
    black_box(n).wrapping_add(1)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::{Cell, RefCell};

    thread_local! {
        pub(crate) static ACTED: Cell<usize> = const { Cell::new(0) };
        pub(crate) static UNDONE: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
    }

    /// How many steps were performed since the last call, and which were undone, in this order.
    pub(crate) fn taken() -> (usize, Vec<u64>) {
        (ACTED.take(), UNDONE.take())
    }
}
