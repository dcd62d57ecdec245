//! The permissions and limits of a console.

use crate::{
    counters::Metrics,
    person::Knows,
    private::{Private, Redact},
};
use axum::http::request::Parts;
use std::{fmt, sync::Arc};
use typed_saga_engine::WeakEngine;

/// What a console may show and do. By default it is read-only.
#[derive(Clone, Default)]
pub struct Options {
    pub(crate) acts: bool,
    pub(crate) engine: Option<WeakEngine>,
    pub(crate) metrics: Option<Metrics>,
    pub(crate) redact: Option<Redact>,
    pub(crate) person: Option<Knows>,
}

impl Options {
    /// The default: read-only.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets everyone who can open the console resume, settle, cancel and abandon sagas, and send
    /// them signals. Each action first shows what would follow; the operator and the reason are
    /// recorded.
    #[must_use]
    pub fn acting(mut self) -> Self {
        self.acts = true;
        self
    }

    /// The operator's name, taken from a request, for a console with a login in front: it is
    /// recorded with each action. Pages then have no field for the name, and `by` in a request to
    /// the API is ignored. If it is `None` or empty, an action is answered with 403, and nothing is
    /// done.
    ///
    /// Without this, operators type their own names.
    ///
    /// ```
    /// # use typed_saga_console::Options;
    /// // Set by the proxy that does the login, which removes it from what clients send.
    /// let options = Options::new().acting().person(|request| {
    ///     let user = request.headers.get("x-forwarded-user")?;
    ///     Some(user.to_str().ok()?.to_owned())
    /// });
    ///
    /// // Left by a middleware of this service.
    /// #[derive(Clone)]
    /// struct User(String);
    /// let options = Options::new().acting().person(|request| {
    ///     let User(name) = request.extensions.get()?;
    ///     Some(name.clone())
    /// });
    /// ```
    #[must_use]
    pub fn person(
        mut self,
        person: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.person = Some(Arc::new(person));
        self
    }

    /// Lets everyone who can open the console submit the sagas registered with this engine, by
    /// `PUT` of their inputs.
    #[must_use]
    pub fn submitting(mut self, engine: WeakEngine) -> Self {
        self.engine = Some(engine);
        self
    }

    /// The counters for `/metrics`: a clone of the [`Metrics`] that observe the engine in the same
    /// process. Without them, `/metrics` has only what can be read from the store.
    #[must_use]
    pub fn metrics(mut self, metrics: Metrics) -> Self {
        self.metrics = Some(metrics);
        self
    }

    /// What is shown of a value (an input, an effect, the content of a signal or an event) when an
    /// operator asks to see it. `None` hides it. Without this, values are shown as they are.
    ///
    /// ```
    /// # use typed_saga_console::Options;
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
            metrics,
            redact,
            person,
        } = self;
        f.debug_struct("Options")
            .field("acts", acts)
            .field("engine", engine)
            .field("metrics", &metrics.is_some())
            .field("redact", &redact.is_some())
            .field("person", &person.is_some())
            .finish_non_exhaustive()
    }
}
