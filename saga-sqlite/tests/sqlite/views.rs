//! What an operator sees in SQL.

use crate::common::{append, begin, end, open};
use rusqlite::{Connection, types::Value};
use tempfile::TempDir;
use typed_saga_engine::{
    Change, Claim, Epoch, EventFilter, Filter, Hold, NewEvent, ReadStore, State, Store, TAKEOVERS,
    Time, Turn,
};
use typed_saga_sqlite::Sqlite;

/// Sagas in every kind of trouble.
async fn fill(store: &Sqlite) -> Epoch {
    let epoch = open(store).await;
    for id in ["done", "in-flight", "parked", "waiting"] {
        begin(store, epoch, id).await.unwrap();
        append(
            store,
            epoch,
            id,
            1,
            r#"[{"what":"attempting","step":"hotel"}]"#,
        )
        .await
        .unwrap();
    }
    let applied = r#"[{"what":"applied","step":"hotel","value":{"nights":2}},{"what":"attempting","step":"car"}]"#;
    append(store, epoch, "in-flight", 2, applied).await.unwrap();
    let failed = r#"[{"what":"rejected","step":"hotel","error":"no room"}]"#;
    append(store, epoch, "waiting", 2, failed).await.unwrap();
    append(
        store,
        epoch,
        "waiting",
        3,
        r#"[{"what":"attempting","step":"hotel"}]"#,
    )
    .await
    .unwrap();
    end(
        store,
        epoch,
        "waiting",
        4,
        State::Waiting,
        Claim::Until(Time(1_795_168_899_250)),
        failed,
    )
    .await;
    let parked = r#"[{"what":"timed_out","step":"hotel"},{"what":"ended","end":"parked","in_doubt":["hotel"]}]"#;
    end(
        store,
        epoch,
        "parked",
        2,
        State::Parked,
        Claim::Rest,
        parked,
    )
    .await;
    let done =
        r#"[{"what":"applied","step":"hotel","value":1},{"what":"ended","end":"completed"}]"#;
    end(store, epoch, "done", 2, State::Completed, Claim::Rest, done).await;
    store
        .send(
            crate::common::trip("parked"),
            r#"{"ask":"resume"}"#.into(),
            Time(0),
        )
        .await
        .unwrap();
    epoch
}

/// What a query gives, a line for each row.
fn query(conn: &Connection, sql: &str) -> Vec<String> {
    let mut statement = conn.prepare(sql).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map((), |row| {
        let values = (0..columns).map(|column| {
            Ok(match row.get(column)? {
                Value::Null => "-".to_owned(),
                Value::Integer(number) => number.to_string(),
                Value::Text(text) => text,
                other => panic!("neither number nor text: {other:?}"),
            })
        });
        Ok(values.collect::<rusqlite::Result<Vec<_>>>()?.join(" "))
    });
    rows.unwrap().collect::<rusqlite::Result<_>>().unwrap()
}

#[tokio::test]
async fn views_answer_what_an_operator_asks() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    let store = Sqlite::open(&path).unwrap();
    let Epoch(epoch) = fill(&store).await;
    let conn = Connection::open(&path).unwrap();
    let in_flight = format!(
        "trip in-flight running 2026-11-20T10:00:00.000Z 2026-11-20T10:00:00.002Z \
         2026-11-20T10:00:00.000Z {epoch} 3"
    );
    assert_eq!(
        query(
            &conn,
            "SELECT saga, id, state, created, updated, due, claimed, commits FROM sagas ORDER BY id"
        ),
        [
            "trip done completed 2026-11-20T10:00:00.000Z 2026-11-20T10:00:00.002Z - - 3",
            in_flight.as_str(),
            "trip parked parked 2026-11-20T10:00:00.000Z 2026-11-20T10:00:00.002Z - - 3",
            "trip waiting waiting 2026-11-20T10:00:00.000Z 2026-11-20T10:00:00.004Z 2026-11-20T10:01:39.250Z - 5",
        ]
    );
    assert_eq!(
        query(
            &conn,
            "SELECT seq, time, what, step, value, error FROM history WHERE id = 'in-flight'"
        ),
        [
            "0 2026-11-20T10:00:00.000Z started - - -",
            "1 2026-11-20T10:00:00.001Z attempting hotel - -",
            r#"2 2026-11-20T10:00:00.002Z applied hotel {"nights":2} -"#,
            "2 2026-11-20T10:00:00.002Z attempting car - -",
        ]
    );
    assert_eq!(
        query(&conn, "SELECT * FROM parked"),
        [
            r#"trip parked 2026-11-20T10:00:00.002Z {"what":"ended","end":"parked","in_doubt":["hotel"]}"#
        ]
    );
    assert_eq!(
        query(&conn, "SELECT * FROM waiting"),
        ["trip waiting 2026-11-20T10:01:39.250Z 2026-11-20T10:00:00.004Z no room"]
    );
    assert_eq!(
        query(&conn, "SELECT * FROM inflight"),
        [format!(
            "trip in-flight car attempting 2026-11-20T10:00:00.002Z {epoch}"
        )]
    );
    assert_eq!(
        query(&conn, "SELECT * FROM failures"),
        [
            "trip hotel rejected no room 2 2026-11-20T10:00:00.004Z",
            "trip hotel timed_out - 1 2026-11-20T10:00:00.002Z",
        ]
    );
    assert_eq!(
        query(&conn, "SELECT * FROM asked"),
        [r#"1 trip parked 1970-01-01T00:00:00.000Z {"ask":"resume"}"#]
    );
}

#[tokio::test]
async fn a_quarantined_saga_is_not_listed_as_unreadable() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    let store = Sqlite::open(&path).unwrap();
    let epoch = open(&store).await;
    for id in ["fine", "quarantined", "went-on", "unreadable"] {
        begin(&store, epoch, id).await.unwrap();
    }
    let conn = Connection::open(&path).unwrap();
    let set = format!(
        "UPDATE saga SET unfit = 'so', takeovers = iif(id = 'unreadable', 9, {TAKEOVERS}),
                counted = iif(id = 'went-on', NULL, 0) WHERE id <> 'fine'"
    );
    conn.execute(&set, ()).unwrap();
    let of = |view| query(&conn, &format!("SELECT id, why FROM {view} ORDER BY id"));
    assert_eq!(of("quarantined"), ["quarantined so"]);
    assert_eq!(of("unreadable"), ["unreadable so", "went-on so"]);
    let rows = store.list(Filter::default()).await.unwrap();
    let quarantined = rows.iter().filter(|row| row.is_quarantined());
    let quarantined: Vec<_> = quarantined.map(|row| &*row.saga.id).collect();
    assert_eq!(quarantined, ["quarantined"]);
}

#[tokio::test]
async fn a_relay_reads_the_events_that_are_due_and_says_which_it_has_delivered() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    let store = Sqlite::open(&path).unwrap();
    let epoch = open(&store).await;
    for (id, events) in [("1", 2), ("2", 1)] {
        begin(&store, epoch, id).await.unwrap();
        let change = Change {
            state: State::Completed,
            claim: Claim::Rest,
            fingerprint: None,
            events: (0..events)
                .map(|number| NewEvent {
                    key: format!("key {number}"),
                    payload: format!(r#"{{"sent":{number}}}"#),
                })
                .collect(),
            delivers: false,
            locks: Vec::new(),
        };
        let (end, trip) = (crate::common::commit(1, "[]"), crate::common::trip(id));
        let ends = store.append(
            epoch,
            Hold::new(trip, Turn(1)),
            end,
            Some(change),
            Vec::new(),
        );
        ends.await.unwrap();
    }
    let relay = Connection::open(&path).unwrap();
    let due = "SELECT saga, id, number, key, payload FROM undelivered WHERE due IS NOT NULL";
    assert_eq!(
        query(&relay, due),
        [
            r#"trip 1 0 key 0 {"sent":0}"#,
            r#"trip 2 0 key 0 {"sent":0}"#
        ]
    );
    let delivered = "UPDATE outbox SET delivered = unixepoch('subsec') * 1000
                     WHERE position = (SELECT position FROM undelivered WHERE id = '1' LIMIT 1)";
    relay.execute(delivered, ()).unwrap();
    assert_eq!(
        query(
            &relay,
            "SELECT id, number, due IS NOT NULL FROM undelivered"
        ),
        ["1 1 1", "2 0 1"],
        "the one behind it is due"
    );
    relay.execute(delivered, ()).unwrap();
    let left = EventFilter::undelivered_of(crate::common::trip("1"));
    assert_eq!(store.events(left).await.unwrap(), []);
    let all = store.events(EventFilter::default()).await.unwrap();
    let delivered = all.iter().filter(|event| event.delivered.is_some());
    assert_eq!(delivered.count(), 2);
    drop(store);
}

#[tokio::test]
async fn one_saga_is_found_without_reading_the_others() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    let _store = Sqlite::open(&path).unwrap();
    let conn = Connection::open(&path).unwrap();
    for sql in [
        "SELECT * FROM sagas WHERE saga = 'trip' AND id = '42'",
        "SELECT * FROM history WHERE saga = 'trip' AND id = '42'",
        "SELECT * FROM inflight",
        "SELECT due FROM saga WHERE due IS NOT NULL AND (claimed IS NULL OR claimed < 7) ORDER BY due, claimed LIMIT 1",
        "SELECT number FROM saga WHERE due <= 5 AND (claimed IS NULL OR claimed < 7) ORDER BY due, claimed LIMIT 5",
        "SELECT number FROM inbox WHERE answer IS NULL ORDER BY number",
        "SELECT number FROM saga WHERE name = 'trip' AND (name, id) > ('trip', '42') ORDER BY name, id LIMIT 5",
    ] {
        let plan = conn
            .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
            .unwrap()
            .query_map((), |row| row.get::<_, String>(3))
            .unwrap()
            .collect::<rusqlite::Result<Vec<_>>>()
            .unwrap();
        let sorts = plan.iter().any(|line| line.contains("TEMP B-TREE"));
        let scans = plan.iter().any(|line| {
            line.starts_with("SCAN")
                && !line.contains("VIRTUAL TABLE")
                && !line.contains("INDEX saga_due")
                && !line.contains("INDEX inbox_unanswered")
        });
        assert!(
            !scans && (!sorts || sql.contains("SELECT * FROM")),
            "{sql}: {plan:#?}"
        );
    }
}
