use super::{
    fixture::{HOUR, Must, Owned, change, commit, trip},
    hostile::{json, texts},
};
use std::{sync::Arc, time::Duration};
use typed_saga_engine::{
    Change, Claim, Delivery, EventChange, EventClaim, EventFilter, EventRow, EventStat, EventsOf,
    Filter, NewEvent, SagaId, State, Store, StoreError, Time,
};

/// The events of all sagas.
pub(super) fn all() -> EventsOf {
    EventsOf::Except(Arc::from([]))
}

fn key(saga: &SagaId, number: usize) -> String {
    format!("{saga}/{number}")
}

/// The change that ends a saga with this number of events.
pub(super) fn ends(saga: &SagaId, events: usize) -> Change {
    let event = |number| NewEvent {
        key: key(saga, number),
        payload: format!(r#"{{"of":"{}","number":{number}}}"#, saga.id),
    };
    Change {
        events: (0..events).map(event).collect(),
        ..change(State::Completed, Claim::Rest)
    }
}

impl<S: Store> Owned<S> {
    /// A saga that has ended with this number of events.
    pub(super) async fn emitted(&self, saga: &SagaId, at: Time, events: usize) {
        self.begin(saga, Time(1), None).await;
        let end = self.append_one(saga, commit(1, at), Some(ends(saga, events)));
        end.await.must("a saga can end with events");
    }

    pub(super) async fn events_of(&self, filter: EventFilter) -> Vec<EventRow> {
        self.events(filter).await.must("events can be read")
    }

    pub(super) async fn all_of(&self, saga: &SagaId) -> Vec<EventRow> {
        let mut filter = EventFilter::undelivered_of(saga.clone());
        filter.undelivered = false;
        self.events_of(filter).await
    }

    pub(super) async fn claims(
        &self,
        of: EventsOf,
        limit: usize,
        lease: Option<Duration>,
    ) -> Vec<EventRow> {
        let claim = EventClaim { of, limit, lease };
        let claimed = self.claim_events(self.epoch, claim).await;
        claimed.must("events can be claimed")
    }

    /// Claims all events that can be claimed now.
    pub(super) async fn hands_over(&self) -> Vec<EventRow> {
        self.claims(all(), 99, None).await
    }

    pub(super) async fn next(&self) -> Option<Time> {
        let next = self.next_event(self.epoch, all()).await;
        next.must("what is due next can be asked")
    }

    pub(super) async fn says(&self, event: &EventRow, how: Delivery) {
        let said = self.handed_over(self.epoch, event.hold(), how).await;
        said.must("who has claimed an event can say what became of it");
    }

    pub(super) async fn again(&self, saga: &SagaId, number: Option<u64>) -> bool {
        self.decides(saga, number, EventChange::Redeliver).await
    }

    pub(super) async fn decides(
        &self,
        saga: &SagaId,
        number: Option<u64>,
        how: EventChange,
    ) -> bool {
        let first = EventFilter::first_undelivered_of(saga.clone());
        let first = self.events(first).await.must("events can be read");
        let Some(number) = number.or(first.first().map(|event| event.number)) else {
            return false;
        };
        let changed = self.decide(self.epoch, saga.clone(), number, how, None);
        changed.await.must("an event can be redelivered or skipped")
    }
}

pub(super) fn names(events: &[EventRow]) -> Vec<String> {
    let name = |event: &EventRow| format!("{}/{}", event.saga.id, event.number);
    events.iter().map(name).collect()
}

#[track_caller]
pub(super) fn not_held(saga: &SagaId, said: Result<(), StoreError>) {
    match said {
        Err(StoreError::NotHeld { saga: of }) => assert_eq!(&of, saga, "the error names the saga"),
        other => panic!("a claim of {saga} that has ended is not held, not {other:?}"),
    }
}

pub(super) async fn events_are_written_with_the_end_of_their_saga<S: Store>(store: Owned<S>) {
    let saga = trip("42");
    store.begin(&saga, Time(1), None).await;
    let gap = store.append_one(&saga, commit(2, Time(7)), Some(ends(&saga, 2)));
    gap.await.expect_err("a gap is a conflict");
    assert_eq!(
        store.all_of(&saga).await,
        [],
        "a refused commit writes no event"
    );
    for _ in 0..2 {
        let end = store.append_one(&saga, commit(1, Time(7)), Some(ends(&saga, 2)));
        end.await.must("a saga can end with events");
        let written = store.all_of(&saga).await;
        assert_eq!(
            names(&written),
            ["42/0", "42/1"],
            "events are written once, numbered from 0"
        );
        for (event, due) in written.iter().zip([Some(Time(7)), None]) {
            let number = usize::try_from(event.number).unwrap_or(usize::MAX);
            assert_eq!(event.key, key(&saga, number), "the key is kept");
            let payload = format!(r#"{{"of":"42","number":{number}}}"#);
            assert_eq!(event.payload, payload, "what it says is kept");
            assert_eq!(event.due, due, "only the first is due");
            let EventRow {
                written,
                delivered,
                claimed,
                turn,
                failures,
                why,
                ..
            } = event;
            assert_eq!(
                (written, delivered, claimed, turn, failures, why),
                (&Time(7), &None, &None, &0, &0, &None)
            );
        }
    }
}

pub(super) async fn events_are_read_oldest_first<S: Store>(mut store: Owned<S>) {
    let tour = SagaId::new("tour", "1");
    store.emitted(&trip("2"), Time(5), 2).await;
    store.emitted(&tour, Time(6), 1).await;
    store.emitted(&trip("1"), Time(7), 1).await;
    store.reopen().await;
    let read = store.events_of(EventFilter::default()).await;
    assert_eq!(names(&read), ["2/0", "2/1", "1/0", "1/0"]);
    let after = |limit| EventFilter {
        after: Some(read[0].position),
        limit: Some(limit),
        ..EventFilter::default()
    };
    assert_eq!(store.events_of(after(2)).await, read[1..3]);
    assert_eq!(store.events_of(after(0)).await, []);
    let of = EventFilter {
        saga: Some("tour".into()),
        ..EventFilter::default()
    };
    assert_eq!(store.events_of(of).await, read[2..3]);
    let first = &store.claims(all(), 1, None).await[0];
    assert_eq!(names(std::slice::from_ref(first)), ["2/0"]);
    let claimed = EventFilter {
        claimed: Some(store.epoch),
        ..EventFilter::default()
    };
    assert_eq!(
        store.events_of(claimed.clone()).await,
        std::slice::from_ref(first)
    );
    store.says(first, Delivery::Acknowledged).await;
    assert_eq!(store.events_of(claimed).await, []);
    let left = EventFilter::undelivered_of(trip("2"));
    assert_eq!(names(&store.events_of(left).await), ["2/1"]);
    let delivered = &store.all_of(&trip("2")).await[0];
    assert!(
        delivered.delivered.is_some() && delivered.due.is_none(),
        "what was delivered says when, and is not due"
    );
}

pub(super) async fn undelivered_events_are_counted<S: Store>(store: Owned<S>) {
    let none = store.undelivered().await;
    assert_eq!(none.must("events can be counted"), []);
    store.emitted(&trip("1"), Time(8), 2).await;
    store.emitted(&trip("2"), Time(5), 1).await;
    store.emitted(&SagaId::new("tour", "1"), Time(9), 1).await;
    let event = &store.claims(all(), 1, None).await[0];
    assert_eq!(event.saga, trip("2"));
    store.says(event, Delivery::Acknowledged).await;
    let counted = store.undelivered().await.must("events can be counted");
    let expected = [("tour", 1, 9), ("trip", 2, 8)].map(|(saga, undelivered, oldest)| EventStat {
        saga: saga.into(),
        undelivered,
        stuck: 0,
        oldest: Time(oldest),
    });
    assert_eq!(counted, expected, "by name, those that are not delivered");
}

pub(super) async fn a_saga_with_undelivered_events_is_not_purged<S: Store>(store: Owned<S>) {
    let saga = trip("42");
    store.emitted(&saga, Time(1), 2).await;
    for left in [2, 1, 0] {
        let purged = store.purge(store.epoch, Filter::default(), Time(9)).await;
        let purged = purged.must("sagas can be purged");
        assert_eq!(purged, u64::from(left == 0), "{left} events are left");
        if left > 0 {
            let event = &store.hands_over().await[0];
            store.says(event, Delivery::Acknowledged).await;
        }
    }
    let gone = store.events_of(EventFilter::default()).await;
    assert_eq!(gone, [], "events are purged with their saga");
    store.emitted(&saga, Time(1), 1).await;
    assert_eq!(
        names(&store.hands_over().await),
        ["42/0"],
        "what begins again has events of its own"
    );
}

pub(super) async fn no_event_waits_longer_by_a_clock_that_was_set_back<S: Store>(
    mut store: Owned<S>,
) {
    let now = store.time().await;
    let ahead = now.after(HOUR);
    store.emitted(&trip("42"), ahead, 1).await;
    assert_eq!(store.hands_over().await, []);
    let claimed = trip("43");
    store.begin(&claimed, Time(1), None).await;
    let end = Change {
        delivers: true,
        ..ends(&claimed, 1)
    };
    let end = store.append_one(&claimed, commit(1, ahead), Some(end));
    end.await.must("a saga can end with events");
    store.reopen().await;
    // What was being delivered is claimed alone.
    let mut due = names(&store.hands_over().await);
    due.extend(names(&store.hands_over().await));
    due.sort();
    assert_eq!(
        due,
        ["42/0", "43/0"],
        "what was due, or being delivered, is due still"
    );
}

pub(super) async fn any_event_is_kept_as_it_is<S: Store>(mut store: Owned<S>) {
    let saga = trip("42");
    store.begin(&saga, Time(1), None).await;
    let payloads = [
        "null",
        "\"\\u0000 é 🦀 ' \\\" %\"",
        "[1e400, {\"a\": 1,  \"a\": 2}]",
    ];
    let event = |payload: String| NewEvent {
        key: format!("{payload}'\"%_"),
        payload,
    };
    let hostile = texts().into_iter().map(|text| json(&text));
    let payloads = payloads.map(str::to_owned).into_iter().chain(hostile);
    let events: Vec<_> = payloads.map(event).collect();
    let end = Change {
        events: events.clone(),
        ..change(State::Compensated, Claim::Keep)
    };
    let end = store.append_one(&saga, commit(1, Time(i64::MAX / 2)), Some(end));
    end.await.must("any event can be written");
    store.reopen().await;
    let kept = store.all_of(&saga).await;
    let kept: Vec<_> = kept
        .into_iter()
        .map(|EventRow { key, payload, .. }| NewEvent { key, payload })
        .collect();
    assert!(kept == events, "any text is kept as it is");
}
