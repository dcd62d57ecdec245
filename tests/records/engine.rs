//! An engine over a store with one saga that is spoilt.

use super::{
    damage::{Spoilt, spoilt},
    look::look,
    sagas::{Everything, EverythingServices, EverythingSignal, World},
};
use std::time::{Duration, SystemTime};
use tokio::time::{sleep, timeout};
use typed_saga::engine::{
    self, Action, Attribution, DurableOutcome, Memory, ReadStore, Row, SagaId, Settled, State,
    Store, Time,
    for_operators::Folded,
    for_stores::{Change, Claim, Hold, NewSaga, Stored, Turn, Worker},
};

const SPOILT: &str = "spoilt";
/// In this time a saga ends of which nothing fails, or waits for something later.
const LONG: Duration = Duration::from_secs(2 * 60);
/// More commits than a saga writes that goes on, whatever is on record of it.
const MANY: usize = 500;

/// What became of a saga.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Became {
    /// Its records contradict each other, or are none.
    Unreadable,
    /// They are records, and not of a saga of this type.
    Unfit,
    /// It went on, or had ended.
    GoesOn,
}

pub(crate) struct Engine {
    memory: Memory,
    engine: engine::Engine,
}

impl Engine {
    /// Reads what these bytes stand for, with all that reads.
    ///
    /// # Errors
    /// What must not be.
    pub(crate) fn read(data: &[u8]) -> Result<Became, String> {
        let spoilt = spoilt(data);
        let runtime = tokio::runtime::Builder::new_current_thread();
        let mut runtime = { runtime };
        let runtime = runtime.enable_time().start_paused(true).build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        runtime.block_on(Self::live(&spoilt))
    }

    async fn live(spoilt: &Spoilt) -> Result<Became, String> {
        let memory = Memory::new();
        write(&memory, spoilt)
            .await
            .map_err(|why| why.to_string())?;
        let now = Time::of(SystemTime::now());
        let before = stored(&memory).await?;
        // Times that no store writes are read by people alone.
        let strange = Stored {
            row: before.row.clone(),
            commits: spoilt.commits(),
        };
        drop(look(&strange, now));
        let folded = look(&before, now);
        let services = EverythingServices {
            world: World::default(),
        };
        let engine = engine::Engine::builder(memory.clone()).inbox_interval(LONG);
        let engine = engine
            .register::<Everything>(services)
            .start()
            .await
            .map_err(|why| why.to_string())?;
        let engine = Self { memory, engine };
        let mut became = engine.rests(&folded).await?;
        for action in actions() {
            drop(engine.engine.plan::<Everything>(SPOILT, &action).await);
        }
        for action in actions() {
            let rests = matches!(action, Action::Resume | Action::Abandon);
            let who = Attribution::default();
            drop(engine.engine.act::<Everything>(SPOILT, action, who).await);
            if rests {
                became = became.min(engine.rests(&folded).await?);
            }
        }
        engine.others_run().await?;
        Ok(became)
    }

    /// Waits until the spoilt saga is at rest, or waits for later.
    async fn rests(&self, folded: &Result<Folded, String>) -> Result<Became, String> {
        sleep(LONG).await;
        let id = SagaId::new(&*Everything::DEFINITION.name, SPOILT);
        let stored = stored(&self.memory).await?;
        let Stored { row, commits } = &stored;
        if commits.len() > MANY {
            return Err(format!("it has {} commits", commits.len()));
        }
        let status = self.engine.status(&id).await;
        let status = status.map_err(|why| why.to_string())?;
        let loaded = self.engine.load::<Everything>(SPOILT).await;
        drop(self.engine.history(&id).await);
        if let Ok(handle) = self.engine.handle::<Everything>(SPOILT).await {
            drop(timeout(Duration::from_secs(1), handle.outcome()).await);
        }
        let listed = self.engine.unreadable().into_iter();
        let listed = listed.filter(|(saga, _)| *saga == id).count() == 1;
        match folded {
            Err(_) if !row.is_at_rest() && row.due.is_some() && !listed => Err(format!(
                "it cannot be read, and is not listed: {}",
                status.why
            )),
            Err(why) if !status.why.contains("unreadable") => {
                Err(format!("it cannot be read ({why}), and is: {}", status.why))
            }
            Err(_) => Ok(Became::Unreadable),
            Ok(_) if listed || loaded.is_err() => Ok(Became::Unfit),
            Ok(_) if !is_left_alone(row) => Err(format!("it hangs: {row:?}: {}", status.why)),
            Ok(_) => {
                let again = look(&stored, Time::of(SystemTime::now()));
                again.map_err(|why| format!("it went on, and cannot be read: {why}"))?;
                Ok(Became::GoesOn)
            }
        }
    }

    /// Another saga runs as if nothing were wrong.
    async fn others_run(&self) -> Result<(), String> {
        let intact = self.engine.submit("intact", Everything { far: true }).await;
        let intact = intact.map_err(|why| why.to_string())?;
        let signal = EverythingSignal::Paid(7);
        drop(self.engine.signal::<Everything>("intact", signal).await);
        match timeout(LONG, intact.finished()).await {
            Ok(Ok(DurableOutcome::Completed(effects))) if effects == [1, 1, 1] => Ok(()),
            other => Err(format!("the one beside it: {other:?}")),
        }
    }
}

/// Nothing of it runs now.
fn is_left_alone(row: &Row) -> bool {
    row.due.is_none() || row.state == State::Waiting && row.claimed.is_none()
}

fn actions() -> Vec<Action> {
    let settle = |step: &str, settled| Action::Settle {
        step: step.to_owned(),
        settled,
    };
    let steps = ["a", "wrapped/ribbon", "packed[1]/paper", "sent[0]", "c"];
    let settled = || {
        [
            Settled::Applied(7.into()),
            Settled::NotApplied,
            Settled::Undone,
        ]
    };
    let settled = steps.into_iter().zip(settled().into_iter().cycle());
    let mut all: Vec<_> = settled
        .map(|(step, settled)| settle(step, settled))
        .collect();
    all.extend([Action::Resume, Action::Cancel, Action::Abandon]);
    all
}

/// Leaves a saga behind as a dead process does.
async fn write(memory: &Memory, spoilt: &Spoilt) -> Result<(), engine::StoreError> {
    let worker = Worker {
        name: "dead".into(),
        lease: Duration::ZERO,
        runs: Vec::new(),
        after: None,
    };
    let saga = SagaId::new(&*Everything::DEFINITION.name, SPOILT);
    let epoch = memory.open(worker).await?.epoch;
    let new = NewSaga {
        saga: saga.clone(),
        input: r#"{"far":true}"#.to_owned(),
        fingerprint: Everything::DEFINITION.fingerprint(),
        due: None,
        life: None,
    };
    memory.create(Some((epoch, Turn(1))), new, None).await?;
    let commits = spoilt.commits();
    let last = commits.len();
    for (number, mut commit) in (1..).zip(commits) {
        commit.at = Time::of(SystemTime::now());
        let rests = !matches!(spoilt.state, State::Running | State::Waiting);
        let change = (number == last).then_some(Change {
            state: spoilt.state,
            claim: if rests {
                Claim::Rest
            } else {
                Claim::Until(Time(0))
            },
            fingerprint: None,
            events: Vec::new(),
            delivers: false,
            locks: Vec::new(),
        });
        memory
            .append(
                epoch,
                Hold::new(saga.clone(), Turn(1)),
                commit,
                change,
                Vec::new(),
            )
            .await?;
    }
    memory.close(epoch).await
}

async fn stored(memory: &Memory) -> Result<Stored, String> {
    let saga = SagaId::new(&*Everything::DEFINITION.name, SPOILT);
    let stored = memory.load(saga).await.map_err(|why| why.to_string())?;
    stored.ok_or_else(|| "it is gone".to_owned())
}
