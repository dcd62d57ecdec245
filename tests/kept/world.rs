//! The services that the kept sagas call: every call is logged, and answered as a script says.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fmt,
    future::pending,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;
use typed_saga::{Context, Verdict};

/// How a scripted call ends. A call without a script succeeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Answer {
    /// It succeeds. For calls before one that fails.
    Succeeds,
    /// It fails, and left nothing behind.
    Transient,
    /// It fails, and may have happened.
    Unknown,
    /// It is refused.
    Refused,
    /// It is refused in a way that no savepoint agrees with.
    Final,
    /// It never returns.
    Hangs,
    /// It panics.
    Panics,
    /// It succeeds, with an effect that JSON cannot express; of a `resolve`: it answers `None`.
    Odd,
}

/// The error of all kept sagas.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Trouble(Answer);

impl Trouble {
    pub(crate) fn verdict(&self) -> Verdict {
        match self.0 {
            Answer::Transient => Verdict::Transient,
            Answer::Unknown => Verdict::Unknown,
            _ => Verdict::Refused,
        }
    }

    pub(crate) fn is_final(&self) -> bool {
        self.0 == Answer::Final
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Answer::Transient => "busy",
            Answer::Unknown => "no answer",
            Answer::Final => "sold out",
            _ => "refused",
        })
    }
}

/// All services in one; clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct World(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// By the id of the saga, in order.
    calls: BTreeMap<String, Vec<String>>,
    /// By the id of the saga and the name of the call.
    script: BTreeMap<(String, String), VecDeque<Answer>>,
    /// Calls that are not answered yet, in the same way.
    held: watch::Sender<BTreeSet<(String, String)>>,
}

impl World {
    /// Scripts the next calls of this name by the saga of this id.
    pub(crate) fn script(&self, id: &str, what: &str, answers: &[Answer]) {
        let key = (id.to_owned(), what.to_owned());
        self.state().script.entry(key).or_default().extend(answers);
    }

    /// Calls of this name by the saga of this id are not answered until [`World::let_go`].
    pub(crate) fn hold(&self, id: &str, what: &str) {
        let key = (id.to_owned(), what.to_owned());
        self.state()
            .held
            .send_modify(|held| assert!(held.insert(key)));
    }

    pub(crate) fn let_go(&self, id: &str, what: &str) {
        let key = (id.to_owned(), what.to_owned());
        self.state().held.send_modify(|held| {
            assert!(held.remove(&key), "{key:?} is not held");
        });
    }

    /// A call of the saga `ctx`; `false` if its answer is to be [`Answer::Odd`].
    pub(crate) async fn call(&self, ctx: &Context<'_>, what: &str) -> Result<bool, Trouble> {
        // That of the whole, of which the saga may be a step.
        let id = ctx.id().as_str();
        let id = id.split('/').nth(1).unwrap_or(id).to_owned();
        self.log(
            &id,
            &format!("{what}, attempt {}, {}", ctx.attempt(), ctx.key()),
        );
        let key = (id, what.to_owned());
        let mut held = self.state().held.subscribe();
        let gone = held.wait_for(|held| !held.contains(&key)).await;
        drop(gone.expect("the world holds it"));
        let script = |state: &mut State| state.script.get_mut(&key)?.pop_front();
        let answer = script(&mut self.state());
        match answer {
            None | Some(Answer::Succeeds) => Ok(true),
            Some(Answer::Odd) => Ok(false),
            Some(Answer::Hangs) => pending().await,
            Some(Answer::Panics) => panic!("{what} panicked"),
            Some(answer) => Err(Trouble(answer)),
        }
    }

    pub(crate) fn log(&self, id: &str, line: &str) {
        let mut state = self.state();
        state
            .calls
            .entry(id.to_owned())
            .or_default()
            .push(line.to_owned());
    }

    /// The calls of a saga so far.
    pub(crate) fn calls(&self, id: &str) -> Vec<String> {
        self.state().calls.get(id).cloned().unwrap_or_default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
