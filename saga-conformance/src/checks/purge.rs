use super::fixture::{Must, Owned, trip};
use typed_saga_engine::{Claim, Filter, Message, SagaId, State, Store, Time};

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

fn record(why: &str) -> String {
    format!("{}\"who\":{{\"why\":\"{why}\"}}}}", Message::PURGED)
}

async fn purged_one<S: Store>(store: &Owned<S>, id: &str) -> Option<u64> {
    let purged = store.purge_one(store.epoch, trip(id), record("asked"));
    purged.await.must("a saga can be purged")
}

async fn sent<S: Store>(store: &Owned<S>, id: &str, text: &str) -> u64 {
    let sent = store.send(trip(id), text.to_owned(), Time(1));
    sent.await.must("a message can be sent")
}

async fn answered<S: Store>(store: &Owned<S>, id: &str, text: &str) -> u64 {
    let number = sent(store, id, text).await;
    let answer = store.answer(store.epoch, vec![(number, "1".to_owned())]);
    answer.await.must("a message can be answered");
    number
}

async fn has_answer<S: Store>(store: &Owned<S>, message: u64) -> bool {
    let sent = store.message(message).await.must("it can be read");
    sent.is_some_and(|sent| sent.answer.is_some())
}

pub(super) async fn who_had_a_saga_purged_is_written_if_it_was<S: Store>(store: Owned<S>) {
    store.begin(&trip("runs"), Time(1), None).await;
    store.ended(&trip("parked"), Time(1), State::Parked).await;
    for id in ["runs", "parked", "nobody"] {
        let message = purged_one(&store, id).await;
        assert_eq!(message, None, "only what is at rest is purged");
    }
    assert_eq!(left(&store).await, ["trip/parked", "trip/runs"]);
    let mut records = Vec::new();
    for _ in 0..2 {
        store.ended(&trip("42"), Time(1), State::Completed).await;
        store.ended(&trip("43"), Time(1), State::Completed).await;
        let message = answered(&store, "42", "{}").await;
        let other = answered(&store, "43", "{}").await;
        let record = purged_one(&store, "42").await;
        records.push(record.expect("a saga at rest is purged, whenever it ended"));
        let gone = store.load(trip("42")).await;
        assert_eq!(gone.must("a saga can be loaded"), None);
        assert!(
            !has_answer(&store, message).await,
            "what was answered is purged with its saga"
        );
        assert!(has_answer(&store, other).await, "of no other saga");
        let all = purged(&store, Filter::default(), Time(i64::MAX)).await;
        assert_eq!(all, 1, "the other one is purged by its age");
    }
    for record in records {
        let sent = store.message(record).await.must("it can be read");
        assert_eq!(
            sent.and_then(|sent| sent.answer).as_deref(),
            Some(Message::DONE),
            "who had a saga purged stays, and is answered"
        );
    }
    let open = store.messages().await;
    assert_eq!(open.must("the inbox can be read"), []);
}

/// An engine answers it, since no saga does.
pub(super) async fn what_was_answered_to_nobody_is_purged<S: Store>(store: Owned<S>) {
    store.begin(&trip("there"), Time(1), None).await;
    let there = answered(&store, "there", "{}").await;
    let one = answered(&store, "one", "{}").await;
    let [other, another] = [
        answered(&store, "other", "{}").await,
        answered(&store, "other", "{}").await,
    ];
    let kept = answered(&store, "other", &record("asked")).await;
    let open = sent(&store, "other", "{}").await;
    let all = [there, one, other, another, kept];
    let tour = Filter {
        saga: Some("tour".into()),
        ..Filter::default()
    };
    let begins = Filter {
        prefix: Some("on".into()),
        ..Filter::default()
    };
    let none = Filter {
        limit: Some(0),
        ..Filter::default()
    };
    let late = Time(i64::MAX);
    for (filter, before, stay) in [
        (Filter::default(), Time(9), &all[..]),
        (tour, late, &all[..]),
        (none, late, &all[..]),
        (Filter::of(trip("there")), late, &all[..]),
        (begins, late, &[there, other, another, kept][..]),
        (
            Filter::of(trip("one")),
            late,
            &[there, other, another, kept][..],
        ),
        (Filter::of(trip("other")), late, &[there, kept][..]),
        (Filter::default(), late, &[there, kept][..]),
    ] {
        assert_eq!(purged(&store, filter.clone(), before).await, 0);
        for message in all {
            assert_eq!(
                has_answer(&store, message).await,
                stay.contains(&message),
                "what was answered before that time to a saga that fits, and is not there, is purged: {filter:?}"
            );
        }
    }
    let left = store.messages().await.must("the inbox can be read");
    assert_eq!(left.len(), 1, "what is not answered stays");
    assert_eq!(left[0].number, open);
}
