//! The calls and waits of a run: how long each takes, and which events end it.

use super::millis;
use crate::{
    definition::{Backoff, Timing},
    kernel::{
        Command, Event, Lane,
        tests::{
            build::Saga,
            tree::{Move, Path, Tree, ends_call},
            world::declared,
        },
    },
};

fn limit(timing: Option<&Timing>) -> u64 {
    timing.map_or(0, |timing| millis(timing.get()))
}

fn wait(backoff: &Backoff, failure: u32) -> u64 {
    let longest = Backoff {
        jitter: false,
        ..backoff.clone()
    };
    millis(longest.wait(failure, 0))
}

/// Whether it takes no time.
pub(super) fn is_at_once(saga: &Saga, what: Move) -> bool {
    let Move::Hear(event) = what else {
        return true;
    };
    match event {
        Event::Attempting { .. }
        | Event::Awaiting { .. }
        | Event::WhenPanicked { .. }
        | Event::Decided { .. }
        | Event::Resolving { .. }
        | Event::Compensating { .. }
        | Event::FallingBack { .. }
        | Event::Received { .. }
        | Event::RerunRefused { .. }
        | Event::Kept { .. } => true,
        Event::Skipped { step } => declared(saga, step).when.is_some(),
        Event::TurnDeclined { step } => {
            let savepoint = &declared(saga, step).savepoint;
            let refused = saga.next() == Command::Refuse { step };
            refused || savepoint.as_ref().is_some_and(|it| it.conditional)
        }
        // The time of a child saga is that of its own calls and waits.
        _ => {
            let nested = event
                .step()
                .is_some_and(|step| declared(saga, step).is_nested());
            let fallback = matches!(
                event,
                Event::FellBack { .. } | Event::FallbackDeclined { .. }
            );
            nested && ends_call(event) && !fallback
        }
    }
}

/// The calls and waits that take time now.
pub(super) fn doing(tree: &Tree) -> Vec<(Path, u16, Command)> {
    let active = tree.active().into_iter();
    let all = active.flat_map(|(path, tree)| {
        let own = own(tree).into_iter();
        own.map(move |(step, command)| (path.clone(), step, command))
    });
    all.collect()
}

fn own(tree: &Tree) -> Vec<(u16, Command)> {
    let saga = &tree.saga;
    let calls = tree.calls();
    let mut doing: Vec<_> = calls
        .map(|(step, call)| (step, Command::call(step, call)))
        .collect();
    let mut add = |command: Command| match command {
        Command::AwaitLate { step, .. }
        | Command::Backoff { step, .. }
        | Command::Listen { step }
        | Command::Sleep { step }
        | Command::Acquire { step }
        | Command::Turn { step, .. } => doing.push((step, command)),
        _ => {}
    };
    match saga.next() {
        Command::Group { first, len } => {
            for step in first..first + len {
                if let Lane::Run(command) = saga.lane(step) {
                    add(command);
                }
            }
        }
        command => add(command),
    }
    doing
}

pub(super) fn takes(saga: &Saga, step: u16, command: Command) -> u64 {
    let declared = declared(saga, step);
    match command {
        Command::Call { call, .. } => limit(call.limit(declared)),
        Command::Backoff { call, failure, .. } => wait(saga.policy(step, call).1, failure),
        Command::Turn { failure, .. } => {
            let savepoint = declared.savepoint.as_ref().unwrap();
            wait(&savepoint.backoff, failure)
        }
        Command::Listen { .. } | Command::Sleep { .. } | Command::Acquire { .. } => {
            limit(declared.timeout.as_ref())
        }
        _ => unreachable!("{command:?} takes no time"),
    }
}

/// Whether the event ends this call or wait.
pub(super) fn ends(command: Command, event: Event) -> bool {
    match command {
        Command::Call { .. } => ends_call(event) && !matches!(event, Event::Lost { .. }),
        Command::AwaitLate { .. } => matches!(event, Event::LatePassed { .. }),
        Command::Backoff { .. } => matches!(event, Event::Waited { .. }),
        Command::Listen { .. } => {
            matches!(event, Event::TimedOut { .. } | Event::Signalled { .. })
        }
        Command::Sleep { .. } => matches!(event, Event::Woken { .. }),
        Command::Acquire { .. } => {
            matches!(event, Event::TimedOut { .. } | Event::Woken { .. })
        }
        Command::Turn { .. } => matches!(event, Event::Turned { .. }),
        _ => false,
    }
}
