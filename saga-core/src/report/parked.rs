//! What the error of a saga keeps of the saga: how far it was compensated, and the saga itself if it
//! is parked.

use crate::{
    basics::discard::quietly,
    report::{completeness::Completeness, standing::Unsettled},
};
use std::{
    any::Any,
    sync::{Mutex, PoisonError},
};

/// A parked saga without its type. (An error knows the type of its saga's errors alone.)
pub(crate) trait AnyParked: Any + Send {
    fn as_any(&self) -> &dyn Any;
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send>;
    /// Drops the saga, each value of the user's on its own.
    fn leave(self: Box<Self>);
}

/// What a failed saga leaves.
pub(super) struct Leftovers {
    pub(super) completeness: Completeness,
    pub(super) saga: KeptSaga,
}

/// A parked saga, until it is taken out of the error that keeps it.
///
/// The lock is never waited for: behind it, an error can be shared, and cross a caught panic,
/// whatever its saga contains.
#[derive(Default)]
pub(super) struct KeptSaga(Mutex<Option<Box<dyn AnyParked>>>);

impl Leftovers {
    /// What a saga leaves that is not kept; `None` if nothing remains applied.
    #[inline(never)]
    pub(super) fn of(completeness: Completeness) -> Option<Box<Self>> {
        match completeness {
            Completeness::Compensated { left } if left.is_empty() => None,
            completeness => Some(Box::new(Self {
                completeness,
                saga: KeptSaga::default(),
            })),
        }
    }

    /// What a parked saga leaves, and the saga.
    #[expect(
        clippy::unnecessary_box_returns,
        reason = "an error that does not park pays for no more than a pointer"
    )]
    #[inline(never)]
    pub(super) fn parked(unsettled: Unsettled, saga: Box<dyn AnyParked>) -> Box<Self> {
        Box::new(Self {
            completeness: Completeness::Parked(unsettled),
            saga: KeptSaga(Mutex::new(Some(saga))),
        })
    }
}

impl KeptSaga {
    fn place(&mut self) -> &mut Option<Box<dyn AnyParked>> {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the saga out if it is a `T`.
    pub(super) fn take<T: 'static>(&mut self) -> Option<Box<T>> {
        let saga = self.place().take_if(|saga| (**saga).as_any().is::<T>())?;
        saga.into_any().downcast().ok()
    }
}

impl Drop for KeptSaga {
    fn drop(&mut self) {
        if let Some(saga) = self.place().take() {
            quietly(|| saga.leave());
        }
    }
}
