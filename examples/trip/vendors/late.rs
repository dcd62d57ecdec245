//! Requests that take effect late, long after their sender has given up.
//!
//! They do so at the worst moment, which no clock decides: right after the next request under their
//! key has been handled as if they had never arrived.

use std::collections::HashMap;
use std::mem;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::desk::lock;

/// How long after its arrival a request may still take effect. The site gives a request up after its
/// arrival, and waits for `#[late]`, which is as long, before it asks. So a correct site never asks
/// within this time, and a slow machine only makes it ask later.
const WINDOW: Duration = Duration::from_millis(200);

type Act = Box<dyn FnOnce() + Send>;

/// By their keys.
#[derive(Default)]
pub(super) struct Late(Mutex<HashMap<String, Vec<Arrived>>>);

struct Arrived {
    at: Instant,
    act: Act,
}

impl Late {
    pub(super) fn hold(&self, key: &str, act: impl FnOnce() + Send + 'static) {
        let mut held = lock(&self.0);
        held.entry(key.to_owned()).or_default().push(Arrived {
            at: Instant::now(),
            act: Box::new(act),
        });
    }

    /// Handles another request under `key` with `handle`, then what is late there. A question that was
    /// asked late enough is answered afterwards: it may rely on what it hears.
    pub(super) fn overtaken<A>(
        &self,
        key: Option<&str>,
        is_question: bool,
        handle: impl FnOnce() -> A,
    ) -> A {
        let held = key.and_then(|key| lock(&self.0).remove(key));
        let is_due = |late: &Arrived| is_question && late.at.elapsed() >= WINDOW;
        let (due, late): (Vec<_>, Vec<_>) = held.into_iter().flatten().partition(is_due);
        act(due);
        let handled = handle();
        act(late);
        handled
    }

    /// Everything that is late takes effect, since no other request follows.
    pub(super) fn end(&self) {
        let held = mem::take(&mut *lock(&self.0));
        act(held.into_values().flatten());
    }
}

fn act(late: impl IntoIterator<Item = Arrived>) {
    for late in late {
        (late.act)();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[derive(Clone, Default)]
    struct Seen(Arc<Mutex<Vec<&'static str>>>);

    impl Seen {
        fn see(&self, what: &'static str) -> impl FnOnce() + Send + 'static + use<> {
            let seen = Arc::clone(&self.0);
            move || lock(&seen).push(what)
        }

        fn so_far(&self) -> Vec<&'static str> {
            mem::take(&mut *lock(&self.0))
        }
    }

    #[test]
    fn what_is_late_follows_the_next_request_under_its_key() {
        let (late, seen) = (Late::default(), Seen::default());
        late.hold("k1", seen.see("late"));
        late.overtaken(Some("k2"), false, seen.see("another key"));
        late.overtaken(None, false, seen.see("no key"));
        late.overtaken(Some("k1"), false, seen.see("next"));
        late.overtaken(Some("k1"), false, seen.see("last"));
        let expected = ["another key", "no key", "next", "late", "last"];
        assert_eq!(seen.so_far(), expected);
    }

    #[test]
    fn a_question_that_waited_long_enough_has_a_final_answer() {
        let (late, seen) = (Late::default(), Seen::default());
        late.hold("k1", seen.see("late"));
        std::thread::sleep(WINDOW);
        late.overtaken(Some("k1"), true, seen.see("asked"));
        assert_eq!(seen.so_far(), ["late", "asked"]);
    }

    #[test]
    fn what_nobody_asks_for_again_takes_effect_in_the_end() {
        let (late, seen) = (Late::default(), Seen::default());
        late.hold("k1", seen.see("late"));
        late.end();
        late.end();
        assert_eq!(seen.so_far(), ["late"]);
    }
}
