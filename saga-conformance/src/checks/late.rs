//! Writes that come late: the claim to which they belong has ended, so they fit nothing that was claimed
//! since. And requests, which are carried out once.

use super::{
    fixture::{HOUR, Must, Owned, TURN, VERSION, change, commit, new, trip, unfit},
    shared,
};
use std::time::Duration;
use typed_saga_engine::{
    Change, Claim, Created, Epoch, EventChange, EventFilter, EventRow, Filter, Hold, LockChange,
    LockFilter, LockKey, LockRow, Mark, Message, NewEvent, SagaId, State, Store, StoreError,
    Stored, Take, Time, Turn,
};

/// The turn of a claim after that by [`TURN`].
const NEXT: Turn = Turn(2);

/// All that there is.
#[derive(Debug, PartialEq)]
struct Everything {
    sagas: Vec<Stored>,
    events: Vec<EventRow>,
    locks: Vec<LockRow>,
    messages: Vec<Message>,
}

async fn everything<S: Store>(store: &Owned<S>) -> Everything {
    let mut sagas = Vec::new();
    for row in store.listed(&Filter::default()).await {
        sagas.push(store.stored(&row.saga).await);
    }
    let (events, locks) = (EventFilter::default(), LockFilter::default());
    Everything {
        sagas,
        events: store.events(events).await.must("events can be read"),
        locks: store.locks(locks).await.must("locks can be read"),
        messages: store.messages().await.must("messages can be read"),
    }
}

/// A change that does all that a commit can do.
fn ends(state: State, claim: Claim) -> Change {
    let event = NewEvent {
        key: "late".into(),
        payload: "1".into(),
    };
    let is_over = claim == Claim::Rest;
    Change {
        events: Vec::from_iter(is_over.then_some(event)),
        delivers: is_over,
        locks: vec![LockChange::Release],
        ..change(state, claim)
    }
}

/// Each write of a claim that has ended is refused, and changes nothing. `next`: the number of the next
/// commit when it was sent.
async fn all_are_refused<S: Store>(store: &Owned<S>, epoch: Epoch, saga: &SagaId, next: u64) {
    let asked = store.send(saga.clone(), "{}".into(), Time(1)).await;
    let asked = asked.must("a message can be sent");
    let before = everything(store).await;
    let hold = || Hold::new(saga.clone(), TURN);
    let answers = || vec![(asked, "\"late\"".to_owned())];
    let changes = [
        None,
        Some(change(State::Running, Claim::Keep)),
        Some(ends(State::Waiting, Claim::Until(Time(9)))),
        Some(ends(State::Completed, Claim::Rest)),
    ];
    for change in changes {
        let what = format!("an append with {change:?}");
        for seq in [next, next + 1] {
            let late = commit(seq, Time(7));
            let late = store.append(epoch, hold(), late, change.clone(), answers());
            refused(&what, saga, late.await);
        }
    }
    let marks = [
        Mark::Kept,
        Mark::Readable,
        Mark::Cleared,
        Mark::Unfit(unfit(VERSION)),
    ];
    for mark in marks {
        let what = format!("a release with {mark:?}");
        for due in [None, Some(Time(1))] {
            let late = store.release(epoch, hold(), due, mark.clone(), answers());
            refused(&what, saga, late.await);
        }
    }
    match store
        .claim_one(epoch, Turn(99), saga.clone(), Some(TURN))
        .await
    {
        Ok(Take::Theirs) | Err(StoreError::Fenced { .. }) => {}
        taken => panic!("a claim that has ended is not taken over: {taken:?}"),
    }
    let begun = store.create(Some((epoch, TURN)), new(saga, None), None);
    match begun.await {
        Ok(Created::Exists(_)) | Err(StoreError::Fenced { .. }) => {}
        created => panic!("a saga that is another claim's is not created: {created:?}"),
    }
    assert_eq!(
        everything(store).await,
        before,
        "what comes late changes nothing"
    );
}

#[track_caller]
fn refused(what: &str, saga: &SagaId, late: Result<(), StoreError>) {
    match late {
        Err(StoreError::NotHeld { saga: of }) => assert_eq!(of, *saga),
        Err(StoreError::Fenced { .. }) => {}
        late => panic!("{what} of a claim that has ended is refused, not {late:?}"),
    }
}

/// A saga with two commits, claimed by [`TURN`], which has a key.
async fn claimed<S: Store>(store: &Owned<S>) -> SagaId {
    let saga = trip("42");
    store.begin(&saga, Time(1), None).await;
    let key = LockKey {
        name: "late".into(),
        key: "1".into(),
    };
    let locks = if store.keeps_locks() {
        vec![LockChange::Request(vec![key])]
    } else {
        Vec::new()
    };
    let change = Change {
        locks,
        ..change(State::Running, Claim::Keep)
    };
    let appended = store.append_one(&saga, commit(1, Time(2)), Some(change));
    appended.await.must("a commit can be appended");
    saga
}

async fn claim<S: Store>(store: &Owned<S>, saga: &SagaId, from: Option<Turn>) {
    let taken = store.claim_one(store.epoch, NEXT, saga.clone(), from).await;
    assert_eq!(taken.must("a saga can be claimed"), Take::Mine);
}

/// The claim by [`NEXT`] has the saga: the next commit is its own.
async fn goes_on<S: Store>(store: &Owned<S>, saga: &SagaId, seq: u64) {
    let hold = Hold::new(saga.clone(), NEXT);
    let next = store.append(store.epoch, hold, commit(seq, Time(8)), None, Vec::new());
    next.await.must("who has claimed a saga can write it");
}

pub(super) async fn what_comes_after_a_claim_from_its_turn<S: Store>(store: Owned<S>) {
    let saga = claimed(&store).await;
    claim(&store, &saga, Some(TURN)).await;
    claim(&store, &saga, Some(TURN)).await;
    all_are_refused(&store, store.epoch, &saga, 2).await;
    let same = store.append_one(&saga, commit(1, Time(2)), None).await;
    refused("the same commit of an earlier claim", &saga, same);
    let hold = Hold::new(saga.clone(), NEXT);
    let own = store.append(store.epoch, hold, commit(1, Time(2)), None, Vec::new());
    match own.await {
        Err(StoreError::Conflict { seq: 1, .. }) => {}
        same => panic!("a commit of an earlier claim is not one's own: {same:?}"),
    }
    goes_on(&store, &saga, 2).await;
}

pub(super) async fn what_comes_after_a_release<S: Store>(store: Owned<S>) {
    let saga = claimed(&store).await;
    let hold = Hold::new(saga.clone(), TURN);
    let released = store.release(store.epoch, hold, Some(Time(1)), Mark::Kept, Vec::new());
    released.await.must("a claimed saga can be released");
    all_are_refused(&store, store.epoch, &saga, 2).await;
    let from = store.claim_one(store.epoch, NEXT, saga.clone(), Some(TURN));
    assert_eq!(from.await.must("it can be asked"), Take::Theirs);
    claim(&store, &saga, None).await;
    all_are_refused(&store, store.epoch, &saga, 2).await;
    goes_on(&store, &saga, 2).await;
}

pub(super) async fn what_comes_after_a_commit_that_waits<S: Store>(store: Owned<S>) {
    let saga = claimed(&store).await;
    let waits = change(State::Waiting, Claim::Until(Time(3)));
    let appended = store.append_one(&saga, commit(2, Time(2)), Some(waits));
    appended.await.must("a commit can be appended");
    all_are_refused(&store, store.epoch, &saga, 3).await;
    let turn = store.claim(store.epoch, NEXT, 9).await;
    assert_eq!(
        turn.must("what is due can be claimed"),
        *std::slice::from_ref(&saga)
    );
    assert_eq!(store.row(&saga).await.turn, Some(NEXT));
    all_are_refused(&store, store.epoch, &saga, 3).await;
    goes_on(&store, &saga, 3).await;
}

pub(super) async fn what_comes_after_a_purge<S: Store>(store: Owned<S>) {
    let saga = trip("42");
    store.ended(&saga, Time(1), State::Completed).await;
    let all = Filter::default();
    let purged = store.purge(store.epoch, all, Time(i64::MAX)).await;
    assert_eq!(purged.must("what has ended can be purged"), 1);
    let by = Some((store.epoch, NEXT));
    for _ in 0..2 {
        let begun = store.create(by, new(&saga, None), Some(commit(0, Time(3))));
        let begun = begun.await.must("the id can begin again");
        assert!(matches!(begun, Created::New), "{begun:?}");
    }
    all_are_refused(&store, store.epoch, &saga, 1).await;
    goes_on(&store, &saga, 1).await;
}

pub(super) async fn what_comes_after_the_epoch<S: Store>(mut store: Owned<S>) {
    let saga = claimed(&store).await;
    let before = store.reopen().await;
    all_are_refused(&store, before, &saga, 2).await;
    claim(&store, &saga, None).await;
    all_are_refused(&store, before, &saga, 2).await;
    all_are_refused(&store, store.epoch, &saga, 2).await;
    goes_on(&store, &saga, 2).await;
}

pub(super) async fn what_another_worker_has_claimed<S: Store>(one: Owned<S>, lease: Duration) {
    let other = one.another(VERSION, HOUR).await;
    let saga = claimed(&one).await;
    let hold = Hold::new(saga.clone(), TURN);
    let released = one.release(one.epoch, hold, Some(Time(1)), Mark::Kept, Vec::new());
    released.await.must("a claimed saga can be released");
    claim(&other, &saga, None).await;
    all_are_refused(&one, one.epoch, &saga, 2).await;
    goes_on(&other, &saga, 2).await;

    let dies = other.another(VERSION, lease).await;
    let late = trip("43");
    dies.begin(&late, Time(1), None).await;
    shared::dies(lease, &other).await;
    let turn = other.claim(other.epoch, NEXT, 9).await;
    assert_eq!(
        turn.must("what a dead worker had is due"),
        *std::slice::from_ref(&late)
    );
    all_are_refused(&other, dies.epoch, &late, 1).await;
    goes_on(&other, &late, 1).await;
}

pub(super) async fn a_request_is_carried_out_once<S: Store>(store: Owned<S>) {
    let (saga, told) = (claimed(&store).await, trip("43"));
    store.begin(&told, Time(1), None).await;
    let ends = ends(State::Completed, Claim::Rest);
    let ends = Change {
        delivers: false,
        ..ends
    };
    let appended = store.append_one(&told, commit(1, Time(2)), Some(ends));
    appended.await.must("a commit can be appended");
    let asked = store.send(saga.clone(), "{}".into(), Time(1)).await;
    let asked = asked.must("a message can be sent");
    let answers = vec![(asked, "\"done\"".to_owned())];
    let answered = store.answer(store.epoch, answers.clone()).await;
    answered.must("a message can be answered");
    let before = everything(&store).await;
    // One that was answered, and one that is gone.
    for number in [asked, asked + 1] {
        let answers = vec![(number, "\"again\"".to_owned())];
        let hold = || Hold::new(saga.clone(), TURN);
        let next = commit(2, Time(3));
        let append = store.append(store.epoch, hold(), next, None, answers.clone());
        was_answered(number, append.await);
        let cleared = Mark::Cleared;
        let release = store.release(store.epoch, hold(), Some(Time(1)), cleared, answers.clone());
        was_answered(number, release.await);
        let skip = EventChange::Skip { why: "once".into() };
        for change in [EventChange::Redeliver, skip] {
            let answer = answers.first().cloned();
            let decided = store.decide(store.epoch, told.clone(), 0, change, answer);
            was_answered(number, decided.await.map(drop));
        }
    }
    assert_eq!(
        everything(&store).await,
        before,
        "what was carried out is not carried out again"
    );
    let hold = Hold::new(saga.clone(), TURN);
    let same = store.append(store.epoch, hold, commit(1, Time(3)), None, answers);
    same.await
        .must("a commit that is there is not asked for its requests");
}

pub(super) async fn an_event_is_skipped_once<S: Store>(store: Owned<S>) {
    let saga = claimed(&store).await;
    let ends = ends(State::Completed, Claim::Rest);
    let two = [ends.events.clone(), ends.events.clone()].concat();
    let ends = Change {
        events: two,
        delivers: false,
        ..ends
    };
    let appended = store.append_one(&saga, commit(2, Time(2)), Some(ends));
    appended.await.must("a commit can be appended");
    let asked = store.send(saga.clone(), "{}".into(), Time(1)).await;
    let asked = asked.must("a message can be sent");
    let skip = |why: &str| EventChange::Skip { why: why.into() };
    let answer = Some((asked, "\"done\"".to_owned()));
    let early = store.decide(store.epoch, saga.clone(), 1, skip("why"), answer.clone());
    assert!(!early.await.must("it can be asked"), "one before it waits");
    let open = store.messages().await.must("messages can be read");
    assert_eq!(open.len(), 1, "what was not done is not answered");
    let done = store.decide(store.epoch, saga.clone(), 0, skip("why"), answer);
    assert!(
        done.await.must("it can be asked"),
        "an event can be skipped"
    );
    let open = store.messages().await.must("messages can be read");
    assert_eq!(open, [], "the message is answered with it");
    let before = everything(&store).await;
    let again = store.decide(store.epoch, saga.clone(), 0, skip("why"), None);
    assert!(again.await.must("it can be asked"), "it is skipped");
    let other = store.decide(store.epoch, saga.clone(), 0, skip("other"), None);
    assert!(!other.await.must("it can be asked"), "it was skipped");
    assert_eq!(everything(&store).await, before);
}

#[track_caller]
fn was_answered(number: u64, result: Result<(), StoreError>) {
    match result {
        Err(StoreError::Answered { number: of }) => assert_eq!(of, number),
        other => panic!("request {number} was carried out before, not {other:?}"),
    }
}
