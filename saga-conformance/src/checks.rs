//! Every promise of [`Store`] as a check.

mod append;
mod claim;
mod concurrent;
mod create;
mod fixture;
mod hostile;
mod inbox;
mod late;
mod list;
mod lives;
mod locks;
mod locks_freed;
mod locks_shared;
mod marks;
mod outbox;
mod outbox_claims;
mod outbox_lost;
mod outbox_shared;
mod own;
mod purge;
mod shared;
mod texts;
mod used;

use fixture::Owned;
use std::time::Duration;
use typed_saga_engine::Store;

/// Checks a store. `make` returns an empty instance of it, which the checks open. Needs a tokio
/// runtime, of either kind, with its timer.
///
/// Each check has the name of the promise that it checks.
///
/// # Panics
/// If a promise is not kept; the message has the promise, and the observed behaviour.
pub async fn run<S: Store>(make: impl AsyncFn() -> S) {
    macro_rules! check {
        ($($check:path,)+) => { $( $check(Owned::open(make().await).await).await; )+ };
    }
    check! {
        own::no_epoch_is_given_twice,
        own::time_does_not_go_back,
        own::who_only_reads_has_the_same_time,
        own::an_ended_epoch_changes_nothing,
        own::a_closed_epoch_changes_nothing,
        own::an_epoch_that_was_never_given_changes_nothing,
        own::the_first_definition_stays,
        used::a_definition_is_in_use_while_a_saga_of_it_is_in_flight,
        used::what_a_worker_has_registered_is_in_use,
        create::what_is_created_is_there,
        create::what_is_due_is_claimed_by_nobody,
        create::what_exists_stays_as_it_is,
        create::a_journal_begins_at_0,
        lives::a_saga_has_the_life_of_the_store,
        lives::a_purge_begins_another_life,
        lives::a_saga_does_not_begin_with_another_life,
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
        claim::a_clock_that_was_set_back_makes_no_wait_longer,
        claim::what_was_claimed_is_due_again_under_the_next_epoch,
        claim::what_is_released_can_be_claimed_at_its_time,
        claim::what_rests_is_not_due,
        claim::the_next_one_due_is_known,
        claim::any_saga_can_be_claimed_by_name,
        claim::what_is_not_claimed_cannot_be_written,
        claim::what_cannot_be_read_is_passed_over,
        claim::an_order_is_claimed_by_a_worker,
        late::what_comes_after_a_claim_from_its_turn,
        late::what_comes_after_a_release,
        late::what_comes_after_a_commit_that_waits,
        late::what_comes_after_a_purge,
        late::what_comes_after_the_epoch,
        late::a_request_is_carried_out_once,
        late::an_event_is_skipped_once,
        marks::what_owners_have_died_with_is_claimed_alone,
        marks::ended_sagas_that_owners_have_died_with_are_claimed_alone,
        list::sagas_are_listed_by_name_and_id,
        list::every_part_of_a_filter_must_fit,
        list::what_cannot_be_read_is_listed_with_its_reason,
        list::what_is_at_rest_is_not_listed_as_unreadable,
        list::a_list_is_of_ids_that_begin_so_and_of_a_time,
        list::a_list_is_read_page_by_page,
        list::sagas_are_counted_by_name_and_state,
        purge::only_what_is_at_rest_is_purged,
        purge::what_changed_later_is_not_purged,
        purge::only_what_fits_is_purged,
        purge::what_was_purged_can_begin_again,
        purge::a_vacuum_changes_nothing_that_is_there,
        purge::who_had_a_saga_purged_is_written_if_it_was,
        purge::what_was_answered_to_nobody_is_purged,
        inbox::messages_are_read_in_order,
        inbox::a_message_is_answered_once,
        inbox::a_message_needs_no_owner_and_no_saga,
        inbox::answered_messages_are_purged_with_their_saga,
        inbox::what_was_asked_something_is_claimed,
        inbox::answers_are_written_with_their_commit_or_not_at_all,
        inbox::what_nobody_can_read_is_claimed_to_be_answered,
        inbox::many_messages_to_one_saga_hide_no_others,
        inbox::who_waits_is_told_what_has_ended,
        texts::any_text_is_kept_as_it_is,
        texts::names_may_have_any_characters,
        texts::numbers_and_times_may_be_large,
        texts::large_texts_are_kept,
        texts::what_contains_nul_is_not_there,
        texts::a_name_or_an_id_that_not_every_store_keeps_is_refused,
        texts::any_reason_is_kept,
        texts::any_reason_of_an_event_is_kept,
        texts::a_worker_may_have_any_name,
        concurrent::many_sagas_grow_at_once,
        concurrent::one_of_many_creates,
        concurrent::one_of_many_appends,
        concurrent::nothing_is_claimed_by_two,
    }
    run_events(&make).await;
    if make().await.keeps_locks() {
        run_with_locks(make).await;
    }
}

/// Checks how a store keeps the events of its sagas.
async fn run_events<S: Store>(make: &impl AsyncFn() -> S) {
    macro_rules! check {
        ($($check:path,)+) => { $( $check(Owned::open(make().await).await).await; )+ };
    }
    check! {
        outbox::events_are_written_with_the_end_of_their_saga,
        outbox::events_are_read_oldest_first,
        outbox_claims::events_of_a_saga_are_claimed_in_order,
        outbox_claims::the_end_of_a_saga_may_claim_its_first_event,
        outbox_claims::what_the_end_of_a_saga_claimed_is_due_under_the_next_epoch,
        outbox_claims::claims_are_of_names_and_by_time,
        outbox_claims::what_could_not_be_delivered_is_due_again,
        outbox_claims::what_is_refused_is_stuck_at_once,
        outbox_claims::a_claim_ends_with_its_lease_or_its_epoch,
        outbox_claims::an_answer_may_be_given_again,
        outbox_claims::what_was_delivered_can_be_asked_for_again,
        outbox_lost::a_claim_without_an_answer_is_counted_and_comes_alone,
        outbox_lost::what_ten_processes_have_died_with_is_set_aside,
        outbox_lost::what_was_set_aside_stays_so_until_it_is_asked_for,
        outbox_lost::what_waits_for_an_earlier_event_again_has_not_failed,
        outbox_lost::an_answer_ends_the_row_of_losses,
        outbox_lost::an_event_can_be_skipped,
        outbox::undelivered_events_are_counted,
        outbox::a_saga_with_undelivered_events_is_not_purged,
        outbox::no_event_waits_longer_by_a_clock_that_was_set_back,
        outbox_claims::each_event_is_claimed_by_one,
        outbox::any_event_is_kept_as_it_is,
    }
}

/// Checks the locks of a store that keeps them.
async fn run_with_locks<S: Store>(make: impl AsyncFn() -> S) {
    macro_rules! check {
        ($($check:path,)+) => { $( $check(Owned::open(make().await).await).await; )+ };
    }
    check! {
        locks::a_key_goes_to_whoever_asked_first,
        locks::several_keys_are_granted_together,
        locks::places_are_listed_by_key,
        locks::a_commit_changes_locks_once,
        locks::who_was_granted_keys_is_claimed,
        locks::a_release_takes_as_long_beside_many_who_wait,
        locks_freed::a_key_is_taken_from_a_saga_that_nobody_can_read,
        locks_freed::keys_that_were_not_taken_are_requested_again,
        locks_freed::a_key_is_not_taken_before_the_next_worker_has_tried,
        texts::a_key_may_be_any_text,
    }
}

/// Checks a store that many workers share, in addition to [`run`]. `lease`: the lease of workers
/// that die in a check; each check waits for a few such leases.
///
/// # Panics
/// If a promise is not kept; the message has the promise, and the observed behaviour.
pub async fn run_shared<S: Store>(make: impl AsyncFn() -> S, lease: Duration) {
    macro_rules! check {
        ($($check:path,)+) => { $( $check(Owned::open(make().await).await, lease).await; )+ };
    }
    check! {
        shared::epochs_live_side_by_side,
        shared::a_dead_worker_is_fenced_and_its_sagas_are_due,
        shared::a_lease_that_is_renewed_goes_on,
        shared::a_fenced_append_leaves_those_beside_it_alone,
        shared::each_saga_is_claimed_by_one_of_many,
        shared::what_one_lets_go_another_claims,
        shared::a_closed_worker_leaves_its_sagas_to_the_others,
        shared::who_opens_anew_gives_up_what_it_had,
        shared::a_message_is_for_who_has_the_saga,
        shared::a_worker_claims_what_it_can_run,
        late::what_another_worker_has_claimed,
        marks::what_one_version_cannot_read_another_may,
        marks::workers_see_what_the_others_can_run,
        marks::takeovers_without_a_commit_are_counted,
        marks::what_workers_have_died_with_is_claimed_alone,
        used::what_any_living_worker_has_registered_is_in_use,
        shared::a_hint_is_given,
        outbox_shared::an_event_is_claimed_by_one_of_many_workers,
        outbox_shared::what_a_dead_worker_had_claimed_is_handed_over_by_another,
    }
    if make().await.keeps_locks() {
        check! {
            locks::no_request_misses_a_release,
            locks_freed::a_key_is_not_taken_while_a_living_worker_may_read,
            locks_shared::who_takes_over_has_the_key_and_the_place,
        }
    }
}
