//! Runs the saga of eight steps: `saga-bench-budget completes|fails <times>`. The caller counts the
//! instructions.

use saga_bench::memory::{sagas::Eight, shop::Shop};
use std::{
    env,
    future::Future,
    hint::black_box,
    pin::pin,
    task::{Context, Poll, Waker},
};

fn main() {
    let args: Vec<_> = env::args().skip(1).collect();
    let (shop, times) = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["completes", times] => (Shop::open(), times),
        ["fails", times] => (Shop::refusing(7), times),
        _ => panic!("usage: saga-bench-budget completes|fails <times>"),
    };
    let times: u32 = times.parse().expect("times is a number");
    for _ in 0..times {
        let run = Eight { n: black_box(0) }.with(black_box(shop));
        let run = pin!(run.into_future());
        match run.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => drop(black_box(result)),
            Poll::Pending => unreachable!("it waits for nothing"),
        }
    }
}
