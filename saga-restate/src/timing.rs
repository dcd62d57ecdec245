//! What follows from the durations of a declaration.

use std::time::Duration;
use thiserror::Error;
use typed_saga::{
    definition::{
        Definition,
        parts::{Kind, Timing},
    },
    runtime::CallKind,
};

/// Why a saga cannot run on Restate as it is declared.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Unfit {
    /// The request of a call may still arrive when its step is settled, or has been undone.
    #[error(
        "`#[late]` of `{step}` is {late:?}: it must cover the guard ({guard:?}) and the timeout of the step ({timeout:?}), \
         since a service that has lost its connection may begin a call that late"
    )]
    Late {
        /// The step, by path.
        step: String,
        /// Its `#[late]`.
        late: Duration,
        /// How long after a commit its calls may start.
        guard: Duration,
        /// Its `#[timeout]`.
        timeout: Duration,
    },
    /// Nobody would hand over its events.
    #[error("`{saga}` has events, and no `publish`: Restate keeps no outbox for others to read")]
    NoPublish {
        /// The saga.
        saga: String,
    },
}

/// How long the longest call of a saga may take.
pub(crate) fn longest(definition: &Definition) -> Duration {
    let kinds = [
        CallKind::Action,
        CallKind::Resolve,
        CallKind::Compensate,
        CallKind::Fallback,
    ];
    let steps = definition.steps.iter().map(|step| {
        // What waits makes no call, but for its fallback.
        let waits = matches!(step.kind, Kind::Signal | Kind::Sleep);
        let kinds = if waits { &kinds[3..] } else { &kinds[..] };
        let own = kinds.iter().filter_map(|kind| kind.limit(step));
        let own = own.map(Timing::get).max();
        let child = step.child.as_ref().map(|child| longest(&child.definition));
        own.max(child).unwrap_or_default()
    });
    let publish = definition.publish.as_ref();
    let publish = publish.and_then(|publish| Some(publish.timeout.as_ref()?.get()));
    steps.chain(publish).max().unwrap_or_default()
}

/// Whether the saga may run under this guard.
pub(crate) fn check(definition: &Definition, guard: Duration) -> Result<(), Unfit> {
    if definition.emits.is_some() && definition.publish.is_none() {
        let saga = definition.name.to_string();
        return Err(Unfit::NoPublish { saga });
    }
    check_steps(definition, guard, "")
}

fn check_steps(definition: &Definition, guard: Duration, path: &str) -> Result<(), Unfit> {
    for step in definition.steps.iter() {
        let name = format!("{path}{}", step.name);
        let each = step
            .items
            .as_ref()
            .and_then(|items| items.each.steps.last());
        let step = each.unwrap_or(step);
        if let Some(child) = &step.child {
            check_steps(&child.definition, guard, &format!("{name}/"))?;
            continue;
        }
        // What drops a second request under its key does not mind when that arrives, unless the step
        // is undone before.
        let covers = |_: &&Timing| !step.idempotent || step.late_undo;
        let Some(late) = step.late.as_ref().filter(covers) else {
            continue;
        };
        let late = late.get();
        let timeout = step.timeout.as_ref().map_or(Duration::ZERO, Timing::get);
        if late < guard + timeout {
            return Err(Unfit::Late {
                step: name,
                late,
                guard,
                timeout,
            });
        }
    }
    Ok(())
}
