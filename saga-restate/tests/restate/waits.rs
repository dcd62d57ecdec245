//! Sagas that wait: for a time, for a signal, for a person.

use crate::{
    server::http,
    world::{Trouble, World, client, flow, server, service, until},
};
use std::time::{Duration, Instant};
use tokio::time::sleep;
use typed_saga::{
    Verdict,
    engine::{Action, Attribution, Settled, State},
    saga,
};
use typed_saga_restate::{Client, Ended, Reply};

saga! {
    /// Waits for somebody and for a time, and has sagas as steps, loops and a block.
    #[classify(Trouble::verdict)]
    #[timeout(3s)]
    #[retry(1, 10ms..10ms)]
    durable saga Order(night: Duration, lines: Vec<u32>)
    with (world: World)
    -> Result<u32, Trouble>
    {
        #[idempotent]
        step hold(world, key) -> u32 { world.call("+hold", key).await }
            #[retry(1, 10ms..10ms)]
            compensate(world, hold, key) { let _ = hold; world.call("-hold", key).await.map(drop) }

        concurrent {
            #[timeout(20s)]
            signal approved -> u32;

            sleep dawn(night => *night);
        }

        step wrapped() -> u32 = saga Wrap { } with (world);

        #[concurrent(2)] #[idempotent]
        for line: u32 in (lines => lines.clone())
        step packed(world, line, key) -> u32 { let _ = line; world.call("+line", key).await }
            compensate(world, packed, key) {
                let _ = packed;
                world.call("-line", key).await.map(drop)
            }

        #[idempotent]
        pivot pay(world, approved, key) -> u32 { world.call("+pay", key).await.map(|_| *approved) }

        pay + hold + wrapped + packed.iter().sum::<u32>()
    }
}

saga! {
    /// A step of that.
    #[classify(Trouble::verdict)]
    #[timeout(3s)]
    durable saga Wrap() with (world: World) -> Result<u32, Trouble> {
        #[idempotent]
        step paper(world, key) -> u32 { world.call("+paper", key).await }
            compensate(world, paper, key) {
                let _ = paper;
                world.call("-paper", key).await.map(drop)
            }

        paper
    }
}

fn order(night: Duration) -> Order {
    let lines = vec![1, 2, 3];
    Order { night, lines }
}

/// Waits until the saga is in this state.
async fn comes_to(client: &Client, id: &str, state: State) {
    for _ in 0..1000 {
        let status = client.status::<Order>(id).await.unwrap();
        if status.state == state && !status.history.is_empty() {
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("it is not {state}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saga_waits_for_a_signal_and_for_a_time() {
    let Some(server) = server().await else { return };
    let (world, client) = (World::default(), client(&server));
    let services = OrderServices {
        world: world.clone(),
    };
    let _service = service(&server, flow::<Order>(services), None).await;
    let begun = Instant::now();
    // Longer than it takes to send three signals, on a busy machine, too.
    let night = Duration::from_secs(8);
    client.submit("w", &order(night)).await.unwrap();
    comes_to(&client, "w", State::Waiting).await;
    let status = client.status::<Order>("w").await.unwrap();
    assert!(status.why.contains("`approved`"), "{}", status.why);
    let send = |value| client.signal::<Order>("w", OrderSignal::Approved(value));
    assert_eq!(send(7).await.unwrap(), Reply::Done);
    assert_eq!(send(8).await.unwrap(), Reply::Duplicate { same: false });
    assert_eq!(send(7).await.unwrap(), Reply::Duplicate { same: true });
    let ended = client.attach::<Order>("w").await.unwrap();
    assert_eq!(ended, Ended::Completed(12));
    assert!(begun.elapsed() >= night);
    assert_eq!(send(7).await.unwrap(), Reply::NotHeard, "it has ended");
    let calls = world.calls();
    assert_eq!(calls, "+hold +paper +line +line +line +pay");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_ends_a_wait() {
    let Some(server) = server().await else { return };
    let (world, client) = (World::default(), client(&server));
    let services = OrderServices {
        world: world.clone(),
    };
    let _service = service(&server, flow::<Order>(services), None).await;
    client
        .submit("c", &order(Duration::from_secs(600)))
        .await
        .unwrap();
    comes_to(&client, "c", State::Waiting).await;
    let begun = Instant::now();
    client.cancel::<Order>("c").await.unwrap();
    let ended = client.attach::<Order>("c").await.unwrap();
    assert!(matches!(ended, Ended::Compensated { .. }), "{ended:?}");
    assert_eq!(world.calls(), "+hold -hold");
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_reaches_no_invocation_but_that_of_its_saga() {
    let Some(server) = server().await else { return };
    let (world, client) = (World::default(), client(&server));
    let services = OrderServices {
        world: world.clone(),
    };
    let _service = service(&server, flow::<Order>(services), None).await;
    for id in ["mine", "theirs"] {
        let night = Duration::from_secs(600);
        client.submit(id, &order(night)).await.unwrap();
        comes_to(&client, id, State::Waiting).await;
    }
    let theirs = server.query("SELECT id FROM sys_invocation WHERE target = 'Order/theirs/run'");
    let theirs: serde_json::Value = serde_json::from_str(&theirs).unwrap();
    let theirs = theirs["rows"][0]["id"].as_str().expect("it runs");
    let ask = |body: &str| http(server.ingress, "POST", "/Order/mine/ask", body).unwrap();

    let (status, said) = ask(&format!(r#"{{"action":"cancel","invocation":"{theirs}"}}"#));
    assert_eq!(status, 400, "nobody is asked for an invocation: {said}");
    let (status, said) = ask(r#"{"action":"cancel"}"#);
    assert_eq!((status, &*said), (200, r#""done""#));
    let ended = client.attach::<Order>("mine").await.unwrap();
    assert!(matches!(ended, Ended::Compensated { .. }), "{ended:?}");
    assert_eq!(world.calls(), "+hold +hold -hold");
    comes_to(&client, "theirs", State::Waiting).await;

    // One that has ended, and one that has just been submitted.
    let late = client.cancel::<Order>("mine").await.unwrap();
    assert!(matches!(late, Reply::Refused(_)), "{late:?}");
    client.submit("new", &order(Duration::ZERO)).await.unwrap();
    assert_eq!(client.cancel::<Order>("new").await.unwrap(), Reply::Done);
    let ended = client.attach::<Order>("new").await.unwrap();
    assert!(matches!(ended, Ended::Compensated { .. }), "{ended:?}");
    client.cancel::<Order>("theirs").await.unwrap();
    let ended = client.attach::<Order>("theirs").await.unwrap();
    assert!(matches!(ended, Ended::Compensated { .. }), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_saga_is_planned_settled_resumed_or_abandoned() {
    let Some(server) = server().await else { return };
    let (world, client) = (World::default(), client(&server));
    let services = OrderServices {
        world: world.clone(),
    };
    let _service = service(&server, flow::<Order>(services), None).await;
    let who = || Attribution::new("ada", "looked");
    for id in ["settled", "abandoned", "resumed"] {
        client
            .submit(id, &order(Duration::from_secs(600)))
            .await
            .unwrap();
        comes_to(&client, id, State::Waiting).await;
        world.fails("-hold", Trouble(Verdict::Refused, "no".into()));
        client.cancel::<Order>(id).await.unwrap();
        comes_to(&client, id, State::Parked).await;
        // It is too late for another one, which hangs nothing.
        client.cancel::<Order>(id).await.unwrap();
    }
    let plan = client
        .plan::<Order>("settled", Action::Resume)
        .await
        .unwrap();
    let Reply::Plan(plan) = plan else {
        panic!("{plan:?}")
    };
    assert_eq!(plan, "`hold`: compensation\nthen it is compensated");
    let settle = |settled| Action::Settle {
        step: "hold".to_owned(),
        settled,
    };
    let act = |id, action| client.act::<Order>(id, action, who());
    let refused = act("settled", settle(Settled::NotApplied)).await.unwrap();
    assert!(matches!(refused, Reply::Refused(_)), "{refused:?}");
    assert_eq!(
        act("settled", settle(Settled::Undone)).await.unwrap(),
        Reply::Done
    );
    assert_eq!(act("settled", Action::Resume).await.unwrap(), Reply::Done);
    assert_eq!(
        act("abandoned", Action::Abandon).await.unwrap(),
        Reply::Done
    );
    assert_eq!(act("resumed", Action::Resume).await.unwrap(), Reply::Done);
    let ended = |id| client.attach::<Order>(id);
    assert!(matches!(
        ended("settled").await.unwrap(),
        Ended::Compensated { .. }
    ));
    assert!(matches!(
        ended("resumed").await.unwrap(),
        Ended::Compensated { .. }
    ));
    let Ended::Abandoned { by, .. } = ended("abandoned").await.unwrap() else {
        panic!("it was abandoned");
    };
    assert_eq!(by.as_deref(), Some("ada"));
    let late = act("abandoned", Action::Resume).await.unwrap();
    assert!(matches!(late, Reply::Refused(_)), "{late:?}");
    assert_eq!(
        world.standing(),
        ["hold", "hold"],
        "of who settled it, and who took it over"
    );
}

saga! {
    /// Sleeps.
    #[classify(Trouble::verdict)]
    #[timeout(500ms)]
    durable saga Nap(night: Duration) with (world: World) -> Result<u32, Trouble> {
        #[idempotent]
        step hold(world, key) -> u32 { world.call("+hold", key).await }
            compensate(world, hold, key) { let _ = hold; world.call("-hold", key).await.map(drop) }

        sleep dawn(night => *night);

        #[idempotent]
        pivot pay(world, key) -> u32 { world.call("+pay", key).await }

        hold + pay
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saga_that_sleeps_is_suspended_and_goes_on() {
    let Some(server) = server().await else { return };
    let (world, client) = (World::default(), client(&server));
    let services = NapServices {
        world: world.clone(),
    };
    let _service = service(&server, flow::<Nap>(services), None).await;
    let night = Duration::from_secs(7);
    client.submit("s", &Nap { night }).await.unwrap();
    let status = "SELECT status FROM sys_invocation WHERE target = 'Nap/s/run'";
    until(|| server.query(status).contains("suspended")).await;
    assert_eq!(world.calls(), "+hold");
    let ended = client.attach::<Nap>("s").await.unwrap();
    assert_eq!(ended, Ended::Completed(2));
    assert_eq!(world.calls(), "+hold +pay");
}
