//! What the ledger must say at the end.

use std::collections::{BTreeMap, BTreeSet};

/// What was done for each order.
#[derive(Default)]
pub(crate) struct Audit {
    /// The keys under which a thing was done for an order.
    done: BTreeMap<u64, BTreeMap<String, BTreeSet<String>>>,
}

impl Audit {
    pub(crate) fn of(ledger: &str) -> Self {
        let mut audit = Self::default();
        for line in ledger.lines() {
            let words: Vec<_> = line.split(' ').collect();
            let [what, order, key] = words[..] else {
                panic!("a line of the ledger: {line:?}");
            };
            if what == "started" {
                continue;
            }
            let order = order.parse().expect("the number of an order");
            let of_order = audit.done.entry(order).or_default();
            let keys = of_order.entry(what.to_owned()).or_default();
            keys.insert(key.to_owned());
        }
        audit
    }

    /// Checks each of this many orders; counts those that were insured, weighed, and both.
    ///
    /// # Panics
    ///
    /// If an order was not handled as one of the versions does it, or partly as both.
    pub(crate) fn check(&self, orders: u64) -> [usize; 3] {
        assert_eq!(u64::try_from(self.done.len()), Ok(orders), "orders");
        let mut counts = [0; 3];
        for (order, done) in &self.done {
            assert!(
                done.values().all(|keys| keys.len() == 1),
                "{order} twice: {done:?}"
            );
            let has = |what: &str| done.contains_key(what);
            let (insured, weighed) = (has("insured"), has("weighed"));
            assert!(has("reserved") && (insured || weighed), "{order}: {done:?}");
            counts[match (insured, weighed) {
                (true, true) => 2,
                (_, weighed) => usize::from(weighed),
            }] += 1;
            let is_declined = order.is_multiple_of(10);
            for what in ["reserved", "insured", "weighed"] {
                let is_undone = has(&format!("undone-{what}"));
                assert_eq!(
                    is_undone,
                    is_declined && has(what),
                    "{order}, {what}: {done:?}"
                );
            }
            assert_eq!(has("paid"), !is_declined, "{order}: {done:?}");
            // Who has weighed a parcel sends it by weight; the old version does not look.
            let (sent, by_weight) = (has("sent"), has("sent-by-weight"));
            assert_eq!(sent || by_weight, !is_declined, "{order}: {done:?}");
            assert!(sent != by_weight || is_declined, "{order}: {done:?}");
            assert_eq!(by_weight, weighed && !is_declined, "{order}: {done:?}");
        }
        counts
    }
}
