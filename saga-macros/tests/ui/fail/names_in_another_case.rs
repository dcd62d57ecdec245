// errors: 10. A name is reported once, where it is declared; `allow` at an input is about no other.
#![deny(non_snake_case)]

use typed_saga::saga;

struct Failed;

struct Order;

impl typed_saga::Lock for Order {
    const NAME: &'static str = "order";

    fn key(&self) -> String {
        String::new()
    }
}

saga! {
    saga Names(anInput: u8) with (aService: u8) -> Result<u8, Failed> {
        #[timeout(1s)]
        lock aLock(=> Order) -> Order;

        sleep aMoment(1s);

        #[timeout(1s)]
        signal aSignal -> u8
            fallback() { Ok(0) }

        read aRead(anInput, aService) -> u8 { Ok(*anInput + aService) }

        step aStep(aRead) -> u8 { Ok(*aRead) }
            compensate(aStep) {
                let _ = aStep;
                Ok(())
            }

        for anItem: u8 in (anInput => 0..*anInput)
        read aLoop(anItem) -> u8 { Ok(*anItem) }

        aStep + aSignal + aLoop.len() as u8
    }

    saga More(#[allow(non_snake_case)] itsOwn: u8, theOther: u8) -> Result<u8, Failed> {
        read sum(itsOwn, theOther) -> u8 { Ok(itsOwn + theOther) }
        sum
    }
}

fn main() {
    drop(Names { anInput: 1 }.with(1));
    drop(More { itsOwn: 1, theOther: 2 });
}
