//! The smallest change with which a promise is kept, tried on the definition before it is proposed.

use std::time::Duration;

use typed_saga_analysis::{Analysis, Endless, Why};
use typed_saga_definition::{
    Backoff, Call, CallKind, Compensation, Definition, Kind, Limit, Retry, Step, Timing, duration,
};

use super::Promised;
use crate::errors;

/// The calls that have a limit of their own.
const CALLS: [CallKind; 4] = [
    CallKind::Action,
    CallKind::Resolve,
    CallKind::Compensate,
    CallKind::Fallback,
];

/// The greatest number of attempts that is proposed.
const MOST: u32 = 20;

/// A change that the user could make.
#[derive(Clone, Copy)]
pub(super) enum Change {
    /// `#[timeout(d)]` on the action or a clause of a step.
    Timeout(u16, CallKind, Duration),
    /// `#[retry(n)]` on the action or a clause of a step, with the waits that it has.
    Retry(u16, CallKind, u32),
    /// `#[savepoint(n)]`, with the waits that it has.
    Turns(u16, u32),
    /// `#[timeout(d)]` on the saga.
    Limits(Duration),
    /// `#[within(d)]` on the saga.
    Within(Duration),
    /// Another duration in `#[holds]`.
    Lasts(u16, Duration),
}

impl Promised<'_> {
    pub(super) fn changed(&self, change: Change) -> Definition {
        let mut definition = self.definition.clone();
        let steps = definition.steps.to_mut();
        match change {
            Change::Timeout(step, call, limit) => {
                let step = &mut steps[usize::from(step)];
                if let Some((timeout, _)) = policies(step, call) {
                    *timeout = Some(Timing::Fixed(limit));
                }
            }
            Change::Retry(step, call, times) => {
                let step = &mut steps[usize::from(step)];
                if let Some((_, retry)) = policies(step, call) {
                    *retry = Some(retried(retry.as_ref(), times));
                }
            }
            Change::Turns(step, times) => {
                if let Some(savepoint) = &mut steps[usize::from(step)].savepoint {
                    savepoint.limit = Limit::Times(times);
                }
            }
            Change::Limits(limit) => {
                for step in steps.iter_mut().filter(|step| step.kind.acts()) {
                    for call in CALLS {
                        if let Some((timeout, _)) = policies(step, call) {
                            timeout.get_or_insert(Timing::Fixed(limit));
                        }
                    }
                }
            }
            Change::Within(within) => definition.within = Some(within),
            Change::Lasts(step, lasts) => {
                if let Some(hold) = &mut steps[usize::from(step)].holds {
                    hold.lasts = lasts;
                }
            }
        }
        definition
    }

    /// Whether `kept` is true after a change.
    fn mends(&self, change: Change, kept: &impl Fn(&Analysis<'_>, &Definition) -> bool) -> bool {
        let changed = self.changed(change);
        kept(&Analysis::of(&changed), &changed)
    }

    /// The changes of a step's policies with which a promise is `kept`, each as small as possible:
    /// of its limits, and of its numbers of attempts.
    pub(super) fn smaller(
        &self,
        step: u16,
        kept: impl Fn(&Analysis<'_>, &Definition) -> bool,
    ) -> Vec<Change> {
        let limits = CALLS.into_iter().filter_map(|call| {
            let declared = &self.definition.steps[usize::from(step)];
            let Timing::Fixed(now) = call.limit(declared)? else {
                return None;
            };
            let unit = unit_of(*now);
            let shorter = |units| Change::Timeout(step, call, unit * units);
            let most = u32::try_from(now.as_nanos() / unit.as_nanos()).unwrap_or(u32::MAX);
            let units = largest(most, |units| self.mends(shorter(units), &kept))?;
            Some(shorter(units))
        });
        let counts = CALLS.into_iter().filter_map(|call| {
            let (limit, _) = self.definition.policy(step, call, self.definition.durable);
            let most = match limit {
                Limit::Times(times) => times.saturating_sub(1),
                Limit::Forever => MOST,
            };
            let fewer = |times| Change::Retry(step, call, times);
            let times = largest(most, |times| self.mends(fewer(times), &kept))?;
            Some(fewer(times))
        });
        limits.chain(counts).collect()
    }

    /// Fewer reruns from one savepoint, if a promise is `kept` with them.
    pub(super) fn fewer_turns(
        &self,
        kept: impl Fn(&Analysis<'_>, &Definition) -> bool,
    ) -> Vec<Change> {
        let steps = (0..).zip(self.definition.steps.iter());
        let changes = steps.filter_map(|(step, declared)| {
            let Limit::Times(turns) = declared.savepoint.as_ref()?.limit else {
                return None;
            };
            let fewer = |times| Change::Turns(step, times);
            largest(turns.saturating_sub(1), |times| {
                self.mends(fewer(times), &kept)
            })
            .map(fewer)
        });
        changes.collect()
    }

    /// The change, if a promise is `kept` with it.
    pub(super) fn kept_with(
        &self,
        change: Change,
        kept: impl Fn(&Analysis<'_>, &Definition) -> bool,
    ) -> Option<Change> {
        self.mends(change, &kept).then_some(change)
    }

    /// The changes that bound an endless time, if a promise is `kept` with them; none is longer
    /// than the promise.
    pub(super) fn bounds(
        &self,
        endless: Endless,
        promised: Duration,
        kept: impl Fn(&Analysis<'_>, &Definition) -> bool,
    ) -> Vec<Change> {
        let Endless { step, call, why } = endless;
        let declared = &self.definition.steps[usize::from(step)];
        // A wait may need a duration that is computed from what it reads.
        let is_computed = || {
            let limit = call.limit(declared).filter(|_| declared.kind.acts());
            limit.is_some_and(|limit| !matches!(limit, Timing::Fixed(_)))
        };
        let change = match why {
            Why::Computed if !is_computed() => None,
            Why::NoTimeout | Why::Computed => {
                let unit = unit_of(promised);
                let limit = |units| Change::Timeout(step, call, unit * units);
                let most = u32::try_from(promised.as_nanos() / unit.as_nanos());
                let most = most.unwrap_or(u32::MAX);
                let limits = |units| Change::Limits(unit * units);
                let one = largest(most, |units| self.mends(limit(units), &kept)).map(limit);
                let all = || largest(most, |units| self.mends(limits(units), &kept));
                one.or_else(|| all().map(limits))
            }
            Why::Forever => {
                let tries = |times| Change::Retry(step, call, times);
                largest(MOST, |times| self.mends(tries(times), &kept)).map(tries)
            }
            Why::Items | Why::UnknownSaga => None,
        };
        change.into_iter().collect()
    }

    /// The change as the user writes it.
    fn written(&self, change: Change) -> String {
        let on = |step: u16, call: CallKind| match call {
            CallKind::Action | CallKind::When => format!("on `{}`", self.name(step)),
            call => format!("on the {call} of `{}`", self.name(step)),
        };
        match change {
            Change::Timeout(step, _, limit) if self.step(step).kind == Kind::Sleep => {
                format!("`sleep {}({})`", self.name(step), duration(limit))
            }
            Change::Timeout(step, call, limit) => {
                format!("`#[timeout({})]` {}", duration(limit), on(step, call))
            }
            Change::Retry(step, call, times) => {
                let mut declared = self.definition.steps[usize::from(step)].clone();
                let now = policies(&mut declared, call).and_then(|(_, retry)| retry.clone());
                let retry = attribute("retry", &retried(now.as_ref(), times), false);
                format!("`{retry}` {}", on(step, call))
            }
            Change::Turns(step, times) => {
                let now = self.definition.steps[usize::from(step)].savepoint.as_ref();
                let more = now.is_some_and(|it| it.conditional || it.on.is_some());
                let retry = now.map(|savepoint| Retry {
                    limit: savepoint.limit,
                    backoff: savepoint.backoff.clone(),
                });
                let savepoint = attribute("savepoint", &retried(retry.as_ref(), times), more);
                format!("`{savepoint}` on `{}`", self.name(step))
            }
            Change::Limits(limit) => format!("`#[timeout({})]` on the saga", duration(limit)),
            Change::Within(within) => {
                format!("`#[within({})]` on the saga", duration(within))
            }
            Change::Lasts(step, lasts) => {
                let hold = self.step(step).attrs.holds.as_ref();
                let until = hold.and_then(|hold| hold.until.as_ref());
                let until = until.map_or_else(String::new, |it| format!(", until = {}", it.name));
                let (lasts, name) = (duration(lasts), self.name(step));
                format!("`#[holds({lasts}{until})]` on `{name}`, if the effect lasts that long")
            }
        }
    }

    /// The help: one of these changes, or else `otherwise`.
    pub(super) fn advice(&self, changes: &[Change], otherwise: &str) -> String {
        self.advice_with(changes, otherwise, |_| String::new())
    }

    /// The help, with what is `said` about each change.
    pub(super) fn advice_with(
        &self,
        changes: &[Change],
        otherwise: &str,
        said: impl Fn(Change) -> String,
    ) -> String {
        let ways = changes.iter();
        let ways = ways.map(|change| self.written(*change) + &said(*change));
        let mut ways: Vec<_> = ways.collect();
        match ways.len() {
            0 => otherwise.to_owned(),
            1 => format!("write {}", ways.remove(0)),
            _ => errors::ways("write one of:", &ways),
        }
    }
}

/// The limit and the attempts of a call, if the step has that call.
fn policies(step: &mut Step, call: CallKind) -> Option<(&mut Option<Timing>, &mut Option<Retry>)> {
    fn of_call(call: &mut Call) -> (&mut Option<Timing>, &mut Option<Retry>) {
        (&mut call.timeout, &mut call.retry)
    }
    match call {
        CallKind::Action | CallKind::When => Some((&mut step.timeout, &mut step.retry)),
        CallKind::Resolve => step.resolve.as_deref_mut().map(of_call),
        CallKind::Fallback => step.fallback.as_deref_mut().map(of_call),
        CallKind::Compensate => match &mut step.compensation {
            Compensation::Declared { call, .. } => Some(of_call(call)),
            _ => None,
        },
    }
}

/// A `#[retry]` of `times` attempts, with the waits of `now`.
fn retried(now: Option<&Retry>, times: u32) -> Retry {
    let limit = Limit::Times(times);
    match now {
        Some(now) => Retry {
            limit,
            ..now.clone()
        },
        None => Retry {
            limit,
            backoff: Backoff::DEFAULT.into(),
        },
    }
}

/// The attribute as the user writes it; `more`: it has arguments besides the count and the waits.
fn attribute(name: &str, retry: &Retry, more: bool) -> String {
    let times = match retry.limit {
        Limit::Times(times) => times.to_string(),
        Limit::Forever => "forever".to_owned(),
    };
    let Backoff { base, cap, jitter } = retry.backoff.get();
    match (base, cap) {
        _ if more || !jitter => format!("#[{name}({times}, …)]"),
        _ if *retry.backoff == Backoff::DEFAULT => format!("#[{name}({times})]"),
        (Timing::Fixed(base), Timing::Fixed(cap)) => {
            format!(
                "#[{name}({times}, {}..{})]",
                duration(*base),
                duration(*cap)
            )
        }
        _ => format!("#[{name}({times}, …)]"),
    }
}

/// The time, rounded up to whole units.
pub(super) fn whole(time: Duration) -> Duration {
    let unit = match time.as_secs() {
        0 => Duration::from_millis(1),
        1..120 => Duration::from_secs(1),
        _ => Duration::from_secs(60),
    };
    let units = time.as_nanos().div_ceil(unit.as_nanos());
    unit.saturating_mul(u32::try_from(units).unwrap_or(u32::MAX))
}

/// The unit in which a limit of this length is changed.
fn unit_of(time: Duration) -> Duration {
    if time > Duration::from_secs(1) {
        Duration::from_secs(1)
    } else {
        Duration::from_millis(1)
    }
}

/// The largest number from 1 to `most` that is right, provided that all numbers after a wrong one
/// are wrong.
fn largest(most: u32, is_right: impl Fn(u32) -> bool) -> Option<u32> {
    let (mut right, mut wrong) = (0, most.saturating_add(1));
    while wrong - right > 1 {
        let middle = right + (wrong - right) / 2;
        if is_right(middle) {
            right = middle;
        } else {
            wrong = middle;
        }
    }
    (right > 0).then_some(right)
}
