//! What the program is asked to do.

use std::ffi::OsString;
use std::path::PathBuf;

pub(crate) const USAGE: &str =
    "usage: trip [--durable DB | --postgres URL [--workers N] [--kill]] [FILE]";

/// How many processes a fleet has unless somebody says otherwise.
const WORKERS: usize = 3;

pub(crate) enum Task {
    /// Books the trips of a file.
    Book(Arguments),
    /// Is one of the processes of a fleet.
    Work,
}

/// A fleet that is wanted.
pub(crate) struct Plan {
    pub(crate) url: String,
    pub(crate) workers: usize,
    /// Whether one of the processes is killed on the way.
    pub(crate) kill: bool,
}

pub(crate) struct Arguments {
    pub(crate) file: PathBuf,
    pub(crate) durable: Option<PathBuf>,
    pub(crate) fleet: Option<Plan>,
}

impl Task {
    /// `None` if the arguments are not understood.
    pub(crate) fn from(words: impl Iterator<Item = OsString>) -> Option<Self> {
        let mut words = words.peekable();
        if words.next_if(|word| word == "--worker").is_some() {
            return words.next().is_none().then_some(Self::Work);
        }
        let (mut file, mut durable, mut url, mut workers) = (None, None, None, None);
        let mut kill = false;
        while let Some(word) = words.next() {
            let (place, value) = match word.to_str() {
                Some("--kill") if !kill => {
                    kill = true;
                    continue;
                }
                Some("--durable") => (&mut durable, words.next()?),
                Some("--postgres") => (&mut url, words.next()?),
                Some("--workers") => (&mut workers, words.next()?),
                Some(option) if option.starts_with('-') => return None,
                _ => (&mut file, word),
            };
            if place.replace(value).is_some() {
                return None;
            }
        }
        let workers = match workers {
            Some(number) => Some(number.to_str()?.parse().ok()?),
            None => None,
        };
        let fleet = match url {
            Some(url) => Some(Plan {
                url: url.into_string().ok()?,
                workers: workers.unwrap_or(WORKERS),
                kill,
            }),
            None if workers.is_some() || kill => return None,
            None => None,
        };
        // Somebody must be left.
        let is_enough = |plan: &Plan| plan.workers > usize::from(plan.kill);
        if durable.is_some() && fleet.is_some() || !fleet.iter().all(is_enough) {
            return None;
        }
        let default = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/trip/trips.json");
        Some(Self::Book(Arguments {
            file: file.unwrap_or_else(|| default.into()).into(),
            durable: durable.map(PathBuf::from),
            fleet,
        }))
    }
}

impl Arguments {
    /// Where the vendors keep their ledgers.
    pub(crate) fn vendors(&self) -> Option<PathBuf> {
        let mut folder = self.durable.clone()?.into_os_string();
        folder.push("-vendors");
        Some(folder.into())
    }
}
