//! The testing kit: what it finds in sagas with a planted bug, and that it finds nothing in one
//! without.

mod again;
mod anew;
mod beside;
mod bugs;
mod correct;
mod events;
mod half_done;
mod memory;
mod parts;
mod read_back;
mod reruns;
mod trip;
mod vendors;
mod waits;
