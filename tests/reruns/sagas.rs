//! A step that remains in each place where it can be run again: `attributes` and `clauses` are what
//! it says.

/// `sagas! { ([around] [durable] [savepoint] [retry]) place desk key { name [attributes] {clauses} } }`:
/// what is around each saga, and how often it reruns; the names that bodies use are given, so that all
/// of them are from one place. The place `inside` has the children that other places name.
macro_rules! sagas {
    (@step $says:ident ([$($around:tt)*] [$($durable:ident)?] [$($savepoint:tt)*] $retry:tt) $desk:ident $key:ident [$($attr:tt)*] {$($clause:tt)*}) => {
        saga! {
        $($around)*
        #[saga(unchecked_reruns)]
        pub(crate) $($durable)? saga Outer(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            $($savepoint)*
            read quote($desk) -> u32 { Ok($desk.quote()) }

            $($attr)*
            step mail($desk, $key, number) { $desk.mail(number, $key) }
                $($clause)*

            #[retry(1)]
            step last($desk, $key) { $desk.call("last", $key) }
                #[by_key]
                compensate($desk, $key) { $desk.call("-last", $key) }

            let _ = quote;
        }
        }
    };
    (@governed $says:ident ([$($around:tt)*] [$($durable:ident)?] [$($savepoint:tt)*] $retry:tt) $desk:ident $key:ident [$($attr:tt)*] {$($clause:tt)*}) => {
        saga! {
        $($around)*
        #[saga(unchecked_reruns)]
        pub(crate) $($durable)? saga Outer(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            $($savepoint)*
            read quote($desk) -> u32 { Ok($desk.quote()) }

            when (number => *number > 0) {
            $($attr)*
            step mail($desk, $key, number) { $desk.mail(number, $key) }
                $($clause)*
            }

            #[retry(1)]
            step last($desk, $key) { $desk.call("last", $key) }
                #[by_key]
                compensate($desk, $key) { $desk.call("-last", $key) }

            let _ = quote;
        }
        }
    };
    (@beside $says:ident ([$($around:tt)*] [$($durable:ident)?] [$($savepoint:tt)*] $retry:tt) $desk:ident $key:ident [$($attr:tt)*] {$($clause:tt)*}) => {
        saga! {
        $($around)*
        #[saga(unchecked_reruns)]
        pub(crate) $($durable)? saga Outer(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            $($savepoint)*
            read quote($desk) -> u32 { Ok($desk.quote()) }

            concurrent {
            $($attr)*
            step mail($desk, $key, number) { $desk.mail(number, $key) }
                $($clause)*

                step other($desk, $key) { $desk.call("other", $key) }
                    #[by_key]
                    compensate($desk, $key) { $desk.call("-other", $key) }
            }

            #[retry(1)]
            step last($desk, $key) { $desk.call("last", $key) }
                #[by_key]
                compensate($desk, $key) { $desk.call("-last", $key) }

            let _ = quote;
        }
        }
    };
    (@items $says:ident ([$($around:tt)*] [$($durable:ident)?] [$($savepoint:tt)*] $retry:tt) $desk:ident $key:ident [$($attr:tt)*] {$($clause:tt)*}) => {
        saga! {
        $($around)*
        #[saga(unchecked_reruns)]
        pub(crate) $($durable)? saga Outer(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            $($savepoint)*
            read quote($desk) -> u32 { Ok($desk.quote()) }

            $($attr)*
            for line: u32 in (number => vec![*number, number + 1])
            step mail($desk, $key, line) { $desk.mail(line, $key) }
                $($clause)*

            #[retry(1)]
            step last($desk, $key) { $desk.call("last", $key) }
                #[by_key]
                compensate($desk, $key) { $desk.call("-last", $key) }

            let _ = quote;
        }
        }
    };
    (@listed $says:ident ([$($around:tt)*] [$($durable:ident)?] [$($savepoint:tt)*] $retry:tt) $desk:ident $key:ident [$($attr:tt)*] {$($clause:tt)*}) => {
        saga! {
        $($around)*
        #[saga(unchecked_reruns)]
        pub(crate) $($durable)? saga Outer(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            $($savepoint)*
            read quote($desk) -> u32 { Ok($desk.quote()) }

            $($attr)*
            for line: u32 in (quote, number => vec![quote * 100 + number, quote * 100 + number + 1])
            step mail($desk, $key, line) { $desk.mail(line, $key) }
                $($clause)*

            #[retry(1)]
            step last($desk, $key) { $desk.call("last", $key) }
                #[by_key]
                compensate($desk, $key) { $desk.call("-last", $key) }
        }
        }
    };
    // The children, which say the same in each place.
    (@inside $says:ident ([$($around:tt)*] [$($durable:ident)?] $savepoint:tt $retry:tt) $desk:ident $key:ident [$($attr:tt)*] {$($clause:tt)*}) => {
        saga! {
        $($around)*
        pub(crate) $($durable)? saga Inner(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            $($attr)*
            step mail($desk, $key, number) { $desk.mail(number, $key) }
                $($clause)*
        }

        $($around)*
        pub(crate) $($durable)? saga Again(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            $($attr)*
            step mail($desk, $key, number) { $desk.mail(number, $key) }
                $($clause)*

            #[retry(1)]
            step last($desk, $key) { $desk.call("last", $key) }
                #[by_key]
                compensate($desk, $key) { $desk.call("-last", $key) }
        }

        $($around)*
        pub(crate) $($durable)? saga Other(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            step other($desk, $key, number) {
                let _ = number;
                $desk.call("other", $key)
            }
                #[by_key]
                compensate($desk, $key) { $desk.call("-other", $key) }
        }
        }
    };
    (@child $says:ident ([$($around:tt)*] [$($durable:ident)?] [$($savepoint:tt)*] $retry:tt) $desk:ident $key:ident [$($attr:tt)*] {$($clause:tt)*}) => {
        use super::super::inside::$says::Inner;

        saga! {
        $($around)*
        #[saga(unchecked_reruns)]
        pub(crate) $($durable)? saga Outer(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            $($savepoint)*
            read quote($desk) -> u32 { Ok($desk.quote()) }

            step sent(number) = saga Inner { number: *number } with ($desk);

            #[retry(1)]
            step last($desk, $key) { $desk.call("last", $key) }
                #[by_key]
                compensate($desk, $key) { $desk.call("-last", $key) }

            let _ = quote;
        }
        }
    };
    (@in_a_row $says:ident ([$($around:tt)*] [$($durable:ident)?] [$($savepoint:tt)*] $retry:tt) $desk:ident $key:ident [$($attr:tt)*] {$($clause:tt)*}) => {
        use super::super::inside::$says::{Inner, Other};

        saga! {
        $($around)*
        #[saga(unchecked_reruns)]
        pub(crate) $($durable)? saga Outer(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            $($savepoint)*
            read quote($desk) -> u32 { Ok($desk.quote()) }

            step before(number) = saga Other { number: *number } with ($desk);

            step sent(number) = saga Inner { number: *number } with ($desk);

            #[retry(1)]
            step last($desk, $key) { $desk.call("last", $key) }
                #[by_key]
                compensate($desk, $key) { $desk.call("-last", $key) }

            let _ = quote;
        }
        }
    };
    (@left_before $says:ident ([$($around:tt)*] [$($durable:ident)?] [$($savepoint:tt)*] $retry:tt) $desk:ident $key:ident [$($attr:tt)*] {$($clause:tt)*}) => {
        use super::super::inside::$says::{Inner, Other};

        saga! {
        $($around)*
        #[saga(unchecked_reruns)]
        pub(crate) $($durable)? saga Outer(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            $($savepoint)*
            read quote($desk) -> u32 { Ok($desk.quote()) }

            step sent(number) = saga Inner { number: *number } with ($desk);
                compensate none

            step behind(number) = saga Other { number: *number } with ($desk);

            #[retry(1)]
            step last($desk, $key) { $desk.call("last", $key) }
                #[by_key]
                compensate($desk, $key) { $desk.call("-last", $key) }

            let _ = quote;
        }
        }
    };
    (@children $says:ident ([$($around:tt)*] [$($durable:ident)?] [$($savepoint:tt)*] $retry:tt) $desk:ident $key:ident [$($attr:tt)*] {$($clause:tt)*}) => {
        use super::super::inside::$says::Inner;

        saga! {
        $($around)*
        #[saga(unchecked_reruns)]
        pub(crate) $($durable)? saga Outer(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            $($savepoint)*
            read quote($desk) -> u32 { Ok($desk.quote()) }

            for line: u32 in (number => vec![*number, number + 1])
            step sent(line) = saga Inner { number: *line } with ($desk);

            #[retry(1)]
            step last($desk, $key) { $desk.call("last", $key) }
                #[by_key]
                compensate($desk, $key) { $desk.call("-last", $key) }

            let _ = quote;
        }
        }
    };
    (@children_listed $says:ident ([$($around:tt)*] [$($durable:ident)?] [$($savepoint:tt)*] $retry:tt) $desk:ident $key:ident [$($attr:tt)*] {$($clause:tt)*}) => {
        use super::super::inside::$says::Inner;

        saga! {
        $($around)*
        #[saga(unchecked_reruns)]
        pub(crate) $($durable)? saga Outer(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            $($savepoint)*
            read quote($desk) -> u32 { Ok($desk.quote()) }

            for line: u32 in (quote, number => vec![quote * 100 + number, quote * 100 + number + 1])
            step sent(line) = saga Inner { number: *line } with ($desk);

            #[retry(1)]
            step last($desk, $key) { $desk.call("last", $key) }
                #[by_key]
                compensate($desk, $key) { $desk.call("-last", $key) }
        }
        }
    };
    (@retried $says:ident ([$($around:tt)*] [$($durable:ident)?] $savepoint:tt [$($retry:tt)*]) $desk:ident $key:ident [$($attr:tt)*] {$($clause:tt)*}) => {
        use super::super::inside::$says::Again;

        saga! {
        $($around)*
        #[saga(unchecked_reruns)]
        pub(crate) $($durable)? saga Outer(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            $($retry)*
            step sent(number) = saga Again { number: *number } with ($desk);
        }
        }
    };
    (@left $says:ident ([$($around:tt)*] [$($durable:ident)?] [$($savepoint:tt)*] $retry:tt) $desk:ident $key:ident [$($attr:tt)*] {$($clause:tt)*}) => {
        use super::super::inside::$says::Inner;

        saga! {
        $($around)*
        #[saga(unchecked_reruns)]
        pub(crate) $($durable)? saga Outer(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            $($savepoint)*
            read quote($desk) -> u32 { Ok($desk.quote()) }

            step sent(number) = saga Inner { number: *number } with ($desk);
                compensate none

            #[retry(1)]
            step last($desk, $key) { $desk.call("last", $key) }
                #[by_key]
                compensate($desk, $key) { $desk.call("-last", $key) }

            let _ = quote;
        }
        }
    };
    (@left_listed $says:ident ([$($around:tt)*] [$($durable:ident)?] [$($savepoint:tt)*] $retry:tt) $desk:ident $key:ident [$($attr:tt)*] {$($clause:tt)*}) => {
        use super::super::inside::$says::Inner;

        saga! {
        $($around)*
        #[saga(unchecked_reruns)]
        pub(crate) $($durable)? saga Outer(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            $($savepoint)*
            read quote($desk) -> u32 { Ok($desk.quote()) }

            for line: u32 in (quote, number => vec![quote * 100 + number, quote * 100 + number + 1])
            step sent(line) = saga Inner { number: *line } with ($desk);
                compensate none

            #[retry(1)]
            step last($desk, $key) { $desk.call("last", $key) }
                #[by_key]
                compensate($desk, $key) { $desk.call("-last", $key) }
        }
        }
    };
    ($durable:tt $place:ident $desk:ident $key:ident { $($says:ident $attr:tt $clause:tt)* }) => {
        pub(crate) mod $place {
            $(
                pub(crate) mod $says {
                    use super::super::{Desk, Trouble, sagas};
                    use typed_saga::saga;

                    sagas! { @$place $says $durable $desk $key $attr $clause }
                }
            )*
        }
    };
}

pub(crate) use sagas;
