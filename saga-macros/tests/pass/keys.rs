//! What the other side knows an operation by, where that is not `key`.

use typed_saga::{definition::Definition, saga};

#[derive(Debug)]
struct Failed;

struct Disks;

impl Disks {
    async fn fresh_id(&self) -> Result<u64, Failed> {
        Ok(7)
    }
    async fn create(&self, _id: &u64) -> Result<(), Failed> {
        Ok(())
    }
    async fn delete(&self, _id: &u64) -> Result<(), Failed> {
        Ok(())
    }
}

saga! {
    #[timeout(1s)]
    saga Create() with (disks: Disks) -> Result<u64, Failed> {
        #[savepoint(2)]
        read disk_id(disks) -> u64 = Disks::fresh_id;

        #[retry(3)] #[idempotent(by = disk_id)]
        step disk(disks, disk_id) = Disks::create
            #[by_key(by = disk_id)]
            compensate(disks, disk_id) = Disks::delete;

        disk_id
    }
}

#[tokio::test]
async fn runs() {
    assert_eq!(Create {}.with(Disks).await.unwrap(), 7);
    let definition: &'static Definition = &Create::DEFINITION;
    let disk = &definition.steps[1];
    assert_eq!(disk.keyed_by.as_deref(), Some("disk_id"));
    let (by_key, call) = disk.compensation.declared().unwrap();
    assert!(by_key);
    assert_eq!(call.keyed_by.as_deref(), Some("disk_id"));
}
