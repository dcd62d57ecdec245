use typed_saga_core::{Before, Verdict, definition::Compensation, kernel::Event};

use super::{Script, at, folded, now, row, why};
use crate::{
    journal::sample::{Declare, block, pivot, saga, step},
    journal::why::Runner,
    store::{Epoch, Row, State},
};

#[test]
fn a_call_that_runs() {
    let definition = saga([step("hotel").retry(3).by_key(), step("car").fallback()]);
    assert_eq!(
        Script::of(definition).attempt(0).running(),
        "runs `hotel`, attempt 1, for 3s"
    );
    let again = Script::of(definition)
        .reject(0, Verdict::Transient, "no line")
        .hear(Event::Waited { step: 0 })
        .attempt(0);
    assert_eq!(
        again.running(),
        "runs `hotel`, attempt 2, for 3s, after: no line"
    );
    let fallback = Script::of(definition)
        .done(0)
        .reject(1, Verdict::Refused, "sold out")
        .hear(Event::FallingBack { step: 1 });
    assert_eq!(
        fallback.running(),
        "runs the fallback of `car`, for 3s, after: sold out"
    );
}

#[test]
fn siblings_that_run() {
    let definition = saga(block(0, [step("hotel"), step("car")]));
    assert_eq!(
        Script::of(definition).attempt(0).attempt(1).running(),
        "runs `hotel`, attempt 1, for 3s, and runs `car`, attempt 1, for 3s"
    );
}

#[test]
fn the_way_back() {
    let definition = saga([step("hotel"), step("car")]);
    let back = || {
        Script::of(definition)
            .done(0)
            .reject(1, Verdict::Refused, "sold out")
    };
    assert_eq!(
        back().hear(Event::Compensating { step: 0 }).running(),
        "undoes `hotel`, for 3s"
    );
    let waits = back()
        .undo_fails(0, "no line")
        .wait("hotel", at(42), Before::Compensation);
    assert_eq!(
        waits.running(),
        "waits until 2026-11-20T10:00:45Z (in 42s) before undoing `hotel` again, after: no line"
    );
    let again = back()
        .undo_fails(0, "no line")
        .hear(Event::Waited { step: 0 })
        .hear(Event::Compensating { step: 0 });
    assert_eq!(
        again.running(),
        "undoes `hotel`, for the 2nd time, for 3s, after: no line"
    );
}

#[test]
fn a_wait() {
    let definition = saga([step("hotel").retry(3).by_key().savepoint(1)]);
    let waits = |until| {
        Script::of(definition)
            .reject(0, Verdict::Transient, "no line\n  at all")
            .wait("hotel", until, Before::Attempt)
    };
    assert_eq!(
        waits(at(42)).running(),
        "waits until 2026-11-20T10:00:45Z (in 42s) before the next attempt of `hotel`, after: no line at all"
    );
    assert_eq!(
        waits(at(0)).running(),
        "waited until 2026-11-20T10:00:03Z before the next attempt of `hotel`, after: no line at all"
    );
    let folded = folded(definition, waits(at(-2)).records);
    assert_eq!(
        why(&row(State::Waiting), Ok(&folded), now(), Runner::Alive),
        "waits for a slot, for 2s, before the next attempt of `hotel`, after: no line at all"
    );
    let turns = Script::of(definition)
        .reject(0, Verdict::Refused, "sold out")
        .wait("hotel", at(42), Before::Rerun);
    assert_eq!(
        turns.running(),
        "waits until 2026-11-20T10:00:45Z (in 42s) before the rerun from `hotel`, after: sold out"
    );
}

#[test]
fn siblings_that_wait() {
    let definition = saga(block(0, [step("hotel").retry(3), step("car").retry(3)]));
    let waits = Script::of(definition)
        .attempt(1)
        .reject(0, Verdict::Transient, "no line")
        .wait("hotel", at(42), Before::Attempt);
    assert_eq!(
        waits.running(),
        "runs `car`, attempt 1, for 3s, and waits until 2026-11-20T10:00:45Z (in 42s) before the next attempt of `hotel`, after: no line"
    );
}

#[test]
fn doubt() {
    let definition = saga([step("car").resolve().late().by_key()]);
    let doubt = || Script::of(definition).time_out(0);
    assert_eq!(
        doubt().wait("car", at(30), Before::Resolve).running(),
        "`car` is in doubt; waits until 2026-11-20T10:00:33Z (in 30s), when it can no longer arrive late, after: it timed out"
    );
    let asks = || {
        doubt()
            .hear(Event::LatePassed { step: 0 })
            .hear(Event::Resolving { step: 0 })
    };
    assert_eq!(
        asks().running(),
        "`car` is in doubt; runs `resolve`, for 3s"
    );
    let failed = || {
        asks().fail(
            Event::ResolveFailed {
                step: 0,
                refused: false,
            },
            "no line",
        )
    };
    assert_eq!(
        failed().wait("car", at(1), Before::Resolve).running(),
        "`car` is in doubt; waits until 2026-11-20T10:00:04Z (in 1s) before running `resolve` \
            again, after: no line"
    );
    let again = failed()
        .hear(Event::Waited { step: 0 })
        .hear(Event::Resolving { step: 0 });
    assert_eq!(
        again.running(),
        "`car` is in doubt; runs `resolve`, for the 2nd time, for 3s, after: no line"
    );
    let by_key = saga([step("car").by_key()]);
    let undoes = Script::of(by_key)
        .time_out(0)
        .hear(Event::Compensating { step: 0 });
    assert_eq!(
        undoes.running(),
        "`car` is in doubt; runs its compensation, for 3s"
    );
}

#[test]
fn requests_that_may_still_arrive() {
    let again = || step("hotel").with(|step| step.idempotent = true);
    let definition = saga([again().own_late(), step("car")]);
    let applied = Script::of(definition)
        .time_out(0)
        .hear(Event::Waited { step: 0 })
        .done(0);
    let undoing = applied.reject(1, Verdict::Refused, "sold out");
    assert_eq!(
        undoing
            .wait("hotel", at(30), Before::Compensation)
            .running(),
        "waits until 2026-11-20T10:00:33Z (in 30s), when no request of `hotel` can still \
            arrive, before undoing `hotel`"
    );
    let page = again().own_late().with(|step| {
        step.name = "page".into();
        step.compensation = Compensation::With(0);
    });
    let definition = saga([step("hotel"), page]);
    let undoing = Script::of(definition)
        .done(0)
        .time_out(1)
        .hear(Event::CancelRequested);
    assert_eq!(
        undoing.wait("page", at(30), Before::Compensation).running(),
        "waits until 2026-11-20T10:00:33Z (in 30s), when no request of `page` can still \
            arrive, before undoing `hotel`, and `page` with it"
    );
    let early = Event::Rejected {
        step: 0,
        verdict: Verdict::Refused,
        abort: false,
        again: true,
        late_passed: false,
    };
    let refused = Script::of(saga([again().late()]))
        .time_out(0)
        .hear(Event::Waited { step: 0 })
        .attempt(0)
        .fail(early, "sold out");
    assert_eq!(
        refused.wait("hotel", at(30), Before::Attempt).running(),
        "`hotel` is in doubt; waits until 2026-11-20T10:00:33Z (in 30s), when it can no longer \
            arrive late, before the next attempt, after: sold out"
    );
}

#[test]
fn stuck() {
    let definition = saga([step("hotel"), step("car")]);
    let mut back = Script::of(definition)
        .done(0)
        .reject(1, Verdict::Refused, "sold out");
    for _ in 0..11 {
        back = back
            .undo_fails(0, "no line")
            .hear(Event::Waited { step: 0 });
    }
    let waits = back
        .undo_fails(0, "no line")
        .wait("hotel", at(300), Before::Compensation);
    assert_eq!(
        waits.running(),
        "stuck: the compensation of `hotel` has failed 12 times in a row, last: no line; \
         waits until 2026-11-20T10:05:03Z (in 5m) before undoing `hotel` again, after: no line"
    );
}

#[test]
fn a_cancel_that_waits() {
    let definition = saga([pivot("charge")]);
    assert_eq!(
        Script::of(definition)
            .attempt(0)
            .hear(Event::CancelRequested)
            .running(),
        "runs `charge`, attempt 1, for 3s; a cancel waits for the outcome"
    );
}

#[test]
fn nobody_has_it_at_hand() {
    let definition = saga([step("hotel")]);
    let script =
        |script: fn(Script) -> Script| folded(definition, script(Script::of(definition)).records);
    let (fresh, started) = (script(|it| it), script(|it| it.attempt(0)));
    let row = |due, claimed| Row {
        due,
        claimed,
        ..row(State::Running)
    };
    for (row, folded, sentence) in [
        (row(Some(at(-7)), None), &fresh, "waits for a slot, for 7s"),
        (
            row(Some(at(-7)), None),
            &started,
            "waits for a slot, for 7s",
        ),
        (
            row(Some(at(7)), None),
            &fresh,
            "waits until 2026-11-20T10:00:10Z (in 7s)",
        ),
        (
            row(Some(at(-7)), Some(Epoch(1))),
            &started,
            "was started under another engine; waits to be recovered",
        ),
        (
            row(Some(at(-7)), Some(Epoch(1))),
            &fresh,
            "was started under another engine; waits to be recovered",
        ),
    ] {
        assert_eq!(why(&row, Ok(folded), now(), Runner::Alive), sentence);
    }
    assert_eq!(
        why(
            &row(Some(at(-7)), Some(Epoch(1))),
            Ok(&fresh),
            now(),
            Runner::AtHand
        ),
        "is about to continue"
    );
}

#[test]
fn a10_where_no_engine_runs_nothing_waits_for_a_slot() {
    let definition = saga([step("hotel").retry(3)]);
    let waiting = Row {
        due: Some(at(-7)),
        ..row(State::Running)
    };
    let fresh = folded(definition, Vec::new());
    assert_eq!(
        why(&waiting, Ok(&fresh), now(), Runner::Nobody),
        "waits for an engine, since none runs, for 7s"
    );
    let script = Script::of(definition).reject(0, Verdict::Transient, "busy");
    let retried = folded(
        definition,
        script.wait("hotel", at(-2), Before::Attempt).records,
    );
    assert_eq!(
        why(&row(State::Waiting), Ok(&retried), now(), Runner::Nobody),
        "waits for an engine, since none runs, for 2s, before the next attempt of `hotel`, after: busy"
    );
}
