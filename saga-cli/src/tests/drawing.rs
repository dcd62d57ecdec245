//! Pictures of what is in a journal.

use super::{common::BookTrip, failure, json, night, text};

#[tokio::test(start_paused = true)]
async fn a_definition_that_was_kept_is_drawn_as_the_one_that_it_was() {
    let (journal, definition) = (night().await, BookTrip::DEFINITION);
    let drawn = text(&journal, "diagram BookTrip").await;
    assert_eq!(drawn, definition.to_svg());
    let drawn = text(&journal, "diagram BookTrip --format mermaid").await;
    assert_eq!(drawn, definition.to_mermaid());
    let drawn = text(&journal, "diagram trip-3 --format mermaid").await;
    assert_eq!(drawn, definition.to_mermaid());
}

#[tokio::test(start_paused = true)]
async fn a_program_reads_what_it_is() {
    let journal = night().await;
    let json = json(&journal, "diagram Refund --format mermaid --json").await;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&json["saga"], &json["format"]),
        (&"Refund".into(), &"mermaid".into())
    );
    assert_eq!(json["fingerprint"].as_str().map(str::len), Some(16));
    assert!(json["diagram"].as_str().unwrap().contains("saga Refund"));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_not_drawn() {
    let journal = night().await;
    let (text, code) = failure(&journal, "diagram trip-33").await;
    assert_eq!(code, 3);
    assert!(text.contains("trip-3"), "{text}");
}
