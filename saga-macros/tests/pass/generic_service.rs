//! A generic service: the trait's methods promise `Send`, a fake takes its place in a test.

use typed_saga::saga;

pub trait Billing {
    fn authorize(&self, amount: &u64) -> impl Future<Output = Result<String, Declined>> + Send;
    fn release(&self, authorization: &String) -> impl Future<Output = Result<(), Declined>> + Send;
}

#[derive(Debug)]
pub struct Declined;

struct Fake;

impl Billing for Fake {
    async fn authorize(&self, amount: &u64) -> Result<String, Declined> {
        Ok(format!("{amount} held"))
    }
    async fn release(&self, _: &String) -> Result<(), Declined> {
        Ok(())
    }
}

saga! {
    pub saga Pay<B: Billing>(amount: u64) with (billing: B) -> Result<String, Declined> {
        step authorization(billing, amount) -> String = B::authorize
            compensate(billing, authorization) = Billing::release;
        step again(billing, amount) -> String { billing.authorize(amount).await }
            compensate(billing, again) { B::release(billing, again).await }

        authorization + &again
    }
}

#[tokio::test]
async fn runs() {
    assert_eq!(Pay { amount: 3 }.with(Fake).await.unwrap(), "3 held3 held");

    let services = PayServices { billing: Fake };
    let held = Pay { amount: 1 }
        .walk()
        .authorization(&services)
        .await
        .unwrap();
    let before: PayBeforeAuthorization = held.undo_authorization(&services).await.unwrap();
    assert_eq!(before.amount, 1);
}
