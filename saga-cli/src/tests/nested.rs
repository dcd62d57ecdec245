//! Sagas that are steps of others: their steps are named by path.

use super::{
    common::{Trouble, Vendors},
    failure, json,
    recorded::Recorded,
    text,
};
use insta::assert_snapshot;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use typed_saga::{
    Verdict,
    engine::{Engine, Memory},
    saga,
};

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(1m)]
    durable saga Wrap(paper: u32) with (vendors: Vendors) -> Result<u32, Trouble> {
        #[idempotent] #[retry(2, 1h..1h, jitter = false)]
        step cut(vendors, paper, key) -> u32 { vendors.call("+cut", key).await.map(|()| *paper) }
            #[retry(2, 20ms..20ms, jitter = false)]
            compensate(vendors, key) { vendors.call("-cut", key).await }

        #[late(0s)] #[retry(1)]
        step bow(vendors, cut, key) -> u32 { vendors.call("+bow", key).await.map(|()| *cut) }
            #[retry(2, 20ms..20ms, jitter = false)]
            resolve(vendors, key) { vendors.call("?bow", key).await.map(|()| None) }
            compensate(vendors, bow, key) { let _ = bow; vendors.call("-bow", key).await }

        bow + cut
    }

    #[classify(Trouble::verdict)]
    #[timeout(1m)]
    durable saga Gift(count: u32) with (vendors: Vendors) -> Result<u32, Trouble> {
        #[idempotent]
        step record(vendors, key) -> u32 { vendors.call("+record", key).await.map(|()| 1) }
            #[retry(2, 20ms..20ms, jitter = false)]
            compensate(vendors, record, key) { let _ = record; vendors.call("-record", key).await }

        #[idempotent(by = record)]
        step lines(vendors, record, count, key) -> u32 {
            let _ = record;
            vendors.call("+lines", key).await.map(|()| *count)
        }
            compensate with record

        step wrapped(lines) -> u32 = saga Wrap { paper: *lines } with (vendors);

        #[retry(1)]
        step bill(vendors, lines, key) -> u32 { vendors.call("+bill", key).await.map(|()| *lines) }
            #[retry(2, 20ms..20ms, jitter = false)] #[by_key]
            compensate(vendors, key) { vendors.call("-bill", key).await }

        wrapped + bill + record
    }
}

/// Sagas of all kinds that people look at: one is wrapping, one waits, one is in doubt, one stands,
/// one is half done.
async fn gifts() -> Recorded {
    let (memory, vendors) = (Memory::new(), Vendors::default());
    let services = GiftServices {
        vendors: vendors.clone(),
    };
    let builder = Engine::builder(memory.clone()).register::<Gift>(services);
    let engine = builder.start().await.unwrap();
    let begin = Instant::now();
    let gift = async |id: &str| {
        engine.submit(id, Gift { count: 3 }).await.unwrap();
        sleep(Duration::from_secs(10)).await;
    };
    vendors.fail("+bow", 1, Verdict::Unknown, "no answer");
    vendors.fail("?bow", 2, Verdict::Transient, "busy");
    gift("doubt").await;
    vendors.fail("+bill", 1, Verdict::Refused, "no money");
    vendors.fail("-cut", 2, Verdict::Transient, "no scissors");
    gift("stands").await;
    vendors.fail("+bill", 1, Verdict::Partial, "half a bill");
    vendors.fail("-bill", 2, Verdict::Transient, "busy");
    gift("half").await;
    vendors.fail("+cut", 1, Verdict::Transient, "no paper");
    gift("waits").await;
    vendors.fail("+bill", 1, Verdict::Refused, "no money");
    vendors.silent("-record", true);
    gift("undoes").await;
    vendors.silent("+bow", true);
    gift("runs").await;
    Recorded::of(&memory, begin.elapsed()).await
}

#[tokio::test(start_paused = true)]
async fn where_they_are() {
    let gifts = gifts().await;
    let mut all = vec![format!("$ saga list\n{}", text(&gifts, "list").await)];
    for line in [
        "why doubt",
        "why stands",
        "why half",
        "why waits",
        "why runs",
        "why undoes",
    ] {
        all.push(format!("$ saga {line}\n{}", text(&gifts, line).await));
    }
    for line in ["show stands", "show half"] {
        let shown = text(&gifts, line).await;
        let (_, steps) = shown.split_once("\nsteps\n").unwrap();
        let (steps, _) = steps.split_once("\nhistory\n").unwrap();
        all.push(format!("$ saga {line}\n…\n{steps}…\n"));
    }
    assert_snapshot!(all.join("\n"));
    let shown: serde_json::Value = serde_json::from_str(&json(&gifts, "show half").await).unwrap();
    let steps = shown["steps"].as_array().unwrap();
    let phase = |path: &str| {
        let step = steps.iter().find(|step| step["step"] == path).unwrap();
        step["phase"].clone()
    };
    assert_eq!(phase("wrapped/cut"), "undone");
    assert_eq!(phase("bill"), "half_done");
}

#[tokio::test(start_paused = true)]
async fn what_would_follow() {
    let gifts = gifts().await;
    let mut all = Vec::new();
    for line in [
        "resume stands",
        "resume doubt",
        "settle stands wrapped/cut --undone --why x",
        "settle doubt wrapped/bow --applied 7 --why x",
        "settle doubt wrapped/bow --not-applied --why x",
        "settle waits wrapped/cut --undone --why x",
        "cancel waits",
        "cancel runs",
        "resume --step wrapped",
        "resume --step wrapped/bow",
        "resume --state still-applied --step wrapped/cut",
    ] {
        let dry = format!("{line} --dry-run");
        let shown = match line {
            "settle waits wrapped/cut --undone --why x" => failure(&gifts, &dry).await.0 + "\n",
            _ => text(&gifts, &dry).await,
        };
        all.push(format!("$ saga {dry}\n{shown}"));
    }
    assert_snapshot!(all.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_step_to_settle() {
    let gifts = gifts().await;
    for (step, why) in [
        (
            "wrapped",
            "Gift/doubt: `wrapped` consists of steps, and only those are settled: `wrapped/cut`, \
             `wrapped/bow`",
        ),
        (
            "wraped/bow",
            "Gift/doubt has no step `wraped/bow`; did you mean `wrapped/bow`, `wrapped`, \
             `wrapped/cut`?",
        ),
        (
            "wrapped/bwo",
            "Gift/doubt has no step `wrapped/bwo`; did you mean `wrapped/bow`, `wrapped`, \
             `wrapped/cut`?",
        ),
        (
            "record/bow",
            "Gift/doubt has no step `record/bow`; did you mean `record`?",
        ),
    ] {
        let line = format!("settle doubt {step} --undone --yes --why x");
        assert_eq!(failure(&gifts, &line).await, (why.to_owned(), 3));
    }
}

#[tokio::test(start_paused = true)]
async fn a_saga_that_is_a_step_has_a_picture_of_its_own() {
    let journal = gifts().await;
    let drawn = text(&journal, "diagram Gift --step wrapped").await;
    assert_eq!(drawn, Wrap::DEFINITION.to_svg());
    for (path, why) in [
        ("ribbon", "Gift has no step `ribbon`"),
        ("bill", "`bill` of Gift is not a saga"),
        ("wrapped/glue", "Wrap has no step `glue`"),
    ] {
        let (text, code) = failure(&journal, &format!("diagram Gift --step {path}")).await;
        assert_eq!(code, 3);
        assert!(text.contains(why), "{text}");
    }
}
