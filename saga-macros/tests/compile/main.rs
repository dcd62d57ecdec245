//! Sagas that compile, and sagas that must not.

#[path = "../pass/mod.rs"]
mod pass;
mod ui;
