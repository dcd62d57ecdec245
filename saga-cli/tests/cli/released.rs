//! `saga released`: what is in flight, or registered by an engine that lives, gets into the file.

use crate::{Said, Site, command, common::trip, run, saga};
use std::fs;
use typed_saga::Verdict;

impl Site {
    fn released(&self, options: &str) -> Said {
        let file = self.file("sagas.released");
        self.saga(&format!("released --file {} {options}", file.display()))
    }

    fn file_of_versions(&self) -> String {
        fs::read_to_string(self.file("sagas.released")).unwrap()
    }
}

/// What a table says of each saga.
fn told(said: &Said) -> Vec<(&str, &str)> {
    assert_eq!(said.code, 0, "{said:?}");
    let rows = said.out.lines().skip(1).take_while(|line| !line.is_empty());
    let columns = rows.map(|row| {
        let mut columns = row.split("  ").map(str::trim).filter(|it| !it.is_empty());
        (columns.next().unwrap(), columns.last().unwrap())
    });
    columns.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_engine_has_registered_is_added_and_what_is_in_flight_stays() {
    let site = Site::new();
    let engine = site.engine().await;
    let missing = site.released("--check");
    assert_eq!(missing.code, 3, "{missing:?}");
    assert!(missing.err.contains("lacks BookTrip "), "{missing:?}");
    assert!(!site.file("sagas.released").exists(), "it changes nothing");
    let first = site.released("");
    assert_eq!(told(&first), [("BookTrip", "added"), ("Refund", "added")]);
    assert!(
        first.out.contains("The file is new: commit it"),
        "{first:?}"
    );
    let file = site.file_of_versions();
    let lines: Vec<_> = file.lines().collect();
    assert!(
        lines[0].starts_with(r#"{"saga":"BookTrip","released":"20"#),
        "{file}"
    );
    assert!(
        lines[1].starts_with(r#"{"saga":"Refund","released":"20"#),
        "{file}"
    );
    assert!(
        !file.contains(r#""line":"#) && !file.contains(r#""file":"#),
        "{file}"
    );
    assert_eq!(site.released("--check").code, 0);

    site.vendors.fail("+car", 1, Verdict::Unknown, "no answer");
    site.vendors
        .fail("?car", 2, Verdict::Transient, "no answer");
    site.vendors
        .fail("-car", 2, Verdict::Transient, "no answer");
    let handle = engine.submit("trip-42", trip()).await.unwrap();
    drop(handle.outcome().await.unwrap());
    drop(handle);
    assert_eq!(
        told(&site.released("--prune")),
        [("BookTrip", "in use"), ("Refund", "in use")]
    );
    site.stop(engine).await;
    let said = site.released("");
    let unused = "not in use here: --prune removes it";
    assert_eq!(told(&said), [("BookTrip", "in use"), ("Refund", unused)]);
    assert_eq!(site.file_of_versions(), file, "nothing has changed");
    let said = site.released("--prune");
    assert_eq!(told(&said), [("BookTrip", "in use"), ("Refund", "removed")]);
    assert!(
        said.out.ends_with("sagas.released: 1 version\n"),
        "{said:?}"
    );
    assert_eq!(site.file_of_versions(), format!("{}\n", lines[0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_may_have_several_journals() {
    let (site, other) = (Site::new(), Site::new());
    let engine = site.engine().await;
    let stopped = other.engine().await;
    other.stop(stopped).await;
    let both = |line: &str| {
        let mut both = command(line);
        both.arg("--journal").arg(site.journal());
        run(both.arg("--journal").arg(other.journal()))
    };
    let file = site.file("both.released");
    let said = both(&format!("released --prune --file {}", file.display()));
    assert_eq!(told(&said), [("BookTrip", "added"), ("Refund", "added")]);
    let said = both("list");
    assert_eq!((said.code, said.out.as_str()), (2, ""));
    assert!(said.err.contains("only `saga released`"), "{said:?}");
    site.stop(engine).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_read_stays_as_it_is() {
    let site = Site::new();
    let engine = site.engine().await;
    fs::write(site.file("sagas.released"), "\n<<<<<<< HEAD\n").unwrap();
    for options in ["", "--check", "--prune"] {
        let said = site.released(options);
        assert_eq!((said.code, said.out.as_str()), (1, ""), "{said:?}");
        assert!(said.err.contains("sagas.released`: line 2: "), "{said:?}");
    }
    assert_eq!(site.file_of_versions(), "\n<<<<<<< HEAD\n");
    site.stop(engine).await;
    let usage = saga(&site.journal(), "released --check --prune");
    assert_eq!(usage.code, 2, "{usage:?}");
}
