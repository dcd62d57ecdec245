// errors: 2. What waits ends with a semicolon.

use typed_saga::saga;

saga! {
    saga Vote() -> Result<String, ()> {
        sleep night(8h)

        #[timeout(1h)]
        signal vote -> String

        read count() { Ok(()) }

        { let () = count; vote }
    }
}

fn main() {}
