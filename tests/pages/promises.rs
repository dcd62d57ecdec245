//! The programs of the page "What you promise".

mod verdict {
    #[test]
    fn it_runs() {
        use typed_saga::Verdict;

        #[derive(Debug)]
        enum BankError {
            Declined,
            TooManyRequests,
            ConnectFailed,
            ConnectionReset,
            ServerError,
        }

        impl BankError {
            fn verdict(&self) -> Verdict {
                match self {
                    Self::Declined => Verdict::Refused, // the bank has decided
                    Self::TooManyRequests | Self::ConnectFailed => Verdict::Transient, // it did not look
                    Self::ConnectionReset | Self::ServerError => Verdict::Unknown, // it may have acted
                }
            }
        }
    }
}

mod add_volume {
    use std::io;
    use typed_saga::{Key, saga};

    struct Cloud;

    impl Cloud {
        /// Creates the volume unless one of this name exists.
        async fn create(&self, _name: &String, _key: &Key) -> io::Result<u32> {
            Ok(7)
        }

        async fn delete(&self, _name: &String) -> io::Result<()> {
            Ok(())
        }

        async fn attach(&self, _volume: &u32) -> io::Result<()> {
            Err(io::ErrorKind::ConnectionRefused.into())
        }
    }

    saga! {
        #[classify(typed_saga::classify::io)]
        #[timeout(5s)]
        saga AddVolume(name: String) with (cloud: Cloud) -> Result<u32, io::Error> {
            #[idempotent] #[late(30s)]
            step volume(cloud, name, key) -> u32 = Cloud::create
                compensate(cloud, name) = Cloud::delete;

            #[idempotent]
            step attached(cloud, volume, key) { let _ = key; cloud.attach(volume).await }
                compensate with volume

            volume
        }
    }

    #[tokio::main(flavor = "current_thread")]
    async fn main() {
        let name = "db-1".to_owned();
        let error = AddVolume { name }.with(Cloud).await.unwrap_err();
        assert!(error.is_clean());
    }

    #[test]
    fn it_runs() {
        main();
    }
}

mod pay {
    use std::io;
    use typed_saga::{Key, saga};

    struct Bank;

    impl Bank {
        async fn charge(&self, _cents: &u32, _key: &Key) -> io::Result<u32> {
            Ok(7) // the number of the charge
        }

        async fn refund(&self, charge: &u32, undo_key: &Key) -> io::Result<()> {
            println!("charge {charge} is refunded under {undo_key}");
            Ok(())
        }
    }

    saga! {
        #[classify(typed_saga::classify::io)]
        saga Pay(cents: u32) with (bank: Bank) -> Result<u32, io::Error> {
            #[idempotent]
            step charge(bank, cents, key) -> u32 = Bank::charge
                compensate(bank, charge, undo_key) = Bank::refund;

            read opening_hours() { Err(io::Error::other("the shop has closed")) }

            charge
        }
    }

    #[tokio::main(flavor = "current_thread")]
    async fn main() {
        let error = Pay { cents: 300 }.with(Bank).await.unwrap_err();
        assert!(error.is_clean());
    }

    #[test]
    fn it_runs() {
        main();
    }
}

mod order {
    use typed_saga::{Key, Verdict, saga};

    /// The orders may have acted, unless they know no such product.
    fn verdict(error: &String) -> Verdict {
        if error == "no such product" { Verdict::Refused } else { Verdict::Unknown }
    }

    struct Orders;
    impl Orders {
        async fn insert(&self, _: &Key) -> Result<u32, String> { Ok(7) }
        async fn delete(&self, _: &u32) -> Result<(), String> { Ok(()) }
        async fn add_lines(&self, _: &u32, _: &Key) -> Result<(), String> {
            Err("no such product".into())
        }
    }

    saga! {
        #[classify(verdict)]
        saga Order() with (orders: Orders) -> Result<u32, String> {
            #[idempotent]
            step record(orders, key) -> u32 = Orders::insert
                compensate(orders, record) = Orders::delete;

            #[idempotent]
            step lines(orders, record, key) = Orders::add_lines
                compensate with record

            record
        }
    }

    #[tokio::main(flavor = "current_thread")]
    async fn main() {
        let error = Order {}.with(Orders).await.unwrap_err();
        assert!(error.is_clean());
    }

    #[test]
    fn it_runs() {
        main();
    }
}

mod undo {
    use std::{collections::BTreeSet, sync::{Arc, Mutex}};
    use typed_saga::{Key, Verdict, saga};

    #[derive(Debug)]
    struct NoAnswer;

    impl NoAnswer {
        fn verdict(&self) -> Verdict {
            Verdict::Unknown
        }
    }

    /// Acts once for each key. The first answer to a refund is lost.
    #[derive(Clone, Default)]
    struct Shop(Arc<Mutex<(BTreeSet<String>, u32)>>);

    impl Shop {
        fn once(&self, key: &Key) -> bool {
            self.0.lock().unwrap().0.insert(key.to_string())
        }
        async fn sell(&self, _key: &Key) -> Result<u32, NoAnswer> {
            Ok(7)
        }
        async fn refund(&self, _sale: &u32, key: &Key) -> Result<(), NoAnswer> {
            if self.once(key) {
                self.0.lock().unwrap().1 += 1;
                return Err(NoAnswer);
            }
            Ok(())
        }
        async fn restock(&self, _sale: &u32, key: &Key) -> Result<(), NoAnswer> {
            self.once(key);
            Ok(())
        }
    }

    saga! {
        #[classify(NoAnswer::verdict)]
        saga Sell() with (shop: Shop) -> Result<u32, NoAnswer> {
            #[idempotent]
            step sale(shop, key) -> u32 = Shop::sell
                compensate(shop, sale, ctx) {
                    shop.refund(sale, &ctx.undo_key_for("refund")).await?;
                    shop.restock(sale, &ctx.undo_key_for("restock")).await
                }

            read checked() { Err(NoAnswer) }

            sale
        }
    }

    #[tokio::test(start_paused = true)]
    async fn each_call_of_a_compensation_acts_once() {
        let shop = Shop::default();
        let error = Sell {}.with(shop.clone()).await.unwrap_err();
        assert!(error.is_clean());
        let shop = shop.0.lock().unwrap();
        assert_eq!((shop.0.len(), shop.1), (2, 1), "two keys, and one refund");
    }
}

/// Calls that need compensations of their own: the compensation submits a durable saga.
mod undone_by_a_saga {
    use serde::{Deserialize, Serialize};
    use std::sync::{Arc, Mutex, OnceLock};
    use typed_saga::engine::{DurableOutcome, Engine, EngineError, Memory, WeakEngine};
    use typed_saga::{Key, Verdict, saga};

    #[derive(Debug, Serialize, Deserialize)]
    enum ShopError {
        SoldOut,
        NoAnswer,
    }

    impl ShopError {
        fn verdict(&self) -> Verdict {
            match self {
                Self::SoldOut => Verdict::Refused,
                Self::NoAnswer => Verdict::Unknown,
            }
        }
    }

    impl From<EngineError> for ShopError {
        fn from(_: EngineError) -> Self {
            Self::NoAnswer
        }
    }

    #[derive(Clone, Default)]
    struct Shop {
        engine: Arc<OnceLock<WeakEngine>>,
        calls: Arc<Mutex<Vec<&'static str>>>,
    }

    impl Shop {
        fn made(&self, call: &str) -> usize {
            let calls = self.calls.lock().unwrap();
            calls.iter().filter(|other| **other == call).count()
        }
        fn call(&self, call: &'static str) {
            self.calls.lock().unwrap().push(call);
        }
        async fn sell(&self, _key: &Key) -> Result<u32, ShopError> {
            Ok(7)
        }
        async fn take_back(&self, sale: &u32, undo_key: &Key) -> Result<(), ShopError> {
            let engine = self.engine.get().ok_or(ShopError::NoAnswer)?;
            let taken_back = engine.submit(undo_key.as_str(), TakeBack { sale: *sale }).await?;
            self.call("take back");
            if self.made("take back") == 1 {
                return Err(ShopError::NoAnswer);
            }
            match taken_back.outcome().await? {
                DurableOutcome::Completed(()) => Ok(()),
                _ => Err(ShopError::NoAnswer),
            }
        }
        async fn refund(&self, _sale: &u32, _key: &Key) -> Result<(), ShopError> {
            self.call("refund");
            Ok(())
        }
    }

    saga! {
        #[classify(ShopError::verdict)]
        #[timeout(10s)]
        durable saga Sell() with (shop: Shop) -> Result<u32, ShopError> {
            #[idempotent]
            step sale(shop, key) -> u32 = Shop::sell
                compensate(shop, sale, undo_key) = Shop::take_back;

            read checked() { Err(ShopError::SoldOut) }

            sale
        }

        #[classify(ShopError::verdict)]
        #[timeout(10s)]
        durable saga TakeBack(sale: u32) with (shop: Shop) -> Result<(), ShopError> {
            #[idempotent]
            pivot refunded(shop, sale, key) = Shop::refund;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_next_attempt_joins_the_saga_of_the_first() {
        let shop = Shop::default();
        let engine = Engine::builder(Memory::new())
            .register::<Sell>(SellServices { shop: shop.clone() })
            .register::<TakeBack>(TakeBackServices { shop: shop.clone() })
            .start();
        let engine = engine.await.unwrap();
        assert!(shop.engine.set(engine.downgrade()).is_ok());
        let sale = engine.submit("sale-1", Sell {}).await.unwrap();
        let DurableOutcome::Compensated(error) = sale.outcome().await.unwrap() else {
            panic!("nothing is in stock");
        };
        assert!(error.is_clean());
        assert_eq!((shop.made("take back"), shop.made("refund")), (2, 1));
    }
}
