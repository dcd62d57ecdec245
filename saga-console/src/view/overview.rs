//! The overview: how many sagas there are, and which need attention.

use super::reader;
use crate::{mark::mark, problem::Problem};
use axum::http::StatusCode;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::time::timeout;
use typed_saga_engine::{
    ReadStore,
    look::{Overview, Reader},
};

/// Of so many that have not ended it is looked which are stuck, or cannot be read.
pub(crate) const LOOKED_AT: usize = 1000;
/// The least time for which a count is used, and the multiple of the time that counting took.
const GOOD_FOR: Duration = Duration::from_secs(1);
const TIMES: u32 = 20;
/// The time that a page waits for the first count: short enough not to be noticed.
const SOON: Duration = Duration::from_millis(250);

/// The last count. Counting a million sagas takes long, so a request is answered with the last
/// count, and starts a new one if that is old.
pub(crate) struct Counts {
    store: Arc<dyn ReadStore>,
    last: Mutex<Option<Counted>>,
    /// Whoever counts; others wait for the first one, and for no other.
    counting: tokio::sync::Mutex<()>,
}

#[derive(Clone)]
struct Counted {
    overview: Arc<Overview>,
    at: Instant,
    good_for: Duration,
}

impl Counts {
    pub(crate) fn new(store: Arc<dyn ReadStore>) -> Self {
        Self {
            store,
            last: Mutex::default(),
            counting: tokio::sync::Mutex::default(),
        }
    }

    fn last(&self) -> Option<Counted> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.clone()
    }
}

/// The overview, from a recent count.
pub(crate) async fn overview(counts: &Arc<Counts>) -> Result<Arc<Overview>, Problem> {
    match counts.last() {
        Some(last) if last.at.elapsed() <= last.good_for => Ok(last.overview),
        // A little old: the next one will have newer ones.
        Some(last) if last.at.elapsed() <= 10 * last.good_for => {
            let counts = Arc::clone(counts);
            tokio::spawn(async move { drop(counted(&counts).await) });
            Ok(last.overview)
        }
        _ => counted(counts).await,
    }
}

/// The overview for a page: the last count, however old. `None` while there is none and counting
/// takes longer than a page should wait. The count continues meanwhile, for later requests.
pub(crate) async fn soon(counts: &Arc<Counts>) -> Result<Option<Arc<Overview>>, Problem> {
    let last = counts.last();
    if let Some(last) = last
        .as_ref()
        .filter(|last| last.at.elapsed() <= last.good_for)
    {
        return Ok(Some(Arc::clone(&last.overview)));
    }
    let counts = Arc::clone(counts);
    let counting = tokio::spawn(async move { counted(&counts).await });
    if let Some(last) = last {
        return Ok(Some(last.overview));
    }
    match timeout(SOON, counting).await {
        Ok(Ok(counted)) => counted.map(Some),
        Ok(Err(_)) => Err(Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the count has failed",
        )),
        Err(_) => Ok(None),
    }
}

async fn counted(counts: &Counts) -> Result<Arc<Overview>, Problem> {
    let asked = Instant::now();
    let _counting = counts.counting.lock().await;
    let last = counts.last();
    if let Some(last) = last.as_ref().filter(|last| last.at > asked) {
        return Ok(Arc::clone(&last.overview));
    }
    let begin = Instant::now();
    let reader = reader(&counts.store).await?;
    let overview = Arc::new(count(&reader, last.as_ref()).await?);
    let counted = Counted {
        overview: Arc::clone(&overview),
        at: Instant::now(),
        good_for: GOOD_FOR.max(begin.elapsed() * TIMES),
    };
    let mut last = counts.last.lock();
    let last = last.as_mut().unwrap_or_else(|poisoned| poisoned.get_mut());
    **last = Some(counted);
    Ok(overview)
}

async fn count(reader: &Reader, before: Option<&Counted>) -> Result<Overview, Problem> {
    let mut overview = reader.overview(Some(LOOKED_AT)).await?;
    let ended = overview.ended();
    overview.ended_per_minute = before.and_then(|before| {
        let passed = reader.now.since(before.overview.at).as_secs_f64();
        let more = ended.saturating_sub(before.overview.ended());
        #[expect(clippy::cast_precision_loss, reason = "it is shown with few digits")]
        let more = more as f64;
        (passed > 0.0).then(|| (more / passed * 600.0).round() / 10.0)
    });
    Ok(overview)
}

/// Tells whether it has changed, but for its age.
pub(crate) fn mark_of(overview: &Overview) -> String {
    let groups = overview.sagas.iter();
    let groups = groups.map(|group| (&group.saga, group.state, group.count));
    let first = overview.first.iter();
    let first = first.map(|line| (&line.saga, &line.id, &line.since));
    mark(&(
        groups.collect::<Vec<_>>(),
        first.collect::<Vec<_>>(),
        (
            overview.stuck,
            overview.unreadable,
            overview.quarantined,
            overview.undelivered,
            overview.undeliverable,
        ),
        &overview.engines,
    ))
}

#[cfg(test)]
mod tests {
    use super::{Counts, overview, soon};
    use std::sync::Arc;
    use typed_saga_engine::Memory;

    #[tokio::test]
    async fn a_page_does_not_wait_for_a_first_count_that_takes_long() {
        let counts = Arc::new(Counts::new(Arc::new(Memory::new())));
        let counting = counts.counting.lock().await;
        assert!(soon(&counts).await.unwrap().is_none());
        drop(counting);
        assert_eq!(overview(&counts).await.unwrap().total, 0);
        assert!(soon(&counts).await.unwrap().is_some());
    }
}
