//! Small sagas and what happens to them, in few words.

use std::time::Duration;

use crate::{
    definition::{
        Backoff, Call, Compensation, Definition, DefinitionRef, Group, Kind, Limit, Retry, Step,
        Timing,
    },
    kernel::{Command, End, Event, Kernel, Lane, StepState, Verdict, Waiting},
};

pub(super) fn times(n: u32) -> Retry {
    Retry {
        limit: Limit::Times(n),
        backoff: Backoff {
            base: Timing::Fixed(Duration::from_millis(7)),
            cap: Timing::Fixed(Duration::from_millis(70)),
            jitter: false,
        },
        conditional: false,
    }
}

fn of_kind(kind: Kind, compensation: Compensation) -> Step {
    Step {
        name: "step".into(),
        kind,
        compensation,
        ..Step::PLAIN
    }
}

fn declared(by_key: bool) -> Compensation {
    let call = Call::PLAIN;
    Compensation::Declared { by_key, call }
}

/// With a plain compensation.
pub(super) fn step() -> Step {
    of_kind(Kind::Step, declared(false))
}

/// With `compensate none`.
pub(super) fn lasting() -> Step {
    of_kind(Kind::Step, Compensation::None)
}

/// After the pivot; idempotent.
pub(super) fn last() -> Step {
    of_kind(Kind::Step, Compensation::Absent).idempotent()
}

pub(super) fn read() -> Step {
    of_kind(Kind::Read, Compensation::Absent)
}

/// Idempotent.
pub(super) fn pivot() -> Step {
    of_kind(Kind::Pivot, Compensation::Absent).idempotent()
}

/// What else a step says.
pub(super) trait Declare {
    fn idempotent(self) -> Self;
    /// With a compensation that settles doubt.
    fn by_key(self) -> Self;
    /// How often its compensation is tried.
    fn undo(self, n: u32) -> Self;
    fn resolve(self) -> Self;
    fn resolve_times(self, n: u32) -> Self;
    fn late(self) -> Self;
    fn retry(self, n: u32) -> Self;
    fn fallback(self) -> Self;
    fn when(self) -> Self;
    fn savepoint(self, n: u32) -> Self;
    /// It reads what these steps gave.
    fn on(self, steps: &'static [u16]) -> Self;
    /// It reads what these siblings gave.
    fn awaits(self, siblings: &'static [u16]) -> Self;
}

impl Declare for Step {
    fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    fn by_key(mut self) -> Self {
        self.compensation = declared(true);
        self
    }

    fn undo(mut self, n: u32) -> Self {
        if let Compensation::Declared { call, .. } = &mut self.compensation {
            call.retry = Some(times(n));
        }
        self
    }

    fn resolve(mut self) -> Self {
        self.resolve = Some(Call::PLAIN);
        self
    }

    fn resolve_times(mut self, n: u32) -> Self {
        self.resolve = Some(Call {
            retry: Some(times(n)),
            ..Call::PLAIN
        });
        self
    }

    fn late(mut self) -> Self {
        self.late = Some(Timing::Fixed(Duration::from_secs(30)));
        self
    }

    fn retry(mut self, n: u32) -> Self {
        self.retry = Some(times(n));
        self
    }

    fn fallback(mut self) -> Self {
        self.fallback = Some(Call::PLAIN);
        self
    }

    fn when(mut self) -> Self {
        self.when = Some([][..].into());
        self
    }

    fn savepoint(mut self, n: u32) -> Self {
        self.savepoint = Some(times(n));
        self
    }

    fn on(mut self, steps: &'static [u16]) -> Self {
        self.stands_on = steps.into();
        self
    }

    fn awaits(mut self, siblings: &'static [u16]) -> Self {
        self.awaits = siblings.into();
        self.on(siblings)
    }
}

/// The steps from index `first` on, as one group.
pub(super) fn group(first: u16, steps: impl IntoIterator<Item = Step>) -> Vec<Step> {
    let mut steps: Vec<_> = steps.into_iter().collect();
    let len = u16::try_from(steps.len()).unwrap();
    for step in &mut steps {
        step.group = Some(Group { first, len });
    }
    steps
}

pub(super) fn definition(steps: impl IntoIterator<Item = Step>) -> Definition {
    let steps: Vec<_> = steps.into_iter().collect();
    let pivot = steps.iter().position(|step| step.kind == Kind::Pivot);
    Definition {
        name: "Test".into(),
        classified: true,
        output: "()".into(),
        error: "()".into(),
        steps: steps.into(),
        pivot: pivot.map(|at| u16::try_from(at).unwrap()),
        ..Definition::EMPTY
    }
}

pub(super) type Saga = Kernel<Vec<StepState>>;

pub(super) fn memory(steps: impl IntoIterator<Item = Step>) -> Saga {
    saga(definition(steps), false)
}

pub(super) fn durable(steps: impl IntoIterator<Item = Step>) -> Saga {
    saga(definition(steps), true)
}

pub(super) fn saga(definition: impl Into<DefinitionRef>, durable: bool) -> Saga {
    let definition = definition.into();
    let states = vec![StepState::NEW; definition.steps.len()];
    Kernel::new(definition, states, durable)
}

impl Saga {
    /// Applies the event, which must fit.
    pub(super) fn hear(&mut self, event: Event) -> &mut Self {
        if let Err(illegal) = self.apply(event) {
            panic!("{illegal}: {self:?}");
        }
        self
    }

    /// An attempt of the step is made and gives this report.
    pub(super) fn act(&mut self, step: u16, report: fn(u16) -> Event) -> &mut Self {
        self.hear(Event::Attempting { step }).hear(report(step))
    }

    /// These steps are applied at once.
    pub(super) fn apply_all(&mut self, steps: impl IntoIterator<Item = u16>) -> &mut Self {
        for step in steps {
            self.act(step, applied);
        }
        self
    }

    pub(super) fn resolve(&mut self, step: u16, answer: fn(u16) -> Event) -> &mut Self {
        self.hear(Event::Resolving { step }).hear(answer(step))
    }

    pub(super) fn compensate(&mut self, step: u16, report: fn(u16) -> Event) -> &mut Self {
        self.hear(Event::Compensating { step }).hear(report(step))
    }

    pub(super) fn fall_back(&mut self, step: u16, report: fn(u16) -> Event) -> &mut Self {
        self.hear(Event::FallingBack { step }).hear(report(step))
    }

    pub(super) fn wait(&mut self, step: u16) -> &mut Self {
        self.hear(Event::Waited { step })
    }

    /// The call is lost so often in a row, and made again each time but the last.
    pub(super) fn lose(&mut self, step: u16, begin: fn(u16) -> Event, times: usize) -> &mut Self {
        for time in 0..times {
            if time > 1 {
                self.wait(step);
            }
            self.hear(begin(step)).hear(lost(step));
        }
        self
    }

    pub(super) fn is_compensating(&self, step: u16) -> bool {
        self.next() == Command::Compensate { step }
    }

    pub(super) fn is_attempting(&self, step: u16) -> bool {
        self.next() == Command::Attempt { step }
    }

    pub(super) fn end(&self) -> Option<End> {
        match self.next() {
            Command::End(end) => Some(end),
            _ => None,
        }
    }
}

pub(super) const fn backoff(step: u16, what: Waiting, failure: u32) -> Command {
    Command::Backoff {
        step,
        what,
        failure,
    }
}

/// What a call waits that was lost in a row.
pub(super) const fn after_loss(step: u16, what: Waiting, seconds: u16) -> Command {
    Command::AfterLoss {
        step,
        what,
        seconds,
    }
}

pub(super) const fn attempting(step: u16) -> Event {
    Event::Attempting { step }
}

pub(super) const fn resolving(step: u16) -> Event {
    Event::Resolving { step }
}

pub(super) const fn compensating(step: u16) -> Event {
    Event::Compensating { step }
}

pub(super) const fn falling_back(step: u16) -> Event {
    Event::FallingBack { step }
}

pub(super) const fn run(command: Command) -> Lane {
    Lane::Run(command)
}

pub(super) const fn applied(step: u16) -> Event {
    Event::Applied { step }
}

pub(super) const fn unrecordable(step: u16) -> Event {
    Event::Unrecordable { step }
}

pub(super) const fn rejected(step: u16, verdict: Verdict) -> Event {
    Event::Rejected {
        step,
        verdict,
        abort: false,
        again: true,
        late_passed: true,
    }
}

pub(super) const fn refused(step: u16) -> Event {
    rejected(step, Verdict::Refused)
}

/// Before `#[late]` has passed.
pub(super) const fn refused_early(step: u16) -> Event {
    Event::Rejected {
        step,
        verdict: Verdict::Refused,
        abort: false,
        again: true,
        late_passed: false,
    }
}

pub(super) const fn transient(step: u16) -> Event {
    rejected(step, Verdict::Transient)
}

pub(super) const fn unknown(step: u16) -> Event {
    rejected(step, Verdict::Unknown)
}

/// The `if` of its `#[retry]` does not agree.
pub(super) const fn not_again(step: u16) -> Event {
    Event::Rejected {
        step,
        verdict: Verdict::Transient,
        abort: false,
        again: false,
        late_passed: true,
    }
}

pub(super) const fn aborting(step: u16) -> Event {
    Event::Rejected {
        step,
        verdict: Verdict::Transient,
        abort: true,
        again: true,
        late_passed: true,
    }
}

pub(super) const fn timed_out(step: u16) -> Event {
    Event::TimedOut { step }
}

pub(super) const fn panicked(step: u16) -> Event {
    Event::Panicked { step }
}

pub(super) const fn lost(step: u16) -> Event {
    let counted = false;
    Event::Lost { step, counted }
}

/// On record by the earlier rule.
pub(super) const fn lost_counted(step: u16) -> Event {
    let counted = true;
    Event::Lost { step, counted }
}

pub(super) const fn happened(step: u16) -> Event {
    let happened = true;
    Event::Resolved { step, happened }
}

pub(super) const fn did_not_happen(step: u16) -> Event {
    let happened = false;
    Event::Resolved { step, happened }
}

pub(super) const fn unresolved(step: u16) -> Event {
    Event::ResolveFailed { step }
}

pub(super) const fn compensated(step: u16) -> Event {
    Event::Compensated { step }
}

pub(super) const fn not_compensated(step: u16) -> Event {
    Event::CompensationFailed { step }
}

pub(super) const fn fell_back(step: u16) -> Event {
    Event::FellBack { step }
}

pub(super) const fn declined(step: u16) -> Event {
    Event::FallbackDeclined { step }
}
