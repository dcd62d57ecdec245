//! Sagas that compile, and sagas that must not.

mod fixed;
mod named;
mod package;
#[path = "../pass/mod.rs"]
mod pass;
#[cfg(unix)]
mod tracked;
mod ui;
