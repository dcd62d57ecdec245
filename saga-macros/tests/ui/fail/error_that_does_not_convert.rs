// errors: 2. `?` converts with `From`, in a block and behind a path.

use typed_saga::saga;

struct Failed;

async fn parse(text: &str) -> Result<u8, std::num::ParseIntError> {
    text.parse()
}

saga! {
    saga Parse(text: String) -> Result<u8, Failed> {
        read block(text) -> u8 { Ok(text.parse::<u8>()?) }
        read path(text) -> u8 = parse;

        block + path
    }
}

fn main() {}
