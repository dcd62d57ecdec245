//! What is said of a file that is damaged as a whole, or has the log of another one beside it.

use crate::{Site, common::trip};
use rusqlite::Connection;
use std::fs;

/// A file with sagas that have ended, which nobody has open.
async fn closed() -> Site {
    let site = Site::new();
    let engine = site.engine().await;
    for number in 0..50 {
        let handle = engine.submit(format!("trip-{number}"), trip()).await;
        drop(handle.unwrap().outcome().await.unwrap());
    }
    site.stop(engine).await;
    site
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_anywhere_in_a_file_is_found() {
    let site = closed().await;
    let whole = site.saga("check");
    assert_eq!(
        (whole.out.as_str(), whole.code),
        ("done: the file is whole\n", 0)
    );
    let page: u32 = Connection::open(site.journal())
        .unwrap()
        .query_row(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'saga_rest'",
            (),
            |row| row.get(0),
        )
        .unwrap();
    let mut file = fs::read(site.journal()).unwrap();
    // An index without entries: no table is damaged, and sagas can be listed by name.
    let page = usize::try_from(page - 1).unwrap() * 4096;
    file[page + 3..][..2].fill(0);
    fs::write(site.journal(), file).unwrap();
    let damaged = site.saga("check");
    assert_eq!(damaged.code, 1, "{damaged:?}");
    let says = "damaged: restore a backup\n\n";
    assert!(damaged.out.starts_with(says), "{damaged:?}");
    assert!(damaged.out.contains("saga_rest"), "{damaged:?}");
    let (json, code) = site.json("check");
    let damage = json["damage"].as_array().unwrap();
    assert!(!damage.is_empty() && code == 1, "{json}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_beside_the_log_of_another_file_is_left_as_it_is() {
    let site = closed().await;
    let backup = site.file("backup.db");
    let (journal, to) = (site.journal(), backup.to_str().unwrap());
    let engine = site.engine().await;
    let conn = Connection::open(&journal).unwrap();
    conn.execute("VACUUM INTO ?1", [to]).unwrap();
    let handle = engine.submit("trip-50", trip()).await.unwrap();
    drop(handle.outcome().await.unwrap());
    let log = fs::read(site.file("trips.db-wal")).unwrap();
    drop(handle);
    drop(conn);
    site.stop(engine).await;

    // As if the engine had been killed, and the backup was restored.
    let stamp = fs::read(site.file("trips.db-stamp")).unwrap();
    assert!(!stamp.is_empty());
    fs::copy(&backup, &journal).unwrap();
    fs::write(site.file("trips.db-wal"), log).unwrap();
    let before = fs::read(&journal).unwrap();
    for line in ["list", "check", "purge --older-than 0s --yes"] {
        let said = site.saga(line);
        assert_eq!(said.code, 1, "{line}: {said:?}");
        let advice = format!("remove `{}-wal` and ", journal.display());
        assert!(said.err.contains(&advice), "{line}: {said:?}");
    }
    assert_eq!(fs::read(&journal).unwrap(), before);
    fs::remove_file(site.file("trips.db-wal")).unwrap();
    let (list, code) = site.json("list");
    assert_eq!(list["sagas"].as_array().unwrap().len(), 50, "{list}");
    assert_eq!(code, 0);
    assert_eq!(site.saga("check").code, 0);
}
