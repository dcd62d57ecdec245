//! Starts lives, hears what they note, and kills them.

use super::{
    child::{Aim, Task, VARIABLE},
    random::Random,
    report::{Heard, Report, listen_for_lives},
    vendors::Vendors,
};
use std::{
    collections::{HashMap, HashSet},
    env, fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{atomic::Ordering, mpsc::Receiver},
    thread,
    time::{Duration, Instant},
};

/// When to kill a life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// While the process starts.
    Starting,
    /// While it opens the file and recovers its sagas.
    Opening,
    /// While it works.
    Working,
    /// While the engine shuts down.
    Stopping,
    /// While the log is moved into the file, which is closed.
    Closing,
}

impl Moment {
    pub(crate) const ALL: [Self; 5] = [
        Self::Starting,
        Self::Opening,
        Self::Working,
        Self::Stopping,
        Self::Closing,
    ];

    /// How long after its beginning.
    pub(crate) fn wait(self, random: &mut Random) -> Duration {
        match self {
            Self::Starting => random.millis(0..30),
            Self::Opening => random.millis(0..25),
            Self::Working => random.millis(5..150),
            Self::Stopping => random.millis(0..5),
            Self::Closing => random.millis(0..3),
        }
    }

    /// The note with which it begins; none for the start of the process.
    fn begins(self) -> Option<&'static str> {
        match self {
            Self::Starting => None,
            Self::Opening => Some("opening"),
            Self::Working => Some("started"),
            Self::Stopping => Some("stopping"),
            Self::Closing => Some("closing"),
        }
    }
}

/// What was under way when a life was killed.
pub(crate) struct Killed {
    pub(crate) unfinished: usize,
    pub(crate) calls: usize,
}

pub(crate) struct Parent {
    file: PathBuf,
    address: String,
    heard: Receiver<(usize, Heard)>,
    /// How many lives have connected.
    lives: usize,
    /// Sagas that were left at the last start, and those begun since, less those ended since.
    unfinished: usize,
    first: u64,
    report: Report,
}

/// How long a life may take for anything.
const PATIENCE: Duration = Duration::from_secs(60);

impl Parent {
    pub(crate) fn new(file: PathBuf, seed: u64) -> Self {
        let vendors = Vendors::start(seed);
        let (address, heard) = listen_for_lives(&vendors);
        Self {
            file,
            address,
            heard,
            lives: 0,
            unfinished: 0,
            first: 0,
            report: Report {
                vendors,
                begun: HashSet::new(),
                ended: Vec::new(),
                finals: HashMap::new(),
                resumed: 0,
            },
        }
    }

    fn start(&self, aim: Aim) -> Child {
        let task = Task {
            aim,
            parent: self.address.clone(),
            file: self.file.clone(),
            first: self.first,
        };
        Command::new(env::current_exe().expect("the path of this test"))
            .args(["kill::life", "--exact", "--nocapture"])
            .env(VARIABLE, task.to_variable())
            .stdout(Stdio::null())
            .spawn()
            .expect("a process")
    }

    /// Starts a life, and kills it this long after `moment` has begun. `None` if it had ended by
    /// then: one that is to close the file may.
    pub(crate) fn life(&mut self, moment: Moment, wait: Duration) -> Option<Killed> {
        let aim = match moment {
            Moment::Stopping | Moment::Closing => Aim::Close,
            _ => Aim::Die,
        };
        let mut child = self.start(aim);
        if let Some(note) = moment.begins() {
            self.hear_until(&mut child, note);
        }
        thread::sleep(wait);
        let calls = self.report.vendors.open.load(Ordering::SeqCst);
        child.kill().expect("it can be killed");
        let status = child.wait().expect("it has ended");
        self.hear_the_rest(moment);
        match status.code() {
            Some(0) if aim == Aim::Close => return None,
            // Whether the test passes or fails.
            Some(0 | 101) => panic!("it ended by itself: {status}"),
            _ => {}
        }
        Some(Killed {
            unfinished: self.unfinished,
            calls,
        })
    }

    /// Lets a last life bring everything to its end.
    pub(crate) fn finish(mut self, limit: Duration) -> Report {
        let mut child = self.start(Aim::Finish);
        self.hear_until(&mut child, "started");
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().expect("the process is known") {
                break status;
            }
            if begun.elapsed() > limit {
                child.kill().expect("it can be killed");
                panic!("{} sagas have not come to their end", self.unfinished);
            }
            thread::sleep(Duration::from_millis(5));
        };
        assert!(status.success(), "the last life failed: {status}");
        self.hear_the_rest(Moment::Closing);
        self.report
    }

    /// Reads the life's notes until this one.
    fn hear_until(&mut self, child: &mut Child, note: &str) {
        let begun = Instant::now();
        let mut over = None;
        loop {
            // On a busy machine what it noted last may be heard after its end.
            let silence = if over.is_some() { 1_000 } else { 20 };
            if let Ok((life, heard)) = self.heard.recv_timeout(Duration::from_millis(silence)) {
                if self.hear(life, heard) == note {
                    return;
                }
            } else {
                assert!(
                    over.is_none(),
                    "it ended before it noted `{note}`: {over:?}"
                );
                over = child.try_wait().expect("the process is known");
            }
            assert!(begun.elapsed() < PATIENCE, "it never noted `{note}`");
        }
    }

    /// Reads what the life had noted before it ended.
    fn hear_the_rest(&mut self, moment: Moment) {
        // One that was killed before it had a connection has noted nothing, and is never heard of.
        let patience = match moment {
            Moment::Starting => Duration::from_millis(30),
            _ => PATIENCE,
        };
        let lives = self.lives;
        while let Ok((life, heard)) = self.heard.recv_timeout(patience) {
            if matches!(heard, Heard::End) && (life + 1 == lives || moment == Moment::Starting) {
                return;
            }
            self.hear(life, heard);
        }
        assert_eq!(moment, Moment::Starting, "the end of a life was not heard");
    }

    /// Keeps a note, and returns its first word.
    fn hear(&mut self, life: usize, heard: Heard) -> String {
        let Heard::Note(note) = heard else {
            return String::new();
        };
        self.lives = self.lives.max(life + 1);
        let mut words = note.splitn(3, ' ');
        let mut word = || words.next().unwrap_or_default().to_owned();
        let (what, saga, outcome) = (word(), word(), word());
        match what.as_str() {
            "started" => self.unfinished = saga.parse().expect("a number"),
            "begun" => {
                let number = saga
                    .rsplit('-')
                    .next()
                    .and_then(|number| number.parse().ok());
                self.first = self.first.max(number.map_or(0, |number: u64| number + 1));
                self.unfinished += usize::from(self.report.begun.insert(saga));
            }
            "ended" => {
                self.unfinished = self.unfinished.saturating_sub(1);
                self.report.ended.push((saga, outcome));
            }
            "final" => {
                let twice = self.report.finals.insert(saga, outcome);
                assert_eq!(twice, None, "one saga, two ends");
            }
            "resumed" => self.report.resumed += 1,
            _ => {}
        }
        what
    }
}

/// A temporary folder, which is deleted unless the test fails.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let folder = env::temp_dir().join(format!("saga-kill-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).expect("a temporary folder");
        Self(folder)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        Path::join(&self.0, name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !thread::panicking() {
            fs::remove_dir_all(&self.0).expect("the temporary folder is still there");
        }
    }
}
