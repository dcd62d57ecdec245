//! Starts services, and lets things happen to them and to the server.

use crate::{
    random::Random,
    report::{Report, listen_for_lives},
    server::Server,
    submitter::Submitter,
    switch::Switch,
    vendors::Vendors,
    worker::{Task, VARIABLE},
};
use std::{
    env, mem,
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::Arc,
    thread::sleep,
    time::{Duration, Instant},
};
use tokio::{runtime::Runtime, task::JoinSet};
use typed_saga_restate::Client;

/// What happens.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// The service is killed, and another one started.
    KillService,
    /// The server is killed, and started anew.
    KillServer,
    /// A saga is cancelled.
    Cancel,
    /// The service is frozen; another one takes over; the first one thaws.
    Freeze,
}

impl Fault {
    pub(crate) const ALL: [Self; 4] = [
        Self::KillService,
        Self::KillServer,
        Self::Cancel,
        Self::Freeze,
    ];
}

/// A service, which is killed when it is dropped.
struct Service {
    process: Child,
    port: u16,
}

impl Service {
    fn start(parent: &str) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let task = Task {
            parent: parent.to_owned(),
            port,
        };
        let process = Command::new(env::current_exe().expect("the path of this test"))
            .args(["work", "--exact", "--nocapture"])
            .env(VARIABLE, task.to_variable())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let process = process.expect("a process");
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < PATIENCE, "a service does not start");
            sleep(Duration::from_millis(5));
        }
        Self { process, port }
    }

    fn signal(&self, signal: &str) {
        let mut kill = Command::new("kill");
        kill.arg(signal).arg(self.process.id().to_string());
        let status = kill.status().expect("`kill` runs");
        assert!(status.success(), "`kill {signal}`: {status}");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// How many sagas are under way.
const UNDER_WAY: usize = 16;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(180);

/// The server notices within this that nobody answers on a line.
const UNNOTICED: Duration = Duration::from_millis(2500);

pub(crate) struct Director {
    runtime: Runtime,
    server: Server,
    switch: Switch,
    service: Service,
    parent: String,
    vendors: Arc<Vendors>,
    submitter: Submitter,
    sagas: JoinSet<()>,
}

impl Director {
    pub(crate) fn new(server: Server, seed: u64) -> Self {
        let vendors = Vendors::start(seed);
        let (parent, _) = listen_for_lives(&vendors);
        let runtime = Runtime::new().expect("a runtime");
        let switch = runtime.block_on(Switch::start());
        let service = Service::start(&parent);
        switch.to(service.port);
        server.register(switch.port);
        let client = Client::connect(&server.url()).expect("an address");
        let submitter = Submitter::new(client);
        let mut sagas = JoinSet::new();
        for _ in 0..UNDER_WAY {
            sagas.spawn_on(submitter.clone().submit(), runtime.handle());
        }
        Self {
            runtime,
            server,
            switch,
            service,
            parent,
            vendors,
            submitter,
            sagas,
        }
    }

    pub(crate) fn inflict(&mut self, fault: Fault, random: &mut Random) {
        match fault {
            Fault::KillService => {
                drop(self.service.process.kill());
                drop(self.replace());
            }
            Fault::KillServer => {
                self.server.kill();
                self.server.launch();
            }
            Fault::Cancel => {
                let cancel = self.submitter.cancel(random.next());
                self.runtime.block_on(cancel);
            }
            Fault::Freeze => {
                self.service.signal("-STOP");
                let frozen = self.replace();
                sleep(UNNOTICED + random.millis(0..500));
                frozen.signal("-CONT");
                sleep(random.millis(50..300));
            }
        }
        sleep(random.millis(50..400));
    }

    /// Has another service take over; gives the one that was there.
    fn replace(&mut self) -> Service {
        let next = Service::start(&self.parent);
        self.switch.to(next.port);
        mem::replace(&mut self.service, next)
    }

    /// Brings everything to its end.
    pub(crate) fn finish(mut self) -> Report {
        self.submitter.stop();
        let ends = async {
            while let Some(ended) = self.sagas.join_next().await {
                ended.expect("no panic");
            }
        };
        let ends = async { tokio::time::timeout(PATIENCE, ends).await };
        let ended = self.runtime.block_on(ends);
        assert!(ended.is_ok(), "not all sagas end: {}", self.server.log());
        let known = mem::take(&mut *self.submitter.known());
        Report {
            vendors: self.vendors,
            begun: known.begun,
            ended: Vec::new(),
            finals: known.finals,
            resumed: known.resumed,
        }
    }
}
