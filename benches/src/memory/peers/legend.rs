//! [legend](https://docs.rs/legend): steps are types that work on a context, which holds the
//! effects.

#![allow(
    missing_docs,
    reason = "its macro declares fields without documentation"
)]

use crate::{
    memory::shop::{Refused, Shop},
    rounds::Case,
};
use legend::{CompensationOutcome, ExecutionResult, RetryPolicy, Step, StepOutcome, legend};
use std::hint::black_box;

/// The context of the steps: the shop and their effects.
struct Context {
    shop: Shop,
    effects: Vec<u64>,
}

/// A step with this many attempts.
struct Act<const TIMES: u8>;

#[async_trait::async_trait]
impl<const TIMES: u8> Step<Context, Refused> for Act<TIMES> {
    type Input = ();

    async fn execute(context: &mut Context, (): &()) -> Result<StepOutcome, Refused> {
        let last = context.effects.last().copied().unwrap_or(0);
        let effect = context.shop.act(last).await?;
        context.effects.push(effect);
        Ok(StepOutcome::Continue)
    }

    async fn compensate(context: &mut Context, (): &()) -> Result<CompensationOutcome, Refused> {
        if let Some(effect) = context.effects.pop() {
            context.shop.undo(effect).await?;
        }
        Ok(CompensationOutcome::Completed)
    }

    fn retry_policy() -> RetryPolicy {
        match TIMES {
            1 => RetryPolicy::NoRetry,
            times => RetryPolicy::retries(times),
        }
    }
}

/// A program of steps, and the row that runs it.
macro_rules! program {
    ($(#[$doc:meta])* $case:ident, $program:ident, $inputs:ident, $times:literal: $($step:ident)*) => {
        legend! {
            $program<Context, Refused> { $($step: Act<$times>),* }
        }

        $(#[$doc])*
        #[must_use]
        pub fn $case(shop: Shop) -> Case {
            Case::new("legend 0.1", move || async move {
                let context = Context {
                    shop: black_box(shop),
                    effects: Vec::with_capacity(64),
                };
                let program = $program::new($inputs { $($step: ()),* });
                let ended = program.build(context).start().await;
                matches!(ended, ExecutionResult::Completed(_))
            })
        }
    };
}

program! {
    /// Eight steps.
    eight, Eight, EightInputs, 1: a b c d e f g h
}
program! {
    /// Eight steps with three attempts each.
    eight_retried, Retried, RetriedInputs, 3: a b c d e f g h
}
program! {
    /// 64 steps.
    sixty_four, SixtyFour, SixtyFourInputs, 1:
    a b c d e f g h a1 b1 c1 d1 e1 f1 g1 h1 a2 b2 c2 d2 e2 f2 g2 h2 a3 b3 c3 d3 e3 f3 g3 h3
    a4 b4 c4 d4 e4 f4 g4 h4 a5 b5 c5 d5 e5 f5 g5 h5 a6 b6 c6 d6 e6 f6 g6 h6 a7 b7 c7 d7 e7 f7 g7 h7
}
