//! What a console may show and do.

use crate::private::{Private, Redact};
use saga_core::Counts;
use saga_engine::WeakEngine;
use std::{fmt, sync::Arc};

/// What a console may show and do. By default it is read-only.
#[derive(Clone, Default)]
pub struct Options {
    pub(crate) acts: bool,
    pub(crate) engine: Option<WeakEngine>,
    pub(crate) counts: Option<Counts>,
    pub(crate) redact: Option<Redact>,
}

impl Options {
    /// The default: read-only.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whoever may open the console may also resume, settle, cancel and abandon sagas, and send them
    /// signals. Each action first shows what would follow; who asks, and why, is recorded.
    #[must_use]
    pub fn acting(mut self) -> Self {
        self.acts = true;
        self
    }

    /// Whoever may open the console may also submit the sagas registered with this engine, by `PUT` of
    /// their inputs.
    #[must_use]
    pub fn submitting(mut self, engine: WeakEngine) -> Self {
        self.engine = Some(engine);
        self
    }

    /// The counters for `/metrics`: a clone of the [`Counts`] that observes the engine in the same
    /// process.
    #[must_use]
    pub fn counts(mut self, counts: Counts) -> Self {
        self.counts = Some(counts);
        self
    }

    /// What is shown of a value (an input, an effect, the content of a signal or an event) when
    /// somebody asks to see it. `None` hides it. Without this, values are shown as they are.
    ///
    /// ```
    /// # use saga_console::Options;
    /// let options = Options::new().redact(|value| {
    ///     (value.step() != Some("payment")).then(|| value.json().to_owned())
    /// });
    /// ```
    #[must_use]
    pub fn redact(
        mut self,
        redact: impl Fn(&Private<'_>) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.redact = Some(Arc::new(redact));
        self
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            acts,
            engine,
            counts,
            redact,
        } = self;
        f.debug_struct("Options")
            .field("acts", acts)
            .field("engine", engine)
            .field("counts", counts)
            .field("redact", &redact.is_some())
            .finish_non_exhaustive()
    }
}
