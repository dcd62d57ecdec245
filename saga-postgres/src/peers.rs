//! Whether other workers live, without asking any clock of theirs or of the database: a worker is dead
//! when its lease has not been renewed for as long as it lasts, by the monotonic clock of whoever looks.
//! This is how Kubernetes' leader election does it ([client-go]); a time of day that is set forwards
//! declares nobody dead, and one that is set back keeps nobody alive.
//!
//! [client-go]: https://pkg.go.dev/k8s.io/client-go/tools/leaderelection

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// The lease as a worker wrote it last. Each renewal writes another end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) epoch: i64,
    pub(crate) ends: i64,
    pub(crate) length: Duration,
}

/// The other workers, as they were seen last.
#[derive(Debug, Default)]
pub(crate) struct Peers(Mutex<HashMap<i64, (i64, Instant)>>);

impl Peers {
    /// Of all others that count as alive, those that have not renewed their leases for too long.
    pub(crate) fn overdue(&self, alive: &[Lease]) -> Vec<Lease> {
        self.overdue_at(Instant::now(), alive)
    }

    fn overdue_at(&self, now: Instant, alive: &[Lease]) -> Vec<Lease> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::take(&mut *seen);
        for lease in alive {
            let known = before.get(&lease.epoch);
            let unchanged = known.filter(|(ends, _)| *ends == lease.ends);
            let since = unchanged.map_or(now, |(_, since)| *since);
            seen.insert(lease.epoch, (lease.ends, since));
        }
        let is_overdue = |lease: &&Lease| {
            let (_, since) = seen[&lease.epoch];
            now.duration_since(since) >= lease.length
        };
        alive.iter().filter(is_overdue).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Lease, Peers};
    use std::time::Duration;
    use tokio::time::Instant;

    const SECOND: Duration = Duration::from_secs(1);

    fn lease(epoch: i64, ends: i64) -> Lease {
        Lease {
            epoch,
            ends,
            length: 3 * SECOND,
        }
    }

    #[test]
    fn one_is_overdue_that_was_seen_unchanged_for_as_long_as_its_lease() {
        let (peers, begun) = (Peers::default(), Instant::now());
        let overdue = |seconds, alive: &[Lease]| peers.overdue_at(begun + seconds * SECOND, alive);
        // However long ago it ends by the time of day.
        assert_eq!(overdue(0, &[lease(1, 0), lease(2, i64::MAX)]), []);
        assert_eq!(overdue(2, &[lease(1, 5), lease(2, i64::MAX)]), []);
        let both = [lease(1, 5), lease(2, i64::MAX)];
        assert_eq!(overdue(3, &both), [lease(2, i64::MAX)]);
        // A renewal may set the end back.
        assert_eq!(overdue(4, &[lease(1, 4)]), []);
        assert_eq!(overdue(7, &[lease(1, 4)]), [lease(1, 4)]);
    }
}
