//! The programs of the page "Loops".

use saga::{Key, Verdict, saga};
use std::{collections::BTreeMap, sync::{Arc, Mutex}};

saga! {
    #[classify(StockError::verdict)]
    saga Fulfil(order: Order) with (stock: Stock) -> Result<Vec<Reservation>, StockError> {
        #[idempotent] #[concurrent(8)]
        for line: Line in (order => order.lines.clone())
        step reserved(stock, line, key) -> Reservation = Stock::reserve
            compensate(stock, reserved) = Stock::release;

        reserved
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let stock = Stock::with(&[("apple", 1), ("pear", 0)]);
    let lines = ["apple", "pear"].map(|article| Line { article });
    let order = Order { lines: lines.to_vec() };
    let error = Fulfil { order }.with(stock.clone()).await.unwrap_err();
    assert_eq!(error.failure().step(), Some("reserved[1]")); // there is no pear
    assert!(error.is_clean());
    assert_eq!(stock.left("apple"), 1); // the apple is free again
}

#[derive(Clone)]
struct Order { lines: Vec<Line> }

#[derive(Clone)]
struct Line { article: &'static str }

#[derive(Debug)]
struct Reservation(&'static str);
#[derive(Debug)]
enum StockError { SoldOut }
impl StockError {
    fn verdict(&self) -> Verdict { Verdict::Refused }
}
#[derive(Clone)]
struct Stock(Arc<Mutex<BTreeMap<&'static str, u32>>>);
impl Stock {
    fn with(articles: &[(&'static str, u32)]) -> Self {
        Self(Arc::new(Mutex::new(articles.iter().copied().collect())))
    }
    fn left(&self, article: &str) -> u32 { self.0.lock().unwrap()[article] }
    async fn reserve(&self, line: &Line, _: &Key) -> Result<Reservation, StockError> {
        let mut stock = self.0.lock().unwrap();
        let left = stock.get_mut(line.article).ok_or(StockError::SoldOut)?;
        *left = left.checked_sub(1).ok_or(StockError::SoldOut)?;
        Ok(Reservation(line.article))
    }
    async fn release(&self, reservation: &Reservation) -> Result<(), StockError> {
        *self.0.lock().unwrap().get_mut(reservation.0).unwrap() += 1;
        Ok(())
    }
}

#[test]
fn it_runs() {
    main();
}
