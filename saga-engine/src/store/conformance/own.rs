use super::fixture::{Must, Owned, change, commit, new, trip};
use crate::store::{
    DefinitionRow, Epoch, Filter, Hold, SagaId, State, Store, StoreError, Stored, Time,
};

pub(super) async fn each_epoch_is_larger_than_those_before<S: Store>(mut store: Owned<S>) {
    for _ in 0..3 {
        let before = store.reopen().await;
        assert!(
            store.epoch > before,
            "opened after {before:?}, the epoch is {:?}",
            store.epoch
        );
    }
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

pub(super) async fn an_epoch_that_was_never_given_changes_nothing<S: Store>(store: Owned<S>) {
    let (ended, over) = (trip("ended"), trip("over"));
    store.ended(&over, Time(1), State::Completed).await;
    store.begin(&ended, Time(1), Some(Time(1))).await;
    let asked = store.send(ended.clone(), "{}".into(), Time(1)).await;
    let never = Epoch(store.epoch.0 + 1);
    everything_is_fenced(&store, never, &ended, asked.must("a message can be sent")).await;
}

/// Calls every method that needs an epoch, under one that does not hold.
async fn everything_is_fenced<S: Store>(store: &Owned<S>, epoch: Epoch, saga: &SagaId, asked: u64) {
    let before = everything(store).await;
    let definition = DefinitionRow {
        saga: saga.saga.clone(),
        fingerprint: 7,
        json: "{}".into(),
    };
    let let_go = Some(change(State::Waiting, Hold::Until(Time(9))));
    let again = store.append(epoch, saga.clone(), commit(0, Time(1)), None);
    let append = store.append(epoch, saga.clone(), commit(1, Time(2)), let_go);
    let create = store.create(epoch, new(&trip("new"), None), commit(0, Time(2)));
    fenced("define", store, store.define(epoch, definition).await);
    fenced("create", store, create.await);
    fenced("append", store, append.await);
    fenced("append (again)", store, again.await);
    fenced("claim", store, store.claim(epoch, Time(9), 9).await);
    let purge = store.purge(epoch, Filter::default(), Time(9)).await;
    fenced("purge", store, purge);
    let answer = store.answer(epoch, asked, "{}".into(), Time(2)).await;
    fenced("answer", store, answer);
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
    let answer = store.answer_to(asked).await.must("an answer can be read");
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
fn fenced<S, T: std::fmt::Debug>(method: &str, store: &Owned<S>, result: Result<T, StoreError>) {
    match result {
        Err(StoreError::Fenced { epoch }) => assert_eq!(
            epoch, store.epoch,
            "`{method}`: the error names the epoch that holds"
        ),
        other => panic!("`{method}` under an epoch that does not hold is fenced, not {other:?}"),
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
