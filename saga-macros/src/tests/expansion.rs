//! The expansion of a saga of two steps, printed. `saga-macros/expansion.txt` has it, and this test
//! checks that the file is up to date. After a change, `OVERWRITE_REFERENCE=1` writes the file
//! again.

use super::good;
use crate::expand::{Mode, expand};
use crate::known::declared;

const BOOKING: &str = "
    saga Booking(city: String) with (hotels: Hotels, bank: Bank) -> Result<Payment, Error> {
        step room(hotels, city) -> Room = Hotels::book
            compensate(hotels, room) = Hotels::cancel;

        step payment(bank, room) -> Payment = Bank::charge
            compensate none;

        payment
    }
";

#[test]
fn the_printed_expansion_is_what_the_macro_writes() {
    let saga = good(BOOKING);
    let tokens = expand(&saga, Mode::Complete(&declared(&saga)));
    let file = syn::parse2(tokens).expect("items");
    let said = BOOKING.trim_end().replace('\n', "\n//");
    let printed = format!(
        "// What `saga!` writes for this saga, printed; `typed_saga_macros::tests::expansion` keeps it true.\n\
         //{said}\n\n{}",
        prettyplease::unparse(&file)
    );
    saga_tests::compare_with_file("saga-macros/expansion.txt", &printed);
}
