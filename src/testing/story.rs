//! What happened on one path, call by call.

use super::{
    cast::Cast,
    fault::Fault,
    identity::Identity,
    path::{Code, Site},
};
use std::{any::TypeId, time::Duration};
use typed_saga_core::{CallKind, Verdict};

/// Something that happened.
#[derive(Clone, Debug)]
pub(super) enum Scene {
    Call(Called),
    /// A late request was carried out, this long after its attempt ended.
    Arrived {
        step: u16,
        after: Duration,
    },
    /// The process ended, and another one continued the saga.
    Restarted,
    /// The saga had rolled back to the savepoint at this step, and runs forward again.
    Turned {
        step: u16,
    },
}

/// One call.
#[derive(Clone, Debug)]
pub(super) struct Called {
    pub(super) site: Site,
    /// How often each child saga has begun that contains the step, the outermost first, and the round
    /// of the step.
    pub(super) round: (Vec<usize>, u32),
    pub(super) identity: Identity,
    /// The type of its error, if it has one.
    pub(super) error: Option<TypeId>,
    pub(super) fault: Option<Fault>,
    pub(super) end: CallEnd,
}

/// How a call ended, from the saga's point of view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CallEnd {
    /// It was cut off, or is still running.
    Open,
    Ok,
    /// The answer of `resolve`: whether the action happened.
    Answered(bool),
    /// It failed; `own` if the call itself, not a fault, decided that.
    Failed {
        own: bool,
        words: Option<String>,
        /// The verdict on the error, if the call is an action.
        verdict: Option<Verdict>,
    },
    TimedOut,
    Panicked,
}

/// Everything that happened, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Story(pub(super) Vec<Scene>);

impl Story {
    pub(super) fn calls(&self) -> impl DoubleEndedIterator<Item = &Called> {
        self.0.iter().filter_map(|scene| match scene {
            Scene::Call(called) => Some(called),
            Scene::Arrived { .. } | Scene::Restarted | Scene::Turned { .. } => None,
        })
    }

    /// The calls of one code of a step.
    pub(super) fn calls_of(
        &self,
        step: u16,
        call: CallKind,
    ) -> impl DoubleEndedIterator<Item = &Called> {
        let of = move |called: &&Called| (called.site.step, called.site.call) == (step, call);
        self.calls().filter(of)
    }

    /// The calls of one code of a step that returned `Ok`.
    pub(super) fn done(&self, step: u16, call: CallKind) -> impl Iterator<Item = &Called> {
        self.calls_of(step, call)
            .filter(|called| called.end == CallEnd::Ok)
    }

    /// Whether the saga has to assume that an earlier attempt of the action, in the same round, may
    /// have taken effect.
    pub(super) fn may_be_done_before(&self, called: &Called) -> bool {
        let Site { step, nth, .. } = called.site;
        let earlier = self
            .calls_of(step, CallKind::Action)
            .filter(|earlier| earlier.site.nth < nth && earlier.round == called.round);
        let mut faults = earlier.map(|earlier| (earlier.fault, &earlier.end));
        faults.any(|(fault, end)| match fault {
            Some(fault) => fault.loses_answer() || fault.arrives(),
            None => *end == CallEnd::Open,
        })
    }

    /// How long after its attempt a request of the step arrived, if one did, and the story before
    /// that.
    pub(super) fn arrived(&self, step: u16) -> Option<(Duration, Self)> {
        let late = |scene: &Scene| match scene {
            Scene::Arrived { step: of, after } => (*of == step).then_some(*after),
            Scene::Call(_) | Scene::Restarted | Scene::Turned { .. } => None,
        };
        let position = self.0.iter().position(|scene| late(scene).is_some())?;
        let after = late(&self.0[position])?;
        Some((after, Self(self.0[..position].to_vec())))
    }

    /// A line for each call, each end of a process, and each request that arrives late.
    pub(super) fn lines(&self, cast: &Cast) -> Vec<String> {
        let lines = self.0.iter().filter_map(|scene| match scene {
            Scene::Call(called) => Some(line(called, cast)),
            Scene::Restarted => Some("the process ends, and another one goes on".to_owned()),
            Scene::Arrived { step, after } => {
                let step = &cast.part(*step).path;
                Some(format!(
                    "the request of `{step}` that is still in flight is done, {after:?} later"
                ))
            }
            Scene::Turned { .. } => None,
        });
        lines.collect()
    }
}

fn line(called: &Called, cast: &Cast) -> String {
    let part = cast.part(called.site.step);
    let mut line = Code::of(&part, called.site.call).to_string();
    if let Some(fault) = called.fault {
        let waits = called.site.call == CallKind::Action && !part.declared.kind.acts();
        let predicate = if waits {
            fault.predicate_of_wait()
        } else {
            fault.predicate()
        };
        line = format!("{line} {predicate}");
    }
    let heard = match &called.end {
        CallEnd::Open => return line,
        CallEnd::Ok => "ok".to_owned(),
        CallEnd::Answered(true) => "it happened".to_owned(),
        CallEnd::Answered(false) => "it did not happen, and no longer can".to_owned(),
        CallEnd::Failed { words: None, .. } => "error".to_owned(),
        CallEnd::Failed {
            words: Some(words), ..
        } => format!("error: {words}"),
        CallEnd::TimedOut => "timed out".to_owned(),
        CallEnd::Panicked => "panicked".to_owned(),
    };
    format!("{line} → {heard}")
}
