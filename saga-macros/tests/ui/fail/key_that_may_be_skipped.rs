// errors: 6. The key is the same in each round in which the step that makes it is skipped or replaced, or if it is `()`.
use typed_saga::saga;

type Failed = std::borrow::Cow<'static, str>;

async fn reserve(disk: &Option<u32>) -> Result<u32, Failed> {
    Ok(disk.unwrap_or_default())
}

saga! {
    saga Plain(large: bool) -> Result<(), Failed> {
        #[savepoint(2)]
        read looked_up() { Ok(()) }

        #[when(large => *large)]
        read disk() -> u32 { Ok(1) }

        #[idempotent(by = disk)]
        step reserved(disk) -> u32 = reserve
            compensate(reserved) { let _ = reserved; Ok(()) }

        let _ = reserved;
    }

    saga Block(large: bool) -> Result<(), Failed> {
        #[savepoint(2)]
        read looked_up() { Ok(()) }

        when (large => *large) {
            read disk() -> u32 { Ok(1) }
        }

        #[idempotent(by = disk)]
        step reserved(disk) -> u32 = reserve
            compensate(reserved) { let _ = reserved; Ok(()) }

        let _ = reserved;
    }

    saga Replaced() -> Result<(), Failed> {
        #[savepoint(2)]
        read disk() -> Option<u32> { Ok(Some(1)) }
            fallback() { Ok(None) }

        #[idempotent(by = disk)]
        step reserved(disk) -> u32 = reserve
            compensate(reserved) { let _ = reserved; Ok(()) }

        let _ = reserved;
    }

    saga Nothing() -> Result<(), Failed> {
        #[savepoint(2)]
        read disk() { Ok(()) }

        #[idempotent(by = disk)]
        step reserved(disk) -> u32 { let () = disk; Ok(1) }
            compensate(reserved) { let _ = reserved; Ok(()) }

        let _ = reserved;
    }

    saga Disk() -> Result<u32, Failed> {
        #[introduced]
        read disk() -> u32 { Ok(1) }

        #[idempotent(by = disk)]
        step reserved(disk) -> u32 = reserve
            compensate(reserved) { let _ = reserved; Ok(()) }

        reserved
    }

    saga Parent() -> Result<(), Failed> {
        #[retry(2)]
        step made() -> u32 = saga Disk {};

        let _ = made;
    }

    saga Items(sizes: Vec<u32>) -> Result<(), Failed> {
        #[retry(2)]
        for size: u32 in (sizes => sizes.clone())
        step made(size) -> u32 = saga Disk {};

        let _ = made;
    }
}

fn main() {}
