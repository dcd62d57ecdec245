// errors: 2. A path is called with the reads, in their order: nothing is to be written after it.

use typed_saga::saga;

struct Hotels;
struct Booking;
struct Failed;

impl Hotels {
    async fn book(&self, _: &u8, _: &str) -> Result<Booking, Failed> {
        Ok(Booking)
    }
    async fn rooms(&self, _: &u8) -> Result<u8, Failed> {
        Ok(1)
    }
}

saga! {
    saga Book(nights: u8) with (hotels: Hotels) -> Result<(Booking, u8), Failed> {
        read fewer(hotels, nights) -> Booking = Hotels::book;
        read others(nights, hotels) -> u8 = Hotels::rooms;

        (fewer, others)
    }
}

fn main() {}
