//! Every part of a saga out of another macro's fragments.

use std::time::Duration;
use typed_saga::{Key, saga};

#[derive(Debug)]
pub(crate) struct Failed;

async fn one(_: &Key) -> Result<u8, Failed> {
    Ok(1)
}

async fn free(_: &u8) -> Result<(), Failed> {
    Ok(())
}

macro_rules! declare {
    (
        $(#[$meta:meta])* $vis:vis $name:ident $input:ident: $t:ty, $service:ident, $first:ident, $second:ident,
        $d:literal, $cap:expr, $b:block, $p:path, $undo:path, $pat:lifetime, $tail:expr, $error:ty, $predicate:expr
    ) => {
        saga! {
            $(#[$meta])*
            $vis saga $name($input: $t) with ($service: $t) -> Result<$t, $error> {
                #[timeout($d)]
                #[retry(2, $d..$cap)]
                #[savepoint(1, $d..$cap, if = $predicate)]
                #[idempotent]
                step $first(key) -> $t = $p
                compensate($first) = $undo;
                #[allow(unused_variables)]
                #[when($first => *$first > 0)]
                #[idempotent]
                pivot $second($first, $input, $service, _key) -> $t $b

                $tail
            }
        }
    };
}

declare! {
    /// Made by a macro.
    #[derive(Debug)]
    #[timeout(1h)]
    pub(crate) Made input: u8, service, first, second, 2s, Duration::from_secs(1) * 4, { Ok(7) }, one, self::free, 'a, 9 + 1, Failed, |_| true
}

macro_rules! whole {
    ($($tokens:tt)*) => { saga! { $($tokens)* } };
}

whole! {
    saga Whole(n: u8) -> Result<u8, Failed> {
        #[timeout(2s)]
        read double(n) -> u8 { Ok(n * 2) }

        double
    }
}

/// The names in the macro and those given to it meet in one saga.
macro_rules! hygienic {
    ($n:ident) => {
        saga! {
            saga Hygienic($n: u8, m: u8) -> Result<u8, Failed> {
                read sum($n, m) -> u8 { let value = $n + m; Ok(value) }

                sum + m + $n
            }
        }
    };
}

hygienic!(value);

#[tokio::test]
async fn runs() {
    assert_eq!(Made { input: 1 }.with(2).await.unwrap(), 10);
    assert_eq!(Whole { n: 2 }.run().await.unwrap(), 4);
    assert_eq!(Hygienic { value: 1, m: 2 }.run().await.unwrap(), 6);
}
