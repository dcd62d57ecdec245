//! A saga as data: one [`Definition`], which the `saga!` macro emits, by which the kernel decides,
//! which journals store, and which people and tools read.
//!
//! ```text
//!   saga! { … } ──▶ const data ─┐                ┌─▶ the kernel and the executor
//!                               ├─▶ Definition ──┼─▶ pictures, tables
//!   JSON in a journal ──────────┘                ├─▶ JSON, fingerprint   (feature `json`)
//!                                                └─▶ what two versions differ in
//! ```
//!
//! The same types hold what is known when the program is compiled and what is read at run time:
//! texts and lists are [`Cow`](std::borrow::Cow)s, and parts that few have are [`Ref`]s, so a
//! `const` borrows them and a reader owns them. Each part is described once, as a list of its
//! fields. The code that writes it into the program or as JSON, and the code that reads it, use
//! that list, so they all support a new field.

mod again;
mod arms;
mod cover;
mod defaults;
mod definition;
mod diagram;
mod difference;
#[cfg(feature = "json")]
mod json;
pub mod language;
mod names;
mod order;
mod policy;
mod reference;
mod shape;
mod text;

pub use again::{Begin, Obstacle, Why};
// Rules that the macro asks about a saga as data.
#[doc(hidden)]
pub use again::Stale;
#[doc(hidden)]
pub use cover::{Skipped, Uncovered};
pub use defaults::{CRASH_LOOP, PANICS};
pub use definition::{
    Arm, Call, CallKind, Child, Compensation, Condition, Definition, DefinitionRef, Emit, Field,
    Group, Hold, Items, Kind, Lock, Rare, Step,
};
#[doc(hidden)]
pub use definition::{Key, Visit, VisitMut, With};
pub use diagram::Tone;
#[doc(hidden)]
pub use diagram::duration;
pub use difference::{Difference, Touched, Undo, difference, differences, output_differs};
// Journals use it, too.
#[doc(hidden)]
pub use difference::{Places, all_from, below, prefix};
#[cfg(feature = "json")]
pub use json::{LineError, Released, SchemaError};
// Whatever reads or writes a name uses them, too.
#[doc(hidden)]
pub use names::{bare, bare_path};
pub use order::Side;
// The macro and the analysis use them, too.
#[doc(hidden)]
pub use order::{Doubled, reached};
pub use policy::{ATTEMPTS, Backoff, Computed, Limit, Retry, Savepoint, Timing, Written};
pub use reference::Ref;
#[doc(hidden)]
pub use shape::shape;
#[doc(hidden)]
pub use text::fnv_1a;
pub use text::{List, Text};
