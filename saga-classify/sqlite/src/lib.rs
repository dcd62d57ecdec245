//! What sqlx reports of a real SQLite, and what `typed-saga-classify` says of it.

#![cfg(test)]

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqlitePool};
use sqlx::{ConnectOptions, Error, Executor};
use std::time::Duration;
use typed_saga::{Key, Verdict, saga};
use typed_saga_classify::sqlx::error;

const SCHEMA: &str = "
    CREATE TABLE accounts (id INTEGER PRIMARY KEY, cents INTEGER NOT NULL CHECK (cents >= 0));
    INSERT INTO accounts VALUES (1, 100);
";

async fn memory() -> SqliteConnection {
    let options = SqliteConnectOptions::new().in_memory(true);
    let mut connection = options.connect().await.unwrap();
    connection.execute(SCHEMA).await.unwrap();
    connection
}

fn code(failure: &Error) -> Option<u32> {
    let code = failure.as_database_error()?.code()?;
    Some(code.parse().unwrap())
}

#[tokio::test]
async fn what_violates_a_constraint_is_rolled_back_and_is_no_refusal() {
    let mut database = memory().await;
    for (statement, expected) in [
        ("INSERT INTO accounts VALUES (1, 5)", 1555), // the primary key
        ("UPDATE accounts SET cents = cents - 101", 275), // the check
        ("INSERT INTO accounts VALUES (2, NULL)", 1299),
    ] {
        let failure = database.execute(statement).await.unwrap_err();
        assert_eq!(code(&failure), Some(expected), "{failure:?}");
        assert_eq!(error(&failure), Verdict::Transient);
    }
}

#[tokio::test]
async fn what_says_nothing_leaves_doubt() {
    let mut database = memory().await;
    let failure = database
        .execute("UPDATE nothing SET a = 1")
        .await
        .unwrap_err();
    assert_eq!(code(&failure), Some(1), "{failure:?}");
    assert_eq!(error(&failure), Verdict::Unknown);
}

/// The row is there, and its answer cannot be read.
#[tokio::test]
async fn a_statement_whose_answer_cannot_be_read_has_run() {
    let mut database = memory().await;
    let insert = "INSERT INTO accounts VALUES (7, 30) RETURNING 'seven'";
    let seven = sqlx::query_scalar::<_, i64>(insert).fetch_one(&mut database);
    let failure = seven.await.unwrap_err();
    assert_eq!(error(&failure), Verdict::Unknown, "{failure:?}");

    let count = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM accounts");
    assert_eq!(count.fetch_one(&mut database).await.unwrap(), 2);

    let none = sqlx::query("UPDATE accounts SET cents = 1 WHERE id = 9 RETURNING id");
    let failure = none.fetch_one(&mut database).await.unwrap_err();
    assert!(matches!(failure, Error::RowNotFound));
    assert_eq!(error(&failure), Verdict::Unknown);
}

#[tokio::test]
async fn a_file_that_somebody_else_locks_or_that_may_not_be_written_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = SqliteConnectOptions::new().filename(folder.path().join("bank.db"));
    let file = file.create_if_missing(true).busy_timeout(Duration::ZERO);
    let mut somebody = file.connect().await.unwrap();
    somebody.execute(SCHEMA).await.unwrap();

    let mut reader = file.clone().read_only(true).connect().await.unwrap();
    let failure = reader.execute("DELETE FROM accounts").await.unwrap_err();
    assert_eq!(code(&failure), Some(8), "{failure:?}");
    assert_eq!(error(&failure), Verdict::Transient);

    somebody.execute("BEGIN IMMEDIATE").await.unwrap();
    let mut other = file.connect().await.unwrap();
    let failure = other.execute("DELETE FROM accounts").await.unwrap_err();
    assert_eq!(code(&failure), Some(5), "{failure:?}");
    assert_eq!(error(&failure), Verdict::Transient);

    let missing = SqliteConnectOptions::new().filename(folder.path().join("none/bank.db"));
    let failure = missing.connect().await.map(drop).unwrap_err();
    assert_eq!(code(&failure), Some(14), "{failure:?}");
    assert_eq!(error(&failure), Verdict::Transient);
}

#[tokio::test]
async fn a_disk_that_is_full_leaves_doubt() {
    let mut database = memory().await;
    database.execute("PRAGMA max_page_count = 1").await.unwrap();
    let large = "CREATE TABLE large AS SELECT randomblob(100000)";
    let failure = database.execute(large).await.unwrap_err();
    assert_eq!(code(&failure), Some(13), "{failure:?}");
    assert_eq!(error(&failure), Verdict::Unknown);
}

saga! {
    #[classify(typed_saga_classify::sqlx::error)]
    saga Debit(cents: i64) with (database: SqlitePool) -> Result<(), Error> {
        #[idempotent]
        step debit(database, cents, key) { debit(database, *cents, key).await }
            compensate none
    }
}

/// Debits once per key, in one transaction.
async fn debit(database: &SqlitePool, cents: i64, key: &Key) -> Result<(), Error> {
    let mut transaction = database.begin().await?;
    let known = sqlx::query("INSERT INTO debits (key) VALUES (?) ON CONFLICT DO NOTHING");
    if known
        .bind(key.as_str())
        .execute(&mut *transaction)
        .await?
        .rows_affected()
        == 1
    {
        let update = sqlx::query("UPDATE accounts SET cents = cents - ?");
        update.bind(cents).execute(&mut *transaction).await?;
    }
    transaction.commit().await
}

#[tokio::test]
async fn a_saga_whose_transaction_is_rolled_back_leaves_nothing() {
    let one = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
    let database = one.connect("sqlite::memory:").await.unwrap();
    database.execute(SCHEMA).await.unwrap();
    database
        .execute("CREATE TABLE debits (key TEXT PRIMARY KEY)")
        .await
        .unwrap();

    let debit = |cents| Debit { cents }.with(database.clone()).id("order-42");
    let error = debit(101).await.unwrap_err();
    assert!(error.is_clean(), "{error}");
    for _ in 0..2 {
        debit(70).await.unwrap();
    }
    let cents = sqlx::query_scalar::<_, i64>("SELECT cents FROM accounts");
    assert_eq!(cents.fetch_one(&database).await.unwrap(), 30);
}
