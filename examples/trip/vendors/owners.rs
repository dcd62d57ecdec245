//! The owners of cards, whom the bank asks: it tells the site what they say.

use std::time::Duration;

use reqwest::StatusCode;
use tokio::time::sleep;

use crate::wire::Agreed;

/// Where the site is told.
pub(super) struct Owners {
    webhook: String,
    http: reqwest::Client,
}

impl Owners {
    pub(super) fn new(webhook: String, http: reqwest::Client) -> Self {
        Self { webhook, http }
    }

    /// Tells the site until it has heard, however long it is away. A site that still knows no such trip
    /// after a hundred times has lost its journal.
    pub(super) async fn tell(&self, agreed: &Agreed) {
        let mut unknown = 0;
        while unknown < 100 {
            let told = self.http.post(&self.webhook).json(agreed).send().await;
            match told.map(|answer| answer.status()) {
                Ok(StatusCode::NOT_FOUND) => unknown += 1,
                Ok(status) if !status.is_server_error() => return,
                _ => {}
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
}
