//! `#[within]` and `#[holds]`: sagas that keep them, and the messages for those that do not.

use typed_saga_definition::Limit;

use super::{NO_MISTAKES, checked};
use crate::known::declared;

/// A durable saga whose attempts have a limit of 20 seconds.
fn saga(attributes: &str, body: &str) -> String {
    format!(
        "#[timeout(20s)] {attributes} #[classify(E::verdict)] \
         durable saga S(x: u8) with (bank: Bank) -> Result<(), E> {{ {body} }}"
    )
}

/// Asserts the token at which the one mistake is reported, the headline, and the help.
#[track_caller]
fn mistake(source: &str, at: &str, what: &str, help: &str) {
    let (_, errors) = checked(source);
    let found = errors.found();
    let [(token, message)] = found.as_slice() else {
        panic!("one mistake in {source}, found {found:#?}")
    };
    let (said, _) = message.split_once('\n').unwrap();
    let (_, advised) = message.split_once("\nhelp: ").unwrap();
    assert_eq!((&**token, said, advised), (at, what, help), "in {source}");
}

#[track_caller]
fn kept(source: &str) {
    assert_eq!(checked(source).1.found(), NO_MISTAKES, "in {source}");
}

const PIVOT: &str = "#[idempotent] #[retry(3, 1s..4s)] pivot pay(bank, key) = f;";
const SEAT: &str = "#[idempotent] #[retry(1)] #[holds(2m)] step seat(bank, key) -> u8 = f \
    compensate(bank, seat) = g;";

/// How often each step may be attempted; `None` if the definition says nothing of it.
fn attempts(source: &str) -> Vec<Option<Limit>> {
    let (sagas, errors) = checked(source);
    assert_eq!(errors.found(), NO_MISTAKES, "in {source}");
    let definition = declared(&sagas[0]).definition;
    let steps = definition.steps.iter();
    let retries = steps.map(|step| step.acting().retry.as_ref().map(|retry| retry.limit));
    retries.collect()
}

/// The definition says nothing of it: one attempt, up to the pivot.
const UNSAID: Option<Limit> = None;

/// A step and a pivot that settle an unknown outcome by one call.
const ASKED: &str = "#[late(0s)] step seat(bank, key) -> u8 = f \
    #[retry(1)] resolve(bank, key) = r compensate(bank, seat) = g; \
    #[late(0s)] pivot pay(bank, key) = f #[retry(1)] resolve(bank, key) = r;";

#[test]
fn steps_without_a_number_are_attempted_five_times() {
    let (one, five) = (Some(Limit::Times(1)), Some(Limit::Times(5)));
    // By the deadline the saga rolls back, and one attempt of the pivot takes 40 seconds to settle.
    for attributes in ["", "#[within(1h)]", "#[within(41s)]"] {
        assert_eq!(attempts(&saga(attributes, ASKED)), [five, five]);
    }
    let own = ASKED.replace("step seat", "#[retry(1)] step seat");
    assert_eq!(attempts(&saga("", &own)), [one, five]);
    assert_eq!(attempts(&saga("#[retry(1)]", ASKED)), [one, one]);
    let plain = saga("", ASKED).replace("durable saga", "saga");
    assert_eq!(attempts(&plain), [UNSAID; 2]);
    let kinds = "read first(bank) -> u8 = f; \
        #[idempotent] step same(bank, key) -> u8 = f compensate(bank, same) = g; \
        step held(bank, same) = f #[by_key(by = same)] compensate(bank, same) = g; \
        step child() = saga Child {}; \
        for i: u8 in (first => vec![first]) \
        step each(bank, i) = f #[by_key] compensate(bank, key) = g; \
        sleep night(1h); #[timeout(1h)] signal day -> u8; \
        concurrent { step left(bank) = f #[by_key] compensate(bank, key) = g; \
        read right(bank) = f; } \
        #[idempotent] pivot pay(bank, day, key) = f; \
        #[idempotent] step later(bank, key) = f; read last(bank) = f;";
    assert_eq!(
        attempts(&saga("", kinds)),
        [
            five, five, None, None, five, None, None, five, five, five, None, None
        ],
        "a key that was blocked is not sent again; a child has steps of its own; waits are not attempts"
    );
}

#[test]
fn steps_are_attempted_as_often_as_a_hold_allows() {
    let five = Some(Limit::Times(5));
    let times = |times| Some(Limit::Times(times));
    // An attempt that is asked about takes 40 seconds. It is the first of the hold, and the pivot may
    // have more of them. What comes before the hold takes none of its time.
    let held = |lasts: &str, between: &str| {
        let hold = format!("#[holds({lasts})] step seat");
        let body = ASKED.replace("step seat", &hold);
        let body = body.replace("#[late(0s)] pivot", &format!("{between} #[late(0s)] pivot"));
        attempts(&saga("", &format!("read first(bank) = f; {body}")))
    };
    assert_eq!(held("80s", ""), [five, five, UNSAID]);
    assert_eq!(held("3m", ""), [five, five, times(3)]);
    assert_eq!(held("241s", ""), [five; 3]);
    // One by one, so that neither of the two takes all the time that is left.
    assert_eq!(
        held("4m", "read rate(bank) = f;"),
        [five, five, times(3), times(3)]
    );
    // On an engine, a compensation that settles doubt is tried until it succeeds.
    let by_key = "step bag(bank, key) = f #[by_key] compensate(bank, key) = g;";
    assert_eq!(held("4m", by_key), [five, five, UNSAID, times(4)]);
}

#[test]
fn a_pivot_settles_within_what_the_saga_promises() {
    kept(&saga("#[within(64s)]", PIVOT));
    kept(&saga("#[within(1s)]", "read a(bank) = f;"));
    let before = "#[idempotent] #[retry(1)] #[holds(1m)] step seat(bank, key) -> u8 = f \
        compensate(bank, seat) = g;";
    mistake(
        &saga("#[within(60s)]", &format!("{before} {PIVOT}")),
        "60s",
        "`pay` alone may take 63s to settle, which `#[within(1m)]` does not allow",
        "write one of:\n  \
         `#[within(83s)]` on the saga, which leaves 20s for the steps before the pivot\n  \
         `#[timeout(18s)]` on `pay`, which leaves 3s for the steps before the pivot\n  \
         `#[retry(2, 1s..4s)]` on `pay`, which leaves 19s for the steps before the pivot",
    );
    mistake(
        &saga("#[within(63s)]", PIVOT),
        "63s",
        "`pay` alone may take 63s to settle, which `#[within(63s)]` does not allow",
        "write one of:\n  `#[timeout(19s)]` on `pay`\n  `#[retry(2, 1s..4s)]` on `pay`\n  \
         `#[within(3m)]` on the saga",
    );
}

#[test]
fn what_has_no_bound_is_named_at_its_token() {
    mistake(
        &saga(
            "#[within(1m)]",
            "#[timeout(LONG)] #[idempotent] pivot pay(bank, key) = f;",
        ),
        "LONG",
        "how long `pay` may take is not known when the saga is compiled",
        "write `#[timeout(11s)]` on `pay`",
    );
    mistake(
        &saga(
            "#[within(2m)]",
            "#[late(0s)] pivot pay(bank, key) = f resolve(bank, key) = g;",
        ),
        "resolve",
        "nothing limits how often the `resolve` of `pay` is tried",
        "write `#[retry(4)]` on the `resolve` of `pay`",
    );
    mistake(
        "#[within(1m)] saga S() with (bank: Bank) -> Result<(), E> {
            pivot pay(bank, key) = f resolve(bank, key) = g; }",
        "pay",
        "nothing limits how long `pay` takes",
        "write `#[timeout(9s)]` on the saga",
    );
}

/// In memory, a clause has the limit of the saga and not that of the step.
#[test]
fn a_limit_that_is_not_known_is_named_where_it_is_declared() {
    let source = "#[timeout(LONG)] #[within(1m)] saga S() with (bank: Bank) -> Result<(), E> {
        #[timeout(2s)] pivot pay(bank, key) = f resolve(bank, key) = g; }";
    let found = checked(source).1.found();
    let named: Vec<_> = found.iter().map(|(at, _)| at.as_str()).collect();
    assert_eq!(named, ["LONG"], "{found:?}");
}

#[test]
fn a_hold_lasts_until_its_step_is_applied() {
    kept(&saga("", &format!("{SEAT} {PIVOT}")));
    let between = "#[idempotent] #[retry(2)] step car(bank, key) = f compensate(bank, key) = g;";
    mistake(
        &saga("", &format!("{SEAT} {between} {PIVOT}")),
        "2m",
        "`seat` holds for 2m, and it may take 123.05s until `pay` is applied",
        "write one of:\n  `#[timeout(18s)]` on `pay`\n  `#[retry(2, 1s..4s)]` on `pay`\n  \
         `#[within(2m)]` on the saga\n  `#[holds(3m)]` on `seat`, if the effect lasts that long",
    );
    kept(&saga("#[within(2m)]", &format!("{SEAT} {between} {PIVOT}")));
}

#[test]
fn a_loop_between_needs_a_deadline() {
    let looped = "for i: u8 in (seat => vec![seat]) read m(bank, i) -> u8 = f;";
    mistake(
        &saga("", &format!("{SEAT} {looped} {PIVOT}")),
        "for",
        "nothing limits how many items the loop `m` has",
        "write `#[within(2m)]` on the saga",
    );
    let twice = format!("{SEAT} {} {looped} {PIVOT}", SEAT.replace("seat", "other"));
    mistake(
        &saga("", &twice),
        "for",
        "nothing limits how many items the loop `m` has",
        "write `#[within(2m)]` on the saga",
    );
    kept(&saga("#[within(2m)]", &format!("{SEAT} {looped} {PIVOT}")));
    let last = "#[idempotent] #[retry(3)] step last(bank, key) = f;";
    let until = SEAT.replace("2m", "5m, until = last");
    mistake(
        &saga("#[within(4m)]", &format!("{until} {looped} {PIVOT} {last}")),
        "5m",
        "`seat` holds for 5m, and it may take 300.15s until `last` is applied",
        "write one of:\n  `#[timeout(19s)]` on `last`\n  `#[retry(2)]` on `last`\n  \
         `#[within(239.85s)]` on the saga\n  \
         `#[holds(6m, until = last)]` on `seat`, if the effect lasts that long",
    );
}

#[test]
fn until_is_a_later_step_and_not_beside_it() {
    let name = "name a later step: `#[holds(…, until = step)]`";
    let what = "`#[holds]` on `seat` needs `until = …`";
    let remove = "remove `#[holds]`: no step follows `seat`";
    mistake(&saga("", SEAT), "holds", what, remove);
    let behind = SEAT.replace(" compensate(bank, seat) = g", "");
    let behind = format!("{PIVOT} {behind}");
    mistake(&saga("", &behind), "holds", what, remove);
    let followed = format!("{behind} read last(bank) = f;");
    mistake(&saga("", &followed), "holds", what, name);
    let beside = SEAT.replace("2m", "2m, until = car");
    let car = "#[idempotent] step car(bank, key) = f compensate(bank, key) = g;";
    mistake(
        &saga("", &format!("concurrent {{ {beside} {car} }} {PIVOT}")),
        "car",
        "`car` may be applied before `seat` starts",
        "name a step after the block, or write `#[after(seat)]` on `car`",
    );
    let earlier = SEAT.replace("2m", "2m, until = a");
    mistake(
        &saga("", &format!("read a(bank) = f; {earlier} {PIVOT}")),
        "a",
        "`a` is declared before `seat`",
        "name a step that is declared after this one",
    );
}
