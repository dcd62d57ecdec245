//! Cancels sagas, wherever they run. A cancel that is recorded is answered by the journal: it
//! counts however the process ends that was asked.

use super::act::{closed, to_its_end};
use crate::{
    error::{EngineError, Unreadable},
    journal::action::{Action, Attribution},
    runtime::inbox::Done,
    runtime::inner::{Else, Inner, SubmitStatus},
    runtime::journal::Shared,
    store::{SagaId, StoreError, Take},
};
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, time::sleep};
use typed_saga_core::{Cancel, kernel::Cancellation, run::Control};

/// A run that can be asked.
struct AtHand {
    control: Arc<Control>,
    shared: Arc<Shared>,
    begun: watch::Receiver<SubmitStatus>,
}

/// What a run says.
enum Said {
    Answered(Cancel),
    /// The cancel is recorded, and waits for the outcome of the pivot.
    Recorded,
    /// It was released before it answered, or has ended.
    Closed,
}

impl Inner {
    pub(crate) async fn cancel(self: &Arc<Self>, saga: &SagaId) -> Result<Cancel, EngineError> {
        loop {
            self.session().await?;
            match self.cancel_by(saga, Attribution::default(), None).await {
                Err(EngineError::Store(StoreError::Fenced { .. })) => {}
                Err(EngineError::RefusedElsewhere { .. }) => return Ok(Cancel::TooLate),
                answer => return Ok(answer?.0.expect("a caller waits for the answer")),
            }
        }
    }

    /// Asks the run of a saga to cancel. If the saga is not in memory, it is resumed for that. A
    /// message is answered once the cancel is recorded, and a caller once it is decided: until then,
    /// there is no answer (`None`).
    pub(super) async fn cancel_by(
        self: &Arc<Self>,
        saga: &SagaId,
        who: Attribution,
        message: Option<u64>,
    ) -> Result<(Option<Cancel>, Done), EngineError> {
        let (inner, saga) = (Arc::clone(self), saga.clone());
        to_its_end(&self.tasks, async move {
            inner.ask_to_cancel(&saga, who, message).await
        })
        .await
    }

    async fn ask_to_cancel(
        self: &Arc<Self>,
        saga: &SagaId,
        who: Attribution,
        message: Option<u64>,
    ) -> Result<(Option<Cancel>, Done), EngineError> {
        // Whether a run was asked, whose commit may have been on its way when the run was dropped.
        let mut was_asked = false;
        loop {
            self.session().await?;
            let Some(run) = self.run_at_hand(saga)? else {
                let row = self.stored(saga).await?.row;
                if row.due.is_none() {
                    // No claim is left, so no commit is on its way any more.
                    let answer = if was_asked {
                        told(self.recorded(saga, true).await?)
                    } else {
                        Some(Cancel::TooLate)
                    };
                    return Ok((answer, Done::Unanswered));
                }
                if !self.is_taken_up(saga).await? {
                    let done = self.ask(saga, Action::Cancel, who, message).await?;
                    return Ok((told(self.recorded(saga, true).await?), done));
                }
                continue;
            };
            // As long as this run has the saga, nobody else answers: the run is asked in vain otherwise.
            if let Some(number) = message {
                if !self.is_open(number).await? {
                    return Ok((None, Done::Answered));
                }
            }
            was_asked = true;
            let number = run.shared.asked(who.clone(), message);
            let said = run.says(message.is_some()).await;
            let done = if run.shared.unasked(number) || message.is_none() {
                Done::Unanswered
            } else {
                Done::Answered
            };
            match said {
                Said::Answered(Cancel::TooLate) => {
                    return Ok((Some(Cancel::TooLate), Done::Unanswered));
                }
                Said::Answered(answer) => return Ok((Some(answer), done)),
                Said::Recorded => return Ok((None, done)),
                Said::Closed => match self.recorded(saga, message.is_none()).await? {
                    Cancellation::None => {}
                    answer => return Ok((told(answer), Done::Unanswered)),
                },
            }
        }
    }

    /// Resumes a saga that is not at hand, unless another worker has it: then it says `false`. A commit that
    /// an earlier run has left on its way comes before that, or never.
    async fn is_taken_up(self: &Arc<Self>, saga: &SagaId) -> Result<bool, EngineError> {
        let entry = self.entries.get(&saga.saga).cloned();
        let entry = entry.ok_or_else(|| EngineError::unreadable(saga, Unreadable::Unknown))?;
        let Some(held) = self.hold_only(saga, entry.definition(), Else::Nothing) else {
            // It is at hand by now, or the store is opened again.
            return Ok(true);
        };
        if let Take::Theirs = self.take(&held).await? {
            return Ok(false);
        }
        self.resume(held, entry, Duration::ZERO);
        Ok(true)
    }

    /// Whether nobody has answered this message.
    async fn is_open(&self, number: u64) -> Result<bool, EngineError> {
        let message = self.store.message(number).await?;
        Ok(message.is_some_and(|message| message.answer.is_none()))
    }

    fn run_at_hand(&self, saga: &SagaId) -> Result<Option<AtHand>, EngineError> {
        let live = self.live();
        if let Some(why) = live.unreadable.get(saga) {
            return Err(EngineError::Unreadable {
                saga: saga.clone(),
                why: Arc::clone(why),
            });
        }
        let at_hand = live.at_hand.get(saga);
        Ok(at_hand.map(|at_hand| AtHand {
            control: Arc::clone(&at_hand.control),
            shared: Arc::clone(&at_hand.shared),
            begun: at_hand.begun.clone(),
        }))
    }

    /// What is recorded of a cancel; with `waits`, once it is answered.
    async fn recorded(&self, saga: &SagaId, waits: bool) -> Result<Cancellation, EngineError> {
        loop {
            match self.look(saga).await? {
                None => {}
                Some(Cancellation::Pending) if waits => {}
                Some(answer) => return Ok(answer),
            }
            sleep(self.settings.inbox_interval).await;
            self.check()?;
        }
    }

    /// What is recorded of a cancel; `None` if the store cannot be read now.
    async fn look(&self, saga: &SagaId) -> Result<Option<Cancellation>, EngineError> {
        let stored = match self.stored(saga).await {
            Err(EngineError::Store(StoreError::Unavailable { .. })) => return Ok(None),
            stored => stored?,
        };
        let unreadable = |why| EngineError::unreadable(saga, why);
        if stored.row.is_quarantined() {
            let times = stored.row.takeovers;
            return Err(unreadable(Unreadable::Quarantined { times }));
        }
        let folded = self.read_as_it_was(&stored).await?.map_err(unreadable)?;
        let has_ended = folded.ended.is_some() || folded.abandoned.is_some();
        Ok(Some(match folded.run.kernel.cancellation() {
            Cancellation::Pending if has_ended => Cancellation::TooLate,
            answer => answer,
        }))
    }
}

/// The answer, if there is one. A cancel that is recorded no more ended when the saga parked.
fn told(recorded: Cancellation) -> Option<Cancel> {
    match recorded {
        Cancellation::Accepted => Some(Cancel::Accepted),
        Cancellation::TooLate | Cancellation::None => Some(Cancel::TooLate),
        Cancellation::Pending => None,
    }
}

impl AtHand {
    /// What the run says once it was asked. `recorded`: it is enough that the cancel is recorded.
    async fn says(&self, recorded: bool) -> Said {
        let cancel = async {
            let accepted = self.control.cancel().await;
            // An answer counts only once it is recorded.
            self.shared.settled().await;
            Said::Answered(if accepted {
                Cancel::Accepted
            } else {
                Cancel::TooLate
            })
        };
        let wait = async {
            self.shared.cancel_recorded().await;
            Said::Recorded
        };
        tokio::select! {
            biased;
            said = cancel => said,
            said = wait, if recorded => said,
            () = closed(self.begun.clone()) => Said::Closed,
        }
    }
}
