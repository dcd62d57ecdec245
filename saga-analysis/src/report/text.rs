//! The report as text: rows under what they are about, in columns.

use std::{fmt, time::Duration};

use saga_definition::{CallKind, Limit};

use super::{Hold, Parks, Report, Time, Unbounded};
use crate::{
    Cause, Settled, Why,
    runs::{Called, Code, Each, Service},
};

/// How wide what the rows are about is.
const ABOUT: usize = 16;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let durable = if self.durable { "durable " } else { "" };
        writeln!(f, "{durable}saga {}\n", self.saga)?;
        section(f, "decided within", &timed(&[], &self.decided))?;
        section(f, "ends within", &timed(&[], &self.ends))?;
        let calls: Vec<_> = self.services.iter().filter_map(Service::row).collect();
        section(f, "calls at most", &calls)?;
        let holds: Vec<_> = self.holds.iter().flat_map(Hold::rows).collect();
        section(f, "holds", &holds)?;
        let mut about = "parks when";
        for park in self.parks.chunk_by(Parks::is_like) {
            section(
                f,
                about,
                &[vec![park[0].title(), park[0].command(self.durable)]],
            )?;
            about = "";
            let rows: Vec<_> = park.iter().filter_map(Parks::row).collect();
            section(f, about, &rows)?;
        }
        Ok(())
    }
}

/// Rows in columns that are as wide as they must be; the last one needs no padding.
fn section(f: &mut fmt::Formatter<'_>, about: &str, rows: &[Vec<String>]) -> fmt::Result {
    let width = |column: usize| {
        let cells = rows.iter().filter(|row| row.len() > column + 1);
        let widths = cells.map(|row| row[column].chars().count());
        widths.max().unwrap_or(0)
    };
    let mut about = about;
    for row in rows {
        let cells = row.iter().enumerate();
        let cells = cells.map(|(column, cell)| format!("{cell:0$}", width(column)));
        let line = format!("{about:ABOUT$}{}", cells.collect::<Vec<_>>().join("  "));
        writeln!(f, "{}", line.trim_end())?;
        about = "";
    }
    Ok(())
}

/// A time, behind what it is of: and below, in the last column, why.
fn timed(of: &[String], time: &Time) -> Vec<Vec<String>> {
    let within = time
        .within
        .map_or_else(|| "no bound".to_owned(), rounded_up);
    let most = time
        .most
        .iter()
        .map(|(step, less)| format!("`{step}` accounts for {}", rounded_up(*less)));
    let mut why: Vec<_> = most.chain(told(&time.unbounded)).collect();
    if why.is_empty() {
        why.push(String::new());
    }
    let first = [of, &[within]].concat();
    let rest = vec![String::new(); first.len()];
    let mut rows = Vec::new();
    for why in why {
        let row = if rows.is_empty() { &first } else { &rest };
        rows.push([&row[..], &[why]].concat());
    }
    rows
}

/// What leaves a time without a bound, in one sentence for all steps of which the same is true.
fn told(all: &[Unbounded]) -> Vec<String> {
    let mut groups: Vec<Vec<&Unbounded>> = Vec::new();
    for one in all {
        let like = |group: &&mut Vec<&Unbounded>| {
            let Unbounded {
                step: _,
                kind,
                call,
                why,
            } = group[0];
            (kind.acts(), call, why) == (one.kind.acts(), &one.call, &one.why)
        };
        match groups.iter_mut().find(like) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    groups.iter().map(|group| because(group)).collect()
}

fn because(group: &[&Unbounded]) -> String {
    let (first, several) = (group[0], group.len() > 1);
    let steps: Vec<_> = group.iter().map(|one| format!("`{}`", one.step)).collect();
    let steps = listed(&steps);
    let s = if several { "s" } else { "" };
    let of = match first.call {
        CallKind::Action | CallKind::When => steps,
        CallKind::Resolve => format!("`resolve` of {steps}"),
        CallKind::Compensate => format!("the compensation{s} of {steps}"),
        CallKind::Fallback => format!("the fallback{s} of {steps}"),
    };
    let what = match (first.why, several) {
        (Why::NoTimeout, _) if !first.kind.acts() => "may wait for ever",
        (Why::NoTimeout, _) => "may take any time",
        (Why::Forever, false) => "is tried until it succeeds",
        (Why::Forever, true) => "are tried until they succeed",
        (Why::Computed, false) => "takes as long as an expression says",
        (Why::Computed, true) => "take as long as expressions say",
        (Why::Items, false) => "runs for each item, of which a run has any number",
        (Why::Items, true) => "run for each item, of which a run has any number",
        (Why::UnknownSaga, false) => "is a saga that is not known here",
        (Why::UnknownSaga, true) => "are sagas that are not known here",
    };
    let it = if several { "them" } else { "it" };
    match first.bounded_by() {
        Some(token) => format!("{of} {what}: {token} would bound {it}"),
        None => format!("{of} {what}"),
    }
}

impl Unbounded {
    /// What in the declaration would give a bound, if anything would.
    #[must_use]
    pub const fn bounded_by(&self) -> Option<&'static str> {
        match self.why {
            Why::NoTimeout => Some("`#[timeout(d)]`"),
            Why::Forever => Some("`#[retry(n)]`"),
            // What a wait reads, may be necessary.
            Why::Computed if self.kind.acts() => Some("a literal"),
            Why::Computed | Why::Items | Why::UnknownSaga => None,
        }
    }
}

/// `a, b and c`; of many only the first ones.
fn listed(all: &[String]) -> String {
    match all {
        [] => String::new(),
        [one] => one.clone(),
        [some @ .., last] if all.len() <= 4 => format!("{} and {last}", some.join(", ")),
        [some @ .., _] => {
            let others = all.len() - 3;
            format!("{} and {others} others", some[..3].join(", "))
        }
    }
}

impl Service {
    fn row(&self) -> Option<Vec<String>> {
        if self.code.is_empty() {
            return None;
        }
        let parts = [None, Some(Each::Item), Some(Each::Event)];
        let parts: Vec<_> = parts.iter().map(|each| (self.runs(*each), *each)).collect();
        let is = |limit| parts.iter().any(|(runs, _)| *runs == limit);
        let all = if is(None) {
            "not known".to_owned()
        } else if is(Some(Limit::Forever)) {
            "no bound".to_owned()
        } else {
            let parts = parts
                .iter()
                .filter(|(runs, _)| *runs != Some(Limit::Times(0)));
            let parts: Vec<_> = parts.map(|(runs, each)| times(*runs, *each)).collect();
            parts.join(" + ")
        };
        let code: Vec<_> = self
            .code
            .iter()
            .enumerate()
            .map(|(at, code)| {
                let before = at.checked_sub(1).map(|before| &self.code[before]);
                code.told(before.is_some_and(|before| before.step == code.step))
            })
            .collect();
        Some(vec![self.name.to_string(), all, code.join(", ")])
    }
}

impl Code {
    /// `again`: right after code of the same step.
    fn told(&self, again: bool) -> String {
        let times = times(self.runs, self.each);
        let step = &self.step;
        let call = match self.call {
            Called::Publish => return format!("`publish` {times}"),
            Called::Step(call) => call,
        };
        let clause = match call {
            CallKind::Action | CallKind::When => return format!("`{step}` {times}"),
            CallKind::Resolve => "`resolve`",
            CallKind::Fallback => "fallback",
            CallKind::Compensate => "compensation",
        };
        if again {
            format!("its {clause} {times}")
        } else {
            format!("the {clause} of `{step}` {times}")
        }
    }
}

fn times(runs: Option<Limit>, each: Option<Each>) -> String {
    let runs = match runs {
        None => "not known".to_owned(),
        Some(Limit::Forever) => "no bound".to_owned(),
        Some(Limit::Times(times)) => times.to_string(),
    };
    match each {
        None => runs,
        Some(Each::Item) => format!("{runs} x items"),
        Some(Each::Event) => format!("{runs} x events"),
    }
}

impl Hold {
    fn rows(&self) -> Vec<Vec<String>> {
        let until = match &self.until {
            Some(until) => format!("until `{until}`"),
            None => "until the end".to_owned(),
        };
        let mut rows = timed(&[self.step.to_string()], &self.time);
        let why = rows[0].last_mut().expect("a row has cells");
        *why = if why.is_empty() {
            until
        } else {
            format!("{until}: {why}")
        };
        rows
    }
}

impl Parks {
    /// Whether it is told in one with another.
    fn is_like(&self, other: &Self) -> bool {
        (self.cause, &self.settled) == (other.cause, &other.settled)
    }

    fn title(&self) -> String {
        let title = match self.cause {
            Cause::CannotBeUndone => "a step cannot be undone",
            Cause::StaysUnknown => "it stays unknown whether a step happened",
            Cause::GivenUp => "a step after the pivot fails for good",
            Cause::NotEvaluated => "what decides on a step after the pivot panics",
            Cause::NotRecorded => "a result cannot be recorded",
            Cause::Lost => "the process ends ten times during one call",
            Cause::Unsaid => "the code of an `emit` panics",
        };
        title.to_owned()
    }

    /// What an operator does.
    fn command(&self, durable: bool) -> String {
        if !durable {
            return "`parked.resume()`".to_owned();
        }
        let flags: Vec<_> = self.settled.iter().map(|settled| settled.flag()).collect();
        match &*flags {
            [] => "saga resume ID".to_owned(),
            flags => format!("saga settle ID STEP {} --why TEXT", flags.join(" | ")),
        }
    }

    fn row(&self) -> Option<Vec<String>> {
        if self.step.is_empty() {
            return None;
        }
        let joined = if self.cause == Cause::StaysUnknown {
            " and "
        } else {
            " or "
        };
        let after = self.after.join(joined);
        let after = Some(after).filter(|after| !after.is_empty());
        let kept: Vec<_> = self.kept.iter().map(|step| format!("`{step}`")).collect();
        let kept = (!kept.is_empty()).then(|| format!("keeps {}", listed(&kept)));
        let all: Vec<_> = after.into_iter().chain(kept).collect();
        Some(vec![format!("  {}", self.step), all.join("; ")])
    }
}

impl Settled {
    /// As `saga settle` takes it.
    #[must_use]
    pub const fn flag(self) -> &'static str {
        match self {
            Self::Applied => "--applied JSON",
            Self::NotApplied => "--not-applied",
            Self::Undone => "--undone",
        }
    }
}

/// In milliseconds below a second, and else in the two largest units that matter; never less than
/// it is.
fn rounded_up(time: Duration) -> String {
    let millis = time.as_nanos().div_ceil(1_000_000);
    if millis < 1000 {
        return format!("{millis} ms");
    }
    let seconds = millis.div_ceil(1000);
    let (large, small, [more, less]) = match seconds {
        0..3600 => (60, 1, ["min", "s"]),
        3600..86_400 => (3600, 60, ["h", "min"]),
        _ => (86_400, 3600, ["d", "h"]),
    };
    let rounded = seconds.next_multiple_of(small);
    match (rounded / large, rounded % large / small) {
        (0, rest) => format!("{rest} {less}"),
        (many, 0) => format!("{many} {more}"),
        (many, rest) => format!("{many} {more} {rest} {less}"),
    }
}
