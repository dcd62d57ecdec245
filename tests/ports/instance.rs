//! Creating a virtual machine, as Omicron, the control plane of Oxide's racks, does it.
//!
//! The facts: an instance has a record, any number of network interfaces, an address behind which
//! it reaches out, any number of addresses of its own, a disk to start from, which is made for it,
//! and any number of disks that exist already, which are attached. A disk is made by a saga of its
//! own, which also runs without an instance: a record, then room for three copies, then a region on
//! each of three machines. The original, on steno, has a fixed number of nodes for each kind, most of
//! which find that they have nothing to do; here each kind is a loop, and the disk a step.

use typed_saga::saga;

use super::rack::{Error, Rack, Trouble};

type Id = u32;

/// How many machines have a copy of a disk.
const COPIES: u32 = 3;

saga! {
    /// A disk, of which three machines have a copy.
    #[classify(Error::verdict)]
    saga CreateDisk(name: String) with (rack: Rack) -> Result<Id, Error> {
        #[idempotent]
        step record(rack, name, key) -> Id { rack.make(format!("{name}: record"), key).await }
            compensate(rack, record) { rack.remove(*record).await }

        #[idempotent]
        step space(rack, name, key) -> Id { rack.make(format!("{name}: space"), key).await }
            compensate(rack, space) { rack.remove(*space).await }

        #[idempotent] #[concurrent(3)]
        for copy: u32 in (space => { let _ = space; 0..COPIES })
        step regions(rack, name, copy, key) -> Id {
            rack.make(format!("{name}: region {copy}"), key).await
        }
            compensate(rack, regions) { rack.remove(*regions).await }

        record
    }
}

/// What somebody asks for.
#[derive(Clone)]
struct Wish {
    interfaces: Vec<String>,
    addresses: Vec<String>,
    boot: String,
    disks: Vec<String>,
}

saga! {
    /// A machine with all that belongs to it, stopped; or nothing.
    #[classify(Error::verdict)]
    saga CreateInstance(wish: Wish) with (rack: Rack) -> Result<Instance, Error> {
        #[idempotent]
        step record(rack, key) -> Id { rack.make("instance".to_owned(), key).await }
            compensate(rack, record) { rack.remove(*record).await }

        #[idempotent]
        for interface: String in (wish => wish.interfaces.clone())
        step interfaces(rack, interface, key) -> Id { rack.make(interface.clone(), key).await }
            compensate(rack, interfaces) { rack.remove(*interfaces).await }

        #[idempotent]
        step outgoing(rack, key) -> Id { rack.make("outgoing address".to_owned(), key).await }
            compensate(rack, outgoing) { rack.remove(*outgoing).await }

        #[idempotent] #[concurrent(4)]
        for address: String in (wish => wish.addresses.clone())
        step addresses(rack, address, key) -> Id { rack.make(address.clone(), key).await }
            compensate(rack, addresses) { rack.remove(*addresses).await }

        step boot(wish) -> Id = saga CreateDisk { name: wish.boot.clone() } with (rack);

        #[idempotent]
        for disk: String in (wish => wish.disks.clone())
        step attached(rack, disk, key) -> Id { rack.make(format!("{disk} is attached"), key).await }
            compensate(rack, attached) { rack.remove(*attached).await }

        #[idempotent]
        pivot stopped(rack, record, boot, key) {
            rack.make(format!("{record} is stopped, and starts from {boot}"), key)
                .await?;
            Ok(())
        }

        Instance { record, interfaces, outgoing, addresses, boot, attached }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Instance {
    record: Id,
    interfaces: Vec<Id>,
    outgoing: Id,
    addresses: Vec<Id>,
    boot: Id,
    attached: Vec<Id>,
}

saga! {
    /// A disk with what a snapshot has on it: the same child in another parent.
    #[classify(Error::verdict)]
    saga RestoreSnapshot(snapshot: String) with (rack: Rack) -> Result<Id, Error> {
        step disk(snapshot) -> Id =
            saga CreateDisk { name: format!("copy of {snapshot}") } with (rack);

        #[idempotent]
        step filled(rack, disk, key) -> Id { rack.make(format!("content of {disk}"), key).await }
            compensate(rack, filled) { rack.remove(*filled).await }

        {
            let _ = filled;
            disk
        }
    }
}

fn wish() -> Wish {
    let named = |kind: &str, count: u32| (0..count).map(|n| format!("{kind} {n}")).collect();
    Wish {
        interfaces: named("interface", 2),
        addresses: named("address", 3),
        boot: "boot disk".to_owned(),
        disks: named("disk", 2),
    }
}

#[tokio::test]
async fn all_that_is_wished_for_stands() {
    let rack = Rack::default();
    let instance = CreateInstance { wish: wish() }
        .with(rack.clone())
        .await
        .unwrap();
    let made = (
        instance.interfaces.len(),
        instance.addresses.len(),
        instance.attached.len(),
    );
    assert_eq!(made, (2, 3, 2));
    let standing = rack.standing();
    assert_eq!(standing.len(), 1 + 2 + 1 + 3 + 5 + 2 + 1, "{standing:#?}");
}

#[tokio::test]
async fn a_machine_without_anything_is_one_too() {
    let nothing = Wish {
        interfaces: vec![],
        addresses: vec![],
        disks: vec![],
        ..wish()
    };
    let instance = CreateInstance { wish: nothing }
        .with(Rack::default())
        .await
        .unwrap();
    assert!(instance.interfaces.is_empty() && instance.attached.is_empty());
}

/// Whatever the one request that fails is, and however it fails, all stands or nothing does.
#[tokio::test(start_paused = true)]
async fn each_request_may_fail_in_each_way() {
    let rack = Rack::default();
    CreateInstance { wish: wish() }
        .with(rack.clone())
        .await
        .unwrap();
    let (requests, all) = (rack.requests().len(), rack.standing());
    let (mut completed, mut compensated) = (0, 0);
    for number in 0..requests {
        for trouble in Trouble::ALL {
            let rack = Rack::with(number, trouble);
            let ended = CreateInstance { wish: wish() }.with(rack.clone()).await;
            let told = format!("{:?} at {number}: {:#?}", trouble, rack.requests());
            match ended {
                Ok(_) => {
                    assert_eq!(rack.standing(), all, "{told}");
                    completed += 1;
                }
                Err(error) => {
                    assert!(error.is_clean(), "{error}, {told}");
                    assert_eq!(rack.standing(), [""; 0], "{told}");
                    compensated += 1;
                }
            }
        }
    }
    // Each lost answer is asked for again; without `#[retry]` the others send the saga back.
    assert_eq!((completed, compensated), (2 * requests, 2 * requests));
}

#[tokio::test]
async fn the_path_of_an_error_leads_into_the_disk() {
    let rack = Rack::default();
    CreateInstance { wish: wish() }
        .with(rack.clone())
        .await
        .unwrap();
    let region = |request: &String| request == "make boot disk: region 1";
    let number = rack.requests().iter().position(region).unwrap();
    let rack = Rack::with(number, Trouble::Refused);
    let error = CreateInstance { wish: wish() }
        .with(rack.clone())
        .await
        .unwrap_err();
    assert_eq!(error.step(), Some("boot"));
    assert_eq!(error.path(), Some("boot/regions[1]"));
    assert_eq!(rack.standing(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_disk_serves_two_parents() {
    for number in 0..7 {
        let rack = Rack::with(number, Trouble::Refused);
        let restored = RestoreSnapshot {
            snapshot: "monday".to_owned(),
        }
        .with(rack.clone())
        .await;
        assert_eq!(restored.is_ok(), number == 6, "there are six requests");
        assert_eq!(rack.standing().len(), if number == 6 { 6 } else { 0 });
    }
}
