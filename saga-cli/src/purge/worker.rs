//! The worker that a purge is: one more where there may be many, else the owner, if no engine is that.

use crate::{args, failure::Failure, journal::Own, look::Reader};
use std::{pin::pin, sync::Arc, time::Duration};
use tokio::time::timeout;
use typed_saga_engine::{Epoch, Store, StoreError, Worker};

/// The time after which a worker that was killed while it purged counts as dead.
const LEASE: Duration = Duration::from_secs(15);

/// Returns an error if an engine owns the journal, so that nobody is asked in vain.
pub(super) async fn is_free(reader: &Reader, own: &Own) -> Result<(), Failure> {
    if let Own::Alone(_) = own {
        let workers = reader.journal.workers().await?;
        if !workers.is_empty() {
            let owner = workers.join(", ");
            return Err(owned(StoreError::Owned { owner }));
        }
    }
    Ok(())
}

/// Does something as a worker, which this process is no more when it is done.
pub(super) async fn as_worker<T>(
    own: Own,
    work: impl AsyncFnOnce(&dyn Store, Epoch) -> Result<T, StoreError>,
) -> Result<T, Failure> {
    let store: Arc<dyn Store> = match own {
        Own::Alone(open) => open().map_err(owned)?,
        Own::Beside(store) => store,
    };
    let worker = Worker {
        name: "saga purge".into(),
        lease: LEASE,
        runs: Vec::new(),
        after: None,
    };
    let epoch = store.open(worker).await.map_err(owned)?.epoch;
    let mut working = pin!(work(&*store, epoch));
    let done = loop {
        match timeout(LEASE / 3, &mut working).await {
            Ok(done) => break done,
            // Should the lease be lost, the work ends by itself.
            Err(_) => drop(store.renew(epoch).await),
        }
    };
    let closed = store.close(epoch).await;
    let done = done?;
    closed?;
    Ok(done)
}

/// Rewrites the file, if that is asked for; returns whether the store did.
pub(super) async fn vacuum(
    store: &dyn Store,
    epoch: Epoch,
    args: &args::Purge,
) -> Result<Option<bool>, StoreError> {
    if args.vacuum {
        return store.vacuum(epoch).await.map(Some);
    }
    Ok(None)
}

/// What is said of rewriting the file, if that was asked for.
pub(super) fn vacuumed(done: Option<bool>) -> &'static str {
    match done {
        None => "",
        Some(true) => "the file was rewritten: nothing of what was purged is left in it\n",
        Some(false) => {
            "nothing was rewritten: in a database, autovacuum frees the rows, and VACUUM FULL removes them\n"
        }
    }
}

/// An engine that is alive does it itself.
fn owned(error: StoreError) -> Failure {
    match error {
        StoreError::Owned { owner } => Failure::Refused(format!(
            "{owner} owns the journal: its engine purges by itself (`Builder::retain`), or when it is asked (`Engine::purge`); \
             `saga purge` is for a journal that no engine has open"
        )),
        error => error.into(),
    }
}
