//! Loops in which a value that is named with `by` serves as a key: in the step of the loop, in the saga
//! of an item, further down, and in loops of such sagas.

use super::{
    check,
    depot::{Depot, Rows},
    in_memory,
};
use typed_saga::{Verdict, saga};

/// How a saga ends if two items have the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// It is compensated, and nothing is left.
    Fails,
    /// It is compensated, and what may stay is left.
    Leaves,
    /// The item is after the pivot.
    Parks,
    /// A fallback takes the place of the item.
    Completes,
}

#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) expected: Expected,
}

fn verdict(error: &String) -> Verdict {
    if error == "not now" {
        Verdict::Transient
    } else {
        Verdict::Refused
    }
}

fn flat(rows: &Rows) -> Vec<String> {
    rows.iter().flatten().cloned().collect()
}

saga! {
    #[classify(verdict)]
    #[timeout(5s)]
    durable saga Parcel(order: String) with (depot: Depot) -> Result<String, String> {
        #[idempotent(by = order)]
        step parcel(depot, order, ctx) -> String { depot.send(order, ctx).await }
            compensate(depot, parcel, ctx) { depot.take_back(parcel, ctx).await }

        parcel
    }

    #[classify(verdict)]
    #[timeout(5s)]
    durable saga Withdrawn(order: String) with (depot: Depot) -> Result<String, String> {
        #[retry(1)]
        step parcel(depot, order, ctx) -> String { depot.send(order, ctx).await }
            #[by_key(by = order)]
            compensate(depot, order, ctx) { depot.take_back(order, ctx).await }

        parcel
    }

    #[classify(verdict)]
    #[timeout(5s)]
    durable saga Left(order: String) with (depot: Depot) -> Result<String, String> {
        #[idempotent(by = order)]
        step parcel(depot, order, ctx) -> String { depot.send(order, ctx).await }
            compensate none again

        parcel
    }

    #[classify(verdict)]
    #[timeout(5s)]
    durable saga Deep(order: String) with (depot: Depot) -> Result<String, String> {
        #[idempotent]
        step label(depot, key, ctx) -> String { depot.send(key.as_str(), ctx).await }
            compensate(depot, label, ctx) { depot.take_back(label, ctx).await }

        step inner(order) -> String = saga Parcel { order: order.clone() } with (depot);

        {
            let _ = label;
            inner
        }
    }

    #[classify(verdict)]
    #[timeout(5s)]
    durable saga InBlock(order: String) with (depot: Depot) -> Result<String, String> {
        concurrent {
            #[idempotent]
            step label(depot, key, ctx) -> String { depot.send(key.as_str(), ctx).await }
                compensate(depot, label, ctx) { depot.take_back(label, ctx).await }

            step inner(order) -> String = saga Parcel { order: order.clone() } with (depot);
        }

        {
            let _ = label;
            inner
        }
    }

    #[classify(verdict)]
    #[timeout(5s)]
    durable saga Chosen(order: String) with (depot: Depot) -> Result<Option<String>, String> {
        when (order => !order.is_empty()) {
            step inner(order) -> String = saga Parcel { order: order.clone() } with (depot);
        }

        inner
    }

    /// A loop of sagas that is the saga of an item.
    #[classify(verdict)]
    #[timeout(5s)]
    durable saga Row(orders: Vec<String>) with (depot: Depot) -> Result<Vec<String>, String> {
        for order: String in (orders => orders.clone())
        step sent(order) -> String = saga Parcel { order: order.clone() } with (depot);

        sent
    }

    #[classify(verdict)]
    #[timeout(5s)]
    durable saga DeepRow(orders: Vec<String>) with (depot: Depot) -> Result<Vec<String>, String> {
        #[concurrent(2)]
        for order: String in (orders => orders.clone())
        step sent(order) -> String = saga Deep { order: order.clone() } with (depot);

        sent
    }

    /// A loop whose items are keys, as the saga of an item.
    #[classify(verdict)]
    #[timeout(5s)]
    durable saga ByItem(orders: Vec<String>) with (depot: Depot) -> Result<Vec<String>, String> {
        #[idempotent(by = order)] #[concurrent(2)]
        for order: String in (orders => orders.clone())
        step sent(depot, order, ctx) -> String { depot.send(order, ctx).await }
            compensate(depot, sent, ctx) { depot.take_back(sent, ctx).await }

        sent
    }

    /// The item is not run again by the next attempt, but its saga is.
    #[classify(verdict)]
    #[timeout(5s)]
    durable saga Flaky(order: String) with (depot: Depot) -> Result<String, String> {
        #[idempotent(by = order)]
        step parcel(depot, order, ctx) -> String { depot.send(order, ctx).await }
            compensate none again

        #[idempotent] #[retry(1)]
        step last(depot, parcel, key) -> String {
            let _ = key;
            depot.last().await.map(|()| parcel.clone())
        }
            compensate none again

        last
    }
}

/// Declares a saga for each row.
macro_rules! loops {
    ($(
        $name:ident: $child:ident { $input:ident: $ty:ty } -> $sent:ty, in $items:path,
        [$($before:tt)*] [$(#[$($attribute:tt)*])*] [$($clause:tt)*];
    )*) => {
        $(saga! {
            #[classify(verdict)] #[timeout(5s)]
            durable saga $name(rows: Rows) with (depot: Depot) -> Result<usize, String> {
                read begin() -> u32 { Ok(1) }

                $($before)*

                $(#[$($attribute)*])*
                for item: $ty in (rows => $items(rows))
                step packed(item) -> $sent = saga $child { $input: item.clone() } with (depot)
                    $($clause)*;

                { let _ = begin; packed.len() }
            }
        })*
    };
}

loops! {
    InTurn: Parcel { order: String } -> String, in flat, [] [] [];
    InPairs: Parcel { order: String } -> String, in flat, [] [#[concurrent(2)]] [];
    AllWithdrawn: Withdrawn { order: String } -> String, in flat, [] [] [];
    AllLeft: Left { order: String } -> String, in flat, [] [#[concurrent(3)]] [];
    AllDeep: Deep { order: String } -> String, in flat, [] [] [];
    DeepPairs: Deep { order: String } -> String, in flat, [] [#[concurrent(2)]] [];
    Blocks: InBlock { order: String } -> String, in flat, [] [] [];
    AllChosen: Chosen { order: String } -> Option<String>, in flat, [] [] [];
    RowInTurn: Row { orders: Vec<String> } -> Vec<String>, in Clone::clone, [] [] [];
    RowPairs: Row { orders: Vec<String> } -> Vec<String>, in Clone::clone,
        [] [#[concurrent(2)]] [];
    DeepRows: DeepRow { orders: Vec<String> } -> Vec<String>, in Clone::clone, [] [] [];
    RowsByItem: ByItem { orders: Vec<String> } -> Vec<String>, in Clone::clone,
        [] [#[concurrent(2)]] [];
    // The key of an item that was undone, or that has not begun, is not used again.
    Instead: Parcel { order: String } -> String, in flat,
        [] [] [fallback() { Ok(String::new()) }];
    RowsInstead: Row { orders: Vec<String> } -> Vec<String>, in Clone::clone,
        [] [] [fallback() { Ok(Vec::new()) }];
    AfterPivot: Left { order: String } -> String, in flat,
        [
            #[idempotent]
            pivot paid(key) { let _ = key; Ok(()) }
        ] [] [];
    Retried: Flaky { order: String } -> String, in flat, [] [#[retry(2, 1s..1s)]] [];
}

saga! {
    /// The same item again is not another item.
    #[classify(verdict)]
    #[timeout(5s)]
    durable saga Again(rows: Rows) with (depot: Depot) -> Result<usize, String> {
        #[savepoint(2, 1s..1s)]
        read begin() -> u32 { Ok(1) }

        for item: String in (rows => flat(rows))
        step packed(item) -> String = saga Left { order: item.clone() } with (depot);

        #[retry(1)]
        read last(depot, begin) { let _ = begin; depot.last().await }

        let () = last;
        packed.len()
    }

    /// A loop whose items are keys.
    #[classify(verdict)]
    #[timeout(5s)]
    durable saga Plain(rows: Rows) with (depot: Depot) -> Result<usize, String> {
        read begin() -> u32 { Ok(1) }

        #[idempotent(by = item)]
        for item: String in (rows => flat(rows))
        step packed(depot, item, ctx) -> String { depot.send(item, ctx).await }
            compensate(depot, packed, ctx) { depot.take_back(packed, ctx).await }

        {
            let _ = begin;
            packed.len()
        }
    }

    /// Three loops, one in the other.
    #[classify(verdict)]
    #[timeout(5s)]
    durable saga Halves(rows: Rows) with (depot: Depot) -> Result<usize, String> {
        read begin() -> u32 { Ok(1) }

        for row: Vec<String> in (rows => rows.clone())
        step packed(row) -> Vec<String> = saga Row { orders: row.clone() } with (depot);

        {
            let _ = begin;
            packed.len()
        }
    }

    #[classify(verdict)]
    #[timeout(5s)]
    durable saga Nested(rows: Rows) with (depot: Depot) -> Result<usize, String> {
        read begin() -> u32 { Ok(1) }

        for half: Rows in (rows => rows.chunks(2).map(<[_]>::to_vec))
        step packed(half) -> usize = saga Halves { rows: half.clone() } with (depot);

        {
            let _ = begin;
            packed.len()
        }
    }
}

macro_rules! checks {
    ($($name:ident ($services:ident): $expected:ident;)*) => {
        /// Checks all of these sagas. Returns how many runs were compared.
        pub(crate) fn check_all() -> usize {
            let mut runs = 0;
            $({
                let case = Case { name: stringify!($name), expected: Expected::$expected };
                let quick = |rows, depot| {
                    in_memory($name { rows }.with(depot).id("order-42").into_future())
                };
                runs += check(case, |rows| $name { rows }, |depot| $services { depot }, quick);
            })*
            runs
        }
    };
}

checks! {
    InTurn (InTurnServices): Fails;
    InPairs (InPairsServices): Fails;
    AllWithdrawn (AllWithdrawnServices): Fails;
    AllLeft (AllLeftServices): Leaves;
    AllDeep (AllDeepServices): Fails;
    DeepPairs (DeepPairsServices): Fails;
    Blocks (BlocksServices): Fails;
    AllChosen (AllChosenServices): Fails;
    RowInTurn (RowInTurnServices): Fails;
    RowPairs (RowPairsServices): Fails;
    DeepRows (DeepRowsServices): Fails;
    RowsByItem (RowsByItemServices): Fails;
    Instead (InsteadServices): Completes;
    RowsInstead (RowsInsteadServices): Completes;
    AfterPivot (AfterPivotServices): Parks;
    Retried (RetriedServices): Leaves;
    Again (AgainServices): Leaves;
    Plain (PlainServices): Fails;
    Nested (NestedServices): Fails;
}
