//! A journal in a database is looked at, and acted on, as one in a file.

use crate::{
    Site,
    common::{BookTrip, Trouble, Vendors, trip},
};
use saga_postgres_server::Server;
use std::time::Duration;
use typed_saga::{
    Verdict,
    engine::{DurableOutcome, Engine, SagaId, State},
    saga,
};

saga! {
    /// Sells something, once somebody has said for how much, and tells others, by a relay.
    #[classify(Trouble::verdict)]
    #[timeout(1m)]
    durable saga Sell(item: String) with (vendors: Vendors) -> Result<u32, Trouble> emit String {
        #[timeout(1h)]
        signal agreed -> u32;

        #[idempotent]
        step sold(vendors, agreed, key) -> u32 {
            vendors.call("+sell", key).await.map(|()| *agreed)
        }
            compensate none;

        emit(item, sold => [format!("{item}: {sold}"), "thanks".to_owned()]);

        sold
    }
}

async fn parks(engine: &Engine, id: &str) {
    let handle = engine.submit(id, trip()).await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert!(matches!(outcome, DurableOutcome::Parked(_)), "{outcome:?}");
}

/// Waits until the sagas have come to rest that were taken up.
async fn rests(engine: &Engine, id: &str) {
    let handle = engine.handle::<BookTrip>(id).await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Compensated(_)),
        "{outcome:?}"
    );
}

/// What the program says of the same sagas, and how they go on as it is asked.
async fn all_that_is_said(site: &Site) -> Vec<String> {
    let vendors = site.vendors.clone();
    let services = SellServices { vendors };
    let builder = site.builder().await.name("orders-1");
    let engine = builder.register::<Sell>(services).start().await.unwrap();
    let mut said = Vec::new();
    let mut says = |line: &str, code: i32| {
        let it = site.saga(line);
        assert_eq!(it.code, code, "{line}: {it:?}");
        said.push(masked(&format!("{line}: {}{}", it.out, it.err)));
    };
    says("list", 0);
    says("stats", 0);

    let completed = engine.submit("trip-1", trip()).await.unwrap();
    drop(completed.outcome().await.unwrap());
    let vendors = &site.vendors;
    vendors.fail("+charge", 1, Verdict::Refused, "card declined");
    vendors.fail("-hotel", 2, Verdict::Transient, "no line");
    parks(&engine, "trip-42").await;
    vendors.fail("+car", 1, Verdict::Unknown, "connection lost");
    vendors.fail("?car", 2, Verdict::Transient, "busy");
    parks(&engine, "trip-43").await;
    let item = "a lamp".to_owned();
    let sale = engine.submit("sale-1", Sell { item }).await.unwrap();
    waits(&engine, &SagaId::new("Sell", "sale-1")).await;

    let looks = [
        "list",
        "list --json",
        "list --state parked --limit 1",
        "stats",
        "stats --json",
        "show trip-1",
        "show trip-42 --json",
        "show trip-43 --json",
        "why trip-42",
        "why BookTrip/trip-43",
        "why sale-1",
        "outbox",
        "diagram BookTrip --format mermaid",
    ];
    for line in looks {
        says(line, 0);
    }
    says("why trip-24", 3);
    says("resume trip-42 --dry-run", 0);
    says("settle trip-42 hotl --undone --why x --yes", 3);
    says("settle trip-43 car --applied \"7\" --yes --why x", 3);
    says("settle trip-43 car --applied 7 --yes --why phoned", 0);
    says("resume --all --yes --why ready", 0);
    rests(&engine, "trip-42").await;
    rests(&engine, "trip-43").await;

    says("signal sale-1 agreed \"much\" --yes", 3);
    says("signal sale-1 agreed 30 --yes --why phoned", 0);
    assert!(matches!(
        sale.outcome().await.unwrap(),
        DurableOutcome::Completed(30)
    ));
    says("outbox", 0);
    says("outbox --json", 0);
    says("outbox sale-1 --redeliver --yes", 0);
    says("why sale-1", 0);

    vendors.silent("+hotel", true);
    drop(engine.submit("trip-44", trip()).await.unwrap());
    while !site.saga("why trip-44").out.starts_with("runs `hotel`") {}
    says("cancel trip-44 --yes --why never-mind", 0);
    says("why trip-44", 0);
    says("abandon trip-42 --why x --yes", 3);
    for line in looks {
        says(line, 0);
    }
    engine.shutdown(Duration::ZERO).await;
    site.stop(engine).await;
    drop(sale);
    says("purge --older-than 1ms --dry-run", 0);
    says(
        "purge --older-than 1ms --saga BookTrip --state compensated --yes",
        0,
    );
    says("list --json --state completed,compensated", 0);
    says("resume trip-42 --yes", 3);
    said
}

async fn waits(engine: &Engine, saga: &SagaId) {
    while engine.status(saga).await.unwrap().row.state != State::Waiting {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Without times, and how wide columns are that hold them; without the names of engines. A wait that is
/// over at once is in the commit of what follows, so commits are left out, and how many there are.
fn masked(text: &str) -> String {
    let word = |word: &str| {
        let ends = |c: char| !c.is_alphanumeric();
        let bare = word.trim_matches(ends);
        let is_moment = bare.starts_with("20") && bare.ends_with('Z') && bare.contains('T');
        let is_moment = is_moment || bare.len() == 13 && bare.parse::<u64>().is_ok();
        let unit = bare.trim_start_matches(|c: char| c.is_ascii_digit());
        let is_age = unit.len() < bare.len() && ["ms", "s", "m", "h"].contains(&unit);
        if is_moment || is_age {
            word.replace(bare, if is_age { "AGE" } else { "TIME" })
        } else {
            word.to_owned()
        }
    };
    let differs = ["\"commit\":", "\"commits\":", "\"process ", "\"orders-1\""];
    let lines = text
        .lines()
        .filter(|line| !differs.iter().any(|it| line.contains(it)));
    let lines = lines.map(|line| {
        let mut words: Vec<String> = line.split_whitespace().map(word).collect();
        // Some ages are two words.
        words.dedup();
        words.join(" ") + "\n"
    });
    lines.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_as_good_as_a_file() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    let of_file = all_that_is_said(&Site::new()).await;
    let of_database = all_that_is_said(&Site::on(&server)).await;
    assert_eq!(of_file.len(), of_database.len());
    for (file, database) in of_file.iter().zip(&of_database) {
        assert_eq!(file, database);
    }
}
