//! The deadline of a saga that continues under another version, where both promise `#[within]`.

use crate::{journal::fold::Folded, store::Time};
use std::time::Duration;
use typed_saga_core::{
    Definition, Direction,
    kernel::{Cancellation, Phase},
};

/// The time that a saga has before it rolls back, however much longer its pivot may take now: if the
/// promise allows that.
const AT_LEAST: Duration = Duration::from_secs(60);

/// The deadline of a saga that continues under `is` at `now`, if it is not the one that is recorded:
/// the pivot of `is` may take longer, and the promise with which the saga began includes it.
pub(crate) fn moved(folded: &Folded, is: &Definition, now: Time) -> Option<Time> {
    let recorded = folded.deadline?;
    let kernel = &folded.run.kernel;
    let pivot = kernel.definition().pivot?;
    let is_open = kernel.direction() == Direction::Forward
        && kernel.deadline() == Cancellation::None
        && kernel.phase(pivot) == Phase::Pending;
    let deadline = deadline(recorded, (folded.started, folded.promised?), is, now)?;
    (is_open && deadline < recorded).then_some(deadline)
}

/// The recorded deadline, or an earlier one. Versions that differ in durations alone are stored as
/// one, so only what the saga has recorded of its promise counts.
fn deadline(
    recorded: Time,
    (started, given): (Time, Duration),
    is: &Definition,
    now: Time,
) -> Option<Time> {
    let promises = is.within?;
    let pivot = promises.saturating_sub(is.deadline?);
    let latest = started.after(given.saturating_sub(pivot));
    let least = if given.min(promises) < AT_LEAST {
        latest
    } else {
        now.after(AT_LEAST)
    };
    Some(recorded.min(latest.max(least)))
}

#[cfg(test)]
mod tests {
    use super::deadline;
    use crate::store::Time;
    use std::time::Duration;
    use typed_saga_core::Definition;

    const MINUTE: i64 = 60_000;

    fn millis(millis: i64) -> Duration {
        Duration::from_millis(millis.try_into().unwrap())
    }

    /// A version that promises so much, and whose pivot may take so long, in milliseconds.
    fn version(within: i64, pivot: i64) -> Definition {
        Definition {
            within: Some(millis(within)),
            deadline: Some(millis(within - pivot)),
            ..Definition::EMPTY
        }
    }

    /// Of a saga with this promise and this recorded deadline.
    fn at(recorded: i64, promised: i64, is: &Definition, now: i64) -> Option<i64> {
        let deadline = deadline(Time(recorded), (Time(0), millis(promised)), is, Time(now));
        deadline.map(|deadline| deadline.0)
    }

    #[test]
    fn it_leaves_the_pivot_the_time_that_it_may_take() {
        let is = version(60 * MINUTE, 11 * MINUTE);
        assert_eq!(at(59 * MINUTE, 60 * MINUTE, &is, MINUTE), Some(49 * MINUTE));
        // The caller asked for an earlier one, which the promise allows, or does not.
        assert_eq!(at(40 * MINUTE, 60 * MINUTE, &is, MINUTE), Some(40 * MINUTE));
        assert_eq!(at(55 * MINUTE, 60 * MINUTE, &is, MINUTE), Some(49 * MINUTE));
        // A faster pivot changes nothing.
        let fast = version(60 * MINUTE, MINUTE);
        assert_eq!(
            at(49 * MINUTE, 60 * MINUTE, &fast, MINUTE),
            Some(49 * MINUTE)
        );
        // The promise that was given counts, not a shorter or a longer one.
        let shorter = version(30 * MINUTE, 11 * MINUTE);
        assert_eq!(
            at(59 * MINUTE, 60 * MINUTE, &shorter, MINUTE),
            Some(49 * MINUTE)
        );
        let longer = version(90 * MINUTE, 11 * MINUTE);
        assert_eq!(
            at(59 * MINUTE, 60 * MINUTE, &longer, MINUTE),
            Some(49 * MINUTE)
        );
    }

    #[test]
    fn it_leaves_a_minute_if_the_promise_does() {
        let is = version(60 * MINUTE, 11 * MINUTE);
        for (now, then) in [(48, 49), (49, 50), (57, 58), (58, 59), (59, 59), (70, 59)] {
            let (now, then) = (now * MINUTE, then * MINUTE);
            assert_eq!(at(59 * MINUTE, 60 * MINUTE, &is, now), Some(then));
            // Whenever it is taken up again, the deadline is the same.
            assert_eq!(at(then, 60 * MINUTE, &is, now + 1), Some(then));
        }
        let is = version(4_000, 3_000);
        assert_eq!(at(3_000, 4_000, &is, 2_500), Some(1_000));
    }

    #[test]
    fn without_a_promise_it_stays() {
        let plain = Definition::EMPTY;
        assert_eq!(at(59 * MINUTE, 60 * MINUTE, &plain, 0), None);
    }
}
