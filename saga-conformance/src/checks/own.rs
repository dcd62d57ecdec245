use super::fixture::{HOUR, Must, Owned, TURN, change, commit, new, trip, unfit, worker};
use std::{collections::HashSet, sync::Arc};
use typed_saga_engine::{
    Claim, DefinitionRow, Delivery, Epoch, EventChange, EventClaim, EventHold, EventsOf, Filter,
    Hold, Mark, SagaId, State, Store, StoreError, Stored, Time,
};

pub(super) async fn no_epoch_is_given_twice<S: Store>(mut store: Owned<S>) {
    let mut epochs = HashSet::from([store.epoch.0]);
    for _ in 0..9 {
        store.reopen().await;
        let Epoch(bits) = store.epoch;
        assert!(epochs.insert(bits), "{bits} was given before");
    }
    assert!(
        epochs.iter().all(|epoch| epoch >> 63 == 0),
        "an epoch has 63 bits: {epochs:?}"
    );
    // The probability that all 10 are below 2^31 by chance is 2^-320.
    assert!(
        epochs.iter().any(|epoch| epoch >> 31 > 0),
        "an epoch is random: {epochs:?}"
    );
}

pub(super) async fn time_does_not_go_back<S: Store>(store: Owned<S>) {
    let mut before = store.time().await;
    for _ in 0..20 {
        let now = store.time().await;
        assert!(now >= before, "{now} was given after {before}");
        before = now;
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
}

pub(super) async fn who_only_reads_has_the_same_time<S: Store>(store: Owned<S>) {
    let before = store.time().await;
    let now = store.now().await.must("anybody can ask for the time");
    let after = store.time().await;
    assert!(
        (before..=after).contains(&now),
        "{now}, between {before} and {after}"
    );
}

pub(super) async fn an_ended_epoch_changes_nothing<S: Store>(mut store: Owned<S>) {
    let (ended, over) = (trip("ended"), trip("over"));
    store.ended(&over, Time(1), State::Completed).await;
    store.begin(&ended, Time(1), Some(Time(1))).await;
    let asked = store.send(ended.clone(), "{}".into(), Time(1)).await;
    let asked = asked.must("a message can be sent");
    let before = store.reopen().await;
    everything_is_fenced(&store, before, &ended, asked).await;
}

pub(super) async fn a_closed_epoch_changes_nothing<S: Store>(mut store: Owned<S>) {
    let (ended, over) = (trip("ended"), trip("over"));
    store.ended(&over, Time(1), State::Completed).await;
    store.begin(&ended, Time(1), None).await;
    let asked = store.send(ended.clone(), "{}".into(), Time(1)).await;
    let asked = asked.must("a message can be sent");
    let closed = store.epoch;
    store.close(closed).await.must("an epoch can be closed");
    everything_is_fenced(&store, closed, &ended, asked).await;
    let open = store.open(worker(1, HOUR)).await;
    store.epoch = open.must("a closed store can be opened").epoch;
    everything_is_fenced(&store, closed, &ended, asked).await;
    assert_eq!(
        store.claimed(9).await,
        [ended],
        "what was claimed is due at once when its epoch is closed"
    );
}

pub(super) async fn an_epoch_that_was_never_given_changes_nothing<S: Store>(store: Owned<S>) {
    let (ended, over) = (trip("ended"), trip("over"));
    store.ended(&over, Time(1), State::Completed).await;
    store.begin(&ended, Time(1), Some(Time(1))).await;
    let asked = store.send(ended.clone(), "{}".into(), Time(1)).await;
    let asked = asked.must("a message can be sent");
    for never in [Epoch(store.epoch.0 ^ 1), Epoch(0), Epoch(u64::MAX)] {
        everything_is_fenced(&store, never, &ended, asked).await;
    }
}

/// Calls every method that needs an epoch, under one that does not live.
pub(super) async fn everything_is_fenced<S: Store>(
    store: &Owned<S>,
    epoch: Epoch,
    saga: &SagaId,
    asked: u64,
) {
    let before = everything(store).await;
    let definition = DefinitionRow {
        saga: saga.saga.clone(),
        fingerprint: 7,
        json: "{}".into(),
    };
    let release = Some(change(State::Waiting, Claim::Until(Time(9))));
    let again = store.append(
        epoch,
        Hold::new(saga.clone(), TURN),
        commit(0, Time(1)),
        None,
        Vec::new(),
    );
    let answers = vec![(asked, "{}".to_owned())];
    let next = commit(1, Time(2));
    let append = store.append(
        epoch,
        Hold::new(saga.clone(), TURN),
        next,
        release,
        answers.clone(),
    );
    let first = Some(commit(0, Time(2)));
    let create = store.create(Some((epoch, TURN)), new(&trip("new"), None), first);
    let release = store.release(
        epoch,
        Hold::new(saga.clone(), TURN),
        Some(Time(3)),
        Mark::Unfit(unfit(1)),
        Vec::new(),
    );
    fenced("renew", epoch, store.renew(epoch).await);
    fenced("close", epoch, store.close(epoch).await);
    fenced("define", epoch, store.define(epoch, definition).await);
    fenced("create", epoch, create.await);
    fenced("claim", epoch, store.claim(epoch, TURN, 9).await);
    let claim_one = store.claim_one(epoch, TURN, saga.clone(), None).await;
    fenced("claim_one", epoch, claim_one);
    fenced("append", epoch, append.await);
    fenced("append (again)", epoch, again.await);
    fenced("release", epoch, release.await);
    fenced("answer", epoch, store.answer(epoch, answers).await);
    let claim = EventClaim {
        of: EventsOf::Except(Arc::from([])),
        limit: 9,
        lease: None,
    };
    let hold = EventHold {
        saga: saga.clone(),
        number: 0,
        turn: 1,
    };
    fenced(
        "claim_events",
        epoch,
        store.claim_events(epoch, claim).await,
    );
    let handed_over = store.handed_over(epoch, hold, Delivery::Acknowledged);
    fenced("handed_over", epoch, handed_over.await);
    let changed = store.decide(epoch, saga.clone(), 0, EventChange::Redeliver, None);
    fenced("change_event", epoch, changed.await);
    let purge = store.purge(epoch, Filter::default(), Time(9)).await;
    fenced("purge", epoch, purge);
    assert_eq!(
        before,
        everything(store).await,
        "whoever is fenced has changed nothing"
    );
    let kept = store.definition(saga.saga.clone(), 7).await;
    assert_eq!(
        kept.must("a definition can be read"),
        None,
        "whoever is fenced has defined nothing"
    );
    let answer = store
        .message(asked)
        .await
        .must("an answer can be read")
        .and_then(|it| it.answer);
    assert_eq!(answer, None, "whoever is fenced has answered nothing");
}

async fn everything<S: Store>(store: &Owned<S>) -> Vec<Stored> {
    let mut all = Vec::new();
    for row in store.listed(&Filter::default()).await {
        all.push(store.stored(&row.saga).await);
    }
    all
}

#[track_caller]
pub(super) fn fenced<T: std::fmt::Debug>(
    method: &str,
    epoch: Epoch,
    result: Result<T, StoreError>,
) {
    match result {
        Err(StoreError::Fenced { epoch: of }) => assert_eq!(
            of, epoch,
            "`{method}`: the error names the epoch that does not live"
        ),
        other => panic!("`{method}` under an epoch that does not live is fenced, not {other:?}"),
    }
}

pub(super) async fn the_first_definition_stays<S: Store>(mut store: Owned<S>) {
    let row = |saga: &str, fingerprint, json: &str| DefinitionRow {
        saga: saga.into(),
        fingerprint,
        json: json.into(),
    };
    let first = [
        row("trip", 1, "{\"first\":1}"),
        row("trip", u64::MAX, "{\"first\":2}"),
        row("tour", 1, "{\"first\":3}"),
    ];
    for definition in &first {
        let defined = store.define(store.epoch, definition.clone()).await;
        defined.must("a definition can be kept");
    }
    let second = row("trip", 1, "{\"second\":1}");
    let defined = store.define(store.epoch, second).await;
    defined.must("a definition can be kept twice");
    store.reopen().await;
    for definition in first {
        let kept = store
            .definition(definition.saga.clone(), definition.fingerprint)
            .await
            .must("a definition can be read");
        assert_eq!(
            kept,
            Some(definition),
            "the definition that was kept first stays"
        );
    }
    for (saga, fingerprint) in [("trip", 2), ("tour", 2), ("train", 1)] {
        let kept = store.definition(saga.into(), fingerprint).await;
        assert_eq!(
            kept.must("a definition can be read"),
            None,
            "no definition was kept under `{saga}` and {fingerprint}"
        );
    }
}
