//! Detects interference of two sagas: compares their result with the results of running one after
//! the other.

use super::{
    gate::{Made, Side},
    pair::Played,
    run::{Ran, Stopped},
    story::{Called, Scene},
};
use typed_saga_core::{Summary, kernel::End};

/// A run of two sagas, and its result.
pub(super) struct Outcome<S> {
    pub(super) played: Played,
    pub(super) state: S,
}

impl<S> Outcome<S> {
    fn ran(&self, side: Side) -> Option<&Ran> {
        self.played.rans[side.index()].as_ref()
    }

    /// How a saga ended; `None` if it did not end. A saga that did not run leaves as much as one
    /// that was compensated.
    pub(super) fn end(&self, side: Side) -> Option<End> {
        match self.ran(side) {
            Some(ran) => ran.end.as_ref().ok().map(Summary::end),
            None => Some(End::Compensated),
        }
    }

    fn ends(&self) -> [Option<End>; 2] {
        Side::BOTH.map(|side| self.end(side))
    }

    pub(super) fn stopped(&self, side: Side) -> Option<&Stopped> {
        self.ran(side)?.end.as_ref().err()
    }

    pub(super) fn call(&self, made: Made) -> Option<&Called> {
        match self.ran(made.side)?.story.0.get(made.index)? {
            Scene::Call(called) => Some(called),
            Scene::Arrived { .. } | Scene::Restarted | Scene::Turned { .. } => None,
        }
    }

    /// The call here that corresponds to `call`, a call in another outcome, if it was made here.
    pub(super) fn same(&self, side: Side, call: &Called) -> Option<&Called> {
        let mut calls = self.ran(side)?.story.calls();
        calls.find(|called| called.site == call.site)
    }
}

/// The results of running two sagas one after the other.
pub(super) struct Serial<S> {
    /// With `A` first, and with `B` first.
    pub(super) orders: [Outcome<S>; 2],
    /// Without `A`, without `B`, and without both: the results of a saga that is compensated.
    pub(super) without: [Outcome<S>; 3],
}

/// How a result of two sagas differs from all serial results.
pub(super) enum Deviation {
    /// These sagas park, or do not end.
    Stops(Vec<Side>),
    /// The state is different.
    State,
}

impl<S: PartialEq> Serial<S> {
    /// The deviation of a result, if it deviates.
    pub(super) fn deviation(&self, here: &Outcome<S>) -> Option<Deviation> {
        let stops = |side: &Side| {
            let end = here.end(*side);
            let also = self.orders.iter().any(|order| order.end(*side) == end);
            matches!(end, None | Some(End::Parked)) && !also
        };
        let stops: Vec<_> = Side::BOTH.into_iter().filter(stops).collect();
        if !stops.is_empty() {
            return Some(Deviation::Stops(stops));
        }
        let is_right = self.comparable(here).any(|(_, it)| it.state == here.state);
        (!is_right).then_some(Deviation::State)
    }
}

impl<S> Serial<S> {
    /// The serial results in which each saga ended as in `here`, with their indices: the two orders
    /// first.
    fn comparable<'a>(
        &'a self,
        here: &'a Outcome<S>,
    ) -> impl Iterator<Item = (usize, &'a Outcome<S>)> {
        let all = self.orders.iter().chain(&self.without).enumerate();
        all.filter(|(_, it)| it.ends() == here.ends())
    }

    /// The results that a report shows for comparison: both orders, and those without a saga that
    /// ended as it did in `here`. Each with the sagas that ran, in order.
    pub(super) fn shown<'a>(
        &'a self,
        here: &'a Outcome<S>,
    ) -> impl Iterator<Item = (&'static [Side], &'a S)> {
        let orders = self.orders.iter().enumerate();
        let without = self.comparable(here).filter(|(index, _)| *index > 1);
        let all = orders.chain(without);
        all.map(|(index, outcome)| (ORDERS[index], &outcome.state))
    }
}

/// The sagas that run in each serial result, one after the other.
pub(super) const ORDERS: [&[Side]; 5] = [
    &[Side::A, Side::B],
    &[Side::B, Side::A],
    &[Side::B],
    &[Side::A],
    &[],
];
