//! The pages of the book, as documentation: how-to pages, and the rules of a run.
//!
//! Start with [`tutorial`] and [`going_durable`]; read [`promises`] before production, and [`operations`]
//! before your first deployment. **Make one external call per step**: if a step makes two and the
//! second fails, the first is not undone ([`loops`] has what to write instead).

// The text of the pages is in `docs/`. Each page defines its links as files, which work in the repository;
// `links.md` defines them as items, and comes first, because the first definition counts.

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/tutorial.md")]
///
/// # The vendors
///
/// `src/vendors.rs`:
///
/// ```
#[doc = include_str!("../docs/guide/vendors.rs")]
/// ```
pub mod tutorial {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/going_durable.md")]
pub mod going_durable {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/outcomes.md")]
///
/// # The program
///
/// `examples/http.rs`:
///
/// ```no_run
#[doc = include_str!("../examples/http.rs")]
/// ```
pub mod outcomes {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/error_types.md")]
pub mod error_types {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/waiting.md")]
pub mod waiting {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/retrying.md")]
pub mod retrying {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/promises.md")]
pub mod promises {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/sagas_in_sagas.md")]
pub mod sagas_in_sagas {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/isolation.md")]
pub mod isolation {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/analysis.md")]
pub mod analysis {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/operations.md")]
pub mod operations {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/backups.md")]
///
/// # The program
///
/// `examples/container/main.rs`:
///
/// ```no_run
#[doc = include_str!("../examples/container/main.rs")]
/// ```
pub mod backups {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/changing.md")]
pub mod changing {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/coming_from.md")]
pub mod coming_from {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/errors.md")]
pub mod errors {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/glossary.md")]
pub mod glossary {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/semantics.md")]
pub mod semantics {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/durable.md")]
pub mod durable {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/fleet.md")]
pub mod fleet {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/console.md")]
pub mod console {}

#[cfg(feature = "testing")]
#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/testing.md")]
///
/// # Interference: the program
///
/// `examples/interference.rs`:
///
/// ```no_run
#[doc = include_str!("../examples/interference.rs")]
/// ```
pub mod testing {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/loops.md")]
pub mod loops {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/vendors.md")]
pub mod vendors {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/recipes.md")]
pub mod recipes {}
