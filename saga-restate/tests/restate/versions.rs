//! A deployment with a changed saga.

use crate::world::{World, client, flow, server, service, until};
use std::time::Duration;
use tokio::time::sleep;
use typed_saga_restate::{Ended, Reply};

/// A version of the saga `Parcel`: its steps, in the words of `saga!`.
macro_rules! version {
    ($module:ident $services:tt $($steps:tt)*) => {
        mod $module {
            use crate::world::{Trouble, World};
            use typed_saga::saga;

            saga! {
                #[classify(Trouble::verdict)]
                #[timeout(3s)]
                pub(super) durable saga Parcel() with $services -> Result<(), Trouble> {
                    $($steps)*
                }
            }
        }
    };
}

version! { first (world: World)
    #[idempotent] step a(world, key) { world.call("+a", key).await.map(drop) } compensate(world, key) { world.call("-a", key).await.map(drop) }
    #[timeout(never)] signal go -> ();
}

version! { longer (world: World)
    #[idempotent] step a(world, key) { world.call("+a", key).await.map(drop) } compensate(world, key) { world.call("-a", key).await.map(drop) }
    #[timeout(never)] signal go -> ();
    #[idempotent] step b(world, key) { world.call("+b", key).await.map(drop) } compensate(world, key) { world.call("-b", key).await.map(drop) }
}

version! { other (world: World)
    #[idempotent] step z(world, key) { world.call("+z", key).await.map(drop) } compensate(world, key) { world.call("-z", key).await.map(drop) }
    #[timeout(never)] signal go -> ();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_with_a_changed_saga_goes_on_where_it_can() {
    let Some(server) = server().await else { return };
    let (world, client) = (World::default(), client(&server));
    let services = || first::ParcelServices {
        world: world.clone(),
    };
    let before = service(&server, flow::<first::Parcel>(services()), None).await;
    let port = before.port;
    client.submit("p", &first::Parcel {}).await.unwrap();
    world.called("+a").await;
    let waits = || async {
        let status = client.status::<first::Parcel>("p").await.unwrap();
        status.why.contains("`go`")
    };
    while !waits().await {
        sleep(Duration::from_millis(10)).await;
    }
    let free = || std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();

    // One that cannot read it leaves it as it is, and tries again.
    drop(before);
    until(free).await;
    let services = || other::ParcelServices {
        world: world.clone(),
    };
    let wrong = service(&server, flow::<other::Parcel>(services()), Some(port)).await;
    let signal = client.signal::<other::Parcel>("p", other::ParcelSignal::Go(()));
    let unheard = tokio::time::timeout(Duration::from_secs(2), signal).await;
    assert!(unheard.is_err(), "{unheard:?}");
    assert_eq!(world.calls(), "+a");

    // One that can goes on.
    drop(wrong);
    until(free).await;
    let services = || longer::ParcelServices {
        world: world.clone(),
    };
    let _after = service(&server, flow::<longer::Parcel>(services()), Some(port)).await;
    let ended = client.attach::<longer::Parcel>("p").await.unwrap();
    assert_eq!(ended, Ended::Completed(()), "the signal was kept");
    assert_eq!(world.calls(), "+a +b");
    let late = client
        .signal::<longer::Parcel>("p", longer::ParcelSignal::Go(()))
        .await;
    assert_eq!(late.unwrap(), Reply::NotHeard);
}
