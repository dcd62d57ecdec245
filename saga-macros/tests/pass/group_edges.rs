//! A sibling starts when those that it reads, or says it comes after, are there.

use typed_saga::saga;

#[derive(Debug)]
struct Failed;

saga! {
    saga Edges(n: u8) -> Result<_, Failed> {
        read base(n) -> u8 { Ok(n + 1) }
        concurrent {
            step a(base) -> u8 { tokio::task::yield_now().await; Ok(base + 1) }
            compensate(a) { let _ = a; Ok(()) }

            step b(a, base) -> u8 { Ok(a + base) }
            compensate(b, a) { let _ = (a, b); Ok(()) }
            fallback(a) { Ok(*a) };

            #[after(a)]
            step c() { Ok(()) }
            compensate none;

            #[when(b => *b > 3)]
            #[after(c)]
            step d(b) -> u8 { Ok(*b) }
            compensate(d, b) { let _ = (d, b); Ok(()) }
        }
        read end(a, b, d) -> u8 { Ok(a + b + d.unwrap_or(0)) }
    }
}

#[tokio::test]
async fn runs() {
    let EdgesEffects {
        base,
        a,
        b,
        c: (),
        d,
        end,
    } = Edges { n: 1 }.run().await.unwrap();
    assert_eq!((base, a, b, d, end), (2, 3, 5, Some(5), 13));
}
