//! Declares a saga and the same as plain data.
//!
//! A shape is a list of nodes in brackets, several steps in one being a `concurrent` block; `when a
//! { … }` around nodes is a block under one condition, which begins with the step `a`, and `or b
//! { … }` and `otherwise c { … }` are its `else when` and its `else`. A step
//! is its kind, its name, the steps that its action reads, and words for what else it declares,
//! each with its meaning below and as a method of `Step`.

/// `shape! { Name classified vendor key failure: [step a() word word(n)] [step b(a), read c(a)] …
/// }`; the names that bodies use are given, so that all of them are from one place.
macro_rules! shape {
    ($saga:ident $classified:tt $vendor:ident $key:ident $failure:ident: $($nodes:tt)*) => {
        shape! { @names ($saga $classified $vendor $key $failure) {} ($($nodes)*) $($nodes)* }

        impl $saga {
            #[allow(
                clippy::vec_init_then_push,
                reason = "a shape is read from its start to its end"
            )]
            pub(crate) fn steps() -> &'static [Step] {
                static STEPS: OnceLock<&'static [Step]> = OnceLock::new();
                STEPS.get_or_init(|| {
                    let mut nodes = Vec::new();
                    shape! { @list $classified nodes None; $($nodes)* }
                    steps(nodes)
                })
            }
        }
    };

    // All names, in order.
    (@names ($($all:tt)*) {$($name:ident)*} ($($nodes:tt)*)) => {
        shape! { @nodes ($($all)* ($($name)*)) {} $($nodes)* }
    };
    (@names $all:tt {$($known:ident)*} $nodes:tt $when:ident $first:ident { $($inside:tt)* } $($rest:tt)*) => {
        shape! { @names $all {$($known)*} $nodes $($inside)* $($rest)* }
    };
    (@names $all:tt $known:tt $nodes:tt [] $($rest:tt)*) => {
        shape! { @names $all $known $nodes $($rest)* }
    };
    (@names $all:tt $known:tt $nodes:tt
        [sleep $name:ident $on:tt $($word:ident $(($arg:tt))?)* $(, $($more:tt)*)?] $($rest:tt)*) => {
        shape! { @names $all $known $nodes [$($($more)*)?] $($rest)* }
    };
    (@names $all:tt $known:tt $nodes:tt
        [lock $name:ident $on:tt $($word:ident $(($arg:tt))?)* $(, $($more:tt)*)?] $($rest:tt)*) => {
        shape! { @names $all $known $nodes [$($($more)*)?] $($rest)* }
    };
    (@names $all:tt {$($known:ident)*} $nodes:tt
        [$kind:ident $name:ident $on:tt $($word:ident $(($arg:tt))?)* $(, $($more:tt)*)?] $($rest:tt)*) => {
        shape! { @names $all {$($known)* $name} $nodes [$($($more)*)?] $($rest)* }
    };

    // As data.
    (@list $classified:tt $list:ident $block:expr;) => {};
    (@list $classified:tt $list:ident $block:expr; $when:ident $first:ident { $($inside:tt)* } $($rest:tt)*) => {
        shape! { @list $classified $list Some((stringify!($when), stringify!($first))); $($inside)* }
        shape! { @list $classified $list None; $($rest)* }
    };
    (@list $classified:tt $list:ident $block:expr;
        [$($kind:ident $name:ident ($($on:ident)*) $($word:ident $(($arg:tt))?)*),+] $($rest:tt)*) => {
        $list.push(($block, vec![$(
            Step::new(stringify!($name), stringify!($kind), &[$(stringify!($on)),*], shape!(@is $classified))$(.$word($(shape!(@arg $word $arg))?))*
        ),+]));
        shape! { @list $classified $list $block; $($rest)* }
    };

    (@is durable) => { true };
    (@is $classified:literal) => { $classified };

    (@arg is $saga:ident) => { $saga::steps };
    (@arg $word:ident $step:ident) => { stringify!($step) };
    (@arg $word:ident $n:literal) => { $n };

    // What a call says of whom it is: of a step, or of an item.
    (@who $vendor:ident $name:ident) => { $vendor.name_of(stringify!($name)) };
    (@who $vendor:ident $name:ident $item:ident) => { *$item };

    (@nodes ($saga:ident $classified:tt $vendor:ident $key:ident $failure:ident ($($name:ident)*)) {$($done:tt)*}) => {
        shape! { @saga $classified $saga $vendor ($($name)*) { $($done)* } }
    };
    (@nodes $all:tt $done:tt $when:ident $first:ident { $($inside:tt)* } $($rest:tt)*) => {
        shape! { @nodes $all {} $($inside)* @end $when $first $done $($rest)* }
    };
    (@nodes ($saga:ident $classified:tt $vendor:ident $key:ident $failure:ident $names:tt)
        {$($inside:tt)*} @end when $first:ident {$($done:tt)*} $($rest:tt)*) => {
        shape! { @nodes ($saga $classified $vendor $key $failure $names) {
            $($done)*
            when ($vendor => $vendor.is_wanted(shape!(@who $vendor $first)).wanted()) { $($inside)* }
        } $($rest)* }
    };
    (@nodes ($saga:ident $classified:tt $vendor:ident $key:ident $failure:ident $names:tt)
        {$($inside:tt)*} @end or $first:ident {$($done:tt)*} $($rest:tt)*) => {
        shape! { @nodes ($saga $classified $vendor $key $failure $names) {
            $($done)*
            else when ($vendor => $vendor.is_wanted(shape!(@who $vendor $first)).wanted()) { $($inside)* }
        } $($rest)* }
    };
    (@nodes $all:tt {$($inside:tt)*} @end otherwise $first:ident {$($done:tt)*} $($rest:tt)*) => {
        shape! { @nodes $all { $($done)* else { $($inside)* } } $($rest)* }
    };
    (@nodes $all:tt $done:tt [$($kind:ident $name:ident $on:tt $($word:ident $(($arg:tt))?)*),+] $($rest:tt)*) => {
        shape! { @steps $all $done {} [$($kind $name $on ($($word $(($arg))?)*))+] $($rest)* }
    };

    (@steps $all:tt {$($done:tt)*} {{$($one:tt)*}} [] $($rest:tt)*) => {
        shape! { @nodes $all {$($done)* $($one)*} $($rest)* }
    };
    (@steps $all:tt {$($done:tt)*} {$({$($each:tt)*})*} [] $($rest:tt)*) => {
        shape! { @nodes $all {$($done)* concurrent { $($($each)*)* }} $($rest)* }
    };
    (@steps $all:tt $done:tt $block:tt [$kind:ident $name:ident $on:tt $words:tt $($more:tt)*] $($rest:tt)*) => {
        shape! { @begin $all $words [$kind $name $on] $done $block [$($more)*] $($rest)* }
    };

    // What sort of step it is: an item, whose name is known as `item`, a saga, or neither. What the
    // list of items is made of stands before what the step reads.
    (@begin $all:tt (each($n:literal) from($of:ident) is($saga:ident) $($words:tt)*) [$kind:ident $name:ident ($($on:ident)*)] $($rest:tt)*) => {
        shape! { @word $all {} {} ($($words)*) [$saga $name (from $of; $($on)*) {item}] $($rest)* }
    };
    (@begin $all:tt (each($n:literal) from($of:ident) $($words:tt)*) [$kind:ident $name:ident ($($on:ident)*)] $($rest:tt)*) => {
        shape! { @word $all {} {} ($($words)*) [$kind $name (from $of; $($on)*) {item}] $($rest)* }
    };
    (@begin $all:tt (each($n:literal) is($saga:ident) $($words:tt)*) [$kind:ident $name:ident $on:tt] $($rest:tt)*) => {
        shape! { @word $all {} {} ($($words)*) [$saga $name $on {item}] $($rest)* }
    };
    (@begin $all:tt (each($n:literal) $($words:tt)*) [$kind:ident $name:ident $on:tt] $($rest:tt)*) => {
        shape! { @word $all {} {} ($($words)*) [$kind $name $on {item}] $($rest)* }
    };
    (@begin $all:tt (is($saga:ident) $($words:tt)*) [$kind:ident $name:ident $on:tt] $($rest:tt)*) => {
        shape! { @word $all {} {} ($($words)*) [$saga $name $on {}] $($rest)* }
    };
    (@begin $all:tt (nap($n:literal) $($words:tt)*) [$kind:ident $name:ident $on:tt] $($rest:tt)*) => {
        shape! { @word $all {} {} ($($words)*) [$kind $name $on {}] $($rest)* }
    };
    (@begin $all:tt $words:tt [$kind:ident $name:ident $on:tt] $($rest:tt)*) => {
        shape! { @word $all {} {} $words [$kind $name $on {}] $($rest)* }
    };

    // The step is complete.
    (@word ($saga:ident $classified:tt $vendor:ident $key:ident $failure:ident $names:tt) {$($attr:tt)*} {$($clause:tt)*} () [sleep $name:ident () {}]
        $done:tt {$($block:tt)*} $($rest:tt)*) => {
        shape! { @steps ($saga $classified $vendor $key $failure $names) $done {$($block)* {
            $($attr)*
            sleep $name($vendor => $vendor.naps(shape!(@who $vendor $name)));
            $($clause)*
        }} $($rest)* }
    };
    (@word ($saga:ident $classified:tt $vendor:ident $key:ident $failure:ident $names:tt) {$($attr:tt)*} {$number:literal} () [lock $name:ident () {}]
        $done:tt {$($block:tt)*} $($rest:tt)*) => {
        shape! { @steps ($saga $classified $vendor $key $failure $names) $done {$($block)* {
            $($attr)*
            lock $name($vendor => $vendor.needs(stringify!($name))) -> Vec<crate::reference::locks::Numbered<$number>>;
        }} $($rest)* }
    };
    (@word ($saga:ident $classified:tt $vendor:ident $key:ident $failure:ident $names:tt) {$($attr:tt)*} {$($clause:tt)*} () [signal $name:ident () {}]
        $done:tt {$($block:tt)*} $($rest:tt)*) => {
        shape! { @steps ($saga $classified $vendor $key $failure $names) $done {$($block)* {
            $($attr)* signal $name -> u32 $($clause)*;
        }} $($rest)* }
    };
    (@word ($saga:ident $classified:tt $vendor:ident $key:ident $failure:ident $names:tt) {$($attr:tt)*} {$($clause:tt)*} () [read $name:ident ($($on:ident)*) {}]
        $done:tt {$($block:tt)*} $($rest:tt)*) => {
        shape! { @steps ($saga $classified $vendor $key $failure $names) $done {$($block)* {
            $($attr)*
            read $name($vendor, $($on),*) -> u32 {
                $vendor.act(shape!(@who $vendor $name), None, format!("{:?}", ($($on,)*))).await.effect()
            }
            $($clause)*
        }} $($rest)* }
    };
    (@word ($saga:ident $classified:tt $vendor:ident $key:ident $failure:ident $names:tt) {$($attr:tt)*} {$($clause:tt)*} () [step $name:ident ($($on:ident)*) {}]
        $done:tt {$($block:tt)*} $($rest:tt)*) => {
        shape! { @steps ($saga $classified $vendor $key $failure $names) $done {$($block)* {
            $($attr)*
            step $name($vendor, $key, $($on),*) -> u32 {
                $vendor.act(shape!(@who $vendor $name), Some($key.as_str()), format!("{:?}", ($($on,)*))).await.effect()
            }
            $($clause)*
        }} $($rest)* }
    };
    (@word ($saga:ident $classified:tt $vendor:ident $key:ident $failure:ident $names:tt) {$($attr:tt)*} {$($clause:tt)*} () [pivot $name:ident ($($on:ident)*) {}]
        $done:tt {$($block:tt)*} $($rest:tt)*) => {
        shape! { @steps ($saga $classified $vendor $key $failure $names) $done {$($block)* {
            $($attr)*
            pivot $name($vendor, $key, $($on),*) -> u32 {
                $vendor.act(shape!(@who $vendor $name), Some($key.as_str()), format!("{:?}", ($($on,)*))).await.effect()
            }
            $($clause)*
        }} $($rest)* }
    };
    (@word ($saga:ident $classified:tt $vendor:ident $key:ident $failure:ident $names:tt) {$($attr:tt)*} {$($clause:tt)*} () [read $name:ident ($($on:ident)*) {$item:ident}]
        $done:tt {$($block:tt)*} $($rest:tt)*) => {
        shape! { @steps ($saga $classified $vendor $key $failure $names) $done {$($block)* {
            $($attr)*
            for $item: &'static str in ($vendor => $vendor.for_each(shape!(@who $vendor $name)))
            read $name($vendor, $item, $($on),*) -> u32 {
                $vendor.act(shape!(@who $vendor $name $item), None, format!("{:?}", ($($on,)*))).await.effect()
            }
            $($clause)*
        }} $($rest)* }
    };
    (@word ($saga:ident $classified:tt $vendor:ident $key:ident $failure:ident $names:tt) {$($attr:tt)*} {$($clause:tt)*} () [step $name:ident ($($on:ident)*) {$item:ident}]
        $done:tt {$($block:tt)*} $($rest:tt)*) => {
        shape! { @steps ($saga $classified $vendor $key $failure $names) $done {$($block)* {
            $($attr)*
            for $item: &'static str in ($vendor => $vendor.for_each(shape!(@who $vendor $name)))
            step $name($vendor, $key, $item, $($on),*) -> u32 {
                $vendor.act(shape!(@who $vendor $name $item), Some($key.as_str()), format!("{:?}", ($($on,)*))).await.effect()
            }
            $($clause)*
        }} $($rest)* }
    };
    (@word ($saga:ident $classified:tt $vendor:ident $key:ident $failure:ident $names:tt) {$($attr:tt)*} {$($clause:tt)*} () [$child:ident $name:ident ($($on:ident)*) {}]
        $done:tt {$($block:tt)*} $($rest:tt)*) => {
        shape! { @steps ($saga $classified $vendor $key $failure $names) $done {$($block)* {
            $($attr)*
            step $name($vendor, $($on),*) -> String = saga $child {
                vendor: $vendor.given(shape!(@who $vendor $name), format!("{:?}", ($($on,)*)))
            };
            $($clause)*
        }} $($rest)* }
    };

    (@word ($saga:ident $classified:tt $vendor:ident $key:ident $failure:ident $names:tt) {$($attr:tt)*} {$($clause:tt)*} () [$child:ident $name:ident ($($on:ident)*) {$item:ident}]
        $done:tt {$($block:tt)*} $($rest:tt)*) => {
        shape! { @steps ($saga $classified $vendor $key $failure $names) $done {$($block)* {
            $($attr)*
            for $item: &'static str in ($vendor => $vendor.for_each(shape!(@who $vendor $name)))
            step $name($vendor, $item, $($on),*) -> String = saga $child {
                vendor: $vendor.given($item, format!("{:?}", ($($on,)*))).inside($item)
            };
            $($clause)*
        }} $($rest)* }
    };

    (@word ($saga:ident $classified:tt $vendor:ident $key:ident $failure:ident $names:tt) {$($attr:tt)*} {$($clause:tt)*} () [step $name:ident (from $of:ident; $($on:ident)*) {$item:ident}]
        $done:tt {$($block:tt)*} $($rest:tt)*) => {
        shape! { @steps ($saga $classified $vendor $key $failure $names) $done {$($block)* {
            $($attr)*
            for $item: &'static str in ($vendor, $of => { let _ = $of; $vendor.for_each(shape!(@who $vendor $name)) })
            step $name($vendor, $key, $item, $($on),*) -> u32 {
                $vendor.act(shape!(@who $vendor $name $item), Some($key.as_str()), format!("{:?}", ($($on,)*))).await.effect()
            }
            $($clause)*
        }} $($rest)* }
    };
    (@word ($saga:ident $classified:tt $vendor:ident $key:ident $failure:ident $names:tt) {$($attr:tt)*} {$($clause:tt)*} () [$child:ident $name:ident (from $of:ident; $($on:ident)*) {$item:ident}]
        $done:tt {$($block:tt)*} $($rest:tt)*) => {
        shape! { @steps ($saga $classified $vendor $key $failure $names) $done {$($block)* {
            $($attr)*
            for $item: &'static str in ($vendor, $of => { let _ = $of; $vendor.for_each(shape!(@who $vendor $name)) })
            step $name($vendor, $item, $($on),*) -> String = saga $child {
                vendor: $vendor.given($item, format!("{:?}", ($($on,)*))).inside($item)
            };
            $($clause)*
        }} $($rest)* }
    };

    // Attributes.
    (@word $all:tt {$($attr:tt)*} $clause:tt (wait($n:literal) $($words:tt)*) [$kind:ident $name:ident $on:tt $mode:tt] $($rest:tt)*) => {
        shape! { @word $all {$($attr)* #[timeout(unit(stringify!($name)) * $n)]} $clause ($($words)*) [$kind $name $on $mode] $($rest)* }
    };
    (@word $all:tt {$($attr:tt)*} $clause:tt (never $($words:tt)*) $($rest:tt)*) => {
        shape! { @word $all {$($attr)* #[timeout(never)]} $clause ($($words)*) $($rest)* }
    };
    (@word $all:tt {$($attr:tt)*} $clause:tt (timed $($words:tt)*) [$kind:ident $name:ident $on:tt $mode:tt] $($rest:tt)*) => {
        shape! { @word $all {$($attr)* #[timeout(unit(stringify!($name)) * TIMEOUT)]} $clause ($($words)*) [$kind $name $on $mode] $($rest)* }
    };
    (@word $all:tt {$($attr:tt)*} $clause:tt (again($n:literal) $($words:tt)*) [$kind:ident $name:ident $on:tt $mode:tt] $($rest:tt)*) => {
        shape! { @word $all {$($attr)* #[retry($n, unit(stringify!($name)) * 2..unit(stringify!($name)) * 8, jitter = false)]}
            $clause ($($words)*) [$kind $name $on $mode] $($rest)* }
    };
    (@word $all:tt {$($attr:tt)*} $clause:tt (same $($words:tt)*) $($rest:tt)*) => {
        shape! { @word $all {$($attr)* #[idempotent]} $clause ($($words)*) $($rest)* }
    };
    (@word $all:tt {$($attr:tt)*} $clause:tt (late $($words:tt)*) [$kind:ident $name:ident $on:tt $mode:tt] $($rest:tt)*) => {
        shape! { @word $all {$($attr)* #[late(unit(stringify!($name)) * LATE)]} $clause ($($words)*) [$kind $name $on $mode] $($rest)* }
    };
    (@word $all:tt {$($attr:tt)*} $clause:tt (save($n:literal) $($words:tt)*) [$kind:ident $name:ident $on:tt $mode:tt] $($rest:tt)*) => {
        shape! { @word $all {$($attr)* #[savepoint($n, unit(stringify!($name))..unit(stringify!($name)) * 3, jitter = false, if = Trouble::turns)]}
            $clause ($($words)*) [$kind $name $on $mode] $($rest)* }
    };
    (@word $all:tt {$($attr:tt)*} $clause:tt (turns_on($of:ident) $($words:tt)*) [$kind:ident $name:ident $on:tt $mode:tt] $($rest:tt)*) => {
        shape! { @word $all {$($attr)* #[savepoint(2, unit(stringify!($name))..unit(stringify!($name)) * 3, jitter = false, on($of), if = Trouble::turns)]}
            $clause ($($words)*) [$kind $name $on $mode] $($rest)* }
    };
    (@word ($saga:ident $classified:tt $vendor:ident $key:ident $failure:ident $names:tt) {$($attr:tt)*} $clause:tt (maybe $($words:tt)*) [$kind:ident $name:ident $on:tt {$($item:ident)?}] $($rest:tt)*) => {
        shape! { @word ($saga $classified $vendor $key $failure $names) {$($attr)* #[when($vendor $(, $item)? => $vendor.is_wanted(shape!(@who $vendor $name $($item)?)).wanted())]}
            $clause ($($words)*) [$kind $name $on {$($item)?}] $($rest)* }
    };
    (@word ($saga:ident $classified:tt $vendor:ident $key:ident $failure:ident $names:tt) {$($attr:tt)*} $clause:tt (whole $($words:tt)*) [$kind:ident $name:ident $on:tt $mode:tt] $($rest:tt)*) => {
        shape! { @word ($saga $classified $vendor $key $failure $names) {$($attr)* #[when($vendor => $vendor.is_wanted(shape!(@who $vendor $name)).wanted())]}
            $clause ($($words)*) [$kind $name $on $mode] $($rest)* }
    };
    (@word $all:tt {$($attr:tt)*} $clause:tt (beside($n:literal) $($words:tt)*) $($rest:tt)*) => {
        shape! { @word $all {$($attr)* #[concurrent($n)]} $clause ($($words)*) $($rest)* }
    };
    (@word $all:tt {$($attr:tt)*} $clause:tt (after($of:ident) $($words:tt)*) $($rest:tt)*) => {
        shape! { @word $all {$($attr)* #[after($of)]} $clause ($($words)*) $($rest)* }
    };

    // The number of a lock is where others have clauses.
    (@word $all:tt $attr:tt {} (of($n:literal) $($words:tt)*) $($rest:tt)*) => {
        shape! { @word $all $attr {$n} ($($words)*) $($rest)* }
    };

    // Clauses.
    (@word ($saga:ident $classified:tt $vendor:ident $key:ident $failure:ident $names:tt) $attr:tt {$($clause:tt)*} (ask($n:literal) $($words:tt)*) [$kind:ident $name:ident $on:tt {$($item:ident)?}] $($rest:tt)*) => {
        shape! { @word ($saga $classified $vendor $key $failure $names) $attr {$($clause)*
            #[retry($n, unit(stringify!($name))..unit(stringify!($name)) * 2, jitter = false)] #[timeout(unit(stringify!($name)) * SHORT)]
            resolve($vendor, $key $(, $item)?) { $vendor.resolve(shape!(@who $vendor $name $($item)?), $key.as_str()).await.told() }
        } ($($words)*) [$kind $name $on {$($item)?}] $($rest)* }
    };
    (@word ($saga:ident $classified:tt $vendor:ident $key:ident $failure:ident $names:tt) $attr:tt {$($clause:tt)*} (undo($n:literal) $($words:tt)*) [$kind:ident $name:ident $on:tt {$($item:ident)?}] $($rest:tt)*) => {
        shape! { @word ($saga $classified $vendor $key $failure $names) $attr {$($clause)*
            #[retry($n, unit(stringify!($name))..unit(stringify!($name)) * 4, jitter = false)] #[timeout(unit(stringify!($name)) * SHORT)]
            compensate($vendor, $key, $name, $failure $(, $item)?) {
                let with = format!("{} because {:?}", $name, $vendor.why($failure));
                $vendor.undo(shape!(@who $vendor $name $($item)?), $key.as_str(), with).await.done()
            }
        } ($($words)*) [$kind $name $on {$($item)?}] $($rest)* }
    };
    (@word ($saga:ident $classified:tt $vendor:ident $key:ident $failure:ident $names:tt) $attr:tt {$($clause:tt)*} (undo_by_key($n:literal) $($words:tt)*) [$kind:ident $name:ident $on:tt {$($item:ident)?}] $($rest:tt)*) => {
        shape! { @word ($saga $classified $vendor $key $failure $names) $attr {$($clause)*
            #[by_key] #[retry($n, unit(stringify!($name))..unit(stringify!($name)) * 4, jitter = false)] #[timeout(unit(stringify!($name)) * SHORT)]
            compensate($vendor, $key $(, $item)?) { $vendor.undo(shape!(@who $vendor $name $($item)?), $key.as_str(), String::new()).await.done() }
        } ($($words)*) [$kind $name $on {$($item)?}] $($rest)* }
    };
    (@word $all:tt $attr:tt {$($clause:tt)*} (keep $($words:tt)*) $($rest:tt)*) => {
        shape! { @word $all $attr {$($clause)* compensate none} ($($words)*) $($rest)* }
    };
    (@word $all:tt $attr:tt {$($clause:tt)*} (anew $($words:tt)*) $($rest:tt)*) => {
        shape! { @word $all $attr {$($clause)* compensate none again} ($($words)*) $($rest)* }
    };
    (@word $all:tt $attr:tt {$($clause:tt)*} (with($of:ident) $($words:tt)*) $($rest:tt)*) => {
        shape! { @word $all $attr {$($clause)* compensate with $of} ($($words)*) $($rest)* }
    };
    (@word ($saga:ident $classified:tt $vendor:ident $key:ident $failure:ident $names:tt) $attr:tt {$($clause:tt)*} (instead $($words:tt)*) [$kind:ident $name:ident $on:tt {$($item:ident)?}] $($rest:tt)*) => {
        shape! { @word ($saga $classified $vendor $key $failure $names) $attr {$($clause)*
            fallback($vendor $(, $item)?) { $vendor.stand_in(shape!(@who $vendor $name $($item)?)).await.instead() }
        } ($($words)*) [$kind $name $on {$($item)?}] $($rest)* }
    };

    (@saga durable $saga:ident $vendor:ident ($($name:ident)*) {$($node:tt)*}) => {
        saga! {
            #[classify(Trouble::verdict)]
            #[timeout(Duration::from_secs(1_000_000_000))]
            pub(crate) durable saga $saga($vendor: Vendor) -> Result<String, Trouble> { $($node)* format!("{:?}", ($($name,)*)) }
        }
    };
    (@saga true $saga:ident $vendor:ident ($($name:ident)*) {$($node:tt)*}) => {
        saga! {
            #[classify(Trouble::verdict)]
            pub(crate) saga $saga($vendor: Vendor) -> Result<String, Trouble> { $($node)* format!("{:?}", ($($name,)*)) }
        }
    };
    (@saga false $saga:ident $vendor:ident ($($name:ident)*) {$($node:tt)*}) => {
        saga! {
            pub(crate) saga $saga($vendor: Vendor) -> Result<String, Trouble> { $($node)* format!("{:?}", ($($name,)*)) }
        }
    };
}

/// A test of each shape; `of`: of so many cases only one is tried.
macro_rules! shapes {
    (of $part:literal: $($test:ident $saga:ident)*) => {
        proptest! {
            #![proptest_config(crate::reference::script::drawn($part))]
            $(
                #[test]
                fn $test(script in script($saga::steps()), deadline in prop_oneof![3 => Just(None), 1 => (0..30_u16).prop_map(Some)]) {
                    check($saga::steps(), script.clone(), deadline, |vendor| $saga { vendor }.run())?;
                    resume($saga::steps(), script, |vendor| $saga { vendor }.run())?;
                }
            )*
        }
    };
}

/// A test of each shape that has signals, each with the name of its variant.
macro_rules! signalled {
    ($($test:ident $saga:ident $signal:ident { $($name:ident $variant:ident)* })*) => {
        proptest! {
            #![proptest_config(crate::reference::script::drawn(1))]
            $(
                #[test]
                fn $test(
                    script in script($saga::steps()),
                    post in post($saga::steps()),
                    deadline in prop_oneof![3 => Just(None), 1 => (0..30_u16).prop_map(Some)],
                ) {
                    // The interpreter keeps one request to go back, and cannot tell two apart.
                    let deadline = deadline.filter(|_| !post.cancels());
                    hear(&post, $saga::steps(), script, deadline, |vendor| $saga { vendor }.run(), |name, _value| match name {
                        $(stringify!($name) => $signal::$variant(_value),)*
                        _ => unreachable!("it has no signal `{name}`"),
                    })?;
                }
            )*
        }
    };
}

pub(crate) use {shape, shapes, signalled};
