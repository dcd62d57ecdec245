//! Locks in a store that many workers share.

use super::{
    fixture::{HOUR, Owned, VERSION, commit, trip},
    locks::{locks, request},
    shared::dies,
};
use std::time::Duration;
use typed_saga_engine::{
    LockChange,
    LockState::{Granted, Taken, Waiting},
    Store, StoreError, Time,
};

/// A worker dies with a saga that has a key, and with one that waits for it.
pub(super) async fn who_takes_over_has_the_key_and_the_place<S: Store>(
    one: Owned<S>,
    lease: Duration,
) {
    let (dead, third) = (
        one.another(VERSION, lease).await,
        one.another(VERSION, HOUR).await,
    );
    let [holder, waiter, last] = ["holder", "waiter", "last"].map(trip);
    for (worker, saga) in [(&dead, &holder), (&dead, &waiter), (&third, &last)] {
        worker.begin(saga, Time(1), None).await;
        worker.lock(saga, 1, request(["7"])).await;
    }
    dead.lock(&holder, 2, LockChange::Taken).await;
    dies(lease, &one).await;
    let mut claimed = one.claimed(9).await;
    claimed.sort();
    assert_eq!(claimed, [holder.clone(), waiter.clone()]);
    let release = Some(locks(LockChange::Release));
    let late = dead.append_one(&holder, commit(3, Time(3)), release).await;
    assert!(matches!(late, Err(StoreError::Fenced { .. })), "{late:?}");
    let line = [("holder", Taken), ("waiter", Waiting), ("last", Waiting)];
    one.queues("7", line, "a dead worker releases nothing")
        .await;
    one.lock(&holder, 3, LockChange::Release).await;
    let line = [("waiter", Granted), ("last", Waiting)];
    one.queues("7", line, "whoever takes over releases it")
        .await;
    one.lock(&waiter, 2, LockChange::Withdraw).await;
    one.queues("7", [("last", Granted)], "or gives the place up")
        .await;
}
