//! Whatever the tokens are, the macro answers with items and errors, and does not panic.

#![no_main]
#![expect(dead_code, reason = "the macro's sources, without its entry")]

use libfuzzer_sys::fuzz_target;
use proc_macro2::TokenStream;

/// The macro's sources; they name each other from the root.
#[path = "../../saga-macros/src"]
mod macros {
    pub(crate) mod cfg;
    pub(crate) mod check;
    pub(crate) mod declare;
    pub(crate) mod errors;
    pub(crate) mod expand;
    pub(crate) mod known;
    pub(crate) mod model;
    pub(crate) mod names;
    pub(crate) mod parse;
    pub(crate) mod promises;
    pub(crate) mod reruns;
    pub(crate) mod similar;
}

use macros::{
    cfg, check, declare, errors, expand, known, model, names, parse, promises, reruns, similar,
};

use expand::Mode;
use known::{Known, complete};
use parse::Declaration;

/// Words and punctuation that mean something to the macro, whole pieces of a saga, and some that mean nothing.
const WORDS: [&str; 84] = [
    "once",
    "again",
    "saga",
    "durable",
    "pub",
    "with",
    "read",
    "step",
    "pivot",
    "concurrent",
    "compensate",
    "none",
    "resolve",
    "fallback",
    "finally",
    "for",
    "in",
    "await",
    "emits",
    "publish",
    "key",
    "undo_key",
    "ctx",
    "failure",
    "outcome",
    "trip",
    "hotel",
    "S",
    "Result",
    "_",
    "->",
    "=",
    "==",
    "=>",
    ";",
    ",",
    ":",
    "::",
    "..",
    "<",
    ">",
    "#",
    "&",
    "|",
    "?",
    "!",
    "10s",
    "3",
    "1.5",
    "\"x\"",
    "timeout",
    "retry",
    "forever",
    "jitter",
    "if",
    "after",
    "when",
    "name",
    "cfg",
    "by_key",
    "idempotent",
    "savepoint",
    "r#type",
    "S(trip: Trip) -> Result<(), E>",
    "step hotel(trip) -> B = f;",
    "compensate(hotel) = g;",
    "#[timeout(1s)]",
    "signal",
    "sleep",
    "emit",
    "item",
    "by",
    "never",
    "with hotel",
    "signal paid -> u8;",
    "sleep night(=> NIGHT);",
    "lock order(trip => Order(trip.id)) -> Order;",
    "when (trip => trip.far)",
    "for leg: Leg in (trip => trip.legs())",
    "step legs(leg) -> B = f;",
    "step inner(trip) -> B = saga Inner { trip: trip.clone() } with (hotels);",
    "#[timeout(never)]",
    "#[concurrent(2)]",
    "#[idempotent(by = leg)]",
];

/// A byte for a word, or for a parenthesis; all of them are closed in the end.
fn text(data: &[u8]) -> String {
    let (mut text, mut open) = (String::new(), Vec::new());
    for &byte in data {
        match byte {
            0..192 => text.push_str(WORDS[usize::from(byte) % WORDS.len()]),
            192..234 => {
                let (opening, closing) =
                    [("(", ")"), ("{", "}"), ("[", "]")][usize::from(byte % 3)];
                text.push_str(opening);
                open.push(closing);
            }
            _ => text.push_str(open.pop().unwrap_or(";")),
        }
        text.push(' ');
    }
    text.extend(open.into_iter().rev());
    text
}

fn answer(tokens: TokenStream) {
    for declaration in parse::declarations(tokens) {
        let Declaration::Saga {
            mut saga,
            lost,
            errors,
        } = declaration
        else {
            continue;
        };
        let is_read = errors.is_empty();
        let (mut errors, declared) = check::check(&mut saga, &lost, errors);
        if is_read {
            check::untyped(&mut saga, &mut errors);
        }
        let declared = errors.is_empty().then(|| complete(declared));
        let known = Known::of(declared.as_ref().map(|declared| (&*saga, declared)));
        if let Some(declared) = &declared {
            let definition = &declared.definition;
            reruns::check(&saga, definition, &known, &mut errors);
            promises::check(&saga, definition, &mut errors);
            drop(expand::expand(&saga, Mode::Complete(declared)));
        } else if check::is_whole(&saga) {
            drop(expand::expand(&saga, Mode::Broken));
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let text = text(data);
    for source in [
        text.clone(),
        format!("saga S(trip: Trip) -> Result<(), E> {{ {text} }}"),
    ] {
        if let Ok(tokens) = source.parse() {
            answer(tokens);
        }
    }
});
