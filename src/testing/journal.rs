//! The journal of a run with faults in its calls.

use super::{
    fault::{Fault, limit},
    identity::Identity,
    stage::Stage,
};
use std::{
    any::TypeId,
    future::{Future, pending, poll_fn},
    panic::resume_unwind,
    sync::Arc,
    task::{self, Poll},
    time::Duration,
};
use tokio::time::sleep;
use typed_saga_core::{
    Attached, Before, CallSite, Cause, Codec, Encode, Encoded, End, Place, Tray, Verdict,
    kernel::{Command, Event},
    run::{Boxed, Caught, Driven, DrivenItems, Drives, LoopReport},
};

/// The journal of one run of a path.
pub(super) struct Journal {
    pub(super) stage: Arc<Stage>,
    /// The number of the run.
    pub(super) generation: u32,
}

impl typed_saga_core::Journal for Journal {
    // So that the journal receives each event. The run alone decides how often calls are retried.
    const DURABLE: bool = true;

    fn note(&self, place: Option<&Place<'_>>, event: Event, with: Attached) {
        self.stage.note(self.generation, place, event, with);
    }

    fn wait(&self, place: Option<&Place<'_>>, command: Command, wait: Duration) {
        if let Some((step, before)) = Before::of(command) {
            let step = self.stage.cast.at(place, step);
            self.stage.wait(self.generation, step, before, wait);
        }
    }

    fn poll_keys(&self, step: u16, cx: &task::Context<'_>) -> Poll<()> {
        self.stage.poll_keys(step, cx)
    }

    fn withdraw(&self, step: u16) {
        self.stage.withdraw(self.generation, step);
    }

    fn read_back<T>(
        &self,
        place: Option<&Place<'_>>,
        step: Option<u16>,
        what: &str,
        codec: &Codec<T>,
        value: T,
    ) -> (T, Encoded) {
        let step = step.map(|step| self.stage.cast.at(place, step));
        self.stage.read_back(step, what, codec, value)
    }

    async fn perform<'a, T, E, F, C>(
        &'a self,
        place: Option<&'a Place<'a>>,
        (at, tray): (CallSite, Option<&'a Tray>),
        codec: C,
        attempt: F,
    ) -> Result<T, Cause<E>>
    where
        T: Send + 'a,
        E: Send + 'static,
        F: Future<Output = Result<T, Cause<E>>> + Send + 'a,
        C: Encode<T> + 'a,
    {
        let identity = Identity::of(&self.stage, place, at);
        let at = self.site(place, at);
        // The turn lasts until the outcome of the call is known.
        let turn = self.stage.turn().await;
        let Some((index, fault)) = self.stage.begin::<E>(self.generation, at, identity) else {
            drop(turn);
            return pending().await;
        };
        if let Some(turn) = &turn {
            turn.begins(index);
        }
        let attempt = Caught::new(attempt);
        let outcome = match fault {
            None => (attempt.await, true),
            Some(fault) => self.fault(at, fault, attempt).await,
        };
        let call = (index, at, tray);
        self.stage.end(self.generation, call, &codec, outcome)
    }
}

/// Compiled here, once, whatever sagas the program has.
impl Drives for Journal {
    #[inline(never)]
    fn drive(run: Driven<'_, Self>) -> Boxed<'_, End> {
        Box::pin(run.run())
    }

    #[inline(never)]
    fn drive_items<'a: 'm, 'm>(items: DrivenItems<'a, 'm, Self>) -> Boxed<'m, Box<LoopReport>> {
        Box::pin(items.run())
    }
}

impl Journal {
    /// The call site, with the number that the cast gives to the step.
    fn site(&self, place: Option<&Place<'_>>, at: CallSite) -> CallSite {
        let step = self.stage.cast.at(place, at.step);
        CallSite { step, ..at }
    }

    /// Makes a call go wrong. Returns its outcome, and whether the call itself, not the fault,
    /// decided it.
    async fn fault<T, E, F>(
        &self,
        at: CallSite,
        fault: Fault,
        attempt: F,
    ) -> (Result<T, Cause<E>>, bool)
    where
        E: Send + 'static,
        F: Future<Output = Result<T, Cause<E>>>,
    {
        match fault {
            Fault::Fails(verdict) | Fault::FailsForGood(verdict) => {
                (self.error(verdict).await, false)
            }
            Fault::Panics => (panics().await, false),
            Fault::TimesOut => (self.times_out(at).await, false),
            Fault::LostInTime | Fault::LostUnknown | Fault::HalfDone | Fault::LostInPanic => {
                match attempt.await {
                    Ok(_) => (self.lose(at, fault).await, false),
                    other => (other, true),
                }
            }
            Fault::Outage => {
                let outage = Outage::begin(&self.stage);
                let outcome = attempt.await;
                drop(outage);
                (outcome, true)
            }
            Fault::CrashBefore => self.crash().await,
            Fault::CrashUnrecorded => {
                let _ = attempt.await;
                self.crash().await
            }
            Fault::CrashRecorded => {
                let outcome = attempt.await;
                self.stage.crash_once_recorded(at.step);
                (outcome, true)
            }
            // A path has these faults only at signals, which are not calls.
            Fault::SentEarly | Fault::SentTwice | Fault::SentLate | Fault::NeverSent => {
                (attempt.await, true)
            }
            Fault::ArrivesLate | Fault::ArrivesSettled => {
                let _ = self.times_out::<T, E>(at).await;
                self.arrive(at.step, fault, attempt).await
            }
        }
    }

    /// Loses the answer of a call that took effect.
    async fn lose<T, E: 'static>(&self, at: CallSite, fault: Fault) -> Result<T, Cause<E>> {
        match fault {
            Fault::LostInTime => self.times_out(at).await,
            Fault::LostUnknown => self.error(Verdict::Unknown).await,
            Fault::HalfDone => self.error(Verdict::Partial).await,
            _ => panics().await,
        }
    }

    async fn error<T, E: 'static>(&self, verdict: Verdict) -> Result<T, Cause<E>> {
        let error = (self.stage.errors)(TypeId::of::<E>(), verdict)
            .and_then(|error| error.downcast::<E>().ok());
        match error {
            Some(error) => Err(Cause::Failed(*error)),
            None => panics().await,
        }
    }

    async fn times_out<T, E>(&self, at: CallSite) -> Result<T, Cause<E>> {
        let step = self.stage.cast.part(at.step).declared;
        // A path that is passed to `only` may let any call time out.
        sleep(limit(step, at.call).unwrap_or(Duration::ZERO)).await;
        Err(Cause::TimedOut)
    }

    async fn crash<T>(&self) -> T {
        self.stage.crash();
        pending().await
    }

    /// The run is left behind here, with a request that has not arrived: later it does nothing but
    /// make that request.
    async fn arrive<T>(&self, step: u16, fault: Fault, request: impl Future) -> T {
        let after = match fault {
            Fault::ArrivesLate => (self.stage.lateness)(step),
            _ => Duration::ZERO,
        };
        self.stage.send_off(step, fault);
        sleep(after).await;
        if fault == Fault::ArrivesSettled {
            // It is polled after each poll of the run that continues, so it needs no waker.
            poll_fn(|_| ready_if(self.stage.is_settled(step))).await;
        }
        self.stage.arrives(step, after);
        request.await;
        self.stage.has_arrived(step);
        pending().await
    }
}

/// Panics without the panic hook, which would print.
async fn panics<T, E>() -> Result<T, Cause<E>> {
    let panics = poll_fn(|_| resume_unwind(Box::new("a panic of the test's")));
    Caught::new(panics).await
}

pub(super) fn ready_if(ready: bool) -> Poll<()> {
    if ready {
        Poll::Ready(())
    } else {
        Poll::Pending
    }
}

/// All services are down until this is dropped.
struct Outage<'a>(&'a Stage);

impl<'a> Outage<'a> {
    fn begin(stage: &'a Stage) -> Self {
        let outage = Self(stage);
        outage.set(true);
        outage
    }

    fn set(&self, down: bool) {
        if let Some(set) = &self.0.outage {
            set(down);
        }
    }
}

impl Drop for Outage<'_> {
    fn drop(&mut self) {
        self.set(false);
    }
}
