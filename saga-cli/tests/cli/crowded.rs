//! However much was asked, what was under way goes on.

use crate::{
    Site,
    common::{BookTrip, trip},
};
use rusqlite::Connection;
use std::time::Duration;
use typed_saga::engine::DurableOutcome;

const MESSAGES: i64 = 100_000;

/// Half of them are for sagas that are not there, and half for sagas that rest.
const ASK: &str = r#"
WITH RECURSIVE message(number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM message LIMIT ?1)
INSERT INTO inbox (name, id, at, text)
SELECT 'BookTrip',
       CASE number % 2 WHEN 0 THEN 'nobody-' || number ELSE 'done-' || (number % 20) END,
       0, '{"action":"resume"}' FROM message
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a10_a_hundred_thousand_messages_do_not_delay_recovery() {
    let site = Site::new();
    let engine = site.engine().await;
    for number in 0..20 {
        let done = engine.submit(format!("done-{number}"), trip()).await;
        drop(done.unwrap().outcome().await.unwrap());
    }
    site.vendors.silent("+charge", true);
    drop(engine.submit("under-way", trip()).await.unwrap());
    engine.shutdown(Duration::ZERO).await;
    site.stop(engine).await;
    site.vendors.silent("+charge", false);
    let file = Connection::open(site.journal()).unwrap();
    assert_eq!(file.execute(ASK, [MESSAGES]).unwrap(), 100_000);

    let engine = site.engine().await;
    let handle = engine.handle::<BookTrip>("under-way").await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Completed(_)),
        "{outcome:?}"
    );
    let answered = "SELECT count(*) FROM inbox WHERE answer IS NOT NULL";
    let count = |sql: &str| file.query_row(sql, (), |row| row.get::<_, i64>(0)).unwrap();
    let before = count(answered);
    assert!(before < MESSAGES / 10, "{before} were answered before");
    println!("{before} were answered before");
    engine.shutdown(Duration::ZERO).await;
}
