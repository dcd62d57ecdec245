//! What a console may show and do.

use crate::private::{Private, Redact};
use std::{fmt, sync::Arc};

/// What a console may show and do. By itself it looks, and does nothing.
#[derive(Clone, Default)]
pub struct Options {
    pub(crate) redact: Option<Redact>,
}

impl Options {
    /// As said: it looks.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What is shown of a value when somebody asks to see it: inputs, effects, what signals and
    /// events say. `None` shows nothing of it. Without this values are shown as they are.
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
        let Self { redact } = self;
        f.debug_struct("Options")
            .field("redact", &redact.is_some())
            .finish_non_exhaustive()
    }
}
