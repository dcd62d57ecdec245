//! A read, a step that can be undone, a pivot, and a step that must succeed.

use typed_saga::saga;

struct Shop;
#[derive(Debug)]
struct Failed;

impl Shop {
    async fn price(&self, item: &str) -> Result<usize, Failed> {
        Ok(item.len())
    }
    async fn reserve(&self, item: &str, price: &usize) -> Result<String, Failed> {
        Ok(format!("{item} for {price}"))
    }
    async fn free(&self, _: &String) -> Result<(), Failed> {
        Ok(())
    }
    async fn charge(&self, price: &usize, _: &typed_saga::Key) -> Result<u64, Failed> {
        Ok(*price as u64)
    }
    async fn send(&self, reservation: &String, _: &u64) -> Result<String, Failed> {
        Ok(format!("sent: {reservation}"))
    }
}

saga! {
    saga Buy(item: String) with (shop: Shop) -> Result<String, Failed> {
        read price(shop, item) -> usize = Shop::price;
        step reservation(shop, item, price) -> String = Shop::reserve
            compensate(shop, reservation) = Shop::free;
        #[idempotent]
        pivot charge(shop, price, key) -> u64 = Shop::charge;
        #[idempotent(by = reservation)]
        step parcel(shop, reservation, charge) -> String = Shop::send;

        parcel
    }
}

#[tokio::test]
async fn runs() {
    let parcel = Buy {
        item: "book".into(),
    }
    .with(Shop)
    .await
    .unwrap();
    assert_eq!(parcel, "sent: book for 4");
}
