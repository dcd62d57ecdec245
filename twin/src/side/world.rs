//! The vendor as the sagas of one version see it.

use super::lib::{Context, Failure, Key, Summary, Verdict};
use crate::vendor::{Trouble, Vendor};
use std::{fmt, time::Duration};
use tokio::time::{sleep, timeout};

/// What a call failed with.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct No(pub(crate) Verdict);

impl No {
    pub(crate) fn verdict(&self) -> Verdict {
        self.0
    }

    pub(crate) fn is_refused(&self) -> bool {
        self.0 == Verdict::Refused
    }

    /// Whether a savepoint reruns after this failure.
    pub(crate) fn turns(failure: &Failure<Self>) -> bool {
        failure.error().is_none_or(|no| !no.is_refused())
    }
}

impl From<Trouble> for No {
    fn from(trouble: Trouble) -> Self {
        Self(match trouble {
            Trouble::Refused => Verdict::Refused,
            Trouble::Transient => Verdict::Transient,
            Trouble::Unknown => Verdict::Unknown,
            Trouble::Partial => Verdict::Partial,
        })
    }
}

impl fmt::Display for No {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl std::error::Error for No {}

/// An event that is handed over.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct News(pub(crate) String);

/// A handle of the vendor.
#[derive(Clone, Debug)]
pub(crate) struct World(pub(crate) Vendor);

impl World {
    pub(crate) async fn act(&self, ctx: &Context<'_>) -> Result<u64, No> {
        self.call('+', ctx, String::new()).await
    }

    /// Acts on what an earlier step did.
    pub(crate) async fn act_on(&self, ctx: &Context<'_>, on: &u64) -> Result<u64, No> {
        self.call('+', ctx, format!("{on} ")).await
    }

    pub(crate) async fn find(&self, ctx: &Context<'_>) -> Result<Option<u64>, No> {
        let found = self.call('?', ctx, String::new()).await?;
        Ok((found % 3 > 0).then_some(found))
    }

    pub(crate) async fn undo(&self, ctx: &Context<'_>, number: &u64) -> Result<(), No> {
        let with = format!("{number} {} ", ctx.key_for("undo"));
        self.call('-', ctx, with).await.map(drop)
    }

    /// Undoes what a failure is the reason for.
    pub(crate) async fn undo_for(
        &self,
        ctx: &Context<'_>,
        number: &u64,
        failure: &Failure<No>,
    ) -> Result<(), No> {
        let with = format!("{number} {failure:?} {failure} ");
        self.call('-', ctx, with).await.map(drop)
    }

    /// What is given instead.
    pub(crate) async fn instead(
        &self,
        ctx: &Context<'_>,
        failure: &Failure<No>,
    ) -> Result<u64, No> {
        self.call('~', ctx, format!("{failure:?} ")).await
    }

    /// Makes sure that nothing stands under this key.
    pub(crate) async fn stop(&self, ctx: &Context<'_>) -> Result<(), No> {
        self.call('x', ctx, String::new()).await.map(drop)
    }

    /// Its errors are not reported.
    pub(crate) async fn finally(&self, summary: &Summary, ctx: &Context<'_>) {
        // In memory, nothing limits it.
        let call = self.call('!', ctx, format!("{summary:?} "));
        drop(timeout(Duration::from_secs(1), call).await);
    }

    pub(crate) async fn publish(&self, event: &News, key: &Key) -> Result<(), No> {
        let with = format!("{event:?} {key}");
        Ok(self.0.call('>', "", with).await.map(drop)?)
    }

    /// Whether something is wanted, mostly as is said. It panics now and then.
    pub(crate) fn wants(&self, what: &str, mostly: bool) -> bool {
        let answer = self.0.ask('w', what, String::new());
        answer.is_ok_and(|number| number % 4 > 0) == mostly
    }

    /// A call that nothing limits: it ends at once.
    #[allow(clippy::unused_async, reason = "what a step awaits")]
    pub(crate) async fn say(&self, ctx: &Context<'_>, with: String) -> Result<u64, No> {
        let (mark, with) = ('+', format!("{with} {}", ctx.key()));
        Ok(self.0.ask(mark, &ctx.path(), with)?)
    }

    /// One that nothing limits, and that takes its time.
    pub(crate) async fn say_slowly(&self, ctx: &Context<'_>, with: String) -> Result<u64, No> {
        sleep(Duration::from_millis(with.len() as u64 * 7 % 40)).await;
        self.say(ctx, with).await
    }

    /// The same, on the way back.
    #[allow(clippy::unused_async, reason = "what a step awaits")]
    pub(crate) async fn unsay(&self, ctx: &Context<'_>, with: String) -> Result<(), No> {
        let (mark, with) = ('-', format!("{with} {}", ctx.key()));
        Ok(self.0.ask(mark, &ctx.path(), with).map(drop)?)
    }

    async fn call(&self, mark: char, ctx: &Context<'_>, with: String) -> Result<u64, No> {
        let (attempt, round) = (ctx.attempt(), ctx.round());
        let with = format!("{with}{attempt} {round} {}", ctx.key());
        Ok(self.0.call(mark, &ctx.path(), with).await?)
    }
}
