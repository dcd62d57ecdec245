//! The messages about an effect that does not exist where it is read.

use super::super::{mistake::Mistake, place::Place, scope::Stage};
use super::{NAME_AN_EARLIER_STEP, Reader};
use crate::errors::{SIBLINGS, awaited, list};
use crate::model::{Kind, Source};
use crate::names::text;

impl Reader<'_> {
    /// Judges a read by an event or by `publish`: events are made when the saga has ended, from the
    /// values that exist then.
    pub(super) fn told(&self, name: &str, source: Source) -> Result<(), Mistake> {
        let remove = "remove it from the list";
        Err(match (self.place, source) {
            (Place::Emit(_), Source::Effect(step)) if !self.scope.steps[step].kind.has_effect() => {
                Mistake::new(self.no_value(name, step), remove)
            }
            (Place::Emit(place), Source::Effect(step)) if step >= place => Mistake::new(
                format!("`{name}` is not available to this `emit`"),
                format!("move the `emit` after `{name}`, or remove it from the list"),
            )
            .because("it is the effect of a later step"),
            (Place::EmitFailed, Source::Effect(_)) => Mistake::new(
                format!("`emit failed` cannot read `{name}`"),
                "read inputs and `failure`",
            )
            .because("it runs after the compensation, when no effect of a step is left"),
            (Place::Emit(_) | Place::EmitFailed, Source::Service(_)) => Mistake::new(
                format!("{} cannot read the service `{name}`", self.place.name()),
                "remove it from the list; read the service in `publish`",
            )
            .because("`emit` only makes events, and calls no service"),
            (Place::Publish, Source::Input(_) | Source::Effect(_)) => Mistake::new(
                format!("`{name}` is not available in `publish`"),
                format!("make `{name}` a part of the event, or remove it from the list"),
            )
            .because("an event is published after its saga has ended, perhaps by another process"),
            _ => return Ok(()),
        })
    }

    pub(super) fn own(&self, own: &str) -> Result<(), Mistake> {
        let remove = "remove it from the list";
        let itself = |how, help| Mistake::new(format!("`{own}` cannot {how} itself"), help);
        Err(match self.place {
            Place::Compensate | Place::On => return Ok(()),
            Place::CompensateByKey => Mistake::new(
                format!(
                    "the `#[by_key]` compensation of `{own}` reads `{own}`, which may not exist"
                ),
                "read `key` instead: it tells the service what to undo",
            )
            .because("it also runs when it is unknown whether the step happened"),
            Place::Items => Mistake::new(
                format!("`{own}` does not exist yet when its items are made"),
                remove,
            )
            .because("it is the list of their effects"),
            Place::Wait => Mistake::new(
                format!("`{own}` does not exist yet when the saga starts to wait"),
                remove,
            )
            .because("this expression says how long the saga waits"),
            Place::Keys => Mistake::new(format!("`{own}` cannot read itself"), remove)
                .because("this expression says what is locked"),
            Place::When => Mistake::new(
                format!("`{own}` does not exist yet when its `when` is evaluated"),
                remove,
            )
            .because("the condition decides whether the step starts"),
            Place::After => itself("come after", NAME_AN_EARLIER_STEP),
            Place::With => itself("be undone with", NAME_AN_EARLIER_STEP),
            Place::Until => Mistake::new(
                format!("`{own}` cannot hold until itself"),
                self.a_later_step(own),
            ),
            Place::Resolve => Mistake::new(
                format!("`{own}` does not exist when its `resolve` runs"),
                "read `key` instead: it is the same in every attempt of the step",
            )
            .because("`resolve` finds out whether there is an effect"),
            Place::Fallback => Mistake::new(
                format!("`{own}` does not exist when its `fallback` runs"),
                remove,
            )
            .because("`fallback` returns the value that replaces it"),
            Place::Action
            | Place::Block
            | Place::Emit(_)
            | Place::EmitFailed
            | Place::Publish
            | Place::Finally => Mistake::new(format!("`{own}` cannot read its own effect"), remove)
                .because("the effect is what this code returns"),
        })
    }

    /// Reports a read of a step that has no effect, because it only waits.
    pub(super) fn no_effect(&self, name: &str, step: usize) -> Option<Mistake> {
        let what = self.no_value(name, step);
        match self.scope.steps[step].kind {
            _ if self.place.names() => None,
            Kind::Sleep => {
                let help = format!("remove it from the list, or write `#[after({name})]`");
                Some(Mistake::new(what, help))
            }
            Kind::Lock => {
                let why = "the saga has the lock in every step that follows, until it ends";
                Some(Mistake::new(what, "remove it from the list").because(why))
            }
            Kind::Read | Kind::Step | Kind::Pivot | Kind::Signal => None,
        }
    }

    fn no_value(&self, name: &str, step: usize) -> String {
        let kind = self.scope.steps[step].kind.word();
        format!("`{name}` is a {kind} and has no value to read")
    }

    /// Judges a read of what steps in several arms have as their name, from outside of these arms.
    pub(super) fn arms(&self, name: &str, union: usize) -> Result<(), Mistake> {
        let members = self.scope.members(union);
        if matches!(self.place, Place::Until | Place::With) {
            let own = members.iter().map(|(_, own)| text(own));
            let own: Vec<_> = own.filter(|own| own != name).collect();
            let help = match self.place {
                Place::With => "write a `compensate(…)` instead".to_owned(),
                _ => format!("name one by its `#[name = \"…\"]`: {}", list(own)),
            };
            let what = format!("`{name}` is the name of steps in several arms");
            let why = format!("{} is about one step", self.place.name());
            return Err(Mistake::new(what, help).because(why));
        }
        members
            .iter()
            .try_for_each(|(step, _)| self.judge(name, Source::Effect(*step)))
    }

    /// Whether code reads the step by the name that it has in keys and journals, and not by the one that
    /// steps in several arms have.
    pub(super) fn is_own_name(&self, name: &str, step: usize) -> bool {
        let read_as = self.scope.read_as(step);
        !self.place.names()
            && read_as.is_some_and(|(shared, own)| shared != name && text(own) == name)
    }

    pub(super) fn of_own_name(&self, name: &str, step: usize) -> Mistake {
        let read_as = self.scope.read_as(step).map_or(name, |(shared, _)| shared);
        Mistake::new(
            format!("`{name}` is a name only in keys and journals"),
            format!("read `{read_as}`"),
        )
    }

    /// The message about a step of another arm of the same `when`.
    pub(super) fn of_another_arm(&self, name: &str) -> Mistake {
        let list = if self.place.names() {
            "here"
        } else {
            "from the list"
        };
        Mistake::new(
            format!("`{name}` is in another arm of this `when`"),
            format!("remove it {list}"),
        )
        .because("only one of the arms runs")
    }

    pub(super) fn later(&self, name: &str, own: &str) -> Mistake {
        let unavailable = |reader: String| {
            Mistake::new(
                format!("`{name}` is not available to {reader}"),
                format!("declare `{name}` before `{own}`, or remove it from the list"),
            )
            .because("it is the effect of a later step")
        };
        match self.place {
            Place::Compensate | Place::CompensateByKey => Mistake::new(
                format!(
                    "`{name}` is already undone, or never happened, when `{own}` is compensated"
                ),
                format!(
                    "read only what is declared before `{own}`, or let `{own}` return what its \
                     compensation needs"
                ),
            )
            .because("compensations run in reverse order"),
            Place::After | Place::With => Mistake::new(
                format!("`{name}` is declared later"),
                format!("declare `{name}` before `{own}`, or remove it here"),
            ),
            Place::Items => unavailable(format!("the items of `{own}`")),
            Place::When => unavailable(format!("the `when` of `{own}`")),
            Place::Block => Mistake::new(
                format!("`{name}` is not available to this `when`"),
                format!("declare `{name}` before the block, or remove it from the list"),
            )
            .because("it is the effect of a later step"),
            Place::Resolve => unavailable(format!("the `resolve` of `{own}`")),
            Place::Fallback => unavailable(format!("the `fallback` of `{own}`")),
            Place::Action
            | Place::Wait
            | Place::Keys
            | Place::Until
            | Place::On
            | Place::Emit(_)
            | Place::EmitFailed
            | Place::Publish
            | Place::Finally => unavailable(format!("`{own}`")),
        }
    }

    pub(super) fn not_a_step(&self, name: &str) -> Mistake {
        let help = match self.place {
            Place::Until => "name a step that is declared after this one",
            Place::On => "name a step that is declared here or later",
            _ => NAME_AN_EARLIER_STEP,
        };
        Mistake::new(format!("`{name}` is not a step"), help)
    }

    /// Whether the failure of a step may make the saga rerun from `step`, which is a savepoint.
    pub(super) fn rerun(&self, name: &str, failed: usize, step: usize) -> Result<(), Mistake> {
        let own = &self.scope.steps[step].name;
        if failed < step {
            let what = format!("`{name}` is declared before the savepoint `{own}`");
            let help = format!("put `#[savepoint]` on `{name}`, or remove `{name}` from `on`");
            let why = format!("a rerun from `{own}` does not call `{name}` again");
            return Err(Mistake::new(what, help).because(why));
        }
        if self.scope.stage(failed) == Stage::After {
            let what = format!("`{name}` comes after the pivot");
            let why = "a failure there rolls nothing back";
            return Err(Mistake::new(what, format!("remove `{name}` from `on`")).because(why));
        }
        Ok(())
    }

    /// The message if `until` names a step that is declared before `own`.
    pub(super) fn earlier(&self, name: &str, own: &str) -> Mistake {
        let what = format!("`{name}` is declared before `{own}`");
        Mistake::new(what, self.a_later_step(own))
            .because("`#[holds]` says that the effect lasts until a later step is applied")
    }

    fn a_later_step(&self, own: &str) -> String {
        let last = self.scope.steps.last();
        if last.is_some_and(|last| last.name == own) {
            return format!("remove `#[holds]`: no step follows `{own}`");
        }
        "name a step that is declared after this one".to_owned()
    }

    pub(super) fn sibling(&self, name: &str, own: &str, later: bool) -> Mistake {
        let moment = match self.place {
            Place::When | Place::Block => format!("the `when` of `{own}` is evaluated"),
            Place::Resolve => format!("the `resolve` of `{own}` runs"),
            Place::Compensate | Place::CompensateByKey => format!("`{own}` is compensated"),
            Place::Fallback => format!("the `fallback` of `{own}` runs"),
            Place::Action
            | Place::Items
            | Place::Wait
            | Place::Keys
            | Place::After
            | Place::Until
            | Place::On
            | Place::With
            | Place::Emit(_)
            | Place::EmitFailed
            | Place::Publish
            | Place::Finally => {
                format!("`{own}` starts")
            }
        };
        let declare = format!("declare `{name}` before `{own}`");
        let wait = awaited(name, own);
        let help = match self.place {
            _ if self.place.names() => declare,
            Place::Action | Place::Items | Place::Wait | Place::Keys | Place::Finally => declare,
            _ if later => format!("{declare}, and {wait}"),
            _ => wait,
        };
        Mistake::new(
            format!("`{name}` may not have happened when {moment}"),
            help,
        )
        .because(SIBLINGS)
    }
}
