use typed_saga::saga;

#[derive(Debug)]
struct Error;

#[derive(Debug)]
struct Ticket;

saga! {
    saga Hold() -> Result<Ticket, Error> {
        step ticket() -> Ticket { Ok(Ticket) }
            compensate none

        ticket
    }

    saga Travel() -> Result<(), Error> {
        step held() -> Ticket = saga Hold {};
    }
}

fn main() {}
