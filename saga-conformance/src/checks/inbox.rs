use super::{
    concurrent::at_once,
    fixture::{HOUR, Must, Owned, TURN, VERSION, change, commit, trip, unfit},
};
use std::sync::Arc;
use typed_saga_engine::{
    Claim, Filter, Hold, Mark, Message, SagaId, State, Store, StoreError, Time,
};

async fn send<S: Store>(store: &Owned<S>, id: &str, text: &str, at: Time) -> Message {
    let number = store.send(trip(id), text.into(), at).await;
    Message {
        number: number.must("a message can be sent"),
        saga: trip(id),
        text: text.into(),
        at,
        answer: None,
    }
}

async fn answer<S: Store>(store: &Owned<S>, number: u64, answer: &str) {
    let answer = store.answer(store.epoch, vec![(number, answer.into())]);
    answer.await.must("a message can be answered");
}

async fn unanswered<S: Store>(store: &Owned<S>) -> Vec<Message> {
    store.messages().await.must("the inbox can be read")
}

async fn answer_to<S: Store>(store: &Owned<S>, number: u64) -> Option<String> {
    store
        .message(number)
        .await
        .must("an answer can be read")
        .and_then(|it| it.answer)
}

pub(super) async fn messages_are_read_in_order<S: Store>(mut store: Owned<S>) {
    assert_eq!(
        unanswered(&store).await,
        [],
        "an empty store has no messages"
    );
    store.begin(&trip("42"), Time(1), None).await;
    let mut sent = Vec::new();
    for (id, at) in [("42", 5), ("41", 4), ("42", 6)] {
        let message = send(&store, id, &format!("{{\"at\":{at}}}"), Time(at)).await;
        let before = sent.last().map_or(0, |before: &Message| before.number);
        assert!(
            message.number > before,
            "the number of a message is larger than those before"
        );
        sent.push(message);
    }
    assert_eq!(
        unanswered(&store).await,
        sent,
        "messages are read as they were sent, oldest first"
    );
    store.reopen().await;
    assert_eq!(
        unanswered(&store).await,
        sent,
        "messages are kept over a restart"
    );
}

pub(super) async fn a_message_is_answered_once<S: Store>(mut store: Owned<S>) {
    let first = send(&store, "42", "{\"first\":1}", Time(1)).await;
    let second = send(&store, "42", "{\"second\":2}", Time(2)).await;
    assert_eq!(
        answer_to(&store, first.number).await,
        None,
        "a message has no answer before it is answered"
    );
    answer(&store, first.number, "\"yes\"").await;
    answer(&store, first.number, "\"no\"").await;
    store.reopen().await;
    answer(&store, first.number, "\"no\"").await;
    assert_eq!(
        answer_to(&store, first.number).await.as_deref(),
        Some("\"yes\""),
        "an answered message stays as it is"
    );
    assert_eq!(
        unanswered(&store).await,
        std::slice::from_ref(&second),
        "an answered message is not in the inbox any more"
    );
    let nobody = second.number + 1;
    answer(&store, nobody, "\"yes\"").await;
    assert_eq!(
        answer_to(&store, nobody).await,
        None,
        "a message that was not sent has no answer"
    );
    let third = send(&store, "42", "{}", Time(3)).await;
    assert_eq!(
        answer_to(&store, third.number).await,
        None,
        "an answer is not kept for a message that comes later"
    );
}

pub(super) async fn a_message_needs_no_owner_and_no_saga<S: Store>(mut store: Owned<S>) {
    let before = store.reopen().await;
    let message = send(&store, "nobody", "{}", Time(1)).await;
    assert_ne!(before, store.epoch);
    assert_eq!(
        unanswered(&store).await,
        [message],
        "a message may be for a saga that is not there"
    );
}

pub(super) async fn answered_messages_are_purged_with_their_saga<S: Store>(store: Owned<S>) {
    for id in ["kept", "purged"] {
        store.ended(&trip(id), Time(1), State::Completed).await;
    }
    let kept = send(&store, "kept", "{}", Time(1)).await;
    let answered = send(&store, "purged", "{}", Time(2)).await;
    let open = send(&store, "purged", "{}", Time(3)).await;
    answer(&store, kept.number, "1").await;
    answer(&store, answered.number, "2").await;
    let filter = Filter::of(trip("purged"));
    let purged = store.purge(store.epoch, filter, Time(9)).await;
    purged.must("sagas can be purged");
    assert_eq!(
        answer_to(&store, kept.number).await.as_deref(),
        Some("1"),
        "the messages of a saga that is not purged stay"
    );
    assert_eq!(
        store.message(answered.number).await.must("it can be asked"),
        None,
        "answered messages are purged with their saga"
    );
    let kept = store.message(open.number).await.must("it can be asked");
    assert_eq!(kept, Some(open.clone()), "an open message is not purged");
    assert_eq!(
        unanswered(&store).await,
        std::slice::from_ref(&open),
        "a message is not purged before it is answered"
    );
    answer(&store, open.number, "3").await;
    let purge = store.purge(store.epoch, Filter::default(), Time(9)).await;
    purge.must("sagas can be purged");
    let later = send(&store, "kept", "{}", Time(4)).await;
    assert!(
        later.number > open.number,
        "the number of a purged message is not given again"
    );
}

async fn inbox<S: Store>(store: &Owned<S>) -> Vec<Message> {
    let inbox = store.inbox(store.epoch).await;
    inbox.must("an inbox can be read")
}

/// The limit applies only to sagas that are due.
pub(super) async fn what_was_asked_something_is_claimed<S: Store>(store: Owned<S>) {
    let (parked, later, due) = (trip("parked"), trip("later"), trip("due"));
    store.ended(&parked, Time(1), State::Parked).await;
    let hour = store.time().await.after(HOUR);
    store.begin(&later, Time(1), Some(hour)).await;
    store.begin(&due, Time(1), Some(Time(2))).await;
    let mut sent = Vec::new();
    for id in ["parked", "nobody", "later", "parked"] {
        // The sender's clock may be ahead.
        sent.push(send(&store, id, "{}", hour).await);
    }
    let nobody = sent.remove(1);
    assert_eq!(
        inbox(&store).await,
        std::slice::from_ref(&nobody),
        "a message for a saga that is not there is everybody's, and no other that is not claimed"
    );
    assert_eq!(
        store.due_next().await,
        Some(Time(i64::MIN)),
        "what was asked something can be claimed at once"
    );
    let mut claimed = store.claimed(0).await;
    claimed.sort();
    assert_eq!(
        claimed,
        [later.clone(), parked.clone()],
        "what was asked something is claimed, due or not, whatever the limit"
    );
    assert_eq!(
        store.row(&later).await.due,
        Some(hour),
        "it is due as before"
    );
    let mut expected = vec![sent[0].clone(), nobody, sent[1].clone(), sent[2].clone()];
    assert_eq!(inbox(&store).await, expected, "oldest first");
    assert_eq!(store.claimed(0).await, [], "nothing is claimed twice");
    let append = store.append(
        store.epoch,
        Hold::new(parked.clone(), TURN),
        commit(2, Time(5)),
        Some(change(State::Parked, Claim::Rest)),
        vec![(sent[0].number, "1".into()), (sent[2].number, "2".into())],
    );
    append.await.must("a commit can answer messages");
    expected.remove(3);
    expected.remove(0);
    assert_eq!(
        inbox(&store).await,
        expected,
        "what is answered is not asked"
    );
    for (message, answer) in [(&sent[0], "1"), (&sent[2], "2")] {
        assert_eq!(
            answer_to(&store, message.number).await.as_deref(),
            Some(answer),
            "an answer is written with its commit"
        );
    }
    assert_eq!(
        store.claimed(9).await,
        [due],
        "what is due is claimed by that"
    );
}

pub(super) async fn answers_are_written_with_their_commit_or_not_at_all<S: Store>(store: Owned<S>) {
    let saga = trip("42");
    store.begin(&saga, Time(1), None).await;
    let asked = send(&store, "42", "{}", Time(1)).await.number;
    let append = |seq, answer: &str| {
        let answers = vec![(asked, answer.to_owned())];
        store.append(
            store.epoch,
            Hold::new(saga.clone(), TURN),
            commit(seq, Time(2)),
            None,
            answers,
        )
    };
    for seq in [0, 2] {
        drop(append(seq, "early").await);
        assert_eq!(
            answer_to(&store, asked).await,
            None,
            "a commit that is not written, or was before, answers nothing"
        );
    }
    append(1, "first")
        .await
        .must("a commit can answer a message");
    let again = append(2, "second").await;
    assert!(
        matches!(again, Err(StoreError::Answered { number }) if number == asked),
        "what is answered is not answered again: {again:?}"
    );
    append(1, "third")
        .await
        .must("a commit may be asked for again");
    let answer = answer_to(&store, asked).await;
    assert_eq!(
        answer.as_deref(),
        Some("first"),
        "an answered message stays as it is"
    );
}

pub(super) async fn what_nobody_can_read_is_claimed_to_be_answered<S: Store>(store: Owned<S>) {
    let saga = trip("42");
    store.begin(&saga, Time(1), None).await;
    let release = store.release(
        store.epoch,
        Hold::new(saga.clone(), TURN),
        Some(Time(1)),
        Mark::Unfit(unfit(VERSION)),
        Vec::new(),
    );
    release.await.must("a claimed saga can be released");
    assert_eq!(store.claimed(9).await, []);
    let asked = send(&store, "42", "{}", Time(1)).await;
    let claimed = store.claimed(9).await;
    assert_eq!(
        claimed,
        [saga],
        "a message is answered even if nobody can read its saga"
    );
    assert_eq!(inbox(&store).await, [asked]);
}

pub(super) async fn who_waits_is_told_what_has_ended<S: Store>(store: Owned<S>) {
    let mut of = vec![SagaId::new("trip", "nobody")];
    for state in State::ALL {
        let saga = trip(state.as_str());
        store.ended(&saga, Time(1), state).await;
        of.push(saga);
    }
    let ended = store.ended_of(of).await;
    assert_eq!(
        ended,
        ["abandoned", "compensated", "completed", "parked"].map(trip),
        "what has ended or is parked has an outcome"
    );
    assert_eq!(store.ended_of(Vec::new()).await, []);
}

/// So many messages that a store may return only the oldest ones.
pub(super) async fn many_messages_to_one_saga_hide_no_others<S: Store>(store: Owned<S>) {
    let (crowded, held, parked) = (trip("crowded"), trip("held"), trip("parked"));
    for saga in [&crowded, &held] {
        store.begin(saga, Time(1), None).await;
    }
    store.ended(&parked, Time(1), State::Parked).await;
    let store = Arc::new(store);
    at_once(1_100, |_| {
        let store = Arc::clone(&store);
        async move { send(&store, "crowded", "{}", Time(1)).await }
    })
    .await;
    let last = send(&store, "held", "{}", Time(1)).await;
    let given = inbox(&store).await;
    assert_eq!(given[0].saga, crowded, "the oldest are given");
    assert_eq!(given.last(), Some(&last), "others are given beside them");
    let last = send(&store, "parked", "{}", Time(1)).await;
    assert_eq!(store.claimed(0).await, [parked], "others are claimed");
    assert_eq!(inbox(&store).await.last(), Some(&last));
    let mut left = unanswered(&store).await;
    while !left.is_empty() {
        let given = inbox(&store).await;
        assert_eq!(given[0], left[0], "the oldest one is given first");
        let answers = given.iter().map(|message| (message.number, "1".into()));
        let answers = store.answer(store.epoch, answers.collect());
        answers.await.must("messages can be answered");
        left.retain(|message| !given.contains(message));
    }
    assert_eq!(inbox(&store).await, []);
}
