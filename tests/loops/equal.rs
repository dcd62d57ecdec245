//! No two items of a loop have the same key, whatever saga is run for each item. (On an engine, and with
//! other shapes: `durable::equal_keys`.)

use super::shop::{Error, Shop};
use std::{fmt::Display, hash::Hash};
use typed_saga::{Cause, saga};

impl Shop {
    async fn pack(&self, order: &impl Display) -> Result<String, Error> {
        self.call(format!("pack {order}")).await?;
        Ok(order.to_string())
    }

    async fn unpack(&self, order: &String) -> Result<(), Error> {
        self.call(format!("unpack {order}")).await
    }
}

saga! {
    #[classify(Error::verdict)]
    saga Pack(order: String) with (shop: Shop) -> Result<String, Error> {
        #[idempotent(by = order)]
        step parcel(shop, order) -> String { shop.pack(order).await }
            compensate(shop, parcel) = Shop::unpack;

        parcel
    }

    /// Mentions the item, and gives each the same order.
    #[classify(Error::verdict)]
    saga One(order: String, lines: Vec<u32>) with (shop: Shop) -> Result<Vec<String>, Error> {
        for line: u32 in (lines => lines.clone())
        step packed(order, line) -> String =
            saga Pack {
            order: { let _ = line; order.clone() }
        } with (shop);

        packed
    }
}

#[tokio::test]
async fn two_items_do_not_share_a_parcel() {
    let one = |lines: &[u32], shop: &Shop| {
        let (order, lines) = ("order-42".to_owned(), lines.to_vec());
        One { order, lines }.with(shop.clone())
    };
    let shop = Shop::default();
    let error = one(&[1, 2], &shop).await.unwrap_err();
    let Cause::EqualItems { of, first, second } = error.cause() else {
        panic!("{error}");
    };
    assert_eq!((&**of, *first, *second), ("packed", 0, 1));
    assert_eq!(error.path(), Some("packed[1]"));
    assert_eq!(
        error.to_string(),
        "step `packed[1]` did not begin: items 0 and 1 of `packed` have the same key; everything \
         before it was undone"
    );
    assert!(error.is_clean());
    assert_eq!(shop.said(), ["pack order-42", "unpack order-42"]);
    assert_eq!(one(&[1], &shop).await.unwrap(), ["order-42"]);
}

saga! {
    #[classify(Error::verdict)]
    saga Row(orders: Vec<String>) with (shop: Shop) -> Result<Vec<String>, Error> {
        for order: String in (orders => orders.clone())
        step packed(order) -> String = saga Pack { order: order.clone() } with (shop);

        packed
    }

    #[classify(Error::verdict)]
    saga ByItem(orders: Vec<String>) with (shop: Shop) -> Result<Vec<String>, Error> {
        #[idempotent(by = order)]
        for order: String in (orders => orders.clone())
        step packed(shop, order) -> String { shop.pack(order).await }
            compensate(shop, packed) = Shop::unpack;

        packed
    }

    #[classify(Error::verdict)]
    saga Rows(rows: Vec<Vec<String>>) with (shop: Shop) -> Result<usize, Error> {
        for orders: Vec<String> in (rows => rows.clone())
        step row(orders) -> Vec<String> = saga Row { orders: orders.clone() } with (shop);

        row.len()
    }

    #[classify(Error::verdict)]
    saga RowsByItem(rows: Vec<Vec<String>>) with (shop: Shop) -> Result<usize, Error> {
        for orders: Vec<String> in (rows => rows.clone())
        step row(orders) -> Vec<String> = saga ByItem { orders: orders.clone() } with (shop);

        row.len()
    }
}

fn rows(rows: &[&[&str]]) -> Vec<Vec<String>> {
    let row = |row: &&[&str]| row.iter().map(|order| (*order).to_owned()).collect();
    rows.iter().map(row).collect()
}

#[tokio::test]
async fn the_loop_and_its_items_are_named_at_any_depth() {
    let shop = Shop::default();
    // The rows, where the saga fails, and which items of which loop have the same key.
    let across = rows(&[&["a", "b"], &["c"], &["d", "b"]]);
    let within = rows(&[&["a"], &["b", "c", "b"]]);
    for (rows, path, words) in [
        (&across, "row[2]/packed[1]", "items 0 and 2 of `row`"),
        (
            &within,
            "row[1]/packed[2]",
            "items 0 and 2 of `row[1]/packed`",
        ),
    ] {
        let rows = rows.clone();
        let error = Rows { rows }.with(shop.clone()).await.unwrap_err();
        assert_eq!(error.path(), Some(path));
        let cause = error.cause().to_string();
        assert_eq!(cause, format!("did not begin: {words} have the same key"));
        assert!(error.is_clean());
    }
    // A loop whose items are keys begins with all of them, or with none.
    shop.said();
    let rows = across;
    let error = RowsByItem { rows }.with(shop.clone()).await.unwrap_err();
    assert_eq!(error.path(), Some("row[2]/packed"));
    let cause = error.cause().to_string();
    assert_eq!(
        cause,
        "did not begin: items 0 and 2 of `row` have the same key"
    );
    assert!(!shop.said().contains(&"pack d".to_owned()));
}

saga! {
    #[classify(Error::verdict)]
    saga PackAny<T: Clone + Display + Hash + Send + Sync + 'static>(order: T)
    with (shop: Shop)
    -> Result<String, Error>
    {
        #[idempotent(by = order)]
        step parcel(shop, order) -> String { shop.pack(order).await }
            compensate(shop, parcel) = Shop::unpack;

        parcel
    }

    /// Whether the type parameter is `Hash` is asked where the saga is a child saga.
    #[classify(Error::verdict)]
    saga PackUnbound<T: Clone + Display + Send + Sync + 'static>(order: T)
    with (shop: Shop)
    -> Result<String, Error>
    {
        #[idempotent(by = order)]
        step parcel(shop, order) -> String { shop.pack(order).await }
            compensate(shop, parcel) = Shop::unpack;

        parcel
    }

    #[classify(Error::verdict)]
    saga Numbers(lines: Vec<u64>) with (shop: Shop) -> Result<usize, Error> {
        for line: u64 in (lines => lines.clone())
        step any(line) -> String = saga PackAny::<u64> { order: *line } with (shop);

        for line: u64 in (lines => lines.iter().map(|line| line % 3))
        step unbound(line) -> String = saga PackUnbound::<u64> { order: *line } with (shop);

        any.len() + unbound.len()
    }
}

#[tokio::test]
async fn an_input_of_a_type_parameter_is_compared() {
    let numbers = |lines: &[u64]| {
        let lines = lines.to_vec();
        Numbers { lines }.with(Shop::default())
    };
    assert_eq!(numbers(&[1, 2]).await.unwrap(), 4);
    let error = numbers(&[1, 2, 1]).await.unwrap_err();
    assert_eq!(error.path(), Some("any[2]"));
    let error = numbers(&[1, 2, 4]).await.unwrap_err();
    assert_eq!(error.path(), Some("unbound[2]"));
    assert!(matches!(
        error.cause(),
        Cause::EqualItems {
            first: 0,
            second: 2,
            ..
        }
    ));
    // A key that is not `Hash`, of a saga that is not a child saga.
    let alone = PackUnbound { order: 1.5 };
    assert_eq!(alone.with(Shop::default()).await.unwrap(), "1.5");
}

saga! {
    #[classify(Error::verdict)]
    saga Instead(orders: Vec<String>) with (shop: Shop) -> Result<Vec<String>, Error> {
        for order: String in (orders => orders.clone())
        step packed(order) -> String = saga Pack { order: order.clone() } with (shop)
            fallback() { Ok("none".to_owned()) };

        packed
    }
}

#[tokio::test]
async fn the_key_of_an_item_that_fell_back_is_used_up() {
    let shop = Shop::default().fails("pack a", Error::Refused);
    let orders = ["a", "b", "a"].map(str::to_owned).to_vec();
    let packed = Instead { orders }.with(shop.clone()).await.unwrap();
    assert_eq!(packed, ["none", "b", "none"]);
    assert_eq!(
        shop.said(),
        ["pack a", "pack b"],
        "the third item did not begin"
    );
}
