// What was released on this day of the sagas in `fail/released_*.rs`.

#[classify(typed_saga::transient)] #[timeout(1s)]
durable saga Journey() -> Result<_, Failed> {
    #[idempotent]
    step hotel(_key) -> u8 { Ok(1) }
    compensate(hotel) { let _ = hotel; Ok(()) }

    #[idempotent]
    pivot payment(_key) { Ok(()) }
}

#[classify(typed_saga::transient)] #[timeout(1s)]
durable saga RentVan() -> Result<_, Failed> {
    #[idempotent]
    step van(_key) -> u8 { Ok(1) }
    compensate(van) { let _ = van; Ok(()) }

    #[idempotent]
    step insurance(_key) -> u8 { Ok(1) }
    compensate(insurance) { let _ = insurance; Ok(()) }

    #[idempotent]
    pivot payment(_key) { Ok(()) }
}

#[classify(typed_saga::transient)] #[timeout(1s)]
durable saga Stay() -> Result<_, Failed> {
    #[idempotent]
    step hotel(_key) -> u8 { Ok(1) }
    compensate(hotel) { let _ = hotel; Ok(()) }

    #[idempotent]
    pivot payment(_key) { Ok(()) }
}

#[classify(typed_saga::transient)] #[timeout(1s)]
durable saga Ride() -> Result<_, Failed> {
    read car() -> u8 { Ok(1) }

    read fuel() -> u8 { Ok(1) }

    read map() -> u8 { Ok(1) }
}

#[classify(typed_saga::transient)] #[timeout(1s)]
durable saga Fly() -> Result<_, Failed> {
    concurrent {
        read seat() -> u8 { Ok(1) }

        read meal() -> u8 { Ok(1) }
    }
}

#[classify(typed_saga::transient)] #[timeout(1s)]
durable saga Sail() -> Result<_, Failed> {
    read wind() -> u8 { Ok(1) }

    when (wind => *wind > 2) {
        read reef() -> u8 { Ok(1) }

        read course() -> u8 { Ok(1) }
    }
}

#[classify(typed_saga::transient)] #[timeout(1s)]
durable saga Visit(guests: Vec<u8>) -> Result<_, Failed> {
    read hours() -> u8 { Ok(1) }

    read ticket() -> Ticket { Ok(Ticket) }

    #[when(guests => guests.is_empty())]
    read guide() -> u8 { Ok(1) }

    for guest: u8 in (guests => guests.clone())
    read badge(guest) -> u8 { Ok(*guest) }

    concurrent {
        read lunch() -> u8 { Ok(1) }

        read coffee() -> u8 { Ok(1) }
    }

    when (guests => guests.is_empty()) {
        read taxi() -> u8 { Ok(1) }

        read train() -> u8 { Ok(1) }
    }

    read photo() -> u8 { Ok(1) }
}

#[classify(typed_saga::transient)] #[timeout(1s)]
durable saga Order(note: String) -> Result<_, Failed> {
    #[idempotent]
    step hold(_key) -> u8 { Ok(1) }
    compensate(hold) { let _ = hold; Ok(()) }

    #[idempotent]
    step goods(_key) -> u8 { Ok(1) }
    compensate(goods) { let _ = goods; Ok(()) }

    #[idempotent]
    step lines(_key) { Ok(()) }
    compensate with goods;

    #[idempotent]
    step label(_key) -> u8 { Ok(1) }
    compensate(label) { let _ = label; Ok(()) }

    #[idempotent]
    step parcel(_key) -> u8 { Ok(1) }
    compensate(parcel) { let _ = parcel; Ok(()) }

    #[late(1s)]
    step truck(_key) -> u8 { Ok(1) }
    resolve(_key) { Ok(None) }
    compensate(truck) { let _ = truck; Ok(()) }
    fallback() { Ok(1) }

    #[idempotent]
    step stamp(_key, label) -> u8 { let _ = label; Ok(1) }
    compensate(stamp) { let _ = stamp; Ok(()) }

    #[idempotent]
    pivot send(_key) { Ok(()) }
}

#[classify(typed_saga::transient)] #[timeout(1s)]
durable saga Wrap() -> Result<u8, Failed> {
    #[idempotent]
    step paper(_key) -> u8 { Ok(1) }
    compensate(paper) { let _ = paper; Ok(()) }

    paper
}

#[classify(typed_saga::transient)] #[timeout(1s)]
durable saga Give() -> Result<u8, Failed> {
    step wrapped() -> u8 = saga Wrap {};

    wrapped
}

#[classify(typed_saga::transient)] #[timeout(1s)]
durable saga Hire(order: u64, nights: u32, to: String) -> Result<u8, Failed> {
    #[idempotent]
    step van(_key) -> u8 { Ok(1) }
    compensate(van, to) { let _ = (van, to); Ok(()) }

    van
}

#[classify(typed_saga::transient)] #[timeout(1s)]
durable saga Lend(order: u64, days: u32) -> Result<u8, Failed> {
    #[idempotent]
    step bike(_key) -> u8 { Ok(1) }
    compensate(bike) { let _ = bike; Ok(()) }

    bike
}

#[classify(typed_saga::transient)] #[timeout(1s)]
durable saga Park(order: u64) -> Result<u8, Failed> {
    #[idempotent]
    step car(_key) -> u8 { Ok(1) }
    compensate(car) { let _ = car; Ok(()) }

    car
}

#[classify(typed_saga::transient)] #[timeout(1s)]
durable saga Cruise() -> Result<_, Failed> {
    read cabin() -> u8 { Ok(1) }

    read tour() -> u8 { Ok(1) }

    read dinner() -> u8 { Ok(1) }
}

#[classify(typed_saga::transient)] #[timeout(1s)]
durable saga Hike() -> Result<_, Failed> {
    read map() -> u8 { Ok(1) }

    read hut() -> u8 { Ok(1) }
}

#[classify(typed_saga::transient)] #[timeout(1s)]
durable saga Pack() -> Result<u8, Failed> {
    read crate_of() -> u8 { Ok(1) }

    read label() -> u8 { Ok(1) }

    crate_of + label
}

#[classify(typed_saga::transient)] #[timeout(1s)]
durable saga Ship() -> Result<u8, Failed> {
    step packed() -> u8 = saga Pack {};

    packed
}

#[classify(typed_saga::transient)] #[timeout(1s)]
durable saga GiveAll(sizes: Vec<u8>) -> Result<(), Failed> {
    for _size: u8 in (sizes => sizes.clone())
    step each() -> u8 = saga Wrap {};

    let _ = each;
}

#[classify(typed_saga::transient)] #[timeout(1s)]
durable saga GiveSome(size: u8) -> Result<(), Failed> {
    when (size => *size > 1) {
        step inside() -> u8 = saga Wrap {};
    }

    let _ = inside;
}

#[classify(typed_saga::transient)] #[timeout(1s)]
durable saga ChangeSome(order: u64) -> Result<(), Failed> {
    when (order => *order > 1) {
        #[timeout(10m)]
        lock paper_lock(order => PaperLock(*order)) -> PaperLock;
        read sent(order) { let _ = order; Ok(()) }
    }
}

#[classify(Error::verdict)] #[timeout(1s)]
durable saga Invoice(order: u32) with (bus: Bus) -> Result<(), Error> emit OrderEvent {
    read page(order) -> u32 { Ok(*order) }

    emit(page => [OrderEvent::Sent(*page)]);
    publish(bus, event, key) = Bus::publish;
}

#[classify(Error::verdict)] #[timeout(1s)]
durable saga Remind(order: u32) with (bus: Bus) -> Result<(), Error> emit String {
    read page(order) -> u32 { Ok(*order) }

    emit(page => [page.to_string()]);
    publish(bus, event, key) = Bus::print;
}

#[classify(typed_saga::transient)] #[timeout(1s)]
durable saga Mount() -> Result<_, Failed> {
    read disk1() -> u8 { Ok(1) }

    read disk2() -> u8 { Ok(2) }

    #[idempotent(by = disk1)]
    step mounted(disk1, disk2) -> u8 { let _ = (disk1, disk2); Ok(1) }
    compensate(mounted) { let _ = mounted; Ok(()) }

    #[idempotent(by = disk1)]
    step labelled(disk1) -> u8 { let _ = disk1; Ok(1) }
    compensate(labelled) { let _ = labelled; Ok(()) }

    #[idempotent]
    step formatted(disk1, disk2, _key) -> u8 { let _ = (disk1, disk2); Ok(1) }
    #[by_key(by = disk1)]
    compensate(disk1, disk2) { let _ = (disk1, disk2); Ok(()) }

    #[idempotent]
    step checked(disk1, _key) -> u8 { let _ = disk1; Ok(1) }
    compensate(checked, disk1) { let _ = (checked, disk1); Ok(()) }

    #[idempotent]
    step copied(_key) -> u8 { Ok(1) }
    resolve(_key) { Ok(None) }
    compensate(copied) { let _ = copied; Ok(()) }
}
