//! A gate at which the calls of two sagas wait until their schedule admits them, one at a time.

use std::{
    collections::VecDeque,
    fmt,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
};
use tokio::time::Instant;

/// One of two sagas that run concurrently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Side {
    A,
    B,
}

impl Side {
    pub(super) const BOTH: [Self; 2] = [Self::A, Self::B];

    pub(super) fn index(self) -> usize {
        self as usize
    }

    pub(super) fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A call that was admitted and has begun.
#[derive(Clone, Copy, Debug)]
pub(super) struct Made {
    pub(super) side: Side,
    /// The call's position in the story of its saga.
    pub(super) index: usize,
    pub(super) at: Instant,
}

/// The gate of two sagas. Between a call that it admits and the end of that call, it admits no other.
#[derive(Debug, Default)]
pub(super) struct Gate(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The calls of each saga that wait, in the order in which the saga makes them.
    waiting: [VecDeque<(u64, Option<Waker>)>; 2],
    /// The number of tickets that were issued.
    tickets: u64,
    /// The call that was admitted and has not ended.
    admitted: Option<u64>,
    made: Vec<Made>,
}

impl Gate {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For each of the two sagas, whether it has a call to make.
    pub(super) fn ready(&self) -> [bool; 2] {
        let state = self.state();
        Side::BOTH.map(|side| !state.waiting[side.index()].is_empty())
    }

    /// Whether an admitted call has not ended.
    pub(super) fn is_busy(&self) -> bool {
        self.state().admitted.is_some()
    }

    /// Admits the next call of a saga that has one.
    pub(super) fn admit(&self, side: Side) {
        let mut state = self.state();
        if let Some((ticket, waker)) = state.waiting[side.index()].pop_front() {
            state.admitted = Some(ticket);
            drop(state);
            waker.into_iter().for_each(Waker::wake);
        }
    }

    /// The calls that have begun, in order.
    pub(super) fn made(&self) -> Vec<Made> {
        self.state().made.clone()
    }
}

/// The place of one saga at the gate.
pub(super) struct Seat {
    pub(super) gate: Arc<Gate>,
    pub(super) side: Side,
}

impl Seat {
    /// Waits until a call is admitted.
    pub(super) async fn turn(&self) -> Turn<'_> {
        let turn = Turn {
            seat: self,
            ticket: self.come(),
        };
        poll_fn(|cx| self.poll(turn.ticket, cx.waker())).await;
        turn
    }

    /// Gets a ticket for a call or a request.
    pub(super) fn come(&self) -> u64 {
        let mut state = self.gate.state();
        let ticket = state.tickets;
        state.tickets += 1;
        state.waiting[self.side.index()].push_back((ticket, None));
        ticket
    }

    /// Whether the holder of this ticket is admitted. If not, it is woken when it is.
    pub(super) fn poll(&self, ticket: u64, waker: &Waker) -> Poll<()> {
        let mut state = self.gate.state();
        if state.admitted == Some(ticket) {
            return Poll::Ready(());
        }
        let mut waiting = state.waiting[self.side.index()].iter_mut();
        if let Some((_, known)) = waiting.find(|(waits, _)| *waits == ticket) {
            *known = Some(waker.clone());
        }
        Poll::Pending
    }

    /// What was admitted begins, at this position in the story of its saga.
    pub(super) fn begins(&self, index: usize) {
        let side = self.side;
        let at = Instant::now();
        self.gate.state().made.push(Made { side, index, at });
    }

    /// What was admitted has ended, or will not happen any more.
    pub(super) fn leave(&self, ticket: u64) {
        let mut state = self.gate.state();
        if state.admitted == Some(ticket) {
            state.admitted = None;
        }
        state.waiting[self.side.index()].retain(|(waits, _)| *waits != ticket);
    }
}

/// The turn of one call, which ends when this is dropped.
pub(super) struct Turn<'a> {
    seat: &'a Seat,
    ticket: u64,
}

impl Turn<'_> {
    /// The call begins, at this position in the story of its saga.
    pub(super) fn begins(&self, index: usize) {
        self.seat.begins(index);
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.seat.leave(self.ticket);
    }
}
