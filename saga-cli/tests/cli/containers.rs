//! The files and the commands of the page "Backups and containers", without Docker: containers are made
//! here, each with a root that is read-only, the volume in its place, and the shop as process 1. A user
//! who may not make any still runs the shop as a process of this machine.

use crate::{
    Said,
    backups::{PAGE, blocks},
    run,
};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    env, fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};
use tempfile::TempDir;

const DOCKERFILE: &str = include_str!("../../../examples/container/Dockerfile");
const COMPOSE: &str = include_str!("../../../examples/container/compose.yaml");
const PROGRAM: &str = include_str!("../../../examples/container/main.rs");

/// Where the volume is in a container.
const VOLUME: &str = "/data";

/// Makes a container, and becomes a program in it. `$1` is an empty folder for its root, `$2` what is
/// mounted at `$3`, or empty, `$4` the program. First it prints the id that this process has outside.
const CONTAINER: &str = r#"
    PATH=$PATH:/usr/sbin:/sbin
    read -r id _ </proc/self/stat
    echo "$id"
    root=$1
    mount -t tmpfs none "$root"
    for folder in /bin /lib /lib64 /nix /usr; do
        [ -d "$folder" ] || continue
        mkdir "$root$folder"
        mount --rbind "$folder" "$root$folder"
    done
    mkdir "$root/data" "$root/proc"
    mount --rbind /proc "$root/proc"
    touch "$root/program"
    mount --bind "$4" "$root/program"
    if [ -n "$2" ]; then
        [ -d "$2" ] || touch "$root$3"
        mount --bind "$2" "$root$3"
    fi
    mount -o remount,ro "$root"
    shift 4
    exec chroot "$root" /program "$@"
"#;

/// The variables that the image sets.
fn environment() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = DOCKERFILE.lines();
    let lines = lines.filter_map(|line| line.strip_prefix("ENV "));
    let pairs = lines.flat_map(str::split_whitespace);
    pairs.filter_map(|pair| pair.split_once('='))
}

/// Built by `cargo test`, beside the command.
fn shop() -> PathBuf {
    let folder = Path::new(env!("CARGO_BIN_EXE_saga")).parent().unwrap();
    let shop = folder.join("examples/container");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/container/main.rs");
    let modified = |file: &Path| fs::metadata(file).and_then(|it| it.modified()).ok();
    assert!(
        modified(&shop) >= modified(&source),
        "out of date: run `cargo build --example container`, or `cargo test` as a whole"
    );
    shop
}

/// A machine that runs the shop, and calls of the shop to its partner.
struct Machine {
    volume: TempDir,
    /// Where each container mounts its root; none if programs are processes of this machine.
    root: Option<TempDir>,
    partner: TcpListener,
}

impl Machine {
    fn new(root: Option<TempDir>) -> Self {
        Self {
            volume: tempfile::tempdir().unwrap(),
            root,
            partner: TcpListener::bind("127.0.0.1:0").unwrap(),
        }
    }

    fn of_containers() -> Option<Self> {
        let mount = "mount -t tmpfs none /tmp";
        let made = Command::new("unshare")
            .args(["-rmpf", "sh", "-c", mount])
            .output();
        if made.is_ok_and(|said| said.status.success()) {
            return Some(Self::new(Some(tempfile::tempdir().unwrap())));
        }
        saga_tests::leave_out("this user may not make containers");
        None
    }

    fn all() -> impl Iterator<Item = Self> {
        let machines = [Some(Self::new(None)), Self::of_containers()];
        machines.into_iter().flatten()
    }

    /// A program with the environment of the image, and `what` mounted at a place.
    fn command(&self, program: &Path, mount: Option<(&Path, &str)>) -> Command {
        let mut command = match &self.root {
            None => Command::new(program),
            Some(root) => {
                let (what, at) = mount.unwrap_or((Path::new(""), ""));
                let mut command = Command::new("unshare");
                command.args(["-rmpf", "--kill-child", "sh", "-euc", CONTAINER, "sh"]);
                command.args([root.path(), what, Path::new(at), program]);
                command
            }
        };
        let path = env::var_os("PATH").map(|path| ("PATH", path));
        command.env_clear().envs(path);
        for (name, value) in environment() {
            let here = self.volume.path().to_str().unwrap();
            let is_here = self.root.is_none();
            let value = value.replace(VOLUME, if is_here { here } else { VOLUME });
            command.env(name, value);
        }
        let partner = format!("http://{}", self.partner.local_addr().unwrap());
        command
            .env("ADDRESS", "127.0.0.1:0")
            .env("PARTNER", partner);
        command.env("USER", "ada").stdin(Stdio::null());
        command
    }

    /// A program with the volume.
    fn with_volume(&self, program: &Path) -> Command {
        self.command(program, Some((self.volume.path(), VOLUME)))
    }

    fn start(&self) -> Shop {
        let mut command = self.with_volume(&shop());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut line = || lines.next().expect("the shop starts").unwrap();
        let id = match self.root {
            Some(_) => line(),
            None => child.id().to_string(),
        };
        let said = line();
        let address = said.strip_prefix("listening on ").expect("its address");
        let address = address.to_owned();
        Shop { child, id, address }
    }

    /// What a program says, without the line of the container.
    fn said(&self, command: &mut Command) -> Said {
        let mut said = run(command);
        if self.root.is_some() {
            let (_, out) = said.out.split_once('\n').expect("it is made");
            said.out = out.to_owned();
        }
        said
    }

    fn saga(&self, line: &str) -> Said {
        let mut saga = self.with_volume(Path::new(env!("CARGO_BIN_EXE_saga")));
        self.said(saga.args(line.split_whitespace()))
    }

    fn completed(&self) -> BTreeSet<String> {
        let said = self.saga("list --state completed --json");
        let list: Value = serde_json::from_str(&said.out).unwrap();
        let sagas = list["sagas"].as_array().unwrap().iter();
        sagas
            .map(|saga| saga["id"].as_str().unwrap().to_owned())
            .collect()
    }

    /// The next request that arrives at the partner.
    fn request(&self) -> Request {
        loop {
            let (line, _) = self.partner.accept().unwrap();
            let mut reader = BufReader::new(line);
            let head = reader.by_ref().lines().map_while(Result::ok);
            let head: Vec<String> = head.take_while(|line| !line.is_empty()).collect();
            // A shop that is killed may have made a connection, and sent nothing.
            let Some(path) = head.first().and_then(|line| line.split(' ').nth(1)) else {
                continue;
            };
            let header = |name: &str| {
                let mut headers = head.iter().filter_map(|line| line.split_once(": "));
                let found = headers.find(|(other, _)| other.eq_ignore_ascii_case(name));
                found.map(|(_, value)| value)
            };
            let length = header("content-length").map_or(0, |length| length.parse().unwrap());
            let mut body = vec![0_u8; length];
            reader.read_exact(&mut body).unwrap();
            let key = header("idempotency-key").expect("each call has a key");
            let call = (path.to_owned(), key.to_owned());
            let line = reader.into_inner();
            return Request { call, line };
        }
    }
}

/// A request of the shop: its path and its key.
type Call = (String, String);

struct Request {
    call: Call,
    line: TcpStream,
}

impl Request {
    fn answer(mut self) -> Call {
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\ndone";
        self.line.write_all(answer).unwrap();
        self.call
    }
}

/// A shop that runs.
struct Shop {
    child: Child,
    id: String,
    address: String,
}

impl Shop {
    fn order(&self, id: &str) {
        let mut line = TcpStream::connect(&self.address).unwrap();
        let order = format!(
            "PUT /orders/{id} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\ncontent-length: 6\r\n\r\napples"
        );
        line.write_all(order.as_bytes()).unwrap();
        let mut answer = String::new();
        line.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
    }

    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.id);
        let sent = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(sent.success(), "{kill}");
    }

    fn ends(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_shop_that_is_stopped_or_killed_continues() {
    for machine in Machine::all() {
        let mut calls = Vec::new();
        let shop = machine.start();
        shop.order("order-1");
        let charge = machine.request();
        assert_eq!(charge.call.0, "/charges");

        let second = machine.said(&mut machine.with_volume(&self::shop()));
        assert_eq!(second.code, 1, "{second:?}");
        assert!(second.err.contains("Owned"), "{second:?}");

        // The call may end.
        shop.signal("TERM");
        calls.push(charge.answer());
        assert_eq!(shop.ends(), Some(0));

        // The time to stop is over before another call has ended.
        let shop = machine.start();
        shop.order("order-2");
        let held = loop {
            let request = machine.request();
            if request.call.0 == "/charges" && request.call != calls[0] {
                break request;
            }
            calls.push(request.answer());
        };
        shop.signal("KILL");
        assert_ne!(shop.ends(), Some(0));
        let lost = held.call;

        let shop = machine.start();
        let parcels = |calls: &[Call]| {
            let parcels = calls.iter().filter(|(path, _)| path == "/parcels");
            parcels.collect::<BTreeSet<_>>().len()
        };
        while parcels(&calls) < 2 {
            calls.push(machine.request().answer());
        }
        assert!(calls.contains(&lost), "it is repeated under its key");
        let different: BTreeSet<_> = calls.iter().collect();
        assert_eq!(different.len(), 4, "two charges, two parcels: {calls:?}");
        let orders = BTreeSet::from(["order-1", "order-2"].map(str::to_owned));
        while machine.completed() != orders {
            thread::sleep(Duration::from_millis(10));
        }
        shop.signal("TERM");
        assert_eq!(shop.ends(), Some(0));

        // Nothing but the volume can be written.
        let purged = machine.saga("purge order-1 --yes --why asked --vacuum");
        assert_eq!(purged.code, 0, "{purged:?}");
    }
}

#[test]
fn without_the_folder_of_the_file_a_container_does_not_start() {
    let Some(machine) = Machine::of_containers() else {
        return;
    };
    let refused = |mount| {
        let said = machine.said(&mut machine.command(&shop(), mount));
        assert_eq!(said.code, 1, "{said:?}");
        said.err
    };
    let forgotten = refused(None);
    let words = "`/data/shop.db`: Read-only file system";
    assert!(forgotten.contains(words), "{forgotten}");

    let file = machine.volume.path().join("shop.db");
    fs::write(&file, "").unwrap();
    let alone = refused(Some((file.as_path(), "/data/shop.db")));
    assert!(alone.contains("is mounted as a single file"), "{alone}");
}

#[test]
fn the_page_shows_the_files() {
    for (language, file) in [("dockerfile", DOCKERFILE), ("yaml", COMPOSE)] {
        let block = format!("\n```{language}\n{file}```\n");
        assert!(PAGE.contains(&block), "the page does not show{block}");
    }
}

#[test]
fn the_commands_of_the_page_work_without_docker() {
    let blocks = blocks(PAGE);
    let commands = blocks.last().expect("the last block is about containers");
    for machine in Machine::all() {
        let mut shop = None;
        for (line, _) in commands {
            if line.starts_with("docker compose up ") {
                shop = Some(machine.start());
            } else if line == "docker compose stop" {
                let shop = shop.take().expect("it was started");
                shop.signal("TERM");
                assert_eq!(shop.ends(), Some(0));
            } else {
                let saga = line.strip_prefix("docker compose exec shop saga ");
                let said = machine.saga(saga.expect("a command for the shop"));
                assert_eq!(said.code, 0, "{line}: {said:?}");
            }
        }
        assert!(shop.is_none(), "the page stops what it starts");
    }
}

/// The number after some words.
fn number(text: &str, words: &str) -> u64 {
    let (_, rest) = text.split_once(words).unwrap_or_else(|| panic!("{words}"));
    let end = rest.find(|c: char| !c.is_ascii_digit());
    rest[..end.unwrap_or(rest.len())].parse().expect(words)
}

#[test]
fn the_files_fit_the_program() {
    for line in [
        "COPY --from=build /src/target/release/examples/container /usr/local/bin/shop",
        "COPY --from=build /src/target/release/saga /usr/local/bin/saga",
        "RUN install --directory --owner=1000 /data",
        "ENTRYPOINT [\"shop\"]",
    ] {
        assert!(DOCKERFILE.lines().any(|it| it == line), "{line}");
    }
    let inside = environment().filter(|(_, value)| value.starts_with(VOLUME));
    assert_eq!(inside.count(), 2, "the journal, and SQLite's other files");
    for words in ["volumes: [\"sagas:/data\"]", "read_only: true"] {
        assert!(COMPOSE.contains(words), "{words}");
    }
    let timeout = number(PROGRAM, "#[timeout(");
    let limit = number(PROGRAM, "const LIMIT: Duration = Duration::from_secs(");
    let grace = number(COMPOSE, "stop_grace_period: ");
    assert!(timeout < limit && limit < grace);
}
