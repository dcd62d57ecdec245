//! Events for a web page, as server-sent events: it receives what happened, and nothing that was
//! undone. After a lost connection it continues where it was.
//!
//! Run it: `cargo run --example event_stream`

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, Sse};
use axum::{Router, routing::get};
use futures_util::{Stream, stream};
use serde::Serialize;
use std::{convert::Infallible, error::Error, time::Duration};
use tokio::{net::TcpListener, sync::watch};
use typed_saga::{Key, saga};

#[derive(Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
enum News {
    Seated { row: u32 },
    Sold { ticket: u32 },
    Failed { why: String },
}

saga! {
    saga SellSeat(row: u32) with (page: Page) -> Result<u32, String> emit News {
        step seat(row) -> u32 { if *row < 20 { Ok(*row) } else { Err(format!("no row {row}")) } }
            compensate(seat) { println!("row {seat} is free again"); Ok(()) }

        emit(seat => [News::Seated { row: *seat }]);

        step ticket(row) -> u32 {
            if *row == 13 {
                Err("nobody sits there".to_owned())
            } else {
                Ok(100 + row)
            }
        }
            compensate none

        emit(ticket => [News::Sold { ticket: *ticket }]);
        emit failed(failure => [News::Failed { why: failure.to_string() }]);

        #[timeout(1s)]
        publish(page, event, key) = Page::publish;

        ticket
    }
}

/// All that was told, by key; a server that has much to tell keeps the latest.
#[derive(Clone)]
struct Page(watch::Sender<Vec<(String, String)>>);

impl Page {
    #[allow(clippy::unused_async, reason = "what `publish` takes")]
    async fn publish(&self, news: &News, key: &Key) -> Result<(), String> {
        let news = serde_json::to_string(news).map_err(|error| error.to_string())?;
        let key = key.to_string();
        self.0.send_if_modified(|told| {
            let is_new = told.iter().all(|(known, _)| *known != key);
            if is_new {
                told.push((key, news));
            }
            is_new
        });
        Ok(())
    }
}

/// What was told since the listener heard of something last, and what will be told.
async fn listen(
    State(Page(told)): State<Page>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let last = headers.get("last-event-id");
    let told = told.subscribe();
    let heard = told
        .borrow()
        .iter()
        .position(|(key, _)| Some(&**key) == last.and_then(|id| id.to_str().ok()));
    let next = heard.map_or(0, |heard| heard + 1);
    Sse::new(stream::unfold(
        (told, next),
        |(mut told, next)| async move {
            let (key, news) = told
                .wait_for(|told| told.len() > next)
                .await
                .ok()?
                .get(next)
                .cloned()?;
            Some((Ok(Event::default().id(key).data(news)), (told, next + 1)))
        },
    ))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let page = Page(watch::Sender::default());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/news", listener.local_addr()?);
    let app = Router::new()
        .route("/news", get(listen))
        .with_state(page.clone());
    let server = tokio::spawn(axum::serve(listener, app).into_future());

    // It listens while seats are sold.
    let first = tokio::spawn(hear(url.clone(), None, 3));
    for row in [7, 13] {
        drop(SellSeat { row }.with(page.clone()).await);
    }
    let (heard, last) = first.await??;
    let failed = r#"{"what":"failed","why":"step `ticket` failed: nobody sits there"}"#;
    assert_eq!(
        heard,
        [
            r#"{"what":"seated","row":7}"#,
            r#"{"what":"sold","ticket":107}"#,
            failed
        ]
    );

    // What happens while the connection is lost is heard after it.
    let sold = SellSeat { row: 8 }.with(page).start().finished().await;
    assert_eq!(sold.into_result().ok(), Some(108));
    let (heard, _) = hear(url, Some(last), 2).await?;
    assert_eq!(
        heard,
        [
            r#"{"what":"seated","row":8}"#,
            r#"{"what":"sold","ticket":108}"#
        ]
    );
    typed_saga::drain(Duration::from_secs(5)).await;
    server.abort();
    Ok(())
}

/// Listens until it has heard so many, as a browser does; gives them, and the id of the last one.
async fn hear(
    url: String,
    last: Option<String>,
    many: usize,
) -> Result<(Vec<String>, String), reqwest::Error> {
    let request = reqwest::Client::new().get(url);
    let request = match last {
        Some(id) => request.header("last-event-id", id),
        None => request,
    };
    let (mut answer, mut text) = (request.send().await?, String::new());
    let lines = |text: &str, field: &str| -> Vec<String> {
        let lines = text.lines().filter_map(|line| line.strip_prefix(field));
        lines.map(str::to_owned).collect()
    };
    while text.matches("\n\n").count() < many {
        let Some(chunk) = answer.chunk().await? else {
            break;
        };
        text.push_str(&String::from_utf8_lossy(&chunk));
    }
    let ids = lines(&text, "id: ");
    Ok((
        lines(&text, "data: "),
        ids.last().cloned().unwrap_or_default(),
    ))
}
