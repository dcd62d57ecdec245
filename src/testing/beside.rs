//! Plays two sagas against each other, in all orders of their calls.

use super::{
    cast::Cast,
    explore::{Explorer, Saga, World},
    interplay::Interplay,
    known::{Errors, never_sent},
    pair::Player,
    run::{Signals, to_end},
    schedule::Casts,
    stage::Stage,
};
use std::{
    cell::Cell,
    collections::BTreeMap,
    fmt::{self, Debug},
    sync::Arc,
};
use typed_saga_core::{Machine, Prepared, Signals as _, Verdict};

/// The maximum number of schedules that are played, unless the test sets another.
const SCHEDULES: usize = 25_000;

impl<W: Send + Sync + 'static, A: Machine> Explorer<W, A> {
    /// Plays this saga, `A`, against another one, `B`, in the same world, in all orders of their
    /// calls. The result of each order must equal that of running one saga after the other, in one
    /// of the two ways. [`state`](WithoutState::state) sets what is compared. The page
    /// [`guide::testing`](crate::guide::testing#two-sagas-at-once) has an example.
    ///
    /// Of the exploration's settings, the world, the saga, [`error`](Self::error),
    /// [`signal`](Self::signal), [`limit`](Self::limit) and [`only`](Self::only) apply; all others
    /// do nothing here.
    pub fn beside<B: Machine>(
        self,
        saga: impl Fn(&W) -> Prepared<B> + 'static,
    ) -> WithoutState<W, A, B> {
        let b = One {
            saga: Box::new(saga),
            signals: BTreeMap::new(),
        };
        WithoutState { explorer: self, b }
    }
}

/// Two sagas, before the test has set what is compared: see [`Explorer::beside`].
#[must_use = "call `state`, then `run`"]
pub struct WithoutState<W, A: Machine, B: Machine> {
    explorer: Explorer<W, A>,
    b: One<W, B>,
}

impl<W: Send + Sync + 'static, A: Machine, B: Machine> WithoutState<W, A, B> {
    /// Sets what is compared: the state of a world after both sagas. Leave out what depends on the
    /// order or on time alone, such as log lines, counters and generated ids. The values that the
    /// sagas return are compared only if they are part of the state.
    pub fn state<S: PartialEq + Debug>(
        self,
        state: impl Fn(&W) -> S + 'static,
    ) -> Beside<W, A, B, S> {
        let Self { explorer, b } = self;
        Beside {
            world: explorer.world,
            a: One {
                saga: explorer.saga,
                signals: explorer.signals,
            },
            b,
            casts: [explorer.cast, Arc::new(Cast::of(B::DEFINITION))],
            errors: explorer.errors,
            state: Box::new(state),
            limit: explorer.limit.unwrap_or(SCHEDULES),
            only: explorer.only,
        }
    }
}

/// Configures a test of two sagas: see [`Explorer::beside`].
#[must_use = "nothing is played before `run`"]
pub struct Beside<W, A: Machine, B: Machine, S> {
    pub(super) world: World<W>,
    pub(super) a: One<W, A>,
    pub(super) b: One<W, B>,
    pub(super) casts: Casts,
    pub(super) errors: Arc<Vec<Errors>>,
    pub(super) state: Box<dyn Fn(&W) -> S>,
    pub(super) limit: usize,
    only: Option<String>,
}

/// One of the two sagas, as the test makes it.
pub(super) struct One<W, M: Machine> {
    saga: Saga<W, M>,
    signals: Signals<M>,
}

impl<W, M: Machine> One<W, M> {
    pub(super) fn player<'a>(&'a self, world: &'a W, stage: Stage) -> Player<'a> {
        let stage = Arc::new(stage);
        // Made before either saga runs, so that the inputs do not depend on the order of calls.
        let first = Cell::new(Some((self.saga)(world)));
        let prepare = move || first.take().unwrap_or_else(|| (self.saga)(world));
        let of_run = Arc::clone(&stage);
        let run = async move { to_end(prepare, &self.signals, &of_run).await };
        Player {
            stage,
            run: Box::pin(run),
        }
    }
}

impl<W, A, B, S> Beside<W, A, B, S>
where
    W: Send + Sync + 'static,
    A: Machine,
    B: Machine,
    S: PartialEq + Debug,
{
    /// Makes an error of `A` by which a call is refused: the one for [`Verdict::Refused`], or, for
    /// a saga without `#[classify]`, the one for [`Verdict::Transient`]. Without it, no call of `A`
    /// is refused.
    pub fn error(
        self,
        error: impl Fn(Verdict) -> Option<A::Error> + Send + Sync + 'static,
    ) -> Self {
        self.error_of(error)
    }

    /// Makes an error for `B`, or for a child saga, if its error type is different, as
    /// [`error`](Self::error) does.
    pub fn error_of<E: Send + 'static>(
        mut self,
        error: impl Fn(Verdict) -> Option<E> + Send + Sync + 'static,
    ) -> Self {
        Errors::of(error).add_to(&mut self.errors);
        self
    }

    /// Sends this signal to `B` as soon as it waits for it. Call this method once for each signal.
    /// Set those of `A` before you call [`beside`](Explorer::beside).
    pub fn signal(mut self, signal: impl Fn() -> B::Signal + 'static) -> Self {
        let (step, _) = signal().open();
        self.b.signals.insert(step, Box::new(signal));
        self
    }

    /// The maximum number of schedules that are played, those with fewer switches first. Default:
    /// 25,000. The report says up to which number of switches all schedules were played.
    pub fn limit(mut self, schedules: usize) -> Self {
        self.limit = schedules;
        self
    }

    /// Plays only this schedule, in the format of
    /// [`Interference::schedule`](super::Interference::schedule), for example in a debugger: one
    /// letter for each call, `A` for the first saga and `B` for the second, and after a comma the
    /// call that is refused. After the last letter, the last saga continues, and then the other
    /// one.
    pub fn only(mut self, schedule: impl Into<String>) -> Self {
        self.only = Some(schedule.into());
        self
    }

    /// Plays all schedules, each in virtual time.
    ///
    /// # Panics
    /// Within a tokio runtime, because it makes its own; if both are one saga under one id, since
    /// their keys would be equal; if the schedule of [`only`](Self::only) cannot be read or played;
    /// if the sagas do not always make the same calls, because a world or a saga depends on chance
    /// or on real time; or if one of the closures panics.
    #[track_caller]
    pub fn run(self) -> Interplay {
        self.assert_ids();
        let mut report = Interplay::of(self.casts.clone());
        self.note_signals(&mut report);
        match &self.only {
            Some(text) => self.play_only(text, &mut report),
            None => self.play_all(&mut report),
        }
        report
    }

    #[track_caller]
    fn assert_ids(&self) {
        let world = (self.world)();
        let (_, a, _) = (self.a.saga)(&world).into_parts();
        let (_, b, _) = (self.b.saga)(&world).into_parts();
        let name = &A::DEFINITION.name;
        assert!(
            *name != B::DEFINITION.name || a != b,
            "both sagas are {name} `{a}`: give the second one another id, or its keys are those of \
             the first"
        );
    }

    fn note_signals(&self, report: &mut Interplay) {
        let of_a = never_sent(A::DEFINITION, |step| self.a.signals.contains_key(&step));
        let of_b = never_sent(B::DEFINITION, |step| self.b.signals.contains_key(&step));
        of_a.chain(of_b).for_each(|note| report.note(note));
    }
}

impl<W, A: Machine, B: Machine> fmt::Debug for WithoutState<W, A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WithoutState")
            .field("a", &A::DEFINITION.name)
            .field("b", &B::DEFINITION.name)
            .finish_non_exhaustive()
    }
}

impl<W, A: Machine, B: Machine, S> fmt::Debug for Beside<W, A, B, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Beside")
            .field("a", &A::DEFINITION.name)
            .field("b", &B::DEFINITION.name)
            .field("limit", &self.limit)
            .field("only", &self.only)
            .finish_non_exhaustive()
    }
}
