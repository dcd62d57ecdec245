//! A whole saga inside a database transaction: its rows are committed if it completes, and rolled
//! back otherwise.
//!
//! Steps write their rows through the transaction, which they read as a service; what they do
//! outside of the database has compensations as usual. When the saga compensates, the compensations
//! run first, while the rows can still be read; then the rows are rolled back. So a step that only
//! writes rows has nothing to undo. (In Postgres a failed query aborts the whole transaction, so a
//! compensation cannot rely on reading rows there.)
//!
//! **A commit can fail.** The saga has then completed, and what it did outside stands, but its rows
//! do not, and it no longer compensates: [`TransactionError::Uncommitted`] says so, and has the
//! output. Run the same saga again under the same id. Its keys are the same, so services that
//! honour keys do nothing twice and return their original answers, and the rows are written again.
//! If the connection broke during the commit, it is unknown whether the rows stand, so writing them
//! twice must do no harm: here an order is stored once, under the saga's id.
//!
//! The commit is the point of no return. So such a saga has no pivot of its own, and no savepoint
//! before a step that writes rows, because a turn does not remove them.

use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{Sqlite, SqliteConnection, SqlitePool, Transaction};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};
use typed_saga::{
    Key,
    runtime::{End, Machine, Prepared},
    saga,
};

/// The transaction, shared by the steps: a step holds it exclusively while it executes a query.
#[derive(Clone)]
pub(crate) struct Rows(Arc<Mutex<Option<Transaction<'static, Sqlite>>>>);

/// The saga has ended, and its transaction with it.
#[derive(Debug, thiserror::Error)]
#[error("the transaction is over")]
pub(crate) struct Over;

impl Rows {
    /// The connection to execute queries on, once no other step uses it.
    pub(crate) async fn lock(&self) -> Result<MappedMutexGuard<'_, SqliteConnection>, Over> {
        let rows = self.0.lock().await;
        MutexGuard::try_map(rows, Option::as_deref_mut).map_err(|_| Over)
    }
}

/// Why a saga in a transaction failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TransactionError<T, E> {
    /// No transaction could be started, and nothing was done.
    #[error("no transaction: {0}")]
    Begin(#[source] sqlx::Error),
    /// The saga did not complete, and its rows were rolled back. (If only its output was lost, they
    /// stand.)
    #[error("{0}")]
    Saga(typed_saga::Error<E>),
    /// The saga completed, but its rows were not committed, or it is unknown whether they were.
    #[error("not committed: {source}")]
    Uncommitted {
        /// `None` if its expression panicked.
        output: Option<T>,
        source: sqlx::Error,
    },
}

/// Runs the saga that `prepare` makes in a new transaction: commits if it completes, rolls back
/// otherwise.
///
/// Once the saga has started, all of this happens even if the caller stops waiting.
pub(crate) async fn in_transaction<M: Machine>(
    database: &SqlitePool,
    prepare: impl FnOnce(Rows) -> Prepared<M>,
) -> Result<M::Output, TransactionError<M::Output, M::Error>> {
    let transaction = database.begin().await.map_err(TransactionError::Begin)?;
    let rows = Rows(Arc::new(Mutex::new(Some(transaction))));
    let saga = prepare(rows.clone());
    let run = tokio::spawn(run(saga, rows));
    run.await.expect("what panics in a saga is caught")
}

async fn run<M: Machine>(
    saga: Prepared<M>,
    rows: Rows,
) -> Result<M::Output, TransactionError<M::Output, M::Error>> {
    let outcome = saga.outcome().await;
    let transaction = rows.0.lock().await.take();
    let transaction = transaction.expect("nobody else takes it");
    if outcome.end() != End::Completed {
        // If this fails, the connection is broken and the database rolls back.
        drop(transaction.rollback().await);
        return outcome.into_result().map_err(TransactionError::Saga);
    }
    let committed = transaction.commit().await;
    let output = outcome.into_result();
    match committed {
        Ok(()) => output.map_err(TransactionError::Saga),
        Err(source) => Err(TransactionError::Uncommitted {
            output: output.ok(),
            source,
        }),
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum OrderError {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Over(#[from] Over),
    #[error("no parcels today")]
    Strike,
}

saga! {
    /// Takes an order: stores it, charges the customer, sends the parcel.
    pub(crate) saga TakeOrder(customer: i64)
    with (rows: Rows, outside: Outside)
    -> Result<i64, OrderError>
    {
        step order(rows, customer, ctx) -> String {
            let id = ctx.id().to_string();
            sqlx::query("INSERT INTO orders (id, customer) VALUES (?, ?) ON CONFLICT DO NOTHING")
                .bind(&id)
                .bind(customer)
                .execute(&mut *rows.lock().await?)
                .await?;
            Ok(id)
        }
            // The rollback removes the row.
            compensate() { Ok(()) }

        #[timeout(5s)] #[idempotent]
        step payment(outside, key) -> i64 = Outside::charge
            compensate(outside, payment) = Outside::undo;

        step paid(rows, order, payment) {
            sqlx::query("UPDATE orders SET payment = ? WHERE id = ?")
                .bind(payment)
                .bind(order)
                .execute(&mut *rows.lock().await?)
                .await?;
            Ok(())
        }
            // As above.
            compensate() { Ok(()) }

        #[timeout(5s)] #[idempotent]
        step parcel(outside, key) -> i64 = Outside::send
            compensate(outside, parcel) = Outside::undo;

        parcel
    }
}

/// The card processor and the post: what they did, once per key.
#[derive(Clone, Default)]
pub(crate) struct Outside(Arc<Mutex<Done>>);

#[derive(Default)]
struct Done {
    numbers: HashMap<String, i64>,
    undone: Vec<i64>,
    strike: bool,
}

impl Outside {
    async fn charge(&self, key: &Key) -> Result<i64, OrderError> {
        Ok(self.once(key).await)
    }

    async fn send(&self, key: &Key) -> Result<i64, OrderError> {
        if self.0.lock().await.strike {
            return Err(OrderError::Strike);
        }
        Ok(self.once(key).await)
    }

    async fn once(&self, key: &Key) -> i64 {
        let numbers = &mut self.0.lock().await.numbers;
        let next = numbers.len().try_into().expect("not that many");
        *numbers.entry(key.to_string()).or_insert(next)
    }

    async fn undo(&self, number: &i64) -> Result<(), OrderError> {
        self.0.lock().await.undone.push(*number);
        Ok(())
    }
}

/// A database for orders of known customers.
pub(crate) async fn database() -> sqlx::Result<SqlitePool> {
    // Each connection to `:memory:` has a database of its own, so there is only one connection.
    let one = SqlitePoolOptions::new().max_connections(1);
    let database = one.connect("sqlite::memory:").await?;
    sqlx::raw_sql(
        "CREATE TABLE customers (id INTEGER PRIMARY KEY);
         CREATE TABLE orders (
             id TEXT PRIMARY KEY,
             customer INTEGER NOT NULL REFERENCES customers DEFERRABLE INITIALLY DEFERRED,
             payment INTEGER
         );
         INSERT INTO customers VALUES (1);",
    )
    .execute(&database)
    .await?;
    Ok(database)
}

pub(crate) async fn orders(database: &SqlitePool) -> sqlx::Result<Vec<(String, Option<i64>)>> {
    let query = sqlx::query_as("SELECT id, payment FROM orders ORDER BY id");
    query.fetch_all(database).await
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> sqlx::Result<()> {
    let database = database().await?;
    let outside = Outside::default();
    let order = async |customer, id: &'static str| {
        in_transaction(&database, |rows| {
            TakeOrder { customer }.with(rows, outside.clone()).id(id)
        })
        .await
    };

    // The saga completes: everything stands.
    let parcel = order(1, "first").await.expect("nothing is wrong");
    assert_eq!(parcel, 1);
    assert_eq!(orders(&database).await?, [("first".to_owned(), Some(0))]);

    // The saga compensates: the money is refunded, and there is no trace of the order.
    outside.0.lock().await.strike = true;
    let Err(TransactionError::Saga(error)) = order(1, "second").await else {
        panic!("there are no parcels");
    };
    assert!(error.is_clean());
    assert_eq!(outside.0.lock().await.undone, [2]);
    assert_eq!(orders(&database).await?.len(), 1);
    outside.0.lock().await.strike = false;

    // The database checks the customer only at the commit: the parcel is on its way, without an
    // order.
    let Err(TransactionError::Uncommitted { output, source }) = order(7, "third").await else {
        panic!("there is no such customer");
    };
    println!("parcel {output:?} is sent, but: {source}");
    assert_eq!(output, Some(4));
    assert_eq!(orders(&database).await?.len(), 1);

    // Repaired and run again under the same id, the saga does nothing twice, and writes what is
    // missing. Run once more, by a caller who does not know that it was committed, it changes
    // nothing.
    let insert = sqlx::query("INSERT INTO customers VALUES (7)");
    insert.execute(&database).await?;
    for _ in 0..2 {
        assert_eq!(order(7, "third").await.expect("all is well"), 4);
        assert_eq!(orders(&database).await?[1], ("third".to_owned(), Some(3)));
        assert_eq!(outside.0.lock().await.numbers.len(), 5);
    }
    Ok(())
}
