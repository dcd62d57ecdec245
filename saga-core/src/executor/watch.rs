//! Who may interrupt a run, and who observes it.

use super::{Control, Core};
use crate::{
    error::{Cause, Failure},
    id::{self, Id},
    journal::Journal,
    kernel::{Cancellation, Event},
    machine::{Machine, Scope},
    observe::{Audience, Observer, What},
    outcome::{Summary, unsettled},
};
use std::{sync::Arc, task::Context, time::Duration};
use tokio::time::Instant;

/// What a caller set before the run.
#[derive(Default)]
pub(crate) struct Settings {
    pub(crate) control: Option<Arc<Control>>,
    /// From the start on.
    pub(crate) deadline: Option<Duration>,
    pub(crate) observers: Vec<Arc<dyn Observer>>,
    /// Of the waits that are drawn.
    pub(crate) seed: Option<u64>,
}

/// The same for a run that has started.
#[derive(Default)]
pub(crate) struct Watch {
    control: Option<Arc<Control>>,
    deadline: Option<Instant>,
    cancel_heard: bool,
    deadline_heard: bool,
    ended: bool,
    seed: Option<u64>,
    /// Shared with the calls that run, which are polled within its observers.
    audience: Option<Arc<Audience>>,
}

impl Watch {
    /// `None`, if there is nobody.
    pub(crate) fn of(
        saga: &'static str,
        id: impl FnOnce() -> Id,
        settings: Option<Box<Settings>>,
    ) -> Option<Box<Self>> {
        let audience = |own| Audience::gather(saga, id, own);
        let Some(settings) = settings else {
            return audience(Vec::new()).map(|audience| {
                Box::new(Self {
                    audience: Some(audience),
                    ..Self::default()
                })
            });
        };
        Some(Box::new(Self {
            control: settings.control,
            deadline: settings
                .deadline
                .and_then(|limit| Instant::now().checked_add(limit)),
            audience: audience(settings.observers),
            seed: settings.seed,
            ..Self::default()
        }))
    }

    /// Who may ask to cancel, until it has been heard.
    fn control(&self) -> Option<&Control> {
        self.control.as_deref().filter(|_| !self.cancel_heard)
    }
}

impl<M: Machine> Core<M> {
    /// The deadline, until it has been heard.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let watch = self.watch.as_ref().filter(|watch| !watch.deadline_heard)?;
        watch.deadline
    }

    /// An even draw from `u64`: from the run's seed, if it has one.
    pub(super) fn random(&mut self) -> u64 {
        let seed = self.watch.as_mut().and_then(|watch| watch.seed.as_mut());
        seed.map_or_else(id::random, split_mix)
    }

    /// A request to cancel, or else the deadline, is on record already.
    pub(super) fn heard(&mut self, cancel: bool) {
        if let Some(watch) = &mut self.watch {
            watch.cancel_heard |= cancel;
            watch.deadline_heard |= !cancel;
        }
    }

    /// Has the run woken when somebody asks to cancel, and says whether somebody has.
    pub(super) fn poll_requested(&self, cx: &Context<'_>) -> bool {
        let control = self.watch.as_ref().and_then(|watch| watch.control());
        control.is_some_and(|control| control.poll_requested(cx))
    }

    /// Hears what there is to hear, and has the run woken when there is more.
    #[inline]
    pub(super) fn listen<J: Journal>(&mut self, scope: &Scope<'_, J>, cx: &Context<'_>) {
        if self.watch.is_some() {
            self.poll_requested(cx);
            self.hear(scope);
        }
    }

    /// Tells the kernel of a cancel or a deadline, once each.
    #[inline]
    pub(super) fn hear<J: Journal>(&mut self, scope: &Scope<'_, J>) {
        if self.watch.is_some() {
            self.hear_watched(scope);
        }
    }

    #[inline(never)]
    fn hear_watched<J: Journal>(&mut self, scope: &Scope<'_, J>) {
        let Some(watch) = &mut self.watch else { return };
        let cancels = watch.control().is_some_and(Control::is_requested);
        let late = !watch.deadline_heard
            && watch
                .deadline
                .is_some_and(|deadline| Instant::now() >= deadline);
        watch.cancel_heard |= cancels;
        watch.deadline_heard |= late;
        if cancels {
            self.apply(scope, Event::CancelRequested);
        }
        if late {
            self.apply(scope, Event::DeadlinePassed);
        }
        self.answer();
    }

    /// Passes the kernel's answer to a cancel on, and makes an accepted one the failure of a run that had none.
    #[inline]
    pub(super) fn answer(&mut self) {
        if self.watch.is_some() {
            self.answer_watched();
        }
    }

    #[inline(never)]
    fn answer_watched(&mut self) {
        if let Some(control) = self.watch.as_ref().and_then(|watch| watch.control.as_ref()) {
            match self.kernel.cancellation() {
                Cancellation::Accepted => control.answer(true),
                Cancellation::TooLate => control.answer(false),
                Cancellation::None | Cancellation::Pending => {}
            }
        }
        // A failure that is on record already is filed by who heard of it.
        if self.failures.is_open() && self.kernel.first_failed().is_none() {
            if self.kernel.cancellation() == Cancellation::Accepted {
                self.failures.report(Failure::whole(Cause::Cancelled));
            } else if self.kernel.deadline() == Cancellation::Accepted {
                self.failures
                    .report(Failure::whole(Cause::DeadlineExceeded));
            }
        }
    }

    /// The run has ended: nothing interrupts it any more, and its observers are told how.
    pub(super) fn close(&mut self, summary: impl FnOnce(&Self) -> Summary) {
        let Some(mut watch) = self.watch.take() else {
            return;
        };
        if let Some(control) = watch.control.take() {
            control.answer(false);
        }
        watch.ended = true;
        if let Some(audience) = &watch.audience {
            audience.tell(&What::Finished {
                summary: &summary(self),
            });
        }
        self.watch = Some(watch);
    }

    /// The run begins, or is taken up again.
    pub(super) fn open(&mut self, what: &What<'_>) {
        if let Some(watch) = &mut self.watch {
            watch.ended = false;
            if let Some(audience) = &watch.audience {
                audience.tell(what);
            }
        }
    }

    pub(super) fn audience(&self) -> Option<&Arc<Audience>> {
        self.watch
            .as_ref()
            .and_then(|watch| watch.audience.as_ref())
    }
}

/// A run that is dropped before its end is abandoned: what could have taken it over was not there.
impl<M: Machine> Drop for Core<M> {
    fn drop(&mut self) {
        // What a durable run leaves is in its journal.
        if self.kernel.is_durable() {
            return;
        }
        if let Some(watch) = self.watch.take().filter(|watch| !watch.ended) {
            if let Some(audience) = &watch.audience {
                audience.tell(&What::Abandoned {
                    unsettled: &unsettled(self),
                });
            }
        }
    }
}

/// The next number of a seeded sequence: split-mix with 64 bits (Steele, Lea, Flood: *Fast Splittable Pseudorandom Number Generators*, 2014).
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::split_mix;

    /// The first numbers that the authors' `splitmix64.c` gives for this seed.
    #[test]
    fn draws_as_its_authors_do() {
        let mut state = 1_234_567;
        let drawn = [0; 3].map(|_| split_mix(&mut state));
        assert_eq!(
            drawn,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }
}
