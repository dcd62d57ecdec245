//! How the program prints.

use crate::{Site, command, common::trip, run};

/// A journal with one saga that is completed.
async fn completed() -> Site {
    let site = Site::new();
    let engine = site.engine().await;
    let handle = engine.submit("trip-42", trip()).await.unwrap();
    drop(handle.outcome().await.unwrap());
    // It would keep the engine's store open.
    drop(handle);
    site.stop(engine).await;
    site
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_prints_json() {
    let site = completed().await;
    for line in [
        "list",
        "list --limit 0",
        "show trip-42",
        "why trip-42",
        "stats",
        "check",
        "diagram BookTrip",
        "diagram trip-42 --format mermaid",
        "analyze BookTrip",
        "analyze trip-42",
        "purge --older-than 0s --dry-run",
        "purge --older-than 1w",
    ] {
        let (json, code) = site.json(line);
        assert!(json.is_object() && code == 0, "{line}: {json}");
    }
    for line in [
        "resume trip-42",
        "cancel trip-42",
        "abandon trip-42 --why x",
        "settle trip-42 hotel --undone --why x",
    ] {
        let (json, code) = site.json(line);
        assert_eq!(
            (json["kind"].as_str(), code),
            (Some("refused"), 3),
            "{line}: {json}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn colours_are_for_who_sees_them() {
    let site = completed().await;
    let list = || {
        let mut list = command("list --journal");
        list.arg(site.journal());
        list
    };
    let piped = run(&mut list()).out;
    assert!(!piped.contains('\u{1b}'), "{piped:?}");
    assert!(piped.starts_with(
        "saga      id       state      since  where  why\nBookTrip  trip-42  completed  "
    ));
    let forced = run(list().env("CLICOLOR_FORCE", "1")).out;
    assert!(
        forced.contains("\u{1b}[32mcompleted\u{1b}[0m"),
        "{forced:?}"
    );
    let without = run(list().env("NO_COLOR", "1")).out;
    assert_eq!(without, piped);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_may_be_named_by_the_environment() {
    let site = completed().await;
    let said = run(command("why trip-42").env("SAGA_JOURNAL", site.journal()));
    assert_eq!(
        (said.out.as_str(), said.code),
        ("completed\n", 0),
        "{said:?}"
    );
}

#[test]
fn help_says_what_the_codes_mean() {
    let said = run(&mut command("--help"));
    assert_eq!(said.code, 0);
    for line in [
        "  3  refused, declined, or not found; nothing was done",
        "This command never runs a step",
        "[env: SAGA_JOURNAL]",
    ] {
        assert!(said.out.contains(line), "{}", said.out);
    }
    assert_eq!(run(&mut command("--version")).out, "saga 0.1.0\n");
}
