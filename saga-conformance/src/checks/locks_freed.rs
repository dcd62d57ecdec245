//! Keys that an operator takes from sagas that no worker can read.

use super::{
    fixture::{HOUR, Must, Owned, TURN, VERSION, change, commit, new, trip, unfit},
    locks::{LATER, key, request},
    shared::dies,
};
use std::time::Duration;
use typed_saga_engine::{
    Claim, Freed, Hold, LockChange, LockFilter,
    LockState::{Granted, Taken, Waiting},
    Mark, SagaId, State, Store, Time,
};

impl<S: Store> Owned<S> {
    /// Releases a saga, due in far future: with a mark that it is unreadable, or as it is.
    async fn let_go(&self, saga: &SagaId, mark: Mark) {
        let release = self.release(
            self.epoch,
            Hold::new(saga.clone(), TURN),
            Some(LATER),
            mark,
            Vec::new(),
        );
        release.await.must("a claimed saga can be released");
    }

    async fn freed(&self, of: &str, saga: &SagaId) -> Freed {
        let untried = self.untried(saga).await;
        let freed = self.free(key(of), saga.clone(), "{\"why\":1}".into(), Time(50));
        let freed = freed.await.must("a key can be freed");
        if let Freed::Done(_) | Freed::Untried = freed {
            let refused = freed == Freed::Untried;
            assert_eq!(refused, untried, "it is known before that it is {freed:?}");
        }
        freed
    }

    async fn untried(&self, saga: &SagaId) -> bool {
        let untried = self.is_untried(saga.clone()).await;
        untried.must("it can be read who has tried")
    }
}

pub(super) async fn a_key_is_taken_from_a_saga_that_nobody_can_read<S: Store>(store: Owned<S>) {
    let [a, b] = store.begin_all(["a", "b"]).await;
    store.lock(&a, 1, request(["7", "8"])).await;
    store.lock(&a, 2, LockChange::Taken).await;
    store.lock(&b, 1, request(["7"])).await;
    let why = "a saga that a worker has keeps its keys";
    assert_eq!(store.freed("7", &a).await, Freed::Readable, "{why}");
    store.let_go(&a, Mark::Kept).await;
    let why = "so does one that can be read";
    assert_eq!(store.freed("7", &a).await, Freed::Readable, "{why}");
    store.take(&a).await;
    store.let_go(&a, Mark::Unfit(unfit(VERSION))).await;
    let before = store.stored(&a).await;
    for (of, saga) in [("7", &b), ("9", &a)] {
        let why = "only who is first in line has the key";
        assert_eq!(store.freed(of, saga).await, Freed::NotFirst, "{why}");
    }
    let line = [("a", Taken), ("b", Waiting)];
    store.queues("7", line, "nothing was done so far").await;
    let Freed::Done(message) = store.freed("7", &a).await else {
        panic!("a key can be taken from a saga that nobody can read");
    };
    let line = [("b", Granted)];
    store.queues("7", line, "the next one has the key").await;
    let next = store.places(LockFilter::of(b.clone())).await;
    assert_eq!(next[0].since, Time(50), "since the key was freed");
    let line = [("a", Taken)];
    store.queues("8", line, "other keys are kept").await;
    assert_eq!(store.stored(&a).await, before, "its journal and row stay");
    let answer = store
        .message(message)
        .await
        .must("it can be read")
        .and_then(|it| it.answer);
    assert_eq!(answer.as_deref(), Some("\"done\""), "it is on record");
    let open = store.messages().await.must("messages can be listed");
    assert_eq!(open, [], "no worker is asked for anything");
    let why = "it has the key no more";
    assert_eq!(store.freed("7", &a).await, Freed::NotFirst, "{why}");
    store.take(&a).await;
    store.lock(&a, 3, LockChange::Release).await;
    let why = "it ends as if it had the key";
    store.queues("8", [], why).await;
    store.queues("7", [("b", Granted)], why).await;
}

pub(super) async fn keys_that_were_not_taken_are_requested_again<S: Store>(store: Owned<S>) {
    let [x, a, b, c] = store.begin_all(["x", "a", "b", "c"]).await;
    store.lock(&a, 1, request(["0"])).await;
    store.lock(&a, 2, LockChange::Taken).await;
    store.lock(&x, 1, request(["1"])).await;
    store.lock(&a, 3, request(["1", "2", "3"])).await;
    store.lock(&b, 1, request(["2"])).await;
    store.lock(&c, 1, request(["3"])).await;
    let waits = change(State::Waiting, Claim::Until(LATER));
    let waits = store.append_one(&a, commit(4, Time(4)), Some(waits)).await;
    waits.must("a saga that waits is let go");
    store.take(&a).await;
    store.let_go(&a, Mark::Unfit(unfit(VERSION))).await;
    let why = "the key is another's";
    assert_eq!(store.freed("1", &a).await, Freed::NotFirst, "{why}");
    let freed = store.freed("2", &a).await;
    assert!(matches!(freed, Freed::Done(_)), "{freed:?}");
    let why = "who waits for one key leaves the queues of all that it requested with that";
    for (of, line) in [
        ("1", ("x", Granted)),
        ("2", ("b", Granted)),
        ("3", ("c", Granted)),
    ] {
        store.queues(of, [line], why).await;
    }
    store
        .queues("0", [("a", Taken)], "what it has taken stays")
        .await;
    let row = store.row(&a).await;
    let due = (State::Running, Some(Time(50)));
    assert_eq!((row.state, row.due), due, "whoever can read it takes it up");
    store.take(&a).await;
    store.lock(&a, 5, request(["1", "2"])).await;
    let line = [("b", Granted), ("a", Waiting)];
    store.queues("2", line, "it gets in line again").await;
    store.lock(&x, 2, LockChange::Release).await;
    store.lock(&b, 2, LockChange::Release).await;
    store.let_go(&a, Mark::Unfit(unfit(VERSION))).await;
    let freed = store.freed("1", &a).await;
    assert!(matches!(freed, Freed::Done(_)), "{freed:?}");
    store.queues("2", [], "so does who was granted them").await;
}

/// After a deployment that is taken back, say.
pub(super) async fn a_key_is_not_taken_before_the_next_worker_has_tried<S: Store>(
    mut store: Owned<S>,
) {
    let [a, b] = store.begin_all(["a", "b"]).await;
    store.lock(&a, 1, request(["7"])).await;
    store.lock(&a, 2, LockChange::Taken).await;
    store.lock(&b, 1, request(["7"])).await;
    store.let_go(&a, Mark::Unfit(unfit(VERSION))).await;
    store.reopen().await;
    let why = "whoever has just opened the store may be able to read it";
    assert_eq!(store.freed("7", &a).await, Freed::Untried, "{why}");
    assert_eq!(store.freed("7", &b).await, Freed::NotFirst, "{why}");
    let line = [("a", Taken), ("b", Waiting)];
    store.queues("7", line, why).await;
    store.take(&a).await;
    store.let_go(&a, Mark::Unfit(unfit(VERSION))).await;
    let freed = store.freed("7", &a).await;
    assert!(matches!(freed, Freed::Done(_)), "it is not: {freed:?}");
    assert!(!store.untried(&trip("none")).await, "there is no such saga");
}

/// Of a version that no living worker has registered.
pub(super) async fn a_key_is_not_taken_while_a_living_worker_may_read<S: Store>(
    one: Owned<S>,
    lease: Duration,
) {
    let (odd, mut saga) = (trip("odd"), new(&trip("odd"), None));
    saga.fingerprint = 7;
    let create = one.create(Some((one.epoch, TURN)), saga, Some(commit(0, Time(1))));
    create.await.must("a saga can be created");
    one.lock(&odd, 1, request(["7", "8"])).await;
    one.lock(&odd, 2, LockChange::Taken).await;
    one.let_go(&odd, Mark::Unfit(unfit(VERSION))).await;
    let _dead = one.another(VERSION + 1, lease).await;
    let why = "a worker of another version may be able to read it";
    assert_eq!(one.freed("7", &odd).await, Freed::Untried, "{why}");
    dies(lease, &one).await;
    let freed = one.freed("7", &odd).await;
    assert!(matches!(freed, Freed::Done(_)), "a dead one: {freed:?}");
    let other = one.another(VERSION + 2, HOUR).await;
    assert_eq!(one.freed("8", &odd).await, Freed::Untried, "{why}");
    other.take(&odd).await;
    other.let_go(&odd, Mark::Unfit(unfit(VERSION + 2))).await;
    let freed = one.freed("8", &odd).await;
    assert!(matches!(freed, Freed::Done(_)), "it is not: {freed:?}");
}
