//! The programs of the page "Isolation".

mod ship_order {
    #[test]
    fn it_runs() {
        use saga::{Lock, saga};
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
    #[test]
    fn it_runs() {
        use saga::{Key, Verdict, saga, testing::explore};
        use std::sync::{Arc, Mutex};

        #[derive(Clone, Debug, Default, PartialEq)]
        struct Shelf { taken_by: Option<&'static str>, apples: i32, sold: i32 }

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
            /// Tests and sets the mark, in one request.
            async fn take(&self, by: &&'static str) -> Result<(), ShelfError> {
                let mut shelf = self.0.lock().unwrap();
                if shelf.taken_by.is_some_and(|other| other != *by) {
                    return Err(ShelfError::Taken);
                }
                shelf.taken_by = Some(*by);
                Ok(())
            }

            async fn free(&self) -> Result<(), ShelfError> {
                self.0.lock().unwrap().taken_by = None;
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
            saga SellAll(by: &'static str) with (shop: Shop) -> Result<(), ShelfError> {
                #[idempotent(by = by)] #[retry(5, 1s..60s)]
                step taken(shop, by) = Shop::take
                    compensate(shop) = Shop::free;

                read apples(shop) -> i32 = Shop::apples;

                #[idempotent]
                step sold(shop, apples, key) = Shop::sell
                    compensate(shop, apples) = Shop::take_back;

                #[idempotent]
                step free(shop, key) { let _ = key; shop.free().await }
                    compensate none
            }
        }

        // In a `#[test]`:
        let shop = || Shop(Arc::new(Mutex::new(Shelf { apples: 5, ..Shelf::default() })));
        explore(shop, |shop| SellAll { by: "Ada" }.with(shop.clone()).id("ada"))
            .beside(|shop| SellAll { by: "Ben" }.with(shop.clone()).id("ben"))
            .state(|shop| shop.0.lock().unwrap().clone())
            .error(|verdict| (verdict == Verdict::Refused).then_some(ShelfError::Refused))
            .run()
            .assert();
    }
}
