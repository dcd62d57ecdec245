//! Every way in which a saga can park.

mod park;
mod wrong;

use typed_saga_definition::{Items, Kind, Side, Text, reached};

use crate::Analysis;
pub use park::{Cause, Enough, Park, RollsBack, Settled, Wrong};

impl Analysis<'_> {
    /// Every way to park, in order of declaration. Several may occur in one run.
    #[must_use]
    pub fn parks(&self) -> Vec<Park> {
        let mut parks = Vec::new();
        for step in self.steps() {
            let item = self.item(step);
            for cause in Cause::ALL {
                // A loop does nothing itself, but for what decides on its items.
                if item.is_none() || cause == Cause::NotEvaluated {
                    parks.extend(self.park(step, cause, None));
                }
                if item.is_some() {
                    parks.extend(self.park(step, cause, item.as_ref()));
                }
            }
            parks.extend(self.parks_inside(step));
        }
        parks.extend(
            [false, true]
                .into_iter()
                .filter_map(|failed| self.unsaid_park(failed)),
        );
        parks
    }

    /// The way in which the step, or an item of it, parks for this cause, if there is one.
    fn park(&self, step: u16, cause: Cause, item: Option<&Analysis<'_>>) -> Option<Park> {
        let (of, at) = item.map_or((self, step), |item| (item, Items::STEP));
        let after = of.enough(at, cause);
        (!after.is_empty()).then(|| Park {
            path: vec![step],
            step: self.path(step, item.is_some()),
            cause,
            kept: self.kept(step, cause),
            rolls_back: self.rolls_back(step, cause),
            after,
            settled: of.may_be_settled(at, cause),
        })
    }

    /// The ways in which a child saga of the step parks.
    fn parks_inside(&self, step: u16) -> Vec<Park> {
        let declared = self.step(step);
        let inside = declared.saga().and_then(|child| self.child(child));
        let own = self.path(step, true);
        // What remains of a child saga that may stay is left, and does not park its parent.
        let left = self.saga.side(step) == Side::BeforePivot && declared.may_stay();
        let all = inside.iter().flat_map(Analysis::parks);
        // Where nothing rolls the child saga back, its last step has not happened if it fails.
        let undone = |last: u16| {
            // A timeout that an expression says is a deadline of the child saga, too.
            let timed = declared.timeout.is_some();
            let hurries = |child: &Analysis<'_>| timed || child.deadline.is_some();
            let back = self.durable || self.saga.side(step) != Side::AfterPivot;
            let child = self.child_of(step);
            // Of a loop, items before the one that fails have happened.
            let is_last = |child: &Analysis<'_>| {
                let ends = child.saga.unit_of(last) == (last..child.steps().end);
                ends && child.step(last).items.is_none()
            };
            back || child.is_none_or(|child| hurries(&child) || !is_last(&child))
        };
        let inside = all.filter(|park| match park.cause {
            Cause::CannotBeUndone if park.path.len() == 1 => !left && undone(park.path[0]),
            Cause::CannotBeUndone | Cause::StaysUnknown => !left,
            // Its events are made with those of the whole run.
            Cause::Unsaid => false,
            _ => true,
        });
        let inside = inside.map(|park| Park {
            path: [&[step], &park.path[..]].concat(),
            step: inside_of(&own, &park.step),
            kept: self
                .kept(step, park.cause)
                .into_iter()
                .chain(park.kept.iter().map(|inside| inside_of(&own, inside)))
                .collect(),
            rolls_back: match (park.rolls_back, self.saga.side(step)) {
                (RollsBack::Nothing, _) => RollsBack::Nothing,
                (_, Side::BeforePivot) => RollsBack::Run,
                (_, Side::Pivot | Side::AfterPivot) => RollsBack::Child,
            },
            ..park
        });
        inside.collect()
    }

    /// The way in which the saga parks when it makes its events: those of a saga that has failed, and
    /// was rolled back, or those of one that has completed.
    fn unsaid_park(&self, failed: bool) -> Option<Park> {
        let after = self.unsaid(failed);
        (!after.is_empty()).then(|| Park {
            path: Vec::new(),
            step: "".into(),
            cause: Cause::Unsaid,
            kept: Vec::new(),
            rolls_back: if failed {
                RollsBack::Run
            } else {
                RollsBack::Nothing
            },
            after,
            settled: Vec::new(),
        })
    }

    /// The steps that are not undone if the saga parks because of this step: those on which it
    /// depends, and those that would be undone with one of them, or with it.
    fn kept(&self, step: u16, cause: Cause) -> Vec<Text> {
        // A call is lost while the saga runs forward, when all steps before it remain applied.
        if self.saga.side(step) != Side::BeforePivot || cause == Cause::Lost {
            return Vec::new();
        }
        let below = reached(step, |step| self.step(step).stands_on.iter().copied());
        let stays = |other: u16| other == step || below.contains(&other);
        let unit = self.saga.unit_of(step);
        // What follows a step begins once it is certain that the step has happened.
        let begins = |other: u16| {
            let beside = other < unit.end && !self.saga.awaits(other, step);
            cause != Cause::StaysUnknown || beside
        };
        let is_kept = |other: &u16| {
            let declared = self.step(*other);
            let undone = declared.undoing().is_some() && stays(*other);
            let with_another = declared.compensation.with().is_some_and(stays);
            *other != step && (undone || with_another && begins(*other))
        };
        let kept = self.steps().filter(is_kept);
        kept.map(|other| self.step(other).name.clone()).collect()
    }

    /// What rolls back when it parks because of this step.
    fn rolls_back(&self, step: u16, cause: Cause) -> RollsBack {
        match self.saga.side(step) {
            _ if cause == Cause::Lost => RollsBack::Nothing,
            Side::BeforePivot => RollsBack::Run,
            // A child saga that has failed has rolled back.
            Side::Pivot | Side::AfterPivot => {
                let failed = cause == Cause::GivenUp && self.step(step).saga().is_some();
                if failed {
                    RollsBack::Child
                } else {
                    RollsBack::Nothing
                }
            }
        }
    }

    /// What an operator may record about the step then.
    fn may_be_settled(&self, step: u16, cause: Cause) -> Vec<Settled> {
        use Settled::{Applied, NotApplied, Undone};
        let declared = self.step(step);
        let after = self.saga.side(step) == Side::AfterPivot;
        match cause {
            // Only the steps of a child saga are settled.
            _ if declared.is_nested() => Vec::new(),
            Cause::CannotBeUndone => vec![Undone],
            Cause::StaysUnknown if declared.can_be_settled() => vec![Applied, NotApplied, Undone],
            Cause::StaysUnknown | Cause::NotRecorded => vec![Applied, Undone],
            Cause::Lost if declared.kind != Kind::Read => vec![Applied, NotApplied, Undone],
            Cause::Lost if after => vec![Applied],
            // A wait is over, or begins again.
            Cause::GivenUp if declared.kind.acts() => vec![Applied],
            Cause::GivenUp | Cause::Lost | Cause::NotEvaluated | Cause::Unsaid => Vec::new(),
        }
    }
}

/// The path of a step inside of what has this path.
fn inside_of(own: &str, inside: &str) -> Text {
    format!("{own}/{inside}").into()
}
