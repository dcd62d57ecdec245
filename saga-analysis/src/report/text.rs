//! The report as text: rows in columns, each section with its subject on the left.

use std::{fmt, time::Duration};

use typed_saga_definition::{CallKind, Limit, Text};

use super::{Deadline, Hold, Never, Report, Time, Unbounded, listed::listed, parks};
use crate::{
    Why,
    runs::{Called, Code, Each, Service},
};

const NO_BOUND: &str = "no bound";
const NOT_KNOWN: &str = "not known";

/// The width of the column with the subjects.
const ABOUT: usize = 16;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let durable = if self.durable { "durable " } else { "" };
        writeln!(f, "{durable}saga {}\n", self.saga)?;
        let decided = match &self.deadline {
            Some(deadline) => deadline.why(&self.decided),
            None => self.decided.why(&[]),
        };
        section(f, "decided within", &self.decided.rows(decided))?;
        let ends = self.ends.why(&self.decided.unbounded);
        section(f, "ends within", &self.ends.rows(ends))?;
        let calls: Vec<_> = self.services.iter().filter_map(Service::row).collect();
        section(f, "calls at most", &calls)?;
        let holds: Vec<_> = self.holds.iter().map(Hold::row).collect();
        section(f, "holds", &holds)?;
        let never: Vec<_> = self.never.iter().map(Never::row).collect();
        section(f, "never remains", &never)?;
        let mut about = "parks when";
        for parks in self.parks.chunk_by(|one, other| one.kind() == other.kind()) {
            for rows in parks::rows(parks, self.durable) {
                section(f, about, &rows)?;
                about = "";
            }
        }
        Ok(())
    }
}

/// A section: rows in columns that are as wide as necessary; the last column needs no padding.
fn section(f: &mut fmt::Formatter<'_>, about: &str, rows: &[Vec<String>]) -> fmt::Result {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter(|row| row.len() > column + 1);
        let widths = cells.map(|row| row[column].chars().count());
        widths.max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..columns).map(width).collect();
    let mut about = about;
    for row in rows {
        let cells = row.iter().enumerate();
        let cells = cells.map(|(column, cell)| format!("{cell:0$}", widths[column]));
        let line = format!("{about:ABOUT$}{}", cells.collect::<Vec<_>>().join("  "));
        writeln!(f, "{}", line.trim_end())?;
        about = "";
    }
    Ok(())
}

impl Time {
    fn written(&self) -> String {
        self.within.map_or_else(|| NO_BOUND.to_owned(), rounded_up)
    }

    /// The reasons for the time. `told` has the reasons for no bound that were already listed
    /// above.
    fn why(&self, told: &[Unbounded]) -> Vec<String> {
        let all = !told.is_empty() && told.iter().all(|one| self.unbounded.contains(one));
        let new = self
            .unbounded
            .iter()
            .filter(|one| !all || !told.contains(one));
        let most = self.most.iter();
        let most = most.map(|(step, less)| format!("`{step}` accounts for {}", rounded_up(*less)));
        let same = all.then(|| "for all of these reasons".to_owned());
        most.chain(same).chain(because_of(new)).collect()
    }

    /// Rows with the time, and one reason on each line.
    fn rows(&self, why: Vec<String>) -> Vec<Vec<String>> {
        let rows = why.into_iter().map(|why| vec![String::new(), why]);
        let mut rows: Vec<_> = rows.collect();
        match rows.first_mut() {
            Some(first) => first[0] = self.written(),
            None => rows.push(vec![self.written()]),
        }
        rows
    }
}

impl Deadline {
    fn why(&self, decided: &Time) -> Vec<String> {
        let (promised, started, then) = match &self.pivot {
            Some((pivot, settled)) => {
                let then = rounded_up(*settled);
                let then = format!("if it has, `{pivot}` ends {then} later at most");
                let started = format!("`{pivot}` has started");
                (self.after + *settled, started, Some(then))
            }
            None => (self.after, "it has completed".to_owned(), None),
        };
        let after = rounded_up(self.after);
        let mut why = vec![
            format!("promised {}", rounded_up(promised)),
            format!("unless {started} by then, it rolls back {after} after its start"),
        ];
        why.extend(then);
        let without = self.without.written();
        if without != decided.written() {
            why.push(format!("without `#[within]` {without}"));
        }
        why
    }
}

/// The reasons why a time has no bound, in one sentence for all steps with the same reason.
fn because_of<'a>(all: impl Iterator<Item = &'a Unbounded>) -> Vec<String> {
    let mut groups: Vec<Vec<&Unbounded>> = Vec::new();
    for one in all {
        let like = |it: &Unbounded| (it.kind.acts(), it.call, it.why);
        match groups.iter_mut().find(|group| like(group[0]) == like(one)) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    groups.iter().map(|group| because(group)).collect()
}

fn because(group: &[&Unbounded]) -> String {
    let (first, several) = (group[0], group.len() > 1);
    let steps = listed(group.iter().map(|one| &one.step));
    let s = if several { "s" } else { "" };
    let of = match first.call {
        CallKind::Action | CallKind::When => steps,
        CallKind::Resolve => format!("`resolve` of {steps}"),
        CallKind::Compensate => format!("the compensation{s} of {steps}"),
        CallKind::Fallback => format!("the fallback{s} of {steps}"),
    };
    let what = match (first.why, several) {
        (Why::NoTimeout, _) if !first.kind.acts() => "may wait forever",
        (Why::NoTimeout, _) => "may take any time",
        (Why::Forever, false) => "is tried until it succeeds",
        (Why::Forever, true) => "are tried until they succeed",
        (Why::Computed, false) if !first.kind.acts() => "waits as long as an expression says",
        (Why::Computed, true) if !first.kind.acts() => "wait as long as expressions say",
        (Why::Computed, false) => "takes as long as an expression says",
        (Why::Computed, true) => "take as long as expressions say",
        (Why::Items, false) => "runs once for each item, and how many there are is not known",
        (Why::Items, true) => "run once for each item, and how many there are is not known",
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
    /// The declaration that would give a bound, if any would.
    #[must_use]
    pub const fn bounded_by(&self) -> Option<&'static str> {
        match self.why {
            Why::NoTimeout => Some("`#[timeout(d)]`"),
            Why::Forever => Some("`#[retry(n)]`"),
            // A wait may need a duration that is computed from what it reads.
            Why::Computed if self.kind.acts() => Some("a literal"),
            Why::Computed | Why::Items | Why::UnknownSaga => None,
        }
    }
}

impl Service {
    fn row(&self) -> Option<Vec<String>> {
        if self.code.is_empty() {
            return None;
        }
        let parts = [None, Some(Each::Item), Some(Each::Event)];
        let parts = parts.into_iter().map(|each| (self.runs(each), each));
        let parts = parts.filter(|(runs, _)| *runs != Some(Limit::Times(0)));
        let parts: Vec<_> = parts.collect();
        // If a part has no number, the sum has none.
        let mut numberless = [None, Some(Limit::Forever)].into_iter();
        let no = numberless.find(|no| parts.iter().any(|(runs, _)| runs == no));
        let all = if let Some(no) = no {
            times(no, None)
        } else {
            let parts = parts.iter().map(|(runs, each)| times(*runs, *each));
            parts.collect::<Vec<_>>().join(" + ")
        };
        let mut before = None;
        let code = self.code.iter().map(|code| {
            let again = before.replace(&code.step) == Some(&code.step);
            code.told(again)
        });
        let code: Vec<_> = code.collect();
        Some(vec![self.name.to_string(), all, code.join(", ")])
    }
}

impl Code {
    /// `again`: the entry before is about code of the same step.
    fn told(&self, again: bool) -> String {
        let times = times(self.runs, self.each);
        let step = &self.step;
        let call = match self.call {
            Called::Publish => return format!("`publish` {times}"),
            Called::Finally => return format!("`finally` {times}"),
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
        None => return NOT_KNOWN.to_owned(),
        Some(Limit::Forever) => return NO_BOUND.to_owned(),
        Some(Limit::Times(times)) => times.to_string(),
    };
    match each {
        None => runs,
        Some(Each::Item) => format!("{runs} x items"),
        Some(Each::Event) => format!("{runs} x events"),
    }
}

impl Hold {
    fn row(&self) -> Vec<String> {
        let until = match &self.until {
            Some(until) => format!("until `{until}`"),
            None => "until the end".to_owned(),
        };
        let mut steps: Vec<&Text> = Vec::new();
        for Unbounded { step, .. } in &self.time.unbounded {
            if !steps.contains(&step) {
                steps.push(step);
            }
        }
        let why = (!steps.is_empty()).then(|| format!(", because of {}", listed(steps)));
        let promised = self.promised.map(|promised| {
            let kept = self.time.within.is_some_and(|time| time <= promised);
            let broken = if kept { "" } else { ", which may be too short" };
            format!("; promised {}{broken}", rounded_up(promised))
        });
        let all = [Some(until), why, promised].into_iter().flatten();
        vec![self.step.to_string(), self.time.written(), all.collect()]
    }
}

impl Never {
    fn row(&self) -> Vec<String> {
        let without = self.without.iter().map(|it| format!("`{it}`"));
        let without: Vec<_> = without.collect();
        vec![
            self.step.to_string(),
            format!("without {}", without.join(" or ")),
        ]
    }
}

/// The time in milliseconds if it is below a second, otherwise in the two largest units that
/// matter; rounded up.
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
