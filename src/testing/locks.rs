//! Locks: if two sagas run concurrently, the schedule decides about a request as it does about a
//! call. A run that restarts keeps the keys that it had.

use super::{
    fault::Fault,
    stage::Stage,
    state::{At, Requested},
};
use std::{
    mem,
    task::{Context, Poll},
};
use typed_saga_core::{Keys, kernel::End};

impl Stage {
    /// A run enters the queues for keys; if two sagas run concurrently, once the gate admits that.
    pub(super) fn request(&self, generation: u32, step: u16, keys: Keys) {
        let at = match &self.seat {
            None => At::Line(self.locks.request(keys)),
            Some(seat) => At::Gate {
                ticket: seat.come(),
                keys,
            },
        };
        let mut state = self.state();
        if state.generation == generation {
            state.locks.push(Requested { step, at });
        }
    }

    /// Whether a run has the keys that it requested.
    pub(super) fn poll_keys(&self, step: u16, cx: &Context<'_>) -> Poll<()> {
        let mut state = self.state();
        let awaited = state.awaited.iter().find(|(of, _)| *of == step);
        let index = awaited.map(|(_, index)| *index);
        let fault = index.and_then(|index| state.called(index).fault);
        let lock = state.locks.iter_mut().rfind(|lock| lock.step == step);
        let Some(lock) = lock else {
            return Poll::Pending;
        };
        if let (Some(seat), At::Gate { ticket, keys }) = (&self.seat, &lock.at) {
            if seat.poll(*ticket, cx.waker()).is_pending() {
                return Poll::Pending;
            }
            if let Some(index) = index {
                seat.begins(index);
            }
            seat.leave(*ticket);
            lock.at = At::Line(self.locks.request(keys.clone()));
        }
        match &lock.at {
            At::Line(place) if fault != Some(Fault::TimesOut) => place.poll(cx),
            _ => Poll::Pending,
        }
    }

    /// A run leaves the queues.
    pub(super) fn withdraw(&self, generation: u32, step: u16) {
        let mut state = self.state();
        if state.generation == generation {
            let left = state.locks.iter().rposition(|lock| lock.step == step);
            let left = left.map(|at| state.locks.remove(at).at);
            if let (Some(seat), Some(At::Gate { ticket, .. })) = (&self.seat, left) {
                seat.leave(ticket);
            }
        }
    }

    /// The saga has ended: other sagas may get its keys, unless it is parked.
    pub(super) fn unlock(&self, end: End) {
        if end != End::Parked {
            let locks = mem::take(&mut self.state().locks);
            drop(locks);
        }
    }
}
