//! The overview: the number of sagas, and those that need attention.

use super::{
    line::SagaLine,
    reader::{Look, Reader},
    text::age,
};
use crate::store::{Filter, Stat, State, StoreError, Time};
use serde::Serialize;

/// The number of sagas needing attention that are listed.
const NAMED: usize = 20;

/// The numbers of sagas, and the sagas that need attention.
#[derive(Debug, Serialize)]
pub struct Overview {
    /// When they were counted.
    pub counted: String,
    /// That time, for calculations.
    #[serde(skip)]
    pub at: Time,
    /// The number of sagas of each name in each state.
    pub sagas: Vec<Group>,
    /// The number of sagas.
    pub total: u64,
    /// The number of parked sagas.
    pub parked: u64,
    /// The number of unreadable sagas. Of those that have ended, it includes only the ones that an
    /// engine has found to be unreadable.
    pub unreadable: u64,
    /// The number of quarantined sagas.
    pub quarantined: u64,
    /// The number of stuck sagas.
    pub stuck: u64,
    /// Whether only some of the sagas that have not ended were read for the last three numbers.
    pub partly: bool,
    /// The number of events that were not delivered.
    pub undelivered: u64,
    /// The number of these events whose delivery has failed ten times in a row or more.
    pub undeliverable: u64,
    /// The number of sagas that ended per minute since the previous count, if there was one.
    pub ended_per_minute: Option<f64>,
    /// The engines that are alive, in words.
    pub engines: Vec<String>,
    /// The first twenty sagas that need attention.
    pub first: Vec<SagaLine>,
}

/// Sagas of one name in one state.
#[derive(Debug, Serialize)]
pub struct Group {
    /// Their name.
    pub saga: String,
    /// Their state.
    pub state: State,
    /// The number of sagas.
    pub count: u64,
    /// The time of the last change of the saga that has not changed for the longest time.
    pub oldest: String,
    /// The time since then.
    #[serde(skip)]
    pub age: String,
}

impl Reader {
    /// Counts the sagas, and finds those that need attention. It reads the sagas that have not
    /// ended, at most `limit` in each state; for the others, an index shows which are unreadable.
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub async fn overview(&self, limit: Option<usize>) -> Result<Overview, StoreError> {
        let stats = self.journal.stats().await?;
        let events = self.journal.undelivered().await?;
        let parked = stats.iter().filter(|stat| stat.state == State::Parked);
        let mut overview = Overview {
            counted: self.now.to_string(),
            at: self.now,
            sagas: stats.iter().map(|stat| Group::of(stat, self.now)).collect(),
            total: stats.iter().map(|stat| stat.count).sum(),
            parked: parked.map(|stat| stat.count).sum(),
            unreadable: 0,
            quarantined: 0,
            stuck: 0,
            partly: false,
            undelivered: events.iter().map(|stat| stat.undelivered).sum(),
            undeliverable: events.iter().map(|stat| stat.stuck).sum(),
            ended_per_minute: None,
            engines: self.journal.workers().await?,
            first: Vec::new(),
        };
        self.look_for_troubles(&mut overview, limit).await?;
        Ok(overview)
    }

    async fn look_for_troubles(
        &self,
        overview: &mut Overview,
        limit: Option<usize>,
    ) -> Result<(), StoreError> {
        let noted = Filter {
            states: vec![State::Completed, State::Compensated, State::Abandoned],
            unreadable: true,
            ..Filter::default()
        };
        let mut known = self.rows(noted);
        while let Some(page) = known.next().await? {
            let quarantined = page.iter().filter(|row| row.is_quarantined()).count();
            overview.quarantined += quarantined as u64;
            overview.unreadable += (page.len() - quarantined) as u64;
            for row in page {
                if overview.first.len() == NAMED {
                    break;
                }
                let look = self.look(row).await?;
                let line = look.map(|look| SagaLine::of(&look, self.now));
                overview.first.extend(line);
            }
        }
        for state in [
            State::Damaged,
            State::Parked,
            State::Running,
            State::Waiting,
        ] {
            let mut rows = self.rows(Filter {
                states: vec![state],
                ..Filter::default()
            });
            let mut left = limit.unwrap_or(usize::MAX);
            while let Some(page) = rows.next().await? {
                let more = page.len() > left;
                let page = page.into_iter().take(left);
                left -= page.len();
                for row in page {
                    if let Some(look) = self.look(row).await? {
                        overview.add(&look, self.now);
                    }
                }
                if more {
                    overview.partly = true;
                    break;
                }
            }
        }
        Ok(())
    }
}

impl Overview {
    fn add(&mut self, look: &Look, now: Time) {
        self.unreadable += u64::from(look.is_unreadable());
        self.quarantined += u64::from(look.is_quarantined());
        self.stuck += u64::from(look.is_stuck());
        let parked = look.row().state == State::Parked;
        let needs = parked || look.unreadable().is_some() || look.is_stuck();
        if needs && self.first.len() < NAMED {
            self.first.push(SagaLine::of(look, now));
        }
    }

    /// The number of sagas that have ended by themselves.
    #[must_use]
    pub fn ended(&self) -> u64 {
        let ended = |group: &&Group| matches!(group.state, State::Completed | State::Compensated);
        let groups = self.sagas.iter().filter(ended);
        groups.map(|group| group.count).sum()
    }

    /// The group of sagas with this name in this state.
    #[must_use]
    pub fn group(&self, saga: &str, state: State) -> Option<&Group> {
        let mut groups = self.sagas.iter();
        groups.find(|group| group.saga == saga && group.state == state)
    }
}

impl Group {
    fn of(stat: &Stat, now: Time) -> Self {
        Self {
            saga: stat.saga.to_string(),
            state: stat.state,
            count: stat.count,
            oldest: stat.oldest.to_string(),
            age: age(now.since(stat.oldest)),
        }
    }
}
