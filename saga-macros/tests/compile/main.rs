//! Sagas that compile, and sagas that must not.

#[path = "../pass/mod.rs"]
mod pass;
#[cfg(unix)]
mod tracked;
mod ui;
