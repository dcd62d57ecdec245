//! What a saga tells others is delivered, in order, until it is acknowledged.

use crate::world::{Trouble, World, client, flow, server, service};
use serde::{Deserialize, Serialize};
use typed_saga::saga;
use typed_saga_restate::{Ended, Unfit, workflow};

/// What is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Told {
    Paid(u32),
    Shipped,
}

saga! {
    /// Tells two things.
    #[classify(Trouble::verdict)]
    #[timeout(3s)]
    durable saga Telling() with (world: World) -> Result<u32, Trouble> emit Told {
        #[idempotent]
        pivot pay(world, key) -> u32 { world.call("+pay", key).await }

        emit(pay => [Told::Paid(*pay), Told::Shipped]);
        #[retry(forever, 10ms..10ms)] #[timeout(1s)]
        publish(world, event, key) { world.call(&format!("{event:?}"), key).await.map(drop) }

        pay
    }
}

saga! {
    /// Nobody is told.
    #[classify(Trouble::verdict)]
    #[timeout(3s)]
    durable saga Mute() with (world: World) -> Result<(), Trouble> emit Told {
        #[idempotent]
        pivot pay(world, key) { world.call("+pay", key).await.map(drop) }

        emit(=> [Told::Shipped]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_delivered_in_order_until_they_are_acknowledged() {
    let Some(server) = server().await else { return };
    let (world, client) = (World::default(), client(&server));
    let services = TellingServices {
        world: world.clone(),
    };
    let _service = service(&server, flow::<Telling>(services), None).await;
    for _ in 0..2 {
        world.fails(
            "Paid(1)",
            Trouble(typed_saga::Verdict::Transient, "away".into()),
        );
    }
    client.submit("t", &Telling {}).await.unwrap();
    let ended = client.attach::<Telling>("t").await.unwrap();
    assert_eq!(ended, Ended::Completed(1));
    assert_eq!(world.calls(), "+pay Paid(1) Paid(1) Paid(1) Shipped");
}

#[test]
fn a_saga_that_nobody_could_hear_is_refused() {
    let world = World::default();
    let refused = workflow::<Mute>(MuteServices { world }).service();
    assert!(matches!(refused, Err(Unfit::NoPublish { .. })));
}
