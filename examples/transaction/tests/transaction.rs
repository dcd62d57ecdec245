//! A saga in a database transaction, as the example `transaction` runs it: the rows always follow
//! the saga's outcome.

#[path = "../src/main.rs"]
mod transaction;

use sqlx::SqlitePool;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;
use transaction::{OrderError, Rows, TransactionError, database, in_transaction, main, orders};
use typed_saga::{Completeness, saga};

/// Stores an order of a customer.
async fn write(rows: &Rows, id: &str, customer: i64) -> Result<(), OrderError> {
    sqlx::query("INSERT INTO orders (id, customer) VALUES (?, ?)")
        .bind(id)
        .bind(customer)
        .execute(&mut *rows.lock().await?)
        .await?;
    Ok(())
}

/// The orders visible inside the transaction.
async fn seen(rows: &Rows) -> Result<i64, OrderError> {
    let query = sqlx::query_scalar("SELECT count(*) FROM orders");
    Ok(query.fetch_one(&mut *rows.lock().await?).await?)
}

async fn ids(database: &SqlitePool) -> Vec<String> {
    let orders = orders(database).await.expect("a table of orders");
    orders.into_iter().map(|(id, _)| id).collect()
}

async fn empty() -> SqlitePool {
    database().await.expect("a database in memory")
}

/// What goes wrong once the rows are written, if anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    None,
    Step,
    Panic,
    /// The step fails, and so does the compensation before it.
    Undo,
    /// The output panics.
    Output,
    /// The commit fails: the customer is unknown.
    Commit,
    /// Both.
    OutputAndCommit,
}

impl Trouble {
    fn strike(self) -> Result<(), OrderError> {
        match self {
            Self::Step | Self::Undo => Err(OrderError::Strike),
            Self::Panic => panic!("on purpose"),
            _ => Ok(()),
        }
    }

    fn customer(self) -> i64 {
        match self {
            Self::Commit | Self::OutputAndCommit => 7,
            _ => 1,
        }
    }

    fn output(self) -> &'static str {
        match self {
            Self::Output | Self::OutputAndCommit => panic!("on purpose"),
            _ => "output",
        }
    }
}

type Log = Arc<Mutex<Vec<i64>>>;

saga! {
    /// Stores two orders side by side; the compensation reads what is there.
    saga Write(trouble: Trouble) with (rows: Rows, log: Log) -> Result<&'static str, OrderError> {
        step outside() { Ok(()) }
            #[retry(1)]
            compensate(trouble, rows, log) {
                let seen = seen(rows).await?;
                log.lock().expect("no panic").push(seen);
                if *trouble == Trouble::Undo {
                    Err(OrderError::Strike)
                } else {
                    Ok(())
                }
            }

        concurrent {
            step one(rows, trouble) { write(rows, "one", trouble.customer()).await }
                compensate() { Ok(()) }
            step two(rows) { write(rows, "two", 1).await }
                compensate() { Ok(()) }
        }

        read last(trouble) { trouble.strike() }

        trouble.output()
    }
}

type Written = Result<&'static str, TransactionError<&'static str, OrderError>>;

/// How the saga ended, what its compensation saw, and the orders that stand.
async fn written(trouble: Trouble) -> (Written, Vec<i64>, Vec<String>) {
    let (database, log) = (empty().await, Log::default());
    let saga = |rows| Write { trouble }.with(rows, Arc::clone(&log));
    let written = in_transaction(&database, saga).await;
    let seen = log.lock().expect("no panic").clone();
    (written, seen, ids(&database).await)
}

#[test]
fn a_failed_commit_is_made_good_by_running_again() {
    main().expect("no query fails");
}

#[tokio::test]
async fn a_saga_that_completes_is_committed() {
    let (written, seen, ids) = written(Trouble::None).await;
    assert_eq!(written.expect("no trouble"), "output");
    assert!(seen.is_empty());
    assert_eq!(ids, ["one", "two"]);
}

#[tokio::test]
async fn compensations_run_before_the_roll_back() {
    for trouble in [Trouble::Step, Trouble::Panic] {
        let (written, seen, ids) = written(trouble).await;
        let Err(TransactionError::Saga(error)) = written else {
            panic!("{written:?}");
        };
        assert_eq!(error.step(), Some("last"));
        assert!(error.is_clean(), "{error}");
        assert_eq!(seen, [2]);
        assert!(ids.is_empty());
    }
}

#[tokio::test]
async fn a_parked_saga_is_rolled_back_and_says_what_stands() {
    let (written, seen, ids) = written(Trouble::Undo).await;
    let Err(TransactionError::Saga(error)) = written else {
        panic!("{written:?}");
    };
    let Completeness::Parked(unsettled) = error.completeness() else {
        panic!("{error}");
    };
    assert_eq!(unsettled.still_applied, ["outside"]);
    assert_eq!(seen, [2]);
    assert!(ids.is_empty());
}

#[tokio::test]
async fn a_lost_output_does_not_cost_the_rows() {
    let (written, seen, ids) = written(Trouble::Output).await;
    let Err(TransactionError::Saga(error)) = written else {
        panic!("{written:?}");
    };
    assert_eq!(error.completeness(), Completeness::OutputLost);
    assert!(seen.is_empty());
    assert_eq!(ids, ["one", "two"]);
}

#[tokio::test]
async fn a_failed_commit_leaves_the_output_and_no_rows() {
    for (trouble, expected) in [
        (Trouble::Commit, Some("output")),
        (Trouble::OutputAndCommit, None),
    ] {
        let (written, seen, ids) = written(trouble).await;
        let Err(TransactionError::Uncommitted { output, source }) = written else {
            panic!("{written:?}");
        };
        assert_eq!(output, expected);
        assert!(source.as_database_error().is_some(), "{source}");
        assert!(seen.is_empty(), "nothing goes back any more");
        assert!(ids.is_empty());
    }
}

#[tokio::test]
async fn without_a_transaction_nothing_begins() {
    let database = empty().await;
    database.close().await;
    let mut made = false;
    let saga = |rows| {
        made = true;
        let trouble = Trouble::None;
        Write { trouble }.with(rows, Log::default())
    };
    let written = in_transaction(&database, saga).await;
    assert!(matches!(written, Err(TransactionError::Begin(_))));
    assert!(!made);
}

saga! {
    /// Stores an order and then waits.
    saga WriteSlowly()
    with (rows: Rows, written: Arc<Notify>, go: Arc<Notify>)
    -> Result<(), OrderError>
    {
        step order(rows) { write(rows, "slow", 1).await }
            compensate() { Ok(()) }

        read waited(written, go) {
            written.notify_one();
            go.notified().await;
            Ok(())
        }
    }
}

#[tokio::test]
async fn a_saga_whose_caller_goes_away_is_committed_all_the_same() {
    let database = empty().await;
    let (written, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let saga = |rows| WriteSlowly {}.with(rows, Arc::clone(&written), Arc::clone(&go));
    tokio::select! {
        result = in_transaction(&database, saga) => panic!("{result:?}"),
        () = written.notified() => {}
    }
    go.notify_one();
    // Waits for the only connection, which the transaction holds.
    assert_eq!(ids(&database).await, ["slow"]);
}

#[tokio::test]
async fn a_transaction_that_is_over_takes_no_rows() {
    let (database, log, mut kept) = (empty().await, Log::default(), None);
    let saga = |rows: Rows| {
        kept = Some(rows.clone());
        let trouble = Trouble::None;
        Write { trouble }.with(rows, log)
    };
    in_transaction(&database, saga).await.expect("no trouble");
    let rows = kept.expect("the saga was made");
    let late = write(&rows, "late", 1).await;
    assert!(matches!(late, Err(OrderError::Over(_))), "{late:?}");
    assert_eq!(ids(&database).await, ["one", "two"]);
}
