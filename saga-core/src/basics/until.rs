//! How long a saga waits: what the expression of a sleep, or of a signal's time-out, gives.

use std::time::{Duration, SystemTime};

/// What is as good as never to a clock.
pub const NEVER: Duration = Duration::from_secs(86_400 * 365 * 100);

/// What says how long to wait: a `Duration`, or a `SystemTime`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say how long to wait",
    label = "neither a `Duration` nor a `SystemTime`",
    note = "a `Duration` counts from the moment when the saga starts to wait; a `SystemTime` is the moment when the wait ends"
)]
pub trait Until {
    /// How long that is from now.
    fn wait(self) -> Duration;

    /// The same, and no longer than [`NEVER`].
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

/// None at all, if it has passed.
impl Until for SystemTime {
    fn wait(self) -> Duration {
        self.duration_since(Self::now()).unwrap_or_default()
    }
}

/// The sleep of a walk.
///
/// # Errors
/// Never.
pub async fn slept<E>(wait: Duration) -> Result<(), E> {
    tokio::time::sleep(wait).await;
    Ok(())
}
