//! Effects and outputs that cannot be recorded: nothing is lost, and nothing is done twice.

use crate::durable::world::{Trouble, World};
use serde::{Deserialize, Serialize, Serializer};
use typed_saga::{
    engine::{Attribution, DurableOutcome, Engine, EngineError, Memory, SagaId},
    saga,
};

/// A text that refuses to be written if it is "secret", panics if it is "bomb", and cannot be read
/// back if it is "mute".
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(transparent)]
pub(crate) struct Text(pub(crate) String);

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_str() {
            "secret" => Err(serde::ser::Error::custom("it is secret")),
            "bomb" => panic!("it went off"),
            "mute" => serializer.serialize_none(),
            text => serializer.serialize_str(text),
        }
    }
}

/// The text, a hundred times if it is "long".
fn text(text: &str) -> Text {
    Text(text.repeat(if text == "long" { 100 } else { 1 }))
}

saga! {
    /// Each step gives a text that its input says.
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Letters(texts: Vec<String>) with (world: World) -> Result<Text, Trouble> {
        read look(world, texts, key) -> Text {
            world.call("look", key)?;
            Ok(Text(texts[0].clone()))
        }

        #[idempotent]
        step write(world, texts, look, key) -> Text {
            let _ = look;
            world.call("+write", key)?;
            Ok(text(&texts[1]))
        }
            compensate(world, write, key) { assert_ne!(write.0, ""); world.call("-write", key) }

        #[idempotent]
        pivot send(world, texts, write, key) -> Text {
            let _ = write;
            world.call("+send", key)?;
            Ok(Text(texts[2].clone()))
        }

        #[idempotent]
        step file(world, texts, send, key) -> Text {
            let _ = send;
            world.call("+file", key)?;
            Ok(Text(texts[3].clone()))
        }

        finally(world, outcome) { world.ledger().calls.push(format!("finally: {outcome}")); }

        Text(texts[4].clone() + &file.0[..0])
    }
}

async fn engine(store: &Memory, world: &World) -> Engine {
    let world = world.clone();
    let builder = Engine::builder(store.clone()).register::<Letters>(LettersServices { world });
    builder.effect_limit(100).start().await.unwrap()
}

/// The saga with one text replaced; its outcome in words, and what was called.
async fn with(position: usize, text: &str) -> (Memory, World, String) {
    let (store, world) = (Memory::new(), World::default());
    let engine = engine(&store, &world).await;
    let mut texts = vec!["x".to_owned(); 5];
    text.clone_into(&mut texts[position]);
    let handle = engine.submit("l", Letters { texts }).await.unwrap();
    let outcome = match handle.outcome().await.unwrap() {
        DurableOutcome::Completed(Text(text)) => format!("completed: {text}"),
        DurableOutcome::Compensated(error) => error.to_string(),
        DurableOutcome::Parked(parked) => parked.to_string(),
        DurableOutcome::OutputLost { why } => format!("output lost: {why}"),
        other @ DurableOutcome::Abandoned { .. } => panic!("{other:?}"),
    };
    tokio::task::yield_now().await;
    (store, world, outcome)
}

#[tokio::test(start_paused = true)]
async fn of_a_read_it_is_a_failure() {
    let (_, world, outcome) = with(0, "secret").await;
    assert_eq!(
        outcome,
        "step `look` gave what cannot be recorded: it is secret; everything before it was undone"
    );
    assert_eq!(
        world.calls(),
        format!("look finally: {outcome}").replace("before it was", "was")
    );
}

#[tokio::test(start_paused = true)]
async fn before_the_pivot_the_saga_goes_back_with_it() {
    for (text, why) in [
        ("secret", "it is secret"),
        ("bomb", "panicked: it went off"),
        (
            "mute",
            "it cannot be read back: invalid type: null, expected a string at line 1 column 4",
        ),
    ] {
        let (_, world, outcome) = with(1, text).await;
        assert_eq!(
            outcome,
            format!(
                "step `write` gave what cannot be recorded: {why}; everything before it was undone"
            )
        );
        assert_eq!(world.standing(), [""; 0]);
        assert!(
            world.calls().starts_with("look +write -write finally"),
            "{}",
            world.calls()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn at_or_after_the_pivot_the_saga_parks() {
    for (position, step) in [(2, "send"), (3, "file")] {
        let (_, world, outcome) = with(position, "secret").await;
        let stands = if position == 2 {
            "still applied: `write` `send`, unfinished: `file`"
        } else {
            "still applied: `write` `send` `file`"
        };
        assert_eq!(
            outcome,
            format!("step `{step}` gave what cannot be recorded: it is secret; parked, {stands}")
        );
        assert!(world.standing().contains(&step));
    }
}

#[tokio::test(start_paused = true)]
async fn an_effect_has_a_limit() {
    let (_, world, outcome) = with(1, "long").await;
    assert_eq!(
        outcome,
        "step `write` gave what cannot be recorded: it has 402 bytes of JSON, more than the \
         `effect_limit` of 100; everything before it was undone"
    );
    assert_eq!(world.standing(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_lost_output_loses_nothing_else() {
    let (store, world, outcome) = with(4, "secret").await;
    assert_eq!(outcome, "output lost: it is secret");
    let engine = engine(&store, &world).await;
    let loaded = engine.load::<Letters>("l").await.unwrap();
    assert_eq!(loaded.effects.file, Some(Text("x".to_owned())));
    assert_eq!(loaded.status.why, "completed");
}

#[tokio::test(start_paused = true)]
async fn inputs_have_a_limit_too() {
    let (store, world) = (Memory::new(), World::default());
    let engine = engine(&store, &world).await;
    let texts = vec!["long".repeat(100)];
    let refused = engine.submit("l", Letters { texts }).await;
    let Err(EngineError::Input { why }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(
        why,
        "it has 414 bytes of JSON, more than the `effect_limit` of 100"
    );
    assert_eq!(world.calls(), "");
}

#[tokio::test(start_paused = true)]
async fn finally_runs_once_and_is_on_record() {
    let (store, world, outcome) = with(4, "y").await;
    assert_eq!(outcome, "completed: y");
    assert_eq!(world.calls(), "look +write +send +file finally: completed");
    let engine = engine(&store, &world).await;
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    let history = engine.history(&SagaId::new("Letters", "l")).await.unwrap();
    let last = history.last().unwrap();
    assert_eq!(
        last.record.what,
        typed_saga::engine::for_logs::record::RecordKind::Finished
    );
    assert_eq!(world.calls(), "look +write +send +file finally: completed");
}

#[tokio::test(start_paused = true)]
async fn finally_runs_again_when_a_parked_saga_ends() {
    let (store, world, _) = with(3, "secret").await;
    let engine = engine(&store, &world).await;
    engine
        .resume::<Letters>("l", Attribution::default())
        .await
        .unwrap();
    let handle = engine.handle::<Letters>("l").await.unwrap();
    drop(handle.outcome().await.unwrap());
    tokio::task::yield_now().await;
    let finals = world
        .ledger()
        .calls
        .iter()
        .filter(|call| call.starts_with("finally"))
        .count();
    assert_eq!(finals, 2, "{}", world.calls());
}
