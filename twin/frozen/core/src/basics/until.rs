//! How long a saga waits, from the expression of a sleep or of a signal's timeout.

use std::time::{Duration, SystemTime};

/// So long that a clock never reaches it: 100 years.
pub const NEVER: Duration = Duration::from_secs(86_400 * 365 * 100);

/// A type that says how long to wait: a `Duration`, or a `SystemTime`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say how long to wait",
    label = "neither a `Duration` nor a `SystemTime`",
    note = "a `Duration` counts from the moment when the saga starts to wait; a `SystemTime` is the moment when the wait ends"
)]
pub trait Until {
    /// Returns how long to wait from now.
    fn wait(self) -> Duration;

    /// Like [`wait`](Self::wait), but at most [`NEVER`].
    #[doc(hidden)]
    fn until(self) -> Duration
    where
        Self: Sized,
    {
        self.wait().min(NEVER)
    }
}

impl Until for Duration {
    fn wait(self) -> Duration {
        self
    }
}

/// Waits until the moment; does not wait if the moment has passed.
impl Until for SystemTime {
    fn wait(self) -> Duration {
        self.duration_since(Self::now()).unwrap_or_default()
    }
}

/// The sleep of a saga that is walked by hand.
///
/// # Errors
/// Never.
pub async fn slept<E>(wait: Duration) -> Result<(), E> {
    tokio::time::sleep(wait).await;
    Ok(())
}
