// errors: 4. What exists at a position is read, and neither written nor exchanged nor taken away.

use typed_saga::saga;

#[derive(Debug)]
struct Failed;

saga! {
    saga Sell(seat: String) -> Result<String, Failed> {
        step item(seat) -> String { Ok(seat.clone()) }
        compensate(item) { let _ = item; Ok(()) }

        item
    }
}

fn written(state: &mut SellBeforeItem) {
    state.seat = String::new();
}

fn swapped(one: &mut SellCompleted, other: &mut String) {
    std::mem::swap(&mut one.item, other);
}

fn moved_out(end: SellCompleted) -> String {
    end.item
}

fn undone_twice(end: SellCompleted, services: &SellServices) {
    let _ = end.undo_item(services);
    let _ = end.undo_item(services);
}

fn main() {}
