//! `saga analyze` of a file, which needs no journal, and of a saga in a journal.

use std::fs;

use crate::{Said, Site, command, common::BookTrip, common::trip, run};

/// The command over a file with this text, without a journal.
fn of(text: &str) -> Said {
    let site = Site::new();
    let path = site.file("trip.json");
    fs::write(&path, text).unwrap();
    let said = run(command("analyze").arg(&path));
    let err = said.err.replace(&path.display().to_string(), "FILE");
    Said { err, ..said }
}

#[test]
fn a_file_needs_no_journal() {
    let json = BookTrip::DEFINITION.to_json();
    let said = of(&json);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
    let expected = typed_saga::definition::Definition::from_json(&json).unwrap();
    let expected = typed_saga_analysis::Analysis::of(&expected).report();
    assert_eq!(said.out, expected.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saga_of_the_journal_says_what_its_file_says() {
    let site = Site::new();
    let engine = site.engine().await;
    let handle = engine.submit("trip-42", trip()).await.unwrap();
    drop(handle.outcome().await.unwrap());
    let file = of(&BookTrip::DEFINITION.to_json());
    for name in ["BookTrip", "trip-42"] {
        let said = site.saga(&format!("analyze {name}"));
        assert_eq!((said.code, said.out), (0, file.out.clone()), "{name}");
    }
    let said = site.saga("analyze BookTrap");
    assert_eq!((said.code, said.out.as_str()), (3, ""), "{said:?}");
    assert_eq!(said.err, "saga: there is no saga `BookTrap`\n");
    let (json, code) = site.json("analyze BookTrap");
    assert_eq!((json["kind"].as_str(), code), (Some("not_found"), 3));
}

#[test]
fn what_is_no_definition_is_said_to_be_none() {
    let newer = BookTrip::DEFINITION.to_json();
    let newer = newer.replacen("\"steps\"", "\"since\":2,\"steps\"", 1);
    for (text, expected) in [
        (
            "",
            "is not JSON: EOF while parsing a value at line 1 column 0",
        ),
        ("trip", "is not JSON: expected ident at line 1 column 3"),
        (
            "{\"name\":\"a package\"}",
            "is not the definition of a saga: write one with `MySaga::DEFINITION.to_json()`",
        ),
        (
            "[]",
            "is not the definition of a saga: write one with `MySaga::DEFINITION.to_json()`",
        ),
        (
            &newer,
            "is not a definition that this version can read: unknown field `since`",
        ),
    ] {
        let said = of(text);
        assert_eq!((said.code, said.out.as_str()), (1, ""), "{said:?}");
        assert_eq!(said.err, format!("saga: `FILE` {expected}\n"));
    }
}

#[test]
fn what_is_neither_a_file_nor_in_a_journal() {
    let said = run(&mut command("analyze BookTrip"));
    assert_eq!((said.code, said.out.as_str()), (2, ""), "{said:?}");
    let expected = "there is no file `BookTrip`, and no journal: say --journal FILE";
    assert!(said.err.contains(expected), "{said:?}");
}

#[test]
fn help_says_where_a_definition_comes_from() {
    let said = run(&mut command("analyze --help"));
    let expected = "MySaga::DEFINITION.to_json()";
    assert!(said.code == 0 && said.out.contains(expected), "{said:?}");
}
