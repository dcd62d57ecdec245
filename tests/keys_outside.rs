//! The keys that code outside of a saga makes are those that the saga has sent: of steps, items, child
//! sagas, and undoes, in every round.

use crate::common::Trouble;
use std::sync::{Arc, Mutex};
use typed_saga::{
    Context, Key,
    runtime::{KeyError, Operation},
    saga,
};

/// A call, and the keys that it may send.
#[derive(Clone, Debug)]
struct Call {
    path: String,
    round: u32,
    /// How often the saga has begun before.
    rerun: u32,
    undoes: bool,
    key: String,
    labelled: String,
}

#[derive(Clone, Default)]
struct Seen(Arc<Mutex<(u32, Vec<Call>)>>);

impl Seen {
    fn begins(&self) {
        self.0.lock().unwrap().0 += 1;
    }

    fn acts(&self, ctx: &Context<'_>, key: &Key) {
        self.note(ctx, false, [*key, ctx.key_for("deposit")]);
    }

    fn undoes(&self, ctx: &Context<'_>, undo_key: &Key) {
        self.note(ctx, true, [*undo_key, ctx.undo_key_for("deposit")]);
    }

    fn note(&self, ctx: &Context<'_>, undoes: bool, [key, labelled]: [Key; 2]) {
        let mut seen = self.0.lock().unwrap();
        let call = Call {
            path: ctx.path().into_owned(),
            round: ctx.round(),
            rerun: seen.0 - 1,
            undoes,
            key: key.to_string(),
            labelled: labelled.to_string(),
        };
        seen.1.push(call);
    }
}

saga! {
    saga Tie() with (seen: Seen) -> Result<(), Trouble> {
        step tied(seen, ctx, key) { seen.acts(ctx, key); Ok(()) }
            compensate(seen, ctx, undo_key) { seen.undoes(ctx, undo_key); Ok(()) }
    }

    saga Wrap(line: u32) with (seen: Seen) -> Result<(), Trouble> {
        step paper(seen, line, ctx, key) {
            let _ = line;
            seen.acts(ctx, key);
            Ok(())
        }
            compensate(seen, ctx, undo_key) { seen.undoes(ctx, undo_key); Ok(()) }

        step bow() = saga Tie {} with (seen);

        {
            let _ = (paper, bow);
        }
    }

    saga Order() with (seen: Seen) -> Result<(), Trouble> {
        #[savepoint(1, 1ms..1ms)]
        step begun(seen, ctx, key) {
            seen.begins();
            seen.acts(ctx, key);
            Ok(())
        }
            compensate(seen, ctx, undo_key) { seen.undoes(ctx, undo_key); Ok(()) }

        for line: u32 in (=> 0..2)
        step packed(seen, line, ctx, key) {
            let _ = line;
            seen.acts(ctx, key);
            Ok(())
        }
            compensate(seen, ctx, undo_key) { seen.undoes(ctx, undo_key); Ok(()) }

        step wrapped() = saga Wrap { line: 7 } with (seen);

        for line: u32 in (=> 0..2)
        step sent(line) = saga Wrap { line: *line } with (seen);

        read fail() { Err(Trouble::No) }

        {
            let _ = (begun, packed, wrapped, sent, fail);
        }
    }
}

/// The operation of a call. A rerun is a new round of the saga's own steps. What is inside of them
/// begins with its first round.
fn operation(call: &Call) -> Operation {
    let depth = call.path.matches('/').count();
    let steps = call.path.split('/').enumerate();
    let steps = steps.map(|(level, step)| match level {
        level if level == depth => step.to_owned(),
        0 => format!("{step}#{}", call.rerun),
        _ => format!("{step}#0"),
    });
    let path = steps.collect::<Vec<_>>().join("/");
    Operation::at("Order", "order-42", path, call.round).unwrap()
}

#[tokio::test(start_paused = true)]
async fn they_are_those_that_the_saga_has_sent() {
    let seen = Seen::default();
    let order = Order {}.with(seen.clone()).id("order-42");
    order.await.unwrap_err();
    let calls = seen.0.lock().unwrap().1.clone();
    assert_eq!(calls.len(), 36, "9 calls, 9 undoes, twice: {calls:#?}");
    for path in [
        "begun",
        "packed[1]",
        "wrapped/paper",
        "wrapped/bow/tied",
        "sent[1]/paper",
        "sent[0]/bow/tied",
    ] {
        let of_path: Vec<_> = calls.iter().filter(|call| call.path == path).collect();
        assert_eq!(of_path.len(), 4, "{path}: {calls:#?}");
    }
    for call in calls {
        let operation = operation(&call);
        let (key, labelled) = if call.undoes {
            (operation.undo_key(), operation.undo_key_for("deposit"))
        } else {
            (operation.key(), operation.key_for("deposit"))
        };
        assert_eq!(call.key.parse::<Key>(), Ok(key), "{call:?}");
        assert_eq!(call.labelled.parse::<Key>(), Ok(labelled), "{call:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_path_with_one_round_is_enough_where_all_are_the_first() {
    let seen = Seen::default();
    let order = Order {}.with(seen.clone()).id("order-42");
    order.await.unwrap_err();
    let calls = seen.0.lock().unwrap().1.clone();
    let first = calls.iter().filter(|call| call.rerun == 0 && !call.undoes);
    let mut count = 0;
    for call in first {
        let key = Key::of_path("Order", "order-42", &call.path, 0);
        assert_eq!(key.unwrap().as_str(), call.key, "{call:?}");
        count += 1;
    }
    assert_eq!(count, 9);
    // After the rerun, a script that takes the round of the last step alone would undo another call.
    let error = Key::of_path("Order", "order-42", "sent[1]/paper", 1).unwrap_err();
    assert!(matches!(error, KeyError::MissingRounds { .. }), "{error}");
    assert!(error.to_string().contains("sent[1]#0/paper"), "{error}");
}
