//! A step asks for today's rate three times, and falls back to yesterday's if there is no answer.

#![allow(clippy::unused_async, reason = "these services answer at once")]

use std::sync::atomic::{AtomicU32, Ordering};
use typed_saga::saga;

/// Answers from request number `after` on.
struct Exchange {
    asked: AtomicU32,
    after: u32,
}

#[derive(Debug, PartialEq)]
struct NoAnswer;

impl Exchange {
    fn answering_after(after: u32) -> Self {
        Self {
            asked: AtomicU32::new(0),
            after,
        }
    }

    async fn today(&self) -> Result<u32, NoAnswer> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
        if asked < self.after {
            Err(NoAnswer)
        } else {
            Ok(108)
        }
    }

    async fn yesterday(&self, failure: &typed_saga::Failure<NoAnswer>) -> Result<u32, NoAnswer> {
        println!("{:?}: taking yesterday's rate", failure.cause());
        Ok(107)
    }
}

saga! {
    /// Converts `euros` to dollar cents.
    saga Convert(euros: u32) with (exchange: Exchange) -> Result<u32, NoAnswer> {
        #[retry(3, 1ms..4ms)]
        read rate(exchange) -> u32 = Exchange::today
            fallback(exchange, failure) = Exchange::yesterday;

        euros * rate
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let convert = |after| Convert { euros: 10 }.with(Exchange::answering_after(after));
    assert_eq!(convert(1).await.expect("an answer"), 1080);
    assert_eq!(convert(3).await.expect("the third one counts"), 1080);
    assert_eq!(convert(4).await.expect("the fallback"), 1070);
    typed_saga::drain(std::time::Duration::from_secs(5)).await;
}
