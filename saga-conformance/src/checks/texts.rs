use super::{
    fixture::{HOUR, Must, Owned, TURN, VERSION, commit, new, trip, worker},
    hostile::{LONG, ids, noise, texts},
    locks::{key, request},
};
use std::slice;
use typed_saga_engine::{
    Change, Claim, Commit, DefinitionRow, Delivery, EventChange, EventFilter, Filter, Freed, Hold,
    LockChange, LockFilter,
    LockState::{Granted, Waiting},
    Mark, NewSaga, SagaId, State, Store, StoreError, Stored, Take, Time, Unfit, Worker,
};

/// Anything that JSON may contain: any Unicode, escapes (NUL as one), both kinds of quotes, and
/// nothing that a store may change.
const TEXT: &str = r#"[{"what":"applied","step":"größe → 東京 🏨\u0000\u001f","value":"it's \"100%\" \\ ; -- \t é e\u0301"},
  1e400,   0.10, 340282366920938463463374607431768211455]"#;

const NAMES: [&str; 11] = [
    "it's",
    "\"quoted\"",
    "a/b",
    "a\\b",
    "%_*?[a]",
    " spaces ",
    "größe 東京 🏨",
    "new\nline; DROP TABLE saga --",
    "..",
    "{\"id\":[1,null]}",
    "",
];

/// Puts a text wherever a store keeps one, and reads it again after a restart.
async fn kept<S: Store>(store: &mut Owned<S>, text: &str) {
    let saga = trip("42");
    let begin = NewSaga {
        input: text.into(),
        ..new(&saga, None)
    };
    let commits = [0, 1].map(|seq| Commit {
        seq,
        at: Time(1),
        records: text.into(),
    });
    let [first, second] = commits.clone();
    let created = store
        .create(Some((store.epoch, TURN)), begin, Some(first))
        .await;
    created.must("a saga can have any JSON as its input");
    let append = store.append_one(&saga, second, None).await;
    append.must("a commit can be any JSON");
    let definition = DefinitionRow {
        saga: saga.saga.clone(),
        fingerprint: 1,
        json: text.into(),
    };
    let defined = store.define(store.epoch, definition.clone()).await;
    defined.must("a definition can be any JSON");
    let number = store.send(saga.clone(), text.into(), Time(1)).await;
    let number = number.must("a message can be any JSON");
    store.reopen().await;
    let Stored { row, commits: read } = store.stored(&saga).await;
    assert!(row.input == text, "an input is kept as it was written");
    assert!(read == commits, "a commit is kept as it was written");
    let read = store.definition(saga.saga, 1).await;
    let read = read.must("a definition can be read");
    assert!(
        read == Some(definition),
        "a definition is kept as it was written"
    );
    let inbox = store.messages().await.must("the inbox can be read");
    assert!(
        inbox.iter().map(|message| &message.text).eq([text]),
        "a message is kept as it was written"
    );
    let answer = store.answer(store.epoch, vec![(number, text.into())]);
    answer.await.must("an answer can be any JSON");
    let answer = store
        .message(number)
        .await
        .must("an answer can be read")
        .and_then(|it| it.answer);
    assert!(
        answer.as_deref() == Some(text),
        "an answer is kept as it was written"
    );
}

pub(super) async fn any_text_is_kept_as_it_is<S: Store>(mut store: Owned<S>) {
    kept(&mut store, TEXT).await;
}

pub(super) async fn large_texts_are_kept<S: Store>(mut store: Owned<S>) {
    let text = format!("[\"{}\"]", "0123456789abcdé".repeat(1 << 16));
    assert!(text.len() >= 1_000_000);
    kept(&mut store, &text).await;
}

pub(super) async fn names_may_have_any_characters<S: Store>(mut store: Owned<S>) {
    let long = ["x".repeat(LONG), noise(LONG)];
    let names: Vec<_> = NAMES
        .into_iter()
        .chain(long.iter().map(|it| &**it))
        .collect();
    let pairs = names
        .iter()
        .flat_map(|name| names.iter().map(move |id| SagaId::new(*name, *id)));
    let mut sagas: Vec<_> = pairs.collect();
    sagas.extend(ids().iter().map(|id| trip(id)));
    for saga in &sagas {
        store.ended(saga, Time(1), State::Completed).await;
        let sent = store.send(saga.clone(), "{}".into(), Time(1)).await;
        sent.must("a message can be sent");
    }
    store.reopen().await;
    let inbox = store.messages().await.must("the inbox can be read");
    let sent: Vec<_> = inbox.into_iter().map(|message| message.saga).collect();
    assert_eq!(sent, sagas, "a name is kept as it was given");
    sagas.sort();
    let rows = store.listed(&Filter::default()).await;
    let listed: Vec<_> = rows.into_iter().map(|row| row.saga).collect();
    assert_eq!(listed, sagas, "a name is kept as it was given");
    for saga in &sagas {
        let stored = store.stored(saga).await;
        assert_eq!(
            (&stored.row.saga, stored.commits.len()),
            (saga, 2),
            "a saga is found by any name"
        );
    }
    let purge = store.purge(store.epoch, Filter::of(SagaId::new("", "%_*?[a]")), Time(9));
    let purged = purge.await.must("sagas can be purged");
    assert_eq!(purged, 1, "a filter compares names as they are");
}

pub(super) async fn numbers_and_times_may_be_large<S: Store>(mut store: Owned<S>) {
    let largest = i64::MAX;
    let cases = [
        (u64::MAX, Time(largest), Time(1)),
        (1 << 63, Time(i64::MIN), Time(i64::MIN)),
        (0, Time(-1), Time(-1)),
        (u64::MAX, Time(largest), Time(largest)),
    ];
    for (index, (fingerprint, time, at)) in cases.into_iter().enumerate() {
        let saga = trip(&index.to_string());
        store.begin(&saga, Time(1), None).await;
        let commit = Commit {
            seq: 1,
            at,
            records: "[]".into(),
        };
        let change = Change {
            state: State::Waiting,
            claim: Claim::Until(time),
            fingerprint: Some(fingerprint),
            events: Vec::new(),
            delivers: false,
            locks: Vec::new(),
        };
        let append = store.append_one(&saga, commit, Some(change)).await;
        append.must("any time and fingerprint can be written");
        // Not at the last time: the next epoch would find that its clock was set back.
        if at < Time(largest) {
            store.reopen().await;
        }
        let row = store.row(&saga).await;
        assert_eq!(
            (row.fingerprint, row.due, row.updated),
            (fingerprint, Some(time), at),
            "any time and fingerprint is kept as it was written"
        );
    }
    let order: Vec<_> = store.claimed(9).await;
    assert_eq!(
        order,
        ["1", "2"].map(trip),
        "times are ordered as numbers, negative ones too"
    );
}

/// Nothing has such a name, as an engine refuses it. Whoever asks for it is told so.
pub(super) async fn what_contains_nul_is_not_there<S: Store>(store: Owned<S>) {
    let ended = trip("42");
    store.ended(&ended, Time(1), State::Completed).await;
    for saga in [SagaId::new("trip", "4\0"), SagaId::new("\0", "42")] {
        let stored = store.load(saga.clone()).await.must("it can be looked for");
        assert_eq!(stored, None);
        assert_eq!(store.listed(&Filter::of(saga.clone())).await, []);
        let events = store
            .events(EventFilter::of(saga.clone()))
            .await
            .must("it can be looked for");
        assert_eq!(events, []);
        let locks = store.locks(LockFilter::of(saga.clone())).await;
        assert_eq!(locks.must("it can be looked for"), []);
        let freed = store
            .free(key("7"), saga.clone(), "{}".into(), Time(1))
            .await;
        assert_eq!(freed.must("it has no key"), Freed::NotFirst);
        let found = store.ended_of(vec![saga.clone(), ended.clone()]).await;
        assert_eq!(found, slice::from_ref(&ended), "it hides no others");
        assert_eq!(store.take_of(&saga).await, Take::Missing);
        let skip = EventChange::Skip { why: "x".into() };
        let skipped = store.decide(store.epoch, saga.clone(), 0, skip, None);
        assert!(!skipped.await.must("it has no event"));
        let purged = store.purge(store.epoch, Filter::of(saga), Time(9)).await;
        assert_eq!(purged.must("there is nothing to purge"), 0);
    }
    let beginning = Filter {
        prefix: Some("4\0".into()),
        ..Filter::default()
    };
    assert_eq!(store.listed(&beginning).await, []);
    let definition = store.definition("\0".into(), VERSION).await;
    assert_eq!(definition.must("it can be looked for"), None);
    store.stored(&ended).await;
}

/// Wherever it would be written.
pub(super) async fn a_name_or_an_id_that_not_every_store_keeps_is_refused<S: Store>(
    store: Owned<S>,
) {
    #[track_caller]
    fn refused<T>(saga: &SagaId, done: Result<T, StoreError>) {
        match done {
            Err(StoreError::Id { saga: of }) => assert_eq!(&of, saga, "the error names the saga"),
            Err(error) => panic!("{} is refused as an id, not {error:?}", begin(&saga.id)),
            Ok(_) => panic!("{} is kept", begin(&saga.id)),
        }
    }
    let long = noise(LONG + 1);
    for odd in ["\0", "4\0", &long] {
        for saga in [trip(odd), SagaId::new(odd, "42")] {
            let first = Some(commit(0, Time(1)));
            let begun = store.create(Some((store.epoch, TURN)), new(&saga, None), first);
            refused(&saga, begun.await);
            let ordered = store.create(None, new(&saga, Some(Time(1))), None);
            refused(&saga, ordered.await);
            let sent = store.send(saga.clone(), "{}".into(), Time(1));
            refused(&saga, sent.await);
        }
    }
    assert_eq!(store.listed(&Filter::default()).await, []);
    let inbox = store.messages().await.must("the inbox can be read");
    assert_eq!(inbox, [], "a message that was refused is not there");
}

/// As much of a text as a message can have.
fn begin(text: &str) -> String {
    let begin: String = text.chars().take(40).collect();
    format!("{begin:?} of {} bytes", text.len())
}

/// Except that a store may write a space for NUL.
#[track_caller]
fn is_kept(told: Option<&str>, text: &str) {
    let told = told.unwrap_or_default();
    let is_kept = told == text || told == text.replace('\0', " ");
    assert!(is_kept, "a text is kept: {}", begin(text));
}

pub(super) async fn any_reason_is_kept<S: Store>(store: Owned<S>) {
    let saga = trip("42");
    store.begin(&saga, Time(1), None).await;
    for text in texts() {
        let why = text.as_str().into();
        let mark = Mark::Unfit(Unfit {
            fingerprint: VERSION,
            why,
        });
        let release = store.release(
            store.epoch,
            Hold::new(saga.clone(), TURN),
            Some(Time(1)),
            mark,
            Vec::new(),
        );
        release.await.must("a reason can be any text");
        is_kept(store.row(&saga).await.unreadable.as_deref(), &text);
        store.take(&saga).await;
    }
}

/// Why an event was not delivered: it failed, was refused, or an operator skipped it.
pub(super) async fn any_reason_of_an_event_is_kept<S: Store>(store: Owned<S>) {
    for (place, text) in texts().iter().enumerate() {
        let saga = trip(&place.to_string());
        store.emitted(&saga, Time(1), 1).await;
        let failed = Delivery::Failed {
            why: text.as_str().into(),
            due: Time(1),
        };
        let refused = Delivery::Refused {
            why: text.as_str().into(),
        };
        for how in [failed, refused] {
            store.says(&store.hands_over().await[0], how).await;
            is_kept(store.all_of(&saga).await[0].why.as_deref(), text);
        }
        let skip = EventChange::Skip { why: text.clone() };
        let skipped = store.decide(store.epoch, saga.clone(), 0, skip, None);
        assert!(skipped.await.must("a reason can be any text"));
        is_kept(store.all_of(&saga).await[0].skipped.as_deref(), text);
    }
}

pub(super) async fn a_worker_may_have_any_name<S: Store>(store: Owned<S>) {
    for text in texts() {
        let named = Worker {
            name: text.as_str().into(),
            ..worker(VERSION, HOUR)
        };
        let opened = store.open(named).await.must("a name can be any text");
        let workers = store.workers().await.must("workers can be listed");
        if store.is_shared {
            let name = text.replace('\0', " ");
            let is_listed = workers.iter().any(|it| *it == text || *it == name);
            assert!(is_listed, "a worker is listed: {}", begin(&text));
        }
        let closed = store.close(opened.epoch).await;
        closed.must("an epoch can be closed");
    }
}

pub(super) async fn a_key_may_be_any_text<S: Store>(store: Owned<S>) {
    let texts = texts();
    let sagas = |place: usize| ["a", "b"].map(|who| trip(&format!("{who}{place}")));
    for (place, text) in texts.iter().enumerate() {
        for saga in sagas(place) {
            store.begin(&saga, Time(0), None).await;
            store.lock(&saga, 1, request([text])).await;
        }
    }
    for (place, text) in texts.iter().enumerate() {
        let [a, b] = sagas(place);
        let why = format!("a key keeps out whoever wants the same: {}", begin(text));
        let line = [(&*a.id, Granted), (&*b.id, Waiting)];
        store.queues(text, line, &why).await;
        store.lock(&a, 2, LockChange::Release).await;
        store.queues(text, [(&*b.id, Granted)], &why).await;
    }
}
