//! The saga of this version.

use crate::shop::{Shop, ShopError};
use typed_saga::saga;

saga! {
    /// Takes a book from the stock, has it paid, and sends it.
    #[classify(ShopError::verdict)]
    #[timeout(30s)]
    pub(crate) durable saga Buy(book: String, cents: i64)
    with (shop: Shop)
    -> Result<(), ShopError>
    {
        #[idempotent]
        step reserved(shop, book, key) { shop.note("reserved", book, key, -1).await }
            compensate(shop, book, key) { shop.note("returned", book, key, 1).await }

        #[idempotent]
        pivot paid(shop, book, cents, key) { shop.note("paid", book, key, *cents).await }

        #[idempotent]
        step sent(shop, book, key) { shop.note("sent", book, key, 1).await }
    }
}
