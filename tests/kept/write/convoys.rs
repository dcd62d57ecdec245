//! Convoys, of which one part has failed and undoes itself, while the other two have come as far as
//! they can: each is held until what it must not run ahead of is on record.

use crate::kept::{
    sagas::Convoy,
    world::Answer::{Hangs, Refused, Succeeds},
    write::{
        CANCEL, Script,
        Until::{Called, Recorded},
        Writer,
    },
};

pub(super) async fn convoys(at: &Writer<'_>) {
    for id in ["loop", "loop-cancelled"] {
        loop_fails(at, id).await;
    }
    at.ask("Convoy", "loop-cancelled", CANCEL).await;
    for id in ["child", "child-cancelled"] {
        child_fails(at, id).await;
    }
    at.ask("Convoy", "child-cancelled", CANCEL).await;
}

/// Its second item is refused while the wrapping is half done, which is undone.
async fn loop_fails(at: &Writer<'_>, id: &str) {
    at.world.hold(id, "loaded");
    at.world.hold(id, "bow");
    let script: Script<'_> = &[
        ("driver", &[Hangs]),
        ("loaded", &[Succeeds, Refused]),
        ("undo loaded", &[Hangs]),
    ];
    submit(at, id, script).await;
    at.until("Convoy", id, &Called("bow", 1)).await;
    at.world.let_go(id, "loaded");
    at.until("Convoy", id, &Called("undo loaded", 1)).await;
    at.until("Convoy", id, &Recorded("failing", "loaded")).await;
    at.world.let_go(id, "bow");
    at.until("Convoy", id, &Recorded("rejected", "wrapped"))
        .await;
}

/// The wrapping is refused once all is loaded.
async fn child_fails(at: &Writer<'_>, id: &str) {
    at.world.hold(id, "bow");
    let script: Script<'_> = &[
        ("driver", &[Hangs]),
        ("bow", &[Refused]),
        ("undo paper", &[Hangs]),
    ];
    submit(at, id, script).await;
    at.until("Convoy", id, &Recorded("applied", "loaded")).await;
    at.world.let_go(id, "bow");
    at.until("Convoy", id, &Called("undo paper", 1)).await;
    at.until("Convoy", id, &Recorded("failing", "wrapped"))
        .await;
}

async fn submit(at: &Writer<'_>, id: &str, script: Script<'_>) {
    at.script(id, script);
    let loads = vec![3, 5];
    drop(at.engine.submit(id, Convoy { loads }).await.unwrap());
    at.until("Convoy", id, &Called("driver", 1)).await;
}
