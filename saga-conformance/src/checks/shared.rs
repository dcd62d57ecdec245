use super::{
    claim::not_held,
    concurrent::{at_once, numbered},
    fixture::{HOUR, Must, Owned, TURN, VERSION, commit, new, trip, unfit},
    own::{everything_is_fenced, fenced},
};
use std::{collections::HashSet, sync::Arc, time::Duration};
use tokio::time::sleep;
use typed_saga_engine::{Claim, Hold, Mark, Message, SagaId, State, Store, Take, Time};

/// Lets a worker with this lease die, while `by` looks now and then, as a living worker does. A
/// store may declare the worker dead only once it has been seen not to renew its lease for that
/// long.
pub(super) async fn dies<S: Store>(lease: Duration, by: &Owned<S>) {
    for _ in 0..8 {
        by.due_next().await;
        sleep(lease / 4).await;
    }
}

pub(super) async fn epochs_live_side_by_side<S: Store>(one: Owned<S>, _: Duration) {
    let two = one.another(VERSION, HOUR).await;
    for (worker, other, id) in [(&one, &two, "one"), (&two, &one, "two")] {
        let saga = trip(id);
        worker.begin(&saga, Time(1), None).await;
        assert_eq!(other.claimed(9).await, [], "what one has, no other claims");
        assert_eq!(
            other.take_of(&saga).await,
            Take::Theirs,
            "what one has, no other can claim by name"
        );
        let before = worker.stored(&saga).await;
        let theirs = other.append_one(&saga, commit(1, Time(2)), None).await;
        not_held(&saga, theirs);
        let release = other.release(
            other.epoch,
            Hold::new(saga.clone(), TURN),
            None,
            Mark::Unfit(unfit(7)),
            Vec::new(),
        );
        not_held(&saga, release.await);
        assert_eq!(
            worker.stored(&saga).await,
            before,
            "what one has, no other changes"
        );
        let ours = worker.append_one(&saga, commit(1, Time(2)), None).await;
        ours.must("two epochs can write side by side");
    }
    let alive = one.workers().await.must("the workers can be listed");
    assert_eq!(alive.len(), 2, "both are listed as alive: {alive:?}");
}

pub(super) async fn a_dead_worker_is_fenced_and_its_sagas_are_due<S: Store>(
    one: Owned<S>,
    lease: Duration,
) {
    let dead = one.another(VERSION, lease).await;
    let (held, late) = (trip("held"), trip("late"));
    dead.begin(&held, Time(1), None).await;
    one.ended(&trip("over"), Time(1), State::Completed).await;
    let asked = one.send(held.clone(), "{}".into(), Time(1)).await;
    let asked = asked.must("a message can be sent");
    assert_eq!(one.claimed(9).await, [], "what a living one has is not due");
    dies(lease, &one).await;
    let due = one.due_next().await;
    let now = one.time().await;
    assert!(
        due.is_some_and(|due| due <= now),
        "what a dead one had is due at once, not {due:?}"
    );
    assert_eq!(
        one.claimed(9).await,
        std::slice::from_ref(&held),
        "what a dead one had can be claimed"
    );
    everything_is_fenced(&one, dead.epoch, &held, asked).await;
    let late_create = one.create(
        Some((dead.epoch, TURN)),
        new(&late, None),
        Some(commit(0, Time(1))),
    );
    fenced("create", dead.epoch, late_create.await);
    let nothing = one.load(late).await.must("a saga can be loaded");
    assert_eq!(nothing, None, "a dead worker begins nothing");
    let ours = one.append_one(&held, commit(1, Time(2)), None).await;
    ours.must("who takes over goes on");
    let alive = one.workers().await.must("the workers can be listed");
    assert_eq!(alive.len(), 1, "a dead worker is not listed: {alive:?}");
}

pub(super) async fn a_lease_that_is_renewed_goes_on<S: Store>(one: Owned<S>, lease: Duration) {
    let patient = one.another(VERSION, lease).await;
    let saga = trip("42");
    patient.begin(&saga, Time(1), None).await;
    for _ in 0..12 {
        sleep(lease / 4).await;
        patient.time().await;
        assert_eq!(one.claimed(9).await, [], "who renews its lease is alive");
    }
    let ours = patient.append_one(&saga, commit(1, Time(2)), None).await;
    ours.must("who renews its lease goes on");
}

/// Regardless of the batches in which a store writes appends.
pub(super) async fn a_fenced_append_leaves_those_beside_it_alone<S: Store>(
    one: Owned<S>,
    lease: Duration,
) {
    let dead = one.another(VERSION, lease).await;
    let two = one.another(VERSION, HOUR).await;
    for (worker, id) in [(&one, "first"), (&dead, "fenced"), (&two, "last")] {
        worker.begin(&trip(id), Time(1), None).await;
    }
    dies(lease, &one).await;
    assert_eq!(one.claimed(0).await, []);
    let [one_saga, dead_saga, two_saga] = ["first", "fenced", "last"].map(trip);
    let (before, between, behind) = tokio::join!(
        one.append_one(&one_saga, commit(1, Time(2)), None),
        dead.append_one(&dead_saga, commit(1, Time(2)), None),
        two.append_one(&two_saga, commit(1, Time(2)), None),
    );
    before.must("a good append is written beside a fenced one");
    fenced("append", dead.epoch, between);
    behind.must("a good append is written beside a fenced one");
    for (id, commits) in [("first", 2), ("fenced", 1), ("last", 2)] {
        assert_eq!(one.row(&trip(id)).await.commits, commits, "{id}");
    }
}

pub(super) async fn each_saga_is_claimed_by_one_of_many<S: Store>(one: Owned<S>, _: Duration) {
    const SAGAS: usize = 200;
    for index in 0..SAGAS {
        one.begin(&numbered(index), Time(0), Some(Time(1))).await;
    }
    let mut workers = Vec::new();
    for _ in 0..8 {
        workers.push(Arc::new(one.another(VERSION, HOUR).await));
    }
    let claimed = at_once(workers.len(), |index| {
        let worker = Arc::clone(&workers[index]);
        async move {
            let mut claimed = Vec::new();
            loop {
                let more = worker.claimed(3).await;
                if more.is_empty() {
                    break;
                }
                claimed.extend(more);
            }
            for saga in &claimed {
                let row = worker.row(saga).await;
                assert_eq!(
                    row.claimed,
                    Some(worker.epoch),
                    "{saga} belongs to who claimed it"
                );
            }
            claimed
        }
    })
    .await;
    let all: Vec<_> = claimed.into_iter().flatten().collect();
    let different: HashSet<_> = all.iter().cloned().collect();
    assert_eq!(
        (all.len(), different.len()),
        (SAGAS, SAGAS),
        "each saga is claimed, and by one worker"
    );
}

pub(super) async fn what_one_lets_go_another_claims<S: Store>(one: Owned<S>, _: Duration) {
    let two = one.another(VERSION, HOUR).await;
    let saga = trip("42");
    one.begin(&saga, Time(1), None).await;
    let release = one.release(
        one.epoch,
        Hold::new(saga.clone(), TURN),
        Some(Time(5)),
        Mark::Kept,
        Vec::new(),
    );
    release.await.must("a claimed saga can be released");
    assert_eq!(two.claimed(9).await, std::slice::from_ref(&saga));
    not_held(&saga, one.append_one(&saga, commit(1, Time(2)), None).await);
    two.change(&saga, Time(2), State::Waiting, Claim::Until(Time(6)))
        .await;
    assert_eq!(one.claimed(9).await, [saga]);
}

pub(super) async fn a_closed_worker_leaves_its_sagas_to_the_others<S: Store>(
    one: Owned<S>,
    _: Duration,
) {
    let two = one.another(VERSION, HOUR).await;
    let (saga, other) = (trip("42"), trip("43"));
    two.begin(&saga, Time(1), None).await;
    one.begin(&other, Time(1), None).await;
    two.close(two.epoch).await.must("an epoch can be closed");
    assert_eq!(
        one.claimed(9).await,
        std::slice::from_ref(&saga),
        "what a closed one had is due at once, and nothing else"
    );
    assert_eq!(
        one.row(&saga).await.takeovers,
        0,
        "who closes its epoch has not died"
    );
}

pub(super) async fn who_opens_anew_gives_up_what_it_had<S: Store>(mut one: Owned<S>, _: Duration) {
    let two = one.another(VERSION, HOUR).await;
    let (ours, theirs) = (trip("ours"), trip("theirs"));
    one.begin(&ours, Time(1), None).await;
    two.begin(&theirs, Time(1), None).await;
    let before = one.reopen().await;
    fenced("renew", before, one.renew(before).await);
    two.time().await;
    assert_eq!(
        two.claimed(9).await,
        [ours],
        "who opens anew gives up what it had, and fences nobody else"
    );
}

pub(super) async fn a_message_is_for_who_has_the_saga<S: Store>(one: Owned<S>, _: Duration) {
    let two = one.another(VERSION, HOUR).await;
    let (held, parked) = (trip("held"), trip("parked"));
    two.begin(&held, Time(1), None).await;
    one.ended(&parked, Time(1), State::Parked).await;
    let send = async |saga: &SagaId| {
        let sent = one.send(saga.clone(), "{}".into(), Time(1)).await;
        sent.must("a message can be sent")
    };
    let numbers = |inbox: Vec<Message>| -> Vec<u64> {
        inbox.into_iter().map(|message| message.number).collect()
    };
    let inbox = async |worker: &Owned<S>| {
        let inbox = worker.inbox(worker.epoch).await;
        numbers(inbox.must("an inbox can be read"))
    };
    let (first, second) = (send(&held).await, send(&parked).await);
    assert_eq!(
        inbox(&one).await,
        [0; 0],
        "a message is for who has the saga"
    );
    assert_eq!(
        inbox(&two).await,
        [first],
        "a message is for who has the saga"
    );
    assert_eq!(
        one.claimed(9).await,
        [parked],
        "a saga that nobody has is claimed for its message"
    );
    assert_eq!(two.claimed(9).await, [], "by one worker");
    assert_eq!(inbox(&one).await, [second]);
    assert_eq!(inbox(&two).await, [first]);
}

pub(super) async fn a_worker_claims_what_it_can_run<S: Store>(old: Owned<S>, _: Duration) {
    let newer = old.another(VERSION + 1, HOUR).await;
    let mut foreign = new(&trip("foreign"), Some(Time(3)));
    foreign.fingerprint = 7;
    let create = old.create(Some((old.epoch, TURN)), foreign, Some(commit(0, Time(1))));
    create.await.must("a saga can be created");
    old.begin(&trip("old"), Time(1), Some(Time(2))).await;
    assert_eq!(newer.due_next().await, Some(Time(3)));
    assert_eq!(
        newer.claimed(9).await,
        [trip("foreign")],
        "what another living worker can run is left to it, and what nobody can is for anybody"
    );
    let asked = old.send(trip("old"), "{}".into(), Time(1)).await;
    asked.must("a message can be sent");
    assert_eq!(newer.claimed(9).await, [], "so is what was asked something");
    assert_eq!(
        old.claimed(9).await,
        [trip("old")],
        "a worker claims its own"
    );
    old.close(old.epoch).await.must("an epoch can be closed");
    assert_eq!(
        newer.claimed(9).await,
        [trip("old")],
        "without a living worker that can run it, a saga is for anybody"
    );
}

pub(super) async fn a_hint_is_given<S: Store>(one: Owned<S>, _: Duration) {
    // Whether there are hints depends on the store; waiting for one must be harmless.
    let hint = tokio::time::timeout(Duration::from_millis(20), one.changed());
    if let Ok(hint) = hint.await {
        hint.must("a hint is no failure");
    }
}
