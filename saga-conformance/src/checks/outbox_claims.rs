use super::{
    concurrent::{at_once, numbered},
    fixture::{HOUR, Must, Owned, commit, trip},
    outbox::{all, ends, names, not_held},
};
use std::{collections::HashSet, sync::Arc, time::Duration};
use tokio::time::sleep;
use typed_saga_engine::{
    Change, Delivery, EventFilter, EventHold, EventRow, EventStat, EventsOf, SagaId, Store, Time,
};

pub(super) async fn events_of_a_saga_are_claimed_in_order<S: Store>(store: Owned<S>) {
    let saga = trip("42");
    store.emitted(&saga, Time(1), 3).await;
    store.emitted(&trip("43"), Time(2), 1).await;
    let other = store.hands_over().await;
    assert_eq!(
        names(&other),
        ["42/0", "43/0"],
        "the first of each saga is claimed"
    );
    let mut event = other[0].clone();
    for number in 0..3 {
        assert_eq!((event.number, event.turn), (number, 1));
        assert_eq!(event.claimed, Some(store.epoch));
        assert_eq!(
            names(&store.hands_over().await),
            [""; 0],
            "while an event is claimed, none of its saga is"
        );
        store.says(&event, Delivery::Acknowledged).await;
        let next = store.hands_over().await;
        assert_eq!(next.len(), usize::from(number < 2));
        event = next.first().cloned().unwrap_or(event);
    }
    assert_eq!(store.events_of(EventFilter::undelivered_of(saga)).await, []);
}

pub(super) async fn the_end_of_a_saga_may_claim_its_first_event<S: Store>(store: Owned<S>) {
    let saga = trip("42");
    store.begin(&saga, Time(1), None).await;
    let end = Change {
        delivers: true,
        locks: Vec::new(),
        ..ends(&saga, 2)
    };
    // Appended twice, it claims the event once.
    for _ in 0..2 {
        let append = store.append_one(&saga, commit(1, Time(2)), Some(end.clone()));
        append.await.must("a saga can end with events");
    }
    let [first, second] = &store.all_of(&saga).await[..] else {
        panic!("both are written");
    };
    assert_eq!((first.claimed, first.turn), (Some(store.epoch), 1));
    assert_eq!((second.claimed, second.turn, second.due), (None, 0, None));
    assert_eq!(store.next().await, None, "what is claimed is not due");
    assert_eq!(store.hands_over().await, []);
    store.says(first, Delivery::Acknowledged).await;
    let next = store.hands_over().await;
    assert_eq!(names(&next), ["42/1"], "the next one is due");
    // A change without events claims nothing.
    let none = trip("43");
    store.begin(&none, Time(1), None).await;
    let end = Change {
        delivers: true,
        locks: Vec::new(),
        ..ends(&none, 0)
    };
    let append = store.append_one(&none, commit(1, Time(2)), Some(end));
    append.await.must("a saga can end without events");
    assert_eq!(store.all_of(&none).await, []);
}

pub(super) async fn what_the_end_of_a_saga_claimed_is_due_under_the_next_epoch<S: Store>(
    mut store: Owned<S>,
) {
    let saga = trip("42");
    store.begin(&saga, Time(1), None).await;
    let end = Change {
        delivers: true,
        locks: Vec::new(),
        ..ends(&saga, 1)
    };
    let append = store.append_one(&saga, commit(1, Time(2)), Some(end));
    append.await.must("a saga can end with events");
    store.reopen().await;
    let [event] = &store.hands_over().await[..] else {
        panic!("nobody who lives has claimed it");
    };
    assert_eq!((event.claimed, event.turn), (Some(store.epoch), 2));
}

pub(super) async fn claims_are_of_names_and_by_time<S: Store>(store: Owned<S>) {
    for (id, at) in [("late", 30), ("first", 10), ("then", 20)] {
        store.emitted(&trip(id), Time(at), 1).await;
    }
    store.emitted(&SagaId::new("tour", "1"), Time(5), 1).await;
    let trips: Arc<[Arc<str>]> = Arc::from(["trip".into(), "train".into()]);
    let only = EventsOf::Only(Arc::clone(&trips));
    let due = store.next_event(store.epoch, only.clone()).await;
    assert_eq!(due.must("what is due can be asked"), Some(Time(10)));
    assert_eq!(
        names(&store.claims(only.clone(), 2, None).await),
        ["first/0", "then/0"],
        "the one due first is claimed first, so many as asked for"
    );
    let except = EventsOf::Except(trips);
    assert_eq!(names(&store.claims(except, 9, None).await), ["1/0"]);
    assert_eq!(
        store.claims(EventsOf::Only(Arc::from([])), 9, None).await,
        []
    );
    assert_eq!(names(&store.claims(only, 9, None).await), ["late/0"]);
    assert_eq!(store.next().await, None, "what is claimed is not due");
}

pub(super) async fn what_could_not_be_delivered_is_due_again<S: Store>(mut store: Owned<S>) {
    let saga = trip("42");
    store.emitted(&saga, Time(1), 2).await;
    for failures in 1..=EventRow::STUCK {
        let event = &store.hands_over().await[0];
        assert_eq!((event.number, event.turn), (0, u64::from(failures)));
        let due = Time(i64::from(failures));
        let why: Arc<str> = format!("no answer, {failures}").into();
        let failed = Delivery::Failed {
            why: Arc::clone(&why),
            due,
        };
        store.says(event, failed).await;
        store.reopen().await;
        let event = &store.all_of(&saga).await[0];
        assert_eq!(
            (event.failures, &event.why, event.due),
            (failures, &Some(why), Some(due)),
            "a failure is counted, with its reason"
        );
        let is_stuck = failures == EventRow::STUCK;
        assert_eq!(event.is_stuck(), is_stuck);
        let stuck = EventFilter {
            stuck: true,
            ..EventFilter::default()
        };
        assert_eq!(store.events_of(stuck).await.len(), usize::from(is_stuck));
        assert_eq!(store.next().await, Some(due));
    }
    let stat = store.undelivered().await.must("events can be counted");
    let expected = EventStat {
        saga: "trip".into(),
        undelivered: 2,
        stuck: 1,
        oldest: Time(1),
    };
    assert_eq!(stat, [expected], "what is stuck is counted");
    let far = store.time().await.after(HOUR);
    let event = &store.hands_over().await[0];
    let failed = Delivery::Failed {
        why: "later".into(),
        due: far,
    };
    store.says(event, failed).await;
    assert_eq!(
        store.hands_over().await,
        [],
        "what is not due is not claimed"
    );
    assert_eq!(store.next().await, Some(far));
    assert!(store.again(&saga, None).await);
    let event = &store.hands_over().await[0];
    assert_eq!(
        (event.number, event.failures, &event.why),
        (0, 0, &None),
        "what is asked for again is due now, and its failures are counted anew"
    );
    store.says(event, Delivery::Release).await;
    let event = &store.hands_over().await[0];
    assert_eq!(event.number, 0, "what was released is due as it was");
    store.says(event, Delivery::Acknowledged).await;
    assert_eq!(store.hands_over().await[0].number, 1);
}

/// It is set aside for an operator at its first failure.
pub(super) async fn what_is_refused_is_stuck_at_once<S: Store>(store: Owned<S>) {
    let saga = trip("42");
    store.emitted(&saga, Time(1), 2).await;
    let event = &store.hands_over().await[0];
    let refused = || Delivery::Refused { why: "gone".into() };
    for _ in 0..2 {
        store.says(event, refused()).await;
    }
    let other = store.handed_over(store.epoch, event.hold(), Delivery::Acknowledged);
    not_held(&saga, other.await);
    assert_eq!(store.hands_over().await, [], "nothing of the saga is due");
    assert_eq!(store.next().await, None);
    let stuck = EventFilter {
        stuck: true,
        ..EventFilter::default()
    };
    let stuck = store.events_of(stuck).await;
    let [row] = &stuck[..] else {
        panic!("one event is stuck: {stuck:?}");
    };
    assert_eq!((row.number, row.due), (0, None));
    assert_eq!(row.why.as_deref(), Some("gone"));
    assert!(store.again(&saga, None).await);
    let event = &store.hands_over().await[0];
    assert_eq!((event.number, event.failures), (0, 0));
    store.says(event, Delivery::Acknowledged).await;
    assert_eq!(store.hands_over().await[0].number, 1);
}

pub(super) async fn a_claim_ends_with_its_lease_or_its_epoch<S: Store>(mut store: Owned<S>) {
    let saga = trip("42");
    store.emitted(&saga, Time(1), 2).await;
    // Longer than a busy machine takes for the calls before the claim ends.
    let lease = Duration::from_millis(500);
    let first = store.claims(all(), 9, Some(lease)).await;
    assert_eq!(names(&first), ["42/0"]);
    assert!(
        !store.again(&saga, Some(0)).await,
        "what is claimed is left alone"
    );
    let free = store.next().await;
    assert!(
        free.is_some_and(|free| free > Time(1)),
        "it is known when the claim ends, not {free:?}"
    );
    sleep(lease * 2).await;
    let second = store.hands_over().await;
    assert_eq!(names(&second), ["42/0"], "a claim ends with its lease");
    assert_eq!((first[0].turn, second[0].turn), (1, 2));
    let late = Delivery::Acknowledged;
    let late = store.handed_over(store.epoch, first[0].hold(), late).await;
    not_held(&saga, late);
    store.reopen().await;
    let third = store.hands_over().await;
    assert_eq!(names(&third), ["42/0"], "a claim ends with its epoch");
    for hold in [first[0].hold(), second[0].hold()] {
        for how in [Delivery::Acknowledged, Delivery::Release] {
            let late = store.handed_over(store.epoch, hold.clone(), how).await;
            not_held(&saga, late);
        }
    }
    store.says(&third[0], Delivery::Acknowledged).await;
}

pub(super) async fn an_answer_may_be_given_again<S: Store>(store: Owned<S>) {
    let saga = trip("42");
    store.emitted(&saga, Time(1), 1).await;
    let failed = |why: &str| Delivery::Failed {
        why: why.into(),
        due: Time(1),
    };
    let event = &store.hands_over().await[0];
    for _ in 0..2 {
        store.says(event, failed("no answer")).await;
    }
    let row = &store.all_of(&saga).await[0];
    assert_eq!(row.failures, 1, "a failure is counted once");
    let other = store.handed_over(store.epoch, event.hold(), Delivery::Acknowledged);
    not_held(&saga, other.await);
    let event = &store.hands_over().await[0];
    for _ in 0..2 {
        store.says(event, Delivery::Acknowledged).await;
    }
    let other = store.handed_over(store.epoch, event.hold(), failed("late"));
    not_held(&saga, other.await);
    for unknown in [
        EventHold {
            number: 1,
            ..event.hold()
        },
        EventHold {
            saga: trip("43"),
            ..event.hold()
        },
    ] {
        let of = unknown.saga.clone();
        let said = store.handed_over(store.epoch, unknown, Delivery::Release);
        not_held(&of, said.await);
    }
}

pub(super) async fn what_was_delivered_can_be_asked_for_again<S: Store>(store: Owned<S>) {
    let saga = trip("42");
    store.emitted(&saga, Time(1), 3).await;
    for (of, number) in [
        ("42", Some(1)),
        ("42", Some(3)),
        ("43", None),
        ("43", Some(0)),
    ] {
        let again = store.again(&trip(of), number).await;
        assert!(!again, "{of} {number:?}: what is not next is not made due");
    }
    for _ in 0..2 {
        let event = &store.hands_over().await[0];
        store.says(event, Delivery::Acknowledged).await;
    }
    assert!(store.again(&saga, Some(0)).await);
    let mut seen = Vec::new();
    while let Some(event) = store.hands_over().await.first() {
        seen.push(event.number);
        store.says(event, Delivery::Acknowledged).await;
    }
    assert_eq!(
        seen,
        [0, 2],
        "what is asked for again comes before what was not delivered"
    );
    assert!(
        !store.again(&saga, None).await,
        "nothing is left to deliver"
    );
}

pub(super) async fn each_event_is_claimed_by_one<S: Store>(store: Owned<S>) {
    const SAGAS: usize = 40;
    for index in 0..SAGAS {
        let saga = numbered(index);
        store.emitted(&saga, Time(1), 2).await;
    }
    let store = Arc::new(store);
    let handed = at_once(8, |_| {
        let store = Arc::clone(&store);
        async move {
            let mut handed = Vec::new();
            loop {
                let claimed = store.claims(all(), 3, None).await;
                if claimed.is_empty() {
                    return handed;
                }
                for event in claimed {
                    store.says(&event, Delivery::Acknowledged).await;
                    handed.push((event.saga, event.number));
                }
            }
        }
    });
    let handed: Vec<_> = handed.await.into_iter().flatten().collect();
    let different: HashSet<_> = handed.iter().cloned().collect();
    assert_eq!(
        (handed.len(), different.len()),
        (2 * SAGAS, 2 * SAGAS),
        "each event is handed over, and by one"
    );
}
