//! The testing kit: what it finds in sagas with a planted bug, and that it finds nothing in one
//! without.

mod beside;
mod bugs;
mod correct;
mod events;
mod half_done;
mod memory;
mod parts;
mod trip;
mod vendors;
mod waits;
