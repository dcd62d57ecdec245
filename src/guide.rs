// The chapters of the guide, as documentation: their text is in `docs/guide/`. Each page defines its
// links as files, which work in the repository; `links.md` defines them as items, and comes first,
// because the first definition counts.

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
pub mod outcomes {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/error_types.md")]
pub mod error_types {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/first_test.md")]
pub mod first_test {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/when_not.md")]
pub mod when_not {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/temporal_sample.md")]
pub mod temporal_sample {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/waiting.md")]
pub mod waiting {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/retrying.md")]
pub mod retrying {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/telling_others.md")]
pub mod telling_others {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/promises.md")]
pub mod promises {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/many_of_a_kind.md")]
pub mod many_of_a_kind {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/conditions.md")]
pub mod conditions {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/sagas_in_sagas.md")]
pub mod sagas_in_sagas {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/lost_answer.md")]
pub mod lost_answer {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/half_done.md")]
pub mod half_done {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/isolation.md")]
pub mod isolation {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/guarantees.md")]
pub mod guarantees {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/watching.md")]
pub mod watching {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/http.md")]
///
/// # The program
///
/// `examples/http.rs`:
///
/// ```no_run
#[doc = include_str!("../examples/http.rs")]
/// ```
pub mod http {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/analysis.md")]
pub mod analysis {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/in_production.md")]
pub mod in_production {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/guide/operations.md")]
pub mod operations {}

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
#[doc = include_str!("../docs/guide/faq.md")]
pub mod faq {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/glossary.md")]
pub mod glossary {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/semantics.md")]
#[doc = include_str!("../docs/semantics/concurrent.md")]
#[doc = include_str!("../docs/semantics/cancelling.md")]
#[doc = include_str!("../docs/semantics/nested.md")]
#[doc = include_str!("../docs/semantics/loops.md")]
#[doc = include_str!("../docs/semantics/waiting.md")]
#[doc = include_str!("../docs/semantics/locks.md")]
#[doc = include_str!("../docs/semantics/events.md")]
#[doc = include_str!("../docs/semantics/late.md")]
#[doc = include_str!("../docs/semantics/versions.md")]
pub mod semantics {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/durable.md")]
pub mod durable {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/fleet.md")]
pub mod fleet {}

// Its programs are tested by `saga-console`, which they need.
#[cfg(not(doctest))]
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
