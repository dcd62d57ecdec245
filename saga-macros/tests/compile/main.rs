//! Sagas that compile, and sagas that must not.

mod counted;
mod fixed;
mod linted;
mod named;
mod package;
#[path = "../pass/mod.rs"]
mod pass;
#[cfg(unix)]
mod tracked;
mod ui;
