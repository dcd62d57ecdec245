//! How long a call may take. The example of `typed-saga-restate` has limits of its own.

use std::time::Duration;

/// No call takes as long, on a busy machine either: clients give up earlier.
pub(crate) const CALL: Duration = Duration::from_secs(60);

/// How long after we gave up the car rental may still book.
pub(crate) const CAR_LATE: Duration = Duration::from_millis(200);
