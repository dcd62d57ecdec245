//! The keys that an operator sees are those that the saga has sent.

use crate::durable::world::Trouble;
use std::sync::{Arc, Mutex};
use typed_saga::{
    Context, Key, Verdict,
    engine::{
        DurableOutcome, Engine, Memory, ReadStore, SagaId,
        for_operators::{
            Folded,
            look::{self, KeyLine},
        },
    },
    saga,
};

/// A call, the path and the round of its step, and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sent {
    call: &'static str,
    step: String,
    round: u32,
    key: String,
}

#[derive(Clone, Default)]
struct Desk(Arc<Mutex<Vec<Sent>>>);

impl Desk {
    fn act(&self, ctx: &Context<'_>, key: &Key) {
        self.send("action", &ctx.path(), ctx.round(), key);
    }

    fn undo(&self, ctx: &Context<'_>, undo_key: &Key) {
        self.send("compensation", &ctx.path(), ctx.round(), undo_key);
    }

    /// Whether the saga has not gone forward again.
    fn is_first(&self) -> bool {
        let sent = self.0.lock().unwrap();
        sent.iter().all(|sent| sent.round == 0)
    }

    fn send(&self, call: &'static str, step: &str, round: u32, key: &Key) {
        self.0.lock().unwrap().push(Sent {
            call,
            step: step.to_owned(),
            round,
            key: key.to_string(),
        });
    }
}

fn refused() -> Trouble {
    Trouble(Verdict::Refused, "no".into())
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    durable saga Wrap(line: u32) with (desk: Desk) -> Result<(), Trouble> {
        #[idempotent]
        step paper(desk, line, ctx, key) {
            let _ = line;
            desk.act(ctx, key);
            Ok(())
        }
            compensate(desk, ctx, undo_key) { desk.undo(ctx, undo_key); Ok(()) }
    }

    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    durable saga Stamp() with (desk: Desk) -> Result<(), Trouble> {
        #[idempotent]
        step stamp(desk, key) { desk.send("action", "stamped/stamp", 0, key); Ok(()) }
            compensate none again
    }

    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    durable saga Order() with (desk: Desk) -> Result<(), Trouble> {
        #[savepoint(1, 1s..1s)] #[idempotent]
        step begun(desk, ctx, key) { desk.act(ctx, key); Ok(()) }
            compensate(desk, ctx, undo_key) { desk.undo(ctx, undo_key); Ok(()) }

        #[idempotent]
        for line: u32 in (=> 0..2)
        step packed(desk, line, ctx, key) {
            let _ = line;
            desk.act(ctx, key);
            Ok(())
        }
            compensate(desk, ctx, undo_key) { desk.undo(ctx, undo_key); Ok(()) }

        #[timeout(1h)]
        step stamped() = saga Stamp {} with (desk);

        #[timeout(1h)]
        for line: u32 in (=> 0..2)
        step wrapped(line) = saga Wrap { line: *line } with (desk);

        #[idempotent]
        pivot last(desk, ctx, key) { desk.act(ctx, key); Err(refused()) }

        {
            let _ = (begun, packed, stamped, wrapped, last);
        }
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    durable saga Mailing() with (desk: Desk) -> Result<(), Trouble> {
        #[savepoint(1, 1s..1s)] #[idempotent]
        step begun(desk, ctx, key) { desk.act(ctx, key); Ok(()) }
            compensate(desk, ctx, undo_key) { desk.undo(ctx, undo_key); Ok(()) }

        read first(desk) -> bool { Ok(desk.is_first()) }

        #[when(first => *first)]
        #[idempotent]
        step mailed(desk, ctx, key) { desk.act(ctx, key); Ok(()) }
            compensate none again

        #[when(first => !*first)]
        read checked() { Err(refused()) }

        #[idempotent]
        step noted(desk, ctx, key) { desk.act(ctx, key); Ok(()) }
            compensate none again

        #[idempotent]
        pivot last(desk, ctx, key) { desk.act(ctx, key); Err(refused()) }
    }
}

/// The rounds in which keys of this step are shown.
fn rounds(shown: &[KeyLine], path: &str) -> Vec<u32> {
    let lines = shown.iter().filter(|line| line.step == path);
    lines.map(|line| line.round).collect()
}

fn are_sent(shown: &[KeyLine], desk: &Desk) {
    let sent = desk.0.lock().unwrap();
    for line in shown {
        let [call] = line.calls[..] else {
            panic!("{line:?}");
        };
        // Of a step that was part of an earlier round of another one, the last call counts.
        let sent = sent
            .iter()
            .rev()
            .find(|sent| (sent.call, &*sent.step, sent.round) == (call, &*line.step, line.round));
        assert_eq!(sent.map(|sent| &sent.key), Some(&line.key), "{line:?}");
    }
}

/// The rerun skips one of them, and does not come to the other.
#[tokio::test(start_paused = true)]
async fn they_have_those_of_steps_that_remain_over_a_rerun() {
    let (store, desk) = (Memory::new(), Desk::default());
    let services = MailingServices { desk: desk.clone() };
    let builder = Engine::builder(store.clone()).register::<Mailing>(services);
    let engine = builder.start().await.unwrap();
    let handle = engine.submit("42", Mailing {}).await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    let DurableOutcome::Compensated(error) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(error.step(), Some("checked"));

    let id = SagaId::new("Mailing", "42");
    let stored = store.load(id).await.unwrap().unwrap();
    let folded = Folded::of(&Mailing::DEFINITION, &stored.commits).unwrap();
    let shown = look::keys(&folded, &stored.row);
    assert_eq!(rounds(&shown, "begun"), [0, 0, 1, 1]);
    assert_eq!(rounds(&shown, "mailed"), [0]);
    assert_eq!(rounds(&shown, "noted"), [0]);
    are_sent(&shown, &desk);
}

#[tokio::test(start_paused = true)]
async fn they_are_those_that_the_saga_has_sent() {
    let (store, desk) = (Memory::new(), Desk::default());
    let services = OrderServices { desk: desk.clone() };
    let builder = Engine::builder(store.clone()).register::<Order>(services);
    let engine = builder.start().await.unwrap();
    let handle = engine.submit("order-42", Order {}).await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    let DurableOutcome::Compensated(error) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(error.step(), Some("last"));

    let id = SagaId::new("Order", "order-42");
    let stored = store.load(id).await.unwrap().unwrap();
    let folded = Folded::of(&Order::DEFINITION, &stored.commits).unwrap();
    let shown = look::keys(&folded, &stored.row);
    let rounds = |path| rounds(&shown, path);
    assert_eq!(rounds("begun"), [0, 0, 1, 1]);
    assert_eq!(rounds("packed[1]"), [0, 0, 1, 1]);
    assert_eq!(rounds("stamped/stamp"), [0]);
    assert_eq!(rounds("wrapped[1]/paper"), [0, 0]);
    assert_eq!(rounds("last"), [0, 1]);
    assert_eq!(rounds("wrapped"), [0; 0], "it calls nothing itself");
    are_sent(&shown, &desk);
}
