//! The reserved names: where each of them exists, and the messages about it elsewhere.

use super::super::{mistake::Mistake, place::Place};
use super::Reader;
use crate::model::Source;

impl Reader<'_> {
    pub(super) fn reserved(&self, name: &str) -> Result<Source, Mistake> {
        if self.place.names() {
            return Err(self.not_a_step(name));
        }
        if self.place.reserved().contains(&name) {
            return Ok(match name {
                "key" => Source::Key,
                "undo_key" => Source::UndoKey,
                "ctx" => Source::Ctx,
                "failure" => Source::Failure,
                _ => Source::Outcome,
            });
        }
        Err(elsewhere(name, self.place))
    }
}

/// What is wrong with reading this name at a place where it does not exist.
fn elsewhere(name: &str, place: Place) -> Mistake {
    let what = format!("`{name}` is not available in {}", place.name());
    let remove = "remove it from the list";
    match (name, place) {
        ("key", Place::Finally) => Mistake::new(what, "read `ctx`: `ctx.id()` identifies the saga")
            .because("`key` identifies the operation of a step"),
        ("key", Place::Emit(_) | Place::EmitFailed) => Mistake::new(what, remove)
            .because("each event has a key of its own, which `publish` can read"),
        ("key", _) => Mistake::new(what, remove)
            .because("`key` exists in actions, `resolve`, `compensate` and `fallback`"),
        ("undo_key", Place::Action | Place::Resolve | Place::Fallback) => {
            Mistake::new(what, "read `key`: it identifies the operation of the step")
                .because(UNDO_KEY)
        }
        ("undo_key", _) => Mistake::new(what, remove).because(UNDO_KEY),
        ("ctx", _) => Mistake::new(what, remove)
            .because("`ctx` exists in actions, `resolve`, `compensate`, `fallback` and `finally`"),
        ("failure", Place::CompensateByKey) => Mistake::new(what, remove)
            .because("it also runs when nothing has failed, to settle an unknown outcome"),
        ("failure", Place::Emit(_)) => Mistake::new(what, "write `emit failed(failure => …);`")
            .because("`emit` is for sagas that complete, and `emit failed` for sagas that fail"),
        ("failure", Place::Finally) => {
            Mistake::new(what, "read `outcome`: how the saga ended, and why")
        }
        ("failure", _) => Mistake::new(what, remove).because(
            "`failure` is the error that made the saga roll back: it exists in `compensate`, \
             unless that is `#[by_key]`, and in `fallback`",
        ),
        _ => Mistake::new(what, remove)
            .because("`outcome` says how the saga ended: it exists in `finally`"),
    }
}

const UNDO_KEY: &str =
    "`undo_key` identifies the call that undoes the step: it exists in `compensate`";
