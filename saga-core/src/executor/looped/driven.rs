//! A loop as what drives a saga sees it: its items, and how a lane for one is made.

use super::{
    LoopRun, Stage,
    lanes::{Lanes, MakeLane},
};
use crate::{
    calls::{
        journal::Journal,
        loops::{LoopReport, Looped},
        perform::Scope,
        watch::{Item, Watch},
    },
    executor::{rules::Rules, run_state::RunState},
    kernel::LoopKernel,
    report::raised::AnyFailure,
    values::call::{CallKind, CallSite},
};
use std::{collections::BTreeMap, future::poll_fn, mem, pin::pin};
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

impl<'a, J: Journal> LoopRun<'a, J> {
    fn new(items: DrivenItems<'a, '_, J>) -> Self {
        let DrivenItems {
            rules,
            at,
            failure,
            looped,
            scope,
            ..
        } = items;
        let step = at.step;
        let Looped {
            mut state,
            audience,
            seed,
            limit,
            ..
        } = *looped;
        let goes_on = state.goes_on.take();
        if goes_on.is_none() {
            for kernel in &mut state.kernels[..state.count] {
                kernel.take_up();
            }
        }
        let items = rules.definition.steps[usize::from(step)].items.as_ref();
        let at_a_time = items.map_or(1, |items| items.concurrent);
        let watch = Watch {
            audience,
            seed,
            item: Some(Item { step, index: 0 }),
            items_limit: Some(limit),
            ended: true,
            ..Watch::default()
        };
        let stage = match at.call {
            CallKind::Compensate => Stage::Back,
            _ => Stage::Forward,
        };
        let definition = rules.each(step);
        let watch = Some(Box::new(watch));
        let mut run = RunState::new(rules, definition, J::DURABLE, watch);
        if !state.lost.is_empty() {
            run.aside.get_or_insert_default().lost = mem::take(&mut state.lost);
        }
        let mut looping = Self {
            run,
            next: if stage == Stage::Back { state.count } else { 0 },
            state,
            scope,
            step,
            definition,
            stage,
            at_a_time: usize::try_from(at_a_time).unwrap_or(usize::MAX).max(1),
            failure,
            reason: None,
            kernel: LoopKernel::of(at.call),
            at_hand: BTreeMap::new(),
        };
        if stage == Stage::Back {
            looping.note_why();
        }
        if let Some(goes_on) = goes_on {
            looping.go_on(*goes_on);
        }
        looping
    }
}
