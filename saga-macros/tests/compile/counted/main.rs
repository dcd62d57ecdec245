//! Sagas that are run three times: all succeeds, the last step fails, and all may be left out. Behind a line
//! that begins with code of the user, `// 1` says how often it is reached. A comment by itself has no count.

use std::convert::Infallible;
use std::time::Duration;

#[derive(Debug)]
enum Failed {
    Refused,
    Lost,
}

fn verdict(failed: &Failed) -> typed_saga::Verdict {
    match failed {
        Failed::Refused => typed_saga::Verdict::Refused, // 4
        Failed::Lost => typed_saga::Verdict::Unknown, // 2
    }
}

async fn taken(n: &u8) -> Result<u8, Failed> {
    Ok(*n) // 6
}

async fn taken_once(n: &u8, _: &typed_saga::Key) -> Result<u8, Failed> {
    taken(n).await // 3
}

typed_saga::saga! {
    saga Part(n: u8) -> Result<u8, Failed> {
        read same(n) -> u8 {
            Ok(*n) // 3
        }

        same
    }

    #[classify(verdict)]
    #[timeout(1s)]
    #[late(0s)]
    saga Pack(n: u8, fails: bool) -> Result<u8, Failed> emit u8 {
        // Nothing runs here.

        #[idempotent]
        step item(n, _key) -> u8 {
            if *n > 10 { // 3
                return Err(Failed::Refused); // 0
            }
            let item = *n; // 3
            Ok(item) // 3
        }
            compensate(item) {
                let _ = item; // 1
                Ok(()) // 1
            }

        // Nothing runs here, either.

        #[idempotent]
        step path(n, key) -> u8 = taken_once // 3
            compensate none;

        step asked(n) -> u8 {
            if *n > 0 { // 3
                Err(Failed::Lost) // 2
            } else {
                Ok(0) // 1
            }
        }
            resolve(n) {
                let found = *n; // 2
                Ok(Some(found)) // 2
            }
            compensate(asked) {
                let _ = *asked == 0; // 1
                Ok(()) // 1
            }

        read replaced(n) -> u8 {
            taken(n).await?; // 3
            Err(Failed::Refused) // 3
        }
            fallback(n) {
                let other = *n; // 3
                Ok(other) // 3
            }

        #[when(n => {
            let limit = 0; // 3
            *n > limit // 3
        })]
        read more(item) -> u8 {
            Ok(*item) // 2
        }

        when (n => {
            let none = 0; // 3
            *n > none // 3
        }) {
            read within(n) -> u8 {
                Ok(*n) // 2
            }
        }

        for each: u8 in (n => {
            let all = 0..*n; // 3
            all // 3
        })
        read many(each) -> u8 {
            Ok(*each) // 2
        }

        sleep pause(n => {
            let long = u64::from(*n); // 3
            Duration::from_micros(long) // 3
        });

        step part(n) -> u8 = saga Part {
            n: {
                let given = *n; // 3
                given // 3
            },
        };

        read last(fails) -> u8 {
            if *fails { // 3
                Err(Failed::Refused) // 1
            } else {
                Ok(1) // 2
            }
        }

        emit(n => {
            let told = *n; // 2
            [told] // 2
        });

        publish(event) {
            let _ = event; // 2
            Ok(()) // 2
        }

        finally(outcome) {
            let _ = outcome; // 3
        }

        let sum = more.unwrap_or(0) // 2
            + within.unwrap_or(0)
            + many.len() as u8 // 2
            + path // 2
            + part; // 2
        if sum > 100 { // 2
            return last; // 0
        }
        sum + replaced + asked // 2
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Infallible> {
    for (n, fails) in [(1, false), (1, true), (0, false)] {
        let outcome = Pack { n, fails }.run().await;
        assert_eq!(outcome.is_err(), fails, "{outcome:?}");
    }
    drop(typed_saga::drain(Duration::from_secs(10)).await);
    Ok(())
}
