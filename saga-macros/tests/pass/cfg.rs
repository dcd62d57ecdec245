//! `#[cfg]`, on and off, on everything that can be left out.

use typed_saga::saga;

#[derive(Debug)]
struct Failed;

saga! {
    #[cfg(not(all()))]
    saga Never(missing: Missing) -> Result<(), Failed> { read never(missing) = missing; }

    #[cfg(all())]
    saga Sometimes(
        n: u8,
        #[cfg(all())] on: u8,
        #[cfg(any())] off: Missing,
    ) with (
        #[cfg(any())] nobody: Missing,
        #[cfg(all())] adder: fn(u8) -> u8,
    ) -> Result<u8, Failed> {
        #[cfg(any())]
        read never(nobody) -> Missing { off }

        #[cfg(all())]
        read one(n, on) -> u8 { Ok(n + on) }
        #[cfg(not(all()))]
        read one() -> u16 = missing;

        step two(one, adder) -> u8 { Ok(adder(*one)) }
        #[cfg(any())]
        compensate(never) = missing;
        #[cfg(not(any()))]
        compensate none;

        #[cfg(all())]
        #[timeout(1s)]
        read three() -> u8 { #[cfg(all())] { Ok(1) } #[cfg(any())] { Missing } }
        #[cfg(any())]
        fallback(missing) = missing;

        #[cfg(all())]
        concurrent {
            #[cfg(all())]
            read four() -> u8 { Ok(1) }
            read five() -> u8 { Ok(1) }
            #[cfg(any())]
            read six() -> Missing { missing }
        }
        #[cfg(any())]
        concurrent { read seven() -> Missing = missing; }

        #[cfg(any())]
        finally(missing) = missing;

        two + three + four + five
    }
}

#[tokio::test]
async fn runs() {
    let saga = Sometimes { n: 1, on: 2 };
    assert_eq!(saga.with(|n| n + 10).await.unwrap(), 16);
}
