//! What comes from outside while a saga runs: signals, and cancels.

use std::{iter::repeat_n, time::Duration};

use proptest::{collection, prelude::*, sample};
use tokio::time::{Instant, sleep_until};

use super::{
    interpreter::{Lane, join},
    step::Step,
};

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Letter {
    Signal(&'static str, u32),
    Cancel,
}

/// All of them, in order, each with when it comes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Post {
    letters: Vec<(Duration, Letter)>,
    /// The signals that the saga may listen for.
    signals: Vec<&'static str>,
}

impl Post {
    pub(crate) fn cancels(&self) -> bool {
        let mut letters = self.letters.iter();
        letters.any(|(_, letter)| *letter == Letter::Cancel)
    }

    /// Hands all letters over, and goes on with signals, if there are some, as long as the saga has not
    /// ended, which may wait for them for ever.
    pub(crate) async fn deliver(
        &self,
        has_ended: impl Fn() -> bool,
        hand_over: impl AsyncFn(Letter),
    ) {
        let (since, hand_over) = (Instant::now(), &hand_over);
        let each = self.letters.iter().map(|&(at, letter)| {
            Box::pin(async move {
                sleep_until(since + at).await;
                hand_over(letter).await;
            }) as Lane<'_>
        });
        join(each.collect()).await;
        if self.signals.is_empty() {
            return;
        }
        for value in (1_000..20_000).step_by(300) {
            sleep_until(since + 2 * HALF * value).await;
            if has_ended() {
                return;
            }
            for name in &self.signals {
                hand_over(Letter::Signal(name, value)).await;
            }
        }
    }
}

/// Half of what a call takes, without what makes each step's calls differ.
pub(super) const HALF: Duration = Duration::from_secs(500);

/// Few letters, at moments at which nothing else happens.
pub(crate) fn post(steps: &'static [Step]) -> impl Strategy<Value = Post> {
    let waits = steps.iter().filter(|step| step.signal);
    let signals: Vec<_> = waits.map(|step| step.name).collect();
    let cancels = repeat_n(None, signals.len().max(1));
    let sent = signals.iter().flat_map(|name| [Some(*name); 8]);
    let letter = sample::select(sent.chain(cancels).collect::<Vec<_>>());
    collection::vec((0..30_u32, letter), 0..8).prop_map(move |mut letters| {
        letters.sort_by_key(|(at, _)| *at);
        let letters = letters.into_iter().zip(0..).map(|((at, letter), number)| {
            let at = at * HALF + Duration::from_millis(2 + u64::from(number));
            let letter = letter.map_or(Letter::Cancel, |name| Letter::Signal(name, number));
            (at, letter)
        });
        Post {
            letters: letters.collect(),
            signals: signals.clone(),
        }
    })
}
