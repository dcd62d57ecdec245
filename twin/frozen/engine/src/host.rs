//! Where this process runs, for operators. In two containers, two processes may have the same number.

use std::{env, fs, process};

/// The name of the machine, or of the container; empty if it is not known.
#[must_use]
pub fn host() -> String {
    let said = fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let said = said.or_else(|| env::var("HOSTNAME").ok());
    let said = said.or_else(|| env::var("COMPUTERNAME").ok());
    said.map_or_else(String::new, |host| host.trim().to_owned())
}

/// This process, in words.
pub(crate) fn this_process() -> String {
    let (id, host) = (process::id(), host());
    match &*host {
        "" => format!("process {id}"),
        host => format!("process {id} on {host}"),
    }
}
