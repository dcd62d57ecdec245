//! The programs of the page "Partial failures".

mod fulfil {
    use saga::{Context, Key, Verdict, saga};
    use std::sync::{Arc, Mutex};

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
                    stock.reserve(item, ctx.key_for(&format!("line {number}"))).await?; // wrong
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
        saga::drain(std::time::Duration::from_secs(5)).await;
    }

    #[test]
    fn it_runs() {
        main();
    }
}

mod partial {
    use saga::Verdict;

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

mod reserve {
    use saga::{Key, Verdict, saga};
    use std::sync::Arc;
    use tokio::{sync::Semaphore, task::JoinSet};

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
