//! Writes that wait for a row in the server while what they rely on changes: nothing of them is done.

use crate::races::{client, open, waits};
use saga_postgres_server::Server;
use std::{future::Future, pin::Pin};
use typed_saga_engine::{
    Change, Claim, Commit, Epoch, EventChange, Hold, LockChange, LockKey, Mark, NewEvent, NewSaga,
    ReadStore, SagaId, State, Store, StoreError, Take, Time, Turn,
};
use typed_saga_postgres::Postgres;

const TURN: Turn = Turn(1);

fn saga() -> SagaId {
    SagaId::new("trip", "42")
}

fn hold() -> Hold {
    Hold::new(saga(), TURN)
}

fn commit(seq: u64) -> Commit {
    Commit {
        seq,
        at: Time(1),
        records: "[]".into(),
    }
}

fn change(claim: Claim) -> Change {
    let event = NewEvent {
        key: "a".into(),
        payload: "{}".into(),
    };
    Change {
        state: State::Completed,
        claim,
        fingerprint: None,
        events: vec![event],
        delivers: false,
        locks: vec![LockChange::Release],
    }
}

type Late = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>;

/// A write of the claim, which answers this message.
type Write = fn(Postgres, Epoch, u64) -> Late;

fn append(store: Postgres, epoch: Epoch, message: u64, change: Option<Change>) -> Late {
    let answers = vec![(message, "1".to_owned())];
    Box::pin(async move {
        let append = store.append(epoch, hold(), commit(2), change, answers);
        append.await
    })
}

const WRITES: [(&str, Write); 5] = [
    ("append", |store, epoch, message| {
        append(store, epoch, message, None)
    }),
    ("append that waits", |store, epoch, message| {
        append(store, epoch, message, Some(change(Claim::Until(Time(9)))))
    }),
    ("append that ends", |store, epoch, message| {
        append(store, epoch, message, Some(change(Claim::Rest)))
    }),
    ("release", |store, epoch, message| {
        let answers = vec![(message, "1".to_owned())];
        Box::pin(async move {
            let due = Some(Time(9));
            store
                .release(epoch, hold(), due, Mark::Cleared, answers)
                .await
        })
    }),
    ("claim anew", |store, epoch, _| {
        Box::pin(async move {
            match store.claim_one(epoch, Turn(9), saga(), Some(TURN)).await? {
                Take::Mine => Ok(()),
                Take::Theirs | Take::Missing => Err(StoreError::NotHeld { saga: saga() }),
            }
        })
    }),
];

/// All that there is, as text.
fn everything(server: &Server, database: &str) -> String {
    server.sql(
        database,
        "SELECT (SELECT jsonb_agg(it) FROM saga.saga AS it), (SELECT jsonb_agg(it) FROM saga.journal AS it),
                (SELECT jsonb_agg(it) FROM saga.outbox AS it), (SELECT jsonb_agg(it) FROM saga.inbox AS it),
                (SELECT jsonb_agg(it) FROM saga.lock AS it)",
    )
}

/// A saga with two commits, an event, a key, and a message.
async fn given(store: &Postgres) -> (Epoch, u64) {
    let epoch = open(store).await;
    let new = NewSaga {
        saga: saga(),
        input: "{}".into(),
        fingerprint: 1,
        due: None,
        life: None,
    };
    let created = store.create(Some((epoch, TURN)), new, Some(commit(0)));
    created.await.unwrap();
    let key = LockKey {
        name: "order".into(),
        key: "1".into(),
    };
    let change = Change {
        state: State::Running,
        locks: vec![LockChange::Request(vec![key])],
        ..change(Claim::Keep)
    };
    let append = store.append(epoch, hold(), commit(1), Some(change), Vec::new());
    append.await.unwrap();
    let asked = store.send(saga(), "{}".into(), Time(1)).await.unwrap();
    (epoch, asked)
}

/// Has a write begin, and wait for rows that a transaction changes.
async fn meanwhile(url: &str, changes: &str, write: Late) -> Result<(), StoreError> {
    let mut client = client(url).await;
    let transaction = client.transaction().await.unwrap();
    transaction.batch_execute(changes).await.unwrap();
    let write = tokio::spawn(write);
    waits(url, 1).await;
    transaction.commit().await.unwrap();
    write.await.unwrap()
}

#[tokio::test]
async fn a_write_that_waits_while_its_claim_ends_is_refused() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    for (database, (what, write)) in WRITES.into_iter().enumerate() {
        let (url, database) = (server.database(), format!("d{database}"));
        let store = Postgres::connect(&url, "test").await.unwrap();
        let (epoch, message) = given(&store).await;
        let other = open(&store).await;
        // What it was, and what it becomes.
        for (ends, back) in [
            ("turn = 2".to_owned(), "turn = 1".to_owned()),
            (
                format!("claimed = {}, turn = 2", other.0),
                format!("claimed = {}, turn = 1", epoch.0),
            ),
            (
                "claimed = NULL".to_owned(),
                format!("claimed = {}", epoch.0),
            ),
            (
                "claimed = NULL, due = NULL, state = 'completed'".to_owned(),
                format!("claimed = {}, due = 1, state = 'running'", epoch.0),
            ),
        ] {
            let before = everything(&server, &database);
            let change = format!("UPDATE saga.saga SET {ends}");
            let late = meanwhile(&url, &change, write(store.clone(), epoch, message)).await;
            let refused = matches!(&late, Err(StoreError::NotHeld { saga: of }) if *of == saga());
            assert!(refused, "{what}, {ends}: {late:?}");
            server.sql(&database, &format!("UPDATE saga.saga SET {back}"));
            assert_eq!(everything(&server, &database), before, "{what}, {ends}");
        }
        let done = write(store.clone(), epoch, message).await;
        done.unwrap_or_else(|error| panic!("{what} of the claim is done: {error}"));
    }
}

#[tokio::test]
async fn a_write_that_waits_while_its_request_is_answered_does_nothing() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    let skip: (&str, Write) = ("skip", |store, epoch, message| {
        Box::pin(async move {
            let why = EventChange::Skip { why: "no".into() };
            let answer = Some((message, "1".to_owned()));
            let skipped = store.decide(epoch, saga(), 0, why, answer).await?;
            assert!(skipped, "it is the first");
            Ok(())
        })
    });
    let that_answer = WRITES.into_iter().filter(|(what, _)| *what != "claim anew");
    for (database, (what, write)) in that_answer.chain([skip]).enumerate() {
        let (url, database) = (server.database(), format!("d{database}"));
        let store = Postgres::connect(&url, "test").await.unwrap();
        let (epoch, message) = given(&store).await;
        let answered = "UPDATE saga.inbox SET answer = '0', answered = 5";
        let before = everything(&server, &database);
        let late = meanwhile(&url, answered, write(store.clone(), epoch, message)).await;
        let refused = matches!(&late, Err(StoreError::Answered { number }) if *number == message);
        assert!(refused, "{what}: {late:?}");
        let open = "UPDATE saga.inbox SET answer = NULL, answered = NULL";
        server.sql(&database, open);
        assert_eq!(everything(&server, &database), before, "{what}");
        let done = write(store.clone(), epoch, message).await;
        done.unwrap_or_else(|error| panic!("{what} of an open request is done: {error}"));
        let answer = store.message(message).await.unwrap().unwrap().answer;
        assert_eq!(answer.as_deref(), Some("1"), "{what}");
    }
}
