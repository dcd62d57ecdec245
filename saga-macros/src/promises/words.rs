//! Times and their parts, as messages show them.

use typed_saga_analysis::{Bound, Part, Term};
use typed_saga_definition::{Backoff, CallKind, Definition, Limit, duration};

use super::Promised;

/// The parts of a step's time, without those that take none.
pub(super) fn terms(promised: &Promised<'_>, step: u16, terms: &[Term]) -> String {
    let durable = promised.definition.durable;
    let takes = terms.iter().filter(|term| term.time != Bound::ZERO);
    let said = takes.map(|term| said(promised.definition, (step, durable), *term));
    said.collect::<Vec<_>>().join(", ")
}

fn said(saga: &Definition, (step, durable): (u16, bool), term: Term) -> String {
    let all = bound(term.time);
    let each = |times: u32| bound(divided(term.time, times));
    match term.part {
        Part::Calls(call, Limit::Times(1)) => format!("{} of {all}", one(call)),
        Part::Calls(call, Limit::Times(times)) => {
            format!("{times} {} of {} each", many(call), each(times))
        }
        Part::Again(Limit::Times(times)) => {
            format!("{times} times {} until a doubt is settled", each(times))
        }
        Part::Waits(call, Limit::Times(calls)) => {
            let backoff = saga.policy(step, call, durable).1;
            format!("waits of {}", waits(backoff, calls).unwrap_or(all))
        }
        Part::Late => format!("{all} of `#[late]`"),
        Part::Whole => format!("{all} of waiting"),
        Part::Calls(..) | Part::Again(_) | Part::Waits(..) => all,
    }
}

const fn one(call: CallKind) -> &'static str {
    match call {
        CallKind::When => "its `when`",
        CallKind::Action => "an attempt",
        CallKind::Resolve => "its `resolve`",
        CallKind::Compensate => "its compensation",
        CallKind::Fallback => "its fallback",
    }
}

const fn many(call: CallKind) -> &'static str {
    match call {
        CallKind::When => "`when`s",
        CallKind::Action => "attempts",
        CallKind::Resolve => "calls of `resolve`",
        CallKind::Compensate => "compensations",
        CallKind::Fallback => "fallbacks",
    }
}

/// The waits between `calls` calls, if they are few.
fn waits(backoff: &Backoff, calls: u32) -> Option<String> {
    let longest = Backoff {
        jitter: false,
        ..backoff.clone()
    };
    let waits = (0..calls.saturating_sub(1)).map(|failure| duration(longest.wait(failure, 0)));
    (calls < 7).then(|| waits.collect::<Vec<_>>().join(" + "))
}

fn divided(time: Bound, by: u32) -> Bound {
    match time {
        Bound::Within(time) => Bound::Within(time / by.max(1)),
        endless @ Bound::Endless(_) => endless,
    }
}

pub(super) fn bound(bound: Bound) -> String {
    bound
        .within()
        .map_or_else(|| "no bound".to_owned(), duration)
}
