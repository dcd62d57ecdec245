//! The marks that a shared store keeps of sagas that a worker could not read, or died with.

use super::{
    fixture::{HOUR, Must, Owned, TURN, VERSION, change, commit, new, trip, unfit},
    shared::dies,
};
use std::time::Duration;
use typed_saga_engine::{Claim, Hold, Mark, Peer, SagaId, State, Store, TAKEOVERS, Take, Time};

pub(super) async fn what_one_version_cannot_read_another_may<S: Store>(one: Owned<S>, _: Duration) {
    let same = one.another(VERSION, HOUR).await;
    let mut odd = new(&trip("odd"), None);
    odd.fingerprint = 7;
    let create = one.create(Some((one.epoch, TURN)), odd, Some(commit(0, Time(1))));
    create.await.must("a saga can be created");
    let mark = one.release(
        one.epoch,
        Hold::new(trip("odd"), TURN),
        Some(Time(1)),
        Mark::Unfit(unfit(VERSION)),
        Vec::new(),
    );
    mark.await.must("a claimed saga can be released");
    assert_eq!(
        one.claimed(9).await,
        [],
        "who cannot read it passes it over"
    );
    assert_eq!(same.claimed(9).await, [], "and who has the same version");
    let other = one.another(VERSION + 1, HOUR).await;
    let asked = one.send(trip("odd"), "{}".into(), Time(1)).await;
    asked.must("a message can be sent");
    assert_eq!(one.claimed(9).await, [], "as long as somebody may read it");
    assert_eq!(other.claimed(9).await, [trip("odd")]);
    let mark = other.release(
        other.epoch,
        Hold::new(trip("odd"), TURN),
        Some(Time(1)),
        Mark::Unfit(unfit(VERSION + 1)),
        Vec::new(),
    );
    mark.await.must("a claimed saga can be released");
    assert_eq!(
        one.claimed(9).await,
        [trip("odd")],
        "what no living worker can read is claimed for its message by any"
    );
    let mark = one.release(
        one.epoch,
        Hold::new(trip("odd"), TURN),
        Some(Time(1)),
        Mark::Unfit(unfit(VERSION)),
        Vec::new(),
    );
    mark.await.must("a claimed saga can be released");
    let fresh = one.another(VERSION, HOUR).await;
    assert_eq!(
        fresh.claimed(9).await,
        [trip("odd")],
        "who is new tries once more"
    );
    let readable = fresh.release(
        fresh.epoch,
        Hold::new(trip("odd"), TURN),
        Some(Time(1)),
        Mark::Readable,
        Vec::new(),
    );
    readable.await.must("a claimed saga can be released");
    assert_eq!(one.row(&trip("odd")).await.unreadable, None);
    assert_eq!(
        other.claimed(9).await,
        [],
        "that one version can read it is no word about another"
    );
    assert_eq!(one.claimed(9).await, [trip("odd")]);
}

pub(super) async fn workers_see_what_the_others_can_run<S: Store>(one: Owned<S>, lease: Duration) {
    let peers = async || {
        let mut peers = one.peers(one.epoch).await.must("peers can be read");
        peers.sort_by_key(|peer| peer.runs[1].1);
        peers
    };
    assert_eq!(peers().await, [], "a worker is not its own peer");
    let two = one.another(VERSION, HOUR).await;
    let dead = one.another(VERSION + 1, lease).await;
    let peer = |worker: &Owned<S>, version| Peer {
        epoch: worker.epoch,
        runs: vec![("tour".into(), VERSION), ("trip".into(), version)],
    };
    let both = [peer(&two, VERSION), peer(&dead, VERSION + 1)];
    assert_eq!(peers().await, both);
    dies(lease, &one).await;
    assert_eq!(one.claimed(9).await, []);
    assert_eq!(peers().await, both[..1], "a dead worker is no peer");
    two.close(two.epoch).await.must("an epoch can be closed");
    assert_eq!(peers().await, [], "nor is one that has gone");
}

pub(super) async fn takeovers_without_a_commit_are_counted<S: Store>(
    one: Owned<S>,
    lease: Duration,
) {
    let saga = trip("42");
    let mut dead = one.another(VERSION, lease).await;
    dead.begin(&saga, Time(1), None).await;
    for count in 1..4 {
        dies(lease, &one).await;
        let next = one.another(VERSION, lease).await;
        assert_eq!(next.taken_up().await, std::slice::from_ref(&saga));
        let row = one.row(&saga).await;
        assert_eq!(row.takeovers, count, "each death without a commit counts");
        dead = next;
    }
    let written = dead.append_one(&saga, commit(1, Time(2)), None).await;
    written.must("who takes over goes on");
    assert_eq!(one.row(&saga).await.takeovers, 0, "a commit ends the count");
    dies(lease, &one).await;
    assert_eq!(one.taken_up().await, std::slice::from_ref(&saga));
    assert_eq!(one.row(&saga).await.takeovers, 1);
    let release = one.release(
        one.epoch,
        Hold::new(saga.clone(), TURN),
        Some(Time(1)),
        Mark::Kept,
        Vec::new(),
    );
    release.await.must("a claimed saga can be released");
    assert_eq!(one.row(&saga).await.takeovers, 0, "so does letting go");
    one.take(&saga).await;
    quarantine(&one, &saga, lease).await;
    let parks = Some(change(State::Parked, Claim::Rest));
    let parked = one.append_one(&saga, commit(2, Time(3)), parks).await;
    parked.must("a commit can be appended");
    assert_eq!(one.row(&saga).await.takeovers, 0);
}

/// Workers die with three sagas, and then with one of them.
pub(super) async fn what_workers_have_died_with_is_claimed_alone<S: Store>(
    one: Owned<S>,
    lease: Duration,
) {
    let dead = one.another(VERSION, lease).await;
    suspects(&dead, State::Running).await;
    dies(lease, &one).await;
    let dead = one.another(VERSION, lease).await;
    assert_eq!(dead.claimed(9).await, ["1", "2", "3"].map(trip));
    dies(lease, &one).await;
    suspects_are_claimed_alone(&one).await;
}

/// As above, in a store with one owner: the next one sees that the last one has died.
pub(super) async fn what_owners_have_died_with_is_claimed_alone<S: Store>(store: Owned<S>) {
    died_with(store, State::Running).await;
}

pub(super) async fn ended_sagas_that_owners_have_died_with_are_claimed_alone<S: Store>(
    store: Owned<S>,
) {
    died_with(store, State::Completed).await;
}

async fn died_with<S: Store>(mut store: Owned<S>, state: State) {
    if store.is_shared {
        return;
    }
    suspects(&store, state).await;
    store.reopen().await;
    assert_eq!(store.claimed(9).await, ["1", "2", "3"].map(trip));
    store.reopen().await;
    suspects_are_claimed_alone(&store).await;
}

/// Three sagas that run, or that have ended, and are to run their `finally`.
async fn suspects<S: Store>(store: &Owned<S>, state: State) {
    for (id, at) in [("1", 1), ("2", 2), ("3", 3)] {
        store.begin(&trip(id), Time(at), None).await;
        store.change(&trip(id), Time(at), state, Claim::Keep).await;
    }
}

async fn suspects_are_claimed_alone<S: Store>(store: &Owned<S>) {
    store.begin(&trip("4"), Time(4), Some(Time(4))).await;
    assert_eq!(
        store.claimed(9).await,
        [trip("4")],
        "what is suspected of nothing comes without suspects"
    );
    assert_eq!(
        store.due_next().await,
        Some(Time(1)),
        "a suspect is due, too"
    );
    for saga in ["1", "2", "3"].map(trip) {
        assert_eq!(store.row(&saga).await.takeovers, 1, "nobody has claimed it");
        let claimed = store.claimed_suspect().await;
        assert_eq!(claimed.as_ref(), Some(&saga), "suspects come one by one");
        assert_eq!(store.row(&saga).await.takeovers, 2);
    }
    assert_eq!(store.claimed_suspect().await, None);
    let rests = Some(change(State::Completed, Claim::Keep));
    store
        .append_one(&trip("1"), commit(2, Time(9)), rests)
        .await
        .must("a commit can be appended");
    let release = store.release(
        store.epoch,
        Hold::new(trip("1"), TURN),
        Some(Time(9)),
        Mark::Readable,
        Vec::new(),
    );
    release.await.must("a claimed saga can be released");
    assert_eq!(
        store.claimed(9).await,
        [trip("1")],
        "what has written a commit is suspected no more"
    );
}

/// One worker after the other dies with a saga that `one` has claimed, until no worker gets it.
async fn quarantine<S: Store>(one: &Owned<S>, saga: &SagaId, lease: Duration) {
    let due = Some(Time(1));
    let release = one.release(
        one.epoch,
        Hold::new(saga.clone(), TURN),
        due,
        Mark::Kept,
        Vec::new(),
    );
    release.await.must("a claimed saga can be released");
    for death in 0..TAKEOVERS {
        let doomed = one.another(VERSION, lease).await;
        assert_eq!(doomed.taken_up().await, std::slice::from_ref(saga));
        assert_eq!(one.row(saga).await.takeovers, death);
        dies(lease, one).await;
        one.renew(one.epoch)
            .await
            .must("who lives can renew its lease");
    }
    let lists = one.another(VERSION, HOUR).await;
    assert_eq!(lists.taken_up().await, std::slice::from_ref(saga));
    let mark = lists.release(
        lists.epoch,
        Hold::new(saga.clone(), TURN),
        due,
        Mark::Unfit(unfit(VERSION)),
        Vec::new(),
    );
    mark.await.must("a claimed saga can be released");
    assert_eq!(one.row(saga).await.takeovers, TAKEOVERS, "the count stays");
    one.take(saga).await;
    let readable = one.release(
        one.epoch,
        Hold::new(saga.clone(), TURN),
        due,
        Mark::Readable,
        Vec::new(),
    );
    readable.await.must("a claimed saga can be released");
    let row = one.row(saga).await;
    assert_eq!((row.takeovers, row.unreadable), (TAKEOVERS, None));
    one.take(saga).await;
    let mark = one.release(
        one.epoch,
        Hold::new(saga.clone(), TURN),
        due,
        Mark::Unfit(unfit(VERSION)),
        Vec::new(),
    );
    mark.await.must("a claimed saga can be released");
    for version in [VERSION, VERSION + 1] {
        let fresh = one.another(version, HOUR).await;
        assert_eq!(fresh.taken_up().await, [], "who is new does not try again");
        assert_eq!(fresh.due_next().await, None);
        fresh
            .close(fresh.epoch)
            .await
            .must("an epoch can be closed");
    }
    assert!(matches!(
        one.claim_one(one.epoch, TURN, saga.clone(), None).await,
        Ok(Take::Mine)
    ));
    let release = one.release(
        one.epoch,
        Hold::new(saga.clone(), TURN),
        due,
        Mark::Cleared,
        Vec::new(),
    );
    release.await.must("a claimed saga can be released");
    let row = one.row(saga).await;
    assert_eq!(row.takeovers, 0, "it is to be tried again");
    assert_eq!(row.unreadable, None, "no mark is left");
    assert_eq!(one.taken_up().await, std::slice::from_ref(saga));
    lists
        .close(lists.epoch)
        .await
        .must("an epoch can be closed");
}
