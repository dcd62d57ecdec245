//! A `when` block with more than one arm, and a name that is in all of them.

use super::sagas::Failed;
use typed_saga::saga;

saga! {
    pub(crate) saga Arms(n: u8) -> Result<u8, Failed> {
        when (n => *n > 9) {
            step sent(n) -> u8 { Ok(*n) }
                compensate(sent) { let _ = sent; Ok(()) }
        } else when (n => *n > 1) {
            step label(n) -> u8 { Ok(*n) }
                compensate(label) { let _ = label; Ok(()) }

            #[name = "by_van"]
            step sent(label) -> u8 { Ok(*label) }
                compensate none
        } else {
            #[name = "by_hand"]
            read sent() -> u8 { Ok(0) }
        }

        read note(sent) -> u8 { Ok(*sent) }

        let _ = label;
        note
    }
}
