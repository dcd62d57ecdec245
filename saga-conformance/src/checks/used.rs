use super::fixture::{HOUR, Must, Owned, TURN, VERSION, change, commit, new, trip};
use super::shared::dies;
use std::time::Duration;
use typed_saga_engine::{Claim, DefinitionRow, State, Store, Time};

async fn define<S: Store>(store: &Owned<S>, fingerprint: u64) {
    let definition = DefinitionRow {
        saga: "trip".into(),
        fingerprint,
        json: format!("{{\"version\":{fingerprint}}}"),
    };
    let defined = store.define(store.epoch, definition).await;
    defined.must("a definition can be kept");
}

/// The fingerprints of `trip` that are in use.
async fn used<S: Store>(store: &Owned<S>) -> Vec<u64> {
    let used = store.in_use().await.must("what is in use can be read");
    for DefinitionRow {
        saga,
        fingerprint,
        json,
    } in &used
    {
        let json_of = format!("{{\"version\":{fingerprint}}}");
        assert_eq!((&**saga, json), ("trip", &json_of), "definitions are whole");
    }
    used.into_iter().map(|row| row.fingerprint).collect()
}

pub(super) async fn a_definition_is_in_use_while_a_saga_of_it_is_in_flight<S: Store>(
    store: Owned<S>,
) {
    assert_eq!(used(&store).await, [0; 0], "nothing was defined");
    let states = [
        (State::Waiting, Claim::Until(Time(9))),
        (State::Waiting, Claim::Rest),
        (State::Parked, Claim::Rest),
        (State::Running, Claim::Keep),
        (State::Completed, Claim::Rest),
        (State::Compensated, Claim::Rest),
        (State::Abandoned, Claim::Rest),
    ];
    for (fingerprint, (state, claim)) in (1..).zip(states) {
        define(&store, fingerprint).await;
        let saga = trip(&fingerprint.to_string());
        let mut begun = new(&saga, None);
        begun.fingerprint = fingerprint;
        let created = store.create(Some((store.epoch, TURN)), begun, Some(commit(0, Time(1))));
        created.await.must("a saga can be created");
        assert!(used(&store).await.contains(&fingerprint), "it has begun");
        let changed = Some(change(state, claim));
        let appended = store.append_one(&saga, commit(1, Time(2)), changed).await;
        appended.must("a commit can be appended");
    }
    define(&store, 99).await;
    assert_eq!(
        used(&store).await,
        [1, 2, 3, 4],
        "definitions are in use while a saga of theirs has not ended, in order"
    );
    let mut again = change(State::Waiting, Claim::Rest);
    again.fingerprint = Some(99);
    let goes_on = trip("4");
    let appended = store.append_one(&goes_on, commit(2, Time(3)), Some(again));
    appended.await.must("a commit can be appended");
    assert_eq!(
        used(&store).await,
        [1, 2, 3, 99],
        "of a saga that goes on under another definition, that one is in use"
    );
}

pub(super) async fn what_a_worker_has_registered_is_in_use<S: Store>(mut store: Owned<S>) {
    define(&store, 7).await;
    define(&store, VERSION).await;
    assert_eq!(used(&store).await, [VERSION], "the worker lives");
    store.reopen().await;
    assert_eq!(used(&store).await, [VERSION], "the worker lives again");
    let closed = store.close(store.epoch).await;
    closed.must("an epoch can be closed");
    assert_eq!(used(&store).await, [0; 0], "the worker is gone");
}

pub(super) async fn what_any_living_worker_has_registered_is_in_use<S: Store>(
    one: Owned<S>,
    lease: Duration,
) {
    let two = one.another(2, HOUR).await;
    let three = one.another(3, lease).await;
    for fingerprint in [1, 2, 3, VERSION] {
        define(&one, fingerprint).await;
    }
    assert_eq!(used(&one).await, [2, 3, VERSION], "all three live");
    two.close(two.epoch).await.must("an epoch can be closed");
    assert_eq!(used(&three).await, [3, VERSION], "a worker is gone");
    dies(lease, &one).await;
    assert_eq!(one.claimed(9).await, [], "which declares it dead");
    assert_eq!(used(&one).await, [VERSION], "a worker is dead");
}
