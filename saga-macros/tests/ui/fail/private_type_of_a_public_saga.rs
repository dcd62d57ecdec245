// errors: 2. What a public saga says in public is public.

use typed_saga::saga;

mod trips {
    #[derive(Debug)]
    struct Failed;
    struct Receipt;

    super::saga! {
        pub saga Trip() -> Result<Receipt, Failed> {
            read one() { Ok(()) }

            Receipt
        }
    }
}

fn main() {}
