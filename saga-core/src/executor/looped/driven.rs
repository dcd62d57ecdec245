//! A loop as what drives a saga sees it: its items, and how a lane for one is made.

use super::{
    LoopRun,
    lanes::{Lanes, MakeLane},
};
use crate::{
    calls::{
        journal::Journal,
        loops::{LoopReport, Looped},
        perform::Scope,
    },
    executor::rules::Rules,
    report::raised::AnyFailure,
    values::call::CallSite,
};
use std::{future::poll_fn, pin::pin};
use tokio::time::Sleep;

/// The items of a loop that are to be driven to their end.
pub struct DrivenItems<'a, 'm, J> {
    pub(crate) rules: &'static Rules,
    pub(crate) at: CallSite,
    pub(crate) failure: Option<&'a dyn AnyFailure>,
    pub(crate) looped: Box<Looped>,
    pub(crate) scope: &'a Scope<'a, J>,
    pub(crate) make: &'m MakeLane<'a, 'm>,
}

impl<J: Journal> DrivenItems<'_, '_, J> {
    /// Runs the items of a loop to their end, forward or back.
    pub async fn run(self) -> Box<LoopReport> {
        let make = self.make;
        let mut run = LoopRun::new(self);
        // Dropped before the run: calls read what it has.
        let mut lanes = Lanes {
            running: Vec::new(),
            make,
        };
        let mut timer = pin!(None::<Sleep>);
        poll_fn(|cx| run.poll(&mut lanes, timer.as_mut(), cx)).await;
        drop(lanes);
        Box::new(run.report())
    }
}
