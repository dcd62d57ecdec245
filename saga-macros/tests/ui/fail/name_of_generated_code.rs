// errors: 3. Names that begin with two underscores are those of generated code.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(__items_of_seats: Vec<u8>) with (__hotels: Hotels) -> Result<Vec<u8>, BookingError> {
        for seat: u8 in (__items_of_seats => __items_of_seats.clone())
        read seats(seat) -> u8 { Ok(*seat) }

        step __room(__hotels, __items_of_seats) {
            let _ = (__hotels, __items_of_seats);
            Ok(())
        }
        compensate none;

        seats
    }
}

#[tokio::main]
async fn main() {
    let book = Book { __items_of_seats: vec![1] };
    let _ = book.with(Hotels).await;
}
