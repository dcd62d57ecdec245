// errors: 2. What some runs may have skipped or gone without, all others cannot require.

use typed_saga::saga;

#[derive(serde::Serialize, serde::Deserialize)]
struct Failed;

saga! {
    #[classify(typed_saga::transient)] #[timeout(1s)]
    durable saga Cruise() -> Result<_, Failed> {
        read cabin() -> u8 { Ok(1) }

        read tour() -> u8 { Ok(1) }

        read dinner() -> u8 { Ok(1) }
    }

    #[classify(typed_saga::transient)] #[timeout(1s)]
    durable saga Hike() -> Result<_, Failed> {
        read map() -> u8 { Ok(1) }

        read weather() -> u8 { Ok(1) }

        read hut() -> u8 { Ok(1) }
    }
}

fn main() {}
