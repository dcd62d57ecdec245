// What was released on this day of the sagas in `fail/released_*.rs`.

#[classify(typed_saga::transient)] #[timeout(1s)]
durable saga Journey() -> Result<_, Failed> {
    #[idempotent]
    step hotel(_key) -> u8 { Ok(1) }
    compensate(hotel) { let _ = hotel; Ok(()) }

    #[idempotent]
    pivot payment(_key) { Ok(()) }

    #[idempotent]
    step mail(_key) { Ok(()) }
}

#[classify(typed_saga::transient)] #[timeout(1s)]
durable saga RentVan() -> Result<_, Failed> {
    #[idempotent]
    step insurance(_key) -> u8 { Ok(1) }
    compensate(insurance) { let _ = insurance; Ok(()) }

    #[idempotent]
    step van(_key) -> u8 { Ok(1) }
    compensate(van) { let _ = van; Ok(()) }

    #[idempotent]
    pivot payment(_key) { Ok(()) }
}

#[classify(typed_saga::transient)] #[timeout(1s)]
durable saga Cruise() -> Result<_, Failed> {
    read cabin() -> u8 { Ok(1) }

    #[retired]
    read tour() -> u8 { Ok(1) }

    read dinner() -> u8 { Ok(1) }
}

#[classify(typed_saga::transient)] #[timeout(1s)]
durable saga Hike() -> Result<_, Failed> {
    read map() -> u8 { Ok(1) }

    #[introduced]
    read weather() -> u8 { Ok(1) }

    read hut() -> u8 { Ok(1) }
}

#[classify(typed_saga::transient)]
#[timeout(1s)]
durable saga ChangeOrder(order: u64) -> Result<(), Failed> {
    #[timeout(10m)]
    lock order_lock(order => OrderLock(*order)) -> OrderLock;
    #[timeout(10m)]
    lock paper_lock(order => PaperLock(*order)) -> PaperLock;
    read sent(order) { let _ = order; Ok(()) }
}
