//! The new version of the saga: parcels are weighed, and not insured any more.

use crate::shop::{Shop, ShopError};
use typed_saga::saga;

saga! {
    /// Takes a thing from the stock, weighs the parcel, has it paid, and sends it.
    #[classify(ShopError::verdict)]
    #[timeout(30s)]
    pub(crate) durable saga Ship(order: u64) with (shop: Shop) -> Result<(), ShopError> {
        #[idempotent]
        step reserved(shop, order, key) { shop.note("reserved", order, key).await }
            compensate(shop, order, key) { shop.note("undone-reserved", order, key).await }

        // Once `saga released --prune` has removed the old version from the file, this step can be
        // deleted, …
        #[retired]
        #[idempotent]
        step insured(shop, order, key) { shop.note("insured", order, key).await }
            compensate(shop, order, key) { shop.note("undone-insured", order, key).await }

        // … and this attribute.
        #[introduced]
        #[idempotent]
        step weighed(shop, order, key) -> u64 {
            shop.note("weighed", order, key).await?;
            Ok(200 + order)
        }
            compensate(shop, order, key) { shop.note("undone-weighed", order, key).await }

        #[idempotent]
        pivot paid(shop, order, key) = Shop::charge;

        // A run that had passed the scales has no weight.
        #[idempotent]
        step sent(shop, order, weighed, key) {
            let what = if weighed.is_some() {
                "sent-by-weight"
            } else {
                "sent"
            };
            shop.note(what, order, key).await
        }
    }
}
