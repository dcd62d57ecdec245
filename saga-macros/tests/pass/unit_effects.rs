//! Steps without an effect: written `-> ()`, or not at all.

use typed_saga::saga;

#[derive(Debug)]
struct Failed;

async fn nothing() -> Result<(), Failed> {
    Ok(())
}

saga! {
    saga Units() -> Result<(), Failed> {
        read one() = nothing;
        read two() -> () = nothing;
        #[late(0s)]
        #[when(=> true)]
        step three() = nothing
        resolve() { Ok(Some(())) }
        compensate(three) { let () = *three; Ok(()) }
        #[idempotent]
        pivot four(one, two, three, _key) { let ((), (), Some(())) = (one, two, three) else { return Err(Failed) }; Ok(()) }
    }
}

#[tokio::test]
async fn runs() {
    Units {}.run().await.unwrap();
}
