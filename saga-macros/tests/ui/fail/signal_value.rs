// The value of a signal has the type that it is declared with.

use typed_saga::saga;

saga! {
    saga Vote() -> Result<String, ()> {
        #[timeout(1h)]
        signal vote -> String;

        vote
    }
}

async fn cast() {
    let handle = Vote {}.run().start();
    handle.signal(VoteSignal::Vote(7)).await;
}

fn main() {}
