use super::fixture::{HOUR, Must, Owned, TURN, VERSION, new, trip, unfit};
use std::time::Duration;
use tokio::time::sleep;
use typed_saga_engine::{Claim, Created, Hold, Mark, SagaId, State, Store, StoreError, Take, Time};

pub(super) async fn the_one_due_first_is_claimed_first<S: Store>(store: Owned<S>) {
    let later = store.time().await.after(HOUR);
    for (id, due) in [("a", 30), ("b", 10), ("c", 40), ("d", 20)] {
        store.begin(&trip(id), Time(1), Some(Time(due))).await;
    }
    store.begin(&trip("e"), Time(1), Some(later)).await;
    assert_eq!(
        store.claimed(0).await,
        [],
        "no more is claimed than was asked for"
    );
    assert_eq!(
        store.claimed(3).await,
        ["b", "d", "a"].map(trip),
        "what is due first is claimed first, and no more than was asked for"
    );
    assert_eq!(
        store.claimed(usize::MAX).await,
        [trip("c")],
        "all that is due now can be claimed, and what is due later is not"
    );
}

pub(super) async fn nothing_is_claimed_twice_under_an_epoch<S: Store>(store: Owned<S>) {
    store.begin(&trip("due"), Time(1), Some(Time(5))).await;
    store.begin(&trip("held"), Time(1), None).await;
    assert_eq!(
        store.claimed(9).await,
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
        .change(&trip("due"), Time(6), State::Running, Claim::Keep)
        .await;
    assert_eq!(
        store.claimed(9).await,
        [],
        "nothing is claimed twice under an epoch"
    );
}

pub(super) async fn a_clock_that_was_set_back_makes_no_wait_longer<S: Store>(mut store: Owned<S>) {
    let (now, wait) = (store.time().await, Duration::from_secs(4));
    let ahead = now.after(HOUR);
    store.begin(&trip("back"), ahead, None).await;
    let until = Claim::Until(ahead.after(wait));
    store
        .change(&trip("back"), ahead, State::Waiting, until)
        .await;
    store.begin(&trip("runs"), ahead, None).await;
    store.begin(&trip("long"), now, Some(ahead)).await;
    store.reopen().await;
    let latest = store.time().await.after(wait);
    for saga in ["back", "runs"] {
        let due = store.row(&trip(saga)).await.due;
        assert!(
            due.is_some_and(|due| due <= latest),
            "a wait of which a part lies ahead of the clock is not longer than it was to be"
        );
    }
    assert_eq!(
        store.row(&trip("long")).await.due,
        Some(ahead),
        "a wait that was begun by the clock ends when it was to end"
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
    let later = store.time().await.after(HOUR);
    store.begin(&trip("later"), Time(1), Some(later)).await;
    let claimed = store.claimed(1).await;
    assert_eq!(claimed, [trip("claimed")]);
    let before = store.reopen().await;
    let last = store.row(&trip("claimed")).await.claimed;
    assert!(
        last.is_none_or(|epoch| epoch == before),
        "a row tells the epoch that claimed it last, or none"
    );
    assert_eq!(
        store.due_next().await,
        Some(Time(3)),
        "what was claimed under an epoch that ended is due"
    );
    assert_eq!(
        store.claimed(9).await,
        ["created", "claimed", "unclaimed"].map(trip),
        "what was claimed under an epoch that ended can be claimed"
    );
    assert_eq!(
        store.row(&trip("claimed")).await.claimed,
        Some(store.epoch),
        "a row tells the epoch that claimed it last"
    );
}

pub(super) async fn what_is_released_can_be_claimed_at_its_time<S: Store>(store: Owned<S>) {
    for (id, with_a_commit) in [("with a commit", true), ("without one", false)] {
        let saga = trip(id);
        store.begin(&saga, Time(1), None).await;
        let due = store.time().await.after(Duration::from_millis(300));
        if with_a_commit {
            let claim = Claim::Until(due);
            store.change(&saga, Time(2), State::Waiting, claim).await;
        } else {
            let release = store.release(
                store.epoch,
                Hold::new(saga.clone(), TURN),
                Some(due),
                Mark::Kept,
                Vec::new(),
            );
            release.await.must("a claimed saga can be released");
        }
        loop {
            let before = store.time().await;
            let claimed = store.claimed(9).await;
            let after = store.time().await;
            if claimed == std::slice::from_ref(&saga) {
                assert!(after >= due, "what was released is not due before its time");
                break;
            }
            assert_eq!(claimed, []);
            assert!(before < due, "what was released can be claimed at its time");
            sleep(Duration::from_millis(20)).await;
        }
    }
}

pub(super) async fn what_rests_is_not_due<S: Store>(mut store: Owned<S>) {
    for state in State::ALL {
        store.ended(&trip(state.as_str()), Time(1), state).await;
    }
    let saga = trip("released");
    store.begin(&saga, Time(1), None).await;
    let release = store
        .release(
            store.epoch,
            Hold::new(saga, TURN),
            None,
            Mark::Kept,
            Vec::new(),
        )
        .await;
    release.must("a claimed saga can be released");
    for _ in 0..2 {
        assert_eq!(store.due_next().await, None, "what rests is not due");
        assert_eq!(store.claimed(99).await, [], "what rests is not claimed");
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
    let later = store.time().await.after(HOUR);
    for (id, due, next) in [
        ("a", later, later),
        ("b", Time(10), Time(10)),
        ("c", Time(20), Time(10)),
    ] {
        store.begin(&trip(id), Time(1), Some(due)).await;
        assert_eq!(
            store.due_next().await,
            Some(next),
            "the first of those that are due is next"
        );
    }
    store.claimed(9).await;
    assert_eq!(
        store.due_next().await,
        Some(later),
        "what is claimed is not due any more"
    );
}

pub(super) async fn any_saga_can_be_claimed_by_name<S: Store>(mut store: Owned<S>) {
    let (parked, later) = (trip("parked"), trip("later"));
    store.ended(&parked, Time(1), State::Parked).await;
    let due = store.time().await.after(HOUR);
    store.begin(&later, Time(1), Some(due)).await;
    for _ in 0..2 {
        for (saga, due) in [(&parked, None), (&later, Some(due))] {
            for _ in 0..2 {
                store.take(saga).await;
                let row = store.row(saga).await;
                assert_eq!(
                    (row.claimed, row.due),
                    (Some(store.epoch), due),
                    "{saga} is claimed, and due as before"
                );
            }
        }
        store.reopen().await;
    }
    let taken = store.take_of(&trip("nobody")).await;
    assert_eq!(taken, Take::Missing, "what is not there is not claimed");
}

pub(super) async fn what_is_not_claimed_cannot_be_written<S: Store>(store: Owned<S>) {
    let saga = trip("42");
    store.begin(&saga, Time(1), None).await;
    store
        .change(&saga, Time(2), State::Parked, Claim::Rest)
        .await;
    let before = store.stored(&saga).await;
    let next = super::fixture::commit(2, Time(3));
    not_held(&saga, store.append_one(&saga, next, None).await);
    let release = store.release(
        store.epoch,
        Hold::new(saga.clone(), TURN),
        Some(Time(4)),
        Mark::Unfit(unfit(1)),
        Vec::new(),
    );
    not_held(&saga, release.await);
    assert_eq!(
        store.stored(&saga).await,
        before,
        "what is not claimed does not change"
    );
    let again = super::fixture::commit(1, Time(9));
    let again = store.append_one(&saga, again, None).await;
    again.must("a commit that is there can be asked for again by who let the saga go with it");
}

#[track_caller]
pub(super) fn not_held(saga: &SagaId, result: Result<(), StoreError>) {
    match result {
        Err(StoreError::NotHeld { saga: of }) => {
            assert_eq!(of, *saga, "the error names the saga");
        }
        other => panic!("{saga} is not claimed under this epoch: not held, not {other:?}"),
    }
}

pub(super) async fn what_cannot_be_read_is_passed_over<S: Store>(mut store: Owned<S>) {
    store.begin(&trip("odd"), Time(1), None).await;
    store.begin(&trip("even"), Time(1), Some(Time(8))).await;
    let release = store.release(
        store.epoch,
        Hold::new(trip("odd"), TURN),
        Some(Time(1)),
        Mark::Unfit(unfit(VERSION)),
        Vec::new(),
    );
    release.await.must("a claimed saga can be released");
    assert_eq!(
        store.due_next().await,
        Some(Time(8)),
        "what is marked is not due for who cannot read it"
    );
    let claimed = store.claimed(9).await;
    assert_eq!(claimed, [trip("even")], "what is marked is passed over");
    let row = store.row(&trip("odd")).await;
    assert_eq!(
        (row.claimed, row.due),
        (None, Some(Time(1))),
        "what is marked is released, and due"
    );
    store.take(&trip("odd")).await;
    let release = store.release(
        store.epoch,
        Hold::new(trip("odd"), TURN),
        Some(Time(1)),
        Mark::Unfit(unfit(VERSION)),
        Vec::new(),
    );
    release.await.must("what is marked can be marked again");
    store.reopen().await;
    assert_eq!(
        store.claimed(9).await,
        ["odd", "even"].map(trip),
        "who opens anew tries once more"
    );
    let why = store.row(&trip("odd")).await.unreadable;
    assert_eq!(why, Some(unfit(VERSION).why), "its row goes on to say why");
    for (mark, is_marked) in [
        (Mark::Kept, true),
        (Mark::Unfit(unfit(VERSION)), true),
        (Mark::Readable, false),
        (Mark::Unfit(unfit(VERSION)), true),
        (Mark::Cleared, false),
    ] {
        let release = store.release(
            store.epoch,
            Hold::new(trip("odd"), TURN),
            Some(Time(1)),
            mark,
            Vec::new(),
        );
        release.await.must("a claimed saga can be released");
        let row = store.row(&trip("odd")).await;
        assert_eq!(row.unreadable.is_some(), is_marked);
        store.take(&trip("odd")).await;
    }
    let release = store.release(
        store.epoch,
        Hold::new(trip("odd"), TURN),
        Some(Time(1)),
        Mark::Cleared,
        Vec::new(),
    );
    release.await.must("a claimed saga can be released");
    let claimed = store.claimed(9).await;
    assert_eq!(claimed, [trip("odd")], "what is not marked is claimed");
}

/// Sagas created without a worker, with or without a first commit.
pub(super) async fn an_order_is_claimed_by_a_worker<S: Store>(store: Owned<S>) {
    let later = store.time().await.after(HOUR);
    for (id, first) in [
        ("bare", None),
        ("begun", Some(super::fixture::commit(0, Time(7)))),
    ] {
        let saga = trip(id);
        let commits = u64::from(first.is_some());
        let order = |due| store.create(None, new(&saga, due), first.clone());
        let created = order(None).await.must("anybody can place an order");
        assert!(matches!(created, Created::New), "{created:?}");
        let row = store.row(&saga).await;
        assert_eq!(
            (row.state, row.claimed, row.commits),
            (State::Running, None, commits),
            "an order is claimed by nobody"
        );
        assert!(row.due.is_some_and(|due| due < later), "it is due at once");
        let again = order(Some(later)).await.must("an order can be repeated");
        assert!(
            matches!(&again, Created::Exists(there) if **there == row),
            "an order that is there stays as it is: {again:?}"
        );
        let claimed = store.claimed(9).await;
        assert_eq!(
            claimed,
            std::slice::from_ref(&saga),
            "an order is claimed by a worker"
        );
        let next = super::fixture::commit(commits, Time(9));
        let append = store.append_one(&saga, next, None).await;
        append.must("whoever claims an order writes its next commit");
    }
}
