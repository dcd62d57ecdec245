//! Sagas with locks, beside those without.

use super::{
    line::{Line, Trouble},
    sagas::{Order, Shape, Standing, order, standing},
};
use typed_saga::saga;

/// A place that one visitor at a time may be in.
pub(crate) struct Place(u64);

impl typed_saga::Lock for Place {
    const NAME: &'static str = "place";

    fn key(&self) -> String {
        self.0.to_string()
    }
}

/// What visitors look at: each of several, and nobody else meanwhile.
pub(crate) struct Shelf(u64);

impl typed_saga::Lock for Shelf {
    const NAME: &'static str = "shelf";

    fn key(&self) -> String {
        self.0.to_string()
    }
}

/// How many places there are.
const PLACES: u64 = 10;

saga! {
    /// Locks.
    #[classify(Trouble::verdict)]
    #[timeout(80ms)]
    pub(crate) durable saga Visit(order: Order) with (line: Line) -> Result<Standing, Trouble> {
        #[retry(5, 1ms..10ms)] #[idempotent]
        step ticket(line, order, key) -> u64 { line.book("ticket", order, key).await }
            compensate(line, ticket) { line.cancel("ticket", *ticket).await }

        #[timeout(never)]
        lock place(order => Place(order.place())) -> Place;

        when (order => order.extra) {
            #[timeout(1s)]
            lock shelves(order =>
                [0, 1].map(|next| Shelf((order.place() + next) % 4)).into()
            ) -> Vec<Shelf>;
        }

        #[retry(5, 1ms..10ms)] #[idempotent]
        step enter(line, order, key) -> u64 { line.pay("enter", order, order.place(), key).await }
            compensate(line, enter) { line.cancel("enter", *enter).await }

        #[retry(5, 1ms..10ms)] #[idempotent]
        pivot charge(line, order, key) -> u64 { line.book("charge", order, key).await }

        #[retry(forever, 1ms..20ms)] #[idempotent]
        step leave(line, order, key) -> u64 { line.pay("leave", order, order.place(), key).await }

        standing([
            ("ticket", Some(ticket)),
            ("enter", Some(enter)),
            ("charge", Some(charge)),
            ("leave", Some(leave)),
        ])
    }
}

impl Shape for Visit {
    fn of(order: Order) -> Self {
        Self { order }
    }
}

impl Order {
    /// Where the saga is to be alone.
    fn place(&self) -> u64 {
        let number = number_of(&self.saga);
        (number + number / 5) % PLACES
    }
}

fn number_of(id: &str) -> u64 {
    let number = id.rsplit('-').next().and_then(|number| number.parse().ok());
    number.expect("an id ends with its number")
}

/// What the saga with this number is to do, if it is a visit.
pub(crate) fn visit(number: u64) -> (&'static str, Order) {
    let refused = ["", "charge", "", "enter", "", ""];
    let order = Order {
        saga: format!("Visit-{number}"),
        refused: refused[usize::try_from(number / 5 % 6).expect("one of six")].to_owned(),
        extra: number / 5 % 2 == 0,
    };
    ("Visit", order)
}

/// What the saga with this number is to do, in every life: each fifth one is a visit.
pub(crate) fn any(number: u64) -> (&'static str, Order) {
    if number % 5 == 4 {
        return visit(number);
    }
    let (name, order) = order(number / 5 * 4 + number % 5);
    let saga = format!("{name}-{number}");
    (name, Order { saga, ..order })
}

/// What the saga with this id is to do.
pub(crate) fn of_id(id: &str) -> Order {
    let is_visit = id.starts_with("Visit-");
    let of = if is_visit { visit } else { any };
    of(number_of(id)).1
}
