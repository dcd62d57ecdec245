//! What a step has done counts, whoever reads what it returned: no lint is about an effect that nothing
//! reads, whatever step it is of. (A fixer would write `_` before its name.)

#![deny(warnings)]

use typed_saga::{Key, Outcome, runtime::Signalled, saga};

#[derive(Debug)]
struct Failed;

async fn done(n: &u8) -> Result<u8, Failed> {
    Ok(*n)
}

async fn undone(_: &u8) -> Result<(), Failed> {
    Ok(())
}

async fn once(n: &u8, _: &Key) -> Result<u8, Failed> {
    Ok(*n)
}

saga! {
    saga Part(n: u8) -> Result<u8, Failed> {
        step whole(n) -> u8 = done
            compensate(whole) = undone;

        whole
    }

    saga Unread(n: u8, yes: bool) -> Result<(), Failed> {
        step plain(n) -> u8 = done
            compensate(n) = undone;

        step left(n) -> u8 = done
            compensate none;

        step undone_by_itself(n) -> u8 = done
            compensate(undone_by_itself) = undone;

        #[when(yes => *yes)]
        step conditional(n) -> u8 = done
            compensate(n) = undone;

        when (yes => *yes) {
            step inside(n) -> u8 = done
                compensate(n) = undone;

            step either(n) -> u8 = done
                compensate(n) = undone;
        } else {
            #[name = "either_2"]
            step either(n) -> u8 = done
                compensate(n) = undone;
        }

        for item: u8 in (n => [*n])
        step looped(item) -> u8 = done
            compensate(item) = undone;

        step child(n) -> u8 = saga Part { n: *n };

        for item: u8 in (n => [*n])
        step children(item) -> u8 = saga Part { n: *item };

        concurrent {
            step one_side(n) -> u8 = done
                compensate(n) = undone;

            step other_side(n) -> u8 = done
                compensate(n) = undone;
        }

        #[timeout(1h)]
        signal approved -> u8;

        #[idempotent]
        pivot charged(n, key) -> u8 = once;

        #[retry(forever, 1s..1h)] #[idempotent]
        step mailed(n, key) -> u8 = once;
    }
}

#[tokio::test]
async fn runs() {
    let saga = Unread { n: 1, yes: true }.run().id("a").start();
    let approved = saga.signal(UnreadSignal::Approved(1)).await;
    assert_eq!(approved, Signalled::Accepted);
    assert!(matches!(saga.outcome().await, Outcome::Completed(())));
}
