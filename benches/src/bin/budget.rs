//! Runs a saga: `saga-bench-budget completes|fails|ignored|recorded|blocks|loops <times>`. The caller
//! counts the instructions.

use saga_bench::memory::{
    sagas::{Eight, Joined, Looped},
    shop::Shop,
};
use std::{
    env,
    future::Future,
    hint::black_box,
    pin::pin,
    task::{Context, Poll, Waker},
};
use typed_saga::{Observer, Recording, runtime::Interest};

fn main() {
    let args: Vec<_> = env::args().skip(1).collect();
    let args = args.iter().map(String::as_str).collect::<Vec<_>>();
    match args[..] {
        ["completes", times] => eight(Shop::open(), times),
        ["fails", times] => eight(Shop::refusing(7), times),
        ["ignored", times] => repeat(times, |n| {
            let saga = Eight { n }.with(black_box(Shop::open()));
            saga.observe(black_box(Off))
        }),
        ["recorded", times] => repeat(times, |n| {
            let saga = Eight { n }.with(black_box(Shop::open()));
            saga.observe(Recording::default())
        }),
        ["blocks", times] => repeat(times, |n| Joined { n }.with(black_box(Shop::open()))),
        ["loops", times] => repeat(times, |n| {
            Looped { items: n + 100 }.with(black_box(Shop::open()))
        }),
        _ => {
            panic!("usage: saga-bench-budget completes|fails|ignored|recorded|blocks|loops <times>")
        }
    }
}

/// An observer that is off.
struct Off;

impl Observer for Off {
    fn interest(&self) -> Interest {
        Interest::Nothing
    }
}

fn eight(shop: Shop, times: &str) {
    repeat(times, |n| Eight { n }.with(black_box(shop)));
}

fn repeat<S: IntoFuture>(times: &str, saga: impl Fn(u64) -> S) {
    let times: u32 = times.parse().expect("times is a number");
    for _ in 0..times {
        let run = pin!(saga(black_box(0)).into_future());
        match run.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => drop(black_box(result)),
            Poll::Pending => unreachable!("it waits for nothing"),
        }
    }
}
