// errors: 4. Without the check of names, the typestates prove what a `when` block has, and when.

use typed_saga::saga;

#[derive(Debug)]
struct Failed;

saga! {
    #[saga(unchecked_reads)]
    saga Reads(gift: bool) -> Result<_, Failed> {
        when (gift, paper => { let _ = paper; *gift }) {
            step paper() -> u8 { Ok(1) }
            compensate(ribbon) { let _ = ribbon; Ok(()) }
            step ribbon(paper) -> u8 { Ok(*paper) }
            compensate none;
        }
        step card(paper) -> u8 { let sheets: u8 = *paper; Ok(sheets) }
        compensate none;
        when (gift => !gift) {
            step seal(paper) -> u8 { let sheets: u8 = *paper; Ok(sheets) }
            compensate none;
        }
    }
}

fn main() {}
