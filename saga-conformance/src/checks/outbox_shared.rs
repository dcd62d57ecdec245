use super::{
    fixture::{HOUR, Must, Owned, VERSION, trip},
    outbox::{all, names, not_held},
    own::fenced,
    shared::dies,
};
use std::time::Duration;
use typed_saga_engine::{Delivery, Store, Time};

pub(super) async fn an_event_is_claimed_by_one_of_many_workers<S: Store>(
    one: Owned<S>,
    _: Duration,
) {
    let two = one.another(VERSION, HOUR).await;
    one.emitted(&trip("42"), Time(1), 2).await;
    let event = &two.hands_over().await[0];
    assert_eq!(names(&one.hands_over().await), [""; 0]);
    let theirs = one.handed_over(one.epoch, event.hold(), Delivery::Acknowledged);
    not_held(&event.saga, theirs.await);
    two.says(event, Delivery::Acknowledged).await;
    assert_eq!(
        names(&one.hands_over().await),
        ["42/1"],
        "whoever ended the saga, any worker may hand over its events"
    );
}

pub(super) async fn what_a_dead_worker_had_claimed_is_handed_over_by_another<S: Store>(
    one: Owned<S>,
    lease: Duration,
) {
    let dead = one.another(VERSION, lease).await;
    let closed = one.another(VERSION, HOUR).await;
    for (worker, id) in [(&dead, "dead"), (&closed, "closed")] {
        one.emitted(&trip(id), Time(1), 1).await;
        assert_eq!(worker.hands_over().await.len(), 1);
    }
    assert_eq!(names(&one.hands_over().await), [""; 0]);
    let close = closed.close(closed.epoch).await;
    close.must("an epoch can be closed");
    let free = &one.hands_over().await[0];
    assert_eq!(free.saga, trip("closed"));
    dies(lease, &one).await;
    let freed = &one.hands_over().await[0];
    assert_eq!((&freed.saga, freed.turn), (&trip("dead"), 2));
    let late = dead.handed_over(dead.epoch, freed.hold(), Delivery::Acknowledged);
    fenced("handed_over", dead.epoch, late.await);
    let next = dead.next_event(one.epoch, all()).await;
    assert_eq!(next.must("what is due can be asked"), None);
    one.says(freed, Delivery::Acknowledged).await;
}
