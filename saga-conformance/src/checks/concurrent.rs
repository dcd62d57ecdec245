use super::fixture::{Must, Owned, commit, new, trip};
use std::{collections::HashSet, future::Future, sync::Arc};
use tokio::task::JoinSet;
use typed_saga_engine::{Commit, Created, SagaId, Store, StoreError, Time, Turn};

const SAGAS: usize = 100;
const COMMITS: u64 = 20;

/// Runs a task for each number, all concurrently, and returns their results.
pub(super) async fn at_once<T: Send + 'static, F>(count: usize, task: impl Fn(usize) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
{
    let mut tasks: JoinSet<T> = (0..count).map(task).collect();
    let mut results = Vec::new();
    while let Some(result) = tasks.join_next().await {
        match result {
            Ok(result) => results.push(result),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
    results
}

pub(super) fn numbered(index: usize) -> SagaId {
    trip(&format!("{index:04}"))
}

pub(super) async fn many_sagas_grow_at_once<S: Store>(store: Owned<S>) {
    let store = Arc::new(store);
    at_once(SAGAS, |index| {
        let (store, saga) = (store.clone(), numbered(index));
        async move {
            store.begin(&saga, Time(0), None).await;
            for seq in 1..COMMITS {
                // An append that does not follow fails alone, regardless of what is written
                // concurrently.
                let early = store.append_one(&saga, commit(seq + 1, Time(0)), None);
                assert!(
                    matches!(early.await, Err(StoreError::Conflict { .. })),
                    "a gap is a conflict"
                );
                let next = store.append_one(&saga, commit(seq, Time(0)), None);
                next.await.must("many sagas can grow at once");
                let commits = store.row(&saga).await.commits;
                assert_eq!(commits, seq + 1, "a read sees every write before it");
            }
        }
    })
    .await;
    for index in 0..SAGAS {
        let expected: Vec<_> = (0..COMMITS).map(|seq| commit(seq, Time(0))).collect();
        assert_eq!(
            store.stored(&numbered(index)).await.commits,
            expected,
            "every saga has its own journal, whole and in order"
        );
    }
}

pub(super) async fn one_of_many_creates<S: Store>(store: Owned<S>) {
    let store = Arc::new(store);
    let created = at_once(SAGAS, |index| {
        let store = store.clone();
        async move {
            store
                .create(
                    Some((store.epoch, Turn(index as u64))),
                    new(&trip("42"), None),
                    Some(commit(0, Time(0))),
                )
                .await
                .must("a saga can be created, or is there")
        }
    })
    .await;
    let new = created.iter().filter(|one| matches!(one, Created::New));
    assert_eq!(new.count(), 1, "a saga is created once");
}

pub(super) async fn one_of_many_appends<S: Store>(store: Owned<S>) {
    let store = Arc::new(store);
    store.begin(&trip("42"), Time(0), None).await;
    let appended = at_once(SAGAS, |index| {
        let store = store.clone();
        let commit = Commit {
            seq: 1,
            at: Time(0),
            records: format!("[{index}]"),
        };
        async move { store.append_one(&trip("42"), commit, None).await }
    })
    .await;
    let won = appended.iter().filter(|result| result.is_ok()).count();
    let lost = appended
        .iter()
        .filter(|result| matches!(result, Err(StoreError::Conflict { .. })))
        .count();
    assert_eq!(
        (won, lost),
        (1, SAGAS - 1),
        "of different commits of one number one is written, and the others are conflicts"
    );
    assert_eq!(store.stored(&trip("42")).await.commits.len(), 2);
}

pub(super) async fn nothing_is_claimed_by_two<S: Store>(store: Owned<S>) {
    let store = Arc::new(store);
    for index in 0..SAGAS {
        store.begin(&numbered(index), Time(0), Some(Time(1))).await;
    }
    let claimed = at_once(SAGAS, |_| {
        let store = store.clone();
        async move { store.claimed(3).await }
    })
    .await;
    let claimed: Vec<_> = claimed.into_iter().flatten().collect();
    let once: HashSet<_> = claimed.iter().cloned().collect();
    assert_eq!(
        (claimed.len(), once.len()),
        (SAGAS, SAGAS),
        "everything that is due is claimed, and once"
    );
}
