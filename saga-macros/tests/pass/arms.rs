//! A `when` with several arms: their steps are optional outside, and plain inside.

use typed_saga::{runtime::Branch, saga};

#[derive(Debug, PartialEq)]
struct Failed;

struct Order(u32);

impl typed_saga::Lock for Order {
    const NAME: &'static str = "order";
    fn key(&self) -> String {
        self.0.to_string()
    }
}

saga! {
    /// In the other arm, the saga waits for ever without the lock, and has its savepoint.
    saga Approve(order: u32) -> Result<(), Failed> {
        when (order => *order > 10) {
            #[timeout(never)]
            signal approved -> ();
            #[savepoint(2)]
            read weighed() { Ok(()) }
        } else {
            #[timeout(10m)]
            lock own(order => Order(*order)) -> Order;
        }

        let _ = (approved, weighed);
    }
}

saga! {
    /// A run takes one of the two locks of one name.
    saga Move(order: u32, swap: bool) -> Result<(), Failed> {
        when (swap => *swap) {
            #[timeout(10m)]
            lock both(order => vec![Order(*order), Order(order + 1)]) -> Vec<Order>;
        } else {
            #[timeout(10m)]
            lock one(order => Order(*order)) -> Order;
        }
    }
}

saga! {
    saga Pay(sum: u32) with (fee: u32) -> Result<Option<u32>, Failed> emit u32 {
        when (sum => *sum > 100) {
            step account(sum) -> u32 { Ok(*sum) }
                compensate(account) { let _: &u32 = account; Ok(()) }
            step transfer(account) -> u32 { let account: &u32 = account; Ok(account + 1) }
                compensate none
            emit(transfer => { let transfer: &u32 = transfer; [*transfer] });
        } else when (sum => *sum > 10) {
            concurrent {
                step card(sum) -> u32 { Ok(*sum) }
                    compensate none
                step points(sum) -> u32 { Ok(sum / 10) }
                    compensate none
            }
            emit(card, points => [card + points]);
        } else {
            emit(sum => [*sum]);
        }

        when (card => { let card: &Option<u32> = card; card.is_some() }) {
            read bill(card) -> u32 { Ok(card.unwrap()) }
        } else {
            read receipt(sum, fee) -> u32 { Ok(sum + fee) }
        }

        publish(event) { let _ = event; Ok(()) }

        {
            let _: (Option<u32>, Option<u32>) = (account, points);
            transfer.or(bill).or(receipt)
        }
    }
}

#[tokio::test]
async fn one_arm_runs() {
    for (sum, output) in [(500, 501), (50, 50), (5, 5)] {
        assert_eq!(Pay { sum }.with(0).await.unwrap(), Some(output));
    }
}

/// The first condition is false, and the second one true.
#[tokio::test]
async fn a_walk_takes_one_arm() {
    let services = PayServices { fee: 0 };
    let start: PayWhenAccount = Pay { sum: 50 }.walk();
    let Branch::Skipped(second) = start.enter(&services) else {
        panic!("the first arm is not taken");
    };
    let second: PayWhenCard = second;
    let Branch::Taken(inside) = second.enter(&services) else {
        panic!("the second one is");
    };
    let inside = inside.card(&services).await.unwrap();
    let inside = inside.points(&services).await.unwrap().join();
    let after: PayWhenBill = inside.leave();
    assert_eq!((after.account, after.card), (None, Some(50)));
    let Branch::Taken(bill) = after.enter(&services) else {
        panic!("there is a card");
    };
    let end = bill.bill(&services).await.unwrap().leave();
    assert_eq!(end.events(), [55]);
    let Branch::Skipped(before_receipt) = end.reopen() else {
        panic!("the second arm is not taken");
    };
    let Branch::Taken(bill) = before_receipt else {
        panic!("the first one is");
    };
    let before = bill.undo_bill(&services).await.unwrap().back_out();
    let Branch::Taken(card) = before.reopen() else {
        panic!("there is a card");
    };
    assert_eq!(card.card, 50);
}

/// No condition is true: what is left is an event.
#[tokio::test]
async fn a_walk_takes_an_else_of_events() {
    let services = PayServices { fee: 0 };
    let Branch::Skipped(second) = Pay { sum: 5 }.walk().enter(&services) else {
        panic!("the first arm is not taken");
    };
    let start: PayWhenAccount = second.back_out();
    let Branch::Skipped(second) = start.enter(&services) else {
        panic!("the first arm is not taken");
    };
    let Branch::Skipped(after) = second.enter(&services) else {
        panic!("the second one is not, either");
    };
    let Branch::Skipped(receipt) = after.enter(&services) else {
        panic!("there is no card");
    };
    let end = receipt.receipt(&services).await.unwrap().leave();
    assert_eq!(end.events(), [5]);
    assert_eq!(end.output(), Some(5));
}

saga! {
    saga Ship(weight: u32) -> Result<_, Failed> emit String {
        when (weight => *weight > 100) {
            step sent(weight) -> String { Ok(format!("truck {weight}")) }
                compensate(sent) { let _: &String = sent; Ok(()) }
            read note(sent) -> usize { Ok(sent.len()) }
        } else when (weight => *weight > 10) {
            #[name = "by_van"]
            step sent(weight) -> String { Ok(format!("van {weight}")) }
                compensate none
            emit(sent => { let sent: &String = sent; [sent.clone()] });
        } else {
            #[name = "by-bike"]
            step sent() -> String { Ok("bike".to_owned()) }
                compensate(sent) { let _: &String = sent; Ok(()) }
            #[name = "no_note"]
            read note(sent) -> usize { Ok(sent.len()) }
        }

        read asked(sent, note) -> bool {
            let (_, note): (&String, &Option<usize>) = (sent, note);
            Ok(note.is_some())
        }
        when (sent => sent.starts_with("van")) {
            read crew(sent) -> usize { Ok(sent.len()) }
        }
        emit(sent, crew => [format!("{sent}, {crew:?}")]);

        publish(event) { let _ = event; Ok(()) }
    }
}

#[tokio::test]
async fn steps_with_one_name_are_one_for_all_others() {
    for (weight, expected) in [
        (500, ("truck 500", Some(9), None)),
        (50, ("van 50", None, Some(6))),
        (5, ("bike", Some(4), None)),
    ] {
        let effects: ShipEffects = Ship { weight }.run().await.unwrap();
        let ShipEffects {
            sent,
            note,
            asked,
            crew,
        } = effects;
        assert_eq!((&*sent, note, crew), expected);
        assert_eq!(asked, note.is_some());
    }
}

#[test]
fn keys_and_journals_have_a_name_for_each() {
    let steps = Ship::DEFINITION.steps.iter();
    let names: Vec<_> = steps.map(|step| &*step.name).collect();
    assert_eq!(
        names,
        [
            "sent", "note", "by_van", "by-bike", "no_note", "asked", "crew"
        ]
    );
    let asked = &Ship::DEFINITION.steps[5];
    let reads: Vec<_> = asked.reads.iter().map(|read| &**read).collect();
    assert_eq!(reads, ["sent", "by_van", "sent_3", "note", "no_note"]);
}

/// A walk calls each by the name that it has in journals.
#[tokio::test]
async fn a_walk_tells_them_apart() {
    let services = ShipServices {};
    let Branch::Skipped(van) = Ship { weight: 50 }.walk().enter(&services) else {
        panic!("the first arm is not taken");
    };
    let Branch::Taken(van) = van.enter(&services) else {
        panic!("the second one is");
    };
    let after = van.by_van(&services).await.unwrap().leave();
    assert_eq!(
        (&after.sent, after.by_van.as_deref()),
        (&None, Some("van 50"))
    );
    let asked = after.asked(&services).await.unwrap();
    let Branch::Taken(crew) = asked.enter(&services) else {
        panic!("it is a van");
    };
    let end = crew.crew(&services).await.unwrap().leave();
    assert_eq!(end.events(), ["van 50", "van 50, Some(6)"]);
    assert_eq!(end.output().sent, "van 50");
}

saga! {
    saga Grant(sum: u32) -> Result<bool, Failed> {
        when (sum => *sum > 100) {
            #[timeout(never)]
            signal approval -> bool;
        } else {
            #[name = "unasked"]
            read approval() -> bool { Ok(true) }
        }

        approval
    }
}

#[tokio::test]
async fn the_kinds_may_differ() {
    assert!(Grant { sum: 5 }.run().await.unwrap());
    assert_eq!(Grant::DEFINITION.steps[1].name, "unasked");
}

saga! {
    saga Deliver(weight: u32) -> Result<_, Failed> {
        #[savepoint(1, on(sent, billed))]
        read quote(weight) -> u32 { Ok(*weight) }

        when (quote => *quote > 100) {
            #[idempotent]
            step sent(quote, _key) -> u32 { Ok(*quote) }
                compensate(_key) { Ok(()) }
        } else {
            #[name = "mailed"] #[idempotent]
            step sent(_key) -> u32 { Ok(1) }
                compensate(_key) { Ok(()) }
        }

        #[after(sent)] #[idempotent]
        step billed(quote, _key) -> u32 { Ok(*quote) }
            compensate(_key) { Ok(()) }
    }
}

/// Attributes that name steps mean whichever of them runs.
#[tokio::test]
async fn attributes_name_them_together() {
    let steps = &Deliver::DEFINITION.steps;
    assert_eq!(*steps[3].stands_on, [0, 1, 2]);
    let savepoint = steps[0].savepoint.as_ref().unwrap();
    assert_eq!(savepoint.on.as_deref(), Some(&[1, 2, 3][..]));
    let effects = Deliver { weight: 5 }.run().await.unwrap();
    assert_eq!((effects.sent, effects.billed), (1, 5));
}

#[tokio::test]
async fn a_lock_is_taken_in_its_arm() {
    Approve { order: 5 }.run().await.unwrap();
    for swap in [true, false] {
        Move { order: 5, swap }.run().await.unwrap();
    }
}
