//! What failures on record were caused by.

use crate::{basics::panic::Panic, kernel::FailureKind, values::cause::Cause};
use std::convert::Infallible;

/// What a failure on record was caused by.
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
