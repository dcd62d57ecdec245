//! Every promise of [`Store`] as a check: for those who write a store.
//!
//! ```
//! use saga_engine::{Memory, conformance};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! conformance::run(async || Memory::new()).await;
//! # });
//! # Ok::<(), std::io::Error>(())
//! ```

mod append;
mod claim;
mod concurrent;
mod create;
mod fixture;
mod inbox;
mod list;
mod own;
mod purge;
mod texts;

use crate::store::Store;
use fixture::Owned;

/// Checks a store, whose empty instances `make` gives; needs tokio, of either kind. What is made is opened by the checks.
///
/// # Panics
/// If a promise is not kept: with the promise, and what was seen instead.
pub async fn run<S: Store>(make: impl AsyncFn() -> S) {
    macro_rules! check {
        ($($check:path,)+) => { $( $check(Owned::open(make().await).await).await; )+ };
    }
    check! {
        own::each_epoch_is_larger_than_those_before,
        own::an_ended_epoch_changes_nothing,
        own::an_epoch_that_was_never_given_changes_nothing,
        own::the_first_definition_stays,
        create::what_is_created_is_there,
        create::what_is_due_is_claimed_by_nobody,
        create::what_exists_stays_as_it_is,
        create::a_journal_begins_at_0,
        append::commits_are_kept_in_order,
        append::the_same_commit_may_be_asked_for_again,
        append::another_commit_of_that_number_is_a_conflict,
        append::a_gap_is_a_conflict,
        append::a_saga_that_is_not_there_is_a_conflict,
        append::a_row_changes_with_its_commit,
        append::a_refused_commit_changes_no_row,
        append::every_state_can_be_written,
        append::what_is_kept_is_claimed,
        claim::the_one_due_first_is_claimed_first,
        claim::nothing_is_claimed_twice_under_an_epoch,
        claim::what_was_claimed_is_due_again_under_the_next_epoch,
        claim::what_is_let_go_can_be_claimed_again,
        claim::what_rests_is_not_due,
        claim::the_next_one_due_is_known,
        list::sagas_are_listed_by_name_and_id,
        list::every_part_of_a_filter_must_fit,
        list::a_list_is_read_page_by_page,
        list::sagas_are_counted_by_name_and_state,
        purge::only_what_is_at_rest_is_purged,
        purge::what_changed_later_is_not_purged,
        purge::only_what_fits_is_purged,
        purge::what_was_purged_can_begin_again,
        inbox::messages_are_read_in_order,
        inbox::a_message_is_answered_once,
        inbox::a_message_needs_no_owner_and_no_saga,
        inbox::answered_messages_are_purged_with_their_saga,
        texts::any_text_is_kept_as_it_is,
        texts::names_may_have_any_characters,
        texts::numbers_and_times_may_be_large,
        texts::large_texts_are_kept,
        concurrent::many_sagas_grow_at_once,
        concurrent::one_of_many_creates,
        concurrent::one_of_many_appends,
        concurrent::nothing_is_claimed_by_two,
    }
}
