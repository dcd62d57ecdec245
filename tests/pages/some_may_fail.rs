//! The programs of "Some may fail", a part of the page on loops.

use std::{collections::BTreeSet, sync::{Arc, Mutex}};
use typed_saga::{Key, Verdict, saga};

#[derive(Debug, PartialEq)]
enum ShopError { NoAddress, TooFew }

impl ShopError {
    fn verdict(&self) -> Verdict {
        Verdict::Refused
    }
}

/// The parcels that are packed, by the customer.
#[derive(Clone, Default)]
struct Shop(Arc<Mutex<BTreeSet<String>>>);

impl Shop {
    async fn pack(&self, customer: &String, _: &Key) -> Result<String, ShopError> {
        self.0.lock().unwrap().insert(customer.clone());
        Ok(customer.clone())
    }
    async fn unpack(&self, parcel: &String) -> Result<(), ShopError> {
        self.0.lock().unwrap().remove(parcel);
        Ok(())
    }
    async fn label(&self, parcel: &String, _: &Key) -> Result<usize, ShopError> {
        if parcel.contains('?') { Err(ShopError::NoAddress) } else { Ok(parcel.len()) }
    }
    async fn void(&self, _label: &usize) -> Result<(), ShopError> {
        Ok(())
    }
}

saga! {
    #[classify(ShopError::verdict)]
    saga SendOne(customer: String) with (shop: Shop) -> Result<Option<usize>, ShopError> {
        #[idempotent]
        step parcel(shop, customer, key) -> String = Shop::pack
            compensate(shop, parcel) = Shop::unpack;

        #[idempotent]
        step label(shop, parcel, key) -> usize = Shop::label
            compensate(shop, label) = Shop::void;

        Some(label)
    }

    #[classify(ShopError::verdict)]
    saga SendAll(customers: Vec<String>) with (shop: Shop) -> Result<usize, ShopError> {
        #[concurrent(8)]
        for customer: String in (customers => customers.clone())
        step sent(customer) -> Option<usize> =
            saga SendOne { customer: customer.clone() } with (shop)
            fallback() { Ok(None) }

        read enough(sent, customers) {
            let some = sent.iter().flatten().count();
            if some * 10 >= customers.len() * 8 {
                Ok(())
            } else {
                Err(ShopError::TooFew)
            }
        }

        sent.iter().flatten().count()
    }
}

fn customers(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn one_of_five_may_fail() {
    let shop = Shop::default();
    let customers = customers(&["Ada", "Ben", "Cy", "Di", "Eve?"]);
    assert_eq!(SendAll { customers }.with(shop.clone()).await.unwrap(), 4);
    assert_eq!(shop.0.lock().unwrap().len(), 4, "that of Eve is unpacked");
}

#[tokio::test]
async fn of_more_nothing_is_left() {
    let shop = Shop::default();
    let customers = customers(&["Ada", "Ben?", "Cy", "Di", "Eve?"]);
    let error = SendAll { customers }.with(shop.clone()).await.unwrap_err();
    assert_eq!(error.step(), Some("enough"));
    assert!(error.is_clean());
    assert!(shop.0.lock().unwrap().is_empty());
}
