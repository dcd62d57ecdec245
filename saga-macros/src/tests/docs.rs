//! What the documentation of a saga says of its steps.

use syn::parse::ParseStream;
use syn::{Attribute, File, Item, ItemStruct, LitStr, Token};

use super::{checked, good};
use crate::expand::{Mode, expand};

/// The input struct of the one saga of `source`.
fn input(source: &str, mode: Mode) -> ItemStruct {
    let saga = good(source);
    let file: File = syn::parse2(expand(&saga, mode)).expect("items");
    let structs = file.items.into_iter().filter_map(|item| match item {
        Item::Struct(item) => Some(item),
        _ => None,
    });
    structs
        .into_iter()
        .find(|item| item.ident == saga.name)
        .expect("the input struct")
}

/// The documentation that only rustdoc is given, as the last that it is given.
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

/// The file in `docs/` is also compared with what the runtime draws of `DEFINITION`: so both draw
/// the same, but for the constants, whose values only the runtime knows.
#[test]
fn the_picture_is_that_of_the_definition() {
    let source = include_str!("../../../examples/trip/saga.rs")
        .replace("limits::CALL", "60s")
        .replace("limits::CAR_LATE", "200ms");
    let (_, call) = source.split_once("saga! {").expect("a saga");
    let saga = call.trim_end().strip_suffix('}').expect("its end");
    let docs = for_rustdoc(&input(saga, Mode::Complete));
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
    let docs = for_rustdoc(&input(saga, Mode::Complete));
    assert!(
        docs[0].contains("timeout Duration::from_secs(2) * 3"),
        "{docs:?}"
    );
}

#[test]
fn what_is_wrong_is_not_drawn() {
    let saga = "saga S(n: u8) -> Result<_, E> { read a(n) { Ok(()) } }";
    assert_eq!(checked(saga).0.len(), 1);
    assert_eq!(for_rustdoc(&input(saga, Mode::Broken)), [""; 0]);
}
