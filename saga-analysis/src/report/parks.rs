//! The ways to park as text.

use typed_saga_definition::{CRASH_LOOP, CallKind, PANICS};

use super::listed::listed;
use crate::{Cause, Enough, Park, RollsBack, Settled, Wrong};

const NOTHING: &str = "nothing is undone";

/// The tables about the ways to park that have the same cause and the same remedy: a title, a row
/// for each step, and what an operator does.
pub(super) fn rows(parks: &[Park], durable: bool) -> [Vec<Vec<String>>; 3] {
    let all_stays = parks
        .iter()
        .all(|park| park.rolls_back == RollsBack::Nothing);
    let stays = all_stays.then(|| format!("; {NOTHING}"));
    let title = format!("{}{}", parks[0].title(), stays.unwrap_or_default());
    let rows = parks.iter().map(|park| park.row(!all_stays));
    let command = format!("  → {}", parks[0].command(durable));
    [vec![vec![title]], rows.collect(), vec![vec![command]]]
}

impl Park {
    /// What its title and its command depend on.
    pub(super) fn kind(&self) -> (Cause, &[Settled]) {
        (self.cause, &self.settled)
    }

    /// What has to go wrong, in words: any of these is enough.
    #[must_use]
    pub fn reasons(&self) -> Vec<String> {
        let reasons = self.after.iter().map(|enough| self.reason(enough));
        reasons.collect()
    }

    fn reason(&self, enough: &Enough) -> String {
        let alone = enough.len() == 1;
        let all = enough.iter().map(|ways| {
            let ways = ways.iter().map(|wrong| wrong.written(self.cause, alone));
            match &*ways.collect::<Vec<_>>() {
                [some @ .., last] if !some.is_empty() => format!("{} or {last}", some.join(", ")),
                ways => ways.concat(),
            }
        });
        all.collect::<Vec<_>>().join(", and ")
    }

    fn title(&self) -> &'static str {
        match self.cause {
            Cause::CannotBeUndone => "a step cannot be undone",
            Cause::StaysUnknown => "it stays unknown whether a step happened",
            Cause::GivenUp => "a step after the pivot fails for good",
            Cause::NotEvaluated => "what decides on a step after the pivot fails",
            Cause::NotRecorded => "the result of a step is lost",
            Cause::Lost => "the process ends ten times during one call",
            Cause::Unsaid => "the events of the saga are lost",
        }
    }

    /// The command that an operator runs.
    fn command(&self, durable: bool) -> String {
        if !durable {
            return "parked.resume()".to_owned();
        }
        let flags: Vec<_> = self.settled.iter().map(|settled| settled.flag()).collect();
        match &*flags {
            [] => "saga resume ID".to_owned(),
            flags => format!("saga settle ID STEP {} --why TEXT", flags.join(" | ")),
        }
    }

    /// `told`: whether the row says that nothing is undone, if nothing is.
    fn row(&self, told: bool) -> Vec<String> {
        let reasons = match self.cause {
            // The title says it.
            Cause::Lost => Vec::new(),
            _ => self.reasons(),
        };
        let after = (!reasons.is_empty()).then(|| format!("after {}", reasons.join(", or after ")));
        let kept = (!self.kept.is_empty()).then(|| format!("keeps {}", listed(&self.kept)));
        let nothing = match self.child_that_rolls_back() {
            Some(child) => Some(format!("nothing outside `{child}` is undone")),
            None => (told && self.rolls_back == RollsBack::Nothing).then(|| NOTHING.to_owned()),
        };
        let all: Vec<_> = [after, kept, nothing].into_iter().flatten().collect();
        let of = match (self.cause, self.rolls_back) {
            (Cause::Unsaid, RollsBack::Nothing) => "emit",
            (Cause::Unsaid, RollsBack::Child | RollsBack::Run) => "emit failed",
            _ => &self.step,
        };
        vec![format!("  {of}"), all.join("; ")]
    }
}

impl Wrong {
    /// `alone`: whether the sentence is about calls of one kind.
    fn written(self, cause: Cause, alone: bool) -> String {
        let text = match self {
            Self::Tries(call, times) => return tries(call, times, cause),
            Self::Losses(_) if alone => return format!("{CRASH_LOOP} losses in a row"),
            Self::Losses(call) => {
                return format!("{CRASH_LOOP} losses of {} in a row", clause(call));
            }
            Self::GivenUp(call) => return format!("a final error of {}", clause(call)),
            Self::Panics => return format!("{PANICS} panics"),
            Self::Remains => "a failed attempt that left an effect",
            Self::Partial => "an error that means `Partial`",
            Self::Final => "a final error",
            Self::TimeOut => "the end of its wait",
            Self::Unrecordable => "a result that cannot be recorded",
            Self::OutputPanicked => "a panic of its output",
            Self::TooManyItems => "too many items",
            Self::EqualItems => "two equal items",
            Self::UnrecordableItems => "items that cannot be recorded",
            Self::TooManyKeys => "more than 1,000 keys",
            Self::EmitPanicked => "a panic",
            Self::UnrecordableEvent => "an event that cannot be recorded",
        };
        text.to_owned()
    }
}

fn clause(call: CallKind) -> &'static str {
    match call {
        CallKind::Action | CallKind::When => "an attempt",
        CallKind::Resolve => "`resolve`",
        CallKind::Compensate => "the compensation",
        CallKind::Fallback => "the fallback",
    }
}

fn tries(call: CallKind, times: u32, cause: Cause) -> String {
    let what = match call {
        CallKind::Fallback => return "a failed fallback".to_owned(),
        // An attempt in doubt has not failed.
        CallKind::Action | CallKind::When if cause == Cause::GivenUp => "failed attempt",
        CallKind::Action | CallKind::When => "attempt",
        CallKind::Resolve => "failed `resolve`",
        CallKind::Compensate => "failed compensation",
    };
    let s = if times == 1 { "" } else { "s" };
    format!("{times} {what}{s}")
}

impl Settled {
    /// The flag of `saga settle`.
    #[must_use]
    pub const fn flag(self) -> &'static str {
        match self {
            Self::Applied => "--applied JSON",
            Self::NotApplied => "--not-applied",
            Self::Undone => "--undone",
        }
    }
}
