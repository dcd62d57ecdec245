//! A console for durable sagas: shows sagas, and why one does not move.
//!
//! ```text
//!  routes ─▶ guard (base, limits, headers) ─▶ page (HTML) ─┐
//!                                          └▶ api (JSON) ──┴─▶ view ─▶ typed-saga-engine's `look` ─▶ a store
//! ```
//!
//! Pages are rendered on the server, work without scripts and load nothing from other hosts. Mount
//! [`router`] in a service, under any path, with that service's own authentication in front; the
//! command `saga serve` serves the console on its own. [`serve`] is a server with limits, for a
//! console that has no proxy in front.
//!
//! ```no_run
//! # use typed_saga_engine::ReadStore;
//! # use std::sync::Arc;
//! # fn mounted(store: Arc<dyn ReadStore>) -> axum::Router {
//! let console = typed_saga_console::router(store, typed_saga_console::Options::new());
//! axum::Router::new().nest_service("/sagas", console)
//! # }
//! ```

// A package, and not a feature of the facade: it brings a web framework, and you name it in one place,
// where it is mounted.

mod act;
mod api;
mod app;
mod base;
mod counters;
mod form;
mod guard;
mod live;
mod mark;
mod metrics;
mod openapi;
mod options;
mod page;
mod person;
mod private;
mod problem;
mod routes;
mod serve;
mod view;

pub use counters::Metrics;
pub use options::Options;
pub use private::Private;
pub use routes::router;
pub use serve::serve;
