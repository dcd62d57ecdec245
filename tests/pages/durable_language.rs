//! The programs of the page "Durable sagas".

#[test]
fn it_runs() {
    use saga::{Key, classify::Io};
    use serde::{Deserialize, Serialize};
    use std::io;

    #[derive(Serialize, Deserialize)]
    struct Seat(u32);

    #[derive(Clone)]
    struct Theatre;

    impl Theatre {
        async fn reserve(&self, row: &u32, _: &Key) -> io::Result<Seat> {
            Ok(Seat(row * 100))
        }
        async fn find(&self, _: &Key) -> io::Result<Option<Seat>> {
            Ok(None)
        }
        async fn release(&self, _: &Seat) -> io::Result<()> {
            Ok(())
        }
    }

    saga::saga! {
        #[classify(Io::verdict)] // a connection that is lost leaves doubt
        #[timeout(5s)]
        durable saga Reserve(row: u32) with (theatre: Theatre) -> Result<Seat, Io> {
            #[late(30s)]
            step seat(theatre, row, key) -> Seat = Theatre::reserve
                resolve(theatre, key) = Theatre::find
                compensate(theatre, seat) = Theatre::release;

            seat
        }
    }

    let services = ReserveServices { theatre: Theatre };
    let for_another_run = services.clone();
    drop((services.theatre, for_another_run));
}
