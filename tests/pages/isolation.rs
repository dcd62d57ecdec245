//! The programs of the page "Isolation".

mod ship_order {
    #[test]
    fn it_runs() {
        use typed_saga::{Lock, saga};
        #[derive(Debug)]
        struct Failed;
        #[derive(Clone)]
        struct Carrier;
        impl Carrier {
            async fn label(&self, _: &u64) -> Result<u64, Failed> { Ok(1) }
            async fn void(&self, _: &u64) -> Result<(), Failed> { Ok(()) }
        }

        /// Sagas that change an order.
        struct OrderLock(u64);

        impl Lock for OrderLock {
            const NAME: &'static str = "order"; // shared by all sagas: an order is locked for all of them
            fn key(&self) -> String { self.0.to_string() }
        }

        saga! {
            saga ShipOrder(order: u64) with (carrier: Carrier) -> Result<u64, Failed> {
                #[timeout(10m)] // then the saga rolls back
                lock order_lock(order => OrderLock(*order)) -> OrderLock;

                step label(carrier, order) -> u64 = Carrier::label
                    compensate(carrier, label) = Carrier::void;

                label
            }
        }
    }
}

mod sell_all {
    use std::sync::{Arc, Mutex};
    use typed_saga::{Key, Verdict, saga, testing::explore};

    #[derive(Clone, Debug, Default, PartialEq)]
    struct Shelf { taken_by: Option<String>, apples: i32, sold: i32 }

    #[derive(Debug)]
    enum ShelfError { Taken, Empty, Refused }

    impl ShelfError {
        fn verdict(&self) -> Verdict {
            match self {
                Self::Taken => Verdict::Transient, // it is free again soon
                Self::Empty | Self::Refused => Verdict::Refused,
            }
        }
    }

    #[derive(Clone)]
    struct Shop(Arc<Mutex<Shelf>>);

    impl Shop {
        /// Tests and sets the mark, in one request. The mark is the key of the saga that sets it.
        async fn take(&self, key: &Key) -> Result<String, ShelfError> {
            let mut shelf = self.0.lock().unwrap();
            let mark = key.to_string();
            if shelf.taken_by.as_ref().is_some_and(|other| *other != mark) {
                return Err(ShelfError::Taken);
            }
            shelf.taken_by = Some(mark.clone());
            Ok(mark)
        }

        /// Removes this mark alone: when a request is repeated, the shelf may be another saga's.
        async fn free(&self, mark: &String) -> Result<(), ShelfError> {
            let mut shelf = self.0.lock().unwrap();
            shelf.taken_by.take_if(|own| own == mark);
            Ok(())
        }

        async fn apples(&self) -> Result<i32, ShelfError> {
            match self.0.lock().unwrap().apples {
                0 => Err(ShelfError::Empty),
                apples => Ok(apples),
            }
        }

        async fn sell(&self, apples: &i32, _: &Key) -> Result<(), ShelfError> {
            let mut shelf = self.0.lock().unwrap();
            shelf.apples -= apples;
            shelf.sold += apples;
            Ok(())
        }

        async fn take_back(&self, apples: &i32) -> Result<(), ShelfError> {
            let mut shelf = self.0.lock().unwrap();
            shelf.apples += apples;
            shelf.sold -= apples;
            Ok(())
        }
    }

    saga! {
        #[classify(ShelfError::verdict)]
        saga SellAll() with (shop: Shop) -> Result<(), ShelfError> {
            #[idempotent] #[retry(5, 1s..60s)]
            step taken(shop, key) -> String = Shop::take
                compensate(shop, taken) = Shop::free;

            read apples(shop) -> i32 = Shop::apples;

            #[idempotent]
            step sold(shop, apples, key) = Shop::sell
                compensate(shop, apples) = Shop::take_back;

            #[idempotent(by = taken)]
            step free(shop, taken) = Shop::free
                compensate none
        }
    }

    #[test]
    fn no_order_of_their_calls_sells_an_apple_twice() {
        let shop = || Shop(Arc::new(Mutex::new(Shelf { apples: 5, ..Shelf::default() })));
        explore(shop, |shop| SellAll {}.with(shop.clone()).id("ada"))
            .beside(|shop| SellAll {}.with(shop.clone()).id("ben"))
            .state(|shop| shop.0.lock().unwrap().clone())
            .error(|verdict| (verdict == Verdict::Refused).then_some(ShelfError::Refused))
            .run()
            .assert();
    }

    /// A mark that anyone frees would go with a repeated request of the saga before, and ten of five apples
    /// would be sold.
    #[tokio::test]
    async fn a_repeated_request_frees_no_mark_of_another_saga() {
        let shop = Shop(Arc::new(Mutex::new(Shelf { apples: 5, ..Shelf::default() })));
        shop.0.lock().unwrap().taken_by = Some("ben".to_owned());
        shop.free(&"ada".to_owned()).await.unwrap();
        assert_eq!(shop.0.lock().unwrap().taken_by.as_deref(), Some("ben"));
        shop.free(&"ben".to_owned()).await.unwrap();
        assert_eq!(shop.0.lock().unwrap().taken_by, None);
    }
}
