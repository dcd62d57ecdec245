//! One damaged saga holds up nobody: the others come to their ends, everything can be looked at,
//! and the damaged one is listed with what is wrong.

use crate::{
    Site,
    common::{BookTrip, trip},
};
use rusqlite::Connection;
use std::{fs, path::Path, time::Duration};
use tokio::time::{sleep, timeout};
use typed_saga::{
    Verdict,
    engine::{DurableOutcome, EngineError, Filter, State},
    sqlite::Sqlite,
};

/// What becomes of the damaged saga.
enum Then {
    /// It is listed as unreadable, and this is said of it.
    Unreadable(&'static str),
    /// Nothing that it needs is damaged: it comes to its end.
    Runs,
}
use Then::{Runs, Unreadable};

/// Damages of a saga that runs, `:v` its number; its journal has the commits 0 to 3.
const DAMAGES: [(&str, Then); 46] = [
    // Its row.
    (
        "UPDATE saga SET id = CAST(x'63ff31' AS TEXT) WHERE number = :v",
        Unreadable("UTF-8"),
    ),
    (
        "UPDATE saga SET id = CAST(x'ff' AS TEXT) WHERE number = :v",
        Unreadable("UTF-8"),
    ),
    (
        "UPDATE saga SET name = CAST(x'426f6fff' AS TEXT) WHERE number = :v",
        Unreadable("UTF-8"),
    ),
    (
        "UPDATE saga SET name = 'Nobody' WHERE number = :v",
        Unreadable("no saga of this name"),
    ),
    (
        "UPDATE saga SET state = 'bogus' WHERE number = :v",
        Unreadable("`bogus` is no state"),
    ),
    (
        "UPDATE saga SET state = '' WHERE number = :v",
        Unreadable("`` is no state"),
    ),
    (
        "UPDATE saga SET state = 'RUNNING' WHERE number = :v",
        Unreadable("`RUNNING` is no state"),
    ),
    (
        "UPDATE saga SET state = CAST(x'ff' AS TEXT) WHERE number = :v",
        Unreadable("is no state"),
    ),
    ("UPDATE saga SET state = 'waiting' WHERE number = :v", Runs),
    (
        "UPDATE saga SET fingerprint = 'zz' WHERE number = :v",
        Unreadable("`zz` is not a fingerprint"),
    ),
    (
        "UPDATE saga SET fingerprint = '' WHERE number = :v",
        Unreadable("is not a fingerprint"),
    ),
    (
        "UPDATE saga SET fingerprint = '00000000000000ff0' WHERE number = :v",
        Unreadable("is not in the store"),
    ),
    (
        "UPDATE saga SET fingerprint = '7' WHERE number = :v",
        Unreadable("is not in the store"),
    ),
    (
        "INSERT INTO definition VALUES ('BookTrip', '0000000000000007', '{');
      UPDATE saga SET fingerprint = '0000000000000007' WHERE number = :v",
        Unreadable("the definition that it was run with"),
    ),
    (
        "INSERT INTO definition VALUES ('BookTrip', '0000000000000007', CAST(x'ff' AS TEXT));
      UPDATE saga SET fingerprint = '0000000000000007' WHERE number = :v",
        Unreadable("damaged"),
    ),
    (
        "UPDATE saga SET input = '{' WHERE number = :v",
        Unreadable("its inputs"),
    ),
    (
        "UPDATE saga SET input = '' WHERE number = :v",
        Unreadable("its inputs"),
    ),
    (
        "UPDATE saga SET input = '{\"city\":1,\"nights\":2}' WHERE number = :v",
        Unreadable("its inputs"),
    ),
    (
        "UPDATE saga SET input = CAST(x'22ff22' AS TEXT) WHERE number = :v",
        Unreadable("its inputs are no UTF-8"),
    ),
    ("UPDATE saga SET claimed = -5 WHERE number = :v", Runs),
    (
        "UPDATE saga SET due = -9223372036854775808 WHERE number = :v",
        Runs,
    ),
    (
        "UPDATE saga SET created = 9223372036854775807 WHERE number = :v",
        Runs,
    ),
    (
        "UPDATE saga SET unfit = CAST(x'ff' AS TEXT) WHERE number = :v",
        Runs,
    ),
    // Its journal.
    (
        "DELETE FROM journal WHERE saga = :v",
        Unreadable("none of its commits is there"),
    ),
    (
        "DELETE FROM journal WHERE saga = :v AND seq = 0",
        Unreadable("commit 0"),
    ),
    (
        "DELETE FROM journal WHERE saga = :v AND seq = 2",
        Unreadable("commit 2"),
    ),
    ("DELETE FROM journal WHERE saga = :v AND seq = 3", Runs),
    (
        "UPDATE journal SET seq = -1 WHERE saga = :v AND seq = 0",
        Unreadable("commit -1"),
    ),
    (
        "UPDATE journal SET seq = seq - 9 WHERE saga = :v",
        Unreadable("none of its commits is there"),
    ),
    (
        "UPDATE journal SET seq = 99 WHERE saga = :v AND seq = 3",
        Unreadable("commit 3"),
    ),
    (
        "UPDATE journal SET at = 9223372036854775807 WHERE saga = :v AND seq = 1",
        Runs,
    ),
    (
        "UPDATE journal SET records = '[' WHERE saga = :v AND seq = 0",
        Unreadable("commit 0"),
    ),
    (
        "UPDATE journal SET records = '[' WHERE saga = :v AND seq = 3",
        Unreadable("commit 3"),
    ),
    (
        "UPDATE journal SET records = '' WHERE saga = :v AND seq = 1",
        Unreadable("commit 1"),
    ),
    (
        "UPDATE journal SET records = 'null' WHERE saga = :v AND seq = 1",
        Unreadable("commit 1"),
    ),
    (
        "UPDATE journal SET records = '{}' WHERE saga = :v AND seq = 1",
        Unreadable("commit 1"),
    ),
    (
        "UPDATE journal SET records = '[1]' WHERE saga = :v AND seq = 1",
        Unreadable("commit 1"),
    ),
    (
        "UPDATE journal SET records = '[\"x\"]' WHERE saga = :v AND seq = 1",
        Unreadable("commit 1"),
    ),
    (
        "UPDATE journal SET records = '[{}]' WHERE saga = :v AND seq = 1",
        Unreadable("commit 1"),
    ),
    (
        "UPDATE journal SET records = '[{\"what\":\"exploded\"}]' WHERE saga = :v AND seq = 1",
        Unreadable("commit 1"),
    ),
    (
        "UPDATE journal SET records = '[{\"what\":\"applied\",\"step\":\"no\"}]'
      WHERE saga = :v AND seq = 1",
        Unreadable("commit 1"),
    ),
    (
        "UPDATE journal SET records = CAST(x'5bff5d' AS TEXT) WHERE saga = :v AND seq = 1",
        Unreadable("commit 1 of BookTrip/victim is no UTF-8"),
    ),
    (
        "UPDATE journal SET records = replace(records, '\"room in Lisbon\"', '7') WHERE saga = :v",
        Unreadable("the effect of `hotel`"),
    ),
    (
        "INSERT INTO journal (saga, seq, at, records) VALUES (:v, 4, 0, '[{\"what\":\"abandoned\"}]')",
        Unreadable("its journal says that it has ended"),
    ),
    // What is asked of it.
    (
        "INSERT INTO inbox (name, id, at, text)
         VALUES ('BookTrip', 'victim', 0, CAST(x'ff' AS TEXT))",
        Runs,
    ),
    (
        "INSERT INTO inbox (number, name, id, at, text)
         VALUES (-1, CAST(x'ff' AS TEXT), 'x', 0, '')",
        Runs,
    ),
];

/// What people look at.
const VIEWS: [&str; 8] = [
    "sagas",
    "history",
    "unreadable",
    "parked",
    "waiting",
    "inflight",
    "failures",
    "asked",
];

#[tokio::test(flavor = "multi_thread")]
async fn a06_one_bad_row_holds_up_nobody() {
    let before = left_behind().await;
    let mut violated = Vec::new();
    for (sql, then) in DAMAGES {
        let site = Site::new();
        fs::copy(before.journal(), site.journal()).unwrap();
        let damaged = tokio::spawn(damaged(site, sql, then));
        match timeout(Duration::from_secs(60), damaged).await {
            Ok(Ok(())) => {}
            Ok(Err(why)) => violated.push(format!("{sql}: {why}")),
            Err(_) => violated.push(format!("{sql}: it never ends")),
        }
    }
    assert!(violated.is_empty(), "{violated:#?}");
}

/// Starts an engine over a damaged journal.
async fn damaged(site: Site, sql: &str, then: Then) {
    let file = Connection::open(site.journal()).unwrap();
    let victim = "SELECT number FROM saga WHERE id = 'victim'";
    let victim: i64 = file.query_row(victim, (), |row| row.get(0)).unwrap();
    file.execute_batch(&sql.replace(":v", &victim.to_string()))
        .unwrap();
    drop(file);
    // Everything can be looked at before an engine has.
    look_at_all(&site);
    let engine = site.engine().await;
    for id in ["healthy-1", "healthy-2"] {
        let handle = engine.handle::<BookTrip>(id).await.unwrap();
        let outcome = handle.outcome().await.unwrap();
        assert!(
            matches!(outcome, DurableOutcome::Completed(_)),
            "{outcome:?}"
        );
    }
    let new = engine.submit("new", trip()).await.unwrap();
    let outcome = new.outcome().await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Completed(_)),
        "{outcome:?}"
    );
    let again = match engine.submit("victim", trip()).await {
        Ok(handle) => handle.outcome().await,
        Err(error) => Err(error),
    };
    match then {
        Runs => assert!(
            matches!(again, Ok(DurableOutcome::Completed(_))),
            "{again:?}"
        ),
        Unreadable(words) => {
            let list = unreadable(&site).await;
            assert!(list.contains(words), "no {words:?}: {list}");
            if let Err(error) = again {
                use EngineError::{OtherInput, Unreadable};
                let says_why = matches!(error, Unreadable { .. } | OtherInput { .. });
                assert!(says_why, "{error:?}");
            }
        }
    }
    assert!(engine.list(Filter::default()).await.unwrap().len() >= 6);
    engine.stats().await.unwrap();
    look_at_all(&site);
}

/// Two sagas that run, one that is parked, one that has ended; and one that runs, and is to be
/// damaged.
async fn left_behind() -> Site {
    let site = Site::new();
    let engine = site.engine().await;
    let done = engine.submit("done", trip()).await.unwrap();
    assert!(matches!(
        done.outcome().await.unwrap(),
        DurableOutcome::Completed(_)
    ));
    site.vendors
        .fail("+charge", 1, Verdict::Refused, "declined");
    site.vendors
        .fail("-hotel", 2, Verdict::Transient, "no line");
    let parked = engine.submit("parked", trip()).await.unwrap();
    assert!(matches!(
        parked.outcome().await.unwrap(),
        DurableOutcome::Parked(_)
    ));
    site.vendors.silent("+charge", true);
    for id in ["healthy-1", "victim", "healthy-2"] {
        drop(engine.submit(id, trip()).await.unwrap());
    }
    while engine
        .list(Filter::default())
        .await
        .unwrap()
        .iter()
        .any(|row| row.state == State::Running && row.commits < 4)
    {
        sleep(Duration::from_millis(5)).await;
    }
    engine.shutdown(Duration::ZERO).await;
    drop(engine);
    freed(&site.journal()).await;
    site
}

/// Waits until nobody owns a file.
async fn freed(path: &Path) {
    while Sqlite::open(path).is_err() {
        sleep(Duration::from_millis(5)).await;
    }
}

/// What the command lists as unreadable, once it lists something.
async fn unreadable(site: &Site) -> String {
    for _ in 0..1_000 {
        let said = site.saga("list --state unreadable");
        assert_eq!(said.code, 0, "{said:?}");
        if said.out.contains("unreadable: ") {
            return said.out;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("nothing is listed as unreadable");
}

/// Whatever is damaged, each command and each view says what there is.
fn look_at_all(site: &Site) {
    for line in [
        "list",
        "stats",
        "list --state unreadable",
        "why BookTrip/done",
    ] {
        let said = site.saga(line);
        assert_eq!(said.code, 0, "{line}: {said:?}");
    }
    let file = Connection::open(site.journal()).unwrap();
    for view in VIEWS {
        let mut rows = file.prepare(&format!("SELECT * FROM {view}")).unwrap();
        let mut rows = rows.query(()).unwrap();
        while rows
            .next()
            .unwrap_or_else(|error| panic!("{view}: {error}"))
            .is_some()
        {}
    }
}
