//! Requests and releases of one key that are under way at the same time. `SAGA_EXHAUSTIVE=1` plays
//! 10,000 rounds.

use crate::races::{client, parted, waits};
use saga_postgres_server::Server;
use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::task::JoinSet;
use typed_saga_engine::{
    Change, Claim, Commit, Epoch, Hold, LockChange, LockFilter, LockKey, LockRow, LockState,
    NewSaga, ReadStore, SagaId, State, Store, Time, Turn, Worker,
};
use typed_saga_postgres::Postgres;

/// A worker on a connection of its own.
pub(crate) struct At {
    pub(crate) store: Postgres,
    pub(crate) epoch: Epoch,
}

impl At {
    pub(crate) async fn open(url: &str) -> Arc<Self> {
        let store = Postgres::connect(url, "test").await.unwrap();
        let worker = Worker {
            name: "a test".into(),
            lease: Duration::from_secs(3600),
            runs: vec![("trip".into(), 1)],
            after: None,
        };
        let epoch = store.open(worker).await.unwrap().epoch;
        Arc::new(Self { store, epoch })
    }

    pub(crate) async fn begin(&self, id: &str) -> SagaId {
        let saga = SagaId::new("trip", id);
        let new = NewSaga {
            saga: saga.clone(),
            input: "{}".into(),
            fingerprint: 1,
            due: None,
            life: None,
        };
        let created = self
            .store
            .create(Some((self.epoch, Turn(1))), new, Some(commit(0)));
        created.await.unwrap();
        saga
    }

    /// Commits a change of locks, and answers a message.
    pub(crate) async fn lock(&self, saga: &SagaId, seq: u64, change: LockChange, answers: &[u64]) {
        let ends = change == LockChange::Release;
        let change = Change {
            state: if ends {
                State::Completed
            } else {
                State::Running
            },
            claim: if ends { Claim::Rest } else { Claim::Keep },
            fingerprint: None,
            events: Vec::new(),
            delivers: false,
            locks: vec![change],
        };
        let answers = answers.iter().map(|number| (*number, String::new()));
        let append = self.store.append(
            self.epoch,
            Hold::new(saga.clone(), Turn(1)),
            commit(seq),
            Some(change),
            answers.collect(),
        );
        append.await.unwrap();
    }

    pub(crate) async fn rows(&self) -> Vec<LockRow> {
        self.store.locks(LockFilter::default()).await.unwrap()
    }

    pub(crate) async fn states(&self) -> Vec<(String, LockState)> {
        let rows = self.rows().await.into_iter();
        rows.map(|row| (row.saga.id.to_string(), row.state))
            .collect()
    }
}

fn commit(seq: u64) -> Commit {
    Commit {
        seq,
        at: Time(1),
        records: "[]".into(),
    }
}

pub(crate) fn request(keys: &[u64]) -> LockChange {
    let key = |key: &u64| LockKey {
        name: "order".into(),
        key: key.to_string().into(),
    };
    LockChange::Request(keys.iter().map(key).collect())
}

/// The sagas that wait, though they are the first in line for each key that they wait for.
pub(crate) fn forgotten(rows: &[LockRow]) -> Vec<&SagaId> {
    let mut first = BTreeMap::new();
    for row in rows {
        first.entry(&row.key).or_insert(&row.saga);
    }
    let waits: BTreeSet<_> = rows
        .iter()
        .filter(|row| row.state == LockState::Waiting)
        .map(|row| (&row.saga.id, &row.saga))
        .collect();
    let waits = waits.into_iter().map(|(_, saga)| saga);
    let is_first = |saga: &&SagaId| {
        let own = rows.iter().filter(|row| row.saga == **saga);
        own.into_iter().all(|row| first[&row.key] == *saga)
    };
    waits.filter(is_first).collect()
}

/// Changes queues as the first design had it: the advisory lock of a key is taken by the very statement
/// that changes the queue, which sees what was committed before it began to wait.
const INSIDE: &str = "
CREATE OR REPLACE FUNCTION saga.enter_queues(of_sagas TEXT[], of_ids TEXT[], places BIGINT[], hows TEXT[], of_names TEXT[], of_keys TEXT[])
RETURNS BOOLEAN LANGUAGE sql AS 'SELECT TRUE';

CREATE OR REPLACE FUNCTION saga.change_queue(who BIGINT, now BIGINT, how TEXT, of_name TEXT, of_key TEXT)
RETURNS BOOLEAN LANGUAGE plpgsql SET search_path = saga AS $$
BEGIN
    IF how = 'request' THEN
        INSERT INTO lock (name, key, saga, since, first)
        SELECT of_name, of_key, who, now,
               CASE WHEN NOT EXISTS (SELECT FROM lock AS l WHERE l.name = of_name AND l.key = of_key) THEN now END
        FROM (SELECT pg_advisory_xact_lock(hashtext(of_key)) OFFSET 0) AS alone
        ON CONFLICT DO NOTHING;
    ELSIF how = 'taken' THEN
        UPDATE lock AS l SET taken = TRUE WHERE l.saga = who AND l.first IS NOT NULL AND NOT l.taken;
    ELSE
        WITH alone AS MATERIALIZED (
            SELECT l.place, pg_advisory_xact_lock(hashtext(l.key)) FROM lock AS l WHERE l.saga = who),
        gone AS (
            DELETE FROM lock AS l USING alone WHERE l.place = alone.place RETURNING l.name, l.key)
        UPDATE lock AS l SET first = now FROM gone
        WHERE l.first IS NULL AND l.place = (
            SELECT next.place FROM lock AS next
            WHERE next.name = gone.name AND next.key = gone.key AND next.saga <> who
            ORDER BY next.place LIMIT 1);
    END IF;
    PERFORM FROM inbox WHERE text = 'gate' FOR UPDATE;
    RETURN TRUE;
END $$";

/// `first` is under way, and waits for a row of another client, when `second` begins; says who has the
/// key in the end.
async fn beside(
    server: &Server,
    first: &'static str,
    inside: bool,
) -> (Vec<(String, LockState)>, Arc<At>) {
    let url = server.database();
    let (one, two) = (At::open(&url).await, At::open(&url).await);
    let mut other = client(&url).await;
    if inside {
        other.batch_execute(INSIDE).await.unwrap();
    }
    let (holder, waiter) = (one.begin("holder").await, two.begin("waiter").await);
    one.lock(&holder, 1, request(&[7]), &[]).await;
    let asked = one.store.send(holder.clone(), "{}".into(), Time(1)).await;
    let asked = asked.unwrap();
    let gate = one.store.send(waiter.clone(), "gate".into(), Time(1)).await;
    gate.unwrap();
    let transaction = other.transaction().await.unwrap();
    // The message is locked before the queues are changed, so inside of that something else is waited for.
    let row = if inside {
        "SELECT FROM saga.inbox WHERE text = 'gate' FOR UPDATE"
    } else {
        "SELECT FROM saga.inbox WHERE text = '{}' FOR UPDATE"
    };
    transaction.execute(row, &[]).await.unwrap();
    let releases = |answers: &'static [u64]| {
        let (one, holder) = (Arc::clone(&one), holder.clone());
        async move { one.lock(&holder, 2, LockChange::Release, answers).await }
    };
    let requests = |answers: &'static [u64]| {
        let (two, waiter) = (Arc::clone(&two), waiter.clone());
        async move { two.lock(&waiter, 1, request(&[7]), answers).await }
    };
    let answers: &'static [u64] = vec![asked].leak();
    let (begun, beside) = if first == "release" {
        let begun = tokio::spawn(releases(answers));
        waits(&url, 1).await;
        (begun, tokio::spawn(requests(&[])))
    } else {
        let begun = tokio::spawn(requests(answers));
        waits(&url, 1).await;
        (begun, tokio::spawn(releases(&[])))
    };
    waits(&url, 2).await;
    transaction.rollback().await.unwrap();
    begun.await.unwrap();
    beside.await.unwrap();
    (one.states().await, one)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_beside_a_release_has_the_key() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    for first in ["release", "request"] {
        let (states, _) = beside(&server, first, false).await;
        let granted = [("waiter".to_owned(), LockState::Granted)];
        assert_eq!(states, granted, "the {first} is under way");
        let (states, one) = beside(&server, first, true).await;
        let missed = [("waiter".to_owned(), LockState::Waiting)];
        assert_eq!(states, missed, "inside a statement a lock comes too late");
        assert_eq!(forgotten(&one.rows().await).len(), 1);
    }
}

/// Two workers request and release, each one or two of three keys at a time; says how many rounds it took
/// until one of them was forgotten.
async fn rounds(server: &Server, many: u64) -> Option<u64> {
    let url = server.database();
    let workers = [At::open(&url).await, At::open(&url).await];
    let stop = Arc::new(AtomicBool::new(false));
    let mut tasks = Vec::new();
    for (index, at) in (0..).zip(workers) {
        let stop = Arc::clone(&stop);
        tasks.push(tokio::spawn(async move {
            let keys = [[0, 1], [1, 2], [2, 0], [1, 1]];
            for round in 0..many {
                let saga = at.begin(&format!("{index}-{round}")).await;
                let keys = keys[usize::try_from((round + index) % 4).unwrap()];
                at.lock(&saga, 1, request(&keys), &[]).await;
                loop {
                    let rows = at.rows().await;
                    if !forgotten(&rows).is_empty() {
                        stop.store(true, SeqCst);
                    }
                    if stop.load(SeqCst) {
                        return round;
                    }
                    let own = rows.iter().find(|row| row.saga == saga);
                    if own.unwrap().state == LockState::Granted {
                        break;
                    }
                    tokio::task::yield_now().await;
                }
                at.lock(&saga, 2, LockChange::Release, &[]).await;
            }
            many
        }));
    }
    let mut least = many;
    for task in tasks {
        least = least.min(task.await.unwrap());
    }
    stop.load(SeqCst).then_some(least)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_misses_a_release() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    let many = if env::var_os("SAGA_EXHAUSTIVE").is_some() {
        10_000
    } else {
        500
    };
    assert_eq!(rounds(&server, many).await, None);
}

/// So many that each had a lock of the server's would need more memory for locks than that has.
#[tokio::test]
async fn a_saga_may_have_a_thousand_keys_and_so_may_those_beside_it() {
    let Some(server) = Server::start(&["fsync=off", "max_connections=12"]) else {
        return;
    };
    let at = At::open(&server.database()).await;
    let mut tasks = Vec::new();
    for number in 0..20 {
        let saga = at.begin(&number.to_string()).await;
        let at = Arc::clone(&at);
        tasks.push(tokio::spawn(async move {
            let keys: Vec<u64> = (number * 1000..(number + 1) * 1000).collect();
            at.lock(&saga, 1, request(&keys), &[]).await;
            at.lock(&saga, 2, LockChange::Release, &[]).await;
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(at.rows().await, []);
}

/// Each row of a batch is of one transaction.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_is_limited_by_its_keys() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    let at = At::open(&server.database()).await;
    let mut tasks = JoinSet::new();
    for number in 0..40 {
        let saga = at.begin(&number.to_string()).await;
        let at = Arc::clone(&at);
        tasks.spawn(async move {
            let keys: Vec<u64> = (number * 500..(number + 1) * 500).collect();
            at.lock(&saga, 1, request(&keys), &[]).await;
        });
    }
    tasks.join_all().await;
    let sql = "SELECT sum(keys), max(keys) <= 4096 FROM (SELECT count(*) AS keys FROM saga.lock GROUP BY xmin::text) AS batch";
    assert_eq!(server.sql("d0", sql), "20000|t");
}

/// However many wait for a key, or have one: a release and a claim look at few of them.
#[tokio::test]
async fn a_release_looks_at_whoever_is_next() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    let at = At::open(&server.database()).await;
    let holder = at.begin("holder").await;
    at.lock(&holder, 1, request(&[7]), &[]).await;
    at.lock(&holder, 2, LockChange::Taken, &[]).await;
    server.sql(
        "d0",
        "INSERT INTO saga.saga (name, id, fingerprint, input, created, changed)
         SELECT 'trip', n, '0000000000000001', '{}', 1, 1 FROM generate_series(1, 20000) AS n;
         INSERT INTO saga.lock (name, key, saga, since) SELECT 'order', '7', number, 1 FROM saga.saga WHERE id <> 'holder';
         INSERT INTO saga.lock (name, key, saga, since, first, taken)
         SELECT 'order', 'of ' || number, number, 1, 1, TRUE FROM saga.saga WHERE id <> 'holder';
         ANALYZE saga.saga; ANALYZE saga.lock",
    );
    at.lock(&holder, 3, LockChange::Release, &[]).await;
    for _ in 0..8 {
        at.store.next_due(at.epoch).await.unwrap();
    }
    let claimed = at.store.claim(at.epoch, Turn(1), 1).await.unwrap();
    assert_eq!(claimed.len(), 1, "the key is passed on");
    // What a connection has read is told when it ends.
    at.store.close(at.epoch).await.unwrap();
    drop(at);
    parted(&server, "d0").await;
    server.sql("d0", "SELECT pg_stat_force_next_flush()");
    let read = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_user_tables WHERE schemaname = 'saga' AND relname = 'lock'";
    let read: u64 = server.sql("d0", read).parse().unwrap();
    assert!((1..2000).contains(&read), "{read} rows were read");
}
