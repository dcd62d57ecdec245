//! Half-typed paths as rust-analyzer gets them.

use super::tokens;
use crate::sagas;

const MARKER: &str = "raCompletionMarker";

/// What comes out for a saga with this body, in which `|` is the cursor; with the marker there or
/// without it.
fn expanded(body: &str, marker: &str) -> String {
    let saga = format!(
        "saga S(trip: Trip) with (hotels: Hotels) -> Result<_, E> {{ {body} }}",
        body = body.replace('|', marker)
    );
    squeezed(&saga)
}

/// The expansion without its white space.
fn squeezed(saga: &str) -> String {
    let expansion = sagas(tokens(saga)).to_string();
    expansion.split_whitespace().collect()
}

/// The marker's first place in one expansion is the end of the half-typed path in the other.
#[track_caller]
fn is_completed(body: &str, path: &str) {
    let marked = expanded(body, MARKER);
    let place = marked.find(MARKER).expect("the marker is there");
    assert!(marked[..place].ends_with(path), "{body}: {marked}");
    let half = expanded(body, "");
    assert!(half.starts_with(&marked[..place]), "{body}: {half}");
    assert!(half[place..].starts_with(";}"), "{body}: {half}");
}

#[test]
fn a_half_typed_path_is_where_the_marker_is() {
    for after in ["", "read b(trip) -> B { f(trip).await }", "b"] {
        is_completed(
            &format!("read a(trip) -> A = Hotels::|; {after}"),
            "Hotels::",
        );
    }
    for after in [
        "",
        "read b(trip) -> B { f(trip).await }",
        "read b(trip) { f(trip).await }",
        "#[idempotent] step b(trip) = f compensate none",
        "concurrent { read b(trip) = f; }",
        "finally(trip) { f(trip).await; }",
    ] {
        is_completed(
            &format!("read a(trip) -> A = Hotels::| {after}"),
            "Hotels::",
        );
    }
    is_completed(
        "read a(trip) -> A = ::hotels::Hotels::<A<B>>::|;",
        "A<B>>::",
    );
    is_completed(
        "step a(trip) -> A = Hotels::| compensate(hotels, a) = Hotels::cancel;",
        "Hotels::",
    );
    is_completed(
        "step a(trip) -> A = Hotels::book compensate(hotels, a) = Hotels::|; a",
        "Hotels::",
    );
    is_completed("step a(trip) -> A = saga trips::| { trip }", "trips::");
    is_completed("read a(trip) -> types::| = f;", "types::");
}

#[test]
fn in_an_attribute_too() {
    is_completed("#[savepoint(3, if = E::|)] read a(trip) -> A = f;", "E::");
    is_completed(
        "#[timeout(max(limits::|, 3))] read a(trip) -> A = f;",
        "limits::",
    );
    let saga = |marker| {
        let saga = "#[classify(E::|)] saga S(trip: Trip) -> Result<(), E> { read a(trip) = f; }";
        squeezed(&saga.replace('|', marker))
    };
    let (half, marked) = (saga(""), saga(MARKER));
    let place = marked.find(MARKER).expect("the marker is there");
    assert!(half.starts_with(&marked[..place]), "{half}");
}

/// In a body, which stays as it is: with the marker it may parse, or have no `await`.
#[test]
fn a_body_begins_alike_with_the_marker_and_without_it() {
    for body in [
        "read a(hotels) -> A { hotels.| }",
        "read a(hotels) -> A { hotels.bo| }",
        "read a(hotels) -> A { hotels.await| }",
        "read a(hotels) -> A { r#hotels.r#bo| }",
        "read a(hotels) -> A { _| }",
        "read a(hotels) -> A { let other = |; Ok(A) }",
        "read a(hotels) -> A { hotels.book().await?; hotels.| }",
        "read a(hotels) -> A { A::try_from(|) }",
        "step a(hotels) -> A { Ok(A) } compensate(hotels) { if hotels.| {} Ok(()) }",
        "read a(hotels) { Ok(()) } read b(a) -> A { a.| }",
    ] {
        let marked = expanded(body, MARKER);
        let place = marked.find(MARKER).expect("the marker is there");
        let half = expanded(body, "");
        assert!(half.starts_with(&marked[..place]), "{body}: {half}");
    }
}

/// Two at once: those before the cursor are there in both.
#[test]
fn an_earlier_half_stays_in_its_place() {
    is_completed(
        "read a(trip) = Cars::; read b(trip) = Hotels::|;",
        "Hotels::",
    );
    is_completed(
        "read a(trip) = Hotels::|; read b(trip) = Cars::;",
        "Hotels::",
    );
}

/// A whole path costs nothing.
#[test]
fn whole_paths_are_left_alone() {
    for body in [
        "read a(trip) -> types::A<types::B> = ::hotels::Hotels::<A<B>>::book;",
        "#[savepoint(3, if = E::is_brief)] read a(trip) -> A = f;",
        "#[when(trip => trip.is::<A>() && A::B == c)] read a(trip) -> A = f;",
    ] {
        let expanded = expanded(body, "");
        assert!(!expanded.contains("rust_analyzer"), "{body}: {expanded}");
    }
}
