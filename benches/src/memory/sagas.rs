//! The rows with `saga!`.

use super::shop::{Refused, Shop};

/// A saga in which each step reads the effect of the previous one.
macro_rules! chain {
    ($(#[$doc:meta])* $(@$attribute:meta)? $saga:ident($n:ident): $($step:ident)*) => {
        chain!(@pairs [$(#[$doc])*] [$($attribute)?] ($saga $n) [] $n $($step)*);
    };
    (@pairs $doc:tt $attribute:tt $saga:tt [$($pair:tt)*] $last:ident $step:ident $($rest:ident)*) => {
        chain!(@pairs $doc $attribute $saga [$($pair)* ($last $step)] $step $($rest)*);
    };
    (@pairs [$($doc:tt)*] [] ($saga:ident $n:ident) [$(($read:ident $step:ident))*] $last:ident) => {
        typed_saga::saga! {
            $($doc)*
            pub saga $saga($n: u64) with (shop: Shop) -> Result<u64, Refused> {
                $(
                    step $step(shop, $read) -> u64 { shop.act(*$read).await }
                        compensate(shop, $step) { shop.undo(*$step).await }
                )*
                $last
            }
        }
    };
    (@pairs [$($doc:tt)*] [$attribute:meta] ($saga:ident $n:ident) [$(($read:ident $step:ident))*] $last:ident) => {
        typed_saga::saga! {
            $($doc)*
            pub saga $saga($n: u64) with (shop: Shop) -> Result<u64, Refused> {
                $(
                    #[$attribute] #[idempotent(by = $read)]
                    step $step(shop, $read) -> u64 { shop.act(*$read).await }
                        compensate(shop, $step) { shop.undo(*$step).await }
                )*
                $last
            }
        }
    };
}

chain! {
    /// Eight steps.
    Eight(n): a b c d e f g h
}
chain! {
    /// 16 steps.
    Sixteen(n): a b c d e f g h a1 b1 c1 d1 e1 f1 g1 h1
}
chain! {
    /// 32 steps.
    ThirtyTwo(n): a b c d e f g h a1 b1 c1 d1 e1 f1 g1 h1 a2 b2 c2 d2 e2 f2 g2 h2 a3 b3 c3 d3 e3 f3 g3 h3
}
chain! {
    /// 64 steps.
    SixtyFour(n):
    a b c d e f g h a1 b1 c1 d1 e1 f1 g1 h1 a2 b2 c2 d2 e2 f2 g2 h2 a3 b3 c3 d3 e3 f3 g3 h3
    a4 b4 c4 d4 e4 f4 g4 h4 a5 b5 c5 d5 e5 f5 g5 h5 a6 b6 c6 d6 e6 f6 g6 h6 a7 b7 c7 d7 e7 f7 g7 h7
}
chain! {
    /// Eight steps with three attempts each.
    @retry(3, 50ms..2s)
    EightRetried(n): a b c d e f g h
}
chain! {
    /// Eight steps with a timeout of 10 s each.
    @timeout(10s)
    EightTimed(n): a b c d e f g h
}

typed_saga::saga! {
    /// Eight concurrent steps, and one that reads them all.
    pub saga Joined(n: u64) with (shop: Shop) -> Result<u64, Refused> {
        concurrent {
            step a(shop, n) -> u64 { shop.act(*n).await }
                compensate(shop, a) { shop.undo(*a).await }
            step b(shop, n) -> u64 { shop.act(*n).await }
                compensate(shop, b) { shop.undo(*b).await }
            step c(shop, n) -> u64 { shop.act(*n).await }
                compensate(shop, c) { shop.undo(*c).await }
            step d(shop, n) -> u64 { shop.act(*n).await }
                compensate(shop, d) { shop.undo(*d).await }
            step e(shop, n) -> u64 { shop.act(*n).await }
                compensate(shop, e) { shop.undo(*e).await }
            step f(shop, n) -> u64 { shop.act(*n).await }
                compensate(shop, f) { shop.undo(*f).await }
            step g(shop, n) -> u64 { shop.act(*n).await }
                compensate(shop, g) { shop.undo(*g).await }
            step h(shop, n) -> u64 { shop.act(*n).await }
                compensate(shop, h) { shop.undo(*h).await }
        }
        #[allow(clippy::many_single_char_names, reason = "one letter for each sibling")]
        step joined(shop, a, b, c, d, e, f, g, h) -> u64 {
            shop.act(a + b + c + d + e + f + g + h).await
        }
            compensate(shop, joined) { shop.undo(*joined).await }

        joined
    }
}

typed_saga::saga! {
    /// One step.
    pub saga One(n: u64) with (shop: Shop) -> Result<u64, Refused> {
        step a(shop, n) -> u64 { shop.act(*n).await }
            compensate(shop, a) { shop.undo(*a).await }

        a
    }
}

typed_saga::saga! {
    /// One step for each of this many items.
    pub saga Looped(items: u64) with (shop: Shop) -> Result<usize, Refused> {
        for n: u64 in (items => 0..*items)
        step a(shop, n) -> u64 { shop.act(*n).await }
            compensate(shop, a) { shop.undo(*a).await }

        a.len()
    }
}
