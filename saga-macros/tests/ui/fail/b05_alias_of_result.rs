// A saga names its error, which an alias of `Result` with one parameter does not.

#[derive(Debug)]
struct Failed;

type Result<T> = std::result::Result<T, Failed>;

typed_saga::saga! {
    saga Alias() -> Result<u8> {
        read one() -> u8 { Ok(1) }

        one
    }
}

async fn run() -> Result<u8> {
    Alias {}.run().await.map_err(|_| Failed)
}

fn main() {}
