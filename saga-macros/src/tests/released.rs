//! The errors for a saga whose released versions have runs that it could not continue. The messages
//! are in `tests/ui/fail/released_*.rs`; this file has the versions with which those sagas are
//! compared, and changes that are not a difference.

use std::fs;

use saga_tests::root;
use typed_saga_definition::{Definition, Released};

use super::{NO_MISTAKES, checked, good};
use crate::errors::Errors;
use crate::known::declared;
use crate::released;

/// Completes the child sagas of the steps and of the items, which are sagas above.
fn with_children(definition: &mut Definition, above: &[Definition]) {
    for step in definition.steps.to_mut() {
        if let Some(items) = &mut step.items {
            let mut each = (*items.each).clone();
            with_children(&mut each, above);
            items.each = each.into();
        }
        if let Some(child) = &mut step.child {
            let mut all = above.iter();
            let known = all.find(|known| known.name == child.definition.name);
            child.definition = known.expect("a step of a saga above").clone().into();
        }
    }
}

/// A file with the sagas of these sources, each released on a day.
fn file(days: &[(&str, &str)]) -> String {
    let versions = days.iter().flat_map(|(day, source)| {
        let (sagas, errors) = checked(source);
        assert_eq!(errors.found(), NO_MISTAKES, "of {day}");
        let mut above: Vec<Definition> = Vec::new();
        for saga in sagas {
            let mut definition = declared(&saga).definition;
            with_children(&mut definition, &above);
            let locks = definition.steps.to_mut().iter_mut();
            for lock in locks.filter_map(|step| step.lock.as_mut()) {
                lock.name = "order".into();
            }
            above.push(definition);
        }
        let day = (*day).to_owned();
        above.into_iter().map(move |definition| Released {
            fingerprint: definition.fingerprint(),
            date: day.clone().into(),
            definition: definition.into(),
        })
    });
    Released::file(&versions.collect::<Vec<_>>())
}

/// The errors for the saga of a source: the token, and the message.
pub(super) fn said(file: &str, source: &str) -> Vec<(String, String)> {
    let (saga, mut errors) = (good(source), Errors::default());
    released::compare(&saga, &declared(&saga).definition, file, &mut errors);
    errors.found()
}

fn trip(body: &str) -> String {
    format!(
        "#[timeout(1s)] #[classify(v)] durable saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), E> \
         {{ {body} }}"
    )
}

#[test]
fn the_file_of_the_failing_sagas_has_what_was_released() {
    let folder = root().join("saga-macros/tests/ui/released");
    let days = fs::read_dir(&folder)
        .unwrap()
        .map(|day| day.unwrap().path());
    let days = days.map(|path| {
        let day = path.file_stem().unwrap().to_string_lossy().into_owned();
        (day, fs::read_to_string(path).unwrap())
    });
    let days: Vec<_> = days.collect();
    let days: Vec<_> = days.iter().map(|(day, text)| (&**day, &**text)).collect();
    assert_eq!(days.len(), 2);
    // A torn line.
    let file = file(&days) + "{\"saga\":\"Torn\",\"released\":\"2026-11-12\",\"fingerp\n";
    saga_tests::compare_with_file("saga-macros/tests/ui/sagas.released", &file);
}

#[test]
fn what_may_change_is_no_difference() {
    let was = trip(
        "#[idempotent] step hotel(hotels, trip, key) -> Room = f compensate(hotels, hotel) = g;",
    );
    let file = file(&[("2026-11-01", &was)]);
    for is in [
        // Different code and policies.
        "#[timeout(9s)] #[retry(7)] #[idempotent]
         step hotel(hotels, key) -> Room { todo!() } #[timeout(3s)] compensate(hotel, hotels) = h;",
        // The same type, as its path shows.
        "#[idempotent] step hotel(hotels, trip, key) -> self::Room = f compensate(hotels, hotel) = g;",
        // A compensation that reads more than effects, and a `resolve`.
        "#[idempotent] step hotel(hotels, trip, key) -> Room = f compensate(hotels, trip, ctx, hotel) = g;",
        "#[idempotent] step hotel(hotels, trip, key) -> Room = f resolve(hotels, key) = f compensate(hotels, hotel) = g;",
        // A retired step.
        "#[retired] #[idempotent] step hotel(hotels, trip, key) -> Room = f compensate(hotels, hotel) = g;",
        // New steps before it.
        "#[introduced] read rates(trip) -> Rate = f; #[introduced] sleep a_while(1s);
         #[idempotent] step hotel(hotels, trip, rates, key) -> Room = f compensate(hotels, hotel) = g;",
        // New steps at the end.
        "#[idempotent] step hotel(hotels, trip, key) -> Room = f compensate(hotels, hotel) = g;
         read more(hotel) = f; #[idempotent] pivot pay(hotel, key) = f;",
        // A new identifier with the recorded name.
        "#[name = \"hotel\"] #[idempotent]
         step room(hotels, trip, key) -> Room = f compensate(hotels, room) = g;",
    ] {
        assert_eq!(said(&file, &trip(is)), NO_MISTAKES, "{is}");
    }
}

#[test]
fn a_loop_that_is_a_step_now_is_one_difference() {
    let was = trip("for day: u8 in (trip => trip.days()) read rates(day) -> u8 = f;");
    let said = said(
        &file(&[("2026-11-01", &was)]),
        &trip("read rates(trip) -> u8 = f;"),
    );
    let [(at, message)] = &said[..] else {
        panic!("one error, not {said:?}");
    };
    assert_eq!(at, "rates");
    assert!(message.contains("is not a loop"), "{message}");
}

#[test]
fn the_note_names_the_versions_and_what_each_of_them_had() {
    let read = |ty: &str, more: usize| {
        let more = (0..more).map(|k| format!("read more_{k}(trip) = f;"));
        let more = more.collect::<Vec<_>>().concat();
        trip(&format!("read rates(trip) -> {ty} = f; {more}"))
    };
    let days = [
        "2026-11-01",
        "2026-11-02",
        "2026-11-03",
        "2026-11-04",
        "2026-11-05",
    ];
    let versions: Vec<_> = (0..5)
        .map(|k| read(if k == 1 { "u16" } else { "u8" }, k))
        .collect();
    let versions = days.iter().zip(&versions);
    let versions: Vec<_> = versions.map(|(day, version)| (*day, &**version)).collect();
    let said = said(&file(&versions), &read("u32", 5));
    let [(at, message)] = &said[..] else {
        panic!("one error, not {said:?}");
    };
    assert_eq!(at, "u32");
    let note = message
        .lines()
        .filter(|line| line.contains("released 2026"));
    let note: Vec<_> = note.collect();
    assert_eq!(note.len(), 2, "{message}");
    let names = note[0]
        .split(&[',', ':'][..])
        .filter(|part| part.contains("2026"));
    assert!(names.clone().count() == 3, "{message}");
    assert!(note[0].ends_with(", and 1 more: `u8`"), "{message}");
    assert!(
        note[1].ends_with(": `u16`") && note[1].contains("2026-11-02 ("),
        "{message}"
    );
}

#[test]
fn raw_names_are_found() {
    let of = |input: &str, read: &str| {
        let saga = trip(&format!(
            "#[idempotent] step hotel(hotels, key) -> Room = f compensate(hotels, {read}) = g;"
        ));
        saga.replace("trip: Trip", &format!("trip: Trip, {input}"))
    };
    let was = of("r#type: u8", "trip");
    let other = "the input `type` has a different type than in a released version";
    differs_whole(&was, &of("r#type: u16", "trip"), "u16", other);
    let of = |read: &str| {
        format!(
            "read r#type(trip) -> u8 = f; #[idempotent] step hotel(hotels, key) -> Room = f compensate(hotels, {read}) = g;"
        )
    };
    let reads = "the compensation of `hotel` reads different values than in a released version";
    differs(&of("hotel"), &of("hotel, r#type"), "r#type", reads);
}

#[test]
fn only_lines_of_its_own_are_read() {
    let other = file(&[(
        "2026-11-01",
        &trip("read rates(trip) = f;").replace("BookTrip", "Book"),
    )]);
    let torn = other.replace("}}", "");
    assert_eq!(said(&torn, &trip("read all(trip) = f;")), NO_MISTAKES);
}

/// The one difference between two bodies is at this token, and has this headline.
#[track_caller]
fn differs(was: &str, is: &str, at: &str, headline: &str) {
    differs_whole(&trip(was), &trip(is), at, headline);
}

/// Asserts that the one difference between two sagas is at this token, and has this headline.
fn differs_whole(was: &str, is: &str, at: &str, headline: &str) {
    let said = said(&file(&[("2026-11-01", was)]), is);
    let [(found, message)] = &said[..] else {
        panic!("one error, not {said:?}");
    };
    let (said, _) = message
        .split_once("\n\nnote: released 2026-11-01 (")
        .unwrap();
    assert_eq!((&**found, said), (at, headline));
}

#[test]
fn what_settles_a_step_stays() {
    let late = |late: &str| {
        format!(
            "{late} step hotel(hotels, key) -> Room = f resolve(hotels, key) = g compensate(hotels, hotel) = h;"
        )
    };
    differs(
        &late("#[late(1s)]"),
        &late("#[idempotent] #[late(1s)]"),
        "idempotent",
        "`hotel` has `#[idempotent]`, which a released version of it does not have",
    );
    let block = |read: &str| {
        format!(
            "concurrent {{ read a(trip) -> u8 = f; read b(trip) -> u8 = f; read c(trip, {read}) = f; }}"
        )
    };
    differs(
        &block("a"),
        &block("b"),
        "b",
        "`c` depends on different steps than in a released version",
    );
    let keyed = |by: &str, read: &str| {
        format!(
            "#[idempotent{by}] step hotel(hotels, trip{read}) -> Room = f compensate(hotels, hotel) = h;"
        )
    };
    differs(
        &keyed("", ", key"),
        &keyed("(by = trip)", ""),
        "trip",
        "`hotel` has a different key than in a released version, and might be done twice",
    );
}

#[test]
fn events_stay() {
    let emits = |of: &str| {
        let (emits, emit) = match of {
            "" => (String::new(), ""),
            of => (format!(" emit {of}"), "emit(rates => [rates.sent()]);"),
        };
        let saga = trip(&format!("read rates(trip) -> Rate = f; {emit}"));
        saga.replace("-> Result<(), E>", &format!("-> Result<(), E>{emits}"))
    };
    differs_whole(
        &emits("Sent"),
        &emits("Told"),
        "Told",
        "the events of `BookTrip` have a different type than in a released version, and some may be undelivered",
    );
    differs_whole(
        &emits("Sent"),
        &emits(""),
        "BookTrip",
        "`BookTrip` no longer publishes events, and those of a released version may be undelivered",
    );
    assert_eq!(
        said(&file(&[("2026-11-01", &emits(""))]), &emits("Sent")),
        NO_MISTAKES
    );
}

#[test]
fn a_retired_step_stays_retired_until_it_is_gone() {
    let step = |attribute: &str| {
        format!("{attribute} read rates(trip) -> Rate = f; read hotel(trip) -> Room = f;")
    };
    differs(
        &step("#[retired]"),
        &step(""),
        "rates",
        "`rates` is no longer `#[retired]`, and runs of a released version may have skipped it",
    );
    let file = file(&[("2026-11-01", &trip(&step("#[retired]")))]);
    let gone = trip("read hotel(trip) -> Room = f;");
    assert_eq!(said(&file, &gone), NO_MISTAKES);
}

#[test]
fn an_introduced_step_is_required_once_no_version_lacks_it() {
    let step = |step: &str| {
        trip(&format!(
            "read hotel(trip) -> Room = f; {step} read all(trip) = f;"
        ))
    };
    let without = ("2026-11-01", &*step(""));
    let introduced = step("#[introduced] read rates(trip) -> Rate = f;");
    let introduced = ("2026-11-12", &*introduced);
    let required = step("read rates(trip) -> Rate = f;");
    assert_eq!(said(&file(&[introduced]), &required), NO_MISTAKES);
    let said = said(&file(&[without, introduced]), &required);
    let [(at, message)] = &said[..] else {
        panic!("one error, not {said:?}");
    };
    assert_eq!(at, "rates");
    assert!(message.contains("note: released 2026-11-01"), "{message}");
    assert!(!message.contains("2026-11-12"), "{message}");
    // A version under which a run continued without the step.
    let mut absent = Released::all(&file(&[introduced]), None).unwrap();
    let mut definition = (*absent[0].definition).clone();
    definition.steps.to_mut()[1].absent = true;
    absent[0].definition = definition.into();
    let found = self::said(&Released::file(&absent), &required);
    assert!(
        found[0].1.contains("`all` came right after `hotel`"),
        "{found:?}"
    );
}

#[test]
fn what_a_step_has_become_is_said_as_such() {
    let once = "read rooms(hotels) -> Vec<Room> = f;";
    let each = "for night: u32 in (trip => trip.nights()) read rooms(hotels) -> Room = f;";
    let found = said(&file(&[("2026-11-01", &trip(each))]), &trip(once));
    let headline = "`rooms` is not a loop, unlike in a released version";
    assert!(found[0].1.starts_with(headline), "{found:?}");
    let headline = "`rooms` is a loop, unlike in a released version";
    differs(once, each, "u32", headline);

    let inside = "when (trip => trip.far) { read a(trip) -> u8 = f; read b(trip) -> u8 = f; }";
    let outside = "read a(trip) -> u8 = f; when (trip => trip.far) { read b(trip) -> u8 = f; }";
    let headline = "`a` is outside any `when` block, unlike in a released version";
    differs(inside, outside, "a", headline);
    let headline = "`a` is in a `when` block, unlike in a released version";
    differs(outside, inside, "when", headline);

    let child = "step room(trip) -> u8 = saga Child { trip: trip.clone() }";
    let code = "#[idempotent] step room(trip, key) -> u8 = f compensate(key) = g;";
    let inner = "#[timeout(1s)] #[classify(v)] durable saga Child(trip: Trip) -> Result<u8, E> \
        { read one(trip) -> u8 = f; one }";
    let with_child = format!("{inner} {}", trip(child));
    for (was, is, headline) in [
        (
            &with_child,
            &trip(code),
            "`room` is not a child saga, unlike in a released version",
        ),
        (
            &trip(code),
            &trip(child),
            "`room` is a child saga, unlike in a released version",
        ),
    ] {
        let found = said(&file(&[("2026-11-01", was)]), is);
        assert!(
            found.iter().any(|(_, said)| said.starts_with(headline)),
            "{found:?}"
        );
    }
}
