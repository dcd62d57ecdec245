//! How many sagas there are, and which need somebody.

use super::{Line, reader};
use crate::{mark::mark, problem::Problem};
use axum::http::StatusCode;
use saga_engine::{
    Filter, ReadStore, State, Time,
    look::{Reader, age},
};
use serde::Serialize;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::time::timeout;

/// Of so many that have not ended it is looked which are stuck, or cannot be read.
pub(crate) const LOOKED_AT: usize = 1000;
/// So many that need somebody are named.
const NAMED: usize = 20;
/// How long counts are good at least; and how many times longer than it took to count.
const GOOD_FOR: Duration = Duration::from_secs(1);
const TIMES: u32 = 20;
/// How long a page waits for the first count: as long as nobody minds.
const SOON: Duration = Duration::from_millis(250);

#[derive(Serialize)]
pub(crate) struct Overview {
    /// When this was counted.
    pub(crate) counted: String,
    #[serde(skip)]
    pub(crate) at: Time,
    pub(crate) sagas: Vec<Group>,
    pub(crate) total: u64,
    pub(crate) parked: u64,
    /// Of those that have ended, only the ones that an engine has found to be.
    pub(crate) unreadable: u64,
    pub(crate) stuck: u64,
    /// Whether only some of those under way were looked at for the two.
    pub(crate) partly: bool,
    /// Events that are not delivered.
    pub(crate) undelivered: u64,
    /// Those of them that could not be, ten times in a row or more.
    pub(crate) undeliverable: u64,
    /// How many have ended in a minute, since it was counted before.
    pub(crate) ended_per_minute: Option<f64>,
    /// The engines that are alive, in words.
    pub(crate) engines: Vec<String>,
    /// Those that need somebody, the first of them.
    pub(crate) first: Vec<Line>,
}

#[derive(Serialize)]
pub(crate) struct Group {
    pub(crate) saga: String,
    pub(crate) state: State,
    pub(crate) count: u64,
    /// When the one that has not changed for longest was changed last.
    pub(crate) oldest: String,
    /// How long ago that was.
    #[serde(skip)]
    pub(crate) age: String,
}

/// The last count. To count a million takes long, so a request is answered with what was counted
/// last, and has it counted anew if that is old.
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

/// How many there are, as counted lately.
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

/// The same for a page, which shows the last count, however old; `None` while there is none, and it
/// takes longer to count than a page should. It is counted on meanwhile, also for whoever comes next.
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
    let stats = reader.journal.stats().await?;
    let troubles = troubles(reader).await?;
    let events = reader.journal.undelivered().await?;
    let of = |states: &[State]| -> u64 {
        let such = stats.iter().filter(|stat| states.contains(&stat.state));
        such.map(|stat| stat.count).sum()
    };
    let groups = stats.iter().map(|stat| Group {
        saga: stat.saga.to_string(),
        state: stat.state,
        count: stat.count,
        oldest: stat.oldest.to_string(),
        age: age(reader.now.since(stat.oldest)),
    });
    let mut overview = Overview {
        counted: reader.now.to_string(),
        at: reader.now,
        sagas: groups.collect(),
        total: stats.iter().map(|stat| stat.count).sum(),
        parked: of(&[State::Parked]),
        unreadable: troubles.unreadable,
        stuck: troubles.stuck,
        partly: troubles.partly,
        undelivered: events.iter().map(|stat| stat.undelivered).sum(),
        undeliverable: events.iter().map(|stat| stat.stuck).sum(),
        ended_per_minute: None,
        engines: reader.journal.workers().await?,
        first: troubles.first,
    };
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

impl Overview {
    /// Tells whether it has changed, but for its age.
    pub(crate) fn mark(&self) -> String {
        let groups = self.sagas.iter();
        let groups = groups.map(|group| (&group.saga, group.state, group.count));
        let first = self
            .first
            .iter()
            .map(|line| (&line.saga, &line.id, &line.since));
        mark(&(
            groups.collect::<Vec<_>>(),
            first.collect::<Vec<_>>(),
            (
                self.stuck,
                self.unreadable,
                self.undelivered,
                self.undeliverable,
            ),
            &self.engines,
        ))
    }

    /// How many have ended, of their own.
    fn ended(&self) -> u64 {
        let ended = |group: &&Group| matches!(group.state, State::Completed | State::Compensated);
        let groups = self.sagas.iter().filter(ended);
        groups.map(|group| group.count).sum()
    }

    /// How many of this name are in this state.
    pub(crate) fn group(&self, saga: &str, state: State) -> Option<&Group> {
        let mut groups = self.sagas.iter();
        groups.find(|group| group.saga == saga && group.state == state)
    }
}

#[derive(Default)]
struct Troubles {
    unreadable: u64,
    stuck: u64,
    partly: bool,
    first: Vec<Line>,
}

/// Those that need somebody: those that cannot be read, that are parked, and that are stuck.
async fn troubles(reader: &Reader) -> Result<Troubles, Problem> {
    const ENDED: [State; 3] = [State::Completed, State::Compensated, State::Abandoned];
    let mut troubles = Troubles::default();
    let noted = Filter {
        states: ENDED.to_vec(),
        unreadable: true,
        ..Filter::default()
    };
    let mut known = reader.rows(noted);
    while let Some(page) = known.next().await? {
        troubles.unreadable += page.len() as u64;
        for row in page.into_iter().take(NAMED) {
            let look = reader.look(row).await?;
            troubles
                .first
                .extend(look.map(|look| Line::of(&look, reader.now)));
        }
    }
    for state in [
        State::Damaged,
        State::Parked,
        State::Running,
        State::Waiting,
    ] {
        let filter = Filter {
            states: vec![state],
            limit: Some(LOOKED_AT + 1),
            ..Filter::default()
        };
        let rows = reader.journal.list(filter).await?;
        troubles.partly |= rows.len() > LOOKED_AT;
        for row in rows.into_iter().take(LOOKED_AT) {
            let Some(look) = reader.look(row).await? else {
                continue;
            };
            let (unreadable, stuck) = (look.unreadable().is_some(), look.is_stuck());
            troubles.unreadable += u64::from(unreadable);
            troubles.stuck += u64::from(stuck);
            if unreadable || stuck || state == State::Parked {
                troubles.first.push(Line::of(&look, reader.now));
            }
        }
    }
    troubles.first.truncate(NAMED);
    Ok(troubles)
}

#[cfg(test)]
mod tests {
    use super::{Counts, overview, soon};
    use saga_engine::Memory;
    use std::sync::Arc;

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
