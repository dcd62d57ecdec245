//! Vendors that stand still when something has happened, so that a site is killed exactly then, on
//! however busy a machine: `examples/trip/vendors/halt.rs`.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use crate::trip::Folder;

/// How a process of a site ended.
#[derive(Debug, PartialEq)]
pub(crate) enum End {
    Killed,
    /// By itself: no request came that would have been held.
    Own,
}

impl Folder {
    /// Where the vendors keep their ledgers.
    pub(crate) fn vendors(&self) -> PathBuf {
        let vendors = self.0.join("trips.db-vendors");
        fs::create_dir_all(&vendors).expect("a folder in that folder");
        vendors
    }

    /// Runs the site with vendors that hold the requests of which `hold` speaks, and kills it when
    /// `is_time` says so. That cannot come too late: a request stays held as long as the process lives.
    pub(crate) fn kill(
        &self,
        mut site: Command,
        hold: &str,
        is_time: impl Fn(&Self) -> bool,
    ) -> End {
        let file = self.vendors().join("hold.json");
        fs::write(&file, hold).expect("a file beside the ledgers");
        let site = site.stdout(Stdio::null()).stderr(Stdio::null());
        let mut site = site.spawn().expect("the example starts");
        let end = loop {
            if is_over(&mut site) {
                break End::Own;
            }
            if is_time(self) {
                break End::Killed;
            }
            thread::sleep(Duration::from_millis(2));
        };
        site.kill().expect("it can be killed");
        site.wait().expect("it has ended");
        fs::remove_file(file).expect("it is still there");
        let _ = fs::remove_file(self.held());
        end
    }

    /// Whether a request is held.
    pub(crate) fn is_held(&self) -> bool {
        self.held().exists()
    }

    fn held(&self) -> PathBuf {
        self.vendors().join("held")
    }
}

fn is_over(site: &mut Child) -> bool {
    site.try_wait().expect("the process is known").is_some()
}
