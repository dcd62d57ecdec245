//! The old version of the saga.

use crate::shop::{Shop, ShopError};
use typed_saga::saga;

saga! {
    /// Takes a thing from the stock, insures the parcel, has it paid, and sends it.
    #[classify(ShopError::verdict)]
    #[timeout(30s)]
    pub(crate) durable saga Ship(order: u64) with (shop: Shop) -> Result<(), ShopError> {
        #[idempotent]
        step reserved(shop, order, key) { shop.note("reserved", order, key).await }
            compensate(shop, order, key) { shop.note("undone-reserved", order, key).await }

        #[idempotent]
        step insured(shop, order, key) { shop.note("insured", order, key).await }
            compensate(shop, order, key) { shop.note("undone-insured", order, key).await }

        #[idempotent]
        pivot paid(shop, order, key) = Shop::charge;

        #[idempotent]
        step sent(shop, order, key) { shop.note("sent", order, key).await }
    }
}
