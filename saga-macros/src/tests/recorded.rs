//! Names as they are recorded: without a leading `_`.

use typed_saga_definition::{Definition, Released};

use super::released::said;
use super::{NO_MISTAKES, good};
use crate::known::declared;

/// A declaration in which `~` stands for the first letters of names.
fn send(before: &str) -> String {
    "#[timeout(1s)] #[classify(v)]
     durable saga Send(~order: u64, ~lines: Vec<u8>) with (~post: Post) -> Result<u64, E> {
        #[idempotent(by = ~order)]
        step ~label(~post, ~order) -> u64 = f compensate none;
        #[idempotent]
        for ~line: u8 in (~lines => ~lines.clone())
        step ~packed(~post, ~line, ~label, key) -> u64 = f compensate(~packed, ~label) = g;
        #[name = \"note\"] #[idempotent(by = ~label)]
        step ~bow(~post, ~label) -> u64 = f compensate none;
        step ~wrapped(~bow) -> u64 = saga Wrap { ~size: *~bow } with (~post) compensate none;
        #[timeout(1h)] signal ~paid -> u64;
        *~label
     }"
    .replace('~', before)
}

#[test]
fn a_leading_underscore_is_no_part_of_a_name() {
    let [old, new] = ["", "_"].map(|before| declared(&good(&send(before))).definition);
    assert_eq!(old, new);
    let written = file_of(&old);
    for before in ["", "_"] {
        assert_eq!(said(&written, &send(before)), NO_MISTAKES);
        let renamed = send(before)
            .replace("packed", "sent")
            .replace("order", "number");
        let renamed: Vec<_> = said(&written, &renamed)
            .into_iter()
            .map(|(at, _)| at)
            .collect();
        let [number, sent] = ["number", "sent"].map(|name| format!("{before}{name}"));
        assert_eq!(renamed, [number, sent]);
    }
}

/// A file with this version.
fn file_of(definition: &Definition) -> String {
    Released::file(&[Released {
        fingerprint: definition.fingerprint(),
        date: "2026-11-01".into(),
        definition: definition.clone().into(),
    }])
}

/// Rustc removes them.
#[test]
fn parentheses_that_mean_nothing_are_no_part_of_a_type() {
    let written = |[input, effect, output]: [&str; 3]| {
        let saga = format!(
            "saga S(a: {input}) -> Result<{output}, E> {{ read b(a) -> {effect} = f; f(b) }}"
        );
        let definition = declared(&good(&saga)).definition;
        let step = &definition.steps[0];
        [&definition.inputs[0].ty, &step.effect, &definition.output].map(ToString::to_string)
    };
    let plain = ["Vec<u8>", "(u8, [u8 ; 2])", "Box<dyn Fn(u8) -> u8 + Send>"];
    assert_eq!(written(plain), plain);
    let doubled = [
        "(Vec<(u8)>)",
        "((u8), [(u8) ; 2])",
        "(Box<(dyn Fn(u8) -> u8 + Send)>)",
    ];
    let needed = "Box<(dyn Fn(u8) -> u8 + Send)>";
    assert_eq!(written(doubled), [plain[0], plain[1], needed]);
}
