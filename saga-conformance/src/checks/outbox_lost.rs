//! Events with which processes have died, and events that an operator has skipped.

use super::{
    fixture::{Owned, trip},
    outbox::names,
};
use typed_saga_engine::{Delivery, EventChange, EventRow, Store, Time};

pub(super) async fn a_claim_without_an_answer_is_counted_and_comes_alone<S: Store>(
    mut store: Owned<S>,
) {
    for saga in ["1", "2", "3"] {
        store.emitted(&trip(saga), Time(1), 1).await;
    }
    let all = store.hands_over().await;
    assert_eq!(all.iter().map(|event| event.lost).sum::<u32>(), 0);
    store.says(&all[2], Delivery::Release).await;
    store.reopen().await;
    store.emitted(&trip("4"), Time(1), 1).await;
    let mut seen = Vec::new();
    loop {
        let claimed = store.hands_over().await;
        if claimed.is_empty() {
            break;
        }
        let lost: Vec<_> = claimed.iter().map(|event| event.lost).collect();
        seen.push((names(&claimed), lost));
    }
    let one = |name: &str, lost| (vec![name.to_owned()], vec![lost]);
    let others = (vec!["3/0".to_owned(), "4/0".to_owned()], vec![0, 0]);
    assert_eq!(
        seen,
        [one("1/0", 1), one("2/0", 1), others],
        "what processes may have died of is claimed alone, and what was released is not"
    );
}

pub(super) async fn what_ten_processes_have_died_with_is_set_aside<S: Store>(mut store: Owned<S>) {
    let (deadly, other) = (trip("1"), trip("2"));
    store.emitted(&deadly, Time(1), 2).await;
    for times in 0..EventRow::STUCK {
        let claimed = store.hands_over().await;
        assert_eq!(
            (names(&claimed), claimed[0].lost),
            (vec!["1/0".to_owned()], times)
        );
        store.reopen().await;
    }
    store.emitted(&other, Time(1), 1).await;
    assert_eq!(
        store.hands_over().await,
        [],
        "it is set aside at the tenth time"
    );
    let claimed = store.hands_over().await;
    assert_eq!(names(&claimed), ["2/0"], "others go on");
    let row = &store.all_of(&deadly).await[0];
    assert!(row.is_stuck() && row.due.is_none(), "{row:?}");
    assert_eq!(
        row.why.as_deref(),
        Some(&*EventRow::given_up(EventRow::STUCK))
    );
    assert_eq!(store.next().await, None, "nothing of it is due");
    assert!(
        store.again(&deadly, None).await,
        "an operator may have it delivered"
    );
    let claimed = store.hands_over().await;
    assert_eq!(
        (names(&claimed), claimed[0].lost),
        (vec!["1/0".to_owned()], 0)
    );
}

/// The next event that is due, of the only saga.
async fn next<S: Store>(store: &Owned<S>) -> EventRow {
    let mut due = store.hands_over().await;
    due.pop().expect("an event is due")
}

pub(super) async fn what_was_set_aside_stays_so_until_it_is_asked_for<S: Store>(store: Owned<S>) {
    let saga = trip("1");
    store.emitted(&saga, Time(1), 3).await;
    let first = next(&store).await;
    store.says(&first, Delivery::Acknowledged).await;
    let refused = Delivery::Refused { why: "no".into() };
    store.says(&next(&store).await, refused).await;
    let skip = EventChange::Skip {
        why: "it is old".into(),
    };
    for skips in [false, true] {
        assert!(store.again(&saga, Some(0)).await);
        if skips {
            assert!(store.decides(&saga, Some(0), skip.clone()).await);
        } else {
            let first = next(&store).await;
            assert_eq!(first.number, 0);
            store.says(&first, Delivery::Acknowledged).await;
        }
        assert_eq!(store.hands_over().await, [], "nobody has asked for it");
        assert_eq!(store.next().await, None);
        let row = &store.all_of(&saga).await[1];
        assert!(row.is_stuck() && row.due.is_none(), "{row:?}");
        assert_eq!(row.why.as_deref(), Some("no"));
    }
    assert!(store.again(&saga, None).await);
    for number in [1, 2] {
        let event = next(&store).await;
        assert_eq!((event.number, event.failures), (number, 0));
        store.says(&event, Delivery::Acknowledged).await;
    }
}

pub(super) async fn what_waits_for_an_earlier_event_again_has_not_failed<S: Store>(
    store: Owned<S>,
) {
    let saga = trip("1");
    store.emitted(&saga, Time(1), 2).await;
    let first = next(&store).await;
    store.says(&first, Delivery::Acknowledged).await;
    for failures in 0..=EventRow::STUCK {
        let event = next(&store).await;
        assert_eq!((event.number, event.failures), (1, failures));
        let failed = Delivery::Failed {
            why: "no".into(),
            due: Time(1),
        };
        store.says(&event, failed).await;
    }
    assert!(store.again(&saga, Some(0)).await);
    let row = &store.all_of(&saga).await[1];
    assert!(!row.is_stuck() && row.due.is_none(), "{row:?}");
    let first = next(&store).await;
    assert_eq!(first.number, 0);
    store.says(&first, Delivery::Acknowledged).await;
    let second = next(&store).await;
    assert_eq!((second.number, second.failures, second.why), (1, 0, None));
}

pub(super) async fn an_answer_ends_the_row_of_losses<S: Store>(mut store: Owned<S>) {
    let saga = trip("1");
    store.emitted(&saga, Time(1), 1).await;
    let failed = Delivery::Failed {
        why: "no".into(),
        due: Time(1),
    };
    for how in [failed, Delivery::Acknowledged] {
        store.hands_over().await;
        store.reopen().await;
        let event = &store.hands_over().await[0];
        assert_eq!(event.lost, 1);
        store.says(event, how).await;
        assert_eq!(store.all_of(&saga).await[0].lost, 0);
    }
}

pub(super) async fn an_event_can_be_skipped<S: Store>(store: Owned<S>) {
    let saga = trip("1");
    store.emitted(&saga, Time(1), 3).await;
    let skip = || EventChange::Skip {
        why: "it kills\u{2026}".into(),
    };
    for number in [Some(1), Some(3)] {
        let skipped = store.decides(&saga, number, skip()).await;
        assert!(!skipped, "{number:?}: what is not next is not skipped");
    }
    assert!(store.decides(&saga, None, skip()).await);
    let row = store.all_of(&saga).await[0].clone();
    assert_eq!(row.skipped.as_deref(), Some("it kills\u{2026}"));
    assert!(row.delivered.is_some() && row.due.is_none(), "{row:?}");
    let event = &store.hands_over().await[0];
    assert_eq!(event.number, 1, "the next one is due");
    assert!(
        !store.decides(&saga, Some(1), skip()).await,
        "what is claimed is left alone"
    );
    store.says(event, Delivery::Acknowledged).await;
    assert!(
        !store.decides(&saga, Some(1), skip()).await,
        "it was delivered"
    );
    assert!(
        store.again(&saga, Some(0)).await,
        "what was skipped can be asked for again"
    );
    let event = &store.hands_over().await[0];
    assert_eq!((event.number, &event.skipped), (0, &None));
}
