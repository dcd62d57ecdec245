//! The causes of recorded failures.

use crate::{basics::panic::Panic, kernel::FailureKind, values::cause::Cause};
use std::convert::Infallible;

/// The cause of a recorded failure.
pub(super) fn cause(how: FailureKind, error: Option<&str>) -> Cause<Infallible> {
    let text = error.unwrap_or_default().to_owned();
    match how {
        FailureKind::TimedOut => Cause::TimedOut,
        FailureKind::Lost => Cause::Lost,
        FailureKind::Unrecordable => Cause::Unrecordable { text },
        FailureKind::Panicked => Cause::Panicked(Box::new(Panic::recorded(text))),
        FailureKind::Error => Cause::Recorded { text },
    }
}
