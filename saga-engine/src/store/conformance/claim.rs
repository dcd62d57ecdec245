use super::fixture::{Owned, trip};
use crate::store::{Hold, State, Store, Time};

pub(super) async fn the_one_due_first_is_claimed_first<S: Store>(store: Owned<S>) {
    for (id, due) in [("a", 30), ("b", 10), ("c", 40), ("d", 20), ("e", 41)] {
        store.begin(&trip(id), Time(1), Some(Time(due))).await;
    }
    assert_eq!(
        store.claimed(Time(9), 9).await,
        [],
        "what is due later is not claimed"
    );
    assert_eq!(
        store.claimed(Time(40), 0).await,
        [],
        "no more is claimed than was asked for"
    );
    assert_eq!(
        store.claimed(Time(40), 3).await,
        ["b", "d", "a"].map(trip),
        "what is due first is claimed first, and no more than was asked for"
    );
    assert_eq!(
        store.claimed(Time(40), 3).await,
        [trip("c")],
        "what is due now is claimed, what is due later is not"
    );
    assert_eq!(
        store.claimed(Time(i64::MAX), usize::MAX).await,
        [trip("e")],
        "all that is due can be claimed"
    );
}

pub(super) async fn nothing_is_claimed_twice_under_an_epoch<S: Store>(store: Owned<S>) {
    store.begin(&trip("due"), Time(1), Some(Time(5))).await;
    store.begin(&trip("held"), Time(1), None).await;
    assert_eq!(
        store.claimed(Time(9), 9).await,
        [trip("due")],
        "who creates a saga that is not due has claimed it"
    );
    let row = store.row(&trip("due")).await;
    assert_eq!(
        (row.due, row.claimed, row.commits),
        (Some(Time(5)), Some(store.epoch), 1),
        "a claim is a change of the row, and of nothing else"
    );
    store
        .change(&trip("due"), Time(6), State::Running, Hold::Keep)
        .await;
    assert_eq!(
        store.claimed(Time(9), 9).await,
        [],
        "nothing is claimed twice under an epoch"
    );
}

pub(super) async fn what_was_claimed_is_due_again_under_the_next_epoch<S: Store>(
    mut store: Owned<S>,
) {
    store.begin(&trip("claimed"), Time(1), Some(Time(5))).await;
    store
        .begin(&trip("unclaimed"), Time(1), Some(Time(6)))
        .await;
    store.begin(&trip("created"), Time(3), None).await;
    store.begin(&trip("later"), Time(1), Some(Time(50))).await;
    let claimed = store.claimed(Time(9), 1).await;
    assert_eq!(claimed, [trip("claimed")]);
    let before = store.reopen().await;
    assert_eq!(
        store.row(&trip("claimed")).await.claimed,
        Some(before),
        "a row tells the epoch that claimed it last"
    );
    assert_eq!(
        store.due_next().await,
        Some(Time(3)),
        "what was claimed under an epoch that ended is due"
    );
    assert_eq!(
        store.claimed(Time(9), 9).await,
        ["created", "claimed", "unclaimed"].map(trip),
        "what was claimed under an epoch that ended can be claimed"
    );
    assert_eq!(
        store.row(&trip("claimed")).await.claimed,
        Some(store.epoch),
        "a row tells the epoch that claimed it last"
    );
}

pub(super) async fn what_is_let_go_can_be_claimed_again<S: Store>(store: Owned<S>) {
    let saga = trip("42");
    store.begin(&saga, Time(1), None).await;
    store
        .change(&saga, Time(2), State::Waiting, Hold::Until(Time(20)))
        .await;
    assert_eq!(
        store.claimed(Time(19), 9).await,
        [],
        "what was let go is not due before its time"
    );
    assert_eq!(
        store.claimed(Time(20), 9).await,
        [saga],
        "what was let go can be claimed at its time"
    );
}

pub(super) async fn what_rests_is_not_due<S: Store>(mut store: Owned<S>) {
    for state in State::ALL {
        store.ended(&trip(state.as_str()), Time(1), state).await;
    }
    for _ in 0..2 {
        assert_eq!(store.due_next().await, None, "what rests is not due");
        assert_eq!(
            store.claimed(Time(i64::MAX), 99).await,
            [],
            "what rests is not claimed"
        );
        store.reopen().await;
    }
}

pub(super) async fn the_next_one_due_is_known<S: Store>(store: Owned<S>) {
    assert_eq!(
        store.due_next().await,
        None,
        "in an empty store nothing is due"
    );
    store.begin(&trip("held"), Time(1), None).await;
    assert_eq!(
        store.due_next().await,
        None,
        "what is claimed is not due under this epoch"
    );
    for (id, due, next) in [("a", 30, 30), ("b", 10, 10), ("c", 20, 10)] {
        store.begin(&trip(id), Time(1), Some(Time(due))).await;
        assert_eq!(
            store.due_next().await,
            Some(Time(next)),
            "the first of those that are due is next"
        );
    }
    store.claimed(Time(10), 9).await;
    assert_eq!(
        store.due_next().await,
        Some(Time(20)),
        "what is claimed is not due any more"
    );
}
