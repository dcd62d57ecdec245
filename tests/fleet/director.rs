//! Starts workers, and lets things happen to them.

use crate::fleet::{
    clocks::Clocks,
    news,
    proxy::Proxy,
    random::Random,
    report::{Heard, Report, listen_for_lives},
    vendors::Vendors,
    worker::{LEASE, Task, VARIABLE},
};
use saga_postgres_server::Server;
use std::{
    collections::{HashMap, HashSet},
    env,
    process::{Child, Command, Stdio},
    sync::mpsc::Receiver,
    thread::sleep,
    time::{Duration, Instant},
};

/// What happens to the fleet.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// A worker is killed, and another one started.
    Kill,
    /// A worker is stopped for longer than its lease, and goes on.
    Freeze,
    /// A worker is stopped for a part of its lease.
    Pause,
    /// The server crashes and starts anew.
    Crash,
    /// The connections of a worker are cut.
    Cut,
    /// What a worker and the server say arrives later than its lease ends.
    HoldUp,
    /// A worker is shut down, and replaced by one of the other version.
    Deploy,
    /// The clock of the server is set forwards, or back.
    SetClock,
    /// Rows are damaged.
    Damage,
}

impl Fault {
    pub(crate) const ALL: [Self; 9] = [
        Self::Kill,
        Self::Freeze,
        Self::Pause,
        Self::Crash,
        Self::Cut,
        Self::HoldUp,
        Self::Deploy,
        Self::SetClock,
        Self::Damage,
    ];
}

struct Worker {
    process: Child,
    proxy: Proxy,
    second: bool,
}

pub(crate) struct Director<'a> {
    server: &'a Server,
    address: String,
    heard: Receiver<(usize, Heard)>,
    workers: Vec<Worker>,
    clocks: Clocks,
    locks: bool,
    /// The number of the next worker's first saga.
    next: u64,
    report: Report,
    news: news::Heard,
}

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// More than a worker submits.
const NUMBERS: u64 = 1_000_000;

/// The most seconds that the server's clock is off, to either side: an hour.
const FURTHEST: u64 = 60 * 60;

/// The database that the fleet shares.
const DATABASE: &str = "postgres";

impl<'a> Director<'a> {
    /// With so many workers; with locks alone, or with all kinds of sagas.
    pub(crate) fn new(server: &'a Server, seed: u64, workers: usize, locks: bool) -> Self {
        let vendors = Vendors::start(seed);
        server.own_clock(DATABASE);
        let (address, heard) = listen_for_lives(&vendors);
        let mut director = Self {
            server,
            address,
            heard,
            workers: Vec::new(),
            clocks: Clocks::new(Random::of(seed)),
            locks,
            next: 0,
            report: Report {
                vendors,
                begun: HashSet::new(),
                ended: Vec::new(),
                finals: HashMap::new(),
                resumed: 0,
            },
            news: news::Heard::default(),
        };
        for _ in 0..workers {
            let worker = director.start(false, false);
            director.workers.push(worker);
        }
        director.count_the_dead();
        director
    }

    fn start(&mut self, finishes: bool, second: bool) -> Worker {
        let proxy = Proxy::start(self.server.port());
        let task = Task {
            finishes,
            second,
            locks: self.locks,
            parent: self.address.clone(),
            first: self.next,
            url: format!(
                "postgres://postgres@127.0.0.1:{}/{DATABASE}?sslmode=disable",
                proxy.port
            ),
        };
        self.next += NUMBERS;
        let mut process = Command::new(env::current_exe().expect("the path of this test"));
        process
            .args(["fleet::work", "--exact", "--nocapture"])
            .env(VARIABLE, task.to_variable())
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        self.clocks.set(&mut process);
        Worker {
            process: process.spawn().expect("a process"),
            proxy,
            second,
        }
    }

    pub(crate) fn inflict(&mut self, fault: Fault, random: &mut Random) {
        let meant = usize::try_from(random.below(self.workers.len() as u64)).expect("one of a few");
        let lease = u64::try_from(LEASE.as_millis()).expect("it is short");
        let worker = &mut self.workers[meant];
        let ended = worker.process.try_wait().expect("the process is known");
        assert!(ended.is_none(), "a worker has ended by itself: {ended:?}");
        match fault {
            Fault::Kill => {
                worker.process.kill().expect("it can be killed");
                worker.process.wait().expect("it has ended");
                let second = worker.second;
                self.workers[meant] = self.start(false, second);
            }
            Fault::Freeze => worker.freeze(random.millis(lease * 5 / 4..lease * 5 / 2)),
            Fault::Pause => worker.freeze(random.millis(1..lease / 2)),
            Fault::Crash => self.server.crash(),
            Fault::Cut => worker.proxy.cut(),
            Fault::HoldUp => {
                worker.proxy.hold_up(true);
                sleep(random.millis(lease / 4..lease * 2));
                worker.proxy.hold_up(false);
            }
            Fault::Deploy => {
                drop(worker.process.stdin.take());
                let second = !worker.second;
                self.ends(meant);
                self.workers[meant] = self.start(false, second);
            }
            Fault::SetClock => {
                let seconds = i64::try_from(random.below(2 * FURTHEST)).expect("two hours");
                let furthest = i64::try_from(FURTHEST).expect("an hour");
                self.server.set_clock(DATABASE, seconds - furthest);
            }
            Fault::Damage => self.news.damage(self.server, DATABASE),
        }
        sleep(random.millis(50..500));
        self.hear();
    }

    /// Waits until a worker has ended well.
    fn ends(&mut self, meant: usize) {
        let begun = Instant::now();
        let status = loop {
            let ended = self.workers[meant].process.try_wait();
            if let Some(status) = ended.expect("the process is known") {
                break status;
            }
            self.hear();
            let in_time = begun.elapsed() < PATIENCE;
            assert!(in_time, "worker {meant} does not end:\n{}", self.left());
            sleep(Duration::from_millis(5));
        };
        assert!(status.success(), "a worker failed: {status}");
    }

    /// What has not ended, and who works on it.
    fn left(&self) -> String {
        let now = "SELECT 'now ' || (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
        let workers = "SELECT worker FROM saga.worker";
        let sagas = "SELECT s.name, s.id, s.state, s.due, s.claimed, s.changed, s.takeovers, s.unfit, j.at, j.records
            FROM saga.saga AS s LEFT JOIN LATERAL (
                SELECT at, left(records, 300) AS records FROM saga.journal WHERE saga = s.number ORDER BY seq DESC LIMIT 1) AS j ON TRUE
            WHERE s.state IN ('running', 'waiting') LIMIT 20";
        let events = "SELECT outbox FROM saga.outbox WHERE delivered IS NULL LIMIT 20";
        let asked = "SELECT inbox FROM saga.inbox WHERE answer IS NULL LIMIT 20";
        let all = [now, workers, sagas, events, asked];
        all.map(|sql| self.server.sql(DATABASE, sql)).join("\n")
    }

    /// Once the schema is there, has the database count those that are declared dead.
    fn count_the_dead(&self) {
        let begun = Instant::now();
        let is_there = "SELECT to_regclass('saga.worker') IS NOT NULL";
        while self.server.sql(DATABASE, is_there) != "t" {
            assert!(begun.elapsed() < PATIENCE, "no worker has made the schema");
            sleep(LEASE / 10);
        }
        let count = "CREATE TABLE declared (epoch bigint);
            CREATE FUNCTION count_it() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN INSERT INTO public.declared VALUES (NEW.epoch); RETURN NULL; END $$;
            CREATE TRIGGER count_it AFTER UPDATE OF dead ON saga.worker
            FOR EACH ROW WHEN (NEW.dead IS NOT NULL AND NOT NEW.closed) EXECUTE FUNCTION count_it()";
        self.server.sql(DATABASE, count);
    }

    /// How many workers were declared dead.
    pub(crate) fn takeovers(&self) -> usize {
        let sql = "SELECT count(*) FROM declared";
        self.server.sql(DATABASE, sql).parse().expect("a number")
    }

    /// Has a last worker bring everything to its end.
    pub(crate) fn finish(mut self) -> Report {
        let workers = self.workers.len();
        for meant in 0..workers {
            drop(self.workers[meant].process.stdin.take());
            self.ends(meant);
        }
        let last = self.start(true, false);
        self.workers.push(last);
        self.ends(workers);
        // The last of what it said may still be on its way.
        while let Ok((_, heard)) = self.heard.recv_timeout(Duration::from_millis(500)) {
            self.keep(heard);
        }
        self.clocks.were_apart();
        if !self.locks {
            self.news.check();
        }
        let held = self.server.sql(DATABASE, "SELECT lock FROM saga.lock");
        assert_eq!(held, "", "every saga has ended");
        self.report
    }

    fn hear(&mut self) {
        while let Ok((_, heard)) = self.heard.try_recv() {
            self.keep(heard);
        }
    }

    fn keep(&mut self, heard: Heard) {
        let Heard::Note(note) = heard else { return };
        let mut words = note.splitn(3, ' ');
        let mut word = || words.next().unwrap_or_default().to_owned();
        let (what, saga, outcome) = (word(), word(), word());
        if self.news.hear(&what, &saga) {
            return;
        }
        match what.as_str() {
            "begun" => drop(self.report.begun.insert(saga)),
            "ended" => self.report.ended.push((saga, outcome)),
            "final" => {
                let twice = self.report.finals.insert(saga, outcome);
                assert_eq!(twice, None, "one saga, two ends");
            }
            "clock" => self.clocks.told(&saga),
            "resumed" => self.report.resumed += 1,
            _ => {}
        }
    }
}

impl Worker {
    fn freeze(&self, length: Duration) {
        self.signal("-STOP");
        sleep(length);
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let mut kill = Command::new("kill");
        kill.arg(signal).arg(self.process.id().to_string());
        let status = kill.status().expect("`kill` runs");
        assert!(status.success(), "`kill {signal}`: {status}");
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
