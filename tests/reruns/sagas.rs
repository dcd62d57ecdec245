//! A step that remains in each place where it can be run again: `attributes` and `clauses` are what
//! it says.

/// `sagas! { ([around] [durable] [savepoint] [retry]) place desk key { name [attributes] {clauses} } }`:
/// what is around each saga, and how often it reruns; the names that bodies use are given, so that all
/// of them are from one place.
macro_rules! sagas {
    (@step ([$($around:tt)*] [$($durable:ident)?] [$($savepoint:tt)*] $retry:tt) $desk:ident $key:ident [$($attr:tt)*] {$($clause:tt)*}) => {
        saga! {
        $($around)*
        #[saga(unchecked_reruns)]
        pub(crate) $($durable)? saga Outer(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            $($savepoint)*
            read quote($desk) -> u32 { Ok($desk.quote()) }

            $($attr)*
            step mail($desk, $key, number) { $desk.mail(number, $key) }
                $($clause)*

            step last($desk, $key) { $desk.call("last", $key) }
                #[by_key]
                compensate($desk, $key) { $desk.call("-last", $key) }

            let _ = quote;
        }
        }
    };
    (@governed ([$($around:tt)*] [$($durable:ident)?] [$($savepoint:tt)*] $retry:tt) $desk:ident $key:ident [$($attr:tt)*] {$($clause:tt)*}) => {
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

            step last($desk, $key) { $desk.call("last", $key) }
                #[by_key]
                compensate($desk, $key) { $desk.call("-last", $key) }

            let _ = quote;
        }
        }
    };
    (@beside ([$($around:tt)*] [$($durable:ident)?] [$($savepoint:tt)*] $retry:tt) $desk:ident $key:ident [$($attr:tt)*] {$($clause:tt)*}) => {
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

            step last($desk, $key) { $desk.call("last", $key) }
                #[by_key]
                compensate($desk, $key) { $desk.call("-last", $key) }

            let _ = quote;
        }
        }
    };
    (@items ([$($around:tt)*] [$($durable:ident)?] [$($savepoint:tt)*] $retry:tt) $desk:ident $key:ident [$($attr:tt)*] {$($clause:tt)*}) => {
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

            step last($desk, $key) { $desk.call("last", $key) }
                #[by_key]
                compensate($desk, $key) { $desk.call("-last", $key) }

            let _ = quote;
        }
        }
    };
    (@listed ([$($around:tt)*] [$($durable:ident)?] [$($savepoint:tt)*] $retry:tt) $desk:ident $key:ident [$($attr:tt)*] {$($clause:tt)*}) => {
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

            step last($desk, $key) { $desk.call("last", $key) }
                #[by_key]
                compensate($desk, $key) { $desk.call("-last", $key) }
        }
        }
    };
    (@child ([$($around:tt)*] [$($durable:ident)?] [$($savepoint:tt)*] $retry:tt) $desk:ident $key:ident [$($attr:tt)*] {$($clause:tt)*}) => {
        saga! {
        $($around)*
        pub(crate) $($durable)? saga Inner(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            $($attr)*
            step mail($desk, $key, number) { $desk.mail(number, $key) }
                $($clause)*
        }

        $($around)*
        #[saga(unchecked_reruns)]
        pub(crate) $($durable)? saga Outer(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            $($savepoint)*
            read quote($desk) -> u32 { Ok($desk.quote()) }

            step sent(number) = saga Inner { number: *number } with ($desk);

            step last($desk, $key) { $desk.call("last", $key) }
                #[by_key]
                compensate($desk, $key) { $desk.call("-last", $key) }

            let _ = quote;
        }
        }
    };
    (@in_a_row ([$($around:tt)*] [$($durable:ident)?] [$($savepoint:tt)*] $retry:tt) $desk:ident $key:ident [$($attr:tt)*] {$($clause:tt)*}) => {
        saga! {
        $($around)*
        pub(crate) $($durable)? saga Other(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            step other($desk, $key, number) {
                let _ = number;
                $desk.call("other", $key)
            }
                #[by_key]
                compensate($desk, $key) { $desk.call("-other", $key) }
        }

        $($around)*
        pub(crate) $($durable)? saga Inner(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            $($attr)*
            step mail($desk, $key, number) { $desk.mail(number, $key) }
                $($clause)*
        }

        $($around)*
        #[saga(unchecked_reruns)]
        pub(crate) $($durable)? saga Outer(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            $($savepoint)*
            read quote($desk) -> u32 { Ok($desk.quote()) }

            step before(number) = saga Other { number: *number } with ($desk);

            step sent(number) = saga Inner { number: *number } with ($desk);

            step last($desk, $key) { $desk.call("last", $key) }
                #[by_key]
                compensate($desk, $key) { $desk.call("-last", $key) }

            let _ = quote;
        }
        }
    };
    (@left_before ([$($around:tt)*] [$($durable:ident)?] [$($savepoint:tt)*] $retry:tt) $desk:ident $key:ident [$($attr:tt)*] {$($clause:tt)*}) => {
        saga! {
        $($around)*
        pub(crate) $($durable)? saga Other(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            step other($desk, $key, number) {
                let _ = number;
                $desk.call("other", $key)
            }
                #[by_key]
                compensate($desk, $key) { $desk.call("-other", $key) }
        }

        $($around)*
        pub(crate) $($durable)? saga Inner(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            $($attr)*
            step mail($desk, $key, number) { $desk.mail(number, $key) }
                $($clause)*
        }

        $($around)*
        #[saga(unchecked_reruns)]
        pub(crate) $($durable)? saga Outer(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            $($savepoint)*
            read quote($desk) -> u32 { Ok($desk.quote()) }

            step sent(number) = saga Inner { number: *number } with ($desk);
                compensate none

            step behind(number) = saga Other { number: *number } with ($desk);

            step last($desk, $key) { $desk.call("last", $key) }
                #[by_key]
                compensate($desk, $key) { $desk.call("-last", $key) }

            let _ = quote;
        }
        }
    };
    (@children ([$($around:tt)*] [$($durable:ident)?] [$($savepoint:tt)*] $retry:tt) $desk:ident $key:ident [$($attr:tt)*] {$($clause:tt)*}) => {
        saga! {
        $($around)*
        pub(crate) $($durable)? saga Inner(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            $($attr)*
            step mail($desk, $key, number) { $desk.mail(number, $key) }
                $($clause)*
        }

        $($around)*
        #[saga(unchecked_reruns)]
        pub(crate) $($durable)? saga Outer(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            $($savepoint)*
            read quote($desk) -> u32 { Ok($desk.quote()) }

            for line: u32 in (number => vec![*number, number + 1])
            step sent(line) = saga Inner { number: *line } with ($desk);

            step last($desk, $key) { $desk.call("last", $key) }
                #[by_key]
                compensate($desk, $key) { $desk.call("-last", $key) }

            let _ = quote;
        }
        }
    };
    (@children_listed ([$($around:tt)*] [$($durable:ident)?] [$($savepoint:tt)*] $retry:tt) $desk:ident $key:ident [$($attr:tt)*] {$($clause:tt)*}) => {
        saga! {
        $($around)*
        pub(crate) $($durable)? saga Inner(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            $($attr)*
            step mail($desk, $key, number) { $desk.mail(number, $key) }
                $($clause)*
        }

        $($around)*
        #[saga(unchecked_reruns)]
        pub(crate) $($durable)? saga Outer(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            $($savepoint)*
            read quote($desk) -> u32 { Ok($desk.quote()) }

            for line: u32 in (quote, number => vec![quote * 100 + number, quote * 100 + number + 1])
            step sent(line) = saga Inner { number: *line } with ($desk);

            step last($desk, $key) { $desk.call("last", $key) }
                #[by_key]
                compensate($desk, $key) { $desk.call("-last", $key) }
        }
        }
    };
    (@retried ([$($around:tt)*] [$($durable:ident)?] $savepoint:tt [$($retry:tt)*]) $desk:ident $key:ident [$($attr:tt)*] {$($clause:tt)*}) => {
        saga! {
        $($around)*
        pub(crate) $($durable)? saga Inner(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            $($attr)*
            step mail($desk, $key, number) { $desk.mail(number, $key) }
                $($clause)*

            step last($desk, $key) { $desk.call("last", $key) }
                #[by_key]
                compensate($desk, $key) { $desk.call("-last", $key) }
        }

        $($around)*
        #[saga(unchecked_reruns)]
        pub(crate) $($durable)? saga Outer(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            $($retry)*
            step sent(number) = saga Inner { number: *number } with ($desk);
        }
        }
    };
    (@left ([$($around:tt)*] [$($durable:ident)?] [$($savepoint:tt)*] $retry:tt) $desk:ident $key:ident [$($attr:tt)*] {$($clause:tt)*}) => {
        saga! {
        $($around)*
        pub(crate) $($durable)? saga Inner(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            $($attr)*
            step mail($desk, $key, number) { $desk.mail(number, $key) }
                $($clause)*
        }

        $($around)*
        #[saga(unchecked_reruns)]
        pub(crate) $($durable)? saga Outer(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            $($savepoint)*
            read quote($desk) -> u32 { Ok($desk.quote()) }

            step sent(number) = saga Inner { number: *number } with ($desk);
                compensate none

            step last($desk, $key) { $desk.call("last", $key) }
                #[by_key]
                compensate($desk, $key) { $desk.call("-last", $key) }

            let _ = quote;
        }
        }
    };
    (@left_listed ([$($around:tt)*] [$($durable:ident)?] [$($savepoint:tt)*] $retry:tt) $desk:ident $key:ident [$($attr:tt)*] {$($clause:tt)*}) => {
        saga! {
        $($around)*
        pub(crate) $($durable)? saga Inner(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            $($attr)*
            step mail($desk, $key, number) { $desk.mail(number, $key) }
                $($clause)*
        }

        $($around)*
        #[saga(unchecked_reruns)]
        pub(crate) $($durable)? saga Outer(number: u32) with ($desk: Desk) -> Result<(), Trouble> {
            $($savepoint)*
            read quote($desk) -> u32 { Ok($desk.quote()) }

            for line: u32 in (quote, number => vec![quote * 100 + number, quote * 100 + number + 1])
            step sent(line) = saga Inner { number: *line } with ($desk);
                compensate none

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
                    use saga::saga;

                    sagas! { @$place $durable $desk $key $attr $clause }
                }
            )*
        }
    };
}

pub(crate) use sagas;
