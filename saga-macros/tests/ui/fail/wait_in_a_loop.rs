// errors: 2. What waits is not looped.

use typed_saga::saga;

saga! {
    saga Vote(voters: Vec<u32>) -> Result<(), ()> {
        for voter: u32 in (voters => voters.clone())
        signal vote -> u32;

        for voter: u32 in (voters => voters.clone())
        sleep nap(voter => std::time::Duration::from_secs(u64::from(*voter)));
    }
}

fn main() {}
