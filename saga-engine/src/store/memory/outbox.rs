//! The events in a [`Memory`](super::Memory).

use super::data::{Data, Event, Living};
use crate::store::{
    Delivery, Epoch, EventChange, EventClaim, EventFilter, EventHold, EventRow, EventStat,
    EventsOf, NewEvent, SagaId, StoreError, Time,
};
use std::collections::BTreeMap;

impl Event {
    fn due(&mut self, due: Time, now: Time) {
        (self.row.due, self.changed) = (Some(due), now);
    }

    /// Adapts to a clock that was set back: an event is due no later from now than it was from its
    /// last change.
    pub(super) fn set_clock(&mut self, now: Time) {
        if let Some(due) = self.row.due.filter(|due| *due > now && self.changed > now) {
            self.due(now.after(due.since(self.changed)), now);
        }
    }
}

impl Data {
    /// Writes the events of a saga after the existing ones. `by` is the epoch that claims the first
    /// event, if that is due.
    pub(super) fn write_events(
        &mut self,
        id: &SagaId,
        events: Vec<NewEvent>,
        now: Time,
        by: Option<Epoch>,
    ) {
        let Some(saga) = self.sagas.get_mut(id) else {
            return;
        };
        let first = saga.events.len();
        for NewEvent { key, payload } in events {
            self.written += 1;
            let row = EventRow {
                position: self.written,
                saga: id.clone(),
                number: saga.events.len() as u64,
                key,
                payload,
                written: now,
                delivered: None,
                due: None,
                claimed: None,
                turn: 0,
                failures: 0,
                lost: 0,
                why: None,
                skipped: None,
            };
            saga.events.push(Event {
                row,
                until: None,
                changed: now,
            });
        }
        next_is_due(&mut saga.events, now);
        let first = saga.events.get_mut(first);
        if let (Some(Event { row, .. }), Some(by)) = (first, by) {
            if row.due.is_some() {
                (row.claimed, row.turn) = (Some(by), 1);
            }
        }
    }

    fn outbox(&self) -> impl Iterator<Item = &Event> {
        self.sagas.values().flat_map(|saga| &saga.events)
    }

    pub(super) fn events(&self, filter: &EventFilter) -> Vec<EventRow> {
        let rows = self.outbox().map(|event| &event.row);
        let mut fit: Vec<_> = rows.filter(|row| filter.fits(row)).cloned().collect();
        fit.sort_by_key(|row| row.position);
        fit.truncate(filter.limit.unwrap_or(usize::MAX));
        fit
    }

    pub(super) fn undelivered(&self) -> Vec<EventStat> {
        let mut stats = BTreeMap::new();
        for Event { row, .. } in self.outbox() {
            if row.delivered.is_none() {
                let name = &row.saga.saga;
                let stat = stats.entry(name.clone()).or_insert_with(|| EventStat {
                    saga: name.clone(),
                    undelivered: 0,
                    stuck: 0,
                    oldest: row.written,
                });
                stat.undelivered += 1;
                stat.stuck += u64::from(row.is_stuck());
                stat.oldest = stat.oldest.min(row.written);
            }
        }
        stats.into_values().collect()
    }

    /// Whether a living worker has claimed it.
    fn is_claimed(&self, event: &Event, now: Time) -> bool {
        let by = event.row.claimed;
        let by = by.and_then(|epoch| Living::under(epoch, &self.workers));
        by.is_some_and(|by| by.expires.is_none_or(|expires| now < expires))
    }

    /// Whether it is claimed, and the claim has not ended by itself either.
    fn is_held(&self, event: &Event, now: Time) -> bool {
        self.is_claimed(event, now) && event.until.is_none_or(|until| now < until)
    }

    pub(super) fn claim_events(
        &mut self,
        epoch: Epoch,
        claim: &EventClaim,
        now: Time,
    ) -> Vec<EventRow> {
        let meant = self.sagas.values().filter(|saga| {
            claim.of.fits(&saga.stored.row.saga.saga)
                && !saga.events.iter().any(|event| self.is_held(event, now))
        });
        let due = meant.filter_map(|saga| {
            let mut rows = saga.events.iter().map(|event| &event.row);
            rows.find(|row| row.due.is_some_and(|due| due <= now))
        });
        let mut due: Vec<_> = due
            .map(|row| {
                let lost = row.claimed.is_some();
                (row.due, row.position, row.saga.clone(), row.number, lost)
            })
            .collect();
        due.sort();
        due.truncate(claim.limit);
        // No living worker holds these events: a claim that is still there was never answered.
        let is_lost = |(.., lost): &(_, _, _, _, bool)| *lost;
        if due.first().is_some_and(is_lost) {
            due.truncate(1);
        } else {
            due.retain(|event| !is_lost(event));
        }
        let mut claimed = Vec::new();
        for (_, _, saga, number, lost) in due {
            let Some(event) = self.event(&saga, number) else {
                continue;
            };
            let row = &mut event.row;
            row.lost += u32::from(lost);
            if row.lost >= EventRow::STUCK {
                let why = EventRow::given_up(row.lost);
                (row.due, row.claimed, row.failures) = (None, None, EventRow::STUCK);
                row.why = Some(why.into());
                continue;
            }
            row.claimed = Some(epoch);
            row.turn += 1;
            event.until = claim.lease.map(|lease| now.after(lease));
            claimed.push(event.row.clone());
        }
        claimed
    }

    pub(super) fn next_event(&self, of: &EventsOf, now: Time) -> Option<Time> {
        let meant = self.outbox().filter(|event| of.fits(&event.row.saga.saga));
        let due = meant.filter_map(|event| {
            let due = event.row.due?;
            if self.is_claimed(event, now) {
                return event.until.map(|until| due.max(until));
            }
            Some(due)
        });
        due.min()
    }

    fn event(&mut self, saga: &SagaId, number: u64) -> Option<&mut Event> {
        let events = &mut self.sagas.get_mut(saga)?.events;
        events.get_mut(usize::try_from(number).ok()?)
    }

    pub(super) fn handed_over(
        &mut self,
        epoch: Epoch,
        hold: EventHold,
        how: Delivery,
        now: Time,
    ) -> Result<(), StoreError> {
        let EventHold { saga, number, turn } = hold;
        let claimed = self.event(&saga, number);
        let Some(event) = claimed.filter(|event| event.row.turn == turn) else {
            return Err(StoreError::NotHeld { saga });
        };
        let row = &mut event.row;
        if row.claimed != Some(epoch) {
            let was_answered = row.claimed.is_none()
                && match how {
                    Delivery::Acknowledged => row.delivered.is_some(),
                    Delivery::Failed { why, .. } | Delivery::Refused { why } => {
                        row.why == Some(why)
                    }
                    Delivery::Release => true,
                };
            return if was_answered {
                Ok(())
            } else {
                Err(StoreError::NotHeld { saga })
            };
        }
        row.claimed = None;
        match how {
            Delivery::Acknowledged => {
                (row.delivered, row.due) = (Some(now), None);
                (row.failures, row.lost, row.why) = (0, 0, None);
                if let Some(saga) = self.sagas.get_mut(&saga) {
                    next_is_due(&mut saga.events, now);
                }
            }
            Delivery::Failed { why, due } => {
                (row.failures, row.lost) = (row.failures + 1, 0);
                row.why = Some(why);
                event.due(due, now);
            }
            Delivery::Refused { why } => {
                (row.due, row.failures, row.lost) = (None, EventRow::STUCK, 0);
                row.why = Some(why);
            }
            Delivery::Release => {}
        }
        Ok(())
    }

    pub(super) fn decide(
        &mut self,
        id: &SagaId,
        number: u64,
        change: &EventChange,
        now: Time,
    ) -> bool {
        let Some(saga) = self.sagas.get(id) else {
            return false;
        };
        let events = &saga.events;
        let it = events.iter().find(|event| event.row.number == number);
        let skipped = it.and_then(|event| event.row.skipped.as_deref());
        if matches!(change, EventChange::Skip { why } if skipped == Some(why)) {
            return true;
        }
        if events.iter().any(|event| self.is_held(event, now)) {
            return false;
        }
        let first = events.iter().find(|event| event.row.delivered.is_none());
        let first = first.map(|event| event.row.number);
        let waits = first.is_some_and(|first| first < number);
        let is_delivered = first.is_none_or(|first| number < first);
        let is_there = it.is_some();
        let fits = *change == EventChange::Redeliver || !is_delivered;
        let Some(saga) = self
            .sagas
            .get_mut(id)
            .filter(|_| is_there && !waits && fits)
        else {
            return false;
        };
        for Event { row, .. } in &mut saga.events {
            let was_due = row.due.take().is_some();
            row.claimed = None;
            if was_due {
                // A later one waits again: it is not stuck.
                (row.failures, row.why) = (0, None);
            }
            if row.number == number {
                (row.failures, row.lost, row.why) = (0, 0, None);
                (row.delivered, row.skipped) = match change {
                    EventChange::Redeliver => (None, None),
                    EventChange::Skip { why } => (Some(now), Some(why.as_str().into())),
                };
            }
        }
        next_is_due(&mut saga.events, now);
        true
    }
}

/// Makes the first undelivered event due, unless it already is, or was set aside.
fn next_is_due(events: &mut [Event], now: Time) {
    let next = events
        .iter_mut()
        .find(|event| event.row.delivered.is_none());
    if let Some(event) = next.filter(|event| event.row.due.is_none() && !event.row.is_stuck()) {
        event.due(now, now);
    }
}
