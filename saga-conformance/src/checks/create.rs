use super::fixture::{Must, Owned, TURN, commit, new, trip};
use typed_saga_engine::{Created, Row, State, Store, StoreError, Time, Turn};

pub(super) async fn what_is_created_is_there<S: Store>(mut store: Owned<S>) {
    let saga = trip("42");
    let nothing = store.load(saga.clone()).await.must("a saga can be loaded");
    assert_eq!(nothing, None, "a saga that nobody created is not there");
    store.begin(&saga, Time(1_000), None).await;
    let expected = new(&saga, None);
    let row = Row {
        saga: saga.clone(),
        input: expected.input,
        fingerprint: expected.fingerprint,
        state: State::Running,
        due: Some(Time(1_000)),
        claimed: Some(store.epoch),
        turn: Some(TURN),
        life: store.life,
        created: Time(1_000),
        updated: Time(1_000),
        commits: 1,
        takeovers: 0,
        unreadable: None,
    };
    for reopened in [false, true] {
        if reopened {
            store.reopen().await;
        }
        let mut stored = store.stored(&saga).await;
        if reopened {
            // Whether a row still names an epoch that has ended depends on the store.
            stored.row.claimed = row.claimed;
        }
        assert_eq!(
            stored.row, row,
            "without `due` a new saga is claimed by who created it"
        );
        assert_eq!(
            stored.commits,
            [commit(0, Time(1_000))],
            "a new saga has its first commit"
        );
    }
}

pub(super) async fn what_is_due_is_claimed_by_nobody<S: Store>(store: Owned<S>) {
    let saga = trip("42");
    store.begin(&saga, Time(1_000), Some(Time(5_000))).await;
    let row = store.row(&saga).await;
    assert_eq!(
        (row.state, row.due, row.claimed),
        (State::Running, Some(Time(5_000)), None),
        "with `due` a new saga is claimed by nobody, and due then"
    );
}

pub(super) async fn what_exists_stays_as_it_is<S: Store>(store: Owned<S>) {
    let saga = trip("42");
    store.begin(&saga, Time(1_000), None).await;
    let before = store.stored(&saga).await;
    let mut other = new(&saga, Some(Time(7)));
    other.input = "{\"other\":true}".into();
    other.fingerprint = 7;
    for again in [new(&saga, None), other] {
        let created = store
            .create(
                Some((store.epoch, Turn(2))),
                again,
                Some(commit(0, Time(2_000))),
            )
            .await
            .must("a saga that exists is no error");
        match created {
            Created::Exists(row) => assert_eq!(
                *row, before.row,
                "the row of the saga that exists is given back"
            ),
            Created::New => panic!("{saga} was created twice"),
        }
        assert_eq!(
            store.stored(&saga).await,
            before,
            "a saga that exists stays as it is"
        );
    }
}

pub(super) async fn a_journal_begins_at_0<S: Store>(store: Owned<S>) {
    let saga = trip("42");
    let created = store
        .create(
            Some((store.epoch, TURN)),
            new(&saga, None),
            Some(commit(1, Time(1))),
        )
        .await;
    assert!(
        matches!(created, Err(StoreError::Conflict { .. })),
        "a first commit of number 1 is a conflict, not {created:?}"
    );
    let nothing = store.load(saga).await.must("a saga can be loaded");
    assert_eq!(nothing, None, "a saga that was refused is not there");
}
