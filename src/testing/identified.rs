//! The identity of a call, from what is recorded of its run.

use super::{
    cast::Cast,
    identity::{Identity, Key, named},
    stage::Stage,
};
use typed_saga_core::{
    CallKind, CallSite, Context, Place,
    definition::Items,
    kernel::{EffectChange, Event},
    run::{field_of, parts},
};

impl Identity {
    pub(super) fn of(stage: &Stage, place: Option<&Place<'_>>, at: CallSite) -> Self {
        let Some(id) = stage.state().id.clone() else {
            return Self::default();
        };
        let root = stage.cast.root;
        let definition = place.map_or(root, Place::definition);
        let declared = &definition.steps[usize::from(at.step)];
        let context = Context::of_call((&root.name, &id), place, (&declared.name, at));
        let within = place.map(Place::rounds).filter(|rounds| !rounds.is_empty());
        let within = within.map_or_else(String::new, |rounds| format!(" in `{rounds}`"));
        let undoes = at.call == CallKind::Compensate;
        let key = match named(declared, undoes) {
            Ok(name) => Key::Named(name.to_owned(), value(stage, place, name)),
            Err(true) => Key::Own(
                "undo key",
                typed_saga_core::Key::of_undo(&context).to_string(),
            ),
            Err(false) => Key::Own("key", context.key().to_string()),
        };
        Self {
            round: format!("round {}{within}", at.round),
            key,
        }
    }
}

/// The value of this name in a run: the effect of a step, the item, or an input of the child saga.
fn value(stage: &Stage, place: Option<&Place<'_>>, name: &str) -> Option<String> {
    let cast = &stage.cast;
    let definition = place.map_or(cast.root, Place::definition);
    let own = definition.steps.iter().position(|step| step.name == name);
    if let Some(step) = own.and_then(|step| u16::try_from(step).ok()) {
        let step = cast.at(place, step);
        return recorded(stage, step, |event| event.effect() == EffectChange::Filled);
    }
    let begins = |event: Event| matches!(event, Event::Attempting { .. });
    let place = place?;
    let Some(index) = place.index() else {
        let input = recorded(stage, cast.find(&place.path())?, begins)?;
        return field_of(&input, name);
    };
    let items = recorded(stage, loop_of(cast, place)?, begins)?;
    let item = usize::try_from(index).ok()?;
    Some((*parts(&items).ok()?.get(item)?).to_owned())
}

/// The number of the loop whose item runs in this place.
fn loop_of(cast: &Cast, place: &Place<'_>) -> Option<u16> {
    let step = &place.definition().steps[usize::from(Items::STEP)];
    let path = place.path();
    let (above, _) = path.rsplit_once('[')?;
    debug_assert!(
        above.ends_with(&*step.name),
        "the loop is named like its step"
    );
    cast.find(above)
}

/// The value that the last of these events of a step has brought, as JSON.
fn recorded(stage: &Stage, step: u16, is: impl Fn(Event) -> bool) -> Option<String> {
    let known = stage.state();
    let mut records = known.records.iter().rev();
    let last = records.find(|noted| noted.step == Some(step) && is(noted.event))?;
    last.json.clone()
}
