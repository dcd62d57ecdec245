//! A step that is called again in a rerun, in each place where that can be.

/// `sagas! { ([around] [durable] [savepoint] [retry]) place desk key number quote { name [attributes]
/// {settles} [word] } }`: what is around each saga, and how often it reruns; what the step has before its
/// `compensate none`, and the word after it. The names that bodies use are given, so that all of them
/// are from one place. The place `inside` has the children that other places name.
macro_rules! sagas {
    (@step $t:tt $desk:ident $key:ident $number:ident $quote:ident [$($attr:tt)*] {$($settles:tt)*} [$($word:ident)?]) => {
        sagas! { @outer $t $desk $key $number $quote {
            $($attr)*
            step mail($desk, $key, $number) { $desk.mail($number, $key) }
                $($settles)* compensate none $($word)?;
        } }
    };
    (@governed $t:tt $desk:ident $key:ident $number:ident $quote:ident [$($attr:tt)*] {$($settles:tt)*} [$($word:ident)?]) => {
        sagas! { @outer $t $desk $key $number $quote {
            when ($number => *$number > 0) {
                $($attr)*
                step mail($desk, $key, $number) { $desk.mail($number, $key) }
                    $($settles)* compensate none $($word)?;
            }
        } }
    };
    (@beside $t:tt $desk:ident $key:ident $number:ident $quote:ident [$($attr:tt)*] {$($settles:tt)*} [$($word:ident)?]) => {
        sagas! { @outer $t $desk $key $number $quote {
            concurrent {
                $($attr)*
                step mail($desk, $key, $number) { $desk.mail($number, $key) }
                    $($settles)* compensate none $($word)?;

                step other($desk, $key) { $desk.call("other", $key) }
                    #[by_key]
                    compensate($desk, $key) { $desk.call("-other", $key) }
            }
        } }
    };
    // Another list in each round.
    (@items $t:tt $desk:ident $key:ident $number:ident $quote:ident [$($attr:tt)*] {$($settles:tt)*} [$($word:ident)?]) => {
        sagas! { @outer $t $desk $key $number $quote {
            $($attr)*
            for line: u32 in ($quote, $number => [0, 1].map(|line| $quote * 100 + $number + line))
            step mail($desk, $key, line) { $desk.mail(line, $key) }
                $($settles)* compensate none $($word)?;
        } }
    };
    (@child $t:tt $desk:ident $key:ident $number:ident $quote:ident $attr:tt $settles:tt $word:tt) => {
        sagas! { @outer $t $desk $key $number $quote {
            step sent($number) = saga Inner { number: *$number } with ($desk);
        } }
    };
    (@children $t:tt $desk:ident $key:ident $number:ident $quote:ident $attr:tt $settles:tt $word:tt) => {
        sagas! { @outer $t $desk $key $number $quote {
            for line: u32 in ($quote, $number => [0, 1].map(|line| $quote * 100 + $number + line))
            step sent(line) = saga Inner { number: *line } with ($desk);
        } }
    };
    // The word is that of the child as a whole.
    (@left $t:tt $desk:ident $key:ident $number:ident $quote:ident $attr:tt $settles:tt [$($word:ident)?]) => {
        sagas! { @outer $t $desk $key $number $quote {
            step sent($number) = saga Left { number: *$number } with ($desk)
                compensate none $($word)?;
        } }
    };
    (@uses child $says:ident) => { use super::super::inside::$says::Inner; };
    (@uses children $says:ident) => { use super::super::inside::$says::Inner; };
    (@uses left $says:ident) => { use super::super::inside::$says::Left; };
    (@uses retried $says:ident) => { use super::super::inside::$says::Again; };
    (@uses $place:ident $says:ident) => {};
    (@outer ([$($around:tt)*] [$($durable:ident)?] [$($savepoint:tt)*] $retry:tt) $desk:ident $key:ident $number:ident $quote:ident {$($nodes:tt)*}) => {
        saga! {
            $($around)*
            pub(crate) $($durable)? saga Outer($number: u32) with ($desk: Desk) -> Result<(), Trouble> {
                $($savepoint)*
                read $quote($desk) -> u32 { Ok($desk.quote()) }

                $($nodes)*

                #[retry(1)]
                step last($desk, $key) { $desk.call("last", $key) }
                    #[by_key]
                    compensate($desk, $key) { $desk.call("-last", $key) }

                let _ = $quote;
            }
        }
    };
    (@retried ([$($around:tt)*] [$($durable:ident)?] $savepoint:tt [$($retry:tt)*]) $desk:ident $key:ident $number:ident $quote:ident $attr:tt $settles:tt $word:tt) => {
        saga! {
            $($around)*
            pub(crate) $($durable)? saga Outer($number: u32) with ($desk: Desk) -> Result<(), Trouble> {
                $($retry)*
                step sent($number) = saga Again { number: *$number } with ($desk);
            }
        }
    };
    (@inside ([$($around:tt)*] [$($durable:ident)?] $savepoint:tt $retry:tt) $desk:ident $key:ident $number:ident $quote:ident [$($attr:tt)*] {$($settles:tt)*} [$($word:ident)?]) => {
        saga! {
            $($around)*
            pub(crate) $($durable)? saga Inner($number: u32) with ($desk: Desk) -> Result<(), Trouble> {
                $($attr)*
                step mail($desk, $key, $number) { $desk.mail($number, $key) }
                    $($settles)* compensate none $($word)?;
            }

            $($around)*
            pub(crate) $($durable)? saga Left($number: u32) with ($desk: Desk) -> Result<(), Trouble> {
                $($attr)*
                step mail($desk, $key, $number) { $desk.mail($number, $key) }
                    $($settles)* compensate none;
            }

            $($around)*
            pub(crate) $($durable)? saga Again($number: u32) with ($desk: Desk) -> Result<(), Trouble> {
                $($attr)*
                step mail($desk, $key, $number) { $desk.mail($number, $key) }
                    $($settles)* compensate none $($word)?;

                #[retry(1)]
                step last($desk, $key) { $desk.call("last", $key) }
                    #[by_key]
                    compensate($desk, $key) { $desk.call("-last", $key) }
            }
        }
    };
    ($t:tt $place:ident $desk:ident $key:ident $number:ident $quote:ident { $($says:ident $attr:tt $settles:tt $word:tt)* }) => {
        pub(crate) mod $place {
            $(
                pub(crate) mod $says {
                    use super::super::{Desk, Trouble, sagas};
                    use typed_saga::saga;

                    sagas! { @uses $place $says }
                    sagas! { @$place $t $desk $key $number $quote $attr $settles $word }
                }
            )*
        }
    };
}

pub(crate) use sagas;
