//! Keys that are values: two rounds with the same value, a new value that nothing allows, and a request
//! that arrives after its step was undone.

use super::{Post, Refusal, UNDER_ONE_KEY, found, of};
use typed_saga::{
    saga,
    testing::{Contract, Finding},
};

/// A vendor that books each offer once, and returns that booking even after it was cancelled.
impl Post {
    async fn offer(&self) -> Result<u32, Refusal> {
        Ok(7)
    }

    async fn book(&self, offer: &str) -> Result<String, Refusal> {
        self.book_at("booking", offer).await
    }

    async fn book_at(&self, step: &'static str, offer: &str) -> Result<String, Refusal> {
        let mut books = self.0.lock().unwrap();
        books.entries.entry((step, offer.to_owned())).or_default().0 = 1;
        Ok(offer.to_owned())
    }

    async fn cancel(&self, step: &'static str, offer: &str) -> Result<(), Refusal> {
        let mut books = self.0.lock().unwrap();
        books.entries.entry((step, offer.to_owned())).or_default().1 = 1;
        Ok(())
    }
}

saga! {
    /// The offer is asked for again by each rerun, and is the same.
    #[classify(Refusal::verdict)]
    #[timeout(1s)]
    durable saga Offered() with (post: Post) -> Result<(), Refusal> {
        #[savepoint(2, 1s..1s)]
        read offer(post) -> u32 = Post::offer;

        #[idempotent(by = offer)]
        step booking(post, offer) -> String { post.book(&offer.to_string()).await }
            compensate(post, booking) { post.cancel("booking", booking).await }

        read checked() -> u32 { Ok(1) }

        let _ = (booking, checked);
    }

    #[classify(Refusal::verdict)]
    #[timeout(1s)]
    durable saga Book(order: String) with (post: Post) -> Result<String, Refusal> {
        read named(order) -> String { Ok(order.clone()) }

        #[idempotent(by = named)]
        step booking(post, named) -> String { post.book_at("trip/booking", named).await }
            compensate(post, booking) { post.cancel("trip/booking", booking).await }

        booking
    }

    #[classify(Refusal::verdict)]
    #[timeout(1s)]
    durable saga OfferedInside() with (post: Post) -> Result<(), Refusal> {
        #[savepoint(2, 1s..1s)]
        read offer(post) -> u32 = Post::offer;

        step trip(offer) -> String = saga Book { order: offer.to_string() } with (post);

        read checked() -> u32 { Ok(1) }

        let _ = (trip, checked);
    }
}

/// No compiler knows that the value is the same again.
#[test]
fn a_key_that_does_not_change_with_the_round_is_found() {
    let (finding, _) = found("checked action 1 refused", |post| Offered {}.with(post));
    assert_eq!(
        (finding.step(), finding.contract()),
        (Some("booking"), Contract::Key)
    );
    assert_eq!(
        finding.what(),
        "its effect is gone; the saga says: completed"
    );
    assert_eq!(
        finding.repeated(),
        [
            "call 1 of the action of `booking`: round 0, by `offer` = 7",
            "call 2 of the action of `booking`: round 1, by `offer` = 7, in the rerun from `offer`; \
             allowed by: the step had been undone",
        ]
    );
    let (finding, _) = found("checked action 1 refused", |post| {
        OfferedInside {}.with(post)
    });
    assert_eq!(
        (finding.step(), finding.contract()),
        (Some("trip/booking"), Contract::Key)
    );
    let [first, second] = finding.repeated() else {
        panic!("{finding}");
    };
    assert!(
        first.contains("round 0 in `trip#0`, by `named` = \"7\""),
        "{first}"
    );
    assert!(
        second.contains("round 0 in `trip#1`, by `named` = \"7\""),
        "{second}"
    );
}

saga! {
    /// The hotel creates a booking for each request that names one that it does not have.
    #[classify(Refusal::verdict)]
    #[timeout(1s)]
    durable saga ByName(order: String) with (post: Post) -> Result<(), Refusal> {
        #[idempotent(by = order)]
        step booking(post, order) -> String { post.create(order).await }
            compensate(post, booking) { post.delete(booking).await }

        read checked() -> u32 { Ok(1) }

        let _ = (booking, checked);
    }
}

impl Post {
    async fn create(&self, name: &str) -> Result<String, Refusal> {
        let mut books = self.0.lock().unwrap();
        let (made, undone) = books
            .entries
            .entry(("booking", name.to_owned()))
            .or_default();
        if made == undone {
            *made += 1;
        }
        Ok(name.to_owned())
    }

    async fn delete(&self, name: &str) -> Result<(), Refusal> {
        let mut books = self.0.lock().unwrap();
        let (made, undone) = books
            .entries
            .entry(("booking", name.to_owned()))
            .or_default();
        *undone = *made;
        Ok(())
    }
}

/// A request that was lost arrives after the step was undone.
#[test]
fn a_late_duplicate_is_named() {
    let order = || "order-42".to_owned();
    let explorer = of(move |post| ByName { order: order() }.with(post.clone()));
    let report = explorer
        .late("booking", std::time::Duration::from_secs(60))
        .run();
    let contracts: Vec<_> = report.findings().iter().map(Finding::contract).collect();
    assert_eq!(
        contracts,
        [Contract::Late, Contract::Idempotent],
        "{report}"
    );
    for finding in report.findings() {
        assert_eq!(finding.step(), Some("booking"));
        let again = format!(
            "call 2 of the action of `booking`: round 0, by `order`; allowed by: {UNDER_ONE_KEY}"
        );
        let first = "call 1 of the action of `booking`: round 0, by `order`".to_owned();
        assert_eq!(finding.repeated(), [first, again]);
        let mut calls = finding.calls().iter();
        let late = calls.any(|call| {
            call.starts_with("the request of `booking` that is still in flight is done")
        });
        assert!(late, "{finding}");
    }
}
