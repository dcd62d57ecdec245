//! The lives of sagas, in a store that gives them.

use super::fixture::{Must, Owned, TURN, commit, new, trip};
use typed_saga_engine::{
    Claim, Created, Filter, Life, NewSaga, State, Store, StoreError, Take, Time,
};

/// The second life is that of the first one's store, after a purge of a saga with it; `None` if sagas have
/// no lives.
async fn current<S: Store>(store: &mut Owned<S>) -> Option<Life> {
    store.reopen().await;
    store.life
}

async fn purge<S: Store>(store: &Owned<S>) -> u64 {
    let purged = store.purge(store.epoch, Filter::default(), Time(i64::MAX));
    purged.await.must("what has ended can be purged")
}

pub(super) async fn a_saga_has_the_life_of_the_store<S: Store>(mut store: Owned<S>) {
    let life = store.life;
    let [claimed, ordered] = ["1", "2"].map(trip);
    store.begin(&claimed, Time(1), None).await;
    assert_eq!(store.row(&claimed).await.life, life, "it was claimed");
    let placed = store.create(None, new(&ordered, Some(Time(1))), None).await;
    assert!(matches!(placed, Ok(Created::New)), "{placed:?}");
    assert_eq!(
        store.row(&ordered).await.life,
        None,
        "nobody has claimed it"
    );
    store.take(&ordered).await;
    assert_eq!(store.row(&ordered).await.life, life, "it is claimed");
    assert_eq!(current(&mut store).await, life, "nothing was purged");
    for saga in [&claimed, &ordered] {
        assert_eq!(store.row(saga).await.life, life, "{saga} keeps its life");
    }
}

pub(super) async fn a_purge_begins_another_life<S: Store>(mut store: Owned<S>) {
    let Some(first) = store.life else { return };
    let stays = trip("stays");
    store.begin(&stays, Time(1), None).await;
    for (id, next) in [("1", first.next()), ("2", first.next().next())] {
        store.ended(&trip(id), Time(1), State::Completed).await;
        assert_eq!(purge(&store).await, 1);
        assert_eq!(
            current(&mut store).await,
            Some(next),
            "one with it was purged"
        );
        assert_eq!(purge(&store).await, 0);
        assert_eq!(current(&mut store).await, Some(next), "nothing was purged");
    }
    let stayed = store.row(&stays).await;
    assert_eq!(stayed.life, Some(first), "it began before");
    assert_eq!(store.take_of(&stays).await, Take::Mine);
    let ends = store.append_one(&stays, commit(1, Time(2)), None).await;
    ends.must("a commit can be appended");
    let over = super::fixture::change(State::Completed, Claim::Rest);
    let ends = store
        .append_one(&stays, commit(2, Time(2)), Some(over))
        .await;
    ends.must("a commit can be appended");
    let now = current(&mut store).await;
    assert_eq!(purge(&store).await, 1);
    assert_eq!(
        current(&mut store).await,
        now,
        "nobody has the life of what was purged"
    );
}

pub(super) async fn a_saga_does_not_begin_with_another_life<S: Store>(mut store: Owned<S>) {
    let Some(first) = store.life else { return };
    let saga = trip("1");
    let begin = |life| NewSaga {
        life: Some(life),
        ..new(&saga, None)
    };
    let by = Some((store.epoch, TURN));
    let created = store
        .create(by, begin(first), Some(commit(0, Time(1))))
        .await;
    assert!(matches!(created, Ok(Created::New)), "{created:?}");
    let there = store.create(by, begin(first.next()), None).await;
    assert!(
        matches!(there, Ok(Created::New | Created::Exists(_))),
        "it is there, with whichever life: {there:?}"
    );
    store
        .change(&saga, Time(1), State::Completed, Claim::Rest)
        .await;
    assert_eq!(purge(&store).await, 1);
    for first_commit in [None, Some(commit(0, Time(1)))] {
        let late = store.create(by, begin(first), first_commit).await;
        match late {
            Err(StoreError::Life { life }) => assert_eq!(life, first.next()),
            late => panic!("it would have the keys of the one before: {late:?}"),
        }
        let nothing = store.load(saga.clone()).await.must("a saga can be loaded");
        assert_eq!(nothing, None);
    }
    let created = store.create(by, begin(first.next()), None).await;
    assert!(matches!(created, Ok(Created::New)), "{created:?}");
    assert_eq!(store.row(&saga).await.life, Some(first.next()));
    assert_eq!(current(&mut store).await, Some(first.next()));
}
