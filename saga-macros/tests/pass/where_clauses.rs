//! Bounds in a `where`: on inputs, on services, on types that belong to them.

use typed_saga::saga;

#[derive(Debug)]
struct Failed;

struct Doubler;

impl Fn1<u8> for Doubler {
    type Output = u16;
    fn call(&self, argument: &u8) -> u16 {
        u16::from(*argument) * 2
    }
}

trait Fn1<A> {
    type Output;
    fn call(&self, argument: &A) -> Self::Output;
}

saga! {
    saga Apply<A, F>(argument: A) with (function: F) -> Result<(A, F::Output), Failed>
    where
        A: Clone + PartialEq,
        F: Fn1<A>,
        <F as Fn1<A>>::Output: Send + Sync + 'static,
    {
        read output(function, argument) -> F::Output { Ok(function.call(argument)) }
        read copy(argument) -> A { Ok(argument.clone()) }

        (copy, output)
    }
}

#[tokio::test]
async fn runs() {
    assert_eq!(Apply { argument: 4 }.with(Doubler).await.unwrap(), (4, 8));
}
