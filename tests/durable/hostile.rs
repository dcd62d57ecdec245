//! Values that break what is careless with them: as id, input, effect, signal, error, and event.

use crate::durable::{
    weak::{file, open},
    world::Trouble,
};
use saga_postgres_server::Server;
use std::time::Duration;
use typed_saga::{
    Verdict,
    engine::{DurableOutcome, Engine, EventFilter, Filter, Memory, SagaId, Store},
    postgres::Postgres,
    runtime::Signalled,
    saga,
};

fn texts() -> Vec<String> {
    // Of all of Unicode.
    let unicode = (1..=u32::from(char::MAX)).step_by(499);
    let unicode: String = unicode.filter_map(char::from_u32).collect();
    let short = [
        "",
        "..",
        "a\0b",
        "'; DROP TABLE saga; --",
        "{\"text\":[1,null]}",
        "\\u0000 \"quoted\" %_*?",
        "\u{feff}e\u{301} é \u{202e} 東京 🏨",
    ];
    let mut texts: Vec<_> = short.map(str::to_owned).into();
    texts.extend(["x".repeat(4 << 10), unicode]);
    texts
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Echo(text: String, fails: bool) -> Result<String, Trouble> emit String {
        #[idempotent]
        step said(text, _key) -> String { Ok(text.clone()) }
            compensate(text, said) { assert_eq!(said, text); Ok(()) }

        #[timeout(1h)]
        signal heard -> String;

        read ended(fails, heard) {
            if *fails {
                return Err(Trouble(Verdict::Refused, heard.clone().into()));
            }
            Ok(())
        }

        emit(said => [said.clone()]);
        heard
    }
}

/// A saga for each text, which completes or fails with it; its id is the text, where it can be.
fn sagas() -> Vec<(String, Echo)> {
    let texts = texts().into_iter().enumerate();
    let both = texts.flat_map(|(place, text)| {
        [false, true].map(|fails| {
            let is_id = !fails && (1..=1024).contains(&text.len()) && !text.contains('\0');
            let id = if is_id {
                text.clone()
            } else {
                format!("{place} {fails}")
            };
            let text = text.clone();
            (id, Echo { text, fails })
        })
    });
    both.collect()
}

async fn engine(store: impl Store) -> Engine {
    let builder = Engine::builder(store).register::<Echo>(EchoServices {});
    builder.start().await.unwrap()
}

#[track_caller]
fn says(outcome: &DurableOutcome<Echo>, echo: &Echo) {
    let said = match outcome {
        DurableOutcome::Completed(text) if !echo.fails => Some(&**text),
        DurableOutcome::Compensated(error) if echo.fails => {
            error.failure().error().map(|trouble| &*trouble.1)
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(said, Some(&*echo.text));
}

async fn come_back<S: Store>(store: impl AsyncFn() -> S) {
    let first = engine(store().await).await;
    for (id, echo) in sagas() {
        let submitted = Echo {
            text: echo.text.clone(),
            fails: echo.fails,
        };
        let handle = first.submit(id.as_str(), submitted).await.unwrap();
        let heard = EchoSignal::Heard(echo.text.clone());
        let sent = first.signal::<Echo>(&id, heard).await;
        assert_eq!(sent.unwrap(), Signalled::Accepted, "{id:?}");
        says(&handle.outcome().await.unwrap(), &echo);
    }
    drop(first.shutdown(Duration::from_secs(5)).await);
    drop(first);

    let second = engine(store().await).await;
    for (id, echo) in sagas() {
        let handle = second.handle::<Echo>(&id).await.unwrap();
        says(&handle.outcome().await.unwrap(), &echo);
        let loaded = second.load::<Echo>(&id).await.unwrap();
        assert_eq!(loaded.input.text, echo.text);
        let events = EventFilter::of(SagaId::new("Echo", id.as_str()));
        let events = second.outbox().list(events).await.unwrap();
        let told = events.iter().map(|event| &*event.payload);
        let told: Vec<String> = told
            .map(|payload| serde_json::from_str(payload).unwrap())
            .collect();
        if echo.fails {
            assert_eq!(told, [""; 0], "{id:?}");
        } else {
            let effects = loaded.effects;
            let texts = [effects.said, effects.heard].map(Option::unwrap);
            assert_eq!(texts, [&*echo.text; 2]);
            assert_eq!(told, [&*echo.text]);
        }
    }
    assert_eq!(second.unreadable().len(), 0);
    let unreadable = Filter {
        unreadable: true,
        ..Filter::default()
    };
    assert_eq!(second.list(unreadable).await.unwrap(), []);
}

#[tokio::test]
async fn what_a_user_says_comes_back_from_memory() {
    let store = Memory::new();
    come_back(async || store.clone()).await;
}

#[tokio::test]
async fn what_a_user_says_comes_back_from_a_file() {
    let path = file("hostile");
    come_back(async || open(&path).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_user_says_comes_back_from_a_database() {
    if let Some(server) = Server::start(&["fsync=off"]) {
        let url = server.database();
        come_back(async || Postgres::connect(&url, "test").await.unwrap()).await;
    }
}
