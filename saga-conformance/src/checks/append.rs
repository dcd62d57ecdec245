use super::fixture::{HOUR, Must, Owned, change, commit, trip};
use typed_saga_engine::{Change, Claim, Commit, SagaId, State, Store, StoreError, Time};

pub(super) async fn commits_are_kept_in_order<S: Store>(mut store: Owned<S>) {
    let (saga, other) = (trip("42"), trip("43"));
    store.begin(&saga, Time(1), None).await;
    store.begin(&other, Time(1), None).await;
    let mut expected = vec![commit(0, Time(1))];
    for seq in 1..300 {
        // A clock may be set back.
        let next = commit(seq, Time(1_000 - i64::try_from(seq).unwrap_or(0)));
        expected.push(next.clone());
        let appended = store.append_one(&saga, next, None).await;
        appended.must("the next commit can be appended");
    }
    store.reopen().await;
    let stored = store.stored(&saga).await;
    assert_eq!(stored.commits, expected, "a journal is loaded in order");
    assert_eq!(stored.row.commits, 300, "a row says how many commits");
    assert_eq!(stored.row.created, Time(1), "a row says when it began");
    assert_eq!(
        stored.row.updated,
        Time(701),
        "a row says when its last commit was"
    );
    let other = store.stored(&other).await;
    assert_eq!(other.commits.len(), 1, "another saga's journal is its own");
}

pub(super) async fn the_same_commit_may_be_asked_for_again<S: Store>(mut store: Owned<S>) {
    let saga = trip("42");
    store.begin(&saga, Time(1), None).await;
    let parked = Some(change(State::Parked, Claim::Rest));
    for seq in 1..3 {
        again(&store, &saga, commit(seq, Time(2)), None).await;
    }
    let mut before = store.stored(&saga).await;
    for reopened in [false, true] {
        if reopened {
            store.reopen().await;
            // Whether a row still names an epoch that has ended depends on the store.
            before.row.claimed = store.row(&saga).await.claimed;
        }
        for seq in 0..3 {
            again(&store, &saga, commit(seq, Time(2)), None).await;
            // A repeated append may have a later clock.
            again(&store, &saga, commit(seq, Time(9)), parked.clone()).await;
        }
        assert_eq!(
            store.stored(&saga).await,
            before,
            "what is there already is not written again, nor is the change that comes with it"
        );
    }
}

async fn again<S: Store>(store: &Owned<S>, saga: &SagaId, commit: Commit, change: Option<Change>) {
    let append = store.append_one(saga, commit, change).await;
    append.must("the same commit can be asked for again");
}

pub(super) async fn another_commit_of_that_number_is_a_conflict<S: Store>(mut store: Owned<S>) {
    let saga = trip("42");
    store.begin(&saga, Time(1), None).await;
    store
        .change(&saga, Time(2), State::Running, Claim::Keep)
        .await;
    for reopened in [false, true] {
        if reopened {
            store.reopen().await;
            store.take(&saga).await;
        }
        for seq in 0..2 {
            let mut other = commit(seq, Time(2));
            other.records.push(' ');
            refused(
                &store,
                &saga,
                other,
                "another commit of this number is there",
            )
            .await;
        }
    }
}

pub(super) async fn a_gap_is_a_conflict<S: Store>(store: Owned<S>) {
    let saga = trip("42");
    store.begin(&saga, Time(1), None).await;
    for seq in [2, 3, u64::MAX] {
        let late = commit(seq, Time(2));
        refused(&store, &saga, late, "the commit before it is missing").await;
    }
}

pub(super) async fn a_saga_that_is_not_there_is_a_conflict<S: Store>(store: Owned<S>) {
    store.begin(&trip("42"), Time(1), None).await;
    for saga in [trip("43"), SagaId::new("tour", "42")] {
        for seq in 0..2 {
            let append = store.append_one(&saga, commit(seq, Time(2)), None).await;
            conflict(&saga, seq, append, "there is no such saga");
        }
        let nothing = store.load(saga).await.must("a saga can be loaded");
        assert_eq!(nothing, None, "appending to no saga creates none");
    }
}

async fn refused<S: Store>(store: &Owned<S>, saga: &SagaId, commit: Commit, why: &str) {
    let before = store.stored(saga).await;
    let seq = commit.seq;
    let append = store.append_one(saga, commit, None).await;
    conflict(saga, seq, append, why);
    assert_eq!(
        store.stored(saga).await,
        before,
        "a refused commit changes nothing"
    );
}

#[track_caller]
fn conflict(saga: &SagaId, seq: u64, result: Result<(), StoreError>, why: &str) {
    match result {
        Err(StoreError::Conflict { saga: of, seq: at }) => assert_eq!(
            (&of, at),
            (saga, seq),
            "a conflict names the saga and the commit"
        ),
        other => panic!("commit {seq} of {saga} is a conflict ({why}), not {other:?}"),
    }
}

pub(super) async fn a_row_changes_with_its_commit<S: Store>(mut store: Owned<S>) {
    let saga = trip("42");
    store.begin(&saga, Time(1), None).await;
    let mut expected = store.row(&saga).await;
    let claims = [
        (State::Waiting, Claim::Until(Time(70)), Some(8)),
        (State::Running, Claim::Until(Time(60)), None),
        (State::Parked, Claim::Rest, Some(u64::MAX)),
        (State::Abandoned, Claim::Rest, None),
    ];
    for (seq, (state, claim, fingerprint)) in (1..).zip(claims) {
        store.take(&saga).await;
        let mut change = change(state, claim);
        change.fingerprint = fingerprint;
        let at = Time(100 + i64::try_from(seq).unwrap_or(0));
        store
            .append_one(&saga, commit(seq, at), Some(change))
            .await
            .must("a row can be changed");
        expected.state = state;
        expected.due = match claim {
            Claim::Until(due) => Some(due),
            _ => None,
        };
        expected.claimed = None;
        expected.fingerprint = fingerprint.unwrap_or(expected.fingerprint);
        expected.updated = at;
        expected.commits = seq + 1;
        assert_eq!(
            store.row(&saga).await,
            expected,
            "a row is what its last change says"
        );
    }
    store.reopen().await;
    assert_eq!(
        store.row(&saga).await,
        expected,
        "a row is kept over a restart"
    );
}

pub(super) async fn a_refused_commit_changes_no_row<S: Store>(store: Owned<S>) {
    let saga = trip("42");
    store.begin(&saga, Time(1), None).await;
    let before = store.row(&saga).await;
    let mut other = commit(0, Time(2));
    other.records = "[]".into();
    for refused in [other, commit(2, Time(2))] {
        let mut change = change(State::Completed, Claim::Rest);
        change.fingerprint = Some(7);
        let appended = store.append_one(&saga, refused, Some(change)).await;
        assert!(appended.is_err(), "a commit out of order is refused");
        assert_eq!(
            store.row(&saga).await,
            before,
            "a row changes with its commit or not at all"
        );
    }
}

pub(super) async fn every_state_can_be_written<S: Store>(store: Owned<S>) {
    for state in State::ALL {
        let saga = trip(state.as_str());
        store.ended(&saga, Time(1), state).await;
        assert_eq!(store.row(&saga).await.state, state, "a state is kept");
    }
}

pub(super) async fn what_is_kept_is_claimed<S: Store>(mut store: Owned<S>) {
    let [held, parked, later] = ["held", "parked", "later"].map(trip);
    let due = store.time().await.after(HOUR);
    store.begin(&held, Time(1), None).await;
    store.ended(&parked, Time(1), State::Parked).await;
    store.begin(&later, Time(1), Some(due)).await;
    store.reopen().await;
    for (saga, seq, at, since) in [
        (&held, 1, Time(20), Time(1)),
        (&parked, 2, Time(20), Time(20)),
        (&later, 1, Time(30), Time(30)),
    ] {
        store.take(saga).await;
        let keep = Some(change(State::Running, Claim::Keep));
        store
            .append_one(saga, commit(seq, at), keep)
            .await
            .must("a row can be changed");
        let row = store.row(saga).await;
        assert_eq!(
            (row.state, row.due, row.claimed),
            (State::Running, Some(since), Some(store.epoch)),
            "{saga}: whoever keeps a saga has claimed it, and it is due since then or before"
        );
    }
    let claimed = store.claimed(9).await;
    assert_eq!(claimed, [], "whoever keeps a saga has claimed it");
    store.reopen().await;
    let claimed = store.claimed(9).await;
    assert_eq!(
        claimed,
        [held, parked, later],
        "a saga that was kept is due again under the next epoch"
    );
}
