//! The same by hand, with nothing but the language: the floor.

use super::shop::{Refused, Shop};
use std::{
    any::Any,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
    time::Duration,
};

/// How a step's future is awaited.
macro_rules! awaited {
    (plain, $call:expr) => {
        $call.await
    };
    (guarded, $call:expr) => {
        match guarded($call).await {
            Ok(result) => result,
            Err(_) => Err(Refused(u64::MAX)),
        }
    };
    (retried, $call:expr) => {{
        let mut left = 3_u32;
        loop {
            left -= 1;
            match $call.await {
                Err(_) if left > 0 => tokio::time::sleep(Duration::from_millis(50)).await,
                result => break result,
            }
        }
    }};
    (timed, $call:expr) => {
        match tokio::time::timeout(Duration::from_secs(10), $call).await {
            Ok(result) => result,
            Err(_) => Err(Refused(u64::MAX)),
        }
    };
}

/// A `match` in a `match`: each failure has its compensations written out. The code grows with the
/// square of the number of steps.
macro_rules! nested {
    ($how:ident $shop:ident $last:ident [$($done:ident)*]) => { Ok($last) };
    ($how:ident $shop:ident $last:ident [$($done:ident)*] $step:ident $($rest:ident)*) => {
        match awaited!($how, $shop.act($last)) {
            Ok($step) => nested!($how $shop $step [$step $($done)*] $($rest)*),
            Err(error) => {
                $( let _ = awaited!($how, $shop.undo($done)); )*
                Err(error)
            }
        }
    };
}

macro_rules! eight {
    ($(#[$doc:meta])* $name:ident $how:ident) => {
        $(#[$doc])*
        ///
        /// # Errors
        /// If the shop refuses a step.
        pub async fn $name(n: u64, shop: Shop) -> Result<u64, Refused> {
            nested!($how shop n [] s0 s1 s2 s3 s4 s5 s6 s7)
        }
    };
}

eight! {
    /// Eight steps; a panic passes through, and undoes nothing.
    eight plain
}
eight! {
    /// Eight steps; a panic is caught, and undoes the steps before it.
    eight_guarded guarded
}
eight! {
    /// Eight steps with three attempts each.
    eight_retried retried
}
eight! {
    /// Eight steps with a timeout of 10 s each.
    eight_timed timed
}

/// Catches a panic of a future.
async fn guarded<F: Future>(future: F) -> Result<F::Output, Box<dyn Any + Send>> {
    let mut future = pin!(future);
    poll_fn(
        |cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(panic) => Poll::Ready(Err(panic)),
        },
    )
    .await
}

/// Steps one after the other, each with a place for its effect; a failure looks at all places. The
/// code grows with the number of steps.
macro_rules! flat {
    ($(#[$doc:meta])* $name:ident: $($step:ident)*) => {
        $(#[$doc])*
        ///
        /// # Errors
        /// If the shop refuses a step.
        #[allow(unused_assignments, reason = "the last step is not undone by any other")]
        pub async fn $name(n: u64, shop: Shop) -> Result<u64, Refused> {
            $( let mut $step = None; )*
            let mut last = n;
            let error = 'forward: {
                $(
                    match shop.act(last).await {
                        Ok(effect) => {
                            $step = Some(effect);
                            last = effect;
                        }
                        Err(error) => break 'forward error,
                    }
                )*
                return Ok(last);
            };
            flat!(@undo shop [] $($step)*);
            Err(error)
        }
    };
    (@undo $shop:ident [$($last_first:ident)*]) => {
        $( if let Some(effect) = $last_first { let _ = $shop.undo(effect).await; } )*
    };
    (@undo $shop:ident [$($last_first:ident)*] $step:ident $($rest:ident)*) => {
        flat!(@undo $shop [$step $($last_first)*] $($rest)*)
    };
}

flat! {
    /// Eight steps.
    flat_8: a b c d e f g h
}
flat! {
    /// 16 steps.
    flat_16: a b c d e f g h a1 b1 c1 d1 e1 f1 g1 h1
}
flat! {
    /// 32 steps.
    flat_32: a b c d e f g h a1 b1 c1 d1 e1 f1 g1 h1 a2 b2 c2 d2 e2 f2 g2 h2 a3 b3 c3 d3 e3 f3 g3 h3
}
flat! {
    /// 64 steps.
    flat_64:
    a b c d e f g h a1 b1 c1 d1 e1 f1 g1 h1 a2 b2 c2 d2 e2 f2 g2 h2 a3 b3 c3 d3 e3 f3 g3 h3
    a4 b4 c4 d4 e4 f4 g4 h4 a5 b5 c5 d5 e5 f5 g5 h5 a6 b6 c6 d6 e6 f6 g6 h6 a7 b7 c7 d7 e7 f7 g7 h7
}

/// Eight concurrent steps, and one that reads them all. If one of the eight fails, the others are
/// undone.
///
/// # Errors
/// If the shop refuses a step.
pub async fn joined(n: u64, shop: Shop) -> Result<u64, Refused> {
    let step = || shop.act(n);
    let all = tokio::join!(
        step(),
        step(),
        step(),
        step(),
        step(),
        step(),
        step(),
        step()
    );
    let all = <[_; 8]>::from(all);
    let mut error = all.iter().find_map(|result| result.err());
    if error.is_none() {
        let sum = all.iter().flatten().sum();
        match shop.act(sum).await {
            Ok(joined) => return Ok(joined),
            Err(refused) => error = Some(refused),
        }
    }
    for effect in all.into_iter().rev().flatten() {
        let _ = shop.undo(effect).await;
    }
    Err(error.unwrap_or(Refused(n)))
}

/// One step for each of this many items.
///
/// # Errors
/// If the shop refuses one: those before it are then undone, last first.
pub async fn looped(items: u64, shop: Shop) -> Result<usize, Refused> {
    let mut done = Vec::new();
    for n in 0..items {
        match shop.act(n).await {
            Ok(effect) => done.push(effect),
            Err(refused) => {
                for effect in done.into_iter().rev() {
                    shop.undo(effect).await?;
                }
                return Err(refused);
            }
        }
    }
    Ok(done.len())
}
