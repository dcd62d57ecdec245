//! Sagas that are submitted in somebody else's transaction.

use crate::fleet::takeover::{Buy, BuyServices, Shop, start, within};
use saga_postgres_server::Server;
use std::time::Duration;
use tokio_postgres::{Client, Error, NoTls, Transaction};
use typed_saga::{
    engine::{DurableOutcome, Engine, EngineError, Handle, StoreError, Submission},
    postgres::{Order, Postgres},
};

async fn client(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// As the documentation says it.
async fn place(order: &Order, transaction: &Transaction<'_>) -> Result<String, Error> {
    let [name, id, fingerprint, input] = &order.params();
    transaction
        .execute(order.insert(), &[name, id, fingerprint, input])
        .await?;
    let row = transaction
        .query_one(order.look(), &[name, id, fingerprint, input])
        .await?;
    row.try_get(0)
}

fn submission(id: &str, book: &str) -> Submission {
    Submission::new(id, &Buy { book: book.into() }).unwrap()
}

async fn engine(store: Postgres, shop: &Shop) -> Engine {
    start(store, BuyServices { shop: shop.clone() }).await
}

/// An engine on a server of its own, and a client of that.
async fn fleet_of_one() -> Option<(Server, Client, Engine, Shop)> {
    let server = Server::start(&["fsync=off"])?;
    let url = server.database();
    let (store, shop) = (
        Postgres::connect(&url, "test").await.unwrap(),
        Shop::default(),
    );
    let engine = engine(store, &shop).await;
    Some((server, client(&url).await, engine, shop))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_and_its_saga_are_committed_together_or_not_at_all() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    let url = server.database();
    let (store, shop) = (
        Postgres::connect(&url, "test").await.unwrap(),
        Shop::default(),
    );
    let mut client = client(&url).await;
    client
        .batch_execute("CREATE TABLE orders (book text)")
        .await
        .unwrap();
    for (id, commits) in [("kept", true), ("dropped", false)] {
        let order = store.order(&submission(id, id));
        let transaction = client.transaction().await.unwrap();
        transaction
            .execute("INSERT INTO orders VALUES ($1)", &[&id])
            .await
            .unwrap();
        let placed = place(&order, &transaction).await.unwrap();
        order.placed(&placed).unwrap();
        if commits {
            transaction.commit().await.unwrap();
        } else {
            transaction.rollback().await.unwrap();
        }
    }
    let engine = engine(store, &shop).await;
    let handle = engine.handle::<Buy>("kept").await.unwrap();
    let outcome = within(handle.outcome()).await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Completed(1)),
        "{outcome:?}"
    );
    let missing = engine.handle::<Buy>("dropped").await;
    assert!(matches!(missing, Err(EngineError::NotFound { .. })));
    assert_eq!(shop.bought(), ["kept"]);
    let orders = client.query("SELECT book FROM orders", &[]).await.unwrap();
    assert_eq!(orders.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_may_be_placed_again_but_not_with_other_inputs() {
    let Some((_server, mut client, engine, shop)) = fleet_of_one().await else {
        return;
    };
    for (book, same) in [("a", true), ("a", true), ("b", false)] {
        let order = Order::new("saga", &submission("42", book));
        let transaction = client.transaction().await.unwrap();
        let placed = place(&order, &transaction).await.unwrap();
        let told = order.placed(&placed);
        assert!(same == told.is_ok(), "{told:?}");
        if let Err(error) = told {
            assert!(matches!(error, EngineError::OtherInput { .. }), "{error:?}");
        }
        transaction.commit().await.unwrap();
    }
    // Who submits it to an engine joins it.
    let handle = engine.submit("42", Buy { book: "a".into() }).await.unwrap();
    drop(within(handle.outcome()).await.unwrap());
    assert_eq!(shop.bought(), ["a"]);
}

/// A transaction with an order in it, which stays open.
async fn open(client: &mut Client) -> Transaction<'_> {
    let transaction = client.transaction().await.unwrap();
    let order = Order::new("saga", &submission("open", "a"));
    order
        .placed(&place(&order, &transaction).await.unwrap())
        .unwrap();
    transaction
}

/// Submits the saga of that order.
async fn contested(engine: &Engine) -> Result<Handle<Buy>, EngineError> {
    within(
        engine
            .submit("open", Buy { book: "a".into() })
            .into_future(),
    )
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_transaction_holds_up_nobody_else() {
    let Some((_server, mut client, engine, shop)) = fleet_of_one().await else {
        return;
    };
    let transaction = open(&mut client).await;
    for id in 0..20 {
        let (refused, other) = tokio::join!(
            contested(&engine),
            engine.submit(format!("other-{id}"), Buy { book: "b".into() }),
        );
        assert!(matches!(refused, Err(EngineError::Store(_))), "{refused:?}");
        drop(within(other.unwrap().outcome()).await.unwrap());
    }
    transaction.commit().await.unwrap();
    drop(
        within(contested(&engine).await.unwrap().outcome())
            .await
            .unwrap(),
    );
    assert_eq!(shop.bought().iter().filter(|book| *book == "a").count(), 1);
}

/// An index is made, for example. That takes longer than a submission waits for an order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_is_locked_for_a_second_refuses_nobody() {
    let Some((_server, mut client, engine, shop)) = fleet_of_one().await else {
        return;
    };
    let transaction = client.transaction().await.unwrap();
    let lock = "LOCK TABLE saga.saga IN SHARE MODE";
    transaction.batch_execute(lock).await.unwrap();
    let submit = engine.submit("42", Buy { book: "a".into() });
    let submitted = tokio::spawn(submit.into_future());
    tokio::time::sleep(Duration::from_secs(1)).await;
    transaction.commit().await.unwrap();
    let handle = within(submitted).await.unwrap().unwrap();
    drop(within(handle.outcome()).await.unwrap());
    assert_eq!(shop.bought(), ["a"]);
}

/// The engine begins anew meanwhile, and so does what was submitted to it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_submission_outlives_the_epoch_that_it_was_made_under() {
    let Some((server, mut client, engine, shop)) = fleet_of_one().await else {
        return;
    };
    let transaction = open(&mut client).await;
    let submitting = engine.clone();
    let submitted = tokio::spawn(async move {
        loop {
            match contested(&submitting).await {
                // The order of the open transaction is in its way.
                Err(EngineError::Store(StoreError::Unavailable { .. })) => {}
                submitted => return submitted,
            }
        }
    });
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(60)).await;
        server.sql("d0", "UPDATE saga.worker SET dead = 1");
    }
    transaction.rollback().await.unwrap();
    let handle = within(submitted).await.unwrap().unwrap();
    drop(within(handle.outcome()).await.unwrap());
    assert_eq!(shop.bought(), ["a"]);
}
