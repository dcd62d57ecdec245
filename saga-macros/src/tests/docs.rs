//! The part of a saga's documentation about its steps.

use syn::parse::ParseStream;
use syn::{Attribute, File, Item, ItemStruct, LitStr, Token};

use super::{checked, good};
use crate::expand::{Mode, expand};
use crate::known::declared;
use crate::model::Saga;

/// The input struct of the one saga of `source`.
fn input(source: &str) -> ItemStruct {
    let saga = good(source);
    input_of(&saga, Mode::Complete(&declared(&saga)))
}

fn input_of(saga: &Saga, mode: Mode<'_>) -> ItemStruct {
    let file: File = syn::parse2(expand(saga, mode)).expect("items");
    let structs = file.items.into_iter().filter_map(|item| match item {
        Item::Struct(item) => Some(item),
        _ => None,
    });
    structs
        .into_iter()
        .find(|item| item.ident == saga.name)
        .expect("the input struct")
}

/// The documentation that only rustdoc gets, which follows all other documentation.
fn for_rustdoc(item: &ItemStruct) -> Vec<String> {
    let is_conditional = |attr: &&Attribute| attr.path().is_ident("cfg_attr");
    let doc = |attr: &Attribute| {
        attr.parse_args_with(conditional_doc)
            .expect("`doc, doc = …`")
    };
    item.attrs.iter().filter(is_conditional).map(doc).collect()
}

fn conditional_doc(input: ParseStream<'_>) -> syn::Result<String> {
    mod word {
        syn::custom_keyword!(doc);
    }
    input.parse::<word::doc>()?;
    input.parse::<Token![,]>()?;
    input.parse::<word::doc>()?;
    input.parse::<Token![=]>()?;
    Ok(input.parse::<LitStr>()?.value())
}

/// Another test compares the file in `docs/` with the runtime's drawing of `DEFINITION`, so the
/// macro and the runtime draw the same, except for constants, whose values only the runtime knows.
#[test]
fn the_picture_is_that_of_the_definition() {
    let source = include_str!("../../../examples/trip/saga.rs")
        .replace("limits::CALL", "60s")
        .replace("limits::CAR_LATE", "200ms");
    let (_, call) = source.split_once("saga! {").expect("a saga");
    let saga = call.trim_end().strip_suffix('}').expect("its end");
    let docs = for_rustdoc(&input(saga));
    let [doc] = docs.as_slice() else {
        panic!("one picture, not {docs:?}")
    };
    let (_, after) = doc.split_once("<div>\n").expect("a frame");
    let (picture, table) = after.split_once("</div>").expect("its end");
    assert_eq!(picture, include_str!("../../../docs/book_trip.svg"));
    assert_eq!(table.matches("\n| `").count(), 8);
}

#[test]
fn durations_that_are_expressions_are_shown_as_written() {
    let saga = "saga S(n: u8) -> Result<_, E> { #[timeout(Duration::from_secs(2) * 3)] read a(n) { \
        Ok(()) } }";
    let docs = for_rustdoc(&input(saga));
    assert!(
        docs[0].contains("timeout Duration::from_secs(2) * 3"),
        "{docs:?}"
    );
}

/// The report in the documentation.
fn guarantees(source: &str) -> String {
    let docs = for_rustdoc(&input(source));
    let (_, report) = docs[0].split_once("\n# Guarantees\n").expect("a section");
    report.to_owned()
}

/// The lines of the report, without their markup.
fn lines(report: &str) -> Vec<&str> {
    let lines = report.lines().map(|line| {
        let line = line.trim_start_matches("<pre class=\"saga-report\">");
        let line = line
            .trim_start_matches("</span>")
            .trim_start_matches("<span>");
        line.trim_end_matches("</pre>")
    });
    lines.collect()
}

#[test]
fn what_the_saga_guarantees_is_the_report_of_the_command() {
    let report = guarantees(
        "#[classify(E::verdict)] #[timeout(2s)] saga S(n: u8) with (bank: Bank) -> Result<_, E> {
            #[idempotent] #[retry(2, 1s..1s)] step a(bank, n, key) -> u8 = Bank::charge
                compensate(bank, a) = Bank::refund;
            #[idempotent] pivot b(bank, a, key) = Bank::capture;
        }",
    );
    let expected = "
What follows from the declaration alone. Times leave out crashes, blocked threads, `finally`, and an \
engine's queue and commits.

STYLE
saga S

decided within  16 s  `b` accounts for 11 s
ends within     27 s  `a` accounts for 16 s
calls at most   bank  12  `a` 2, its compensation 5, `b` 5
holds           a  16 s  until `b`
never remains   b  without `a`
parks when      a step cannot be undone
                  a  after 5 failed compensations
                  → parked.resume()
                it stays unknown whether a step happened
                  a  after 2 attempts
                  b  after 5 attempts; nothing is undone
                  → parked.resume()
";
    let (_, style) = report.split_once("<style>").expect("lines wrap");
    let (style, _) = style.split_once("</style>").expect("it ends");
    let plain = report.replace(&format!("<style>{style}</style>"), "STYLE");
    assert_eq!(lines(&plain).join("\n"), expected);
}

/// The macro sees neither the value of a constant nor the steps of another saga, and does not guess
/// them.
#[test]
fn what_the_macro_does_not_know_the_documentation_says_is_not_known() {
    let report = guarantees(
        "#[classify(E::verdict)] saga S(n: u8) with (bank: Bank) -> Result<_, E> {
            #[timeout(LIMIT)] #[idempotent] step a(bank, n, key) -> u8 = Bank::charge
                #[timeout(1s)] compensate(bank, a) = Bank::refund;
            step b(n) = saga Wrap { n: *n } with (bank);
        }",
    );
    for line in [
        "decided within  no bound  `a` takes as long as an expression says: a literal would bound it",
        "                          `b` is a saga that is not known here",
        "calls at most   bank  not known  `a` 5, its compensation 5, `b/…` not known",
        "`saga analyze` knows more than this documentation: the values of expressions, and what is in \
         child sagas.",
    ] {
        assert!(lines(&report).contains(&line), "{line}:\n{report}");
    }
}

#[test]
fn what_is_wrong_is_not_drawn() {
    let saga = "saga S(n: u8) -> Result<_, E> { read a(n) { Ok(()) } }";
    assert_eq!(checked(saga).0.len(), 1);
    let input = input_of(&good(saga), Mode::Broken);
    assert_eq!(for_rustdoc(&input), [""; 0]);
}

/// An example in it would run as often as it is there.
#[test]
fn what_is_said_of_a_step_is_there_once() {
    for step in [
        "DOC read a(n) -> u8 { Ok(*n) }",
        "DOC #[when(n => *n > 1)] step a(n) -> u8 { Ok(*n) } compensate(n) { Ok(()) }",
        "DOC step a(n) { Ok(()) } compensate none",
        "DOC for item: u8 in (n => vec![*n]) read a(item) -> u8 { Ok(*item) }",
        "DOC #[timeout(never)] signal a -> u8;",
        "DOC sleep a(1s);",
        "when (n => *n > 1) { read b(n) -> u8 { Ok(*n) } DOC read a(n) -> u8 { Ok(*n) } }",
        "concurrent { read b(n) -> u8 { Ok(*n) } DOC read a(n) -> u8 { Ok(*n) } }",
    ] {
        let documented = step.replace("DOC", "#[doc = \"SAID\"]");
        let saga = good(&format!("saga S(n: u8) -> Result<_, E> {{ {documented} }}"));
        let expanded = expand(&saga, Mode::Complete(&declared(&saga))).to_string();
        assert_eq!(expanded.matches("SAID").count(), 1, "{step}");
    }
}
