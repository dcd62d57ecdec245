// errors: 5. What was done under a key is known by it, waited for as before, and undone with what was read.

use typed_saga::saga;

#[derive(serde::Serialize, serde::Deserialize)]
struct Failed;

saga! {
    #[classify(typed_saga::transient)] #[timeout(1s)]
    durable saga Mount() -> Result<_, Failed> {
        read disk1() -> u8 { Ok(1) }

        read disk2() -> u8 { Ok(2) }

        // The same is read, and another value is the key.
        #[idempotent(by = disk2)]
        step mounted(disk1, disk2) -> u8 { let _ = (disk1, disk2); Ok(1) }
        compensate(mounted) { let _ = mounted; Ok(()) }

        #[idempotent]
        step labelled(disk1, _key) -> u8 { let _ = disk1; Ok(1) }
        compensate(labelled) { let _ = labelled; Ok(()) }

        #[idempotent]
        step formatted(disk1, disk2, _key) -> u8 { let _ = (disk1, disk2); Ok(1) }
        #[by_key(by = disk2)]
        compensate(disk1, disk2) { let _ = (disk1, disk2); Ok(()) }

        #[idempotent]
        step checked(disk1, _key) -> u8 { let _ = disk1; Ok(1) }
        compensate(checked, disk2) { let _ = (checked, disk2); Ok(()) }

        #[idempotent] #[late(1s)]
        step copied(_key) -> u8 { Ok(1) }
        resolve(_key) { Ok(None) }
        compensate(copied) { let _ = copied; Ok(()) }
    }
}

fn main() {}
