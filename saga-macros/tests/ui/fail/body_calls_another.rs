// errors: 9. What other steps do is called by no code of the user's: it would run early.

use typed_saga::saga;
use std::time::Duration;

#[derive(Debug)]
struct Failed;

#[derive(Clone)]
struct Bank;

impl Bank {
    async fn pay(&self) -> Result<u8, Failed> {
        Ok(1)
    }
    async fn give_back(&self) -> Result<(), Failed> {
        Ok(())
    }
}

fn runs<T>(_: impl Future<Output = T>) -> bool {
    true
}

macro_rules! early {
    ($bank:expr) => {
        __send_action_pay($bank).await
    };
}

saga! {
    saga Sell() with (bank: Bank) -> Result<u8, Failed> {
        step hold(bank) -> u8 { __action_pay(bank).await }
        compensate(bank) { __Code::__send_compensate_pay(bank).await }

        #[when(bank => runs(__Code::__send_action_pay(bank)))]
        step seat(bank) -> u8 { early!(bank) }
        compensate none;

        #[timeout({ runs(__Code::__send_action_pay(&Bank)); Duration::ZERO })]
        #[savepoint(1, if = |_| runs(__Code::__send_action_pay(&Bank)))]
        read rate() -> u8 { Ok(1) }

        for each: bool in (bank => [runs(__Code::__send_action_pay(bank))])
        read list(each) { let _ = each; Ok(()) }

        #[when(bank => runs(Self::__send_action_pay((bank,))))]
        read own(bank) { let _ = bank; Ok(()) }

        step pay(bank) -> u8 { bank.pay().await }
        compensate(bank) { bank.give_back().await }

        {
            runs(__Code::__send_action_pay(&Bank));
            let _ = (list, own);
            hold + seat.unwrap_or_default() + rate + pay
        }
    }
}

fn main() {}
