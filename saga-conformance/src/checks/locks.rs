use super::{
    concurrent::at_once,
    fixture::{HOUR, Must, Owned, VERSION, change, commit, trip},
};
use std::{sync::Arc, time::Duration};
use typed_saga_engine::{
    Change, Claim, LockChange, LockFilter, LockKey, LockRow,
    LockState::{self, Granted, Taken, Waiting},
    SagaId, State, Store, StoreError, Time,
};

/// Later than anything that happens in a check.
pub(super) const LATER: Time = Time(i64::MAX / 4);

pub(super) fn key(key: &str) -> LockKey {
    LockKey {
        name: "order".into(),
        key: key.into(),
    }
}

pub(super) fn request<const N: usize>(keys: [&str; N]) -> LockChange {
    LockChange::Request(keys.map(key).to_vec())
}

/// A change that keeps the saga, or ends it if it releases its keys.
pub(super) fn locks(lock: LockChange) -> Change {
    let (state, claim) = match lock {
        LockChange::Release => (State::Completed, Claim::Rest),
        _ => (State::Running, Claim::Keep),
    };
    Change {
        locks: vec![lock],
        ..change(state, claim)
    }
}

impl<S: Store> Owned<S> {
    /// A commit with this change of locks, at a time equal to its number.
    pub(super) async fn lock(&self, saga: &SagaId, seq: u64, lock: LockChange) {
        let time = Time(i64::try_from(seq).unwrap_or_default());
        let appended = self.append_one(saga, commit(seq, time), Some(locks(lock)));
        appended.await.must("a commit can change locks");
    }

    pub(super) async fn begin_all<const N: usize>(&self, ids: [&str; N]) -> [SagaId; N] {
        let sagas = ids.map(trip);
        for saga in &sagas {
            self.begin(saga, Time(0), None).await;
        }
        sagas
    }

    pub(super) async fn places(&self, filter: LockFilter) -> Vec<LockRow> {
        self.locks(filter).await.must("locks can be listed")
    }

    /// The places in the queue of a key, in order.
    async fn queue(&self, of: &str) -> Vec<(String, LockState)> {
        let rows = self.places(LockFilter::queue(key(of))).await;
        let shown = rows
            .into_iter()
            .map(|row| (row.saga.id.to_string(), row.state));
        shown.collect()
    }

    /// Asserts the places in the queue of a key.
    pub(super) async fn queues<const N: usize>(
        &self,
        of: &str,
        expected: [(&str, LockState); N],
        why: &str,
    ) {
        let expected = expected.map(|(id, state)| (id.to_owned(), state));
        assert_eq!(self.queue(of).await, expected, "{why}");
    }
}

pub(super) async fn a_key_goes_to_whoever_asked_first<S: Store>(mut store: Owned<S>) {
    let [a, b, c] = store.begin_all(["a", "b", "c"]).await;
    for saga in [&a, &b, &c] {
        store.lock(saga, 1, request(["7"])).await;
    }
    let line = [("a", Granted), ("b", Waiting), ("c", Waiting)];
    store.queues("7", line, "the first one has the key").await;
    store.lock(&a, 2, LockChange::Taken).await;
    store.reopen().await;
    let line = [("a", Taken), ("b", Waiting), ("c", Waiting)];
    store
        .queues("7", line, "places are kept over a restart")
        .await;
    for saga in [&a, &b, &c] {
        store.take(saga).await;
    }
    store.lock(&b, 2, LockChange::Withdraw).await;
    let line = [("a", Taken), ("c", Waiting)];
    store.queues("7", line, "one that waits may leave").await;
    store.lock(&a, 3, LockChange::Release).await;
    store
        .queues("7", [("c", Granted)], "the key is passed on")
        .await;
    store.lock(&c, 2, LockChange::Withdraw).await;
    store
        .queues("7", [], "a key that was not taken is given back")
        .await;
}

pub(super) async fn several_keys_are_granted_together<S: Store>(store: Owned<S>) {
    let [one, both, two] = store.begin_all(["one", "both", "two"]).await;
    store.lock(&one, 1, request(["1"])).await;
    store.lock(&both, 1, request(["1", "2", "2"])).await;
    store.lock(&two, 1, request(["2"])).await;
    let line = [("both", Waiting), ("two", Waiting)];
    store
        .queues(
            "2",
            line,
            "who waits for another key has none, and is in line",
        )
        .await;
    store.lock(&one, 2, LockChange::Release).await;
    store
        .queues("1", [("both", Granted)], "all keys at once")
        .await;
    let line = [("both", Granted), ("two", Waiting)];
    store.queues("2", line, "all keys at once").await;
    store.lock(&both, 2, LockChange::Taken).await;
    store.lock(&both, 3, request(["3"])).await;
    store.lock(&both, 4, LockChange::Withdraw).await;
    store
        .queues("1", [("both", Taken)], "what was taken is not withdrawn")
        .await;
    store
        .queues("3", [], "what was requested last is withdrawn")
        .await;
    store.lock(&both, 5, LockChange::Release).await;
    store.queues("1", [], "all keys are released").await;
    store
        .queues("2", [("two", Granted)], "all keys are released")
        .await;
}

pub(super) async fn places_are_listed_by_key<S: Store>(store: Owned<S>) {
    let [a, b] = store.begin_all(["a", "b"]).await;
    store.lock(&b, 1, request(["y", "x"])).await;
    store.lock(&a, 1, request(["x"])).await;
    let all = store.places(LockFilter::default()).await;
    let shown: Vec<_> = all
        .iter()
        .map(|row| (&*row.key.key, &*row.saga.id))
        .collect();
    assert_eq!(
        shown,
        [("x", "b"), ("x", "a"), ("y", "b")],
        "by key, then by place"
    );
    let of = store.places(LockFilter::of(b.clone())).await;
    assert_eq!(of.len(), 2, "those of a saga");
    assert_eq!(of[0].since, Time(1), "since the commit that granted them");
    let limited = LockFilter {
        limit: Some(1),
        ..LockFilter::default()
    };
    assert_eq!(
        store.places(limited).await,
        &all[..1],
        "at most as many as asked for"
    );
    let none = LockFilter {
        name: Some("stock".into()),
        ..LockFilter::default()
    };
    assert_eq!(store.places(none).await, [], "another name is another lock");
}

pub(super) async fn a_commit_changes_locks_once<S: Store>(store: Owned<S>) {
    let [a, b] = store.begin_all(["a", "b"]).await;
    store.lock(&a, 1, request(["7"])).await;
    store.lock(&a, 1, request(["7"])).await;
    store
        .queues("7", [("a", Granted)], "the same commit requests once")
        .await;
    let other = commit(1, Time(9));
    let refused = store
        .append_one(&b, commit(2, Time(9)), Some(locks(request(["7"]))))
        .await;
    assert!(
        matches!(refused, Err(StoreError::Conflict { .. })),
        "{refused:?}"
    );
    store.lock(&a, 2, LockChange::Release).await;
    let written = store
        .append_one(&a, other, Some(locks(request(["7"]))))
        .await;
    assert!(
        written.is_ok(),
        "a commit that is there is asked for again: {written:?}"
    );
    store
        .queues(
            "7",
            [],
            "a refused commit changes no locks, nor one that is there",
        )
        .await;
}

pub(super) async fn who_was_granted_keys_is_claimed<S: Store>(store: Owned<S>) {
    let [a, b] = store.begin_all(["a", "b"]).await;
    store.lock(&a, 1, request(["7"])).await;
    store.lock(&b, 1, request(["7"])).await;
    let waits = change(State::Waiting, Claim::Until(LATER));
    let waits = store.append_one(&b, commit(2, Time(2)), Some(waits)).await;
    waits.must("a saga that waits is let go");
    assert_eq!(
        store.claimed(10).await,
        [],
        "who waits for a key is not due"
    );
    store.lock(&a, 2, LockChange::Release).await;
    assert_eq!(
        store.due_next().await,
        Some(Time(i64::MIN)),
        "there is something to claim"
    );
    assert_eq!(store.claimed(0).await, [], "it needs a slot");
    assert_eq!(store.due_next().await, Some(Time(i64::MIN)), "until then");
    let due = trip("due");
    store.begin(&due, Time(0), Some(Time(0))).await;
    let granted = [b.clone()];
    assert_eq!(store.claimed(1).await, granted, "before what is due");
    assert_eq!(store.claimed(10).await, [due], "once");
    store.lock(&b, 3, LockChange::Taken).await;
    let waits = change(State::Waiting, Claim::Until(LATER));
    let waits = store.append_one(&b, commit(4, Time(2)), Some(waits)).await;
    waits.must("a saga that waits is let go");
    assert_eq!(
        store.claimed(10).await,
        [],
        "who has heard of it is not claimed for it"
    );
    assert_eq!(
        store.due_next().await,
        Some(LATER),
        "nor is anything else due"
    );
}

pub(super) async fn a_release_takes_as_long_beside_many_who_wait<S: Store>(store: Owned<S>) {
    let ids: Vec<_> = (0..1000)
        .map(|number| trip(&format!("{number:04}")))
        .collect();
    for saga in &ids {
        store.begin(saga, Time(0), None).await;
        store.lock(saga, 1, request(["7"])).await;
    }
    for saga in &ids {
        let first = store.places(LockFilter {
            limit: Some(1),
            ..LockFilter::queue(key("7"))
        });
        let first = first.await;
        assert_eq!(
            (&first[0].saga, first[0].state),
            (saga, Granted),
            "in order"
        );
        store.lock(saga, 2, LockChange::Release).await;
    }
    store.queues("7", [], "in the end it is free").await;
}

/// Two workers request and release one key in turn: no saga waits for a key that is free.
pub(super) async fn no_request_misses_a_release<S: Store>(store: Owned<S>, _: Duration) {
    let other = store.another(VERSION, HOUR).await;
    let workers = Arc::new([store, other]);
    at_once(2, |index| {
        let workers = Arc::clone(&workers);
        async move {
            let store = &workers[index];
            for round in 0..100 {
                let id = format!("{index}-{round}");
                let saga = trip(&id);
                store.begin(&saga, Time(0), None).await;
                store.lock(&saga, 1, request(["7"])).await;
                // However long the other one takes: whoever is first has the key.
                loop {
                    let line = store.queue("7").await;
                    let is_held = line.first().is_some_and(|(_, state)| *state == Granted);
                    assert!(is_held, "{id} waits though the key is free: {line:?}");
                    if line[0].0 == id {
                        break;
                    }
                    tokio::task::yield_now().await;
                }
                store.lock(&saga, 2, LockChange::Release).await;
            }
        }
    })
    .await;
}
