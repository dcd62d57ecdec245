//! A customer and a subscription at a payment service in the manner of Stripe.
//!
//! When subscribing fails, the saga deletes the customer. The savepoint is on that step: up to five
//! times the saga rolls back to it and tries again, with a new customer under a new key; the old
//! key would return the deleted customer.

use std::collections::{HashMap, VecDeque};
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::time::sleep;
use typed_saga::{Failure, Key, Verdict, saga};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Customer(String);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subscription {
    pub(crate) customer: Customer,
    plan: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StripeError {
    /// 402 or another 4xx.
    Declined,
    /// 429: the request was rejected unread.
    Busy,
    /// 500, before or after the request took effect.
    Broken,
}

impl StripeError {
    pub(crate) fn verdict(&self) -> Verdict {
        match self {
            Self::Declined => Verdict::Refused,
            Self::Busy => Verdict::Transient,
            Self::Broken => Verdict::Unknown,
        }
    }
}

/// A card that was declined will be declined for a new customer, too.
fn may_pass(failure: &Failure<StripeError>) -> bool {
    failure.error() != Some(&StripeError::Declined)
}

saga! {
    /// Subscribes a new customer, or leaves none behind.
    #[classify(StripeError::verdict)]
    #[timeout(5s)]
    pub(crate) saga Subscribe(email: String, plan: String)
    with (stripe: Stripe)
    -> Result<Subscription, StripeError>
    {
        #[savepoint(5, 10ms..30s, if = may_pass)] #[idempotent]
        step customer(stripe, email, key) -> Customer = Stripe::create_customer
            compensate(stripe, customer) = Stripe::delete_customer;

        /// This charges the card, and is not undone.
        #[idempotent]
        pivot subscription(stripe, customer, plan, key) -> Subscription = Stripe::subscribe;

        subscription
    }
}

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Fine,
    /// It takes effect, unless it did before: then the original answer is returned.
    Declined,
    Busy,
    /// The answer is 500, and the request has no effect.
    Lost,
    /// The answer is 500, although the request took effect.
    Unheard,
    /// The request took effect, and the answer is lost.
    Silent,
}

/// The payment service.
#[derive(Clone, Default)]
pub(crate) struct Stripe(Arc<Mutex<Books>>);

#[derive(Default)]
pub(crate) struct Books {
    /// The fates of the next requests, in order; later requests succeed.
    fates: VecDeque<Fate>,
    /// By idempotency key.
    customers: HashMap<String, Customer>,
    /// By idempotency key.
    subscriptions: HashMap<String, Subscription>,
    /// By the customer's name.
    deleted: HashMap<String, Customer>,
}

impl Books {
    /// How many customers were ever created.
    pub(crate) fn created(&self) -> usize {
        self.customers.len()
    }

    /// The customers that exist.
    pub(crate) fn customers(&self) -> Vec<&Customer> {
        let all = self.customers.values();
        all.filter(|one| self.stands(one)).collect()
    }

    /// The subscriptions that exist; deleting a customer deletes them.
    pub(crate) fn subscriptions(&self) -> Vec<&Subscription> {
        let all = self.subscriptions.values();
        all.filter(|one| self.stands(&one.customer)).collect()
    }

    fn stands(&self, customer: &Customer) -> bool {
        !self.deleted.contains_key(&customer.0)
    }
}

impl Stripe {
    pub(crate) fn new(fates: impl IntoIterator<Item = Fate>) -> Self {
        let stripe = Self::default();
        stripe.books().fates.extend(fates);
        stripe
    }

    async fn create_customer(&self, email: &str, key: &Key) -> Result<Customer, StripeError> {
        let customer = Customer(format!("{email} #{}", self.books().created() + 1));
        self.serve(key.as_str(), |books| &mut books.customers, customer)
            .await
    }

    async fn delete_customer(&self, customer: &Customer) -> Result<(), StripeError> {
        let delete = self.serve(&customer.0, |books| &mut books.deleted, customer.clone());
        delete.await.map(drop)
    }

    async fn subscribe(
        &self,
        customer: &Customer,
        plan: &str,
        key: &Key,
    ) -> Result<Subscription, StripeError> {
        let (customer, plan) = (customer.clone(), plan.to_owned());
        let subscription = Subscription { customer, plan };
        self.serve(key.as_str(), |books| &mut books.subscriptions, subscription)
            .await
    }

    /// Enters `new` into `table` under `key`, or returns the entry that is already there.
    async fn serve<T: Clone>(
        &self,
        key: &str,
        table: fn(&mut Books) -> &mut HashMap<String, T>,
        new: T,
    ) -> Result<T, StripeError> {
        sleep(Duration::from_millis(50)).await;
        let (fate, done) = {
            let mut books = self.books();
            let fate = books.fates.pop_front().unwrap_or(Fate::Fine);
            let table = table(&mut books);
            let acts = match fate {
                Fate::Fine | Fate::Unheard | Fate::Silent => true,
                Fate::Declined => table.contains_key(key),
                Fate::Busy | Fate::Lost => false,
            };
            let act = || table.entry(key.to_owned()).or_insert(new).clone();
            (fate, acts.then(act))
        };
        match fate {
            Fate::Fine | Fate::Declined => done.ok_or(StripeError::Declined),
            Fate::Busy => Err(StripeError::Busy),
            Fate::Lost | Fate::Unheard => Err(StripeError::Broken),
            Fate::Silent => pending().await,
        }
    }

    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().expect("nobody panics under it")
    }
}

/// Subscribes a customer at a service whose requests meet these fates.
pub(crate) async fn subscribe(
    fates: impl IntoIterator<Item = Fate>,
) -> (Stripe, Result<Subscription, typed_saga::Error<StripeError>>) {
    let stripe = Stripe::new(fates);
    let (email, plan) = ("ada@mail.example".to_owned(), "monthly".to_owned());
    let subscription = Subscribe { email, plan }.with(stripe.clone()).await;
    (stripe, subscription)
}

/// The customer is created, the subscription fails, the customer is deleted.
pub(crate) const IN_VAIN: [Fate; 3] = [Fate::Fine, Fate::Busy, Fate::Fine];

#[tokio::main(flavor = "current_thread", start_paused = true)]
pub(crate) async fn main() {
    // Five turns are enough …
    let (stripe, subscription) = subscribe(IN_VAIN.repeat(5)).await;
    let customer = subscription.expect("the sixth try").customer;
    assert_eq!(stripe.books().created(), 6);
    assert_eq!(stripe.books().customers(), [&customer]);

    // … or they are not, and no customer is left.
    let (stripe, subscription) = subscribe(IN_VAIN.repeat(6)).await;
    let error = subscription.expect_err("there is no seventh try");
    assert!(error.is_clean());
    assert_eq!(error.into_step_error(), Some(StripeError::Busy));
    assert_eq!(stripe.books().created(), 6);
    assert!(stripe.books().customers().is_empty());

    // If an answer is lost, the request is sent again under the same key.
    let (stripe, subscription) =
        subscribe([Fate::Silent, Fate::Fine, Fate::Lost, Fate::Unheard]).await;
    let subscription = subscription.expect("the third answer");
    assert_eq!(stripe.books().customers(), [&subscription.customer]);
    assert_eq!(stripe.books().subscriptions(), [&subscription]);

    // A declined card is not worth a turn.
    let (stripe, subscription) = subscribe([Fate::Fine, Fate::Declined]).await;
    let error = subscription.expect_err("the card is declined");
    assert_eq!(error.into_step_error(), Some(StripeError::Declined));
    assert_eq!(stripe.books().created(), 1);
    assert!(stripe.books().customers().is_empty());
}
