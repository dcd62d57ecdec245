//! The page of attributes and clauses says what the table of the language says.
//!
//! With `OVERWRITE_REFERENCE=1` the tables are written anew, and then read.

use std::fmt::Write;

use typed_saga_definition::language::{Attribute, Clause, Entry, Place};

/// A cell of a table in Markdown.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn places(entry: &Entry) -> String {
    let places = entry.places.iter().map(|place| match place {
        Place::Step => entry
            .refusals
            .iter()
            .fold("a step".to_owned(), |text, refusal| {
                format!("{text}, except a `{}`", refusal.kind.word())
            }),
        place => place.name().to_owned(),
    });
    places.collect::<Vec<_>>().join("; ")
}

fn attributes() -> String {
    let mut page = "| attribute | on | meaning |\n|---|---|---|\n".to_owned();
    for attribute in Attribute::ALL {
        let entry = attribute.entry();
        let default = entry
            .default
            .map_or_else(String::new, |default| format!(" Without it: {default}."));
        let (form, meaning) = (cell(entry.form), cell(entry.meaning));
        let places = places(entry);
        writeln!(page, "| `{form}` | {places} | {meaning}{default} |").unwrap();
    }
    page
}

fn clauses() -> String {
    let mut page = "| clause | gives | meaning |\n|---|---|---|\n".to_owned();
    for clause in Clause::ALL {
        let entry = clause.entry();
        let (name, gives, meaning) = (entry.name, cell(entry.gives), cell(entry.meaning));
        writeln!(page, "| `{name}` | `{gives}` | {meaning} |").unwrap();
    }
    page
}

fn check(test: &str, table: &str) {
    saga_tests::compare_with_part("docs/reference.md", test, table);
}

#[test]
fn every_attribute_is_in_the_reference() {
    check("every_attribute", &attributes());
}

#[test]
fn every_clause_is_in_the_reference() {
    check("every_clause", &clauses());
}
