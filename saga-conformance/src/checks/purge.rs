use super::fixture::{Must, Owned, trip};
use saga_engine::{Claim, Filter, SagaId, State, Store, Time};

const LATER: Time = Time(1_000);

async fn purged<S: Store>(store: &Owned<S>, filter: Filter, before: Time) -> u64 {
    let purged = store.purge(store.epoch, filter, before).await;
    purged.must("sagas can be purged")
}

async fn left<S: Store>(store: &Owned<S>) -> Vec<String> {
    let rows = store.listed(&Filter::default()).await;
    rows.iter().map(|row| row.saga.to_string()).collect()
}

pub(super) async fn only_what_is_at_rest_is_purged<S: Store>(store: Owned<S>) {
    for state in State::ALL {
        let saga = trip(state.as_str());
        store.ended(&saga, Time(1), state).await;
        let held = SagaId::new("held", state.as_str());
        store.begin(&held, Time(1), None).await;
        store.change(&held, Time(1), state, Claim::Keep).await;
        let due = SagaId::new("due", state.as_str());
        store.begin(&due, Time(1), None).await;
        store
            .change(&due, Time(1), state, Claim::Until(Time(1)))
            .await;
    }
    let rows = store.listed(&Filter::default()).await;
    let busy = rows.iter().filter(|row| !row.is_at_rest());
    let expected: Vec<_> = busy.map(|row| row.saga.to_string()).collect();
    assert_eq!(
        purged(&store, Filter::default(), LATER).await,
        3,
        "what is purged is counted"
    );
    assert_eq!(
        left(&store).await,
        expected,
        "only what is at rest is purged"
    );
    let gone = store.load(trip("completed")).await;
    assert_eq!(
        gone.must("a saga can be loaded"),
        None,
        "what was purged is not there any more"
    );
}

pub(super) async fn what_changed_later_is_not_purged<S: Store>(store: Owned<S>) {
    for (id, at) in [("before", 9), ("then", 10), ("after", 11)] {
        store.begin(&trip(id), Time(1), None).await;
        store
            .change(&trip(id), Time(at), State::Completed, Claim::Rest)
            .await;
    }
    let count = purged(&store, Filter::default(), Time(10)).await;
    assert_eq!(
        (count, left(&store).await),
        (1, vec!["trip/after".into(), "trip/then".into()]),
        "only what was last changed before that time is purged"
    );
}

pub(super) async fn only_what_fits_is_purged<S: Store>(store: Owned<S>) {
    for id in ["1", "2", "3", "4", "5"] {
        store.ended(&trip(id), Time(1), State::Completed).await;
    }
    store.ended(&trip("6"), Time(1), State::Compensated).await;
    store.begin(&trip("0"), Time(1), None).await;
    let tour = SagaId::new("tour", "1");
    store.ended(&tour, Time(1), State::Completed).await;
    let nobody = purged(&store, Filter::of(trip("7")), LATER).await;
    assert_eq!(nobody, 0, "what does not fit is not purged");
    let three = Filter {
        saga: Some("trip".into()),
        states: vec![State::Running, State::Completed],
        limit: Some(3),
        ..Filter::default()
    };
    assert_eq!(
        purged(&store, three, LATER).await,
        3,
        "a limit counts what is purged"
    );
    let behind = Filter {
        after: Some(trip("4")),
        ..Filter::default()
    };
    purged(&store, behind, LATER).await;
    assert_eq!(
        left(&store).await,
        ["tour/1", "trip/0", "trip/4"],
        "only what fits is purged, in the order of a list"
    );
}

pub(super) async fn what_was_purged_can_begin_again<S: Store>(store: Owned<S>) {
    let saga = trip("42");
    store.ended(&saga, Time(1), State::Completed).await;
    purged(&store, Filter::default(), LATER).await;
    store.begin(&saga, Time(5), None).await;
    let stored = store.stored(&saga).await;
    assert_eq!(
        (stored.row.created, stored.commits.len()),
        (Time(5), 1),
        "what was purged begins anew, with a journal of its own"
    );
    store
        .change(&saga, Time(6), State::Parked, Claim::Rest)
        .await;
}

pub(super) async fn a_vacuum_changes_nothing_that_is_there<S: Store>(store: Owned<S>) {
    store.ended(&trip("1"), Time(1), State::Completed).await;
    store.ended(&trip("2"), Time(1), State::Parked).await;
    purged(&store, Filter::of(trip("1")), LATER).await;
    let before = store.stored(&trip("2")).await;
    let vacuum = store.vacuum(store.epoch).await;
    vacuum.must("a store can be rewritten, or leaves that to others");
    let after = store.stored(&trip("2")).await;
    assert_eq!(before, after, "a vacuum changes nothing");
    store.begin(&trip("3"), Time(2), None).await;
    assert_eq!(
        left(&store).await,
        ["trip/2", "trip/3"],
        "writes go on after a vacuum"
    );
}
