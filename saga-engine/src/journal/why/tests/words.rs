use std::time::Duration;

use typed_saga_core::{Before, Verdict, definition::Kind, kernel::Event};

use super::{Script, at};
use crate::{
    journal::sample::{Declare, saga, signal, step},
    journal::why::words::{ordinal, span},
    store::State,
};

#[test]
fn failures_in_words() {
    let definition = saga([step("hotel").retry(5).by_key()]);
    let waits = |script: Script| {
        let sentence = script.wait("hotel", at(42), Before::Attempt).running();
        let (_, after) = sentence.split_once("after: ").unwrap();
        after.to_owned()
    };
    let step = 0;
    let script = || Script::of(definition);
    let long = "a b".repeat(200);
    let cut = waits(script().reject(0, Verdict::Transient, &long));
    assert_eq!(cut, format!("{}…", &long[..200]));
    let umlauts = "ä".repeat(201);
    let cut = waits(script().reject(0, Verdict::Transient, &umlauts));
    assert_eq!(cut, format!("{}…", "ä".repeat(200)));
    let textless = Event::Rejected {
        step,
        verdict: Verdict::Transient,
        abort: false,
        again: true,
        late_passed: true,
    };
    let cut = waits(script().attempt(0).hear(textless));
    assert_eq!(cut, "an error that has no text");

    let undoes = |event, error| {
        let script = script().attempt(0).fail(event, error);
        script.hear(Event::Compensating { step }).running()
    };
    for event in [Event::Panicked { step }, Event::Lost { step }] {
        assert_eq!(
            undoes(event, "at the disco"),
            "`hotel` is in doubt; runs its compensation, for 3s"
        );
    }
}

#[test]
fn the_expression_that_panicked() {
    let lock = || signal("hotel").with(|step| step.kind = Kind::Lock);
    for (waits, said) in [
        (step("hotel").when(), "its `when`"),
        (lock(), "the expression of its keys"),
        (lock().when(), "its `when` or the expression of its keys"),
        (signal("hotel"), "the expression of its time"),
    ] {
        let script = Script::of(saga([step("room"), waits])).done(0);
        let script = script.fail(Event::WhenPanicked { step: 1 }, "oh no");
        let undone = script
            .hear(Event::Compensating { step: 0 })
            .hear(Event::Compensated { step: 0 });
        let sentence = undone.ended(State::Compensated);
        assert_eq!(
            sentence,
            format!("compensated: failed first: `hotel`: {said} panicked: oh no")
        );
    }
}

#[test]
fn spans_are_read_at_a_glance() {
    for (millis, text) in [
        (0, "0s"),
        (250, "250ms"),
        (1_000, "1s"),
        (59_999, "59s"),
        (60_000, "1m"),
        (3_599_000, "59m 59s"),
        (3_600_000, "1h"),
        (86_399_000, "23h 59m"),
        (90_000_000, "1d 1h"),
        (86_400_000_000, "1000d"),
    ] {
        assert_eq!(span(Duration::from_millis(millis)), text);
    }
}

#[test]
fn ordinals() {
    let words = [1, 2, 3, 4, 11, 12, 13, 21, 102, 113].map(ordinal);
    let expected = [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "113th",
    ];
    assert_eq!(words, expected);
}
