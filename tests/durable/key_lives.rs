//! One life, one set of keys: on two stores, after a purge, after a loss, in a copy.

use crate::durable::world::Trouble;
use rusqlite::Connection;
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};
use tempfile::TempDir;
use typed_saga::{
    Key, Verdict,
    engine::{Engine, Filter, SagaId, Time, for_stores::Life},
    runtime::Operation,
    saga,
    sqlite::Options,
};

/// A bank that remembers keys for ever: it charges once for each.
#[derive(Clone, Debug, Default)]
struct Bank(Arc<Mutex<BTreeMap<String, u32>>>);

impl Bank {
    fn call(&self, key: &Key) -> Result<(), Trouble> {
        *self.0.lock().unwrap().entry(key.to_string()).or_default() += 1;
        Ok(())
    }

    fn keys(&self) -> Vec<String> {
        self.0.lock().unwrap().keys().cloned().collect()
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Inner() with (bank: Bank) -> Result<(), Trouble> {
        #[idempotent]
        step inside(bank, key) { bank.call(key) }
            compensate(bank, undo_key) { bank.call(undo_key) }
    }

    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Pay(fails: bool) with (bank: Bank) -> Result<(), Trouble> emit u32 {
        #[idempotent]
        step paid(bank, key, ctx) { bank.call(key)?; bank.call(&ctx.key_for("again")) }
            compensate(bank, undo_key, ctx) {
                bank.call(undo_key)?;
                bank.call(&ctx.undo_key_for("again"))
            }

        for _line: u32 in (=> vec![1, 2])
        step packed() -> () = saga Inner {} with (bank);

        #[idempotent(by = fails)]
        step sent(fails) {
            if *fails {
                return Err(Trouble(Verdict::Refused, "no".into()));
            }
            Ok(())
        }
            compensate none

        emit(=> [7]);
        emit failed(=> [8]);
        publish(bank, event, key) { let _ = event; bank.call(key) }

        let _ = (paid, packed, sent);
    }
}

async fn engine(path: &Path, options: Options, bank: &Bank) -> Engine {
    let store = options.open(path).unwrap();
    let bank = bank.clone();
    let builder = Engine::builder(store).register::<Pay>(PayServices { bank });
    builder.start().await.unwrap()
}

/// Runs the saga `order-1`, and returns its life.
async fn pays(engine: &Engine, fails: bool) -> Life {
    let handle = engine.submit("order-1", Pay { fails }).await.unwrap();
    drop(handle.finished().await.unwrap());
    engine
        .status(&SagaId::new("Pay", "order-1"))
        .await
        .unwrap()
        .row
        .life
        .unwrap()
}

async fn end(engine: Engine) {
    engine.shutdown(Duration::from_secs(60)).await;
}

fn sql(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

/// How many of the keys that the second run has sent are none of the first run's, and how many there are.
async fn compared(first: &Path, then: impl AsyncFnOnce(Engine, &Bank) -> Engine) -> (usize, usize) {
    let (one, other) = (Bank::default(), Bank::default());
    let engine = engine(first, Options::new(), &one).await;
    pays(&engine, true).await;
    let engine = then(engine, &other).await;
    pays(&engine, true).await;
    end(engine).await;
    let (before, after) = (one.keys(), other.keys());
    assert_eq!(before.len(), after.len());
    let new = after.iter().filter(|key| !before.contains(key)).count();
    (new, after.len())
}

const ALL: usize = 9;

#[tokio::test]
async fn an_id_in_two_files_is_two_sagas() {
    let dir = TempDir::new().unwrap();
    let [one, two] = ["1.db", "2.db"].map(|name| dir.path().join(name));
    let keys = compared(&one, async |engine, bank| {
        end(engine).await;
        self::engine(&two, Options::new(), bank).await
    });
    assert_eq!(keys.await, (ALL, ALL));
}

#[tokio::test]
async fn an_id_that_was_purged_is_that_of_another_saga() {
    // By the engine that goes on, which knows the life of before, and by the one after it.
    for restarts in [false, true] {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("1.db");
        let bank = Bank::default();
        let mut engine = engine(&path, Options::new(), &bank).await;
        let first = pays(&engine, true).await;
        let purged = engine.purge(Filter::default(), Time(i64::MAX)).await;
        assert_eq!(purged.unwrap(), 1);
        if restarts {
            end(engine).await;
            engine = self::engine(&path, Options::new(), &bank).await;
        }
        assert_eq!(pays(&engine, true).await, first.next());
        assert_eq!(bank.keys().len(), 2 * ALL);
        end(engine).await;
    }
}

#[tokio::test]
async fn what_a_store_has_lost_has_its_old_keys() {
    let dir = TempDir::new().unwrap();
    let [one, two, three] = ["1.db", "2.db", "3.db"].map(|name| dir.path().join(name));
    // As by a failover.
    let keys = compared(&one, async |engine, bank| {
        end(engine).await;
        sql(
            &one,
            "DELETE FROM journal; DELETE FROM outbox; DELETE FROM saga",
        );
        self::engine(&one, Options::new(), bank).await
    });
    assert_eq!(keys.await, (0, ALL));
    // The whole file, whose life somebody knows.
    let keys = compared(&two, async |engine, bank| {
        let life = pays(&engine, true).await;
        end(engine).await;
        self::engine(&three, Options::new().life(life), bank).await
    });
    assert_eq!(keys.await, (0, ALL));
}

#[tokio::test]
async fn a_copy_beside_its_original_has_other_keys_once_it_has_a_life_of_its_own() {
    for (renewed, new) in [(false, 0), (true, ALL)] {
        let dir = TempDir::new().unwrap();
        let [one, two] = ["1.db", "2.db"].map(|name| dir.path().join(name));
        let (original, copied) = (Bank::default(), Bank::default());
        let engine = engine(&one, Options::new(), &original).await;
        sql(&one, &format!("VACUUM INTO '{}'", two.display()));
        if renewed {
            sql(
                &two,
                "UPDATE store SET life = lower(hex(randomblob(8))) || '.0'",
            );
        }
        let copy = self::engine(&two, Options::new(), &copied).await;
        pays(&engine, true).await;
        pays(&copy, true).await;
        let keys = original.keys();
        let others = copied
            .keys()
            .iter()
            .filter(|key| !keys.contains(key))
            .count();
        assert_eq!((others, keys.len()), (new, ALL), "{renewed}");
        end(engine).await;
        end(copy).await;
    }
}

#[tokio::test]
async fn keys_are_found_from_outside_by_the_life_of_the_saga() {
    let dir = TempDir::new().unwrap();
    let bank = Bank::default();
    let engine = engine(&dir.path().join("1.db"), Options::new(), &bank).await;
    let life = pays(&engine, true).await;
    end(engine).await;
    let read: Life = life.to_string().parse().unwrap();
    let at = |path: &str| {
        Operation::at("Pay", "order-1", path, 0)
            .unwrap()
            .in_life(&read)
    };
    let paid = at("paid");
    let mut expected = vec![
        paid.key(),
        paid.undo_key(),
        paid.key_for("again"),
        paid.undo_key_for("again"),
    ];
    for item in ["packed[0]/inside", "packed[1]/inside"] {
        expected.extend([at(item).key(), at(item).undo_key()]);
    }
    let keys = bank.keys();
    assert!(keys.iter().all(|key| key.starts_with("s2")), "{keys:?}");
    for key in expected {
        assert!(keys.contains(&key.to_string()), "{key}");
    }
}
