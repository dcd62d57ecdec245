//! `compensate with`: deleting a record also deletes what belongs to it, so later steps are undone
//! with it.

#![allow(clippy::unused_async, reason = "this database answers at once")]

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use typed_saga::saga;

/// Orders, each with all that hangs on it. To delete an order deletes that, too.
#[derive(Clone, Default)]
struct Database {
    orders: Arc<Mutex<BTreeMap<u32, Vec<String>>>>,
}

impl Database {
    async fn insert(&self, customer: &String) -> Result<u32, String> {
        let mut orders = self.orders.lock().expect("nobody panics");
        let order = 1 + u32::try_from(orders.len()).expect("few orders");
        orders.insert(order, vec![format!("of {customer}")]);
        Ok(order)
    }

    async fn delete(&self, order: &u32) -> Result<(), String> {
        self.orders.lock().expect("nobody panics").remove(order);
        Ok(())
    }

    async fn add_lines(&self, order: &u32, lines: &[String]) -> Result<usize, String> {
        let mut orders = self.orders.lock().expect("nobody panics");
        let hanging = orders.get_mut(order).ok_or("no such order")?;
        hanging.extend(lines.iter().cloned());
        Ok(lines.len())
    }
}

saga! {
    saga Order(customer: String, lines: Vec<String>)
    with (database: Database)
    -> Result<u32, String>
    {
        step record(database, customer) -> u32 = Database::insert
            compensate(database, record) = Database::delete;

        // Nothing of its own to undo: it goes with the record, and stands if that stands.
        step added(database, record, lines) -> usize { database.add_lines(record, lines).await }
            compensate with record

        step checked(added) { if *added > 0 { Ok(()) } else { Err("an empty order".into()) } }
            compensate none

        record
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let database = Database::default();
    let order = |lines: &[&str]| Order {
        customer: "Ada".to_owned(),
        lines: lines.iter().map(ToString::to_string).collect(),
    };

    let number = order(&["tea", "milk"]).with(database.clone()).await;
    assert_eq!(number.expect("it has lines"), 1);

    let error = order(&[]).with(database.clone()).await.expect_err("empty");
    assert_eq!(error.step(), Some("checked"));
    assert!(error.is_clean(), "nothing is left, and nothing is listed");
    assert_eq!(database.orders.lock().expect("nobody panics").len(), 1);
    typed_saga::drain(std::time::Duration::from_secs(5)).await;
}
