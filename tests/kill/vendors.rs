//! The vendors: they outlive whoever asks them, and act on what was asked, at times late, at times
//! without an answer.

use super::{LATE, line::now, random::Random};
use std::{
    collections::{BinaryHeap, HashMap, HashSet},
    io::Write,
    net::TcpStream,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

/// One thing that a vendor did.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) step: String,
    pub(crate) saga: String,
    pub(crate) key: String,
    pub(crate) stands: bool,
}

/// A saga came to a place where only one may be, or went from it.
#[derive(Clone, Debug)]
pub(crate) struct Move {
    pub(crate) place: usize,
    pub(crate) saga: String,
    pub(crate) comes: bool,
}

/// All that was ever done. A reference is a place in `entries`.
#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) entries: Vec<Entry>,
    /// Who came and went, in order.
    pub(crate) moves: Vec<Move>,
    /// The last entry for a step and a key.
    by_key: HashMap<(String, String), usize>,
    closed: HashSet<(String, String)>,
    /// What nobody should have asked.
    pub(crate) nonsense: Vec<String>,
    /// How many things were done for a process that had ended.
    pub(crate) late: usize,
}

/// One request, on its way.
#[derive(Clone)]
pub(crate) struct Call {
    number: String,
    /// By the sender's clock, which is ours.
    sent: u64,
    verb: String,
    step: String,
    saga: String,
    key: String,
    reference: usize,
}

impl Call {
    pub(crate) fn parse(line: &str) -> Self {
        let words: Vec<_> = line.split(' ').collect();
        let &[number, sent, verb, step, saga, key, reference] = &*words else {
            panic!("this is no call: {line}");
        };
        Self {
            number: number.to_owned(),
            sent: sent.parse().expect("a time"),
            verb: verb.to_owned(),
            step: step.to_owned(),
            saga: saga.to_owned(),
            key: key.to_owned(),
            reference: reference.parse().expect("a number"),
        }
    }
}

impl Ledger {
    fn act(&mut self, call: &Call, late: bool) -> String {
        let place = (call.step.clone(), call.key.clone());
        match call.verb.as_str() {
            "ask" => "ok 30".to_owned(),
            "refuse" => "refused".to_owned(),
            "find" => match self.by_key.get(&place) {
                Some(&reference) => format!("ok {reference}"),
                None => "ok none".to_owned(),
            },
            "close" => {
                if let Some(&reference) = self.by_key.get(&place) {
                    self.entries[reference].stands = false;
                }
                self.closed.insert(place);
                "ok done".to_owned()
            }
            "cancel" => {
                match self.entries.get_mut(call.reference) {
                    Some(entry) if entry.step == call.step => {
                        if entry.step == "enter" && entry.stands {
                            let came = self.moves.iter().rfind(|moved| moved.saga == entry.saga);
                            let came = came.expect("who entered came").clone();
                            let comes = false;
                            self.moves.push(Move { comes, ..came });
                        }
                        entry.stands = false;
                    }
                    _ => self
                        .nonsense
                        .push(format!("cancel {} {}", call.step, call.reference)),
                }
                "ok done".to_owned()
            }
            _ => self.book(call, place, late),
        }
    }

    /// `car` and `fee` act on every request, but on none that is older than [`LATE`]; `room` acts
    /// on every request, unless its key is closed; all others act once for a key.
    fn book(&mut self, call: &Call, place: (String, String), late: bool) -> String {
        let once = !["car", "fee", "room"].contains(&call.step.as_str());
        if self.closed.contains(&place) {
            return "refused".to_owned();
        }
        if let Some(&reference) = self.by_key.get(&place).filter(|_| once) {
            return format!("ok {reference}");
        }
        let reference = self.entries.len();
        self.entries.push(Entry {
            step: call.step.clone(),
            saga: call.saga.clone(),
            key: call.key.clone(),
            stands: true,
        });
        if ["enter", "leave"].contains(&call.step.as_str()) {
            self.moves.push(Move {
                place: call.reference,
                saga: call.saga.clone(),
                comes: call.step == "enter",
            });
        }
        self.by_key.insert(place, reference);
        self.late += usize::from(late);
        format!("ok {reference}")
    }
}

/// A connection to a child.
pub(crate) struct Peer {
    stream: Mutex<TcpStream>,
    gone: AtomicBool,
}

impl Peer {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self {
            stream: Mutex::new(stream),
            gone: AtomicBool::new(false),
        }
    }

    /// Its process has ended.
    pub(crate) fn is_gone(&self) {
        self.gone.store(true, Ordering::SeqCst);
    }
}

enum Stage {
    Act,
    Answer(String),
}

struct Job {
    due: Instant,
    stage: Stage,
    call: Call,
    peer: Arc<Peer>,
}

impl PartialEq for Job {
    fn eq(&self, other: &Self) -> bool {
        self.due == other.due
    }
}

impl Eq for Job {}

impl PartialOrd for Job {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The one that is due first is the greatest.
impl Ord for Job {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other.due.cmp(&self.due)
    }
}

/// All vendors: one ledger, one thread.
pub(crate) struct Vendors {
    pub(crate) ledger: Mutex<Ledger>,
    /// Calls that have not been answered yet.
    pub(crate) open: AtomicUsize,
    jobs: mpsc::Sender<Job>,
}

impl Vendors {
    pub(crate) fn start(seed: u64) -> Arc<Self> {
        let (jobs, asked) = mpsc::channel();
        let vendors = Arc::new(Self {
            ledger: Mutex::default(),
            open: AtomicUsize::new(0),
            jobs,
        });
        let own = Arc::clone(&vendors);
        thread::spawn(move || own.work(&asked, Random::of(seed)));
        vendors
    }

    pub(crate) fn ask(&self, call: Call, peer: &Arc<Peer>) {
        self.open.fetch_add(1, Ordering::SeqCst);
        let job = Job {
            due: Instant::now(),
            stage: Stage::Act,
            call,
            peer: Arc::clone(peer),
        };
        self.jobs.send(job).expect("the vendors work");
    }

    fn work(&self, asked: &mpsc::Receiver<Job>, mut random: Random) {
        let mut jobs = BinaryHeap::new();
        loop {
            let wait = jobs.peek().map_or(Duration::from_secs(1), |job: &Job| {
                job.due.saturating_duration_since(Instant::now())
            });
            match asked.recv_timeout(wait) {
                Ok(job) => jobs.push(Job {
                    due: job.due + travel(&mut random),
                    ..job
                }),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            let now = Instant::now();
            while jobs.peek().is_some_and(|job| job.due <= now) {
                let job = jobs.pop().expect("one was seen");
                jobs.extend(self.step(job, &mut random));
            }
        }
    }

    /// Does what is due of a call; gives what is to be done of it later.
    fn step(&self, job: Job, random: &mut Random) -> Option<Job> {
        let answer = match job.stage {
            Stage::Act => self.act(&job, random),
            Stage::Answer(answer) => {
                let mut stream = job.peer.stream.lock().expect("no panic");
                // The process may have ended.
                let _ = stream.write_all(format!("{} {answer}\n", job.call.number).as_bytes());
                None
            }
        };
        let Some(answer) = answer else {
            self.open.fetch_sub(1, Ordering::SeqCst);
            return None;
        };
        Some(Job {
            due: Instant::now() + travel(random),
            stage: Stage::Answer(answer),
            ..job
        })
    }

    /// The answer, if it is ever to come.
    fn act(&self, job: &Job, random: &mut Random) -> Option<String> {
        let age = Duration::from_millis(now().saturating_sub(job.call.sent));
        // One millisecond for the clock's own rounding.
        if age + Duration::from_millis(1) >= LATE {
            return None;
        }
        let fate = random.below(100);
        match fate {
            0..4 => return Some("busy".to_owned()),
            4..6 => return Some("broken".to_owned()),
            _ => {}
        }
        let late = job.peer.gone.load(Ordering::SeqCst);
        let answer = self.ledger.lock().expect("no panic").act(&job.call, late);
        match fate {
            6..9 => Some("broken".to_owned()),
            9..11 => None,
            _ => Some(answer),
        }
    }
}

/// How long a request or an answer is on its way.
fn travel(random: &mut Random) -> Duration {
    match random.below(20) {
        0 => random.millis(10..90),
        _ => random.millis(0..4),
    }
}
