//! A future that is one of several types.
//!
//! What each step costs rustc is counted in `await`s, so the compensations of a saga are one such
//! future. Its actions are not, because that would make a straight run slower.

use pin_project_lite::pin_project;
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

pin_project! {
    /// The call that a `match` over a saga's steps selects, as one future. So the code around a
    /// call is compiled once for all of them, and rustc checks one `await`. A box for each call
    /// would be an allocation.
    #[project = OneOfProjection]
    #[must_use = "futures do nothing unless polled"]
    #[expect(missing_docs, reason = "one choice is as good as another")]
    pub enum OneOf<C0, C1, C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13, C14, C15> {
        C0 { #[pin] call: C0 },
        C1 { #[pin] call: C1 },
        C2 { #[pin] call: C2 },
        C3 { #[pin] call: C3 },
        C4 { #[pin] call: C4 },
        C5 { #[pin] call: C5 },
        C6 { #[pin] call: C6 },
        C7 { #[pin] call: C7 },
        C8 { #[pin] call: C8 },
        C9 { #[pin] call: C9 },
        C10 { #[pin] call: C10 },
        C11 { #[pin] call: C11 },
        C12 { #[pin] call: C12 },
        C13 { #[pin] call: C13 },
        C14 { #[pin] call: C14 },
        C15 { #[pin] call: C15 },
        /// The step declares no such call.
        Undeclared,
    }
}

impl<T, C0, C1, C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13, C14, C15> Future
    for OneOf<C0, C1, C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13, C14, C15>
where
    C0: Future<Output = T>,
    C1: Future<Output = T>,
    C2: Future<Output = T>,
    C3: Future<Output = T>,
    C4: Future<Output = T>,
    C5: Future<Output = T>,
    C6: Future<Output = T>,
    C7: Future<Output = T>,
    C8: Future<Output = T>,
    C9: Future<Output = T>,
    C10: Future<Output = T>,
    C11: Future<Output = T>,
    C12: Future<Output = T>,
    C13: Future<Output = T>,
    C14: Future<Output = T>,
    C15: Future<Output = T>,
{
    type Output = T;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        match self.project() {
            OneOfProjection::C0 { call } => call.poll(cx),
            OneOfProjection::C1 { call } => call.poll(cx),
            OneOfProjection::C2 { call } => call.poll(cx),
            OneOfProjection::C3 { call } => call.poll(cx),
            OneOfProjection::C4 { call } => call.poll(cx),
            OneOfProjection::C5 { call } => call.poll(cx),
            OneOfProjection::C6 { call } => call.poll(cx),
            OneOfProjection::C7 { call } => call.poll(cx),
            OneOfProjection::C8 { call } => call.poll(cx),
            OneOfProjection::C9 { call } => call.poll(cx),
            OneOfProjection::C10 { call } => call.poll(cx),
            OneOfProjection::C11 { call } => call.poll(cx),
            OneOfProjection::C12 { call } => call.poll(cx),
            OneOfProjection::C13 { call } => call.poll(cx),
            OneOfProjection::C14 { call } => call.poll(cx),
            OneOfProjection::C15 { call } => call.poll(cx),
            OneOfProjection::Undeclared => unreachable!("the step declares no such call"),
        }
    }
}
