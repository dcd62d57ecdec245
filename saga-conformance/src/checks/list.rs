use super::fixture::{Must, Owned, TURN, VERSION, trip, unfit};
use std::sync::Arc;
use typed_saga_engine::{Epoch, Filter, Hold, Mark, SagaId, Stat, State, Store, Time, Unfit};

/// In the order of a list: names and ids are compared byte by byte, the name first.
const IDS: [(&str, &str); 6] = [
    ("Trip", "z"),
    ("tour", "2"),
    ("trip", "1"),
    ("trip", "10"),
    ("trip", "2"),
    ("trip-2", "1"),
];

/// Creates these sagas, each in a different state.
async fn fill<S: Store>(store: &Owned<S>) -> Vec<SagaId> {
    let sagas = IDS.map(|(saga, id)| SagaId::new(saga, id));
    for (saga, state) in sagas.iter().zip(State::ALL).rev() {
        store.ended(saga, Time(1), state).await;
    }
    sagas.into()
}

async fn ids<S: Store>(store: &Owned<S>, filter: &Filter) -> Vec<SagaId> {
    let rows = store.listed(filter).await;
    rows.into_iter().map(|row| row.saga).collect()
}

pub(super) async fn sagas_are_listed_by_name_and_id<S: Store>(store: Owned<S>) {
    let none = ids(&store, &Filter::default()).await;
    assert_eq!(none, [], "an empty store has nothing to list");
    let sagas = fill(&store).await;
    assert_eq!(
        ids(&store, &Filter::default()).await,
        sagas,
        "sagas are listed by name and id"
    );
}

pub(super) async fn every_part_of_a_filter_must_fit<S: Store>(store: Owned<S>) {
    fill(&store).await;
    store.begin(&trip("held"), Time(1), None).await;
    let all = store.listed(&Filter::default()).await;
    let names = [None, Some("trip".into()), Some("TRIP".into())];
    let ids = [None, Some("1".into()), Some("z".into())];
    let states = [
        vec![],
        vec![State::Parked],
        vec![State::Running, State::Completed, State::Abandoned],
        State::ALL.to_vec(),
    ];
    let afters = [None, Some(trip("1")), Some(SagaId::new("trap", "zzz"))];
    let claims = [None, Some(store.epoch), Some(Epoch(1))];
    for saga in &names {
        for id in &ids {
            for states in &states {
                for (after, claimed) in afters.iter().flat_map(|after| claims.map(|it| (after, it)))
                {
                    for limit in [None, Some(0), Some(1), Some(usize::MAX)] {
                        let filter = Filter {
                            saga: saga.clone(),
                            id: id.clone(),
                            states: states.clone(),
                            claimed,
                            after: after.clone(),
                            limit,
                            ..Filter::default()
                        };
                        let fitting = all.iter().filter(|row| filter.fits(row)).cloned();
                        let expected: Vec<_> = fitting.take(limit.unwrap_or(usize::MAX)).collect();
                        assert_eq!(
                            store.listed(&filter).await,
                            expected,
                            "all that fits is listed, up to the limit: {filter:?}"
                        );
                    }
                }
            }
        }
    }
}

pub(super) async fn a_list_is_of_ids_that_begin_so_and_of_a_time<S: Store>(store: Owned<S>) {
    for (number, (saga, id)) in (0..).zip(IDS) {
        let saga = SagaId::new(saga, id);
        store
            .ended(&saga, Time(10 * number), State::Completed)
            .await;
    }
    for id in ["1%", "1_", "é1", "é2"] {
        store.begin(&trip(id), Time(100), None).await;
    }
    let all = store.listed(&Filter::default()).await;
    let prefixes = ["", "1", "10", "1%", "1_", "é", "9"].map(|it| Some(it.into()));
    let times = [None, Some(Time(20)), Some(Time(21)), Some(Time(100))];
    for prefix in [None].into_iter().chain(prefixes) {
        for saga in [None, Some("trip".into())] {
            for (since, before) in times.iter().flat_map(|at| times.map(|it| (*at, it))) {
                let filter = Filter {
                    saga: saga.clone(),
                    prefix: prefix.clone(),
                    since,
                    before,
                    ..Filter::default()
                };
                let fitting = all.iter().filter(|row| filter.fits(row)).cloned();
                assert_eq!(
                    store.listed(&filter).await,
                    fitting.collect::<Vec<_>>(),
                    "all that begins so, and was changed then, is listed: {filter:?}"
                );
            }
        }
    }
}

pub(super) async fn what_cannot_be_read_is_listed_with_its_reason<S: Store>(store: Owned<S>) {
    for id in ["odd", "even"] {
        store.begin(&trip(id), Time(1), None).await;
    }
    let odd = trip("odd");
    let release = store.release(
        store.epoch,
        Hold::new(odd.clone(), TURN),
        Some(Time(1)),
        Mark::Unfit(unfit(VERSION)),
        Vec::new(),
    );
    release.await.must("a claimed saga can be released");
    let unreadable = Filter {
        unreadable: true,
        ..Filter::default()
    };
    let Unfit { why, .. } = unfit(VERSION);
    let rows = store.listed(&unreadable).await;
    assert_eq!(
        rows.iter().map(|row| &row.saga).collect::<Vec<_>>(),
        [&odd],
        "what is marked is listed as unreadable, and nothing else"
    );
    for row in [rows[0].clone(), store.row(&odd).await] {
        assert_eq!(row.unreadable, Some(Arc::clone(&why)), "its row says why");
    }
    let stats = store.stats().await.must("sagas can be counted");
    assert_eq!((stats.len(), stats[0].count), (1, 2), "it is counted, too");
    store.take(&odd).await;
    assert_eq!(
        store.row(&odd).await.unreadable,
        Some(why),
        "a claim alone says nothing of whether it can be read now"
    );
    let next = super::fixture::commit(1, Time(2));
    let append = store.append_one(&odd, next, None).await;
    append.must("what is claimed can be written");
    assert_eq!(
        store.listed(&unreadable).await,
        [],
        "what was read is not listed any more"
    );
    assert_eq!(store.row(&odd).await.unreadable, None);
}

/// Whoever claims it for a message, say, may not be able to read it.
pub(super) async fn what_is_at_rest_is_not_listed_as_unreadable<S: Store>(store: Owned<S>) {
    for state in State::ALL {
        let saga = trip(state.as_str());
        store.ended(&saga, Time(1), state).await;
        store.take(&saga).await;
        let mark = Mark::Unfit(unfit(VERSION));
        let release = store.release(
            store.epoch,
            Hold::new(saga.clone(), TURN),
            None,
            mark,
            Vec::new(),
        );
        release.await.must("a claimed saga can be released");
        let row = store.row(&saga).await;
        assert_eq!(
            row.unreadable.is_none(),
            row.is_at_rest(),
            "what is left to read is listed, and nothing else: {row:?}"
        );
    }
}

pub(super) async fn a_list_is_read_page_by_page<S: Store>(store: Owned<S>) {
    let sagas = fill(&store).await;
    let mut read = Vec::new();
    let mut filter = Filter {
        limit: Some(2),
        ..Filter::default()
    };
    loop {
        let page = ids(&store, &filter).await;
        filter.after = page.last().cloned();
        if page.is_empty() {
            break;
        }
        assert!(read.len() <= sagas.len(), "a list comes to an end");
        read.extend(page);
    }
    assert_eq!(read, sagas, "pages follow one another");
}

pub(super) async fn sagas_are_counted_by_name_and_state<S: Store>(store: Owned<S>) {
    let none = store.stats().await.must("sagas can be counted");
    assert_eq!(none, [], "an empty store has nothing to count");
    store.begin(&trip("1"), Time(5), None).await;
    let due = Some(Time(90));
    store.begin(&SagaId::new("tour", "1"), Time(7), due).await;
    for (id, at) in [("2", 30), ("3", 20), ("4", 40)] {
        store.ended(&trip(id), Time(at), State::Completed).await;
    }
    store.ended(&trip("5"), Time(60), State::Parked).await;
    let stat = |saga: &str, state, count, oldest| Stat {
        saga: saga.into(),
        state,
        count,
        oldest: Time(oldest),
    };
    assert_eq!(
        store.stats().await.must("sagas can be counted"),
        [
            stat("tour", State::Running, 1, 7),
            stat("trip", State::Running, 1, 5),
            stat("trip", State::Completed, 3, 20),
            stat("trip", State::Parked, 1, 60),
        ],
        "sagas are counted by name and state, with the last change of the one that has not changed for longest"
    );
}
