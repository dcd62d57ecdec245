//! Tests of what a process has only one of: its allocator, and the sagas that `drain` waits for. They
//! are a program of their own, and take turns in it.

mod allocations;
mod drain;
mod observe_all;
mod timers;

use tokio::sync::Mutex;

/// Held by each test while it runs.
static ALONE: Mutex<()> = Mutex::const_new(());
