//! The order of commands, with which a later release replays invocations; and what a deployment is.

use crate::{
    server::{Server, http},
    world::{Trouble, World, client, flow, server, service, until},
};
use std::{io::Read, io::Write, net::TcpStream, time::Duration};
use typed_saga::saga;
use typed_saga_restate::{Ended, Reply, Unfit, workflow};

saga! {
    /// Everything that is told apart.
    #[classify(Trouble::verdict)]
    #[timeout(3s)]
    durable saga Wired() with (world: World) -> Result<u32, Trouble> emit u32 {
        #[idempotent]
        step hold(world, key) -> u32 { world.call("+hold", key).await }
            compensate(world, hold, key) { let _ = hold; world.call("-hold", key).await.map(drop) }

        #[timeout(20s)]
        signal go -> u32;

        sleep night(=> Duration::from_secs(2));

        #[late(3600ms)]
        pivot pay(world, key) -> u32 { world.call("+pay", key).await }
            resolve(world, key) { Ok(world.found(key)) }

        emit(go => [*go]);
        publish(world, event, key) { let _ = event; world.call("told", key).await.map(drop) }

        finally(world) { world.ledger().calls.push("finally".to_owned()); }

        hold + pay
    }
}

saga! {
    /// The compensation of each item waits for requests that arrive late.
    #[classify(Trouble::verdict)]
    #[timeout(3s)]
    durable saga Packed() with (world: World) -> Result<Vec<u32>, Trouble> {
        #[idempotent] #[late(3600ms)]
        for line: u32 in (=> [1, 2])
        step packed(world, line, key) -> u32 { let _ = line; world.call("+packed", key).await }
            compensate(world, key) { world.call("-packed", key).await.map(drop) }

        packed
    }
}

/// The commands of the invocation of a saga, in order, as Restate has them.
fn commands(server: &Server, key: &str) -> Vec<String> {
    let said = server.query(&format!(
        "SELECT j.entry_type, j.name FROM sys_journal j JOIN sys_invocation i ON j.id = i.id \
         WHERE i.target = 'Wired/{key}/run' ORDER BY j.index"
    ));
    let said: serde_json::Value = serde_json::from_str(&said).expect("rows");
    let rows = said["rows"].as_array().expect("rows").iter();
    let commands = rows.filter_map(|row| {
        let command = row["entry_type"].as_str()?.strip_prefix("Command: ")?;
        let name = row["name"].as_str().unwrap_or_default();
        Some(format!("{command} {name}").trim().to_owned())
    });
    commands.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_order_of_commands_stays() {
    let Some(server) = server().await else { return };
    let (world, client) = (World::default(), client(&server));
    let services = || WiredServices {
        world: world.clone(),
    };
    for (key, watched) in [("plain", false), ("watched", true)] {
        let mut flow = flow::<Wired>(services());
        if watched {
            flow = flow.watched();
        }
        let _service = service(&server, flow, None).await;
        client.submit(key, &Wired {}).await.unwrap();
        let waits = || commands(&server, key).iter().any(|it| it == "Sleep");
        until(waits).await;
        let signal = client.signal::<Wired>(key, WiredSignal::Go(3));
        assert_eq!(signal.await.unwrap(), Reply::Done);
        let ended = client.attach::<Wired>(key).await.unwrap();
        assert_eq!(ended, Ended::Completed(2));
        let status = client.status::<Wired>(key).await.unwrap();
        assert_eq!(status.history.is_empty(), !watched, "{status:?}");
    }
    let found = commands(&server, "plain");
    let wait = ["SetState", "GetPromise", "Sleep", "ClearState"];
    let mut expected = vec!["Input", "Run commit", "CompletePromise", "Run commit"];
    expected.extend(wait);
    expected.extend(["Run commit", "CompletePromise"]);
    expected.extend(["Run commit"]);
    expected.extend(wait);
    expected.extend(["Run commit", "Run commit", "Run commit"]);
    expected.extend(["CompletePromise", "Run deliver", "Output"]);
    assert_eq!(found, expected);
    // A call that is lost with its connection brings commits of its own.
    let watched = commands(&server, "watched");
    let commits = watched.split_inclusive(|it| it == "Run commit");
    for behind in commits.skip(1) {
        assert!(behind.iter().any(|it| it == "SetState"), "{watched:?}");
    }
}

#[test]
fn a_late_that_does_not_cover_the_guard_is_refused() {
    let services = || WiredServices {
        world: World::default(),
    };
    let unfit = workflow::<Wired>(services()).service().err().unwrap();
    assert!(
        matches!(unfit, Unfit::Late { ref step, .. } if step == "pay"),
        "{unfit}"
    );
    let fit = workflow::<Wired>(services()).guard(Duration::from_millis(600));
    assert!(fit.service().is_ok());
    let services = || PackedServices {
        world: World::default(),
    };
    let unfit = workflow::<Packed>(services()).service().err().unwrap();
    assert!(
        matches!(unfit, Unfit::Late { ref step, .. } if step == "packed"),
        "{unfit}"
    );
    let fit = workflow::<Packed>(services()).guard(Duration::from_millis(600));
    assert!(fit.service().is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_spoken_to_in_streams_alone() {
    let Some(server) = server().await else { return };
    let services = WiredServices {
        world: World::default(),
    };
    let service = service(&server, flow::<Wired>(services), None).await;
    let body = format!(
        r#"{{"uri":"http://127.0.0.1:{}","use_http_11":true,"force":true}}"#,
        service.port
    );
    let (status, said) = http(server.admin, "POST", "/deployments", &body).unwrap();
    assert!(
        status >= 400,
        "a request and its response are refused: {said}"
    );
    let mut stream = TcpStream::connect(("127.0.0.1", service.port)).unwrap();
    stream
        .write_all(b"GET /discover HTTP/1.1\r\nHost: x\r\n\r\n")
        .unwrap();
    let mut said = Vec::new();
    drop(stream.read_to_end(&mut said));
    assert!(!String::from_utf8_lossy(&said).contains("200 OK"));
}
