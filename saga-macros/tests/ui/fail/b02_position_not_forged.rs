// errors: 7. A position proves that its steps were taken: it is not written, copied or renamed.

use typed_saga::{Done, Pending, runtime::Machine, saga};

#[derive(Clone, Debug, Default)]
struct Failed;

saga! {
    #[derive(Clone, Debug, Default)]
    saga Sell(seat: u8) -> Result<u8, Failed> {
        step item(seat) -> u8 { Ok(*seat) }
        compensate(item) { let _ = item; Ok(()) }
        concurrent {
            step hotel(item) -> u8 { Ok(*item) }
            compensate(hotel) { let _ = hotel; Ok(()) }
            step car() -> u8 { Ok(1) }
            compensate none;
        }

        item + hotel + car
    }
}

fn literal() -> u8 {
    SellCompleted { item: 77 }.output()
}

fn update(end: SellCompleted) -> SellCompleted {
    SellCompleted { item: 77, ..end }
}

fn of_its_fields(fields: __SellCompleted) -> u8 {
    SellCompleted(fields).output()
}

fn renamed(state: SellDuringHotel<Pending, Pending>) -> SellDuringHotel<Done<u8>, Done<u8>> {
    let SellDuringHotel(proof) = state;
    SellDuringHotel(proof)
}

fn copied(end: SellCompleted) -> (u8, u8) {
    (end.clone().output(), end.output())
}

fn by_default() -> u8 {
    SellCompleted::default().output()
}

fn without_a_run() -> u8 {
    let output: fn(SellRun, &mut <SellRun as Machine>::Slots) -> u8 = SellRun::output;
    output(SellRun { seat: 1 }, &mut Default::default())
}

fn main() {}
