//! The attempt of a child saga waits for its inputs, and what is noted meanwhile stays behind it.

use super::Scope;
use crate::{
    calls::{attached::Attached, attempt::Limited, journal::Journal, tray::Tray},
    kernel::{Command, Event},
    report::place::Place,
    values::{call::CallSite, cause::Cause, codec::Encode, id::LazyId},
};
use std::{
    future::Future,
    sync::Mutex,
    task::{Context, Poll},
    time::Duration,
};

/// An event, and the inputs that were noted with it.
pub(crate) type Note = (Event, Option<String>);

/// A journal that lists what is noted.
#[derive(Default)]
pub(crate) struct Notes(Mutex<Vec<Note>>);

impl Journal for Notes {
    const DURABLE: bool = true;

    fn note(&self, _: Option<&Place<'_>>, event: Event, with: Attached) {
        let inputs = with.inputs.and_then(|inputs| inputs.json);
        self.0.lock().unwrap().push((event, inputs));
    }

    fn wait(&self, _: Option<&Place<'_>>, _: Command, _: Duration) {}

    fn poll_keys(&self, _: u16, _: &Context<'_>) -> Poll<()> {
        Poll::Pending
    }

    fn withdraw(&self, _: u16) {}

    fn perform<'a, T, E, F, C>(
        &'a self,
        _: Option<&'a Place<'a>>,
        _: (CallSite, Option<&'a Tray>),
        codec: C,
        attempt: F,
    ) -> impl Future<Output = Result<T, Cause<E>>> + Send + 'a
    where
        T: Send + 'a,
        E: Send + 'a,
        F: Limited<Output = Result<T, Cause<E>>> + Send + 'a,
        C: Encode<T> + 'a,
    {
        codec.in_memory(attempt)
    }
}

pub(crate) const ATTEMPT: Event = Event::Attempting { step: 0 };

/// What is noted of a run that does this, after an attempt of a child saga was held back.
pub(crate) fn noted(act: impl FnOnce(&Scope<'_, Notes>)) -> Vec<Note> {
    let (journal, id, tray) = (Notes::default(), LazyId::default(), Tray::new(10));
    tray.hold(ATTEMPT, Attached::default());
    act(&Scope {
        journal: &journal,
        id: &id,
        place: None,
        link: None,
        tray: Some(&tray),
    });
    journal.0.into_inner().unwrap()
}

#[test]
fn inputs_are_noted_with_the_attempt_that_waits_for_them() {
    let noted = noted(|scope| {
        scope.note(Event::CancelRequested, Attached::default());
        scope.enclose(Some(Ok("7".to_owned())), None).unwrap();
        scope.note(Event::DeadlinePassed, Attached::default());
    });
    let attempt = (ATTEMPT, Some("7".to_owned()));
    let behind: [Note; 2] =
        [Event::CancelRequested, Event::DeadlinePassed].map(|event| (event, None));
    assert_eq!(noted[0], attempt);
    assert_eq!(noted[1..], behind);
}

#[test]
fn an_attempt_whose_inputs_cannot_be_recorded_is_noted_without_them() {
    let noted = noted(|scope| {
        let inputs = Some(Ok("[1, 2, 3, 4, 5]".to_owned()));
        let why = scope.enclose(inputs, None).unwrap_err();
        let limit = "it has 15 bytes of JSON, more than the `effect_limit` of 10";
        assert_eq!(why, limit);
        assert!(scope.note_held(None));
        assert!(!scope.note_held(None), "it is noted once");
    });
    assert_eq!(noted, [(ATTEMPT, None::<String>)]);
}

#[test]
fn inputs_belong_to_an_attempt_that_waits() {
    let noted = noted(|scope| {
        scope.note_held(None);
        let why = scope.enclose(Some(Ok("7".to_owned())), None).unwrap_err();
        assert_eq!(why, "its attempt is recorded without them");
    });
    assert_eq!(noted, [(ATTEMPT, None::<String>)]);
}
