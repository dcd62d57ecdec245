//! Processes that die with a saga are counted until its next commit, in flight and at its end.

use crate::common::{begin, commit, end, open, take, trip};
use tempfile::TempDir;
use typed_saga_engine::{Claim, Filter, Hold, Mark, ReadStore as _, State, Store, Time, Turn};
use typed_saga_sqlite::Sqlite;

async fn takeovers(store: &Sqlite) -> u32 {
    let rows = store.list(Filter::of(trip("1"))).await.unwrap();
    rows[0].takeovers
}

#[tokio::test]
async fn deaths_without_a_commit_are_counted() {
    let folder = TempDir::new().unwrap();
    let store = Sqlite::open(folder.path().join("sagas.db")).unwrap();
    let mut epoch = open(&store).await;
    begin(&store, epoch, "1").await.unwrap();
    for (seq, state) in [(1, State::Running), (2, State::Completed)] {
        for deaths in 1..4 {
            epoch = open(&store).await;
            let claimed = store.claim(epoch, Turn(1), 9).await.unwrap();
            let suspect = store.claim_suspect(epoch, Turn(1)).await.unwrap();
            let both: Vec<_> = claimed.into_iter().chain(suspect).collect();
            assert_eq!(both, [trip("1")]);
            assert_eq!(takeovers(&store).await, deaths);
        }
        end(&store, epoch, "1", seq, state, Claim::Keep, "[]").await;
        assert_eq!(takeovers(&store).await, 0, "a commit ends the count");
    }
    epoch = open(&store).await;
    take(&store, epoch, "1").await;
    assert_eq!(takeovers(&store).await, 1);
    let commit = commit(3, "[]");
    let written = store.append(
        epoch,
        Hold::new(trip("1"), Turn(1)),
        commit,
        None,
        Vec::new(),
    );
    written.await.unwrap();
    assert_eq!(takeovers(&store).await, 0, "a commit ends the count");
    epoch = open(&store).await;
    take(&store, epoch, "1").await;
    assert_eq!(takeovers(&store).await, 1);
    let release = store.release(
        epoch,
        Hold::new(trip("1"), Turn(1)),
        Some(Time(1)),
        Mark::Kept,
        Vec::new(),
    );
    release.await.unwrap();
    assert_eq!(takeovers(&store).await, 0, "so does letting go");
    epoch = open(&store).await;
    take(&store, epoch, "1").await;
    assert_eq!(takeovers(&store).await, 0, "nobody had it");
    store.close(epoch).await.unwrap();
    epoch = open(&store).await;
    take(&store, epoch, "1").await;
    assert_eq!(
        takeovers(&store).await,
        0,
        "who closes the store does not die"
    );
}
