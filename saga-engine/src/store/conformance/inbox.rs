use super::fixture::{Must, Owned, trip};
use crate::store::{Filter, Message, State, Store, Time};

async fn send<S: Store>(store: &Owned<S>, id: &str, text: &str, at: Time) -> Message {
    let number = store.send(trip(id), text.into(), at).await;
    Message {
        number: number.must("a message can be sent"),
        saga: trip(id),
        text: text.into(),
        at,
    }
}

async fn answer<S: Store>(store: &Owned<S>, number: u64, answer: &str) {
    let answer = store.answer(store.epoch, number, answer.into(), Time(9));
    answer.await.must("a message can be answered");
}

async fn unanswered<S: Store>(store: &Owned<S>) -> Vec<Message> {
    store.messages().await.must("the inbox can be read")
}

async fn answer_to<S: Store>(store: &Owned<S>, number: u64) -> Option<String> {
    store.answer_to(number).await.must("an answer can be read")
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
    assert!(before < store.epoch);
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
        answer_to(&store, answered.number).await,
        None,
        "answered messages are purged with their saga"
    );
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
