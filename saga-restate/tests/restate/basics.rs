//! Sagas run to their ends.

use crate::server::Server;
use crate::world::{Trouble, World, client, flow, server, service, until};
use std::time::Duration;
use typed_saga::{Verdict, saga};
use typed_saga_restate::{Ended, Submitted};

saga! {
    /// Three calls and a last one.
    #[classify(Trouble::verdict)]
    #[timeout(3s)]
    #[retry(2, 10ms..10ms)]
    durable saga Basic(extra: u32) with (world: World) -> Result<u32, Trouble> {
        #[late(4s)]
        step car(world, key) -> u32 { world.call("+car", key).await }
            resolve(world, key) { Ok(world.found(key)) }
            compensate(world, car, key) { let _ = car; world.call("-car", key).await.map(drop) }

        #[idempotent]
        step room(world, key) -> u32 { world.call("+room", key).await }
            compensate(world, room, key) { let _ = room; world.call("-room", key).await.map(drop) }

        #[idempotent]
        pivot pay(world, key) -> u32 { world.call("+pay", key).await }

        finally(world) { world.ledger().calls.push("finally".to_owned()); }

        car + room + pay + extra
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saga_runs_to_its_end_once() {
    let Some(server) = server().await else { return };
    let (world, client) = (World::default(), client(&server));
    let services = BasicServices {
        world: world.clone(),
    };
    let _service = service(&server, flow::<Basic>(services), None).await;
    let submitted = client.submit("b", &Basic { extra: 4 }).await.unwrap();
    assert_eq!(submitted, Submitted::New);
    let ended = client.attach::<Basic>("b").await.unwrap();
    assert_eq!(ended, Ended::Completed(7));
    let again = client.submit("b", &Basic { extra: 5 }).await.unwrap();
    assert_eq!(again, Submitted::There, "its inputs are not compared …");
    let status = client.status::<Basic>("b").await.unwrap();
    let input = status.input.unwrap();
    assert_eq!(input.get(), r#"{"extra":4}"#, "… but can be");
    assert_eq!(
        client.ended::<Basic>("b").await.unwrap(),
        Some(Ended::Completed(7))
    );
    assert_eq!(world.calls(), "+car +room +pay finally");
}

/// As on one that has forgotten the first.
#[tokio::test(flavor = "multi_thread")]
async fn an_id_on_another_server_is_another_saga_with_other_keys() {
    let Some(turn) = server().await else { return };
    let world = World::default();
    let other = tokio::task::block_in_place(Server::start).unwrap();
    for (server, calls) in [(&*turn, 1), (&other, 2)] {
        let services = BasicServices {
            world: world.clone(),
        };
        let _service = service(server, flow::<Basic>(services), None).await;
        let client = client(server);
        let submitted = client.submit("twice", &Basic { extra: 4 }).await.unwrap();
        assert_eq!(submitted, Submitted::New);
        let ended = client.attach::<Basic>("twice").await.unwrap();
        assert_eq!(ended, Ended::Completed(7));
        assert_eq!(world.standing().len(), 3 * calls);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_undone() {
    let Some(server) = server().await else { return };
    let (world, client) = (World::default(), client(&server));
    let services = BasicServices {
        world: world.clone(),
    };
    let _service = service(&server, flow::<Basic>(services), None).await;
    world.fails("+pay", Trouble(Verdict::Refused, "no money".into()));
    client.submit("u", &Basic { extra: 4 }).await.unwrap();
    let ended = client.attach::<Basic>("u").await.unwrap();
    let Ended::Compensated { error, left, .. } = ended else {
        panic!("{ended:?}");
    };
    assert!(error.contains("no money"), "{error}");
    assert!(left.is_empty() && world.standing().is_empty());
    assert_eq!(world.calls(), "+car +room +pay -room -car finally");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_is_heard_behind_the_call_that_is_on_record() {
    let Some(server) = server().await else { return };
    let (world, client) = (World::default(), client(&server));
    let services = BasicServices {
        world: world.clone(),
    };
    let _service = service(&server, flow::<Basic>(services), None).await;
    world.takes("+car", Duration::from_millis(300));
    client.submit("c", &Basic { extra: 4 }).await.unwrap();
    world.called("+car").await;
    client.cancel::<Basic>("c").await.unwrap();
    let ended = client.attach::<Basic>("c").await.unwrap();
    assert!(matches!(ended, Ended::Compensated { .. }), "{ended:?}");
    assert_eq!(
        world.calls(),
        "+car +room -room -car finally",
        "the room was on record as begun"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_was_cut_off_is_lost_and_settled_by_resolve() {
    let Some(server) = server().await else { return };
    let (world, client) = (World::default(), client(&server));
    let services = || BasicServices {
        world: world.clone(),
    };
    let first = service(&server, flow::<Basic>(services()), None).await;
    world.takes("+car", Duration::from_secs(3));
    client.submit("l", &Basic { extra: 4 }).await.unwrap();
    world.called("+car").await;
    let port = first.port;
    drop(first);
    until(|| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok()).await;
    world.takes("+car", Duration::ZERO);
    let _second = service(&server, flow::<Basic>(services()).watched(), Some(port)).await;
    let ended = client.attach::<Basic>("l").await.unwrap();
    assert_eq!(ended, Ended::Completed(7));
    assert_eq!(
        world.calls(),
        "+car +room +pay finally",
        "found, and not made again"
    );
}
