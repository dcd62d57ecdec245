//! All that a declaration says, for people and tools to read.

use std::{fmt, time::Duration};

use saga_definition::{Call, CallKind, Limit, List, Text};

use crate::{
    Analysis, Bound, Cause, Endless, Park, Why,
    bound::{multiplied, plus},
};

/// What the declaration of a saga says. Its text is the one that people read.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// How long until the decision.
    pub decided: Bound,
    /// How long until the end.
    pub ends: Bound,
    /// How often code that reads each service runs.
    pub services: Vec<(Text, Limit)>,
    /// Every way to park, with the names of the steps on the way to it, and of what is kept with it.
    pub parks: Vec<(Vec<Text>, Cause, Vec<Text>)>,
    /// The names of the steps, by index.
    names: Vec<Text>,
}

impl Analysis<'_> {
    /// Everything at once.
    #[must_use]
    pub fn report(&self) -> Report {
        Report {
            decided: self.decided_within(),
            ends: self.ends_within(),
            services: self.services(),
            parks: self.parks().iter().map(|park| self.named(park)).collect(),
            names: self.saga.steps.iter().map(|it| it.name.clone()).collect(),
        }
    }

    /// How often code that reads each service runs.
    #[must_use]
    pub fn services(&self) -> Vec<(Text, Limit)> {
        let services = self.saga.services.iter().map(|service| &service.name);
        services
            .map(|service| {
                let runs = self.steps().map(|step| self.runs_with(step, service));
                (service.clone(), runs.fold(Limit::Times(0), plus))
            })
            .collect()
    }

    fn runs_with(&self, step: u16, service: &Text) -> Limit {
        let declared = self.step(step);
        if let Some(child) = declared.saga() {
            let rounds = self.calls(step, CallKind::Action);
            let Some(inside) = self.child(child).map(|inside| inside.services()) else {
                let is_given = child.services.contains(service);
                return if is_given {
                    Limit::Forever
                } else {
                    Limit::Times(0)
                };
            };
            let given = child.services.iter().zip(inside);
            let given = given.filter(|(name, _)| *name == service);
            let runs = given.map(|(_, (_, runs))| runs).fold(Limit::Times(0), plus);
            return multiplied(runs, rounds);
        }
        let of = |call: Option<&Call>| call.is_some_and(|call| reads(&call.reads, service));
        let calls = [
            (CallKind::Action, reads(&declared.reads, service)),
            (CallKind::Resolve, of(declared.resolve.as_ref())),
            (CallKind::Fallback, of(declared.fallback.as_ref())),
            (
                CallKind::Compensate,
                of(declared.compensation.declared().map(|(_, call)| call)),
            ),
        ];
        let calls = calls.into_iter().filter(|(_, is_read)| *is_read);
        calls
            .map(|(call, _)| self.calls(step, call))
            .fold(Limit::Times(0), plus)
    }

    fn named(&self, park: &Park) -> (Vec<Text>, Cause, Vec<Text>) {
        let kept = park.kept.iter().map(|&step| self.step(step).name.clone());
        (self.names_on(&park.path), park.cause, kept.collect())
    }

    fn names_on(&self, path: &[u16]) -> Vec<Text> {
        let Some((&first, inside)) = path.split_first() else {
            return Vec::new();
        };
        let declared = self.step(first);
        let child = declared.saga().and_then(|child| self.child(child));
        let below = child.map_or_else(Vec::new, |child| child.names_on(inside));
        [vec![declared.name.clone()], below].concat()
    }
}

fn reads(names: &List<Text>, name: &Text) -> bool {
    names.contains(name)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "decided within   {}", self.told(self.decided))?;
        writeln!(f, "ends within      {}", self.told(self.ends))?;
        for (name, runs) in &self.services {
            let runs = match runs {
                Limit::Times(times) => times.to_string(),
                Limit::Forever => "no bound".to_owned(),
            };
            writeln!(f, "code runs        {name} {runs}")?;
        }
        for (path, cause, kept) in &self.parks {
            write!(f, "parks when       {}", cause.told(&path.join("/")))?;
            if kept.is_empty() {
                writeln!(f)?;
            } else {
                writeln!(f, ", and keeps {}", kept.join(", "))?;
            }
        }
        Ok(())
    }
}

impl Report {
    fn told(&self, bound: Bound) -> String {
        match bound {
            Bound::Within(time) => rounded_up(time),
            Bound::Endless(Endless { step, call, why }) => {
                let name = &self.names[usize::from(step)];
                let why = match why {
                    Why::NoTimeout => "has no limit: `#[timeout(d)]` would bound it",
                    Why::Forever => "is tried forever: `#[retry(n)]` would bound it",
                    Why::Computed => "is as long as an expression says: a literal would bound it",
                    Why::Items => "has as many items as it is given",
                    Why::UnknownSaga => "is a saga that is not known here",
                };
                format!("no bound: {call} of `{name}` {why}")
            }
        }
    }
}

impl Cause {
    fn told(self, step: &str) -> String {
        let what = match self {
            Self::CannotBeUndone => "cannot be undone",
            Self::StaysUnknown => "stays unknown",
            Self::GivenUp => "is given up after the pivot",
            Self::NotEvaluated => "cannot be evaluated after the pivot",
            Self::NotRecorded => "has a result that cannot be recorded",
            Self::Lost => "is lost with its process ten times in a row",
            Self::Unsaid => return "its events cannot be made".to_owned(),
        };
        format!("{step} {what}")
    }
}

/// In whole seconds from a second on, in milliseconds below it; never less than it is.
fn rounded_up(time: Duration) -> String {
    let millis = time.as_nanos().div_ceil(1_000_000);
    if millis < 1000 {
        return format!("{millis} ms");
    }
    let seconds = millis.div_ceil(1000);
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, 0) => format!("{minutes} min"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}
