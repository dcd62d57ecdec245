//! What declarations say before anything runs.

use insta::assert_snapshot;

use super::{json, night, text};

#[tokio::test(start_paused = true)]
async fn a_report() {
    let journal = night().await;
    assert_snapshot!(text(&journal, "analyze BookTrip").await);
}

#[tokio::test(start_paused = true)]
async fn a_report_as_json() {
    let journal = night().await;
    assert_snapshot!(json(&journal, "analyze Refund --json").await);
}
