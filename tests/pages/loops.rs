//! The programs of the page "Loops, conditions, partial results".

mod wrong {
    use std::sync::{Arc, Mutex};
    use typed_saga::{Context, Key, Verdict, saga};

    #[derive(Debug)]
    struct SoldOut;

    fn verdict(_: &SoldOut) -> Verdict {
        Verdict::Refused
    }

    /// What is reserved.
    #[derive(Clone, Default)]
    struct Stock(Arc<Mutex<Vec<String>>>);

    impl Stock {
        async fn reserve(&self, item: &str, _key: Key) -> Result<(), SoldOut> {
            if item == "moon" {
                return Err(SoldOut);
            }
            self.0.lock().unwrap().push(item.to_owned());
            Ok(())
        }
    }

    saga! {
        #[classify(verdict)]
        saga Fulfil(items: Vec<String>) with (stock: Stock) -> Result<(), SoldOut> {
            #[idempotent]
            step lines(stock, items, ctx) {
                for (number, item) in items.iter().enumerate() {
                    stock
                        .reserve(item, ctx.key_for(&format!("line {number}")))
                        .await?; // wrong
                }
                Ok(())
            }
                compensate(stock) { stock.0.lock().unwrap().clear(); Ok(()) }
        }
    }

    #[tokio::main(flavor = "current_thread")]
    async fn main() {
        let stock = Stock::default();
        let items = ["sun", "moon"].map(str::to_owned).to_vec();
        let error = Fulfil { items }.with(stock.clone()).await.unwrap_err();
        assert!(error.is_clean(), "so it says");
        assert_eq!(*stock.0.lock().unwrap(), ["sun"]);
        typed_saga::drain(std::time::Duration::from_secs(5)).await;
    }

    #[test]
    fn it_runs() {
        main();
    }
}

mod items {
    use std::{collections::BTreeMap, sync::{Arc, Mutex}};
    use typed_saga::{Key, Verdict, saga};

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
}

mod conditions {
    use std::sync::{Arc, Mutex};
    use typed_saga::saga;

    saga! {
        saga Ship(parcel: Parcel) with (desk: Desk) -> Result<String, String> {
            when (parcel => parcel.is_gift) {
                step paper(desk) -> Paper { desk.call("take paper").map(|()| Paper) }
                    compensate(desk, paper) { let Paper = paper; desk.call("put paper back") }

                // Inside the block `paper` is a `&Paper`: where this runs, there is one.
                step wrapped(desk, paper) { let Paper = paper; desk.call("wrap") }
                    compensate(desk) { desk.call("unwrap") }
            }

            #[when(parcel => parcel.value > 500)]
            step insured(desk) -> u32 { desk.call("insure").map(|()| 77) }
                compensate(desk, insured) { desk.call(&format!("cancel policy {insured}")) }

            // Outside, `paper` is a `&Option<Paper>`, as `insured` is a `&Option<u32>`.
            step labelled(desk, paper, insured) -> String {
                let gift = if paper.is_some() { "gift, " } else { "" };
                desk.call("print")?;
                Ok(format!("{gift}insured: {}", insured.is_some()))
            }
                compensate none

            labelled
        }
    }

    #[tokio::main(flavor = "current_thread")]
    async fn main() {
        let desk = Desk::default();
        let parcel = Parcel { is_gift: true, value: 20 };
        let label = Ship { parcel }.with(desk.clone()).await.unwrap();
        assert_eq!(label, "gift, insured: false");
        assert_eq!(desk.calls(), ["take paper", "wrap", "print"]);

        desk.breaks("print");
        let parcel = Parcel { is_gift: false, value: 900 };
        let error = Ship { parcel }.with(desk.clone()).await.unwrap_err();
        assert!(error.is_clean());
        assert_eq!(desk.calls(), ["insure", "cancel policy 77"]); // no paper: nothing to put back
        typed_saga::drain(std::time::Duration::from_secs(5)).await;
    }

    struct Parcel { is_gift: bool, value: u32 }
    struct Paper;
    #[derive(Clone, Default)]
    struct Desk(Arc<Mutex<(Vec<String>, Option<&'static str>)>>);
    impl Desk {
        fn call(&self, what: &str) -> Result<(), String> {
            let mut desk = self.0.lock().unwrap();
            if desk.1 == Some(what) {
                return Err(format!("{what}: broken"));
            }
            desk.0.push(what.to_owned());
            Ok(())
        }
        fn breaks(&self, what: &'static str) {
            self.0.lock().unwrap().1 = Some(what);
        }
        fn calls(&self) -> Vec<String> {
            std::mem::take(&mut self.0.lock().unwrap().0)
        }
    }

    #[test]
    fn it_runs() {
        main();
    }
}

mod arms {
    use std::sync::{Arc, Mutex};
    use typed_saga::saga;

    saga! {
        saga Dispatch(parcel: Parcel) with (desk: Desk) -> Result<String, String> {
            when (parcel => parcel.value > 500) {
                step sent(desk) -> u32 { desk.call("courier").map(|()| 1) }
                    compensate(desk, sent) { desk.call(&format!("recall courier {sent}")) }
            } else when (parcel => parcel.is_gift) {
                #[name = "by_bike"]
                step sent(desk) -> u32 { desk.call("bike").map(|()| 2) }
                    compensate(desk, sent) { desk.call(&format!("recall bike {sent}")) }
            } else {
                #[name = "by_post"]
                step sent(desk) -> u32 { desk.call("post").map(|()| 3) }
                    compensate none
            }

            // One of the arms has run, so `sent` is a `&u32`.
            step receipt(desk, sent) -> String {
                desk.call("print").map(|()| format!("sent: {sent}"))
            }
                compensate none

            receipt
        }
    }

    #[tokio::main(flavor = "current_thread")]
    async fn main() {
        let desk = Desk::default();
        for (is_gift, value, expected) in [(true, 900, 1), (true, 20, 2), (false, 20, 3)] {
            let parcel = Parcel { is_gift, value };
            let receipt = Dispatch { parcel }.with(desk.clone()).await.unwrap();
            assert_eq!(receipt, format!("sent: {expected}"));
        }
        assert_eq!(desk.calls(), ["courier", "print", "bike", "print", "post", "print"]);

        desk.breaks("print");
        let parcel = Parcel { is_gift: true, value: 20 };
        let error = Dispatch { parcel }.with(desk.clone()).await.unwrap_err();
        assert!(error.is_clean());
        assert_eq!(desk.calls(), ["bike", "recall bike 2"]);
        typed_saga::drain(std::time::Duration::from_secs(5)).await;
    }

    struct Parcel { is_gift: bool, value: u32 }
    #[derive(Clone, Default)]
    struct Desk(Arc<Mutex<(Vec<String>, Option<&'static str>)>>);
    impl Desk {
        fn call(&self, what: &str) -> Result<(), String> {
            let mut desk = self.0.lock().unwrap();
            if desk.1 == Some(what) {
                return Err(format!("{what}: broken"));
            }
            desk.0.push(what.to_owned());
            Ok(())
        }
        fn breaks(&self, what: &'static str) {
            self.0.lock().unwrap().1 = Some(what);
        }
        fn calls(&self) -> Vec<String> {
            std::mem::take(&mut self.0.lock().unwrap().0)
        }
    }

    #[test]
    fn it_runs() {
        main();
    }
}

mod partial {
    use typed_saga::Verdict;

    #[derive(Debug)]
    enum StockError {
        SoldOut,
        NoAnswer,
        Half(Box<StockError>),
    }

    impl StockError {
        fn verdict(&self) -> Verdict {
            match self {
                Self::SoldOut => Verdict::Refused,
                Self::NoAnswer => Verdict::Unknown,
                Self::Half(_) => Verdict::Partial,
            }
        }
    }

    fn main() {
    assert_eq!(StockError::Half(Box::new(StockError::NoAnswer)).verdict(), Verdict::Partial);
    assert_eq!(StockError::SoldOut.verdict(), Verdict::Refused);
    }

    #[test]
    fn it_runs() {
        main();
    }
}

mod many_calls {
    use std::sync::Arc;
    use tokio::{sync::Semaphore, task::JoinSet};
    use typed_saga::{Key, Verdict, saga};

    #[derive(Debug)]
    struct NotReserved;

    impl NotReserved {
        /// Other lines of the order may be reserved.
        fn verdict(&self) -> Verdict {
            Verdict::Unknown
        }
    }

    #[derive(Clone)]
    struct Stock;

    impl Stock {
        async fn reserve(&self, line: u64, _order: &Key) -> Result<u64, NotReserved> {
            if line == 13 { Err(NotReserved) } else { Ok(line) }
        }

        /// Cancels all lines of the order, and bars those that arrive late.
        async fn cancel(&self, _order: &Key) -> Result<(), NotReserved> {
            Ok(())
        }
    }

    saga! {
        #[classify(NotReserved::verdict)]
        saga Reserve(lines: Vec<u64>) with (stock: Stock) -> Result<usize, NotReserved> {
            step reserved(stock, lines, key) -> Vec<u64> {
                let (mut calls, eight) = (JoinSet::new(), Arc::new(Semaphore::new(8)));
                for &line in lines {
                    let (stock, key, eight) = (stock.clone(), key.clone(), Arc::clone(&eight));
                    calls.spawn(async move {
                        let _permit = eight.acquire().await;
                        stock.reserve(line, &key).await
                    });
                }
                let mut reserved = Vec::new();
                while let Some(call) = calls.join_next().await {
                    reserved.push(call.expect("no call panics")?);
                }
                Ok(reserved)
            }
                #[by_key]
                compensate(stock, key) = Stock::cancel;

            reserved.len()
        }
    }

    #[tokio::main(flavor = "current_thread")]
    async fn main() {
        assert_eq!(Reserve { lines: (20..40).collect() }.with(Stock).await.unwrap(), 20);
        Reserve { lines: vec![12, 13, 14] }.with(Stock).await.unwrap_err();
    }

    #[test]
    fn it_runs() {
        main();
    }
}
